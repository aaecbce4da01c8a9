public import KubeCore
public import KubeReconcile
public import KubeTransport
public import Logging
public import ServiceLifecycle
import Synchronization

public import struct Foundation.Date

/// Runs a ``Controller``: watches fill its cache, workers plan on snapshots of it, patches are sent, effects performed.
///
/// A key is never worked on twice at a time. What fails comes back after a growing delay. A patch's answer is in the cache
/// at once; nothing is planned for a kind before its first list is complete.
public final class ControllerRunner<Object: KubeObject, Effect: PlanEffect>: Service {
  /// How a controller is run.
  public struct Options: Sendable {
    /// How many objects are worked on at a time.
    public var workers: Int
    /// The delays after failures.
    public var backoff: Backoff
    /// The name of this instance in the Events that are recorded; without it none are.
    public var eventInstance: String?
    /// The time of each reconcile.
    public var now: @Sendable () -> Date

    /// Options.
    public init(
      workers: Int = 4, backoff: Backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(60)),
      eventInstance: String? = nil, now: @escaping @Sendable () -> Date = { Date() }
    ) {
      self.workers = workers
      self.backoff = backoff
      self.eventInstance = eventInstance
      self.now = now
    }
  }

  private struct State {
    var cache: ControllerCache<Object, Effect>
    var performed: [ObjectKey: (generation: Int64?, uid: String?, effects: Set<Effect>)] = [:]
    var findings: [ObjectKey: [Finding]] = [:]
  }

  private let controller: Controller<Object, Effect>
  private let client: KubeClient
  private let applier: PlanApplier
  private let options: Options
  private let perform: @Sendable (Effect) async throws -> Void
  private let logger: Logger
  private let queue: WorkQueue<ObjectKey>
  private let state: Mutex<State>
  private let recorder: EventRecorder?

  /// A runner; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - controller: The controller.
  ///   - client: The client that reads and writes.
  ///   - options: How it is run.
  ///   - logger: Logs writes, findings and failures.
  ///   - perform: Performs an effect; when it throws, the object comes back after a growing delay. An effect may be
  ///     performed again after a crash.
  public init(
    _ controller: Controller<Object, Effect>, client: KubeClient, options: Options = Options(),
    logger: Logger, perform: @escaping @Sendable (Effect) async throws -> Void
  ) {
    var client = client
    client.fieldManager = controller.fieldManager
    self.controller = controller
    self.client = client
    self.options = options
    self.logger = logger
    self.perform = perform
    applier = PlanApplier(client)
    queue = WorkQueue(name: controller.fieldManager, backoff: options.backoff)
    state = Mutex(State(cache: ControllerCache(controller)))
    recorder = options.eventInstance.map {
      EventRecorder(
        client, component: controller.fieldManager, instance: $0, now: options.now, logger: logger)
    }
  }

  /// Works until the task is cancelled or a graceful shutdown begins. May be called once.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskCancellationHandler {
        await withTaskGroup(of: Void.self) { group in
          for selection in self.controller.selections {
            group.addTask { await self.follow(selection) }
          }
          if let recorder = self.recorder { group.addTask { await recorder.run() } }
          group.addTask {
            await self.queue.process(
              workers: self.options.workers,
              onFailure: { key, error in
                // Of a plan from an older view the newer one is on its way.
                let isStale = (error as? PlanApplier.Failure)?.isStaleView ?? false
                self.logger.log(level: isStale ? .debug : .warning, "\(key) is tried again: \(error)")
              },
              { key in try await self.work(on: key) })
          }
        }
      } onCancel: {
        self.queue.shutDown()
      }
    }
  }

  /// Whether the first list of every selection is complete.
  public var isSynced: Bool { state.withLock { $0.cache.unobserved.isEmpty } }

  /// What a person must know now, by object.
  public var findings: [ObjectKey: [Finding]] { state.withLock { $0.findings } }

  private func follow(_ selection: ObjectSelection) async {
    let store = ObjectStore(onChanges: { [weak self] changes in self?.take(changes, of: selection) })
    let reflector = Reflector(
      client, ResourceSelection(selection), into: store,
      onFailure: { [weak self] error in
        guard error.isMissingRight else { return }
        self?.enqueue { $0.setObserved(selection, false) }
      }, logger: logger)
    try? await reflector.run()
  }

  private func take(_ changes: [ObjectStore.Change], of selection: ObjectSelection) {
    enqueue { cache in
      var keys: Set<ObjectKey> = []
      for change in changes {
        if let new = change.new {
          keys.formUnion(cache.insert(new))
        } else if let old = change.old {
          keys.formUnion(cache.remove(old))
        }
      }
      return Array(keys) + cache.setObserved(selection, true)
    }
  }

  private func enqueue(_ change: (inout ControllerCache<Object, Effect>) -> [ObjectKey]) {
    let keys = state.withLock { state in
      let keys = change(&state.cache)
      return state.cache.isReady ? keys : []
    }
    for key in keys { queue.add(key) }
  }

  private func work(on key: ObjectKey) async throws -> Duration? {
    let (cache, object, performed) = state.withLock { state in
      let object = state.cache.object(key)
      let known = state.performed[key]
      let isCurrent =
        known?.uid == object?.metadata.uid && known?.generation == object?.metadata.generation
      if !isCurrent { state.performed[key] = nil }
      return (state.cache, object, isCurrent ? known?.effects ?? [] : [])
    }
    let result = controller.reconcile(key, in: cache, performed: performed, at: options.now())
    report(result.plan.findings, on: key)
    let outcome = await applier.apply(result.plan)
    for patch in outcome.applied { logger.info("\(patch.operationName) \(patch.target): \(patch.reason)") }
    enqueue { cache in outcome.written.flatMap { cache.insert($0) } }
    if let failure = outcome.failure { throw failure }
    for effect in result.plan.effects {
      try await perform(effect)
      let metadata = object?.metadata
      state.withLock { state in
        var known = state.performed[key] ?? (metadata?.generation, metadata?.uid, [])
        known.effects.insert(effect)
        state.performed[key] = known
      }
    }
    if let recorder, let object {
      for condition in result.transitions {
        recorder.record(
          object, condition.status == .false ? .warning : .normal, reason: condition.reason,
          message: condition.message)
      }
    }
    return result.plan.effects.isEmpty ? result.plan.requeueAfter : .zero
  }

  private func report(_ findings: [Finding], on key: ObjectKey) {
    let fresh = state.withLock { state in
      let known = state.findings[key] ?? []
      state.findings[key] = findings.isEmpty ? nil : findings
      return findings.filter { !known.contains($0) }
    }
    for finding in fresh {
      logger.log(level: finding.severity == .awaiting ? .info : .warning, "\(finding)")
    }
  }
}

extension ControllerRunner where Effect == Never {
  /// A runner of a controller without effects; nothing happens before ``run()``.
  public convenience init(
    _ controller: Controller<Object, Never>, client: KubeClient, options: Options = Options(), logger: Logger
  ) {
    self.init(controller, client: client, options: options, logger: logger, perform: { _ in })
  }
}
