import KubeCore

/// A strategic merge patch: a merge patch that respects keyed lists (API concepts: "Patch and
/// update"; SIG API Machinery's "Strategic Merge Patch").
///
/// Only for built-in kinds: the keyed lists are not in the JSON but in the kind's `FieldTable`.
struct StrategicMergePatch {
  static let mediaType = "application/strategic-merge-patch+json"

  /// The reason why a patch can't be applied.
  struct Problem: Error, CustomStringConvertible {
    var description: String
    /// The HTTP status of a real server's refusal.
    var code: Int

    init(_ description: String, code: Int = 400) {
      self.description = description
      self.code = code
    }
  }

  typealias Node = FieldTable.Node

  var table: FieldTable

  /// The `object` after `patch`.
  func apply(_ patch: JSONValue, to object: JSONValue) throws(Problem) -> JSONValue {
    guard case .object(let members) = patch, case .object(let old) = object else {
      throw Problem("a strategic merge patch must be an object, found \(patch.kindName)")
    }
    return .object(try merge(members, into: old, by: table.root, at: []))
  }

  // MARK: Directives

  private static let patch = "$patch"
  private static let retainKeys = "$retainKeys"
  private static let deleteFromList = "$deleteFromPrimitiveList/"
  private static let elementOrder = "$setElementOrder/"

  private static func isDirective(_ key: String) -> Bool {
    key == patch || key == retainKeys || key.hasPrefix(deleteFromList) || key.hasPrefix(elementOrder)
  }

  private enum Action: String {
    case merge, replace, delete
  }

  private func action(_ members: JSONObject) throws(Problem) -> Action {
    guard let value = members[StrategicMergePatch.patch] else { return .merge }
    guard let action = value.string.flatMap({ Action(rawValue: $0) }) else {
      throw Problem(
        "unknown patch type in \(StrategicMergePatch.patch): \(JSONWriter().text(value)); it is one of merge, replace and delete"
      )
    }
    return action
  }

  /// The value that a patch adds where there was none: itself without directives and without what
  /// it deletes.
  private func cleaned(_ value: JSONValue, _ node: Node) -> JSONValue {
    switch value {
    case .object(let members):
      if members[StrategicMergePatch.patch] == "delete" { return [:] }
      return .object(
        JSONObject(
          members.lazy.filter { !$0.value.isNull && !StrategicMergePatch.isDirective($0.key) }
            .map { ($0.key, cleaned($0.value, node.member($0.key))) }))
    case .array(let elements):
      return .array(
        elements.filter { $0[StrategicMergePatch.patch] == nil || $0[StrategicMergePatch.patch] == "merge" }
          .map { cleaned($0, node.items) })
    case .null, .bool, .number, .string, .secret: return value
    }
  }

  // MARK: Objects

  private func merge(_ patch: JSONObject, into old: JSONObject, by node: Node, at path: [String])
    throws(Problem) -> JSONObject
  {
    switch try action(patch) {
    case .delete: return [:]
    case .replace: return cleaned(.object(patch), node).object ?? [:]
    case .merge: break
    }
    var result = try retained(old, by: patch, at: path)
    for member in patch {
      let (key, value) = (member.key, member.value)
      if key.hasPrefix(StrategicMergePatch.deleteFromList) {
        let name = String(key.dropFirst(StrategicMergePatch.deleteFromList.count))
        guard let gone = value.array else { throw Problem("\(key) must be a list") }
        if let items = result[name]?.array {
          result[name] = .array(items.filter { !gone.contains($0) })
        }
      }
    }
    for member in patch where !StrategicMergePatch.isDirective(member.key) {
      let key = member.key
      if member.value.isNull {
        result[key] = nil
        continue
      }
      result[key] = try merged(
        member.value, into: result[key], by: node.member(key), at: path + [key],
        order: patch[StrategicMergePatch.elementOrder + key])
    }
    // An order without a list sorts the existing items.
    for member in patch where member.key.hasPrefix(StrategicMergePatch.elementOrder) {
      let name = String(member.key.dropFirst(StrategicMergePatch.elementOrder.count))
      guard let items = result[name]?.array else { continue }
      let key = StrategicMergePatch.mergeKey(node.member(name))
      result[name] = .array(
        try ordered(items, by: member.value, key: key, as: old[name]?.array ?? [], at: path + [name]))
    }
    return result
  }

