public import KubeCore
import KubeKindsEvents
public import KubeTransport
public import Logging
import Synchronization

/// A recorder of Events (events.k8s.io/v1).
///
/// Recording never waits and never fails: Events are sent by ``run()``. Events that differ only in
/// numbers become one with a series, which counts them; the API doesn't allow its note to change.
/// Each object has a budget, so that a controller in a loop can't flood the server. Events beyond a
/// limit are dropped and counted. Where Events may not be created, one of each namespace is sent
/// again every five minutes, which shows whether the right has been granted.
public final class EventRecorder: Sendable {
  /// The severity of an Event.
  public enum Severity: String, Sendable, Hashable {
    /// Information.
    case normal = "Normal"
    /// A problem, or a danger.
    case warning = "Warning"
  }

  /// The limits of a recorder.
  public struct Limits: Sendable, Hashable {
    /// The number of Events that an object may have in a burst.
    public var burst: Int
    /// The time after which an object may have one more.
    public var refill: Duration
    /// The number of different Events that are remembered, to count their repetitions.
    public var remembered: Int
    /// The maximum number of unsent Events.
    public var waiting: Int
    /// The length to which a message is cut, in bytes; the API's limit is 1,024.
    public var messageLength: Int
    /// The time since its last Event after which a series ends.
    public var seriesGap: Duration

    /// Creates limits; by default bursts of 25, one more every 5 minutes, 4,096 remembered, 1,000
    /// unsent, 1,024 bytes, series that end after 6 minutes.
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

  /// The key by which repeated Events are recognized.
  private struct Key: Sendable, Hashable {
    var object: ObjectReference
    var severity: Severity
    var reason: String
    var action: String
    /// The message without its numbers.
    var message: String
  }

  private struct Entry: Sendable {
    var note: String
    var count: Int32
    var first: Date
    var last: Date
    /// The Event's name, once it was created.
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
    /// The Event of each namespace that is sent again until it may be created.
    var forbidden: [String: Key] = [:]
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

  /// Creates a recorder; nothing is sent before ``run()``.
  ///
  /// - Parameters:
  ///   - client: The client of the server.
  ///   - component: The reporting controller, such as `example.com/controller`.
  ///   - instance: The reporting instance, such as the pod's name.
  ///   - limits: The limits.
  ///   - clock: The clock of budgets.
  ///   - now: The time that is written into Events.
  ///   - onOutcome: Called with an Event's namespace after the server accepted (`nil`) or refused
  ///     it, but not after an outage; must not block.
  ///   - logger: Logs Events that couldn't be sent.
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

  /// The number of Events that were dropped because of a limit.
  public var droppedCount: Int { state.withLock { $0.dropped } }

