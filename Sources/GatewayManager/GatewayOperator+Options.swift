public import GatewayReconcile
public import KubeCore
public import KubeKindsDiscovery
public import KubeReconcile

extension GatewayOperator {
  /// The choice of policy for probing clusters through the gateway.
  public enum Probes: Sendable, Hashable {
    /// Clusters aren't probed.
    case disabled
    /// The policy of the configuration in force.
    case configured
    /// This policy, independent of the configuration.
    case policy(ProbePolicy)
  }

  /// The options of the manager.
  public struct Options: Sendable {
    /// The manager's identity.
    public var identity: ManagerIdentity
    /// The maximum number of plans applied concurrently.
    public var workers: Int
    /// The choice of policy for probing clusters through the gateway.
    public var probes: Probes
    /// The time between two summaries of the fleet's health in the configuration's status.
    public var healthInterval: Duration
    /// The probe of the gateway's pods during a CA's rotation; without it an old CA stays trusted
    /// until the certificates that it signed have expired.
    public var endpointProbe: (any EndpointProbe)?
    /// The time for which the status of a new add-on leaves out what others are about to change,
    /// such as a token that hasn't been issued yet.
    public var statusDelay: Duration
    /// The time between two endpoint probes.
    public var endpointProbeInterval: Duration
    /// EndpointSlices in the version that the API server serves; see
    /// ``HubRequirements/endpointSlices(_:)``.
    public var endpointSlices: ResourceType
    /// The name of this instance in Events; without it none are recorded.
    public var eventInstance: String?
    /// The reading of a monotonic clock, by which the ages of observations are measured.
    public var uptime: @Sendable () -> Duration

    /// Creates options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), workers: Int = 16, probes: Probes = .configured,
      healthInterval: Duration = .seconds(1), statusDelay: Duration = .zero,
      endpointProbe: (any EndpointProbe)? = nil, endpointProbeInterval: Duration = .seconds(10),
      endpointSlices: ResourceType = EndpointSlice.type, eventInstance: String? = nil,
      uptime: @escaping @Sendable () -> Duration = HubCache.continuousUptime()
    ) {
      self.identity = identity
      self.workers = max(1, workers)
      self.probes = probes
      self.healthInterval = healthInterval
      self.statusDelay = statusDelay
      self.endpointProbe = endpointProbe
      self.endpointProbeInterval = endpointProbeInterval
      self.endpointSlices = endpointSlices
      self.eventInstance = eventInstance
      self.uptime = uptime
    }
  }

  /// The manager's view of the hub at one moment.
  public struct Report: Sendable {
    /// Whether every watch has delivered its first list.
    public var isSynced: Bool
    /// Whether a plan is pending or being applied, or a cluster or the gateway has not been probed
    /// yet.
    public var isBusy: Bool
    /// The findings: those of the installation first, then those of the clusters by name.
    public var findings: [Finding]
    /// The text of the last failure of each plan that has not succeeded since.
    public var failures: [ReconcileKey: String]
    /// The number of patches that have taken effect since the start.
    public var writes: Int

    /// Whether the manager itself has nothing left to do.
    public var isIdle: Bool { isSynced && !isBusy && failures.isEmpty }
  }
}
