import Synchronization

/// A timer that calls functions at their deadlines, with one sleep for all of them.
///
/// A sleep of its own for each deadline would be costly: the system's timer behind `Clock.sleep`
/// stays until it fires, even after its task is cancelled, and nearly all deadlines here, such as
/// those of requests, are cancelled long before.
package final class DeadlineTimer: Sendable {
  /// The handle of a deadline.
  package struct ID: Sendable, Hashable {
    fileprivate var number: UInt64
  }

  private struct Entry {
    var deadline: Duration
    var action: @Sendable () -> Void
  }

  private struct State {
    var entries: [ID: Entry] = [:]
    var lastNumber: UInt64 = 0
    /// The task that sleeps until `wakesAt`, not later than the earliest deadline.
    var sleeper: Task<Void, Never>?
    var wakesAt: Duration?
  }

  private let stopwatch: Stopwatch
  private let state = Mutex(State())

  /// Creates a timer on `clock`.
  package init(_ clock: some Clock<Duration>) { stopwatch = Stopwatch(clock) }

  deinit { state.withLock { $0.sleeper?.cancel() } }

  /// The time since the timer was created, which deadlines are given in.
  package var elapsed: Duration { stopwatch.elapsed }

  /// A new handle, for ``add(_:at:_:)``.
  package func makeID() -> ID {
    state.withLock { state in
      state.lastNumber += 1
      return ID(number: state.lastNumber)
    }
  }

  /// Calls `action` once, on an arbitrary task, when ``elapsed`` is at least `deadline`, unless it
  /// is removed first.
  package func add(_ id: ID, at deadline: Duration, _ action: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.entries[id] = Entry(deadline: deadline, action: action)
      sleep(until: deadline, &state)
    }
  }

  /// Moves a deadline to a later time.
  package func postpone(_ id: ID, to deadline: Duration) {
    // The sleeper finds the new deadline when it wakes up at the old one.
    state.withLock { $0.entries[id]?.deadline = deadline }
  }

  /// Removes a deadline; returns whether it was still to come.
  @discardableResult
  package func remove(_ id: ID) -> Bool {
    state.withLock { $0.entries.removeValue(forKey: id) != nil }
  }

  private func sleep(until deadline: Duration, _ state: inout State) {
    if let wakesAt = state.wakesAt, wakesAt <= deadline { return }
    state.sleeper?.cancel()
    state.wakesAt = deadline
    // Detached: it serves all tasks, whatever the priority and the task-local values of this one.
    state.sleeper = Task.detached { [stopwatch, weak self] in
      do {
        try await stopwatch.sleep(until: deadline)
      } catch {
        // A clock that fails must not keep later deadlines from being slept for.
        if !Task.isCancelled { self?.forgetSleeper(at: deadline) }
        return
      }
      self?.wakeUp(at: deadline)
    }
  }

  private func forgetSleeper(at time: Duration) {
    state.withLock { state in
      if state.wakesAt == time { (state.sleeper, state.wakesAt) = (nil, nil) }
    }
  }

  private func wakeUp(at time: Duration) {
    let due = state.withLock { state -> [Entry] in
      // Otherwise another sleeper with an earlier time has taken over.
      guard state.wakesAt == time else { return [] }
      (state.sleeper, state.wakesAt) = (nil, nil)
      let now = stopwatch.elapsed
      let due = state.entries.filter { $0.value.deadline <= now }
      for id in due.keys { state.entries[id] = nil }
      if let next = state.entries.values.map(\.deadline).min() { sleep(until: next, &state) }
      return Array(due.values)
    }
    for entry in due { entry.action() }
  }
}

extension DeadlineTimer {
  /// An error: the work was cancelled because it reported no progress in time.
  package struct TimedOut: Error {}

  /// Runs `work`, and cancels it when it has reported no progress for `timeout`.
  ///
  /// Returns or throws what `work` does, if it ends in time; otherwise throws ``TimedOut`` when the
  /// cancelled work has ended, whose result may be incomplete.
  package func run<Result: Sendable>(
    idleTimeout timeout: Duration,
    _ work: @escaping @Sendable (_ reportProgress: @Sendable () -> Void) async throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let id = makeID()
    let cancellation = Cancellation()
    add(id, at: elapsed + timeout) { cancellation.cancel() }
    let task = Task {
      let result: Swift.Result<Result, any Error>
      do {
        result = .success(try await work { self.postpone(id, to: self.elapsed + timeout) })
      } catch {
        result = .failure(error)
      }
      guard self.remove(id) else { throw TimedOut() }
      return try result.get()
    }
    cancellation.handle { task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}

/// A cancellation that may be requested before its handler is known.
private final class Cancellation: Sendable {
  private let state = Mutex<(handler: (@Sendable () -> Void)?, isRequested: Bool)>((nil, false))

  func cancel() {
    let handler = state.withLock { state in
      state.isRequested = true
      return state.handler
    }
    handler?()
  }

  func handle(_ handler: @escaping @Sendable () -> Void) {
    let isRequested = state.withLock { state in
      state.handler = handler
      return state.isRequested
    }
    if isRequested { handler() }
  }
}
