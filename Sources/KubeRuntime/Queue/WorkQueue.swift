public import CoreMetrics
public import KubeTransport
import Synchronization

/// Which keys need work: a queue between those who see changes and the workers who act on them.
///
/// - A key is in the queue once, however often it is added.
/// - A key is never worked on twice at once: added meanwhile, it comes back when the work is done.
/// - A key may be added with a delay; of several delays the one that ends first counts.
/// - More urgent keys go first (``WorkPriority``); a few of the others go with them, so that none waits without end.
/// - After a failure a key comes back with a delay that grows with its failures in a row (`retry`), until
///   `forget`.
///
/// The queue is bounded: beyond its capacity `add` returns `false`. A queue with a name tells swift-metrics how it does,
/// under the names of client-go's work queues and of controller-runtime, by which dashboards know them:
///
/// - `workqueue_depth{name}`: keys that wait to be worked on; `workqueue_adds_total`, those that came;
///   `workqueue_retries_total`, those that come back after a failure.
/// - `workqueue_queue_duration_seconds{name}`: how long a key waited; `workqueue_work_duration_seconds`, how long the work on it
///   took.
/// - `workqueue_unfinished_work_seconds{name}` and `workqueue_longest_running_processor_seconds`: how long the work that goes on
///   has taken, in sum and the longest, as of the last half second of ``process(workers:onFailure:_:)``.
/// - `controller_runtime_active_workers{controller}`: keys that are being worked on;
///   `controller_runtime_max_concurrent_reconciles`, how many may be at a time.
/// - `controller_runtime_reconcile_total{controller,result}`: what the work came to, as one of `success`, `requeue_after` and
///   `error`; `controller_runtime_reconcile_errors_total{controller}`, the errors alone, and
///   `controller_runtime_terminal_reconcile_errors_total{controller}`, those that aren't tried again.
/// - `controller_runtime_reconcile_time_seconds{controller}`: how long the work took.
public final class WorkQueue<Key: Hashable & Sendable>: Sendable {
  private struct Guarded: Sendable {
    var queue: WorkQueueState<Key>
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  /// A worker that waits: not yet suspended, suspended, or woken before it was suspended.
  private enum Waiter: Sendable {
    case arriving
    case suspended(CheckedContinuation<Void, Never>)
    case woken
  }

  /// What asking for a key comes to.
  private enum Outcome: Sendable {
    case key(Key)
    case over
    case wait(Int, until: Duration?)
  }

  private let guarded: Mutex<Guarded>
  private let stopwatch: Stopwatch
  private let backoff: Backoff
  private let jitter: @Sendable () -> Double
  private let metrics: WorkQueueMetrics?

  /// An empty queue.
  ///
  /// - Parameters:
  ///   - name: What the queue is called by its metrics; `nil` for none.
  ///   - capacity: How many keys may wait, the delayed ones included.
  ///   - backoff: How long a key waits after failures.
  ///   - clock: What delays are measured by.
  ///   - metrics: Where metrics go; `nil` for where swift-metrics was bootstrapped to.
  ///   - jitter: Numbers from 0 to 1 that spread the waits after failures.
  public init(
    name: String? = nil, capacity: Int = 100_000,
    backoff: Backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(300)),
    clock: any Clock<Duration> = ContinuousClock(), metrics: (any MetricsFactory)? = nil,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    guarded = Mutex(Guarded(queue: WorkQueueState(capacity: max(1, capacity))))
    stopwatch = Stopwatch(clock)
    self.backoff = backoff
    self.jitter = jitter
    self.metrics = name.map { WorkQueueMetrics(name: $0, factory: metrics) }
  }

  // MARK: Adding

