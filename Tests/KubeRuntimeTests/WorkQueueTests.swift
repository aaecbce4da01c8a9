import KubeTransport
import MetricsTestKit
import Synchronization
import Testing

@testable import KubeRuntime

@Suite struct WorkQueueStateTests {
  @Test func `a key is in the queue once`() {
    var queue = WorkQueueState<String>(capacity: 10)
    for _ in 0..<3 { _ = queue.add("a") }
    _ = queue.add("b")
    #expect(queue.pop() == "a")
    #expect(queue.pop() == "b")
    #expect(queue.pop() == nil)
  }

  @Test func `a key that is added while being worked on returns when that is done, and not before`() {
    var queue = WorkQueueState<String>(capacity: 10)
    _ = queue.add("a")
    _ = queue.pop()
    _ = queue.add("a")
    #expect(queue.pop() == nil)
    queue.done("a")
    #expect(queue.pop() == "a")
    queue.done("a")
    #expect(queue.pop() == nil)
  }

  @Test func `the earliest of several delays counts`() {
    var queue = WorkQueueState<String>(capacity: 10)
    _ = queue.add("a", at: .seconds(5))
    _ = queue.add("a", at: .seconds(9))
    _ = queue.add("a", at: .seconds(3))
    queue.promote(now: .seconds(2))
    #expect(queue.pop() == nil)
    #expect(queue.nextDeadline == .seconds(3))
    queue.promote(now: .seconds(3))
    #expect(queue.pop() == "a")
    #expect(queue.nextDeadline == nil)
  }

  @Test func `delayed keys are returned in the order of their deadlines`() {
    var queue = WorkQueueState<Int>(capacity: 100)
    for key in [5, 1, 4, 2, 3] { _ = queue.add(key, at: .seconds(key)) }
    queue.promote(now: .seconds(10))
    var taken: [Int] = []
    while let key = queue.pop() { taken.append(key) }
    #expect(taken == [1, 2, 3, 4, 5])
  }

  @Test func `a delay that was replaced or dropped is passed over`() {
    var queue = WorkQueueState<Int>(capacity: 1000)
    for round in (1...300).reversed() { _ = queue.add(1, at: .seconds(round)) }
    _ = queue.add(2, at: .seconds(2))
    queue.undelay(1)
    #expect(queue.nextDeadline == .seconds(2) && queue.delayedCount == 1)
    queue.promote(now: .seconds(500))
    #expect(queue.pop() == 2)
    #expect(queue.pop() == nil && queue.nextDeadline == nil)
  }

  @Test func `a change goes before a resync, and a resync before the start-up`() {
    var queue = WorkQueueState<String>(capacity: 10)
    for key in ["a", "b", "c"] { _ = queue.add(key, priority: .startUp) }
    _ = queue.add("d", priority: .resync)
    _ = queue.add("e", priority: .change)
    // A key that is added again, more urgently, isn't in the queue twice.
    _ = queue.add("c", priority: .change)
    _ = queue.add("e", priority: .startUp)
    #expect(queue.readyCount == 5)
    var taken: [String] = []
    while let key = queue.pop() { taken.append(key) }
    #expect(taken == ["e", "c", "d", "a", "b"])
  }

  @Test func `a key that is added while it is worked on comes back with the most urgent priority`() {
    var queue = WorkQueueState<String>(capacity: 10)
    _ = queue.add("a")
    _ = queue.pop()
    _ = queue.add("a", priority: .startUp)
    _ = queue.add("a", priority: .change)
    _ = queue.add("b", priority: .resync)
    queue.done("a")
    #expect(queue.pop() == "a")
    #expect(queue.pop() == "b")
  }

  @Test func `less urgent keys aren't kept waiting without end`() {
    var queue = WorkQueueState<Int>(capacity: 10)
    _ = queue.add(0, priority: .startUp)
    var taken: [Int] = []
    for key in 1...WorkQueueState<Int>.patience + 1 {
      _ = queue.add(key)
      if let next = queue.pop() {
        taken.append(next)
        queue.done(next)
      }
    }
    #expect(taken.contains(0))
  }

  @Test func `each of the less urgent lanes has its turn while all are full`() {
    var queue = WorkQueueState<Int>(capacity: 1000)
    _ = queue.add(0, priority: .startUp)
    for key in 100..<200 { _ = queue.add(key, priority: .resync) }
    var taken: [Int] = []
    for key in 1...2 * WorkQueueState<Int>.patience {
      _ = queue.add(key)
      if let next = queue.pop() {
        taken.append(next)
        queue.done(next)
      }
    }
    #expect(taken.contains(0) && taken.contains(100) && !taken.contains(101))
  }

  @Test func `the queue is bounded`() {
    var queue = WorkQueueState<Int>(capacity: 3)
    var added = [queue.add(1), queue.add(2, at: .seconds(1)), queue.add(3)]
    #expect(added == [true, true, true])
    added = [queue.add(4), queue.add(5, at: .seconds(1))]
    #expect(added == [false, false])
    added = [queue.add(1), queue.add(2, at: .seconds(9))]
    #expect(added == [true, true])
    queue.promote(now: .seconds(1))
    #expect(queue.readyCount == 3)
  }

  @Test func `a queue that shuts down returns the ready keys and no others`() {
    var queue = WorkQueueState<Int>(capacity: 9)
    _ = queue.add(1)
    _ = queue.add(2, at: .seconds(1))
    queue.shutDown()
    let added = queue.add(3)
    #expect(!added)
    queue.promote(now: .seconds(5))
    #expect(queue.pop() == 1)
    #expect(queue.pop() == nil)
  }

  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  /// Any sequence of calls, compared with a model that knows only which keys need work and which
  /// are worked on.
  @Test(arguments: 1...40)
  func `no key is lost or worked on twice at once`(_ seed: Int) {
    var random = Random(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    var queue = WorkQueueState<Int>(capacity: 1000)
    var needed: Set<Int> = []
    var working: Set<Int> = []
    var delayed: [Int: Int] = [:]
    var now = 0
    for _ in 0..<600 {
      let key = Int.random(in: 0..<8, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        _ = queue.add(key, priority: WorkPriority.allCases.randomElement(using: &random) ?? .change)
        needed.insert(key)
      case 1:
        let deadline = now + Int.random(in: 1..<9, using: &random)
        _ = queue.add(key, at: .seconds(deadline))
        delayed[key] = min(delayed[key] ?? .max, deadline)
      case 2:
        now += 1
        queue.promote(now: .seconds(now))
        for (key, deadline) in delayed where deadline <= now {
          delayed[key] = nil
          needed.insert(key)
        }
      case 3:
        queue.done(key)
        working.remove(key)
      default:
        if let taken = queue.pop() {
          #expect(needed.contains(taken) && !working.contains(taken))
          needed.remove(taken)
          working.insert(taken)
        } else {
          #expect(needed.isSubset(of: working))
        }
      }
      #expect(queue.readyCount == needed.subtracting(working).count)
      #expect(queue.delayedCount == delayed.count && queue.processingCount == working.count)
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct WorkQueueTests {
  let clock = ManualClock()

  func queue(backoff: Backoff = Backoff(initial: .seconds(1), maximum: .seconds(8))) -> WorkQueue<String> {
    WorkQueue(backoff: backoff, clock: clock, jitter: { 1 })
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
