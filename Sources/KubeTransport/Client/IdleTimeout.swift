import Synchronization

/// Runs `work` and cancels it when it has reported no progress for `timeout`; without a timeout it
/// may take any time.
///
/// Throws the errors of `work`, and ``TransportError/Code/timedOut`` after the timeout, when the
/// cancelled `work` has ended.
func withIdleTimeout<Result: Sendable, C: Clock<Duration>>(
  _ timeout: Duration?, clock: C,
  _ work: @escaping @Sendable (_ reportProgress: @Sendable () -> Void) async throws -> Result
) async throws -> Result {
  try Task.checkCancellation()
  guard let timeout else { return try await work({}) }
  let progress = Progress(clock.now)
  return try await withThrowingTaskGroup(of: Result.self) { group in
    defer { group.cancelAll() }
    group.addTask { try await work { progress.last.withLock { $0 = clock.now } } }
    group.addTask {
      while true {
        let deadline = progress.last.withLock { $0 }.advanced(by: timeout)
        if clock.now >= deadline { break }
        try await clock.sleep(until: deadline, tolerance: nil)
      }
      throw TransportError(
        code: .timedOut, requestWasSent: true, message: "no part of the body arrived within \(timeout)")
    }
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}

/// The time of the last progress.
private final class Progress<Instant: InstantProtocol>: Sendable {
  let last: Mutex<Instant>

  init(_ start: Instant) { last = Mutex(start) }
}
