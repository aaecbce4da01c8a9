package import GatewayReconcile
package import KubeCore
import KubeKindsDiscovery
import KubeReconcile
import KubeRuntime
package import KubeTransport
package import Logging
import Synchronization

/// Watches a hub, and reports on it when something has changed. It plans and applies nothing.
///
/// The cost of an event is the report of its own cluster, independent of the number of clusters.
package final class HubWatch: Sendable {
  private let runner: ControllerRunner<WatchedHub>
  private let now: @Sendable () -> Date
  private let clusters = Mutex<[String: ClusterReport]?>(nil)

  /// Creates a watch of the hub that `client` reaches; no request is made before ``run()``.
  ///
  /// - Parameters:
  ///   - client: The client that reads.
  ///   - identity: The manager's identity.
  ///   - endpointSlices: EndpointSlices in the version that the API server serves.
  ///   - logger: The logger of watches that fail.
  ///   - now: Returns the time of each report.
  package init(
    _ client: KubeClient, identity: ManagerIdentity, endpointSlices: ResourceType = EndpointSlice.type,
    logger: Logger, now: @escaping @Sendable () -> Date
  ) {
    self.now = now
    runner = ControllerRunner(
      WatchedHub(HubCache(identity: identity, endpointSlices: endpointSlices)), name: "hub-watch",
      client: client,
      options: ControllerOptions(logsFindings: false, toleratesUnserved: { _ in false }, now: now),
      handler: NoPlanHandler(), logger: logger)
  }

  /// Watches until the task is cancelled. May be called once.
  package func run() async { await runner.standBy() }

  /// Returns the hub's current state; `nil` before the hub has been read for the first time, and if
  /// nothing has changed since the last call.
  package func report() async -> HubReport? {
    guard runner.isSynced else { return nil }
    var changes = WatchedHub.Change()
    runner.update { model in
      changes = model.takeChanges()
      return WatchedHub.Change()
    }
    let (known, time) = (clusters.withLock { $0 }, now())
    guard known == nil || changes.concernsEveryKey || !changes.keys.isEmpty else { return nil }
    let model = runner.model.hub
    var reports = known ?? [:]
    let names: [String]
    if known == nil || changes.concernsEveryKey {
      names = model.clusterNames
      reports = [:]
    } else {
      names = changes.keys.compactMap { if case .cluster(let name) = $0 { name } else { nil } }
    }
    for name in names { reports[name] = nil }
    for report in await HubReport.clusters(names, of: model, at: time) { reports[report.name] = report }
    clusters.withLock { $0 = reports }
    return HubReport(model, clusters: reports.sorted { $0.key < $1.key }.map(\.value), at: time)
  }
}

/// A hub that collects its changes since the last call of ``takeChanges()``.
private struct WatchedHub: ControllerModel {
  typealias Change = HubCache.Change

  private(set) var hub: HubCache
  private var changes = Change()

  init(_ hub: HubCache) { self.hub = hub }

  var selections: Set<ObjectSelection> { hub.selections }
  var requiredSelections: Set<ObjectSelection> { hub.requiredSelections }
  var keys: [ReconcileKey] { hub.keys }

  mutating func insert(_ object: DynamicObject) -> Change { record(hub.insert(object)) }

  mutating func remove(_ object: DynamicObject) -> Change { record(hub.remove(object)) }

  mutating func setObserved(listed: Set<ObjectSelection>, refused: Set<ObjectSelection>) -> Change {
    record(hub.setObserved(listed: listed, refused: refused))
  }

  func reconcile(_ key: ReconcileKey, at now: Date) -> GatewayPlan { hub.reconcile(key, at: now) }

  mutating func takeChanges() -> Change {
    _ = record(hub.sumUpFleetHealth())
    defer { changes = Change() }
    return changes
  }

  private mutating func record(_ change: Change) -> Change {
    changes.formUnion(change)
    return change
  }
}

/// A handler that does nothing: no plan is applied.
private struct NoPlanHandler: PlanHandler {
  func didApply(
    of result: GatewayPlan, for key: ReconcileKey, outcome: PlanApplier.Outcome,
    in runner: ControllerRunner<WatchedHub>
  ) async throws {}
}
