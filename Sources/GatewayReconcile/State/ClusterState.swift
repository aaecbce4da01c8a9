import KubeCore
public import KubeReconcile

/// The observed objects of one managed cluster, and the facts about the installation that its plan
/// needs.
public struct ClusterState: Sendable, Hashable {
  /// The cluster's name, which is also its namespace on the hub.
  public var name: String
  /// The ManagedCluster, the objects in the cluster's namespace, and its gateway Secret.
  public var objects: ObservedObjects
  /// The observed facts about the installation.
  public var installation: InstallationFacts
  /// The result of the last probe of the cluster through the gateway; `nil` if there was none.
  public var probe: ProbeResult?
  /// Whether a probe of the cluster is pending.
  public var isProbeAwaited: Bool

  /// Creates a state.
  public init(
    name: String, objects: ObservedObjects = ObservedObjects(),
    installation: InstallationFacts = InstallationFacts(),
    probe: ProbeResult? = nil, isProbeAwaited: Bool = false
  ) {
    self.name = name
    self.objects = objects
    self.installation = installation
    self.probe = probe
    self.isProbeAwaited = isProbeAwaited
  }
}

/// The result of a probe of a cluster through the gateway.
public enum ProbeResult: Sendable, Hashable {
  /// The cluster's API server answered.
  case reached
  /// The API server didn't answer, for this reason.
  case failed(reason: String)
  /// The hub doesn't permit the probe.
  case forbidden
  /// The answers, several in a row, show nothing about the cluster.
  case inconclusive
}
