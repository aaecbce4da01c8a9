import GatewayManager
import Testing

/// The schedule of the probes, in simulated time.
@Suite struct ProbeScheduleTests {
  /// The behavior of a cluster.
  enum Behavior {
    case answers, refuses, hangs
  }

  /// A fleet and its schedule, driven in steps of 50 milliseconds.
  struct Fleet {
    static let step = Duration.milliseconds(50)

    let policy: ProbePolicy
    var behaviors: [String: Behavior] {
      didSet { isChanged = true }
    }
    private var isChanged = true
    var schedule: ProbeSchedule
    var now = Duration.zero
    /// The times at which each cluster's attempts began.
    var attempts: [String: [Duration]] = [:]
    /// The attempts in progress, and the end of each.
    var ends: [String: Duration] = [:]
    /// The largest number of concurrent attempts.
    var widest = 0

    init(_ policy: ProbePolicy, _ behaviors: [String: Behavior]) {
      self.policy = policy
      self.behaviors = behaviors
      schedule = ProbeSchedule(policy)
    }

    mutating func run(for time: Duration) {
      let end = now + time
      while now < end {
        for (name, due) in ends where due <= now {
          ends[name] = nil
          schedule.record(hasAnswered: behaviors[name] == .answers, of: name, at: now)
        }
        if isChanged { schedule.setClusters(Set(behaviors.keys), at: now) }
        isChanged = false
        schedule.advance(to: now)
        while let name = schedule.next(at: now) {
          attempts[name, default: []].append(now)
          ends[name] = now + (behaviors[name] == .hangs ? policy.timeout : Fleet.step)
        }
        widest = max(widest, ends.count)
        now += Fleet.step
      }
    }

    /// The times between a cluster's attempts.
    func gaps(_ name: String) -> [Duration] {
      let times = attempts[name] ?? []
      return zip(times.dropFirst(), times).map { $0 - $1 }
    }

    /// The largest number of attempts that began within a second.
    var mostInASecond: Int {
      let times = attempts.values.joined().sorted()
      var (most, first) = (0, 0)
      for (index, time) in times.enumerated() {
        while times[first] <= time - .seconds(1) { first += 1 }
        most = max(most, index - first + 1)
      }
      return most
    }
  }

  private static let policy = ProbePolicy(interval: .seconds(60), timeout: .seconds(5), concurrency: 16)

  private static func mixedFleet() -> Fleet {
    var behaviors: [String: Behavior] = [:]
    for number in 0..<120 {
      behaviors["cluster-\(number)"] = number < 60 ? .answers : number < 100 ? .refuses : .hangs
    }
    return Fleet(policy, behaviors)
  }

  @Test func `clusters that answer are asked in time, however many others hang or refuse`() {
    var fleet = Self.mixedFleet()
    fleet.run(for: .seconds(1_800))
    for (name, behavior) in fleet.behaviors where behavior == .answers {
      // In the first round clusters that hang take places as well: none of them has failed yet.
      let gaps = fleet.gaps(name)
      #expect(gaps.count >= 28)
      #expect(gaps.allSatisfy { $0 <= .seconds(66) && $0 >= .seconds(54) }, "\(name): \(gaps)")
    }
    #expect(fleet.widest <= Self.policy.concurrency)
  }

  private static func largeFleet() -> Fleet {
    let names = (0..<3_500).map { ($0, "cluster-\($0)") }
    return Fleet(
      ProbePolicy(interval: .seconds(60), timeout: .seconds(5)),
      Dictionary(uniqueKeysWithValues: names.map { ($1, $0 % 7 == 0 ? .hangs : .answers) }))
  }

  @Test func `a large fleet is probed evenly from the start, though a seventh of it hangs`() {
    var fleet = Self.largeFleet()
    fleet.run(for: .seconds(600))
    #expect(Double(fleet.mostInASecond) <= 1.2 * 3_500 / 60, "\(fleet.mostInASecond)")
    for (name, behavior) in fleet.behaviors where behavior == .answers {
      let gaps = fleet.gaps(name)
      #expect(gaps.count >= 8 && gaps.allSatisfy { $0 <= .seconds(66) }, "\(name): \(gaps)")
    }
  }

  @Test func `clusters that changed don't wait for those that begin evenly`() {
    var fleet = Self.largeFleet()
    fleet.run(for: .seconds(1))
    let answering = fleet.behaviors.filter { $0.value == .answers }.keys
    let waiting = answering.filter { fleet.attempts[$0] == nil }.sorted().prefix(20)
    for name in waiting { fleet.schedule.hurry(name, at: fleet.now) }
    fleet.run(for: Fleet.step)
    #expect(waiting.count == 20 && waiting.allSatisfy { fleet.attempts[$0]?.count == 1 })
    fleet.run(for: .seconds(50))
    #expect(waiting.allSatisfy { fleet.attempts[$0]?.count == 1 }, "asked twice")
  }

