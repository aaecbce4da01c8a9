import KubeTransport
import Testing

/// A clock whose sleeps last until it is opened, and then take no time.
private final class GatedClock: Clock {
  private let base = SkippingClock()
  private let gate = AsyncStream<Void>.makeStream()
  var now: SkippingClock.Instant { base.now }
  var minimumResolution: Duration { base.minimumResolution }

  func open() { gate.continuation.finish() }

  func sleep(until deadline: SkippingClock.Instant, tolerance: Duration?) async throws {
    for await _ in gate.stream {}
    try await base.sleep(until: deadline, tolerance: tolerance)
  }
}

@Suite(.timeLimit(.minutes(5))) struct DeadlineTimerTests {
  private struct Stopped: Error {}

  /// Waits until the task is cancelled.
  private static func hang() async throws { try await Task.sleep(for: .seconds(86_400)) }

  @Test func `a removed deadline is not called, one that was called can't be removed`() async {
    let clock = GatedClock()
    let timer = DeadlineTimer(clock)
    let (calls, sent) = AsyncStream<Int>.makeStream()
    let ids = [30, 60].map { seconds in
      let id = timer.makeID()
      timer.add(id, at: .seconds(seconds)) { sent.yield(seconds) }
      return id
    }
    #expect(timer.remove(ids[0]))
    clock.open()
    var iterator = calls.makeAsyncIterator()
    #expect(await iterator.next() == 60)
    #expect(ids.map { timer.remove($0) } == [false, false])
  }

  @Test func `a postponed deadline is called at its later time`() async {
    let clock = GatedClock()
    let timer = DeadlineTimer(clock)
    let id = timer.makeID()
    let elapsed = await withCheckedContinuation { continuation in
      timer.add(id, at: .seconds(30)) { continuation.resume(returning: timer.elapsed) }
      timer.postpone(id, to: .seconds(90))
      clock.open()
    }
    #expect(elapsed == .seconds(90))
    #expect(!timer.remove(id))
  }

  @Test func `an earlier deadline is called before the one that is slept for`() async {
    let clock = GatedClock()
    let timer = DeadlineTimer(clock)
    let (calls, sent) = AsyncStream<Int>.makeStream()
    for seconds in [90, 30, 60] {
      timer.add(timer.makeID(), at: .seconds(seconds)) { sent.yield(seconds) }
    }
    clock.open()
    var called: [Int] = []
    for await call in calls.prefix(3) { called.append(call) }
    #expect(called == [30, 60, 90])
  }

  @Test func `work in time returns its result or throws its error`() async throws {
    let timer = DeadlineTimer(ContinuousClock())
    #expect(try await timer.run(idleTimeout: .seconds(3600)) { _ in 7 } == 7)
    await #expect(throws: Stopped.self) {
      try await timer.run(idleTimeout: .seconds(3600)) { _ in throw Stopped() }
    }
  }

  @Test func `work without progress is cancelled, and its end is awaited`() async {
    let timer = DeadlineTimer(SkippingClock())
    let (ends, ended) = AsyncStream<Void>.makeStream()
    await #expect(throws: DeadlineTimer.TimedOut.self) {
      try await timer.run(idleTimeout: .seconds(60)) { _ in
        defer { ended.finish() }
        try await Self.hang()
      }
    }
    for await _ in ends {}
  }

  @Test func `cancellation of the caller cancels the work`() async {
    let timer = DeadlineTimer(ContinuousClock())
    let task = Task { try await timer.run(idleTimeout: .seconds(3600)) { _ in try await Self.hang() } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
