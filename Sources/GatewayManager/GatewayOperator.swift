import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
public import KubeCore
import KubeKindsCore
public import KubeKindsDiscovery
import KubeRuntime
public import KubeTransport
public import Logging
import Synchronization

public import struct Foundation.Date

/// The operator: watches fill a model of the hub, the pure functions plan, the plans are carried out,
/// certificates are
/// issued on request.
///
/// Each managed cluster is planned by itself, and so is the installation: one cluster's trouble stays with
/// it. At rest
/// nothing is written.
public final class GatewayOperator: Sendable {
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
      identity: ManagerIdentity = ManagerIdentity(), workers: Int = 8, probes: Probes = .configured,
      healthInterval: Duration = .seconds(1),
      endpointProbe: (any EndpointProbe)? = nil, lookInterval: Duration = .seconds(10),
      endpointSlices: ResourceType = EndpointSlice.type, eventInstance: String? = nil,
      uptime: @escaping @Sendable () -> Duration = HubModel.continuousUptime()
    ) {
      self.identity = identity
      self.workers = max(1, workers)
      self.probes = probes
      self.healthInterval = healthInterval
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
    /// The last failure of each plan that has not succeeded since, in words.
    public var failures: [ReconcileKey: String]
    /// How many patches have taken effect since the start.
    public var writes: Int

    /// Whether nothing is left to do for the manager itself.
    public var isSettled: Bool { isSynced && !isBusy && failures.isEmpty }
  }

  let client: KubeClient
  private let applier: PlanApplier
  let options: Options
  let logger: Logger
  private let now: @Sendable () -> Date
  private let maker = CertificateMaker()
  let state: Mutex<State>
  let queue: WorkQueue<ReconcileKey>
  private let chronicle: CertificateChronicle
  private let refusalReporter: RefusalReporter
  private let findingReporter: FindingReporter
  /// Tells that there are servers to look at.
  private let looksWanted = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  /// What has become of Events, by namespace.
  private let eventOutcomes = AsyncStream.makeStream(
    of: (namespace: String, failure: KubeError?).self, bufferingPolicy: .bufferingNewest(16))
  /// What is to be watched, newest last.
  let wanted = AsyncStream.makeStream(
    of: Set<ObjectSelection>.self, bufferingPolicy: .bufferingNewest(1))

  /// A manager of the hub that `client` reaches. `now` is asked for the time of each plan.
  public init(
    _ client: KubeClient, options: Options = Options(), logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.options = options
    self.logger = logger
    self.now = now
    applier = PlanApplier(client)
    let model = HubModel(identity: options.identity, uptime: options.uptime)
    let table = model.table(endpointSlices: options.endpointSlices)
    let selections = Set(table.selections)
    state = Mutex(State(model: model, required: Set(table.requiredSelections)))
    let outcomes = eventOutcomes.continuation
    let recorder = options.eventInstance.map {
      EventRecorder(
        client, component: ManagerIdentity.fieldManager, instance: $0, now: now,
        onOutcome: { outcomes.yield((namespace: $0, failure: $1)) }, logger: logger)
    }
    chronicle = CertificateChronicle(recorder: recorder)
    refusalReporter = RefusalReporter(recorder: recorder, logger: logger)
    findingReporter = FindingReporter(recorder: recorder, logger: logger)
    wanted.continuation.yield(selections)
    queue = WorkQueue(
      name: "cluster-gateway", backoff: Backoff(initial: .milliseconds(100), maximum: .seconds(60)))
  }

  /// Works until the task is cancelled. May be called once.
  public func run() async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.keepWatches() }
        group.addTask { await self.keepLooking() }
        group.addTask { await self.chronicle.run() }
        group.addTask { await self.noteEventOutcomes() }
        group.addTask {
          await self.queue.process(
            workers: self.options.workers,
            onFailure: { key, error in self.noteFailure(of: key, error) },
            { key in try await self.carryOut(key) })
        }
        group.addTask { await self.keepHealth() }
        if self.options.probes != .disabled {
          group.addTask { await self.prober.run() }
          group.addTask { await self.gatewayProber.run() }
        }
      }
    } onCancel: {
      wanted.continuation.finish()
      looksWanted.continuation.finish()
      eventOutcomes.continuation.finish()
      queue.shutDown()
    }
  }

  /// Works until nothing is left to do and nothing is awaited from others, or `limit` has passed; returns the
  /// last report. May be
  /// called once, instead of `run`.
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
    let isWorking = queue.depth + queue.processingCount > 0
    return state.withLock { state in
      let isAsking =
        options.probes != .disabled
        && (!state.asked.isSuperset(of: state.model.reachableClusters)
          || state.servingProbe.map { $0 != state.askedGateway } ?? false)
      let clusters = state.findings.keys.compactMap { key in
        if case .cluster(let name) = key { name } else { nil }
      }
      return Report(
        isSynced: state.isSynced, isBusy: isWorking || isAsking || state.model.isFleetHealthStale,
        findings: (state.findings[.installation] ?? [])
          + clusters.sorted().flatMap { state.findings[.cluster($0)] ?? [] },
        failures: state.failures, writes: state.writes)
    }
  }

  /// Plans everything anew: after the clock was moved, say.
  public func replan() {
    queue.add(.installation)
    for name in state.withLock({ $0.model.clusterNames }) { queue.add(.cluster(name)) }
  }

  /// Records that a request which is no patch of a plan is refused, or that it isn't.
  func note(_ refusal: Refusal?, of request: Request) {
    // Of many clusters the first is enough: the others' names would change what is reported with each probe.
    guard state.withLock({ $0.otherRefusals[request] == nil }) != (refusal == nil) else { return }
    update { state in
      state.otherRefusals[request] = refusal
      return [state.shareRefusals()]
    }
  }

  private func noteEventOutcomes() async {
    for await (namespace, failure) in eventOutcomes.stream {
      let refusal = failure.flatMap { error -> Refusal? in
        guard error.isMissingRight else { return nil }
        return Refusal(
          verb: "create", target: ObjectKey(Event.type, namespace: namespace, name: ""),
          cause: .rightsMissing,
          message: String((error.status?.message ?? "\(error)").prefix(Refusal.maximumMessage)))
      }
      note(refusal, of: .event(namespace: namespace))
    }
  }

  // MARK: Looking at the gateway's pods

  /// Looks at the servers for as long as plans want it.
  private func keepLooking() async {
    guard let probe = options.endpointProbe else { return }
    for await _ in looksWanted.stream {
      while !Task.isCancelled {
        let (looks, leaf) = state.withLock {
          ($0.looks, $0.model.installation.certificates.serving.leaf)
        }
        guard !looks.isEmpty else { break }
        let sightings = await probe.sightings(of: looks)
        let keys = state.withLock { $0.model.note(sightings, since: leaf).keys }
        for key in keys { queue.add(key) }
        try? await Task.sleep(for: options.lookInterval)
      }
    }
  }

  // MARK: Working

  /// Plans for `key` from what is known now, and carries the plan out; returns when time alone will change
  /// the answer.
  private func carryOut(_ key: ReconcileKey) async throws -> Duration? {
    let time = now()
    let made: (plan: Plan, installation: InstallationState?)? = state.withLock { state in
      guard state.isSynced else { return nil }
      let plan: Plan
      var installation: InstallationState?
      switch key {
      case .installation:
        installation = state.model.installation
        plan = reconcileInstallation(state.model.installation, at: time)
        state.looks = plan.looks
        state.servingProbe = plan.servingProbe
      case .cluster(let name): plan = reconcileCluster(state.model.cluster(name), at: time)
      }
      state.findings[key] = plan.findings.isEmpty ? nil : plan.findings
      return (plan, installation)
    }
    // Everything is queued anew when the last watch has delivered.
    guard let (plan, installation) = made else { return nil }
    if !plan.looks.isEmpty { looksWanted.continuation.yield() }
    if let installation { chronicle.note(installation, at: time) }
    findingReporter.report(plan.findings, of: key)
    let outcome = await applier.apply(plan)
    for patch in outcome.applied {
      logger.info("\(patch.operationName) \(patch.target)", metadata: ["reason": "\(patch.reason)"])
    }
    // What was written is known at once; the watch brings it again, and then it is no news.
    update { state in
      state.writes += outcome.applied.count
      return outcome.written.map { state.model.insert($0) } + [state.record(outcome, of: key)]
    }
    let (refusals, refused, configuration) = state.withLock { state in
      let kind = ClusterGatewayConfiguration.type.groupKind
      let name = state.model.facts.configurationName
      let object = name.flatMap { state.model.object(kind, namespace: nil, name: $0) }
      return (state.model.refusals, state.refused, object)
    }
    refusalReporter.report(writes: refusals, watches: refused, on: configuration)
    if key == .installation { findingReporter.report(conditionsOf: configuration) }
    // A certificate is not to wait for an object that somebody refuses.
    if key == .installation, outcome.failure?.isRefusal ?? true { try issue(plan.certificateRequests) }
    if let failure = outcome.failure { throw failure }
    if let report = plan.healthReport { try await pass(report) }
    _ = state.withLock { $0.failures.removeValue(forKey: key) }
    return plan.requeueAfter
  }

  private func issue(_ requests: [CertificateRequest]) throws {
    let installation = state.withLock { $0.model.installation }
    let (certificates, failure) = maker.fulfil(requests, for: installation)
    state.withLock { $0.model.issued = certificates }
    for certificate in certificates {
      logger.info("issued \(certificate.request.id)", metadata: ["reason": "\(certificate.request.reason)"])
    }
    if !certificates.isEmpty { queue.add(.installation) }
    if let failure { throw failure }
  }

  private func noteFailure(of key: ReconcileKey, _ error: any Error) {
    let text = String(describing: error)
    let isNews = state.withLock { state in
      defer { state.failures[key] = text }
      return state.failures[key] != text
    }
    shareFailure(of: key, error)
    if let failure = error as? PlanApplier.Failure, failure.isStaleView {
      // Ordinary: the watch brings what the plan didn't know yet.
      logger.debug("planned from an older view", metadata: ["error": "\(failure)"])
    } else {
      // Each try again that fails alike is no news.
      logger.log(
        level: isNews ? .error : .debug, "a plan could not be carried out", metadata: ["error": "\(error)"])
    }
  }

  /// Shows a request that fails again and again on the configuration's status.
  private func shareFailure(of key: ReconcileKey, _ error: any Error) {
    guard let failure = error as? PlanApplier.Failure, !failure.isStaleView, !failure.isRefusal,
      queue.failureCount(key) >= GatewayOperator.shownFailures
    else { return }
    var refusal = failure.refusal
    refusal.cause = .failing
    update { state in
      var known = (state.refusals[key] ?? []).filter { $0.cause != .failing }
      known.append(refusal)
      state.refusals[key] = known
      return [state.shareRefusals()]
    }
  }

  /// After how many failures in a row a request is reported as failing.
  private static let shownFailures = 5
}
