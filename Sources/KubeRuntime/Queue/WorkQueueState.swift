/// The rules of a work queue, without clock or tasks: time comes in as a duration since some beginning.
///
/// As in client-go's workqueue, a key is in the queue once however often it is added, and is never given to
/// two
/// workers at once: added while it is being worked on, it comes back when that is done.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
  let capacity: Int
  /// Keys to be worked on, oldest first; the ones before `head` are gone.
  private var ready: [Key] = []
  private var head = 0
  /// Keys that need work, and since when: those in `ready`, and those that were added while being worked on.
  private var dirty: [Key: Duration] = [:]
  private var processing: [Key: Work] = [:]
  /// Keys to be added later, and when.
  private var delayed: [Key: Duration] = [:]
  private var failures: [Key: Int] = [:]
  private(set) var isShutDown = false
  /// How often a key came into the queue that wasn't there.
  private(set) var additions = 0

  /// What is being done for a key.
  struct Work: Sendable {
    /// How long the key had waited in the queue.
    var waited: Duration
    var start: Duration
  }

  init(capacity: Int) { self.capacity = capacity }

  var readyCount: Int { ready.count - head }
  var delayedCount: Int { delayed.count }
  var processingCount: Int { processing.count }
  /// When the next delayed key is due. Looks at all of them.
  var nextDeadline: Duration? { delayed.values.min() }

  func failureCount(_ key: Key) -> Int { failures[key] ?? 0 }

  /// What is being done for a key, if anything.
  func work(on key: Key) -> Work? { processing[key] }

  /// Whether the key is in the queue now; not so when the queue is full or shut down.
  mutating func add(_ key: Key, now: Duration = .zero) -> Bool {
    guard !isShutDown else { return false }
    if dirty[key] != nil { return true }
    // A key that is due moves from one to the other.
    guard dirty.count + delayed.count < capacity || delayed[key] != nil else { return false }
    dirty[key] = now
    additions &+= 1
    if processing[key] == nil { ready.append(key) }
    return true
  }

  /// Adds the key when `deadline` comes; of several deadlines the earliest counts. Being added before then
  /// changes nothing.
  mutating func add(_ key: Key, at deadline: Duration) -> Bool {
    guard !isShutDown else { return false }
    if let earlier = delayed[key] {
      delayed[key] = min(earlier, deadline)
      return true
    }
    guard dirty.count + delayed.count < capacity else { return false }
    delayed[key] = deadline
    return true
  }

  /// Adds the delayed keys that are due, in the order of their deadlines.
  mutating func promote(now: Duration) {
    guard let next = nextDeadline, next <= now else { return }
    let due = delayed.filter { $0.value <= now }.sorted { $0.value < $1.value }
    for (key, _) in due {
      _ = add(key, now: now)
      delayed[key] = nil
    }
  }

  /// The next key to work on; `done` must follow.
  mutating func take(now: Duration = .zero) -> Key? {
    guard head < ready.count else { return nil }
    let key = ready[head]
    head += 1
    if head > 64, head * 2 > ready.count {
      ready.removeFirst(head)
      head = 0
    }
    let since = dirty.removeValue(forKey: key)
    processing[key] = Work(waited: since.map { now - $0 } ?? .zero, start: now)
    return key
  }

  /// The work on the key is over; it comes back at once when it was added meanwhile.
  mutating func done(_ key: Key) {
    guard processing.removeValue(forKey: key) != nil else { return }
    if dirty[key] != nil { ready.append(key) }
  }

  /// Counts a failure, and returns how many there have been in a row.
  mutating func failed(_ key: Key) -> Int {
    let count = min(failureCount(key) + 1, 1000)
    failures[key] = count
    return count
  }

  mutating func forget(_ key: Key) { failures[key] = nil }

  /// Nothing is added any more; delayed keys are dropped, ready ones still given out.
  mutating func shutDown() {
    isShutDown = true
    delayed = [:]
  }
}
