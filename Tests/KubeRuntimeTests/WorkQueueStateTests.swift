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
    queue.removeDelay(1)
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
    for key in 1...WorkQueueState<Int>.maximumRun + 1 {
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
    for key in 1...2 * WorkQueueState<Int>.maximumRun {
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