  /// The members of `old` that `$retainKeys` lists.
  private func retained(_ old: JSONObject, by patch: JSONObject, at path: [String]) throws(Problem)
    -> JSONObject
  {
    guard let value = patch[StrategicMergePatch.retainKeys] else { return old }
    guard let keys = value.array else { throw Problem("$retainKeys must be a list of names") }
    let kept = Set(keys.compactMap(\.string))
    for member in patch where !member.value.isNull && !StrategicMergePatch.isDirective(member.key) {
      guard kept.contains(member.key) else {
        throw Problem(
          "\((path + [member.key]).joined(separator: ".")) is in the patch but not in its $retainKeys",
          code: 422)
      }
    }
    return JSONObject(old.lazy.filter { kept.contains($0.key) }.map { ($0.key, $0.value) })
  }

  private func merged(
    _ value: JSONValue, into old: JSONValue?, by node: Node, at path: [String], order: JSONValue?
  ) throws(Problem) -> JSONValue {
    switch (old, value) {
    case (.object(let members), .object(let patch)):
      return .object(try merge(patch, into: members, by: node, at: path))
    case (.array(let items), .array(let patch)):
      if node.structure == .set, node.patch != .replace {
        return .array(items + patch.filter { !items.contains($0) })
      }
      guard let key = StrategicMergePatch.mergeKey(node) else { return cleaned(value, node) }
      return .array(try merge(patch, into: items, key: key, by: node.items, at: path))
    default:
      guard value.object != nil || value.array != nil else { return value }
      return cleaned(value, node)
    }
  }

  // MARK: Lists

  /// The member that identifies a list's items; `nil` where the list is replaced as a whole.
  static func mergeKey(_ node: Node) -> String? {
    guard case .merge(let key) = node.patch else { return nil }
    if let key { return key }
    guard case .listMap(let keys) = node.structure else { return nil }
    return keys.first
  }

  private func merge(
    _ patch: [JSONValue], into items: [JSONValue], key: String, by node: Node, at path: [String]
  ) throws(Problem) -> [JSONValue] {
    let place = path.joined(separator: ".")
    if patch.contains(where: { $0[StrategicMergePatch.patch] == "replace" }) {
      return patch.filter { $0[StrategicMergePatch.patch] == nil }.map { cleaned($0, node) }
    }
    var result = items
    for item in patch {
      guard case .object(let members) = item else {
        throw Problem("\(place): an item is \(item.kindName), not an object")
      }
      guard let name = members[key], !name.isNull else {
        throw Problem("\(place): an item does not contain declared merge key: \(key)", code: 500)
      }
      let action = try action(members)
      let index = result.firstIndex { $0[key] == name }
      if action == .delete {
        result.removeAll { $0[key] == name }
      } else if let index, case .object(let old) = result[index] {
        result[index] = .object(try merge(members, into: old, by: node, at: path))
      } else {
        result.append(cleaned(item, node))
      }
    }
    return result
  }

  /// The `items` in the order of `$setElementOrder`; items that it doesn't list keep their place
  /// among their former neighbors.
  private func ordered(
    _ items: [JSONValue], by order: JSONValue, key: String?, as before: [JSONValue], at path: [String]
  ) throws(Problem) -> [JSONValue] {
    guard let wanted = order.array else {
      throw Problem("$setElementOrder/\(path.last ?? "") must be a list")
    }
    func identity(_ item: JSONValue) -> JSONValue { key.flatMap { item[$0] } ?? item }
    let ranks = Dictionary(
      wanted.enumerated().map { (identity($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
    let places = Dictionary(
      before.enumerated().map { (identity($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
    var result = items.filter { ranks[identity($0)] != nil }
      .sorted { (ranks[identity($0)] ?? 0) < (ranks[identity($1)] ?? 0) }
    var start = result.startIndex
    for item in items where ranks[identity(item)] == nil {
      let place = places[identity(item)] ?? .max
      let index =
        result[start...].firstIndex { (places[identity($0)] ?? -1) > place } ?? result.endIndex
      result.insert(item, at: index)
      start = index + 1
    }
    return result
  }
}
