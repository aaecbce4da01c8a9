import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeTransport

/// The part of a `status` that isn't from the objects that the manager reads.
struct StatusSurroundings: Sendable {
  /// The manager's Lease; `nil` for a hub in files, or as of another time.
  var lease: ManagerLease?
  /// The subjects that may use the gateway, for a page.
  var callers: GatewayCallers?
  /// The clusters' last probes, as far as they are known.
  var probes: [String: ProbeAttempt] = [:]
}

/// The reading of ``StatusSurroundings``.
struct StatusReading: Sendable {
  /// The manager's namespace.
  var namespace: String
  /// The selection of the clusters.
  var view = StatusView()
  /// Whether a page is shown.
  var isPage = false
  /// Whether the clusters are asked, instead of the manager's last probes.
  var isProbing = false
  /// Whether the hub is shown as of now, the only time that the Lease is about.
  var isOfNow = true

  /// Returns the part that is among a hub's objects.
  func surroundings(of objects: [DynamicObject]) -> StatusSurroundings? {
    StatusSurroundings(callers: isPage ? GatewayCallers.read(objects) : nil)
  }

  /// Reads the surroundings of the hub in `model`.
  func surroundings(
    of model: HubCache, _ client: KubeClient, _ clock: ServerClock
  ) async throws -> StatusSurroundings {
    async let callers = isPage ? GatewayCallers.read(client) : nil
    var surroundings = StatusSurroundings()
    if isProbing { surroundings.probes = await probes(of: model, client, clock) }
    surroundings.callers = try await callers
    guard isOfNow else { return surroundings }
    // After all that takes long: the Lease is judged by the time at the end.
    surroundings.lease = try await ManagerLease(client, namespace: namespace)
    if !isProbing, let pod = surroundings.lease?.pod,
      case .attempts(let last) = await ProbeReading.last(client, pod: pod, namespace: namespace)
    {
      surroundings.probes = last
    }
    return surroundings
  }

  private func probes(
    of model: HubCache, _ client: KubeClient, _ clock: ServerClock
  ) async -> [String: ProbeAttempt] {
    let report = await HubReport(model, at: clock.now)
    let names = view.clusters(of: report).filter { $0.health != .excluded }.map(\.name)
    let timeout = report.gateway.configuration?.health.timeoutDuration.length ?? .seconds(5)
    return await ProbeReading.now(names, through: client, clock: clock, timeout: timeout)
  }
}
