import KubeCore
public import KubeReconcile

/// What was observed of one managed cluster, and the few facts about the installation that its plan rests on.
public struct ClusterState: Sendable, Hashable {
  /// The cluster's name, which is also its namespace on the hub.
  public var name: String
  /// The objects: the ManagedCluster, what is in the cluster's namespace, and its gateway Secret.
  public var objects: ObservedObjects
  /// What was observed of the installation.
  public var installation: InstallationFacts
  /// What came of the last attempt to reach the cluster through the gateway; `nil` where none was made.
  public var probe: ProbeResult?
  /// Whether an attempt to reach the cluster is about to be made.
  public var isProbeAwaited: Bool

  /// A state.
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

/// What came of an attempt to reach a cluster through the gateway.
public enum ProbeResult: Sendable, Hashable {
  /// The cluster's API server answered.
  case reached
  /// It did not, and why in words.
  case failed(reason: String)
  /// The hub does not let the manager ask.
  case forbidden
  /// What was answered, several times in a row, says nothing about the cluster.
  case inconclusive
}
