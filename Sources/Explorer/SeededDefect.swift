public import GatewayReconcile
public import KubeReconcile

/// A change made to the operator from outside, to see whether the oracle notices.
public struct SeededDefect: Sendable {
  /// What is wrong, in a few words.
  public var name: String
  /// What the installation's plan is made to believe.
  public var installation: @Sendable (inout InstallationState) -> Void
  /// What a cluster's plan is made to believe.
  public var cluster: @Sendable (inout ClusterState) -> Void
  /// What becomes of a plan; the objects are those that it was made from.
  public var plan: @Sendable (inout GatewayPlan, ReconcileKey, ObservedObjects) -> Void

  /// A defect; what is left out is as it should be.
  public init(
    _ name: String, installation: @escaping @Sendable (inout InstallationState) -> Void = { _ in },
    cluster: @escaping @Sendable (inout ClusterState) -> Void = { _ in },
    plan: @escaping @Sendable (inout GatewayPlan, ReconcileKey, ObservedObjects) -> Void = { _, _, _ in }
  ) {
    self.name = name
    self.installation = installation
    self.cluster = cluster
    self.plan = plan
  }
}
