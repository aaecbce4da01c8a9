import GatewayAPI
import GatewayReconcile
public import KubeCore
import KubeKindsCore
public import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

/// A hub's state at the start, and events on it, which happen in their order, each at any moment.
public struct Scenario: Sendable {
  /// An event on the hub that isn't the manager's.
  public struct Event: Sendable {
    /// The description, in a few words.
    public var name: String
    /// The time that passes first, in seconds.
    public var seconds: Double
    /// The clusters that don't answer from here on; `nil` if that doesn't change.
    public var silences: Set<String>?
    /// The change of the server.
    public var change: @Sendable (inout MemoryAPIServer, Date) throws -> Void

    /// Creates an event.
    public init(
      _ name: String, movingClockBy seconds: Double = 0, silencing silences: Set<String>? = nil,
      change: @escaping @Sendable (inout MemoryAPIServer, Date) throws -> Void = { _, _ in }
    ) {
      self.name = name
      self.seconds = seconds
      self.silences = silences
      self.change = change
    }
  }

  /// The scenario's name: lower-case words with hyphens.
  public var name: String
  /// Creates the hub.
  public var begin: @Sendable (Date) throws -> MemoryAPIServer
  /// Whether the manager and the simulated controllers converge before the start.
  public var startsConverged: Bool
  /// The change of the server after that, before the manager acts again.
  public var change: @Sendable (inout MemoryAPIServer, Date) throws -> Void
  /// The events, in their order.
  public var events: [Event]
  /// The objects of others that must not be touched.
  public var foreign: [ObjectKey]
  /// The Secrets that may be created again while pods mount them, because their sources are.
  public var replaceable: [ObjectKey]
  /// The clusters that can't be served because of an object of others.
  public var unserved: Set<String>
  /// Whether the manager lacks rights before the last event.
  public var lacksRights: Bool
  /// Whether lists may be answered with something else.
  public var serverLies: Bool
  /// Whether the manager's probes are steps of their own; otherwise every cluster counts as
  /// reached.
  public var probes: Bool

  /// Creates a scenario.
  public init(
    _ name: String, startsConverged: Bool = true, events: [Event] = [],
    foreign: [ObjectKey] = Scenario.strangers,
    replaceable: [ObjectKey] = [], unserved: Set<String> = [], lacksRights: Bool = false,
    serverLies: Bool = false, probes: Bool = false,
    begin: @escaping @Sendable (Date) throws -> MemoryAPIServer,
    change: @escaping @Sendable (inout MemoryAPIServer, Date) throws -> Void = { _, _ in }
  ) {
    self.name = name
    self.startsConverged = startsConverged
    self.events = events
    self.foreign = foreign
    self.replaceable = replaceable
    self.unserved = unserved
    self.lacksRights = lacksRights
    self.serverLies = serverLies
    self.probes = probes
    self.begin = begin
    self.change = change
  }

  /// The time at the start of every scenario: 2026-12-01T00:00:00Z.
  public static let epoch = Date(timeIntervalSince1970: 1_796_083_200)

  /// The clusters that don't answer after each number of events.
  var silent: [Set<String>] {
    var silent: [Set<String>] = [[]]
    for event in events { silent.append(event.silences ?? silent.last ?? []) }
    return silent
  }

  /// The kinds by which states are distinguished: those that the table of managed objects watches,
  /// and pods.
  static let types: [GroupKind: ResourceType] = {
    let table = GatewayTable(configuration: OCMHub.tunneled.defaulted())
    return Dictionary(
      (table.selections.map(\.type) + [Pod.type]).map { ($0.groupKind, $0) }, uniquingKeysWith: { $1 })
  }()

  /// The scenario as the engine's world.
  func world() throws -> ExplorationWorld {
    let all = SimulatedControllers.ocmHub(verify: SimulatedPKI.verify).all
    let mirrors = all.compactMap { controller -> (any RequestingController)? in
      // They only mirror other objects: acting later adds no cases.
      switch controller {
      case let slices as EndpointSliceController: slices
      case let aggregator as Aggregator: aggregator
      default: nil
      }
    }
    var world = ExplorationWorld(
      try begin(Scenario.epoch), at: Scenario.epoch,
      types: Scenario.types.values.sorted { $0.description < $1.description },
      others: all.filter { controller in !mirrors.contains { $0.name == controller.name } },
      mirrors: mirrors,
      events: events.map { ExplorationWorld.Event($0.name, seconds: $0.seconds, change: $0.change) },
      channels: Channel.allCases.map {
        ExplorationWorld.Channel($0.name, unreadKinds: serverLies ? $0.kinds : [])
      },
      fieldManager: ManagerIdentity.fieldManager, user: Scenario.managerUser)
    world.lacksRights = lacksRights
    return world
  }
}
