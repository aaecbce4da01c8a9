/// A clock of any type, with instants as durations since the stopwatch was created.
package struct Stopwatch: Sendable {
  private let elapsedNow: @Sendable () -> Duration
  private let sleepUntil: @Sendable (Duration) async throws -> Void

  /// Creates a stopwatch that starts now.
  package init(_ clock: some Clock<Duration>) {
    let start = clock.now
    elapsedNow = { start.duration(to: clock.now) }
    sleepUntil = { elapsed in try await clock.sleep(until: start.advanced(by: elapsed), tolerance: nil) }
  }

  /// The time since the stopwatch was created.
  package var elapsed: Duration { elapsedNow() }

  /// Waits until ``elapsed`` is at least `deadline`. Throws `CancellationError` when the task is
  /// cancelled first.
  package func sleep(until deadline: Duration) async throws { try await sleepUntil(deadline) }
}