  @Test func `many clusters that change and hang leave places for the others`() {
    var fleet = Self.largeFleet()
    fleet.run(for: .seconds(300))
    let hanging = fleet.behaviors.filter { $0.value == .hangs }.keys
    for name in hanging { fleet.schedule.hurry(name, at: fleet.now) }
    let start = fleet.now
    fleet.run(for: .seconds(120))
    for (name, behavior) in fleet.behaviors where behavior == .answers {
      let gaps = fleet.gaps(name)
      #expect(gaps.allSatisfy { $0 <= .seconds(66) }, "\(name): \(gaps)")
    }
    #expect(hanging.allSatisfy { (fleet.attempts[$0]?.last ?? .zero) >= start })
  }

  @Test func `the verdict on clusters that begin to fail is clear within seconds in a large fleet, too`() {
    var fleet = Self.largeFleet()
    fleet.run(for: .seconds(300))
    let failing = fleet.behaviors.filter { $0.value == .answers }.keys.sorted().prefix(100)
    for name in failing { fleet.behaviors[name] = .refuses }
    let start = fleet.now
    fleet.run(for: .seconds(80))
    for name in failing {
      let times = (fleet.attempts[name] ?? []).filter { $0 >= start }
      #expect(times.count >= 3 && times[2] - times[0] <= .seconds(10), "\(name): \(times)")
    }
  }

  @Test func `the pause is that until the next cluster may begin`() {
    var fleet = Self.largeFleet()
    #expect(fleet.schedule.pause(at: .zero) == nil)
    fleet.schedule.setClusters(Set(fleet.behaviors.keys), at: .zero)
    fleet.schedule.advance(to: .zero)
    while fleet.schedule.next(at: .zero) != nil {}
    let pause = fleet.schedule.pause(at: .zero) ?? .zero
    #expect(pause > .zero && pause < .milliseconds(20))
    #expect(fleet.schedule.next(at: pause) != nil)
  }

  @Test func `a cluster that fails is asked again within seconds, then ever more rarely`() throws {
    var fleet = Fleet(Self.policy, ["one": .refuses])
    fleet.run(for: .seconds(1_800))
    let gaps = fleet.gaps("one")
    try #require(gaps.count >= 6)
    #expect(gaps[0] <= .seconds(3) && gaps[1] <= .seconds(3))
    for (gap, nominal) in zip(gaps.dropFirst(2), [60, 120, 240, 300, 300]) {
      #expect(gap <= .seconds(nominal) + Fleet.step * 3 && gap >= .seconds(nominal) * 0.9)
    }
  }

  @Test func `a cluster that comes back is asked once an interval again`() {
    var fleet = Fleet(Self.policy, ["one": .refuses])
    fleet.run(for: .seconds(900))
    fleet.behaviors["one"] = .answers
    fleet.run(for: .seconds(600))
    #expect(fleet.gaps("one").suffix(4).allSatisfy { $0 <= .seconds(61) })
  }

  @Test func `a change of what it takes to reach a cluster has it asked at once, and once`() {
    var fleet = Fleet(Self.policy, ["one": .answers, "two": .answers])
    fleet.run(for: .seconds(10))
    let before = fleet.attempts["one"]?.count ?? 0
    fleet.schedule.hurry("one", at: fleet.now)
    fleet.schedule.hurry("one", at: fleet.now)
    fleet.schedule.hurry("unknown", at: fleet.now)
    fleet.run(for: .seconds(10))
    #expect(fleet.attempts["one"]?.count == before + 1)
    #expect(fleet.attempts["two"]?.count == 1)
  }

  @Test func `a change during an attempt has the cluster asked again after it`() {
    var fleet = Fleet(Self.policy, ["one": .hangs])
    fleet.run(for: .seconds(1))
    fleet.schedule.hurry("one", at: fleet.now)
    fleet.behaviors["one"] = .answers
    fleet.run(for: .seconds(9))
    #expect(fleet.attempts["one"]?.count == 2)
  }

  @Test func `a cluster that has left is not asked, and comes back as a new one`() {
    var fleet = Fleet(Self.policy, ["one": .refuses, "two": .answers])
    fleet.run(for: .seconds(120))
    fleet.behaviors["one"] = nil
    let count = fleet.attempts["one"]?.count
    fleet.run(for: .seconds(600))
    #expect(fleet.attempts["one"]?.count == count)
    fleet.behaviors["one"] = .answers
    fleet.run(for: .seconds(1))
    #expect(fleet.attempts["one"]?.count == (count ?? 0) + 1)
  }
}