  /// Records an Event about `object`.
  ///
  /// - Parameters:
  ///   - object: The object that it is about.
  ///   - severity: The severity.
  ///   - reason: The reason, as one CamelCase word.
  ///   - action: The action that was done or tried, as one CamelCase word.
  ///   - message: The message, for people. Must not hold secrets.
  public func record(
    _ object: ObjectReference, _ severity: Severity = .normal, reason: String, action: String = "Reconcile",
    message: String
  ) {
    var object = object
    // Another version of the object doesn't make it another Event.
    object.resourceVersion = nil
    let note = message.prefix(bytes: limits.messageLength)
    let key = Key(
      object: object, severity: severity, reason: reason.prefix(bytes: 128),
      action: action.prefix(bytes: 128),
      message: note.withoutNumbers)
    let (now, elapsed) = (now(), stopwatch.elapsed)
    let isAllowed = state.withLock { state in
      guard spend(&state, for: object, at: elapsed) else {
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

  /// Records an Event about `object`.
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

  /// Sends recorded Events until the task is cancelled.
  public func run() async {
    await queue.process(workers: 1) { [self] key in
      let namespace = key.object.namespace ?? "default"
      do {
        guard try await send(key) else {
          release(key, of: namespace)
          return nil
        }
        onOutcome(namespace, nil)
      } catch let error as KubeError where error.isTransient {
        if queue.failureCount(key) < 5 { throw error }
        // It doesn't show whether the right has been granted.
        if isKept(key, of: namespace) { return forbiddenDelay }
        logger.warning("An event could not be sent and is dropped: \(error)")
        return nil
      } catch let error as KubeError where error.isMissingRight {
        onOutcome(namespace, error)
        logger.warning("An event may not be created: \(error)")
        return keep(key, of: namespace) ? forbiddenDelay : nil
      } catch {
        logger.warning("An event could not be sent and is dropped: \(error)")
        if let error = error as? KubeError { onOutcome(namespace, error) }
      }
      state.withLock { $0.forbidden[namespace] = nil }
      return nil
    }
  }

  /// Returns whether a forbidden Event is the one of its namespace that is sent again.
  private func keep(_ key: Key, of namespace: String) -> Bool {
    state.withLock { state in
      if let kept = state.forbidden[namespace] { return kept == key }
      guard state.forbidden.count < limits.waiting else { return false }
      state.forbidden[namespace] = key
      return true
    }
  }

  private func isKept(_ key: Key, of namespace: String) -> Bool {
    state.withLock { $0.forbidden[namespace] == key }
  }

  private func release(_ key: Key, of namespace: String) {
    state.withLock { if $0.forbidden[namespace] == key { $0.forbidden[namespace] = nil } }
  }

  /// Sends an Event; returns whether it was still remembered.
  private func send(_ key: Key) async throws -> Bool {
    guard let entry = state.withLock({ $0.entries[key] }) else { return false }
    if let name = entry.name {
      do {
        try await sendSeries(of: key, entry, as: name)
        return true
      } catch let error as KubeError where error.code == .notFound {
        // Servers delete Events after an hour: it is created again.
      }
    }
    let event = event(key, entry)
    do {
      _ = try await client.create(event)
    } catch let error as KubeError where error.code == .alreadyExists {
      // An earlier attempt succeeded, but its answer was lost.
      if entry.count > 1 { try await sendSeries(of: key, entry, as: event.metadata.name) }
    }
    state.withLock { $0.entries[key]?.name = event.metadata.name }
    return true
  }

  private func sendSeries(of key: Key, _ entry: Entry, as name: String) async throws {
    let target = ObjectKey(Event.type, namespace: key.object.namespace ?? "default", name: name)
    let patch: JSONValue = ["series": .object(entry.series.fields)]
    let options = WriteOptions(fieldManager: client.fieldManager)
    _ = try await client.bytes(.mergePatch(target, patch, options: options))
  }

  private func event(_ key: Key, _ entry: Entry) -> Event {
    // FNV-1a over the Event's key: a retry has the same name.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let micros = entry.first.timeIntervalSince1970 * 1_000_000
    for byte in "\(key)\(instance)\(micros)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let object = key.object
    let name = "\((object.name ?? "").asNamePrefix).\(String(hash, radix: 16))"
    return Event(
      metadata: ObjectMeta(name: name, namespace: object.namespace ?? "default"), reason: key.reason,
      type: key.severity.rawValue, eventTime: entry.first, action: key.action, reportingInstance: instance,
      series: entry.count > 1 ? entry.series : nil, reportingController: component, regarding: object,
      note: entry.note)
  }

  /// Takes an Event from the object's budget; returns whether there was one left.
  private func spend(_ state: inout State, for object: ObjectReference, at elapsed: Duration) -> Bool {
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

  /// Removes the oldest quarter of the remembered Events, so that the average cost is small.
  private func forgetOldest(_ state: inout State) {
    let oldest = state.entries.sorted { $0.value.last < $1.value.last }.prefix(max(1, limits.remembered / 4))
    for (key, _) in oldest { state.entries[key] = nil }
  }
}

/// The delay after which a forbidden Event is sent again.
private let forbiddenDelay: Duration = .seconds(300)

extension String {
  /// The longest prefix of at most `limit` bytes of UTF-8.
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

  /// The text as the beginning of a DNS name (RFC 1123) that another label follows: the names of
  /// RBAC's objects, such as `system:nodes`, are none.
  fileprivate var asNamePrefix: String {
    let scalars = lowercased().unicodeScalars.prefix(230).map { scalar -> Unicode.Scalar in
      switch scalar {
      case "a"..."z", "0"..."9", ".": scalar
      default: "-"
      }
    }
    let labels = String(String.UnicodeScalarView(scalars)).split(separator: ".")
      .map { $0.split(separator: "-").joined(separator: "-") }.filter { !$0.isEmpty }
    return labels.isEmpty ? "unknown" : labels.joined(separator: ".")
  }

  /// The text with each word that is a number replaced by `#`. A name with digits is not a number.
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
