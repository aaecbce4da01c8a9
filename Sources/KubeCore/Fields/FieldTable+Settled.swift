extension FieldTable {
  /// Whether `observed` is for certain as `desired`, with the same fields ours: found by one walk
  /// along both and our entry of managedFields, which makes nothing. That is how nearly every
  /// object is that is looked at. `false` says nothing.
  func isSettled(
    desired: JSONValue, observed: DynamicObject, entries: [ManagedFieldsEntry], apiVersion: String,
    ownership: FieldOwnership, subresource: String?
  ) -> Bool {
    guard subresource == nil || subresource == "status" else { return false }
    var ours: ManagedFieldsEntry?
    for entry in entries {
      let isOwn = entry.manager == ownership.fieldManager
      switch entry.operation {
      case .apply where isOwn && (entry.subresource == subresource || entry.subresource == nil),
        .update where isOwn && entry.subresource == subresource:
        guard ours == nil, entry.apiVersion == apiVersion else { return false }
        ours = entry
      case .update where entry.subresource == subresource && ownership.predecessors.contains(entry.manager):
        return false
      case .apply, .update: continue
      }
    }
    guard let ours, case .object(let desired) = desired, case .object(let observed) = observed.json else {
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
        let fields = ours.fields.find(.field("metadata"))
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
          member.value, observed[member.key], by: root.member(member.key), owned: ours.fields,
          at: .field(member.key))
      else { return false }
      count += 1
    }
    return count == ours.fields.elementCount
  }

  /// The number of compared members of `desired`, where `observed` has the same and `ours` has them
  /// and no others; else `nil`.
  private static func matches(
    _ desired: JSONObject, _ observed: JSONObject, by node: Node, owned ours: FieldSet,
    isCompared: (String) -> Bool = { _ in true }
  ) -> Int? {
    var count = 0
    for member in desired where isCompared(member.key) {
      guard
        matches(
          member.value, observed[member.key], by: node.member(member.key), owned: ours,
          at: .field(member.key))
      else { return nil }
      count += 1
    }
    return count == ours.elementCount ? count : nil
  }

  /// Whether the field `element` has the same value, and is ours with the same fields inside.
  private static func matches(
    _ desired: JSONValue, _ observed: JSONValue?, by node: Node, owned ours: FieldSet,
    at element: FieldSet.Element
  ) -> Bool {
    guard let observed, let owned = ours.find(element) else { return false }
    switch (shape(desired, node), observed) {
    case (.leaf, _): return owned.isMember && desired == observed
    case (.object(let members), .object(let others)):
      return matches(members, others, by: node, owned: owned.children) != nil
    case (.items(let items), .array):
      guard items.count == owned.children.elementCount else { return false }
      return items.allSatisfy { item in
        guard let other = child(item.element, of: observed, node) else { return false }
        return matches(item.value, other, by: node.items, owned: owned.children, at: item.element)
      }
    case (.object, _), (.items, _): return false
    }
  }
}
