import HeapModule

/// The urgency of the work on a key.
public enum WorkPriority: Int, Sendable, Hashable, CaseIterable, Comparable {
  /// A change that others wait for, or that removes a danger: a credential to pass on or to
  /// withdraw.
  case urgent
  /// A change.
  case change
  /// The key returns by itself: after a delay, after a failure, or when all keys are queued.
  case resync
  /// The key existed when the program started.
  case startUp

  /// Whether `left` is more urgent.
  public static func < (left: WorkPriority, right: WorkPriority) -> Bool { left.rawValue < right.rawValue }
}

/// The rules of a work queue, without clock or tasks: a time is a duration since some beginning.
///
/// As in client-go's workqueue, a key is in the queue once however often it is added, and is never
/// given to two workers at once: added while it is being worked on, it returns when that is done.
/// More urgent keys go first; of each ``maximumRun`` keys that are taken one may be less urgent, so
/// that none waits without end.
///
/// Every operation costs O(1), or O(log n) where a delay is concerned.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
  /// A waiting key in a lane; skipped if its ticket is no longer the key's.
  private struct Place: Sendable {
    var key: Key
    var ticket: Int
  }

  /// The waiting keys of one priority, oldest first; the places before `head` were taken.
  private struct Lane: Sendable {
    var places: [Place] = []
    var head = 0
    /// The number of valid places.
    var count = 0

    mutating func append(_ place: Place) {
      places.append(place)
      count += 1
    }

    /// Removes invalid places if they are the majority.
    mutating func compact(_ isValid: (Place) -> Bool) {
      guard places.count - head > 2 * count + 64 else { return }
      places = places[head...].filter(isValid)
      head = 0
    }

    mutating func popFirst(_ isValid: (Place) -> Bool) -> Key? {
      while head < places.count {
        let place = places[head]
        head += 1
        if head > 64, head * 2 > places.count {
          places.removeFirst(head)
          head = 0
        }
        if isValid(place) {
          count -= 1
          return place.key
        }
      }
      return nil
    }
  }

  /// A key that needs work.
  private struct Need: Sendable {
    var since: Duration
    var priority: WorkPriority
    /// The ticket of its place; 0 while the key is being worked on, and so in no lane.
    var ticket = 0
  }

  /// The due time of a delayed key when it was put into the heap.
  private struct DueTime: Sendable, Comparable {
    var deadline: Duration
    var number: Int
    var key: Key

    static func < (left: DueTime, right: DueTime) -> Bool {
      (left.deadline, left.number) < (right.deadline, right.number)
    }

    static func == (left: DueTime, right: DueTime) -> Bool { left.number == right.number }
  }

  /// A key that is to be added later.
  private struct Delay: Sendable {
    var deadline: Duration
    var priority: WorkPriority
    var number: Int
  }

  /// The number of keys that are taken in a row while less urgent ones wait, before one of those
  /// is.
  static var maximumRun: Int { 16 }

  let capacity: Int
  private var lanes = [Lane](repeating: Lane(), count: WorkPriority.allCases.count)
  /// The keys that need work: those in a lane, and those that were added while being worked on.
  private var needs: [Key: Need] = [:]
  private var processing: [Key: Work] = [:]
  /// The keys to be added later.
  private var delayed: [Key: Delay] = [:]
  /// The due times, the next one first; the first is always current.
  private var dueTimes = Heap<DueTime>()
  private var failures: [Key: Int] = [:]
  private var number = 0
  /// The number of keys that were taken in a row while less urgent ones waited.
  private var streak = 0
  /// The lane of the last key that was taken before more urgent ones.
  private var lastPreferredLane = 0
  private(set) var readyCount = 0
  private(set) var isShutDown = false
  /// The number of additions of keys that weren't in the queue.
  private(set) var additions = 0

  /// The work on a key.
  struct Work: Sendable {
    /// The time that the key had waited in the queue.
    var waited: Duration
    var start: Duration
  }

  init(capacity: Int) { self.capacity = capacity }

  var delayedCount: Int { delayed.count }
  var processingCount: Int { processing.count }
  /// The due time of the next delayed key.
  var nextDeadline: Duration? { dueTimes.min?.deadline }

  func failureCount(_ key: Key) -> Int { failures[key] ?? 0 }

  /// The work on a key, if it is being worked on.
  func work(on key: Key) -> Work? { processing[key] }

  /// The duration so far of the work on each key.
  func unfinished(now: Duration) -> [Duration] { processing.values.map { now - $0.start } }

  // MARK: Adding

  /// Adds a key, and returns whether it is in the queue now: not if it is full or shut down. Of
  /// several priorities the most urgent counts.
  mutating func add(_ key: Key, priority: WorkPriority = .change, now: Duration = .zero) -> Bool {
    guard !isShutDown else { return false }
    if var need = needs[key] {
      guard priority < need.priority else { return true }
      if need.ticket != 0 {
        lanes[need.priority.rawValue].count -= 1
        need.ticket = place(key, priority)
        compact(need.priority)
      }
      need.priority = priority
      needs[key] = need
      return true
    }
    // A key that is due moves from one to the other.
    guard needs.count + delayed.count < capacity || delayed[key] != nil else { return false }
    additions &+= 1
    var need = Need(since: now, priority: priority)
    if processing[key] == nil {
      need.ticket = place(key, priority)
      readyCount += 1
    }
    needs[key] = need
    return true
  }

  /// Adds the key when `deadline` comes; of several deadlines the earliest counts. Adding the key
  /// before then doesn't remove the delay.
  mutating func add(_ key: Key, at deadline: Duration, priority: WorkPriority = .resync) -> Bool {
    guard !isShutDown else { return false }
    if let earlier = delayed[key] {
      let priority = min(priority, earlier.priority)
      if deadline < earlier.deadline {
        delay(key, until: deadline, priority)
      } else {
        delayed[key]?.priority = priority
      }
      return true
    }
    guard needs.count + delayed.count < capacity else { return false }
    delay(key, until: deadline, priority)
    return true
  }

  /// Adds the delayed keys that are due, in the order of their deadlines.
  mutating func promote(now: Duration) {
    while let next = dueTimes.min, next.deadline <= now {
      let priority = delayed[next.key]?.priority ?? .resync
      _ = add(next.key, priority: priority, now: now)
      removeDelay(next.key)
    }
  }

  /// Removes the delay of a key.
  mutating func removeDelay(_ key: Key) {
    guard delayed.removeValue(forKey: key) != nil else { return }
    tidyDueTimes()
  }

  private mutating func delay(_ key: Key, until deadline: Duration, _ priority: WorkPriority) {
    number += 1
    let earlier = delayed.updateValue(
      Delay(deadline: deadline, priority: priority, number: number), forKey: key)
    dueTimes.insert(DueTime(deadline: deadline, number: number, key: key))
    if earlier != nil { tidyDueTimes() }
  }

  private mutating func tidyDueTimes() {
    if dueTimes.count > 2 * delayed.count + 64 {
      dueTimes = Heap(
        delayed.map { DueTime(deadline: $0.value.deadline, number: $0.value.number, key: $0.key) })
    }
    while let first = dueTimes.min, delayed[first.key]?.number != first.number { dueTimes.removeMin() }
  }

  private mutating func place(_ key: Key, _ priority: WorkPriority) -> Int {
    number += 1
    lanes[priority.rawValue].append(Place(key: key, ticket: number))
    return number
  }

  private mutating func compact(_ priority: WorkPriority) {
    lanes[priority.rawValue].compact { [needs] in needs[$0.key]?.ticket == $0.ticket }
  }

  // MARK: Working

  /// Returns the next key to work on; ``done(_:)`` must follow.
  mutating func pop(now: Duration = .zero) -> Key? {
    guard readyCount > 0, let key = popNext() else { return nil }
    readyCount -= 1
    let since = needs.removeValue(forKey: key)?.since
    processing[key] = Work(waited: since.map { now - $0 } ?? .zero, start: now)
    return key
  }

  private mutating func popNext() -> Key? {
    guard var chosen = lanes.firstIndex(where: { $0.count > 0 }) else { return nil }
    if let second = lanes[(chosen + 1)...].firstIndex(where: { $0.count > 0 }) {
      streak += 1
      if streak >= WorkQueueState.maximumRun {
        streak = 0
        // From each of the less urgent lanes in turn: the most urgent would keep the others waiting.
        let following = max(lastPreferredLane, chosen) + 1
        chosen = lanes[following...].firstIndex { $0.count > 0 } ?? second
        lastPreferredLane = chosen
      }
    }
    return lanes[chosen].popFirst { [needs] in needs[$0.key]?.ticket == $0.ticket }
  }

  /// Ends the work on a key, which returns at once if it was added meanwhile.
  mutating func done(_ key: Key) {
    guard processing.removeValue(forKey: key) != nil, var need = needs[key] else { return }
    need.ticket = place(key, need.priority)
    needs[key] = need
    readyCount += 1
  }

  /// Counts a failure, and returns the number in a row.
  mutating func failed(_ key: Key) -> Int {
    let count = min(failureCount(key) + 1, 1000)
    failures[key] = count
    return count
  }

  mutating func forget(_ key: Key) { failures[key] = nil }

  /// Stops additions: delayed keys are dropped, ready ones are still returned.
  mutating func shutDown() {
    isShutDown = true
    delayed = [:]
    dueTimes = Heap()
  }
}
