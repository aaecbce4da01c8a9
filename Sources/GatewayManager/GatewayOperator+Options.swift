public import GatewayReconcile
public import KubeCore
public import KubeKindsDiscovery
public import KubeReconcile

extension GatewayOperator {
  /// How it is seen whether clusters answer through the gateway.
  public enum Probes: Sendable, Hashable {
    /// It isn't looked at.
    case disabled
    /// As the configuration in force says.
    case configured
    /// By this policy, whatever the configuration says.
    case policy(ProbePolicy)
  }

  /// How the manager works.
  public struct Options: Sendable {
    /// Who the manager is.
    public var identity: ManagerIdentity
    /// How many plans are carried out at a time.
    public var workers: Int
    /// How it is seen whether clusters answer through the gateway.
    public var probes: Probes
    /// How long after each other the fleet's health is summed up on the configuration's status.
    public var healthInterval: Duration
    /// Looks at what the gateway's pods present, when an authority changes over; without it an old authority stays
    /// trusted until what it signed has expired.
    public var endpointProbe: (any EndpointProbe)?
    /// How long nothing is said in a new add-on's status that others are about to change: that its token hasn't come, say.
    public var statusDelay: Duration
    /// How long is waited between two looks.
    public var lookInterval: Duration
    /// EndpointSlices in the version that the API server has; see `HubRequirements.endpointSlices(_:)`.
    public var endpointSlices: ResourceType
    /// The name of this instance in the Events that are recorded; without it none are.
    public var eventInstance: String?
    /// The reading of a clock that is never set: how long something has been seen is measured by it.
    public var uptime: @Sendable () -> Duration

    /// Options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), workers: Int = 16, probes: Probes = .configured,
      healthInterval: Duration = .seconds(1), statusDelay: Duration = .zero,
      endpointProbe: (any EndpointProbe)? = nil, lookInterval: Duration = .seconds(10),
      endpointSlices: ResourceType = EndpointSlice.type, eventInstance: String? = nil,
      uptime: @escaping @Sendable () -> Duration = HubModel.continuousUptime()
    ) {
      self.identity = identity
      self.workers = max(1, workers)
      self.probes = probes
      self.healthInterval = healthInterval
      self.statusDelay = statusDelay
      self.endpointProbe = endpointProbe
      self.lookInterval = lookInterval
      self.endpointSlices = endpointSlices
      self.eventInstance = eventInstance
      self.uptime = uptime
    }
  }

  /// What the manager thinks of the hub at one moment.
  public struct Report: Sendable {
    /// Whether every watch has delivered its first list.
    public var isSynced: Bool
    /// Whether a plan waits to be made or is being carried out, or a cluster or the gateway has not been asked for
    /// its health yet.
    public var isBusy: Bool
    /// What a person must know, of the installation first and then of the clusters by name.
    public var findings: [Finding]
    /// The text of the last failure of each plan that has not succeeded since.
    public var failures: [ReconcileKey: String]
    /// How many patches have taken effect since the start.
    public var writes: Int

    /// Whether nothing is left to do for the manager itself.
    public var isSettled: Bool { isSynced && !isBusy && failures.isEmpty }
  }
}
