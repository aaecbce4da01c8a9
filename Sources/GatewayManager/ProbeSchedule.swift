import DequeModule
import HeapModule

/// The schedule of the clusters' probes: a value without a clock, whose times count from an
/// arbitrary moment.
///
/// A cluster that answers is probed once an interval. A cluster that fails is probed again within
/// seconds until the verdict is clear, and then with growing delays. Clusters that failed last have
/// at most half of the places, and together with those that never answered three quarters, so that
/// those that hang don't delay the rest. Probes begin evenly, also after a restart or when the
/// gateway comes back: at most a tenth faster than the fleet needs. Those of clusters that changed
/// meanwhile begin at once.
package struct ProbeSchedule {
  /// The kind of a cluster's next probe, in the order in which clusters get a place.
  private enum Turn: CaseIterable {
    case new
    /// The cluster has failed, but not often enough for a verdict.
    case repetition
    case answered, failed

    var isOfFailed: Bool { self == .repetition || self == .failed }
  }

  private struct Entry {
    var due: Duration
    /// The number of consecutive attempts without an answer.
    var failures = 0
    var turn = Turn.new
    /// Whether it waits for a place.
    var isReady = false
    /// Whether something has changed since the last attempt began.
    var isHurried = false
  }

  /// The time at which a cluster is due, when this was put into the heap.
  private struct DueTime: Comparable {
    var due: Duration
    var name: String
    /// Clusters that are due together don't come in the order of their names, since those with
    /// similar names may hang together.
    private var order: UInt32

    init(due: Duration, name: String) {
      self.due = due
      self.name = name
      order = ProbeSchedule.hash(name)
    }

    static func < (left: DueTime, right: DueTime) -> Bool {
      (left.due, left.order, left.name) < (right.due, right.order, right.name)
    }
  }

  private var policy: ProbePolicy
  private var entries: [String: Entry] = [:]
  /// The due times, the earliest first. One that no longer applies to its cluster is skipped.
  private var dueTimes = Heap<DueTime>()
  /// The clusters that wait for a place: those that changed, and the others.
  private var hurried: [Turn: Deque<String>] = [:]
  private var ready: [Turn: Deque<String>] = [:]
  /// The earliest time at which a cluster that didn't change may be probed.
  private var nextStart = Duration.zero
  /// The attempts in progress.
  private var asked: [String: Turn] = [:]

  package init(_ policy: ProbePolicy) { self.policy = policy }

  /// Applies another policy: no cluster waits longer than under this one.
  package mutating func setPolicy(_ policy: ProbePolicy, at now: Duration) {
    guard policy != self.policy else { return }
    self.policy = policy
    for (name, entry) in entries {
      let latest = now + delay(after: entry.failures, of: name)
      entries[name]?.due = min(entry.due, latest)
    }
    dueTimes = Heap(entries.map { DueTime(due: $0.value.due, name: $0.key) })
  }

  /// Sets the clusters to probe. A new one is due at once.
  package mutating func setClusters(_ names: Set<String>, at now: Duration) {
    for name in entries.keys where !names.contains(name) { entries[name] = nil }
    for name in names where entries[name] == nil { setEntry(Entry(due: now), of: name) }
  }

  /// Advances the time: clusters that are due by `now` wait for a place.
  package mutating func advance(to now: Duration) {
    while let next = dueTimes.min, next.due <= now {
      dueTimes.removeMin()
      guard let entry = entries[next.name], entry.due == next.due, !entry.isReady, asked[next.name] == nil
      else { continue }
      makeReady(next.name, entry)
    }
  }

  private mutating func setEntry(_ entry: Entry, of name: String) {
    entries[name] = entry
    dueTimes.insert(DueTime(due: entry.due, name: name))
  }

  /// Makes a cluster due at once, since a condition for reaching it has changed.
  package mutating func hurry(_ name: String, at now: Duration) {
    guard let entry = entries[name], !entry.isHurried else { return }
    entries[name]?.isHurried = true
    guard asked[name] == nil else { return }
    entries[name]?.isReady = true
    hurried[entry.turn, default: []].append(name)
  }

  private mutating func makeReady(_ name: String, _ entry: Entry) {
    entries[name]?.isReady = true
    ready[entry.turn, default: []].append(name)
  }

  /// The time between the beginnings of two probes: that of a fleet that is probed 1.1 times an
  /// interval, but at most a tenth of a second, so that a small fleet isn't kept waiting.
  private var spacing: Duration {
    min(policy.interval / (1.1 * Double(max(1, entries.count))), .milliseconds(100))
  }

  /// Whether a place is free for a probe of this kind.
  private func hasPlace(for turn: Turn) -> Bool {
    func places(_ share: Double) -> Int { max(1, Int(Double(policy.concurrency) * share)) }
    guard asked.count < policy.concurrency else { return false }
    if turn == .answered { return true }
    guard asked.count(where: { $0.value != .answered }) < places(0.75) else { return false }
    return turn == .new || asked.count { $0.value.isOfFailed } < places(0.5)
  }

  /// Returns the next cluster to probe; `nil` while none is due, no place is free, or it is too
  /// early for another one to begin.
  package mutating func next(at now: Duration) -> String? {
    var name: String?
    for turn in Turn.allCases where name == nil && hasPlace(for: turn) {
      name = Self.pop(from: &hurried[turn, default: []], of: entries)
    }
    if name == nil, nextStart <= now {
      for turn in Turn.allCases where name == nil && hasPlace(for: turn) {
        name = Self.pop(from: &ready[turn, default: []], of: entries)
      }
      // A caller that comes late makes up for a little of it.
      if name != nil { nextStart = max(nextStart, now - .milliseconds(50)) + spacing }
    }
    guard let name, var entry = entries[name] else { return nil }
    (entry.isReady, entry.isHurried) = (false, false)
    entries[name] = entry
    asked[name] = entry.turn
    return name
  }

  /// The time until another cluster that waits may begin; `nil` while none waits for that time
  /// alone.
  package func pause(at now: Duration) -> Duration? {
    guard Turn.allCases.contains(where: { ready[$0]?.isEmpty == false && hasPlace(for: $0) }) else {
      return nil
    }
    return max(.zero, nextStart - now)
  }

  /// Removes the first name of a cluster that still waits.
  private static func pop(from queue: inout Deque<String>, of entries: [String: Entry]) -> String? {
    while let name = queue.popFirst() {
      if entries[name]?.isReady ?? false { return name }
    }
    return nil
  }

  /// Records whether the cluster answered an attempt; returns the number of consecutive attempts
  /// without an answer.
  @discardableResult
  package mutating func record(hasAnswered: Bool, of name: String, at now: Duration) -> Int {
    asked[name] = nil
    guard var entry = entries[name] else { return 0 }
    entry.failures = hasAnswered ? 0 : min(entry.failures + 1, 1_000)
    entry.turn =
      hasAnswered ? .answered : entry.failures < policy.failureThreshold ? .repetition : .failed
    entry.due = now + (entry.isHurried ? policy.repeatDelay : delay(after: entry.failures, of: name))
    entry.isHurried = false
    setEntry(entry, of: name)
    return entry.failures
  }

  /// The time between a cluster's last attempt and the next: from nine tenths of the nominal time
  /// to all of it.
  private func delay(after failures: Int, of name: String) -> Duration {
    let nominal: Duration
    switch failures {
    case 0: nominal = policy.interval
    case ..<policy.failureThreshold: nominal = policy.repeatDelay
    default:
      let doublings = min(failures - policy.failureThreshold, 20)
      nominal = min(policy.interval * (1 << doublings), max(policy.interval, ProbePolicy.longestDelay))
    }
    return nominal * (0.9 + 0.1 * ProbeSchedule.share(of: name))
  }

  /// A number from 0 to 1 that follows from the name.
  private static func share(of name: String) -> Double { Double(hash(name)) / Double(UInt32.max) }

  /// FNV-1a of the name, since Swift's own hashes differ from run to run.
  private static func hash(_ name: String) -> UInt32 {
    name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
