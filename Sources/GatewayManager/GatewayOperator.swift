import GatewayReconcile
public import KubeCore
import KubeReconcile
public import KubeRuntime
public import KubeTransport
public import Logging
import Synchronization

/// The manager: watches fill a model of the hub, pure functions plan, the plans are applied, and
/// requested certificates are issued.
///
/// Each managed cluster has its own plan, and so has the installation: a failure of one cluster
/// doesn't affect the others. Nothing is written while there is nothing to change.
public final class GatewayOperator: StandbyService {
  let client: KubeClient
  let options: Options
  let handler: GatewayPlanHandler
  let runner: ControllerRunner<HubCache>
  /// The clusters probed since the start, and the last probe of the gateway.
  let asked = Mutex<(clusters: Set<String>, gateway: ServingProbe?)>(([], nil))

  /// The last probe of each cluster that the gateway should reach.
  let attempts = Mutex<[String: ProbeAttempt]>([:])
  let now: @Sendable () -> Date

  /// Creates the manager of the hub that `client` reaches. `now` returns the time of each plan.
  public init(
    _ client: KubeClient, options: Options = Options(), logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.options = options
    self.now = now
    handler = GatewayPlanHandler(client, logger: logger)
    runner = ControllerRunner(
      HubCache(
        identity: options.identity, endpointSlices: options.endpointSlices, statusDelay: options.statusDelay,
        asksClusters: options.probes != .disabled, uptime: options.uptime),
      name: "cluster-gateway", client: client,
      options: ControllerOptions(
        workers: options.workers, eventInstance: options.eventInstance, logsFindings: false,
        toleratesUnserved: { !HubRequirements.isRequired($0) }, now: now),
      handler: handler, logger: logger)
  }

  /// Whether everything that plans need has been listed or refused once.
  public var isReady: Bool { runner.isReady }

  /// Watches the hub until the task is cancelled. May be called once.
  public func standBy() async { await runner.standBy() }

  /// Plans and applies from what ``standBy()`` reads, until the task is cancelled. May be called
  /// once.
  public func work() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.runner.work() }
      group.addTask { await self.probe() }
    }
  }

  /// Watches and works until the task is cancelled or a graceful shutdown begins. May be called
  /// once.
  public func run() async {
    // Neither part throws: cancelled, each ends.
    try? await standByAndWork()
  }

  /// Works until nothing is left to do and nothing is awaited from others, or `limit` has passed;
  /// returns the last report. May be called once, instead of ``run()``.
  public func converge(within limit: Duration, clock: some Clock<Duration> = ContinuousClock()) async
    -> Report
  {
    let work = Task { await self.run() }
    defer { work.cancel() }
    let end = clock.now.advanced(by: limit)
    var convergedPolls = 0
    while clock.now < end && !Task.isCancelled {
      try? await clock.sleep(for: .milliseconds(50))
      let report = report()
      // Converged in several polls: a watch may still deliver an effect of the last write.
      convergedPolls =
        report.isIdle && !report.findings.contains { $0.severity == .awaiting } ? convergedPolls + 1 : 0
      if convergedPolls >= 6 { break }
    }
    let report = report()
    work.cancel()
    await work.value
    return report
  }

  /// Returns the manager's current report on the hub.
  public func report() -> Report {
    // An answer queues a plan before it is counted, and a plan requests probes before it ends.
    let wasAsking = isAsking
    let report = runner.report
    let isBusy = wasAsking || report.isBusy || isAsking || runner.model.isFleetHealthStale
    let clusters = report.findings.keys.compactMap { key in
      if case .cluster(let name) = key { name } else { nil }
    }
    return Report(
      isSynced: report.isSynced, isBusy: isBusy,
      findings: (report.findings[.installation] ?? [])
        + clusters.sorted().flatMap { report.findings[.cluster($0)] ?? [] },
      failures: report.failures, writes: report.writes)
  }

  /// Plans everything again, for example after a change of the clock.
  public func replan() { runner.reconcileAll() }
}

extension GatewayOperator: DebuggableService {
  /// The state of the manager's controller, and the last probe of each cluster.
  public var debugState: JSONValue {
    var state = runner.debugState
    let attempts = attempts.withLock { $0 }
    state["probes"] = .object(JSONObject(attempts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
    return state
  }
}
