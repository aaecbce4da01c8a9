import CertificatePolicy
public import GatewayReconcile
public import KubeTransport

public import struct Foundation.Date

/// Plans, applies and issues in rounds, each from a fresh look at the hub: what offline plans and tests do,
/// and a way to see the operator think.
public struct ConvergenceRounds: Sendable {
  /// One round: what was planned, and what came of it.
  public struct Round: Sendable {
    /// The plan.
    public var plan: Plan
    /// What came of carrying it out.
    public var outcome: PlanApplier.Outcome
    /// The hub that the plan was made for.
    public var hub: HubState
  }

  private let snapshot: HubSnapshot
  private let applier: PlanApplier
  private let issuer = CertificateMaker()
  private var issued: [IssuedCertificate] = []

  /// Rounds over the hub that `client` reaches.
  public init(_ client: KubeClient, identity: ManagerIdentity = ManagerIdentity()) {
    snapshot = HubSnapshot(client, identity: identity)
    applier = PlanApplier(client)
  }

  /// Looks, plans, applies and issues once.
  public mutating func next(at now: Date) async throws -> Round {
    let hub = try await snapshot.read(issued: issued).hub
    let plan = reconcile(hub, at: now)
    let outcome = await applier.apply(plan)
    issued = []
    if !plan.certificateRequests.isEmpty {
      let after = try await snapshot.read()
      issued = try issuer.fulfil(plan.certificateRequests, for: after.installation)
    }
    return Round(plan: plan, outcome: outcome, hub: hub)
  }
}
