import KubeCore

/// A custom resource's structural schema (`openAPIV3Schema`): its fields and their allowed values.
///
/// All keywords of a structural schema are evaluated except CEL rules, which are in
/// ``ValidationRules``. Parts that can't be evaluated, such as a pattern with a class that
/// ``RE2Pattern`` doesn't support, are reported when the schema is read.
final class CustomResourceSchema: Sendable {
  let type: String?
  let properties: [String: CustomResourceSchema]
  /// The schema of a map's values (`additionalProperties`).
  let values: CustomResourceSchema?
  let items: CustomResourceSchema?
  let required: [String]
  let allowed: [JSONValue]
  let isNullable: Bool
  let isIntOrString: Bool
  let preservesUnknown: Bool
  let isEmbedded: Bool
  let takesAnyMember: Bool
  let bounds: Bounds
  let pattern: RE2Pattern?
  let format: Format?
  let composition: Composition?
  /// The identity of a list's elements (`x-kubernetes-list-type`), with keys as expressions name
  /// them.
  let listKind: CELList.Kind
  /// The keys in their original spelling.
  let listKeys: [String]

  struct Bounds: Sendable {
    var minimum: Double?
    var maximum: Double?
    var excludesMinimum = false
    var excludesMaximum = false
    var multipleOf: Double?
    var minLength: Int64?
    var maxLength: Int64?
    var minItems: Int64?
    var maxItems: Int64?
    var hasUniqueItems = false
    var minProperties: Int64?
    var maxProperties: Int64?
  }

  /// A format with its name in the schema.
  struct Format: Sendable {
    var name: String
    var format: StringFormat
  }

  /// Further schemas that a value must satisfy.
  struct Composition: Sendable {
    var all: [CustomResourceSchema] = []
    var any: [CustomResourceSchema] = []
    var one: [CustomResourceSchema] = []
    var not: CustomResourceSchema?
  }

  /// The maximum depth of a schema; deeper parts accept any value.
  static let maximumDepth = 64

  /// Reads a schema at `path`, and adds the parts that can't be evaluated to `unevaluated`.
  init(_ schema: JSONValue, at path: String = "", depth: Int = 0, unevaluated: inout [String]) {
    let isTooDeep = depth >= CustomResourceSchema.maximumDepth
    if isTooDeep { unevaluated.append("\(path), which nests too deeply") }
    let object = isTooDeep ? [:] : schema.object ?? [:]
    func nested(_ value: JSONValue, _ place: String) -> CustomResourceSchema {
      CustomResourceSchema(value, at: path + place, depth: depth + 1, unevaluated: &unevaluated)
    }
    type = object["type"]?.string
    var properties: [String: CustomResourceSchema] = [:]
    for member in object["properties"]?.object ?? [:] {
      properties[member.key] = nested(member.value, "." + member.key)
    }
    self.properties = properties
    let additional = object["additionalProperties"]
    values = additional?.object != nil ? additional.map { nested($0, "[*]") } : nil
    takesAnyMember = additional?.bool == true
    items = object["items"].map { nested($0, "[*]") }
    required = (object["required"]?.array ?? []).compactMap(\.string)
    allowed = object["enum"]?.array ?? []
    isNullable = object["nullable"]?.bool == true
    isIntOrString = object["x-kubernetes-int-or-string"]?.bool == true
    isEmbedded = object["x-kubernetes-embedded-resource"]?.bool == true
    preservesUnknown =
      isTooDeep || object["x-kubernetes-preserve-unknown-fields"]?.bool == true || object.isEmpty
    bounds = Bounds(object)
    pattern = CustomResourceSchema.pattern(object, at: path, unevaluated: &unevaluated)
    format = CustomResourceSchema.format(object, at: path, unevaluated: &unevaluated)
    listKeys = (object["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
    switch object["x-kubernetes-list-type"]?.string {
    case "set": listKind = .set
    case "map": listKind = .map(keys: listKeys.map { CELName.escaped($0) ?? $0 })
    default: listKind = .atomic
    }
    func schemas(_ keyword: String) -> [CustomResourceSchema] {
      (object[keyword]?.array ?? []).map { nested($0, "") }
    }
    let composition = Composition(
      all: schemas("allOf"), any: schemas("anyOf"), one: schemas("oneOf"),
      not: object["not"].map { nested($0, "") })
    let isPlain =
      composition.all.isEmpty && composition.any.isEmpty && composition.one.isEmpty && composition.not == nil
    self.composition = isPlain ? nil : composition
  }

  private static func pattern(_ object: JSONObject, at path: String, unevaluated: inout [String])
    -> RE2Pattern?
  {
    guard let text = object["pattern"]?.string, !text.isEmpty else { return nil }
    do {
      return try RE2Pattern(text)
    } catch {
      unevaluated.append("\(path): pattern '\(text.prefix(120))' (\(error))")
      return nil
    }
  }

  private static func format(_ object: JSONObject, at path: String, unevaluated: inout [String]) -> Format? {
    guard let name = object["format"]?.string, ["string", ""].contains(object["type"]?.string ?? "") else {
      return nil
    }
    if StringFormat.unchecked.contains(StringFormat.plainName(name)) {
      unevaluated.append("\(path): format \(name)")
    }
    // The API server also ignores an unknown format.
    return StringFormat(name: name).map { Format(name: name, format: $0) }
  }

  // MARK: Pruning

  /// The `object` without fields that the schema doesn't have, and their paths. The root's
  /// `apiVersion`, `kind` and `metadata` are kept.
  func pruned(_ object: JSONValue) -> (object: JSONValue, unknown: [String]) {
    var unknown: [String] = []
    let result = prune(object, at: "", isResource: true, unknown: &unknown)
    return (result, unknown)
  }

  private func prune(_ value: JSONValue, at path: String, isResource: Bool, unknown: inout [String])
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
            member.value, at: place, isResource: schema.isEmbedded, unknown: &unknown)
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
          items.prune($1, at: "\(path)[\($0)]", isResource: items.isEmbedded, unknown: &unknown)
        })
    default: return value
    }
  }
}

extension CustomResourceSchema.Bounds {
  init(_ object: JSONObject) {
    func number(_ key: String) -> Double? {
      if case .number(let number)? = object[key] { return number.double }
      return nil
    }
    minimum = number("minimum")
    maximum = number("maximum")
    excludesMinimum = object["exclusiveMinimum"]?.bool == true
    excludesMaximum = object["exclusiveMaximum"]?.bool == true
    multipleOf = number("multipleOf")
    minLength = object["minLength"]?.int64
    maxLength = object["maxLength"]?.int64
    minItems = object["minItems"]?.int64
    maxItems = object["maxItems"]?.int64
    hasUniqueItems = object["uniqueItems"]?.bool == true
    minProperties = object["minProperties"]?.int64
    maxProperties = object["maxProperties"]?.int64
  }
}
