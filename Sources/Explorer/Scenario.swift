public import Foundation
import GatewayAPI
import GatewayReconcile
public import KubeCore
import KubeKindsCore
public import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator

/// A hub to begin with and what happens to it: the events come in their order, each at any moment.
public struct Scenario: Sendable {
  /// Something that happens on the hub without the operator.
  public struct Event: Sendable {
    /// What happens, in a few words.
    public var name: String
    /// By how many seconds the clock moves at it.
    public var seconds: Double
    /// The clusters that don't answer from here on; `nil` where that doesn't change.
    public var silences: Set<String>?
    /// What it does to the server.
    public var happen: @Sendable (inout MemoryAPIServer, Date) throws -> Void

    /// An event.
    public init(
      _ name: String, movingClockBy seconds: Double = 0, silencing silences: Set<String>? = nil,
      happen: @escaping @Sendable (inout MemoryAPIServer, Date) throws -> Void = { _, _ in }
    ) {
      self.name = name
      self.seconds = seconds
      self.silences = silences
      self.happen = happen
    }
  }

  /// The scenario's name: lower-case words with hyphens.
  public var name: String
  /// Makes the hub that it begins with.
  public var begin: @Sendable (Date) throws -> MemoryAPIServer
  /// Whether the operator and everybody else come to rest before it begins.
  public var isSettled: Bool
  /// What happens between that rest and the beginning, without the operator's help.
  public var change: @Sendable (inout MemoryAPIServer, Date) throws -> Void
  /// What happens, in this order, each at any moment.
  public var events: [Event]
  /// The objects of others that nobody may touch.
  public var foreign: [ObjectKey]
  /// The Secrets that may be made again while pods mount them, as their sources are.
  public var replaceable: [ObjectKey]
  /// The clusters that can't be served, since something of others is in the way.
  public var unserved: Set<String>
  /// Whether the operator lacks rights before the last event.
  public var lacksRights: Bool
  /// Whether lists may be answered with something else.
  public var serverLies: Bool
  /// Whether the operator's probes are steps of their own; otherwise every cluster was reached at any time.
  public var probes: Bool

  /// A scenario.
  public init(
    _ name: String, isSettled: Bool = true, events: [Event] = [], foreign: [ObjectKey] = Scenario.strangers,
    replaceable: [ObjectKey] = [], unserved: Set<String> = [], lacksRights: Bool = false,
    serverLies: Bool = false, probes: Bool = false,
    begin: @escaping @Sendable (Date) throws -> MemoryAPIServer,
    change: @escaping @Sendable (inout MemoryAPIServer, Date) throws -> Void = { _, _ in }
  ) {
    self.name = name
    self.isSettled = isSettled
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

  /// When every scenario begins: 2026-12-01T00:00:00Z.
  public static let epoch = Date(timeIntervalSince1970: 1_796_083_200)

  /// The clusters that don't answer after each number of events.
  var silent: [Set<String>] {
    var silent: [Set<String>] = [[]]
    for event in events { silent.append(event.silences ?? silent.last ?? []) }
    return silent
  }

  /// The kinds that worlds consist of: what the table of managed objects watches, and pods.
  static let types: [GroupKind: ResourceType] = {
    let table = GatewayTable(configuration: OCMHub.tunnelled.defaulted())
    return Dictionary(
      (table.selections.map(\.type) + [Pod.type]).map { ($0.groupKind, $0) }, uniquingKeysWith: { $1 })
  }()

  /// The scenario for the engine.
  func world() throws -> ExplorationWorld {
    let all = SimulatedControllers.ocmHub(verify: SimulatedPKI.verify).all
    let mirrors = all.compactMap { controller -> (any RequestingController)? in
      // They only show what is there: that they do it later adds nothing.
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
      events: events.map { ExplorationWorld.Event($0.name, seconds: $0.seconds, happen: $0.happen) },
      channels: Channel.allCases.map {
        ExplorationWorld.Channel($0.name, unreadKinds: serverLies ? $0.kinds : [])
      },
      fieldManager: ManagerIdentity.fieldManager, user: Scenario.operatorUser)
    world.lacksRights = lacksRights
    return world
  }
}
