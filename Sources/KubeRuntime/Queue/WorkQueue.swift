public import CoreMetrics
public import KubeTransport
import Synchronization

/// A queue of keys that need work, between the observers of changes and the workers.
///
/// - A key is in the queue once, however often it is added.
/// - A key is never worked on twice at once: added meanwhile, it returns when the work is done.
/// - A key may be added with a delay; of several delays the one that ends first counts.
/// - More urgent keys go first (``WorkPriority``); a few of the others go with them, so that none
///   waits without end.
/// - After a failure a key returns with a delay that grows with its failures in a row
///   (``retry(_:atLeast:)``), until ``forget(_:)``.
///
/// The queue is bounded: beyond its capacity `add` returns `false`. A queue with a name exports
/// metrics with the names of client-go's work queues and of controller-runtime, which dashboards
/// know:
///
/// - `workqueue_depth{name}`: keys that wait to be worked on; `workqueue_adds_total`, added keys;
///   `workqueue_retries_total`, keys that returned after a failure.
/// - `workqueue_queue_duration_seconds{name}`: how long a key waited;
///   `workqueue_work_duration_seconds`, how long the work on it took.
/// - `workqueue_unfinished_work_seconds{name}` and `workqueue_longest_running_processor_seconds`:
///   how long unfinished work has taken, in sum and the longest, as of the last half second of
///   ``process(workers:onFailure:_:)``.
/// - `controller_runtime_active_workers{controller}`: keys that are being worked on;
///   `controller_runtime_max_concurrent_reconciles`, their maximum.
/// - `controller_runtime_reconcile_total{controller,result}`: the results of work, as one of
///   `success`, `requeue_after` and `error`;
///   `controller_runtime_reconcile_errors_total{controller}`, the errors alone, and
///   `controller_runtime_terminal_reconcile_errors_total{controller}`, those that aren't retried.
/// - `controller_runtime_reconcile_time_seconds{controller}`: how long the work took.
public final class WorkQueue<Key: Hashable & Sendable>: Sendable {
  private struct Guarded: Sendable {
    var queue: WorkQueueState<Key>
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  /// A waiting worker: not yet suspended, suspended, or woken before it was suspended.
  private enum Waiter: Sendable {
    case arriving
    case suspended(CheckedContinuation<Void, Never>)
    case woken
  }

  /// The result of asking for a key.
  private enum Outcome: Sendable {
    case key(Key)
    case over
    case wait(Int, until: Duration?)
  }

  private let guarded: Mutex<Guarded>
  private let timer: DeadlineTimer
  private let backoff: Backoff
  private let jitter: @Sendable () -> Double
  private let metrics: WorkQueueMetrics?

  /// Creates an empty queue.
  ///
  /// - Parameters:
  ///   - name: The queue's name in its metrics; `nil` for none.
  ///   - capacity: The maximum number of waiting keys, the delayed ones included.
  ///   - backoff: The delay after failures.
  ///   - clock: The clock of delays.
  ///   - metrics: The receiver of metrics; `nil` for the bootstrapped one.
  ///   - jitter: Random numbers from 0 to 1 that spread the delays after failures.
  public init(
    name: String? = nil, capacity: Int = 100_000,
    backoff: Backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(300)),
    clock: any Clock<Duration> = ContinuousClock(), metrics: (any MetricsFactory)? = nil,
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    guarded = Mutex(Guarded(queue: WorkQueueState(capacity: max(1, capacity))))
    timer = DeadlineTimer(clock)
    self.backoff = backoff
    self.jitter = jitter
    self.metrics = name.map { WorkQueueMetrics(name: $0, factory: metrics) }
  }

  // MARK: Adding

