import KubeCore
import KubeKindsEvents
public import KubeReconcile
public import KubeTransport
public import Logging
import Synchronization
import Tracing

/// A service that runs a controller: watches fill its model, workers plan from copies of it,
/// patches are sent and effects performed.
///
/// - A key is never worked on twice at a time. Failures are retried with backoff.
/// - An object that another program keeps changing back is reported, and written again after a
///   growing delay.
/// - Nothing is planned before the first list of every selection that a plan needs is complete or
///   refused.
/// - A patch's answer is in the model at once. An older version never replaces a newer one, except
///   by a list that is older than what its watch delivered before: then the server's data were
///   restored from a backup. An answer that arrives after the object's deletion doesn't restore it.
/// - The watched selections may change while it runs.
public final class ControllerRunner<Model: ControllerModel>: StandbyService {
  /// The options of a runner.
  public typealias Options = ControllerOptions

  private let client: KubeClient
  private let applier: PlanApplier
  private let options: Options
  private let timer: DeadlineTimer
  private let handler: any PlanHandler<Model>
  private let logger: Logger
  let name: String
  let queue: WorkQueue<Model.Key>
  let state: Mutex<RunnerState<Model>>
  /// The model's transform of objects.
  private let transform: @Sendable (DynamicObject) -> DynamicObject
  /// The recorder of Events; `nil` if the options name no instance.
  package let recorder: EventRecorder?
  /// A stream with an element for each change of the selections.
  private let selectionsChanged = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))
  /// The results of recording Events, by namespace.
  private let eventOutcomes = AsyncStream.makeStream(
    of: (namespace: String, failure: KubeError?).self, bufferingPolicy: .bufferingNewest(16))

  /// Creates a runner; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - model: The initial model.
  ///   - name: The controller's name in metrics and spans.
  ///   - client: The client that reads and writes. Events are recorded under its field manager.
  ///   - options: The options.
  ///   - handler: Performs the effects of plans.
  ///   - logger: Logs writes, findings and failures.
  public init(
    _ model: Model, name: String, client: KubeClient, options: Options = Options(),
    handler: some PlanHandler<Model>, logger: Logger
  ) {
    self.client = client
    self.name = name
    self.options = options
    self.handler = handler
    self.logger = logger
    applier = PlanApplier(client)
    timer = DeadlineTimer(options.clock)
    queue = WorkQueue(name: name, capacity: .max, backoff: options.backoff, clock: options.clock)
    state = Mutex(RunnerState(model, isWorking: false))
    transform = model.transform
    let outcomes = eventOutcomes.continuation
    recorder = options.eventInstance.map {
      EventRecorder(
        client, component: client.fieldManager, instance: $0, now: options.now,
        onOutcome: { outcomes.yield((namespace: $0, failure: $1)) }, logger: logger)
    }
    selectionsChanged.continuation.yield()
  }

  // MARK: Running

  /// Watches and works until the task is cancelled or a graceful shutdown begins. May be called
  /// once.
  public func run() async throws { try await standByAndWork() }

  /// Keeps a watch running for every selection of the model, until the task is cancelled. May be
  /// called once.
  public func standBy() async {
    var running: [ObjectSelection: Task<Void, Never>] = [:]
    for await _ in selectionsChanged.stream {
      let (selections, outdated) = state.withLock { ($0.selections, $0.takeOutdated()) }
      for (selection, task) in running where !selections.contains(selection) {
        task.cancel()
        // A list that is still read must not be taken for one of the selection when it is added again.
        await task.value
        running[selection] = nil
        change { state in
          state.apply(
            state.drop(selection).map { ObjectStore.Change(old: $0, new: nil) }, of: selection,
            isDelivery: false)
        }
      }
      for selection in outdated {
        guard let store = state.withLock({ $0.stores[selection] }), let task = running[selection] else {
          continue
        }
        task.cancel()
        await task.value
        running[selection] = Task { await self.followChangedKind(selection, into: store) }
      }
      let added = selections.subtracting(running.keys)
      let stores = Dictionary(
        uniqueKeysWithValues: added.map { selection in
          (
            selection,
            ObjectStore(onChanges: { [weak self] changes in
              self?.change { $0.apply(changes, of: selection) }
            })
          )
        })
      state.withLock { $0.add(stores) }
      for (selection, store) in stores {
        running[selection] = Task { await self.follow(selection, into: store) }
      }
    }
    for task in running.values { task.cancel() }
    for task in running.values { await task.value }
  }

  /// Makes and applies plans until the task is cancelled, from what ``standBy()`` reads. May be
  /// called once.
  public func work() async {
    for key in state.withLock({ $0.startWorking() }) { queue.add(key, priority: .startUp) }
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        if let recorder { group.addTask { await recorder.run() } }
        group.addTask { await self.recordEventOutcomes() }
        group.addTask {
          await self.queue.process(
            workers: self.options.workers, onFailure: { self.recordFailure(of: $0, $1) },
            { key in try await self.work(on: key) })
        }
      }
    } onCancel: {
      queue.shutDown()
    }
  }

  /// Follows a selection of custom resources whose definition has changed: lists it at once, and
  /// once more when every API server has taken the definition over.
  private func followChangedKind(_ selection: ObjectSelection, into store: ObjectStore) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.follow(selection, into: store) }
      group.addTask { [options] in try? await options.clock.sleep(for: definitionDelay) }
      await group.next()
      group.cancelAll()
    }
    await follow(selection, into: store)
  }

  private func follow(_ selection: ObjectSelection, into store: ObjectStore) async {
    let reflector = Reflector(
      client, ResourceSelection(selection), into: store, transform: transform,
      // A list alone proves nothing: the watch after it may still be refused.
      onOpen: { [weak self] in self?.setRefused(selection, false) },
      onFailure: { [weak self, options] error in
        if error.isMissingRight {
          self?.setRefused(selection, true)
        } else if error.code == .notFound, options.toleratesUnserved(selection.type) {
          self?.setRefused(selection, true, as: Refusal(unserved: selection, error))
        }
      }, logger: logger)
    try? await reflector.run()
  }

  /// Records whether the server refuses or doesn't serve a selection. It blocks only the plans that
  /// need it, and is tried again.
  private func setRefused(_ selection: ObjectSelection, _ isRefused: Bool, as refusal: Refusal? = nil) {
    guard state.withLock({ $0.refused.contains(selection) != isRefused }) else { return }
    change { state in
      state.setRefused(selection, isRefused, as: refusal)
      return ModelChange()
    }
  }

  private func change(_ body: (inout RunnerState<Model>) -> ModelChange<Model.Key>) {
    let consequences = state.withLock { $0.update(body) }
    if consequences.selectionsChanged { selectionsChanged.continuation.yield() }
    for (key, priority) in consequences.keys { queue.add(key, priority: priority) }
  }

  // MARK: Working

  private func work(on key: Model.Key) async throws -> Duration? {
    let time = options.now()
    if let last = state.withLock({ $0.emptyPlan(of: key, at: time) }) {
      return last.next.map { .seconds($0.timeIntervalSince(time)) }
    }
    guard let result = plan(key, at: time) else { return nil }
    defer { state.withLock { $0.end(key) } }
    var plan = result.plan
    do {
      if plan.patches.isEmpty && plan.effects.isEmpty {
        try await apply(result, for: key)
      } else {
        try await traced(key) { try await self.limited { try await self.apply(result, for: key) } }
      }
    } catch var error as TerminalError {
      error.requeueAfter = plan.requeueAfter
      throw error
    }
    plan.requeue(after: contentionDelay(of: key))
    return plan.requeueAfter
  }

  private func contentionDelay(of key: Model.Key) -> Duration? {
    state.withLock { $0.contention.delay(of: key, at: timer.elapsed) }
  }

  private func plan(_ key: Model.Key, at time: Date) -> Model.Result? {
    let (planner, revision) = state.withLock { ($0.begin(key), $0.model.revision(of: key)) }
    guard let planner else { return nil }
    let result = planner(time)
    let plan = result.plan
    let fresh = state.withLock { state in
      state.recordPlan(
        of: key, at: revision, since: time, requeueAfter: plan.requeueAfter,
        isEmpty: plan.patches.isEmpty && plan.effects.isEmpty)
      return state.setFindings(plan.findings, of: key)
    }
    if options.logsFindings {
      for finding in fresh {
        logger.log(level: finding.severity == .awaiting ? .info : .warning, "\(finding)")
      }
    }
    handler.willApply(result, for: key, at: time, in: self)
    return result
  }

  private func apply(_ result: Model.Result, for key: Model.Key) async throws {
    var (outcome, plan) = (PlanApplier.Outcome(), result.plan)
    let (heldBack, versions) = state.withLock { state in
      let heldBack = state.holdBack(&plan.patches, of: key, by: client.fieldManager, at: timer.elapsed)
      return (heldBack, state.versions(of: plan.patches))
    }
    if !plan.patches.isEmpty {
      outcome = await applier.apply(plan, to: versions)
      outcome.written = outcome.written.map(transform)
    }
    outcome.heldBack = heldBack
    // A patch that keeps failing is reported as one that is refused.
    if let failure = outcome.failure, !failure.isRefusal, queue.failureCount(key) >= failure.shownFailures {
      outcome.refusals.append(failure.refusal)
    }
    for patch in outcome.applied {
      logger.log(
        level: patch.isVerification ? .debug : .info,
        "\(patch.isVerification ? "verify" : patch.operationName) \(patch.target)",
        metadata: ["reason": "\(patch.reason)"])
    }
    state.withLock { $0.recordContention(of: key, in: &outcome, at: timer.elapsed) }
    if options.logsFindings {
      // Each failure of another cause is logged itself.
      for refusal in outcome.newRefusals where [.contended, .staleView].contains(refusal.cause) {
        logger.warning("\(refusal.problemWithObject); \(refusal.remedy)")
      }
    }
    change { $0.apply(outcome, of: key) }
    try await handler.didApply(of: result, for: key, outcome: outcome, in: self)
    _ = state.withLock { $0.setFailure(nil, of: key) }
  }

  /// Runs `body` in a span, which its requests are part of.
  private func traced(_ key: Model.Key, _ body: () async throws -> Void) async throws {
    try await (options.tracer ?? InstrumentationSystem.tracer).withAnySpan("reconcile") { span in
      span.attributes["controller"] = name
      span.attributes["key"] = "\(key)"
      try await body()
    }
  }

  private func limited(_ body: @escaping @Sendable () async throws -> Void) async throws {
    do {
      try await timer.run(idleTimeout: options.timeLimit) { _ in try await body() }
    } catch is DeadlineTimer.TimedOut {
      throw TimeLimitExceeded(limit: options.timeLimit)
    }
  }

  /// The text of the failure with which the last plan for `key` ended.
  func lastFailure(of key: Model.Key) -> String? { state.withLock { $0.failures[key] } }

  private func recordFailure(of key: Model.Key, _ error: any Error) {
    // Also after a terminal error, so that what is held back is sent and the report ends.
    if let delay = contentionDelay(of: key) { queue.add(key, after: delay) }
    let text = error.displayedText
    let isNews = state.withLock { $0.setFailure(text, of: key) }
    if let failure = error as? PlanApplier.Failure, failure.isStaleView {
      // Normal: the watch will deliver what the plan didn't know yet. If it doesn't, that is a refusal.
      logger.debug("planned from an older view", metadata: ["error": "\(text)"])
      return
    }
    // A retry that fails alike isn't logged again.
    logger.log(
      level: isNews ? .error : .debug, "the plan for \(key) could not be applied",
      metadata: ["error": "\(text)"])
  }

  private func recordEventOutcomes() async {
    for await (namespace, error) in eventOutcomes.stream {
      let target = ObjectKey(Event.type, namespace: namespace, name: "")
      setRefusal(
        error.flatMap { Refusal(missingRight: $0, verb: "create", target: target) },
        of: "events in \(namespace)")
    }
  }

  // MARK: State

  /// Whether all selections that plans need have been listed or refused once.
  public var isReady: Bool { state.withLock { $0.hasSynced } }

  /// Whether all selections that plans need are listed or refused now.
  public var isSynced: Bool { state.withLock { $0.isSynced } }

  /// The current findings by key.
  public var findings: [Model.Key: [Finding]] { state.withLock { $0.findings } }

  /// The current model.
  public var model: Model { state.withLock { $0.model } }

  /// The selections that can't be listed and watched now.
  public var refusedSelections: Set<ObjectSelection> { state.withLock { $0.refused } }

  /// The current state.
  public var report: ControllerReport<Model.Key> {
    let isBusy = queue.depth + queue.processingCount > 0
    return state.withLock { state in
      ControllerReport(
        isSynced: state.isSynced, isBusy: isBusy || !state.isWorking, generalFindings: state.model.findings,
        findings: state.findings, failures: state.failures, writes: state.writes)
    }
  }

  /// Changes the model and queues the plans that the change affects.
  public func update(_ body: (inout Model) -> ModelChange<Model.Key>) { change { body(&$0.model) } }

  /// Records that a request other than plans' patches is refused or, with `nil`, that it isn't.
  ///
  /// - Parameters:
  ///   - refusal: The refusal; of several for one request the first is kept.
  ///   - request: The purpose of the request, which identifies its refusal.
  public func setRefusal(_ refusal: Refusal?, of request: String) {
    guard state.withLock({ $0.isRefused(request) }) == (refusal == nil) else { return }
    change { state in
      state.setRefusal(refusal, of: request)
      return ModelChange()
    }
  }

  /// Queues every key, such as after a change of the clock.
  public func reconcileAll() {
    let keys = state.withLock { state in
      state.forgetEmptyPlans()
      return state.isWorking ? state.model.keys : []
    }
    for key in keys { queue.add(key, priority: .resync) }
  }
}

/// The time within which the API servers take a changed definition over.
private let definitionDelay: Duration = .seconds(5)

extension PlanApplier.Failure {
  /// The number of failures in a row after which a request is reported as failing: more where the
  /// watch may only be late, since one whose connection has died takes half a minute to notice.
  fileprivate var shownFailures: Int { isStaleView ? 10 : 5 }
}
