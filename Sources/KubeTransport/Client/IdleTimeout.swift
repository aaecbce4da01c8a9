/// Runs `work` and cancels it when it has reported no progress for `timeout`; without a timeout it
/// may take any time.
///
/// Throws the errors of `work`, and ``TransportError/Code/timedOut`` after the timeout, when the
/// cancelled `work` has ended.
func withIdleTimeout<Result: Sendable>(
  _ timeout: Duration?, timer: DeadlineTimer,
  _ work: @escaping @Sendable (_ reportProgress: @Sendable () -> Void) async throws -> Result
) async throws -> Result {
  try Task.checkCancellation()
  guard let timeout else { return try await work({}) }
  do {
    return try await timer.run(idleTimeout: timeout, work)
  } catch is DeadlineTimer.TimedOut {
    throw TransportError(
      code: .timedOut, requestWasSent: true, message: "no part of the body arrived within \(timeout)")
  }
}
