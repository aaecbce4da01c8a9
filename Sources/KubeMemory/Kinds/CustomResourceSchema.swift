import KubeCore

/// A custom resource's structural schema (`openAPIV3Schema`): which fields there are and which values they
/// take.
///
/// Checked: types, required members, enumerations, bounds of numbers, strings, lists and objects. What isn't
/// evaluated, such as patterns, `allOf` and its kin and CEL rules, `unevaluatedRules(of:)` names.
final class CustomResourceSchema: Sendable {
  private let type: String?
  private let properties: [String: CustomResourceSchema]
  private let values: CustomResourceSchema?
  private let items: CustomResourceSchema?
  private let required: [String]
  private let allowed: [JSONValue]
  private let isNullable: Bool
  private let isIntOrString: Bool
  private let preservesUnknown: Bool
  private let isEmbedded: Bool
  private let takesAnyMember: Bool
  private let bounds: Bounds

  private struct Bounds: Sendable {
    var minimum: Double?
    var maximum: Double?
    var minLength: Int64?
    var maxLength: Int64?
    var minItems: Int64?
    var maxItems: Int64?
    var minProperties: Int64?
    var maxProperties: Int64?
  }

  /// How deeply a schema may nest; what is deeper takes anything.
  static let maximumDepth = 64

  init(_ schema: JSONValue, depth: Int = 0) {
    let isTooDeep = depth >= CustomResourceSchema.maximumDepth
    let object = isTooDeep ? [:] : schema.object ?? [:]
    type = object["type"]?.string
    var properties: [String: CustomResourceSchema] = [:]
    for member in object["properties"]?.object ?? [:] {
      properties[member.key] = CustomResourceSchema(member.value, depth: depth + 1)
    }
    self.properties = properties
    let additional = object["additionalProperties"]
    values =
      additional?.object != nil
      ? additional.map { CustomResourceSchema($0, depth: depth + 1) } : nil
    takesAnyMember = additional?.bool == true
    items = object["items"].map { CustomResourceSchema($0, depth: depth + 1) }
    required = (object["required"]?.array ?? []).compactMap(\.string)
    allowed = object["enum"]?.array ?? []
    isNullable = object["nullable"]?.bool == true
    isIntOrString = object["x-kubernetes-int-or-string"]?.bool == true
    isEmbedded = object["x-kubernetes-embedded-resource"]?.bool == true
    preservesUnknown =
      isTooDeep || object["x-kubernetes-preserve-unknown-fields"]?.bool == true || object.isEmpty
    func number(_ key: String) -> Double? {
      if case .number(let number)? = object[key] { return number.double }
      return nil
    }
    bounds = Bounds(
      minimum: number("minimum"), maximum: number("maximum"), minLength: object["minLength"]?.int64,
      maxLength: object["maxLength"]?.int64, minItems: object["minItems"]?.int64,
      maxItems: object["maxItems"]?.int64, minProperties: object["minProperties"]?.int64,
      maxProperties: object["maxProperties"]?.int64)
  }

  private static let unevaluatedKeywords: Set<String> = [
    "allOf", "anyOf", "exclusiveMaximum", "exclusiveMinimum", "multipleOf", "not", "oneOf", "pattern",
    "uniqueItems", "x-kubernetes-validations",
  ]

  /// The keywords of `schema` that say something of values and aren't evaluated, in order.
  static func unevaluatedRules(of schema: JSONValue) -> [String] {
    var found: Set<String> = []
    func walk(_ schema: JSONValue, _ depth: Int) {
      guard let object = schema.object, depth < maximumDepth else { return }
      for member in object {
        switch member.key {
        case "properties": for property in member.value.object ?? [:] { walk(property.value, depth + 1) }
        case "items", "additionalProperties": walk(member.value, depth + 1)
        case let keyword where unevaluatedKeywords.contains(keyword): found.insert(keyword)
        default: break
        }
      }
    }
    walk(schema, 0)
    return found.sorted()
  }

  // MARK: Pruning

  /// `object` without fields that the schema doesn't have, and the paths of those. The root's `apiVersion`,
  /// `kind` and `metadata` stay.
  func pruned(_ object: JSONValue) -> (object: JSONValue, unknown: [String]) {
    var unknown: [String] = []
    let result = prune(object, "", isResource: true, &unknown)
    return (result, unknown)
  }

  private func prune(_ value: JSONValue, _ path: String, isResource: Bool, _ unknown: inout [String])
    -> JSONValue
  {
    switch value {
    case .object(let object):
      var result = JSONObject()
      for member in object {
        let place = path.isEmpty ? member.key : path + "." + member.key
        if isResource && ["apiVersion", "kind", "metadata"].contains(member.key) {
          result[member.key] = member.value
        } else if let schema = properties[member.key] ?? values {
          if member.value.isNull && !schema.isNullable { continue }
          result[member.key] = schema.prune(
            member.value, place, isResource: schema.isEmbedded, &unknown)
        } else if preservesUnknown || takesAnyMember {
          result[member.key] = member.value
        } else {
          unknown.append(place)
        }
      }
      return .object(result)
    case .array(let elements):
      guard let items else { return value }
      return .array(
        elements.enumerated().map {
          items.prune($1, "\(path)[\($0)]", isResource: items.isEmbedded, &unknown)
        })
    default: return value
    }
  }

