extension FieldTable {
  /// The structure of a value as field sets see it.
  package enum Shape {
    /// One field with its whole content.
    case leaf
    /// An object of fields.
    case object(JSONObject)
    /// A keyed list or a set: the items with their elements, in the list's order.
    case items([(element: FieldSet.Element, value: JSONValue)])
  }

  /// The structure of `value` by the rules of `node`. Empty objects and `null` are leaves; an empty
  /// keyed list has no items.
  package static func shape(_ value: JSONValue, _ node: Node) -> Shape {
    switch value {
    case .object(let object):
      return object.isEmpty || node.structure == .atomic ? .leaf : .object(object)
    case .array(let elements):
      switch node.structure {
      case .set:
        return .items(elements.map { (.value($0), $0) })
      case .listMap(let keys):
        var items: [(FieldSet.Element, JSONValue)] = []
        for (index, element) in elements.enumerated() {
          items.append((key(of: element, keys, node.items) ?? .index(index), element))
        }
        return .items(items)
      case .unstated, .atomic, .map, .untyped, .granular: return .leaf
      }
    case .null, .bool, .number, .string, .secret: return .leaf
    }
  }

  /// The element that names `item` in a list keyed by `keys`; `nil` where the item has none of
  /// them.
  private static func key(of item: JSONValue, _ keys: [String], _ node: Node) -> FieldSet.Element? {
    guard let members = item.object else { return nil }
    var values = JSONObject()
    for key in keys {
      if let value = members[key], !value.isNull {
        values[key] = value
      } else if case .value(let value)? = node.children[.field(key)]?.defaults.first {
        values[key] = value
      }
    }
    return values.isEmpty ? nil : .key(values)
  }

  /// Members of the root and of `metadata` without an owner: they identify the object or belong to
  /// the server.
  static let unownedMetadata: Set<String> = [
    "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "managedFields", "selfLink", "clusterName",
  ]

  /// The value without what has no owner: `apiVersion`, `kind` and the server's part of `metadata`.
  static func owned(_ value: JSONValue) -> JSONValue {
    guard case .object(var object) = value else { return value }
    object["apiVersion"] = nil
    object["kind"] = nil
    if let metadata = object["metadata"]?.object {
      let rest = JSONObject(
        metadata.lazy.filter { !unownedMetadata.contains($0.key) }.map { ($0.key, $0.value) })
      object["metadata"] = rest.isEmpty ? nil : .object(rest)
    }
    return .object(object)
  }

  /// The fields that `object` sets, as the API server records them for a server-side apply
  /// (structured-merge-diff's set of a typed value). The identity of the object and the server's
  /// own part of `metadata` are excluded.
  package func fieldSet(of object: JSONValue) -> FieldSet {
    FieldTable.fields(of: FieldTable.owned(object), root) ?? FieldSet()
  }

  /// The fields inside `value`; `nil` where it is itself one field.
  static func fields(of value: JSONValue, _ node: Node) -> FieldSet? {
    var set = FieldSet()
    switch shape(value, node) {
    case .leaf: return nil
    case .object(let object):
      for member in object {
        let (rules, isMapEntry) = node.lookup(member.key)
        let below = fields(of: member.value, rules)
        set.insert(
          below ?? FieldSet(), below: .field(member.key), andItself: below == nil || isMapEntry)
      }
    case .items(let items):
      for item in items {
        set.insert(fields(of: item.value, node.items) ?? FieldSet(), below: item.element, andItself: true)
      }
    }
    return set
  }

  /// The value of the field at `path` in `object`; `nil` where there is none. Items of keyed lists
  /// are found by their keys, defaults of keys included.
  public func value(at path: some Sequence<FieldSet.Element>, in object: JSONValue) -> JSONValue? {
    var value = object
    var node = root
    for element in path {
      guard let next = FieldTable.child(element, of: value, node) else { return nil }
      value = next
      node = FieldTable.rules(below: node, element)
    }
    return value
  }

  /// Those fields of `set` that `object` has: an item of a set or keyed list, or a member with any
  /// value.
  package func existing(_ set: FieldSet, in object: JSONValue) -> FieldSet {
    FieldTable.existing(set, in: object, root)
  }

  private static func existing(_ set: FieldSet, in value: JSONValue, _ node: Node) -> FieldSet {
    var result = FieldSet()
    for element in set.unorderedElements {
      guard let child = child(element, of: value, node) else { continue }
      if set.contains(element) { result.insert([element]) }
      let below = existing(set.children(of: element), in: child, rules(below: node, element))
      result.insert(below, below: element)
    }
    return result
  }

  package static func rules(below node: Node, _ element: FieldSet.Element) -> Node {
    if case .field(let name) = element { return node.member(name) }
    return node.items
  }

  package static func child(_ element: FieldSet.Element, of value: JSONValue, _ node: Node) -> JSONValue? {
    switch element {
    case .field(let name): return value[name]
    case .index(let index):
      guard let list = value.array, list.indices.contains(index) else { return nil }
      return list[index]
    case .value(let wanted): return value.array?.first { $0 == wanted }
    case .key(let keys):
      // The entry's own keys are used, not the table's: an entry may be older than the schema.
      return value.array?.first { item in
        keys.allSatisfy { member in
          if let value = item[member.key] { return value == member.value }
          guard case .value(let value)? = node.items.member(member.key).defaults.first else { return false }
          return value == member.value
        }
      }
    }
  }
}