  /// Adds a key; returns whether it is in the queue. Of several priorities the most urgent counts.
  @discardableResult
  public func add(_ key: Key, priority: WorkPriority = .change) -> Bool {
    let now = stopwatch.elapsed
    let (added, woken) = guarded.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
      let before = state.queue.additions
      let added = state.queue.add(key, priority: priority, now: now)
      metrics?.note(additions: state.queue.additions - before, depth: state.queue.readyCount)
      return (added, state.queue.readyCount > 0 ? Self.wake(&state, 1) : [])
    }
    for continuation in woken { continuation.resume() }
    return added
  }

  /// Adds a key later; returns whether it will be.
  @discardableResult
  public func add(_ key: Key, after delay: Duration, priority: WorkPriority = .resync) -> Bool {
    guard delay > .zero else { return add(key, priority: priority) }
    let deadline = stopwatch.elapsed + delay
    let (added, woken) = guarded.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
      let earliest = state.queue.nextDeadline
      let added = state.queue.add(key, at: deadline, priority: priority)
      // Those who wait must know of a deadline that is earlier than the one they know: any of them may be
      // busy then.
      return (added, earliest.map { deadline < $0 } ?? true ? Self.wake(&state, .max) : [])
    }
    for continuation in woken { continuation.resume() }
    return added
  }

  /// Counts a failure of the key and adds it after a wait that grows with the failures in a row.
  @discardableResult
  public func retry(_ key: Key) -> Bool {
    metrics?.noteRetry()
    let failures = guarded.withLock { $0.queue.failed(key) }
    return add(key, after: backoff.delay(afterFailures: failures, jitter: jitter()))
  }

  /// Forgets the failures of a key, and that it was to come back.
  private func giveUp(_ key: Key) {
    guarded.withLock { state in
      state.queue.forget(key)
      state.queue.undelay(key)
    }
  }

  /// Forgets the failures of a key.
  public func forget(_ key: Key) { guarded.withLock { $0.queue.forget(key) } }

  // MARK: Working

  /// The next key to work on, as soon as there is one; `done` must follow. `nil` when the queue is shut
  /// down and empty, or the task is cancelled.
  public func next() async -> Key? {
    while !Task.isCancelled {
      let now = stopwatch.elapsed
      let (outcome, woken) = guarded.withLock { state -> (Outcome, [CheckedContinuation<Void, Never>]) in
        let before = state.queue.additions
        state.queue.promote(now: now)
        let taken = state.queue.take(now: now)
        metrics?.note(additions: state.queue.additions - before, depth: state.queue.readyCount)
        if let key = taken {
          if let work = state.queue.work(on: key) { metrics?.noteStart(waited: work.waited) }
          // Several may have become due at once.
          return (.key(key), Self.wake(&state, state.queue.readyCount))
        }
        if state.queue.isShutDown { return (.over, []) }
        state.nextWaiter += 1
        state.waiters[state.nextWaiter] = .arriving
        return (.wait(state.nextWaiter, until: state.queue.nextDeadline), [])
      }
      for continuation in woken { continuation.resume() }
      switch outcome {
      case .key(let key): return key
      case .over: return nil
      case .wait(let id, let deadline): await wait(id, until: deadline)
      }
    }
    // A wake-up that came too late for this task is another's.
    passOn()
    return nil
  }

  /// The work on a key is over.
  public func done(_ key: Key) {
    let now = stopwatch.elapsed
    let woken = guarded.withLock { state in
      if let work = state.queue.work(on: key) { metrics?.noteEnd(took: now - work.start) }
      state.queue.done(key)
      metrics?.note(additions: 0, depth: state.queue.readyCount)
      return Self.wake(&state, state.queue.isShutDown ? .max : min(1, state.queue.readyCount))
    }
    for continuation in woken { continuation.resume() }
  }

  /// Works on keys with `workers` tasks until the queue is shut down or the task cancelled.
  ///
  /// What `work` returns is when the key is to come back by itself, `nil` for not, and a second for a time that has
  /// passed already; when it throws, the key comes back after a growing delay, and `onFailure` is called. After a ``TerminalError`` it stays away until it is
  /// added again.
  public func process(
    workers: Int, onFailure: @escaping @Sendable (Key, any Error) -> Void = { _, _ in },
    _ work: @escaping @Sendable (Key) async throws -> Duration?
  ) async {
    let count = max(1, workers)
    metrics?.note(workers: count)
    let measuring = metrics.map { metrics in Task { await self.measureUnfinished(metrics) } }
    defer { measuring?.cancel() }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          while let key = await self.next() {
            do {
              let comesBack = try await work(key)
              self.metrics?.note(comesBack == nil ? .success : .requeueAfter)
              self.forget(key)
              if let comesBack { self.add(key, after: comesBack > .zero ? comesBack : .seconds(1)) }
            } catch  where Task.isCancelled {
              // The next process begins with everything again.
            } catch let error as TerminalError {
              self.metrics?.note(.error, isTerminal: true)
              onFailure(key, error)
              self.giveUp(key)
            } catch {
              self.metrics?.note(.error)
              onFailure(key, error)
              self.retry(key)
            }
            self.done(key)
          }
        }
      }
    }
  }

  /// Records every half second how long the work that goes on has taken, until the task is cancelled.
  private func measureUnfinished(_ metrics: WorkQueueMetrics) async {
    while !Task.isCancelled {
      let now = stopwatch.elapsed
      metrics.noteUnfinished(guarded.withLock { $0.queue.unfinished(now: now) })
      try? await Task.sleep(for: .milliseconds(500))
    }
  }

  /// Nothing is added any more: delayed keys are dropped, the others still given out, and then `next` returns
  /// `nil`.
  public func shutDown() {
    let woken = guarded.withLock { state in
      state.queue.shutDown()
      return Self.wake(&state, .max)
    }
    for continuation in woken { continuation.resume() }
  }

  // MARK: Looking

  /// How many keys wait to be worked on now.
  public var depth: Int { guarded.withLock { $0.queue.readyCount } }
  /// How many keys wait for their time.
  public var delayedCount: Int { guarded.withLock { $0.queue.delayedCount } }
  /// How many keys are being worked on.
  public var processingCount: Int { guarded.withLock { $0.queue.processingCount } }
  /// How often a key has failed in a row.
  public func failureCount(_ key: Key) -> Int { guarded.withLock { $0.queue.failureCount(key) } }
  /// How many workers wait for a key.
  package var waiterCount: Int { guarded.withLock { $0.waiters.count } }

  // MARK: Waiting

  private static func wake(_ state: inout Guarded, _ count: Int) -> [CheckedContinuation<Void, Never>] {
    var woken: [CheckedContinuation<Void, Never>] = []
    guard count > 0, !state.waiters.isEmpty else { return woken }
    var left = count
    // The longest-waiting first.
    for id in state.waiters.keys.sorted() where left > 0 {
      switch state.waiters[id] {
      case .arriving:
        state.waiters[id] = .woken
        left -= 1
      case .suspended(let continuation):
        state.waiters[id] = nil
        woken.append(continuation)
        left -= 1
      case .woken, nil: break
      }
    }
    return woken
  }

  private func passOn() {
    let woken = guarded.withLock { state in Self.wake(&state, min(1, state.queue.readyCount)) }
    for continuation in woken { continuation.resume() }
  }

  /// Returns when woken, when `deadline` has come, or when the task is cancelled.
  private func wait(_ id: Int, until deadline: Duration?) async {
    guard let deadline else { return await suspend(id) }
    await withTaskGroup(of: Void.self) { [stopwatch] group in
      group.addTask { await self.suspend(id) }
      group.addTask { try? await stopwatch.sleep(until: deadline) }
      await group.next()
      group.cancelAll()
    }
  }

  private func suspend(_ id: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = guarded.withLock { state in
          if case .arriving = state.waiters[id], !Task.isCancelled {
            state.waiters[id] = .suspended(continuation)
            return false
          }
          state.waiters[id] = nil
          return true
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let continuation = guarded.withLock { state -> CheckedContinuation<Void, Never>? in
        guard case .suspended(let continuation) = state.waiters[id] else { return nil }
        state.waiters[id] = nil
        return continuation
      }
      continuation?.resume()
    }
  }
}
