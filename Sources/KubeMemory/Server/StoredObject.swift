import KubeCore
import Synchronization

/// A stored object: bytes, not a tree, with the fields that every request needs available.
///
/// It prints its name only: the object may be a Secret.
final class StoredObject: Sendable, CustomStringConvertible, CustomReflectable {
  /// The object's JSON without `apiVersion` and `kind`, which depend on the requested version.
  private let bytes: [UInt8]
  private let places: Places
  let resourceVersion: UInt64
  let uid: String
  let namespace: String
  let name: String
  let isBeingDeleted: Bool
  /// Whether other objects own this one.
  let hasOwners: Bool
  /// The object as a tree, as long as `trees` keeps it.
  fileprivate let tree = Mutex<Tree?>(nil)
  /// Unowned, because it holds objects itself; the store of this object owns it.
  private unowned let trees: RecentTrees

  /// The decoded content of an object's bytes.
  struct Tree {
    /// The object; its `apiVersion` and `kind` are unspecified.
    var json: JSONValue
    /// The decoded `metadata.managedFields`, if available.
    var entries: [ManagedFieldsEntry]?
  }

  /// Creates the object `json` at `resourceVersion`, which may replace `previous`.
  ///
  /// `entries` are those in its `metadata.managedFields`, if available.
  init(
    _ json: JSONValue, entries: [ManagedFieldsEntry]? = nil, resourceVersion: UInt64,
    replacing previous: StoredObject? = nil, _ trees: RecentTrees
  ) {
    self.trees = trees
    var object = json.object ?? [:]
    let number = String(resourceVersion)
    let metadata: JSONValue
    if object["metadata"]?["resourceVersion"]?.string == number {
      metadata = object["metadata"] ?? [:]
    } else {
      var changed = object["metadata"] ?? [:]
      changed["resourceVersion"] = .string(number)
      metadata = changed
      object["metadata"] = changed
    }
    self.resourceVersion = resourceVersion
    (bytes, places) = StoredObject.written(object)
    // An object's names never change: one copy of them suffices.
    func text(_ field: String, _ known: String?) -> String {
      let text = metadata[field]?.string ?? ""
      return known.flatMap { $0 == text ? $0 : nil } ?? text
    }
    uid = text("uid", previous?.uid)
    namespace = text("namespace", previous?.namespace)
    name = text("name", previous?.name)
    isBeingDeleted = metadata["deletionTimestamp"] != nil
    hasOwners = metadata["ownerReferences"] != nil
    trees.keep(Tree(json: .object(object), entries: entries), of: self)
  }

  /// The positions of parts in `bytes`.
  private struct Places {
    /// The positions of `apiVersion` and `kind` among the members.
    var apiVersion: UInt32 = 1
    var kind: UInt32 = 1
    /// The position of the value of `metadata`.
    var metadata: UInt32 = 0
    var metadataEnd: UInt32 = 0
  }

