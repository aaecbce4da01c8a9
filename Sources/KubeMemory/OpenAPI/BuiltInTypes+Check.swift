import KubeCore

extension BuiltInTypes {
  /// `object`, of the type called `name`, without members that the type doesn't have, and the paths of those.
  static func pruned(_ object: JSONValue, _ name: String) -> (object: JSONValue, unknown: [String]) {
    // Nearly always there is nothing to prune.
    if isKnown(object, .object(name), isRoot: true) { return (object, []) }
    var unknown: [String] = []
    let result = prune(object, .object(name), "", &unknown)
    return (result, unknown)
  }

  private static let rootMembers: Set<String> = ["apiVersion", "kind"]

  private static func isKnown(_ value: JSONValue, _ type: FieldType, isRoot: Bool = false) -> Bool {
    switch (type, value) {
    case (.object(let name), .object(let members)):
      guard let known = all[name] else { return true }
      return members.allSatisfy { member in
        guard let field = known[member.key] else { return isRoot && rootMembers.contains(member.key) }
        return isKnown(member.value, field.type)
      }
    case (.list(let items), .array(let elements)): return elements.allSatisfy { isKnown($0, items) }
    case (.map(.object), .object(let members)): return members.allSatisfy { isKnown($0.value, type) }
    default: return true
    }
  }

  private static func prune(
    _ value: JSONValue, _ type: FieldType, _ path: String, _ unknown: inout [String]
  ) -> JSONValue {
    switch (type, value) {
    case (.object(let name), .object(let members)):
      guard let known = all[name] else { return value }
      var result = JSONObject()
      for member in members {
        let place = path.isEmpty ? member.key : path + "." + member.key
        if let field = known[member.key] {
          result[member.key] = prune(member.value, field.type, place, &unknown)
        } else if path.isEmpty && rootMembers.contains(member.key) {
          result[member.key] = member.value
        } else {
          unknown.append(place)
        }
      }
      return .object(result)
    case (.list(let items), .array(let elements)):
      return .array(elements.enumerated().map { prune($1, items, "\(path)[\($0)]", &unknown) })
    default: return value
    }
  }

  /// The first value of `object` that its field can't hold, in words; never the value itself.
  static func mismatch(in object: JSONValue, _ name: String) -> String? {
    mismatch(object, .object(name), owner: name, path: "")
  }

  private static func mismatch(_ value: JSONValue, _ type: FieldType, owner: String, path: String) -> String?
  {
    func wrong(_ expected: String) -> String {
      "json: cannot unmarshal \(value.kindName.split(separator: " ").last ?? "") into Go struct field \(owner).\(path) of type \(expected)"
    }
    func below(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
    switch (type, value) {
    case (_, .null), (.scalar(.any), _): return nil
    case (.object(let name), .object(let members)):
      guard let known = all[name] else { return nil }
      for member in members {
        guard let field = known[member.key] else { continue }
        if let problem = mismatch(member.value, field.type, owner: name, path: below(member.key)) {
          return problem
        }
      }
      return nil
    case (.list(let items), .array(let elements)):
      for element in elements {
        if let problem = mismatch(element, items, owner: owner, path: path) { return problem }
      }
      return nil
    case (.map(let values), .object(let members)):
      for member in members {
        if let problem = mismatch(member.value, values, owner: owner, path: path) { return problem }
      }
      return nil
    case (.scalar(let scalar), _): return fits(value, scalar) ? nil : wrong(scalar.rawValue)
    case (.object(let name), _): return wrong(name)
    case (.list, _): return wrong("list")
    case (.map, _): return wrong("map")
    }
  }

  private static func fits(_ value: JSONValue, _ scalar: Scalar) -> Bool {
    switch (scalar, value) {
    case (.string, .string), (.bytes, .string), (.time, .string), (.microtime, .string): true
    case (.quantity, .string), (.quantity, .number), (.intstr, .string), (.any, _), (.bool, .bool): true
    // A number such as 3.0 is an integer as well.
    case (.int32, .number(let number)), (.intstr, .number(let number)):
      Int32(exactly: number.double) != nil
    case (.int64, .number(let number)): number.int64 != nil || Int64(exactly: number.double) != nil
    case (_, .secret): true
    default: false
    }
  }
}
