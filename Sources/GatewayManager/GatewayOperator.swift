import GatewayReconcile
public import KubeCore
import KubeReconcile
public import KubeRuntime
public import KubeTransport
public import Logging
import Synchronization

public import struct Foundation.Date

/// The operator: watches fill a model of the hub, the pure functions plan, the plans are carried out, certificates are
/// issued on request.
///
/// Each managed cluster is planned by itself, and so is the installation: one cluster's trouble stays with
/// it. At rest nothing is written.
public final class GatewayOperator: StandbyService {
  let client: KubeClient
  let options: Options
  let handler: GatewayPlanHandler
  let runner: ControllerRunner<HubModel>
  /// Who was asked for their health since the start: clusters, and the gateway as it was asked last.
  let asked = Mutex<(clusters: Set<String>, gateway: ServingProbe?)>(([], nil))

  /// A manager of the hub that `client` reaches. `now` is asked for the time of each plan.
  public init(
    _ client: KubeClient, options: Options = Options(), logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.options = options
    handler = GatewayPlanHandler(client, logger: logger)
    runner = ControllerRunner(
      HubModel(
        identity: options.identity, endpointSlices: options.endpointSlices, statusDelay: options.statusDelay,
        asksClusters: options.probes != .disabled, uptime: options.uptime),
      name: "cluster-gateway", client: client,
      options: ControllerOptions(
        workers: options.workers, eventInstance: options.eventInstance, logsFindings: false,
        goesOnWithoutUnservedKinds: false, now: now),
      handler: handler, logger: logger)
  }

  /// Whether all that plans need was listed or refused once.
  public var isReady: Bool { runner.isReady }

  /// Watches the hub until the task is cancelled. May be called once.
  public func standBy() async { await runner.standBy() }

  /// Works until the task is cancelled, from what ``standBy()`` reads. May be called once.
  public func work() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.runner.work() }
      group.addTask { await self.look() }
    }
  }

  /// Watches and works until the task is cancelled or a graceful shutdown begins. May be called once.
  public func run() async {
    // Neither part throws: cancelled, each ends.
    try? await standByAndWork()
  }

  /// Works until nothing is left to do and nothing is awaited from others, or `limit` has passed; returns the
  /// last report. May be called once, instead of `run`.
  public func converge(within limit: Duration, clock: some Clock<Duration> = ContinuousClock()) async
    -> Report
  {
    let work = Task { await self.run() }
    defer { work.cancel() }
    let end = clock.now.advanced(by: limit)
    var calm = 0
    while clock.now < end && !Task.isCancelled {
      try? await clock.sleep(for: .milliseconds(50))
      let report = report()
      // Seen settled several times: a watch may yet bring what the last write caused.
      calm = report.isSettled && !report.findings.contains { $0.severity == .awaiting } ? calm + 1 : 0
      if calm >= 6 { break }
    }
    let report = report()
    work.cancel()
    await work.value
    return report
  }

  /// What the manager thinks of the hub now.
  public func report() -> Report {
    // An answer queues a plan before it counts as one, and a plan asks before it ends.
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

  /// Plans everything again: after the clock was moved, say.
  public func replan() { runner.reconcileAll() }
}

extension GatewayOperator: DebuggableService {
  /// The state of the operator's controller.
  public var debugState: JSONValue { runner.debugState }
}
