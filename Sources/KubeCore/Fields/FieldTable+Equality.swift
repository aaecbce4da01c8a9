extension FieldTable {
  /// Whether the values `left` and `right` of the field at `path` are equal to the API server:
  /// quantities and durations by amount, times by instant, an absent value like its default, an
  /// empty list or object like an absent one.
  package func equal(
    _ left: JSONValue?, _ right: JSONValue?, at path: some Sequence<FieldSet.Element> = []
  ) -> Bool {
    var node = root
    for element in path { node = FieldTable.rules(below: node, element) }
    return equal(left, right, by: node, isMapEntry: false)
  }

  /// Whether two whole objects are equal to the API server.
  package func equal(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    equal(left, right, by: root, isMapEntry: false)
  }

  func equal(_ left: JSONValue?, _ right: JSONValue?, by node: Node, isMapEntry: Bool) -> Bool {
    if let left, let right, left == right { return true }
    switch (meaning(of: left, node, isMapEntry), meaning(of: right, node, isMapEntry)) {
    case (nil, nil): return true
    case (let left?, let right?): return equal(present: left, right, node)
    default: return false
    }
  }

  /// The effective value: the default for an absent one, `nil` for one that the server drops.
  private func meaning(of value: JSONValue?, _ node: Node, _ isMapEntry: Bool) -> JSONValue? {
    switch value {
    case nil, .null?:
      if case .value(let value)? = node.defaults.first { return meaning(of: value, node, isMapEntry) }
      return nil
    case .object(let object)? where object.isEmpty: return nil
    case .array(let array)? where array.isEmpty: return nil
    case .string(let text)? where text.isEmpty && omitsEmptyStrings && !isMapEntry: return nil
    case .secret(let secret)? where secret.isEmpty && omitsEmptyStrings && !isMapEntry: return nil
    case .bool(false)? where node.isOmittedWhenZero: return nil
    case .number(let number)? where node.isOmittedWhenZero && number.int64 == 0: return nil
    case .some(let value): return value
    }
  }

  private func equal(present left: JSONValue, _ right: JSONValue, _ node: Node) -> Bool {
    switch (left, right) {
    case (.object(let left), .object(let right)):
      return equalMembers(left, right, by: node)
    case (.array(let left), .array(let right)):
      return equalItems(left, right, by: node)
    case (.secret(let secret), .string(let text)), (.string(let text), .secret(let secret)):
      return secret == SecretBytes(utf8: text)
    case (.number(let left), .number(let right)) where node.scalar != .quantity:
      return left == right || left.double == right.double && (left.int64 == nil || right.int64 == nil)
    default: return left == right || equalScalars(left, right, as: node.scalar)
    }
  }

  private func equalScalars(_ left: JSONValue, _ right: JSONValue, as scalar: Scalar) -> Bool {
    switch scalar {
    case .plain, .intOrString: return false
    case .quantity:
      guard let left = Quantity(left), let right = Quantity(right) else { return false }
      return left == right
    case .duration:
      guard let left = left.string.flatMap({ GoDuration($0) }),
        let right = right.string.flatMap({ GoDuration($0) })
      else { return false }
      return left == right
    case .timestamp:
      guard let left = left.string.flatMap({ Timestamp(rfc3339: $0) }),
        let right = right.string.flatMap({ Timestamp(rfc3339: $0) })
      else { return false }
      return left == right
    }
  }

  private func equalMembers(_ left: JSONObject, _ right: JSONObject, by node: Node) -> Bool {
    let left = FieldTable.fillingDependentDefaults(left, node)
    let right = FieldTable.fillingDependentDefaults(right, node)
    func equalMember(_ key: String, _ left: JSONValue?, _ right: JSONValue?) -> Bool {
      if left == right { return true }
      let (rules, isMapEntry) = node.lookup(key)
      return equal(left, right, by: rules, isMapEntry: isMapEntry)
        // A map entry differs from an absent one whatever its value, as do members of untyped
        // objects.
        && (!isMapEntry || (left == nil) == (right == nil))
    }
    return left.allSatisfy { equalMember($0.key, $0.value, right[$0.key]) }
      && right.allSatisfy { left.contains($0.key) || equalMember($0.key, nil, $0.value) }
  }

  private func equalItems(_ left: [JSONValue], _ right: [JSONValue], by node: Node) -> Bool {
    guard left.count == right.count else { return false }
    // The order of a set or keyed list matters only where it is atomic: items are compared by their
    // keys.
    if case .items(let items) = FieldTable.shape(.array(left), node) {
      return items.allSatisfy { item in
        guard let other = FieldTable.child(item.element, of: .array(right), node) else { return false }
        return equal(item.value, other, by: node.items, isMapEntry: false)
      }
    }
    return zip(left, right).allSatisfy { equal($0, $1, by: node.items, isMapEntry: true) }
  }
}
