/// A bounded pool that interns the strings, documents and field sets of cached objects.
///
/// Objects of one kind have most names, labels, field sets and parts of the specification in
/// common. A value replaces another one that falls on the same slot, which costs only memory.
package struct InternPool: Sendable {
  private static let slots = 4096
  /// The maximum size of a string that is stored inline and so not interned.
  private static let inlineBytes = 15
  /// The members of an object, its metadata and its status that are interned as a whole.
  private let wholeMembers: Set<String>
  private var texts = [String](repeating: "", count: slots)
  private var documents = [JSONValue](repeating: .null, count: slots)
  private var sets = [FieldSet](repeating: FieldSet(), count: slots)

  /// Creates an empty pool.
  ///
  /// - Parameter wholeMembers: Further members of objects or their statuses that are interned as a
  ///   whole, in addition to `spec` and those of the metadata.
  package init(wholeMembers: Set<String> = []) {
    self.wholeMembers = wholeMembers.union(["spec", "labels", "ownerReferences", "finalizers"])
  }

  /// The interned string that equals `text`.
  package mutating func text(_ text: String) -> String {
    guard text.utf8.count > InternPool.inlineBytes else { return text }
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: text.hashValue) % UInt(InternPool.slots))
    // Texts may be equivalent without being the same.
    if texts[slot].byteOrder(to: text) == 0 { return texts[slot] }
    texts[slot] = text
    return text
  }

  /// The document of an object with its parts interned.
  mutating func document(_ document: JSONValue) -> JSONValue {
    value(document, sharesMembers: true)
  }

  /// The value with its parts interned.
  mutating func value(_ value: JSONValue) -> JSONValue { self.value(value, sharesMembers: false) }

  private mutating func value(_ value: JSONValue, sharesMembers: Bool) -> JSONValue {
    switch value {
    case .string(let text): return .string(self.text(text))
    case .array(let elements): return .array(elements.map { self.value($0, sharesMembers: false) })
    case .object(let object):
      var members: [JSONObject.Member] = []
      members.reserveCapacity(object.count)
      for member in object {
        let isWhole = sharesMembers && wholeMembers.contains(member.key)
        let goesOn = sharesMembers && (member.key == "metadata" || member.key == "status")
        members.append(
          JSONObject.Member(
            key: text(member.key),
            value: isWhole ? whole(member.value) : self.value(member.value, sharesMembers: goesOn)))
      }
      return .object(JSONObject(sorted: members))
    case .null, .bool, .number, .secret: return value
    }
  }

  private mutating func whole(_ value: JSONValue) -> JSONValue {
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: value.hashValue) % UInt(InternPool.slots))
    if InternPool.isSame(documents[slot], value) { return documents[slot] }
    let compact = self.value(value)
    documents[slot] = compact
    return compact
  }

  /// Whether two values are the same, byte by byte: `==` takes equivalent texts for the same.
  private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.string(let left), .string(let right)): left.byteOrder(to: right) == 0
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy(isSame)
    case (.object(let left), .object(let right)):
      left.count == right.count
        && zip(left, right).allSatisfy { left, right in
          left.key.byteOrder(to: right.key) == 0 && isSame(left.value, right.value)
        }
    default: left == right
    }
  }

  /// The interned set that equals `fields`.
  mutating func fields(_ fields: FieldSet) -> FieldSet {
    guard !fields.isEmpty else { return FieldSet() }
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: fields.hashValue) % UInt(InternPool.slots))
    if sets[slot] == fields { return sets[slot] }
    let compact = fields.compacted(by: &self)
    sets[slot] = compact
    return compact
  }

  /// The entry with its parts interned.
  mutating func entry(_ entry: ManagedFieldsEntry) -> ManagedFieldsEntry {
    ManagedFieldsEntry(
      manager: text(entry.manager), operation: entry.operation, apiVersion: text(entry.apiVersion),
      time: entry.time.map { text($0) }, subresource: entry.subresource, fields: fields(entry.fields))
  }
}
