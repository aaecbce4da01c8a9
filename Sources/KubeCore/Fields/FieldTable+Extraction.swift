extension FieldTable {
  /// The number of sets of key names that a list's items are looked up by: a list has one, and a
  /// second one while its schema changes.
  private static let maximumKeySets = 8

  /// The object reduced to those fields of `set` that it has, and the keys of the list items that
  /// contain them (structured-merge-diff's extraction). `apiVersion`, `kind` and the object's name
  /// are included only where `set` has them.
  ///
  /// Without a table, the set itself tells keyed lists from others, and a field without fields
  /// below it is taken with its whole content.
  static func extract(_ set: FieldSet, from object: JSONValue, by table: FieldTable?) -> JSONValue {
    extracted(set, from: object, table?.root ?? Node(), isKnown: table != nil) ?? [:]
  }

  private static func extracted(
    _ set: FieldSet, from value: JSONValue, _ node: Node, isKnown: Bool
  ) -> JSONValue? {
    switch value {
    case .object(let object):
      var members: [(String, JSONValue)] = []
      for element in set.elements {
        guard case .field(let name) = element, let member = object[name],
          let part = part(element, of: set, value: member, by: node.member(name), isKnown: isKnown)
        else { continue }
        members.append((name, part))
      }
      return .object(JSONObject(members))
    case .array(let elements): return .array(items(of: set, in: elements, node.items, isKnown: isKnown))
    case .null, .bool, .number, .string, .secret: return nil
    }
  }

  /// The part of the field `element`, whose value is `value`, that `set` has.
  private static func part(
    _ element: FieldSet.Element, of set: FieldSet, value: JSONValue, by node: Node, isKnown: Bool
  ) -> JSONValue? {
    let below = set.children(of: element)
    guard below.isEmpty else { return extracted(below, from: value, node, isKnown: isKnown) }
    guard set.contains(element) else { return nil }
    // The owner of such a field and of nothing in it has applied it empty: its content belongs to
    // others.
    if isKnown, node.structure != .untyped {
      switch shape(value, node) {
      case .leaf: break
      case .object: return [:]
      case .items: return []
      }
    }
    return value
  }

  /// The parts of a list's items that `set` has, in the list's order.
  private static func items(
    of set: FieldSet, in elements: [JSONValue], _ node: Node, isKnown: Bool
  ) -> [JSONValue] {
    var keySets: [[String]] = []
    for case .key(let keys) in set.unorderedElements where keySets.count < maximumKeySets {
      let names = keys.map(\.key)
      if !keySets.contains(names) { keySets.append(names) }
    }
    var items: [JSONValue] = []
    for (index, item) in elements.enumerated() {
      let keys = keySets.lazy.compactMap { names in keyElement(of: item, names, node) }
      let candidates = [.value(item), .index(index)] + Array(keys)
      guard
        let element = candidates.first(where: { set.contains($0) || !set.children(of: $0).isEmpty })
      else { continue }
      guard case .key(let keys) = element else {
        // An item without keys is owned as a whole.
        if let part = part(element, of: set, value: item, by: node, isKnown: false) { items.append(part) }
        continue
      }
      var members = extracted(set.children(of: element), from: item, node, isKnown: isKnown)?.object ?? [:]
      for key in keys where item[key.key] != nil { members[key.key] = item[key.key] }
      items.append(.object(members))
    }
    return items
  }

  /// The element that identifies `item` by these key names; a key that it omits has its default.
  private static func keyElement(of item: JSONValue, _ names: [String], _ node: Node) -> FieldSet.Element? {
    var keys = JSONObject()
    for name in names {
      if let value = item[name] {
        keys[name] = value
      } else if case .value(let value)? = node.member(name).defaults.first {
        keys[name] = value
      } else {
        return nil
      }
    }
    return .key(keys)
  }
}

extension DynamicObject {
  /// The object reduced to the fields that `manager` has applied, by its `managedFields`:
  /// `apiVersion`, `kind`, name, namespace and these fields, ready to be changed and applied again,
  /// like client-go's `Extract` functions. `nil` where the manager has applied nothing. Fields that
  /// it set by other writes than apply don't count.
  ///
  /// Throws a ``FieldError`` for managed fields that can't be read, or that are recorded in another
  /// version of the kind than the object was read in: applying the remaining fields would delete
  /// the others.
  ///
  /// - Parameters:
  ///   - manager: The field manager.
  ///   - subresource: The subresource that it applied to, such as `status`; `nil` for the object
  ///     itself.
  ///   - table: The kind's field table; without one, defaults of list keys aren't known.
  public func extract(
    ownedBy manager: String, subresource: String? = nil, table: FieldTable? = nil
  ) throws(FieldError) -> DynamicObject? {
    let entry = try managedFields().first {
      $0.manager == manager && $0.operation == .apply && $0.subresource == subresource
    }
    guard let entry else { return nil }
    guard entry.apiVersion == apiVersion else {
      throw FieldError(
        path: FieldPath(dotted: "metadata.managedFields"),
        problem: "the fields of \"\(manager)\" are said of \(entry.apiVersion), not of \(apiVersion)",
        remedy: "read the object in that version, or apply all fields again in this one")
    }
    var document = FieldTable.extract(entry.fields, from: json, by: table)
    document["apiVersion"] = .string(apiVersion)
    document["kind"] = .string(kind)
    document.set(.string(metadata.name), at: ["metadata", "name"])
    if let namespace = metadata.namespace { document.set(.string(namespace), at: ["metadata", "namespace"]) }
    return try DynamicObject(document)
  }
}

extension KubeObject {
  /// The typed form of the fields that `manager` has applied; see
  /// ``DynamicObject/extract(ownedBy:subresource:table:)``. Throws also where the kind requires a
  /// field that is not among them.
  public func extract(
    ownedBy manager: String, subresource: String? = nil, table: FieldTable? = nil
  ) throws(FieldError) -> Self? {
    try DynamicObject(json).extract(ownedBy: manager, subresource: subresource, table: table)?.decode()
  }
}
