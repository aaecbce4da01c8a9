import KubeCore
import KubeTransport
import MetricsTestKit
import Synchronization
import Testing

@testable import KubeRuntime

@Suite(.timeLimit(.minutes(5))) struct WorkQueueTests {
  let clock = ManualClock()

  func queue(
    backoff: Backoff = Backoff(initial: .seconds(1), maximum: .seconds(8)), jitter: Double = 1
  ) -> WorkQueue<String> {
    WorkQueue(backoff: backoff, clock: clock, jitter: { jitter })
  }

  @Test func `a waiting worker is woken by a key`() async throws {
    let queue = queue()
    async let key = queue.next()
    try await until { queue.waiterCount == 1 }
    queue.add("a")
    #expect(await key == "a")
  }

  @Test func `a delayed key is returned when its delay has passed`() async throws {
    let (queue, clock) = (queue(), clock)
    queue.add("a", after: .seconds(5))
    async let key = queue.next()
    try await until { clock.sleeperCount == 1 }
    clock.advance(by: .milliseconds(4_999))
    #expect(clock.sleeperCount == 1 && queue.depth == 0)
    clock.advance(by: .milliseconds(1))
    #expect(await key == "a")
  }

  @Test func `an earlier deadline wakes workers that wait for a later one`() async throws {
    let (queue, clock) = (queue(), clock)
    queue.add("late", after: .seconds(100))
    async let key = queue.next()
    try await until { clock.sleeperCount == 1 }
    queue.add("early", after: .seconds(1))
    // The worker may be between its two sleeps.
    while queue.delayedCount == 2 {
      clock.advance(by: .seconds(1))
      await Task.yield()
      if clock.now.offset > .seconds(90) { break }
    }
    #expect(await key == "early")
  }

  @Test func `the delay grows with each failure until they are forgotten`() async throws {
    let (queue, clock) = (queue(), clock)
    var waits: [Duration] = []
    for round in 0..<6 {
      if round == 5 { queue.forget("a") }
      queue.retry("a")
      let start = clock.now
      let next = Task { await queue.next() }
      while queue.depth == 0, queue.processingCount == 0 {
        try await until { clock.sleeperCount == 1 || queue.processingCount == 1 }
        if queue.processingCount == 0 { clock.advance(by: .milliseconds(500)) }
      }
      #expect(await next.value == "a")
      waits.append(start.duration(to: clock.now))
      queue.done("a")
    }
    #expect(waits == [1, 2, 4, 8, 8, 1].map { .seconds($0) })
  }

  @Test func `a key whose time has passed already comes back after a second`() async throws {
    let (queue, clock) = (queue(), clock)
    let runs = Mutex(0)
    let processing = Task {
      await queue.process(workers: 1) { _ in
        runs.withLock { $0 += 1 }
        return .seconds(-5)
      }
    }
    queue.add("a")
    try await until { clock.sleeperCount == 1 }
    #expect(runs.withLock { $0 } == 1)
    clock.advance(by: .milliseconds(999))
    #expect(queue.delayedCount == 1)
    clock.advance(by: .milliseconds(1))
    try await until { runs.withLock { $0 } == 2 }
    processing.cancel()
    await processing.value
  }

  @Test func `many workers share the keys, and none is worked on twice at once`() async throws {
    let queue = WorkQueue<Int>()
    let state = Mutex<(working: Set<Int>, done: [Int: Int], clashes: Int)>(([], [:], 0))
    async let processing: Void = queue.process(workers: 8) { key in
      let clashes = state.withLock { state in !state.working.insert(key).inserted }
      await Task.yield()
      state.withLock { state in
        if clashes { state.clashes += 1 }
        state.working.remove(key)
        state.done[key, default: 0] += 1
      }
      return nil
    }
    for round in 0..<20 {
      for key in 0..<50 { queue.add((key * 7 + round) % 50) }
      await Task.yield()
    }
    try await until { queue.depth == 0 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
    let result = state.withLock { $0 }
    #expect(result.clashes == 0)
    #expect(result.done.count == 50)
  }

  @Test func `a key returns after work that throws, and after work that returns a delay`() async throws {
    let (queue, clock) = (queue(), clock)
    struct Failure: Error {}
    let runs = Mutex<[Duration]>([])
    let failures = Mutex(0)
    async let processing: Void = queue.process(
      workers: 1, onFailure: { _, _ in failures.withLock { $0 += 1 } },
      { _ in
        let count = runs.withLock { runs in
          runs.append(clock.now.offset)
          return runs.count
        }
        if count <= 2 { throw Failure() }
        return count == 3 ? .seconds(60) : nil
      })
    queue.add("a")
    for count in 1...3 {
      try await until { runs.withLock { $0.count } == count && clock.sleeperCount == 1 }
      let wait: Duration = count == 1 ? .seconds(1) : count == 2 ? .seconds(2) : .seconds(60)
      clock.advance(by: wait)
    }
    try await until { runs.withLock { $0.count } == 4 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
    #expect(runs.withLock { $0 } == [0, 1, 3, 63].map { .seconds($0) })
    #expect(failures.withLock { $0 } == 2)
    #expect(queue.failureCount("a") == 0)
  }

  /// The server's wait, the jitter, and the resulting wait in seconds.
  @Test(
    arguments: [false, true], [(120, 0.0, 120), (120, 1.0, 150), (3600, 0.0, 300), (3600, 1.0, 375)])
  func `a key returns no earlier than the API server asks for, within limits`(
    isPatch: Bool, wait: (asked: Int, jitter: Double, result: Int)
  ) async throws {
    let (queue, clock) = (queue(jitter: wait.jitter), clock)
    let refused = KubeError(
      code: .tooManyRequests, request: .init(.raw(path: "/x")), retryAfter: .seconds(wait.asked))
    let patch = ObjectPatch(
      target: ObjectKey(Widget.type, namespace: "ns", name: "a"), operation: .delete,
      precondition: .uid("u"), reason: "test")
    let runs = Mutex<[Duration]>([])
    async let processing: Void = queue.process(workers: 1) { _ in
      let isFirst = runs.withLock { runs in
        runs.append(clock.now.offset)
        return runs.count == 1
      }
      guard isFirst else { return nil }
      throw isPatch ? PlanApplier.Failure(patch: patch, cause: refused) : refused as any Error
    }
    queue.add("a")
    try await until { clock.sleeperCount == 1 }
    clock.advance(by: .seconds(wait.result - 1))
    #expect(clock.sleeperCount == 1 && queue.depth == 0)
    clock.advance(by: .seconds(1))
    try await until { runs.withLock { $0.count } == 2 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
    #expect(runs.withLock { $0 } == [.zero, .seconds(wait.result)])
  }

  @Test func `the wait that an API server asks for takes the place of an earlier delay`() async throws {
    let (queue, clock) = (queue(jitter: 0), clock)
    queue.add("a", after: .seconds(5))
    queue.retry("a", atLeast: .seconds(120))
    let key = Task { await queue.next() }
    try await until { clock.sleeperCount == 1 }
    clock.advance(by: .seconds(119))
    #expect(clock.sleeperCount == 1 && queue.delayedCount == 1)
    clock.advance(by: .seconds(1))
    #expect(await key.value == "a")
    #expect(queue.delayedCount == 0)
  }

  @Test func `work that fails for good stays away until it is added again`() async throws {
    let queue = queue()
    let runs = Mutex(0)
    async let processing: Void = queue.process(workers: 1) { _ in
      runs.withLock { $0 += 1 }
      throw TerminalError("no")
    }
    queue.add("a", after: .seconds(5))
    queue.add("a")
    try await until { runs.withLock { $0 } == 1 && queue.processingCount == 0 }
    #expect(queue.delayedCount == 0 && queue.failureCount("a") == 0)
    queue.add("a")
    try await until { runs.withLock { $0 } == 2 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
  }

  @Test func `what a failure for good adds stays in the queue`() async throws {
    let queue = queue()
    async let processing: Void = queue.process(
      workers: 1, onFailure: { key, _ in queue.add(key, after: .seconds(5)) }
    ) { _ in throw TerminalError("no") }
    queue.add("a")
    try await until { queue.delayedCount == 1 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
  }

  @Test func `cancellation and shutdown end the wait for a key`() async throws {
    let queue = queue()
    queue.add("never", after: .seconds(1000))
    let cancelled = Task { await queue.next() }
    let shutDown = Task { await queue.next() }
    try await until { queue.waiterCount == 2 }
    cancelled.cancel()
    #expect(await cancelled.value == nil)
    queue.shutDown()
    #expect(await shutDown.value == nil)
    #expect(queue.waiterCount == 0)
  }

  @Test func `a key is not lost to a worker that is cancelled as it arrives`() async throws {
    for _ in 0..<200 {
      let queue = WorkQueue<String>()
      let first = Task { await queue.next() }
      let second = Task { await queue.next() }
      try await until { queue.waiterCount == 2 }
      async let cancel: Void = first.cancel()
      queue.add("a")
      await cancel
      if await first.value == nil { #expect(await second.value == "a") }
      second.cancel()
      _ = await second.value
    }
  }

  @Test func `a queue with a name exports metrics`() async throws {
    struct Failure: Error {}
    let (metrics, clock) = (TestMetrics(), clock)
    let queue = WorkQueue<String>(name: "q", clock: clock, metrics: metrics, jitter: { 0 })
    queue.add("good")
    queue.add("good")
    queue.add("bad")
    clock.advance(by: .seconds(3))
    async let processing: Void = queue.process(workers: 1) { key in
      if key == "bad" { throw Failure() }
      clock.advance(by: .seconds(2))
      return nil
    }
    try await until { queue.failureCount("bad") == 1 && queue.processingCount == 0 }
    queue.shutDown()
    await processing
    let name = [("name", "q")]
    let controller = [("controller", "q")]
    #expect(try metrics.expectCounter("workqueue_adds_total", name).totalValue == 2)
    #expect(try metrics.expectCounter("workqueue_retries_total", name).totalValue == 1)
    #expect(try metrics.expectGauge("workqueue_depth", name).lastValue == 0)
    #expect(
      try metrics.expectTimer("workqueue_queue_duration_seconds", name).values
        == [3_000_000_000, 5_000_000_000])
    #expect(
      try metrics.expectTimer("workqueue_work_duration_seconds", name).values == [2_000_000_000, 0])
    #expect(
      try metrics.expectCounter("controller_runtime_reconcile_total", controller + [("result", "success")])
        .totalValue == 1)
    #expect(
      try metrics.expectCounter("controller_runtime_reconcile_errors_total", controller).totalValue == 1)
    #expect(
      try metrics.expectGauge("controller_runtime_max_concurrent_reconciles", controller).lastValue == 1)
  }

  @Test func `work that goes on is measured`() async throws {
    let (metrics, clock) = (TestMetrics(), clock)
    let queue = WorkQueue<String>(name: "q", clock: clock, metrics: metrics, jitter: { 0 })
    let name = [("name", "q")]
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    queue.add("slow")
    async let processing: Void = queue.process(workers: 2) { _ in
      for await _ in gate { break }
      return nil
    }
    try await until { queue.processingCount == 1 }
    clock.advance(by: .seconds(7))
    queue.add("later")
    try await until { queue.processingCount == 2 }
    clock.advance(by: .seconds(3))
    func value(_ gauge: String) throws -> Double? { try metrics.expectGauge(gauge, name).lastValue }
    while try value("workqueue_unfinished_work_seconds") != 13 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try value("workqueue_longest_running_processor_seconds") == 10)
    open.finish()
    while try value("workqueue_unfinished_work_seconds") != 0 { try await Task.sleep(for: .milliseconds(5)) }
    queue.shutDown()
    await processing
  }
}
