/// Values of objects that are held for long, each once however many objects have it: of a thousand
/// objects of one kind most names, labels, sets of fields and parts of the specification are the
/// same.
///
/// Bounded: a value takes the place of another that falls on the same slot, which costs memory and
/// nothing else.
package struct SharedValues: Sendable {
  private static let slots = 4096
  /// Texts up to this size are part of the value that holds them.
  private static let inlineBytes = 15
  /// The members of an object that are held once as a whole, where they stand.
  private static let wholeMembers: Set<String> = [
    "spec", "labels", "ownerReferences", "finalizers", "configReferences", "supportedConfigs",
  ]

  private var texts = [String](repeating: "", count: slots)
  private var documents = [JSONValue](repeating: .null, count: slots)
  private var sets = [FieldSet](repeating: FieldSet(), count: slots)

  /// Nothing shared yet.
  package init() {}

  /// An equal text.
  package mutating func text(_ text: String) -> String {
    guard text.utf8.count > SharedValues.inlineBytes else { return text }
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: text.hashValue) % UInt(SharedValues.slots))
    // Texts may be equivalent without being the same.
    if texts[slot].byteOrder(to: text) == 0 { return texts[slot] }
    texts[slot] = text
    return text
  }

  /// An equal object's document, in as little memory as it takes.
  mutating func document(_ document: JSONValue) -> JSONValue {
    value(document, sharesMembers: true)
  }

  /// An equal value, in as little memory as it takes.
  mutating func value(_ value: JSONValue) -> JSONValue { self.value(value, sharesMembers: false) }

  private mutating func value(_ value: JSONValue, sharesMembers: Bool) -> JSONValue {
    switch value {
    case .string(let text): return .string(self.text(text))
    case .array(let elements): return .array(elements.map { self.value($0, sharesMembers: false) })
    case .object(let object):
      var members: [JSONObject.Member] = []
      members.reserveCapacity(object.count)
      for member in object {
        let isWhole = sharesMembers && SharedValues.wholeMembers.contains(member.key)
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
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: value.hashValue) % UInt(SharedValues.slots))
    if SharedValues.isSame(documents[slot], value) { return documents[slot] }
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

  /// An equal set.
  mutating func fields(_ fields: FieldSet) -> FieldSet {
    guard !fields.isEmpty else { return FieldSet() }
    let slot = Int(truncatingIfNeeded: UInt(bitPattern: fields.hashValue) % UInt(SharedValues.slots))
    if sets[slot] == fields { return sets[slot] }
    let compact = fields.compacted(by: &self)
    sets[slot] = compact
    return compact
  }

  /// An equal entry.
  mutating func entry(_ entry: ManagedFieldsEntry) -> ManagedFieldsEntry {
    ManagedFieldsEntry(
      manager: text(entry.manager), operation: entry.operation, apiVersion: text(entry.apiVersion),
      time: entry.time.map { text($0) }, subresource: entry.subresource, fields: fields(entry.fields))
  }
}
