public import KubeCore
import KubeKindsEvents
public import KubeTransport
public import Logging
import Synchronization

public import struct Foundation.Date

/// Records what happened to an object, as Events of events.k8s.io/v1.
///
/// Recording never waits and never fails: events go out from `run`. Events that differ only in numbers become one with a
/// series, which counts them: the API lets its note stay as it was first. Each object has a budget, so that a
/// controller in a loop can't flood the server. What doesn't fit is dropped and counted.
public final class EventRecorder: Sendable {
  /// How serious an event is.
  public enum Severity: String, Sendable, Hashable {
    /// For information.
    case normal = "Normal"
    /// Something to look at.
    case warning = "Warning"
  }

  /// How much is sent and remembered.
  public struct Limits: Sendable, Hashable {
    /// How many events an object may have in a burst.
    public var burst: Int
    /// After how long an object may have one more.
    public var refill: Duration
    /// How many different events are remembered, to count their repetitions.
    public var remembered: Int
    /// How many events may wait to be sent.
    public var waiting: Int
    /// How many bytes of a message are sent; the API takes 1,024.
    public var messageLength: Int
    /// How long after its last event a series ends; the next one begins another.
    public var seriesGap: Duration

    /// Limits; by default bursts of 25, one more every 5 minutes, 4,096 remembered, 1,000 waiting, 1,024
    /// bytes, series that end after 6 minutes.
    public init(
      burst: Int = 25, refill: Duration = .seconds(300), remembered: Int = 4096, waiting: Int = 1000,
      messageLength: Int = 1024, seriesGap: Duration = .seconds(360)
    ) {
      self.seriesGap = seriesGap
      self.burst = burst
      self.refill = refill
      self.remembered = remembered
      self.waiting = waiting
      self.messageLength = messageLength
    }
  }

  /// What makes two events equal.
  private struct Key: Sendable, Hashable {
    var object: ObjectReference
    var severity: Severity
    var reason: String
    var action: String
    /// The message with its numbers left out.
    var message: String
  }

  private struct Entry: Sendable {
    var note: String
    var count: Int32
    var first: Date
    var last: Date
    /// The Event's name, once the server has it.
    var name: String?

    var series: EventSeries { EventSeries(count: count, lastObservedTime: last) }
  }

  private struct Budget: Sendable {
    var left: Double
    var at: Duration
  }

  private struct State: Sendable {
    var entries: [Key: Entry] = [:]
    var budgets: [ObjectReference: Budget] = [:]
    var dropped = 0
  }

  private let client: KubeClient
  private let component: String
  private let instance: String
  private let limits: Limits
  private let stopwatch: Stopwatch
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let queue: WorkQueue<Key>
  private let state = Mutex(State())
  private let onOutcome: @Sendable (_ namespace: String, _ failure: KubeError?) -> Void

  /// A recorder; nothing is sent before `run`.
  ///
  /// - Parameters:
  ///   - client: The way to the server.
  ///   - component: Who speaks, such as `example.com/controller`.
  ///   - instance: Which instance of it, such as the pod's name.
  ///   - limits: How much is sent and remembered.
  ///   - clock: What budgets are measured by.
  ///   - now: The time that is written into events.
  ///   - onOutcome: Called after an event was sent (`nil`) or dropped, with its namespace; must not block.
  ///   - logger: Logs events that could not be sent.
  public init(
    _ client: KubeClient, component: String, instance: String, limits: Limits = Limits(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() },
    onOutcome: @escaping @Sendable (_ namespace: String, _ failure: KubeError?) -> Void = { _, _ in },
    logger: Logger
  ) {
    self.onOutcome = onOutcome
    self.client = client
    self.component = component
    self.instance = instance.prefix(bytes: 128)
    self.limits = limits
    self.now = now
    self.logger = logger
    stopwatch = Stopwatch(clock)
    queue = WorkQueue(capacity: limits.waiting, clock: clock)
  }

  /// How many events were dropped because a limit was reached.
  public var droppedCount: Int { state.withLock { $0.dropped } }

  /// Records that something happened to `object`.
  ///
  /// - Parameters:
  ///   - object: What it happened to.
  ///   - severity: How serious it is.
  ///   - reason: What happened, as one CamelCase word.
  ///   - action: What was done or tried, as one CamelCase word.
  ///   - message: What happened, for people. Must not hold secrets.
  public func record(
    _ object: ObjectReference, _ severity: Severity = .normal, reason: String, action: String = "Reconcile",
    message: String
  ) {
    var object = object
    // Another version of the object doesn't make it another event.
    object.resourceVersion = nil
    let note = message.prefix(bytes: limits.messageLength)
    let key = Key(
      object: object, severity: severity, reason: reason.prefix(bytes: 128),
      action: action.prefix(bytes: 128),
      message: note.withoutNumbers)
    let (now, elapsed) = (now(), stopwatch.elapsed)
    let isAllowed = state.withLock { state in
      guard spend(&state, object, elapsed) else {
        state.dropped += 1
        return false
      }
      if var entry = state.entries[key], now.timeIntervalSince(entry.last) <= limits.seriesGap / .seconds(1) {
        entry.count = entry.count == .max ? .max : entry.count + 1
        entry.last = now
        state.entries[key] = entry
      } else {
        if state.entries[key] == nil, state.entries.count >= limits.remembered { forgetOldest(&state) }
        state.entries[key] = Entry(note: note, count: 1, first: now, last: now)
      }
      return true
    }
    if isAllowed, !queue.add(key) { state.withLock { $0.dropped += 1 } }
  }