  /// The members except `apiVersion` and `kind`, in braces. One of them is `metadata`, so that a
  /// member follows the positions of the other two.
  private static func written(_ object: JSONObject) -> ([UInt8], Places) {
    let writer = JSONWriter(secrets: .revealed)
    var bytes: [UInt8] = []
    var places = Places()
    var (apiVersion, kind): (Int?, Int?) = (nil, nil)
    bytes.reserveCapacity(512)
    bytes.append(UInt8(ascii: "{"))
    for member in object where member.key != "apiVersion" && member.key != "kind" {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      // Each is before the first member that follows it.
      if apiVersion == nil, member.key.byteOrder(to: "apiVersion") > 0 { apiVersion = bytes.count }
      if kind == nil, member.key.byteOrder(to: "kind") > 0 { kind = bytes.count }
      writer.append(member.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      if member.key == "metadata" { places.metadata = UInt32(clamping: bytes.count) }
      writer.append(member.value, to: &bytes)
      if member.key == "metadata" { places.metadataEnd = UInt32(clamping: bytes.count) }
    }
    bytes.append(UInt8(ascii: "}"))
    places.apiVersion = UInt32(clamping: apiVersion ?? 1)
    places.kind = UInt32(clamping: kind ?? 1)
    // A copy without spare capacity.
    return (bytes.withUnsafeBufferPointer { Array($0) }, places)
  }

  /// The object as a tree; its `apiVersion` and `kind` are unspecified.
  var json: JSONValue {
    if let tree = tree.withLock({ $0 }) { return tree.json }
    // Stored bytes can be parsed, unless they nest deeper than any request can.
    let json = (try? StoredObject.parser.parse(bytes)) ?? [:]
    trees.keep(Tree(json: json), of: self)
    return json
  }

  /// The entries of the object's managedFields; empty where they can't be decoded.
  var entries: [ManagedFieldsEntry] {
    if let entries = tree.withLock({ $0?.entries }) { return entries }
    var entries: [ManagedFieldsEntry] = []
    for element in metadata["managedFields"]?.array ?? [] {
      guard let entry = try? ManagedFieldsEntry(from: FieldReader(element)) else { return [] }
      entries.append(entry)
    }
    tree.withLock { $0?.entries = entries }
    return entries
  }

  /// The object as a tree in `type`'s version.
  func json(as type: ResourceType) -> JSONValue {
    var json = json
    // Usually they have these values already, and nothing needs copying.
    let apiVersion = type.apiVersion
    if json["apiVersion"]?.string != apiVersion { json["apiVersion"] = .string(apiVersion) }
    if json["kind"]?.string != type.kind { json["kind"] = .string(type.kind) }
    return json
  }

  /// Appends the object's JSON to `output` in `type`'s version; without `apiVersion` and `kind` for
  /// none.
  func append(to output: inout [UInt8], as type: ResourceType?) {
    guard let type else {
      output.append(contentsOf: bytes)
      return
    }
    let writer = JSONWriter()
    let (first, second) = (Int(places.apiVersion), Int(places.kind))
    output.append(contentsOf: bytes[..<first])
    output.append(contentsOf: #""apiVersion":"#.utf8)
    writer.append(type.apiVersion, to: &output)
    output.append(UInt8(ascii: ","))
    output.append(contentsOf: bytes[first..<second])
    output.append(contentsOf: #""kind":"#.utf8)
    writer.append(type.kind, to: &output)
    output.append(UInt8(ascii: ","))
    output.append(contentsOf: bytes[second...])
  }

  /// The size of the object as `type` in bytes.
  func byteCount(as type: ResourceType) -> Int {
    bytes.count + #""apiVersion":"","kind":"","#.utf8.count + type.apiVersion.utf8.count
      + type.kind.utf8.count
  }

  /// The object's `metadata` alone: most selectors and controllers need no more.
  var metadata: JSONValue {
    if let tree = tree.withLock({ $0 }) { return tree.json["metadata"] ?? [:] }
    let range = Int(places.metadata)..<Int(places.metadataEnd)
    return (try? StoredObject.parser.parse(bytes[range])) ?? [:]
  }

  private static let parser = JSONParser(maximumDepth: JSONParser.depthLimit)

  var finalizers: [String] { metadata["finalizers"]?.array?.compactMap(\.string) ?? [] }
  var slot: Slot { Slot(namespace: namespace, name: name) }

  var description: String { "\(slot.path)@\(resourceVersion)" }
  var customMirror: Mirror { Mirror(self, children: ["object": description]) }
}

/// The trees of recently used objects, which need not be parsed again.
///
/// All copies of a server share it. It affects nothing but the time that a request takes.
final class RecentTrees: Sendable {
  /// The number of kept trees. A tree takes about three times the memory of its bytes.
  static let capacity = 1024

  private struct Ring {
    var objects: [StoredObject] = []
    var next = 0
  }

  private let ring = Mutex(Ring())

  /// Keeps the tree of `object`, and drops the oldest one.
  func keep(_ tree: StoredObject.Tree, of object: StoredObject) {
    object.tree.withLock { $0 = tree }
    let oldest = ring.withLock { ring -> StoredObject? in
      guard ring.objects.count == RecentTrees.capacity else {
        ring.objects.append(object)
        return nil
      }
      let oldest = ring.objects[ring.next]
      ring.objects[ring.next] = object
      ring.next = (ring.next + 1) % RecentTrees.capacity
      return oldest
    }
    oldest?.tree.withLock { $0 = nil }
  }
}

/// The position of an object of a kind: its namespace (empty for cluster-scoped kinds) and name.
struct Slot: Sendable, Hashable, Comparable {
  var namespace: String
  var name: String

  /// The last part of the key in a real server's store, whose byte order is the order of lists.
  var path: String { namespace.isEmpty ? name : namespace + "/" + name }

  static func < (left: Slot, right: Slot) -> Bool { left.path.byteOrder(to: right.path) < 0 }

  /// A negative number where this slot's path precedes the object's, 0 where they are equal.
  func order(to object: StoredObject) -> Int {
    if namespace == object.namespace { return name.byteOrder(to: object.name) }
    return path.byteOrder(to: object.slot.path)
  }
}
