import KubeCore

/// The schemas that one OpenAPI document refers to.
struct OpenAPISchemas {
  private(set) var components = JSONObject()

  /// Adds the schema of a kind, and those that it refers to; returns its name.
  mutating func add(_ rules: KindRules, _ version: KindRules.Version) -> String {
    let kind = rules.groupKind
    let type = rules.type(version.name)
    var schema: JSONValue
    let name: String
    if let typeName = BuiltInTypes.name(of: kind), !rules.isCustom {
      name = add(typeName, version.table.root)
      schema = components[name] ?? [:]
    } else {
      name = (type.group.split(separator: ".").reversed() + [version.name[...], kind.kind[...]])
        .joined(separator: ".")
      let metadata = add("ObjectMeta", version.table.root.member("metadata"))
      schema = version.schema?.json ?? ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
      schema.set(OpenAPISchemas.reference(metadata), at: ["properties", "metadata"])
    }
    for field in ["apiVersion", "kind"] { schema.set(["type": "string"], at: ["properties", field]) }
    schema["x-kubernetes-group-version-kind"] = [OpenAPIDocuments.gvk(type)]
    components[name] = schema
    return name
  }

  /// Adds what the `scale` subresource of every kind shows; returns its name.
  mutating func addScale() -> String {
    let type = MemoryAPIServer.scale
    let name = add(type.kind, FieldTable().root)
    for field in ["apiVersion", "kind"] {
      components[name]?.set(["type": "string"], at: ["properties", field])
    }
    components[name]?["x-kubernetes-group-version-kind"] = [OpenAPIDocuments.gvk(type)]
    return name
  }

  static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }

  /// Adds a built-in type, whose fields have the rules of `node`.
  private mutating func add(_ type: String, _ node: FieldTable.Node) -> String {
    let name = "io.k8s.api." + type
    guard components[name] == nil, let fields = BuiltInTypes.all[type]?.fields else { return name }
    // Before what it refers to: whatever happens, it is added once.
    components[name] = [:]
    var properties = JSONObject()
    for field in fields {
      let rules = node.member(field.name)
      var property = schema(of: field.type, rules)
      OpenAPISchemas.annotate(&property, field, rules)
      properties[field.name] = property
    }
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    components[name] = .fields([
      "type": "object", "properties": .object(properties),
      "required": required.isEmpty ? nil : .array(required),
    ])
    return name
  }

  private mutating func schema(of type: BuiltInTypes.FieldType, _ node: FieldTable.Node) -> JSONValue {
    switch type {
    case .object(let name): OpenAPISchemas.reference(add(name, node))
    case .list(let items): ["type": "array", "items": schema(of: items, node.items)]
    case .map(let values):
      ["type": "object", "additionalProperties": schema(of: values, node.member(""))]
    case .scalar(let scalar):
      switch scalar {
      case .string: ["type": "string"]
      case .int32, .int64: ["type": "integer", "format": .string(scalar.rawValue)]
      case .bool: ["type": "boolean"]
      case .bytes: ["type": "string", "format": "byte"]
      case .time, .microtime: ["type": "string", "format": "date-time"]
      case .quantity: ["type": "string"]
      case .intstr: ["type": "string", "format": "int-or-string"]
      case .any: ["type": "object"]
      }
    }
  }

  /// How lists are merged.
  private static func annotate(
    _ schema: inout JSONValue, _ field: BuiltInTypes.Field, _ node: FieldTable.Node
  ) {
    guard case .list = field.type else {
      if field.name == "strategy" {
        schema = ["allOf": [schema], "x-kubernetes-patch-strategy": "retainKeys"]
      }
      return
    }
    switch node.structure {
    case .set:
      schema["x-kubernetes-list-type"] = "set"
      schema["x-kubernetes-patch-strategy"] = "merge"
    case .listMap(let keys):
      schema["x-kubernetes-list-type"] = "map"
      schema["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
      guard let key = StrategicMergePatch.mergeKey(node, field.name) else { break }
      schema["x-kubernetes-patch-merge-key"] = .string(key)
      schema["x-kubernetes-patch-strategy"] = field.name == "volumes" ? "merge,retainKeys" : "merge"
    default: schema["x-kubernetes-list-type"] = "atomic"
    }
  }
}
