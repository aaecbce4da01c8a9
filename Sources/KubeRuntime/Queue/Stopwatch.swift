/// A clock of any kind with its instants as durations since the stopwatch was made.
struct Stopwatch: Sendable {
  private let elapsedNow: @Sendable () -> Duration
  private let sleepUntil: @Sendable (Duration) async throws -> Void

  init(_ clock: some Clock<Duration>) {
    let start = clock.now
    elapsedNow = { start.duration(to: clock.now) }
    sleepUntil = { elapsed in try await clock.sleep(until: start.advanced(by: elapsed), tolerance: nil) }
  }

  /// The time since the stopwatch was made.
  var elapsed: Duration { elapsedNow() }

  /// Returns when `elapsed` is at least `deadline`; throws `CancellationError` when the task is cancelled
  /// first.
  func sleep(until deadline: Duration) async throws { try await sleepUntil(deadline) }
}
