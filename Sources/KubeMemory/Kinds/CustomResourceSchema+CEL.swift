import KubeCore

/// The view of CEL expressions on a custom resource.
extension CustomResourceSchema {
  /// The static knowledge of a member.
  enum Member {
    case any
    case undefined
    case schema(CustomResourceSchema, isResource: Bool)
  }

  /// An object's metadata in expressions.
  private static let metadata: CustomResourceSchema = {
    var unevaluated: [String] = []
    return CustomResourceSchema(
      [
        "type": "object",
        "properties": ["name": ["type": "string"], "generateName": ["type": "string"]],
      ], unevaluated: &unevaluated)
  }()

  /// Whether a value has fields and no keys.
  var isCELObject: Bool { type == "object" && (!properties.isEmpty || isEmbedded || values == nil) }

  /// The schema of a list's elements or of a map's values.
  var element: CustomResourceSchema? { type == "array" ? items : isCELObject ? nil : values }

  /// The schema of a list's elements.
  var listElement: CustomResourceSchema? { type == "array" ? items : nil }

  /// The member that an expression selects with `field`.
  func member(_ field: String, isResource: Bool) -> Member {
    switch type {
    case "object": break
    case nil: return .any
    default: return .undefined
    }
    if isResource || isEmbedded {
      if field == "metadata" { return .schema(CustomResourceSchema.metadata, isResource: false) }
      if field == "kind" || field == "apiVersion" { return .any }
    }
    if !isCELObject { return values.map { .schema($0, isResource: $0.isEmbedded) } ?? .any }
    guard let (_, schema) = properties.first(where: { CELName.escaped($0.key) == field }) else {
      return .undefined
    }
    return .schema(schema, isResource: schema.isEmbedded)
  }

  /// The `value` in expressions: only declared fields, absent where they are null, strings by their
  /// format.
  func celValue(_ value: JSONValue, isResource: Bool = false) -> CELValue {
    switch value {
    case .null, .secret: return .null
    case .bool(let bool): return .bool(bool)
    case .number(let number):
      if type != "number", let integer = number.wholeInt64 { return .int(integer) }
      return .double(number.double)
    case .string(let text): return CustomResourceSchema.celValue(text, format: format?.format)
    case .array(let elements):
      guard let items else { return .list(CELList(elements: [])) }
      return .list(
        CELList(elements: elements.map { items.celValue($0, isResource: items.isEmbedded) }, kind: listKind))
    case .object(let object): return .map(celMap(object, isResource: isResource || isEmbedded))
    }
  }

  private func celMap(_ object: JSONObject, isResource: Bool) -> CELMap {
    var entries: [CELMap.Entry] = []
    func add(_ key: String, _ value: CELValue) {
      entries.append(CELMap.Entry(key: .string(key), value: value))
    }
    guard isCELObject || isResource else {
      for member in object {
        guard let values else { continue }
        add(member.key, values.celValue(member.value, isResource: values.isEmbedded))
      }
      return CELMap(entries)
    }
    for member in object where !member.value.isNull {
      if isResource, member.key == "metadata" {
        add(member.key, CustomResourceSchema.metadata.celValue(member.value))
      } else if isResource, let text = member.value.string, ["apiVersion", "kind"].contains(member.key) {
        add(member.key, .string(text))
      } else if let schema = properties[member.key], let name = CELName.escaped(member.key) {
        add(name, schema.celValue(member.value, isResource: schema.isEmbedded))
      }
    }
    return CELMap(entries, isObject: true)
  }

  private static func celValue(_ text: String, format: StringFormat?) -> CELValue {
    switch format {
    case .duration: if let duration = GoDuration(text) { return .duration(duration.nanoseconds) }
    case .date: if let time = CELConversion.timestamp(text + "T00:00:00Z") { return .timestamp(time) }
    case .datetime: if let time = CELConversion.timestamp(text) { return .timestamp(time) }
    case .byte: if let bytes = Base64.decode(text) { return .bytes(bytes) }
    default: break
    }
    return .string(text)
  }
}
