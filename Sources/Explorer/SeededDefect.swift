public import GatewayReconcile
public import KubeReconcile

/// A defect that is injected into the manager from outside, to test whether the invariants detect
/// it.
public struct SeededDefect: Sendable {
  /// The description, in a few words.
  public var name: String
  /// The change of the installation's state before it is planned from.
  public var installation: @Sendable (inout InstallationState) -> Void
  /// The change of a cluster's state before it is planned from.
  public var cluster: @Sendable (inout ClusterState) -> Void
  /// The change of a plan, given the objects that it was made from.
  public var plan: @Sendable (inout GatewayPlan, ReconcileKey, ObservedObjects) -> Void

  /// Creates a defect; parts left out change nothing.
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
