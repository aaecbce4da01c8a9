import KubeCore

/// An object at rest, in the version of its kind that is stored, with what every request asks of it at hand.
///
/// Prints its name only: the object may be a Secret.
struct StoredObject: Sendable, CustomStringConvertible, CustomReflectable {
  let json: JSONValue
  let resourceVersion: UInt64
  let uid: String
  let namespace: String
  let name: String

  init(_ json: JSONValue, resourceVersion: UInt64) {
    self.json = json
    self.resourceVersion = resourceVersion
    uid = json.value(at: "metadata", "uid")?.string ?? ""
    namespace = json.value(at: "metadata", "namespace")?.string ?? ""
    name = json.value(at: "metadata", "name")?.string ?? ""
  }

  var metadata: JSONValue { json["metadata"] ?? .object([:]) }
  var isBeingDeleted: Bool { metadata["deletionTimestamp"] != nil }
  var finalizers: [String] { metadata["finalizers"]?.array?.compactMap(\.string) ?? [] }
  var slot: Slot { Slot(namespace: namespace, name: name) }

  var description: String { "\(slot.path)@\(resourceVersion)" }
  var customMirror: Mirror { Mirror(self, children: ["object": description]) }
}

/// Where an object of a kind lies: its namespace (empty for cluster-scoped kinds) and name.
struct Slot: Sendable, Hashable, Comparable {
  var namespace: String
  var name: String

  /// The key's last part as a real server's store has it, whose byte order is the order of lists.
  var path: String { namespace.isEmpty ? name : namespace + "/" + name }

  static func < (left: Slot, right: Slot) -> Bool {
    left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
  }
}

/// One change of one object. Deletions carry the last state under a resourceVersion of their own.
struct HistoryEvent: Sendable {
  enum Change: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
  }

  var change: Change
  var groupKind: GroupKind
  var object: StoredObject
  var previous: StoredObject?
  var resourceVersion: UInt64 { object.resourceVersion }
}

/// The newest changes, oldest first, in chunks, so that appending to a copy doesn't copy them all.
struct EventHistory: Sendable {
  private static let chunkSize = 64
  private var chunks: [[HistoryEvent]] = []
  private(set) var count = 0
  /// The newest resourceVersion whose event has been dropped: a watch must begin at it or later.
  private(set) var compactedThrough: UInt64 = 0

  mutating func append(_ event: HistoryEvent, limit: Int) {
    if let last = chunks.indices.last, chunks[last].count < EventHistory.chunkSize {
      chunks[last].append(event)
    } else {
      chunks.append([event])
    }
    count += 1
    while count > max(limit, 0), let first = chunks.first, count - first.count >= limit || limit <= 0 {
      drop(first)
    }
  }

  private mutating func drop(_ chunk: [HistoryEvent]) {
    if let last = chunk.last { compactedThrough = max(compactedThrough, last.resourceVersion) }
    count -= chunk.count
    chunks.removeFirst()
  }

  /// Forgets every event up to `resourceVersion`, as a compaction of the real server's store does.
  mutating func compact(through resourceVersion: UInt64) {
    while let first = chunks.first, let last = first.last, last.resourceVersion <= resourceVersion {
      drop(first)
    }
    if var first = chunks.first, let oldest = first.first, oldest.resourceVersion <= resourceVersion {
      let before = first.count
      first.removeAll { $0.resourceVersion <= resourceVersion }
      count -= before - first.count
      chunks[0] = first
    }
    compactedThrough = max(compactedThrough, resourceVersion)
  }

  /// The events after `resourceVersion`, oldest first.
  func events(after resourceVersion: UInt64) -> [HistoryEvent] {
    // Most readers want the last few: look from the end.
    var start = chunks.count
    while start > 0, let last = chunks[start - 1].last, last.resourceVersion > resourceVersion { start -= 1 }
    return chunks[start...].flatMap { chunk in chunk.lazy.filter { $0.resourceVersion > resourceVersion } }
  }
}

/// All objects, by kind, namespace and name: small dictionaries, so that a write to a copy of the world
/// copies little.
struct ObjectStore: Sendable {
  private var kinds: [GroupKind: [String: [String: StoredObject]]] = [:]

  func object(_ kind: GroupKind, _ slot: Slot) -> StoredObject? { kinds[kind]?[slot.namespace]?[slot.name] }

  mutating func set(_ object: StoredObject, _ kind: GroupKind) {
    kinds[kind, default: [:]][object.namespace, default: [:]][object.name] = object
  }

  mutating func remove(_ kind: GroupKind, _ slot: Slot) {
    kinds[kind]?[slot.namespace]?[slot.name] = nil
    if kinds[kind]?[slot.namespace]?.isEmpty == true { kinds[kind]?[slot.namespace] = nil }
  }

  /// The objects of a kind, in one namespace or in all, in no order.
  func objects(_ kind: GroupKind, namespace: String?) -> [StoredObject] {
    guard let namespaces = kinds[kind] else { return [] }
    if let namespace { return namespaces[namespace].map { Array($0.values) } ?? [] }
    return namespaces.values.flatMap(\.values)
  }

  var groupKinds: [GroupKind] { Array(kinds.keys) }
  var count: Int { kinds.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.count } } }
}
