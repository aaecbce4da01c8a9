import CertificatePolicy
import GatewayPKI
public import GatewayReconcile
public import KubeCore
public import KubeReconcile
public import KubeRuntime
public import KubeTransport

/// Plans, applies and issues in rounds, each from newly read lists of the hub, for offline plans
/// and tests.
public struct ConvergenceRounds: Sendable {
  /// One round: the plan and the result of applying it.
  public struct Round: Sendable {
    /// The plan.
    public var plan: GatewayPlan
    /// The result of applying the plan.
    public var outcome: PlanApplier.Outcome
    /// The hub that the plan was made for.
    public var hub: HubState
  }

  private let loader: HubLoader
  private let applier: PlanApplier
  private let probe: (any EndpointProbe)?
  private let gateway: GatewayProber
  private var serving: ServingObservation?
  private var answers = ServingAnswers()
  private let clusterProbe: @Sendable (String) -> ProbeResult?
  private var issued: [IssuedCertificate] = []
  private var ages = ObservationAges()
  private var endpoints: [String: EndpointObservation] = [:]
  private var leaf: CertificateFacts?
  private var began: Date?
  private var refusals: [Refusal] = []

  /// Creates rounds over the hub that `client` reaches. `probe` probes the gateway's pods; without
  /// it nothing is observed of them. `clusterProbe` returns whether a cluster answers through the
  /// gateway.
  public init(
    _ client: KubeClient, identity: ManagerIdentity = ManagerIdentity(), probe: (any EndpointProbe)? = nil,
    clusterProbe: @escaping @Sendable (String) -> ProbeResult? = { _ in nil }
  ) {
    self.clusterProbe = clusterProbe
    loader = HubLoader(client, identity: identity)
    applier = PlanApplier(client)
    gateway = GatewayProber(
      client: client, policy: { ProbePolicy() }, probe: { nil }, record: { _, _ in },
      isReportedBroken: { false }, recordEnd: { _ in }, recordRefusal: { _ in })
    self.probe = probe
  }

  /// Reads, plans, applies and issues once. The ages of observations follow from the times given.
  public mutating func next(at now: Date) async throws -> Round {
    var hub = try await loader.load(issued: issued).hub
    let start = began ?? now
    began = start
    let reading = Duration.seconds(now.timeIntervalSince(start))
    hub.installation.certificates.age(by: &ages, at: reading)
    if hub.installation.certificates.serving.leaf != leaf { endpoints = [:] }
    leaf = hub.installation.certificates.serving.leaf
    hub.installation.certificates.endpoints = endpoints
    hub.installation.refusals = refusals
    hub.installation.serving = serving
    for index in hub.clusters.indices { hub.clusters[index].probe = clusterProbe(hub.clusters[index].name) }
    let plan = reconcile(hub, at: now)
    let outcome = await applier.apply(plan)
    refusals = outcome.refusals
    if let probe, !plan.endpointProbes.isEmpty {
      endpoints.merge(await probe.observations(of: plan.endpointProbes)) { $1 }
    }
    let policy = ProbePolicy()
    if let wanted = plan.servingProbe, let isList = await gateway.ask(timeout: policy.timeout * 4),
      let serves = answers.record(isList, to: wanted, threshold: policy.failureThreshold)
    {
      serving = ServingObservation(probe: wanted, serves: serves)
    }
    issued = []
    if !plan.issuanceRequests.isEmpty {
      let after = try await loader.load()
      let made = CertificateIssuer.issue(plan.issuanceRequests, for: after.installation)
      issued = made.issued
      // Issued certificates are stored first; the others are requested again, and the error thrown then.
      if let failure = made.failure, issued.isEmpty { throw failure }
    }
    return Round(plan: plan, outcome: outcome, hub: hub)
  }
}
