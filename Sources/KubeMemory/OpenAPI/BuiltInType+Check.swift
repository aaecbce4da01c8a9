import KubeCore
import KubeSchemas

extension BuiltInType {
  /// The `object` without members that the type doesn't have, and their paths.
  func pruned(_ object: JSONValue) -> (object: JSONValue, unknown: [String]) {
    // Nearly always there is nothing to prune.
    if BuiltInType.isKnown(object, .object(self)) { return (object, []) }
    var unknown: [String] = []
    let result = BuiltInType.prune(object, as: .object(self), at: "", unknown: &unknown)
    return (result, unknown)
  }

  private static let kindMembers: Set<String> = ["apiVersion", "kind"]

  private static func isKnown(_ value: JSONValue, _ type: Value) -> Bool {
    switch (type, value) {
    case (.object(let known), .object(let members)):
      return members.allSatisfy { member in
        guard let field = known[member.key] else {
          return known.isKind && kindMembers.contains(member.key)
        }
        return isKnown(member.value, field.value)
      }
    case (.list(let items), .array(let elements)): return elements.allSatisfy { isKnown($0, items) }
    case (.map(let entries), .object(let members)):
      if case .scalar = entries { return true }
      return members.allSatisfy { isKnown($0.value, entries) }
    default: return true
    }
  }

  private static func prune(
    _ value: JSONValue, as type: Value, at path: String, unknown: inout [String]
  ) -> JSONValue {
    switch (type, value) {
    case (.object(let known), .object(let members)):
      var result = JSONObject()
      for member in members {
        let place = path.isEmpty ? member.key : path + "." + member.key
        if let field = known[member.key] {
          result[member.key] = prune(member.value, as: field.value, at: place, unknown: &unknown)
        } else if known.isKind && kindMembers.contains(member.key) {
          result[member.key] = member.value
        } else {
          unknown.append(place)
        }
      }
      return .object(result)
    case (.list(let items), .array(let elements)):
      return .array(
        elements.enumerated().map { prune($1, as: items, at: "\(path)[\($0)]", unknown: &unknown) })
    case (.map(let entries), .object(let members)):
      return .object(
        JSONObject(
          members.map { ($0.key, prune($0.value, as: entries, at: "\(path).\($0.key)", unknown: &unknown)) }))
    default: return value
    }
  }

  /// The type error of the first value of `object` that its field can't hold; never the value
  /// itself.
  func mismatch(in object: JSONValue) -> String? {
    BuiltInType.mismatch(object, .object(self), owner: name.name, path: "")
  }

  private static func mismatch(_ value: JSONValue, _ type: Value, owner: String, path: String) -> String? {
    func wrong(_ expected: String) -> String {
      BuiltInType.mismatch(value, is: expected, in: owner, at: path)
    }
    func below(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
    switch (type, value) {
    case (_, .null), (.scalar(.any), _): return nil
    case (.object(let known), .object(let members)):
      for member in members {
        guard let field = known[member.key] else {
          guard known.isKind, kindMembers.contains(member.key), member.value != .null,
            !fits(member.value, .string)
          else { continue }
          return mismatch(member.value, is: "string", in: known.name.name, at: below(member.key))
        }
        if let problem = mismatch(member.value, field.value, owner: known.name.name, path: below(member.key))
        {
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
    case (.object(let type), _): return wrong(type.name.name)
    case (.list, _): return wrong("list")
    case (.map, _): return wrong("map")
    }
  }

  private static func mismatch(_ value: JSONValue, is expected: String, in owner: String, at path: String)
    -> String
  {
    let kind = value.kindName.split(separator: " ").last ?? ""
    return "json: cannot unmarshal \(kind) into Go struct field \(owner).\(path) of type \(expected)"
  }

  private static func fits(_ value: JSONValue, _ scalar: FieldSchema.Scalar) -> Bool {
    switch (scalar, value) {
    case (.string, .string), (.bytes, .string), (.time, .string), (.microtime, .string), (.duration, .string):
      true
    case (.quantity, .string), (.quantity, .number), (.intstr, .string), (.any, _), (.bool, .bool): true
    // A number such as 3.0 is an integer as well.
    case (.int32, .number(let number)), (.intstr, .number(let number)):
      Int32(exactly: number.double) != nil
    case (.int64, .number(let number)): number.int64 != nil || Int64(exactly: number.double) != nil
    case (.double, .number), (_, .secret): true
    default: false
    }
  }
}
