extension FieldTable {
  /// The object with the defaults that the server fills in; fields with a value stay as they are.
  public func fillingDefaults(in object: JSONValue) -> JSONValue {
    FieldTable.filling(object, root)
  }

  private static func filling(_ value: JSONValue, _ node: Node) -> JSONValue {
    guard node.hasDefaultsInside else { return value }
    switch value {
    case .object(var object):
      for (name, value) in defaults(of: node, where: { !$0.isDependent }, for: object) {
        object[name] = value
      }
      object = fillingDependentDefaults(object, node)
      return .object(object.compactMapValues { filling($0.value, node.member($0.key)) })
    case .array(let elements): return .array(elements.map { filling($0, node.items) })
    case .null, .bool, .number, .string, .secret: return value
    }
  }

  /// The object with the defaults that depend on other members.
  static func fillingDependentDefaults(_ object: JSONObject, _ node: Node) -> JSONObject {
    guard node.hasDefaultsInside else { return object }
    var result = object
    for (name, value) in defaults(of: node, where: \.isDependent, for: object) { result[name] = value }
    return result
  }

  private static func defaults(
    of node: Node, where isWanted: (Default) -> Bool, for object: JSONObject
  ) -> [(String, JSONValue)] {
    var values: [(String, JSONValue)] = []
    for (name, child) in node.membersWithDefaults {
      guard object[name] ?? .null == .null else { continue }
      for rule in child.defaults where isWanted(rule) {
        guard let value = value(of: rule, in: object, node) else { continue }
        values.append((name, value))
        break
      }
    }
    return values
  }

  private static func value(of rule: Default, in object: JSONObject, _ node: Node) -> JSONValue? {
    switch rule {
    case .value(let value): return value
    case .ifSibling(let sibling, let values, let value):
      var found = object[sibling]
      if found == nil, case .value(let value)? = node.member(sibling).defaults.first { found = value }
      return found.map(values.contains) == true ? .some(value) : .none
    case .copy(let sibling):
      return object[sibling] == .string("") ? nil : object[sibling]
    case .imagePullPolicy:
      guard let image = object["image"]?.string else { return nil }
      // The tag follows a colon after the last slash; an image with neither tag nor digest has the
      // tag `latest`.
      let parts = (image.split(separator: "/").last ?? "").split(separator: "@", maxSplits: 1)
      let name = (parts.first ?? "").split(separator: ":", maxSplits: 1)
      let isLatest = name.count > 1 ? name[1] == "latest" : parts.count < 2
      return isLatest ? "Always" : "IfNotPresent"
    }
  }
}