  /// Adds a key, and returns whether it is in the queue. Of several priorities the most urgent
  /// counts.
  @discardableResult
  public func add(_ key: Key, priority: WorkPriority = .change) -> Bool {
    let now = timer.elapsed
    let (added, woken) = guarded.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
      let before = state.queue.additions
      let added = state.queue.add(key, priority: priority, now: now)
      metrics?.record(additions: state.queue.additions - before, depth: state.queue.readyCount)
      return (added, state.queue.readyCount > 0 ? Self.wake(&state, 1) : [])
    }
    for continuation in woken { continuation.resume() }
    return added
  }

  /// Adds a key after a delay, and returns whether it will be added.
  @discardableResult
  public func add(_ key: Key, after delay: Duration, priority: WorkPriority = .resync) -> Bool {
    guard delay > .zero else { return add(key, priority: priority) }
    let deadline = timer.elapsed + delay
    let (added, woken) = guarded.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
      let earliest = state.queue.nextDeadline
      let added = state.queue.add(key, at: deadline, priority: priority)
      // The waiting workers must learn of a deadline earlier than theirs: any of them may be
      // busy then.
      return (added, earliest.map { deadline < $0 } ?? true ? Self.wake(&state, .max) : [])
    }
    for continuation in woken { continuation.resume() }
    return added
  }

  /// Counts a failure of the key, and adds it after a delay that grows with its failures in a row,
  /// of at least `wait`, which takes the place of an earlier delay of the key. Jitter adds up to a
  /// quarter to `wait`.
  @discardableResult
  public func retry(_ key: Key, atLeast wait: Duration = .zero) -> Bool {
    metrics?.recordRetry()
    let failures = guarded.withLock { state in
      if wait > .zero { state.queue.removeDelay(key) }
      return state.queue.failed(key)
    }
    let jitter = jitter()
    return add(
      key,
      after: max(
        backoff.delay(afterFailures: failures, jitter: jitter), RetryAfter.spread(wait, jitter: jitter)))
  }

  /// Forgets the failures of a key, and its delay.
  private func giveUp(_ key: Key) {
    guarded.withLock { state in
      state.queue.forget(key)
      state.queue.removeDelay(key)
    }
  }

  /// Adds a key after the delay that its work asks for.
  private func requeue(_ key: Key, after delay: Duration?) {
    if let delay { add(key, after: delay > .zero ? delay : .seconds(1)) }
  }

  /// Forgets the failures of a key.
  public func forget(_ key: Key) { guarded.withLock { $0.queue.forget(key) } }

  // MARK: Working

  /// Returns the next key to work on, as soon as there is one; ``done(_:)`` must follow. `nil` when
  /// the queue is shut down and empty, or the task is cancelled.
  public func next() async -> Key? {
    while !Task.isCancelled {
      let now = timer.elapsed
      let (outcome, woken) = guarded.withLock { state -> (Outcome, [CheckedContinuation<Void, Never>]) in
        let before = state.queue.additions
        state.queue.promote(now: now)
        let taken = state.queue.pop(now: now)
        metrics?.record(additions: state.queue.additions - before, depth: state.queue.readyCount)
        if let key = taken {
          if let work = state.queue.work(on: key) { metrics?.recordStart(waited: work.waited) }
          // Several keys may have become due at once.
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
    // A wake-up that came too late for this task is passed to another.
    passOn()
    return nil
  }

  /// Ends the work on a key.
  public func done(_ key: Key) {
    let now = timer.elapsed
    let woken = guarded.withLock { state in
      if let work = state.queue.work(on: key) { metrics?.recordEnd(took: now - work.start) }
      state.queue.done(key)
      metrics?.record(additions: 0, depth: state.queue.readyCount)
      return Self.wake(&state, state.queue.isShutDown ? .max : min(1, state.queue.readyCount))
    }
    for continuation in woken { continuation.resume() }
  }

  /// Works on keys with `workers` tasks until the queue is shut down or the task cancelled.
  ///
  /// - Parameters:
  ///   - workers: The number of tasks.
  ///   - onFailure: Called when `work` throws; may add the key.
  ///   - work: Works on a key; returns the delay after which the key is added again, or `nil`. A
  ///     delay of zero or less counts as one second. If it throws, the key returns after a growing
  ///     delay, which is no shorter than an API server's `Retry-After` (at most five minutes), or,
  ///     after a ``TerminalError``, when it is added again.
  public func process(
    workers: Int, onFailure: @escaping @Sendable (Key, any Error) -> Void = { _, _ in },
    _ work: @escaping @Sendable (Key) async throws -> Duration?
  ) async {
    let count = max(1, workers)
    metrics?.record(workers: count)
    let measuring = metrics.map { metrics in Task { await self.measureUnfinished(metrics) } }
    defer { measuring?.cancel() }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          while let key = await self.next() {
            do {
              let comesBack = try await work(key)
              self.metrics?.record(comesBack == nil ? .success : .requeueAfter)
              self.forget(key)
              self.requeue(key, after: comesBack)
            } catch  where Task.isCancelled {
              // The next process begins with all keys.
            } catch let error as TerminalError {
              self.metrics?.record(.error, isTerminal: true)
              self.giveUp(key)
              self.requeue(key, after: error.requeueAfter)
              onFailure(key, error)
            } catch {
              self.metrics?.record(.error)
              onFailure(key, error)
              self.retry(key, atLeast: error.requiredWait)
            }
            self.done(key)
          }
        }
      }
    }
  }

  /// Records every half second how long unfinished work has taken, until the task is cancelled.
  private func measureUnfinished(_ metrics: WorkQueueMetrics) async {
    while !Task.isCancelled {
      let now = timer.elapsed
      metrics.recordUnfinished(guarded.withLock { $0.queue.unfinished(now: now) })
      try? await Task.sleep(for: .milliseconds(500))
    }
  }

  /// Stops additions: delayed keys are dropped, the others are still returned, and then ``next()``
  /// returns `nil`.
  public func shutDown() {
    let woken = guarded.withLock { state in
      state.queue.shutDown()
      return Self.wake(&state, .max)
    }
    for continuation in woken { continuation.resume() }
  }

  // MARK: State

  /// The number of keys that wait to be worked on now.
  public var depth: Int { guarded.withLock { $0.queue.readyCount } }
  /// The number of delayed keys.
  public var delayedCount: Int { guarded.withLock { $0.queue.delayedCount } }
  /// The number of keys that are being worked on.
  public var processingCount: Int { guarded.withLock { $0.queue.processingCount } }
  /// The number of failures of a key in a row.
  public func failureCount(_ key: Key) -> Int { guarded.withLock { $0.queue.failureCount(key) } }
  /// The number of workers that wait for a key.
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

  /// Waits until it is woken, `deadline` has come, or the task is cancelled.
  private func wait(_ id: Int, until deadline: Duration?) async {
    guard let deadline else { return await suspend(id) }
    let timeout = timer.makeID()
    timer.add(timeout, at: deadline) { [weak self] in self?.wake(id) }
    await suspend(id)
    timer.remove(timeout)
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
      wake(id)
    }
  }

  /// Ends a worker's wait, or prevents it where it hasn't begun.
  private func wake(_ id: Int) {
    let continuation = guarded.withLock { state -> CheckedContinuation<Void, Never>? in
      switch state.waiters[id] {
      case .arriving:
        state.waiters[id] = .woken
        return nil
      case .suspended(let continuation):
        state.waiters[id] = nil
        return continuation
      case .woken, nil: return nil
      }
    }
    continuation?.resume()
  }
}

extension Error {
  /// The wait before the next attempt that an API server requires.
  fileprivate var requiredWait: Duration {
    let cause = (self as? PlanApplier.Failure)?.cause ?? self
    return (cause as? KubeError)?.retryAfter ?? .zero
  }
}
