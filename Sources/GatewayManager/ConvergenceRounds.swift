import CertificatePolicy
public import GatewayReconcile
public import KubeReconcile
public import KubeRuntime
public import KubeTransport

public import struct Foundation.Date

/// Plans, applies and issues in rounds, each from a new snapshot of the hub, for offline plans and
/// tests.
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

  private let snapshot: HubSnapshot
  private let applier: PlanApplier
  private let issuer = CertificateMaker()
  private let probe: (any EndpointProbe)?
  private let gateway: GatewayProber
  private var serving: ServingObservation?
  private let clusterProbe: @Sendable (String) -> ProbeResult?
  private var issued: [IssuedCertificate] = []
  private var sightings = Sightings()
  private var looks: [String: ServerSighting] = [:]
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
    snapshot = HubSnapshot(client, identity: identity)
    applier = PlanApplier(client)
    gateway = GatewayProber(
      client: client, policy: { ProbePolicy() }, probe: { nil }, note: { _, _ in },
      noteRefusal: { _ in })
    self.probe = probe
  }

  /// Reads, plans, applies and issues once. The ages of observations follow from the times given.
  public mutating func next(at now: Date) async throws -> Round {
    var hub = try await snapshot.read(issued: issued).hub
    let start = began ?? now
    began = start
    let reading = Duration.seconds(now.timeIntervalSince(start))
    hub.installation.certificates.age(by: &sightings, at: reading)
    if hub.installation.certificates.serving.leaf != leaf { looks = [:] }
    leaf = hub.installation.certificates.serving.leaf
    hub.installation.certificates.looks = looks
    hub.installation.refusals = refusals
    hub.installation.serving = serving
    for index in hub.clusters.indices { hub.clusters[index].probe = clusterProbe(hub.clusters[index].name) }
    let plan = reconcile(hub, at: now)
    let outcome = await applier.apply(plan)
    refusals = outcome.refusals
    if let probe, !plan.looks.isEmpty { looks.merge(await probe.sightings(of: plan.looks)) { $1 } }
    if let wanted = plan.servingProbe, let serves = await gateway.ask(timeout: ProbePolicy().timeout * 4) {
      serving = ServingObservation(probe: wanted, serves: serves)
    }
    issued = []
    if !plan.certificateRequests.isEmpty {
      let after = try await snapshot.read()
      let made = issuer.fulfil(plan.certificateRequests, for: after.installation)
      issued = made.issued
      // Issued certificates are stored first; the others are requested again, and the error thrown then.
      if let failure = made.failure, issued.isEmpty { throw failure }
    }
    return Round(plan: plan, outcome: outcome, hub: hub)
  }
}
