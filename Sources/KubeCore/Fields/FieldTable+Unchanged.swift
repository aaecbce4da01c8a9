extension FieldTable {
  /// Whether `observed` certainly equals `desired` and the manager owns exactly those fields. A
  /// single walk without allocations, since most compared objects are unchanged; `false` means
  /// unknown.
  func isUnchanged(
    desired: JSONValue, observed: DynamicObject, entries: [ManagedFieldsEntry], apiVersion: String,
    ownership: FieldOwnership, subresource: String?
  ) -> Bool {
    guard subresource == nil || subresource == "status" else { return false }
    var ownEntry: ManagedFieldsEntry?
    for entry in entries {
      let isOwn = entry.manager == ownership.fieldManager
      switch entry.operation {
      case .apply where isOwn && (entry.subresource == subresource || entry.subresource == nil),
        .update where isOwn && entry.subresource == subresource:
        guard ownEntry == nil, entry.apiVersion == apiVersion else { return false }
        ownEntry = entry
      case .update where entry.subresource == subresource && ownership.predecessors.contains(entry.manager):
        return false
      case .apply, .update: continue
      }
    }
    guard let ownEntry, case .object(let desired) = desired, case .object(let observed) = observed.json else {
      return false
    }
    func isCompared(_ name: String) -> Bool {
      switch name {
      case "apiVersion", "kind": false
      case "status": subresource == "status"
      default: subresource != "status"
      }
    }
    var count = 0
    for member in desired where isCompared(member.key) {
      if member.key == "metadata" {
        guard let metadata = member.value.object, let other = observed["metadata"]?.object else {
          return false
        }
        let fields = ownEntry.fields.find(.field("metadata"))
        switch FieldTable.matches(
          metadata, other, by: root.member("metadata"), owned: fields?.children ?? FieldSet(),
          isCompared: { !FieldTable.unownedMetadata.contains($0) })
        {
        case nil: return false
        case 0?:
          guard fields == nil else { return false }
        case _?:
          count += 1
        }
        continue
      }
      guard
        FieldTable.matches(
          member.value, observed[member.key], by: root.member(member.key), owned: ownEntry.fields,
          at: .field(member.key))
      else { return false }
      count += 1
    }
    return count == ownEntry.fields.elementCount
  }

  /// The number of compared members of `desired`, where `observed` has the same and `owned` has
  /// them and no others; else `nil`.
  private static func matches(
    _ desired: JSONObject, _ observed: JSONObject, by node: Node, owned: FieldSet,
    isCompared: (String) -> Bool = { _ in true }
  ) -> Int? {
    var count = 0
    for member in desired where isCompared(member.key) {
      guard
        matches(
          member.value, observed[member.key], by: node.member(member.key), owned: owned,
          at: .field(member.key))
      else { return nil }
      count += 1
    }
    return count == owned.elementCount ? count : nil
  }

  /// Whether the field `element` has the same value, and is owned with the same fields inside.
  private static func matches(
    _ desired: JSONValue, _ observed: JSONValue?, by node: Node, owned: FieldSet,
    at element: FieldSet.Element
  ) -> Bool {
    guard let observed, let field = owned.find(element) else { return false }
    switch (shape(desired, node), observed) {
    case (.leaf, _): return field.isMember && desired == observed
    case (.object(let members), .object(let others)):
      return matches(members, others, by: node, owned: field.children) != nil
    case (.items(let items), .array):
      guard items.count == field.children.elementCount else { return false }
      return items.allSatisfy { item in
        guard let other = child(item.element, of: observed, node) else { return false }
        return matches(item.value, other, by: node.items, owned: field.children, at: item.element)
      }
    case (.object, _), (.items, _): return false
    }
  }
}