  /// Records that something happened to `object`.
  public func record(
    _ object: DynamicObject, _ severity: Severity = .normal, reason: String, action: String = "Reconcile",
    message: String
  ) {
    record(
      ObjectReference(
        apiVersion: object.apiVersion, kind: object.kind, namespace: object.metadata.namespace,
        name: object.metadata.name, uid: object.metadata.uid), severity, reason: reason, action: action,
      message: message)
  }

  /// Sends what is recorded until the task is cancelled.
  public func run() async {
    await queue.process(workers: 1) { [self] key in
      do {
        try await send(key)
        onOutcome(key.object.namespace ?? "default", nil)
      } catch let error as KubeError where error.isTransient && queue.failureCount(key) < 5 {
        throw error
      } catch {
        logger.warning("An event could not be sent and is dropped: \(error)")
        if let error = error as? KubeError { onOutcome(key.object.namespace ?? "default", error) }
      }
      return nil
    }
  }

  private func send(_ key: Key) async throws {
    guard let entry = state.withLock({ $0.entries[key] }) else { return }
    if let name = entry.name {
      let target = ObjectKey(Event.type, namespace: key.object.namespace ?? "default", name: name)
      let patch: JSONValue = ["series": .object(entry.series.fields)]
      let options = WriteOptions(fieldManager: client.fieldManager)
      do {
        _ = try await client.bytes(.mergePatch(target, patch, options: options))
        return
      } catch let error as KubeError where error.code == .notFound {
        // Servers forget events after an hour: it is created again.
      }
    }
    let event = event(key, entry)
    do {
      _ = try await client.create(event)
    } catch let error as KubeError where error.code == .alreadyExists {
      // An earlier try got through, and its answer was lost.
    }
    state.withLock { $0.entries[key]?.name = event.metadata.name }
  }

  private func event(_ key: Key, _ entry: Entry) -> Event {
    // FNV-1a over what makes the event itself: the same try twice gives the same name.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let micros = entry.last.timeIntervalSince1970 * 1_000_000
    for byte in "\(key)\(instance)\(micros)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let object = key.object
    let name = "\((object.name ?? "unknown").prefix(230)).\(String(hash, radix: 16))"
    return Event(
      metadata: ObjectMeta(name: name, namespace: object.namespace ?? "default"), reason: key.reason,
      type: key.severity.rawValue, eventTime: entry.first, action: key.action, reportingInstance: instance,
      series: entry.count > 1 ? entry.series : nil, reportingController: component, regarding: object,
      note: entry.note)
  }

  /// Takes one from the object's budget, where there is one left.
  private func spend(_ state: inout State, _ object: ObjectReference, _ elapsed: Duration) -> Bool {
    let full = Double(limits.burst)
    var budget = state.budgets[object] ?? Budget(left: full, at: elapsed)
    budget.left = min(full, budget.left + (elapsed - budget.at) / limits.refill)
    budget.at = elapsed
    let isAllowed = budget.left >= 1
    if isAllowed { budget.left -= 1 }
    if state.budgets[object] == nil, state.budgets.count >= limits.remembered {
      // A full budget is no different from none.
      state.budgets = state.budgets.filter { $0.value.left + (elapsed - $0.value.at) / limits.refill < full }
      guard state.budgets.count < limits.remembered else { return false }
    }
    state.budgets[object] = budget
    return isAllowed
  }

  /// Makes room for new entries: a quarter at a time, so that it costs little on average.
  private func forgetOldest(_ state: inout State) {
    let oldest = state.entries.sorted { $0.value.last < $1.value.last }.prefix(max(1, limits.remembered / 4))
    for (key, _) in oldest { state.entries[key] = nil }
  }
}

extension String {
  /// The longest beginning of at most so many bytes of UTF-8.
  fileprivate func prefix(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var (end, length) = (startIndex, 0)
    while end < endIndex {
      let next = index(after: end)
      length += self[end..<next].utf8.count
      guard length <= limit else { break }
      end = next
    }
    return String(self[..<end])
  }

  /// The text with each word that is a number replaced by `#`. A name with digits is a word of another kind.
  var withoutNumbers: String {
    split(separator: " ", omittingEmptySubsequences: false).map { word in
      let core = word.drop { "([".contains($0) }.reversed().drop { ".,;:)]%".contains($0) }
      guard core.contains(where: \.isASCIIDigit), core.allSatisfy({ $0.isASCIIDigit || ".,".contains($0) })
      else {
        return String(word)
      }
      return String(word.map { $0.isASCIIDigit ? "#" : $0 }).replacing(repeated: "#")
    }.joined(separator: " ")
  }

  private func replacing(repeated character: Character) -> String {
    var text = ""
    for next in self where next != character || text.last != character { text.append(next) }
    return text
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { "0"..."9" ~= self && isASCII }
}