  // MARK: Validation

  /// The most violations that are reported of one object.
  static let maximumCauses = 10

  /// What is wrong with `object`.
  func problems(in object: JSONValue) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    check(object, "", isResource: true, &causes)
    return Array(causes.prefix(CustomResourceSchema.maximumCauses))
  }

  private func check(
    _ value: JSONValue, _ path: String, isResource: Bool, _ causes: inout [APIFailure.Cause]
  ) {
    guard causes.count < CustomResourceSchema.maximumCauses else { return }
    func wrong(_ rule: String) {
      causes.append(.invalid(path, CustomResourceSchema.shown(value), "\(path) in body should \(rule)"))
    }
    if value.isNull && isNullable { return }
    guard hasType(value) else {
      let expected = isIntOrString ? "integer,string" : type ?? "object"
      causes.append(
        APIFailure.Cause(
          reason: "FieldValueTypeInvalid",
          message:
            "Invalid value: \"\(typeName(value))\": \(path.isEmpty ? "(root)" : path) in body must be of type "
            + "\(expected): \"\(typeName(value))\"", field: path.isEmpty ? "<nil>" : path))
      return
    }
    if !allowed.isEmpty && !allowed.contains(value) {
      let names = allowed.map { JSONWriter().text($0) }.joined(separator: ", ")
      causes.append(
        APIFailure.Cause(
          reason: "FieldValueNotSupported",
          message: "Unsupported value: \(CustomResourceSchema.shown(value)): supported values: \(names)",
          field: path))
    }
    switch value {
    case .number(let number):
      if let least = bounds.minimum, number.double < least {
        wrong("be greater than or equal to \(text(least))")
      }
      if let most = bounds.maximum, number.double > most { wrong("be less than or equal to \(text(most))") }
    case .string(let string):
      let length = Int64(string.unicodeScalars.count)
      if let least = bounds.minLength, length < least { wrong("be at least \(least) chars long") }
      if let most = bounds.maxLength, length > most {
        causes.append(
          APIFailure.Cause(
            reason: "FieldValueTooLong", message: "Too long: may not be more than \(most) bytes", field: path)
        )
      }
    case .array(let elements):
      if let least = bounds.minItems, elements.count < least { wrong("have at least \(least) items") }
      if let most = bounds.maxItems, elements.count > most {
        causes.append(
          APIFailure.Cause(
            reason: "FieldValueTooMany",
            message: "Too many: \(elements.count): must have at most \(most) items", field: path))
      }
      if let items {
        for (index, element) in elements.enumerated() {
          items.check(element, "\(path)[\(index)]", isResource: items.isEmbedded, &causes)
        }
      }
    case .object(let object):
      checkMembers(object, path, isResource: isResource, &causes)
      if let least = bounds.minProperties, object.count < least { wrong("have at least \(least) properties") }
      if let most = bounds.maxProperties, object.count > most { wrong("have at most \(most) properties") }
    case .null, .bool, .secret: break
    }
  }

  private func checkMembers(
    _ object: JSONObject, _ path: String, isResource: Bool, _ causes: inout [APIFailure.Cause]
  ) {
    for name in required where !object.contains(name) {
      if isResource && ["apiVersion", "kind", "metadata"].contains(name) { continue }
      causes.append(.required(path.isEmpty ? name : path + "." + name))
    }
    for member in object {
      if isResource && ["apiVersion", "kind", "metadata"].contains(member.key) { continue }
      guard let schema = properties[member.key] ?? values else { continue }
      let place = path.isEmpty ? member.key : path + "." + member.key
      schema.check(member.value, place, isResource: schema.isEmbedded, &causes)
    }
  }

  private func hasType(_ value: JSONValue) -> Bool {
    if isIntOrString { return value.int64 != nil || value.string != nil }
    switch type {
    case "object": return value.object != nil
    case "array": return value.array != nil
    case "string": return value.string != nil
    case "boolean": return value.bool != nil
    case "integer":
      guard case .number(let number) = value else { return false }
      return number.int64 != nil || number.double.rounded() == number.double
    case "number":
      if case .number = value { return true }
      return false
    default: return true
    }
  }

  private func typeName(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .number(let number): number.int64 == nil ? "number" : "integer"
    case .string, .secret: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private func text(_ bound: Double) -> String { Int64(exactly: bound).map { String($0) } ?? String(bound) }

  /// A value as messages show it.
  static func shown(_ value: JSONValue) -> String { JSONWriter().text(value) }
}
