import KubeCore
import KubeSchemas

/// The schemas that one OpenAPI document refers to.
struct OpenAPISchemas {
  private(set) var components = JSONObject()

  /// Adds the schema of a kind and those that it refers to; returns its name.
  mutating func add(_ rules: KindRules, _ version: KindRules.Version) -> String {
    let kind = rules.groupKind
    let type = rules.type(version.name)
    var schema: JSONValue
    let name: String
    if let builtIn = version.type {
      name = add(builtIn, version.table.root)
      schema = components[name] ?? [:]
    } else {
      name = (type.group.split(separator: ".").reversed() + [version.name[...], kind.kind[...]])
        .joined(separator: ".")
      let metadata = OpenAPISchemas.objectMeta.map { add($0, version.table.root.member("metadata")) } ?? ""
      schema = version.schema?.json ?? ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
      schema.set(OpenAPISchemas.reference(metadata), at: ["properties", "metadata"])
      for field in ["apiVersion", "kind"] { schema.set(["type": "string"], at: ["properties", field]) }
    }
    schema["x-kubernetes-group-version-kind"] = [OpenAPIDocuments.gvk(type)]
    components[name] = schema
    return name
  }

  /// Adds the schema of the `scale` subresource of every kind; returns its name.
  mutating func addScale() -> String {
    let type = MemoryAPIServer.scale
    guard let scale = BuiltInType.of(type.groupKind) else { return "" }
    let name = add(scale, FieldTable().root)
    components[name]?["x-kubernetes-group-version-kind"] = [OpenAPIDocuments.gvk(type)]
    return name
  }

  private static let objectMeta: BuiltInType? = {
    guard case .object(let type)? = BuiltInType.of(KindRules.namespace)?["metadata"]?.value else {
      return nil
    }
    return type
  }()

  /// A type's name in Kubernetes' own documents.
  private static func name(of type: TypeName) -> String {
    (packages[type.section] ?? "io.k8s.api.") + type.name
  }

  private static let packages: [String: String] = Dictionary(
    KubernetesSchema.document.sections.map { section in
      let parts = section.apiVersion.split(separator: "/")
      let group = parts.count > 1 ? parts[0].prefix { $0 != "." } : "core"
      let package =
        switch section.name {
        case "meta": "apimachinery.pkg.apis.meta"
        case "apiextensions": "apiextensions-apiserver.pkg.apis.apiextensions"
        case "apiregistration": "kube-aggregator.pkg.apis.apiregistration"
        default: "api." + group
        }
      return (section.name, "io.k8s.\(package).\(parts.last ?? "v1").")
    }, uniquingKeysWith: { first, _ in first })

  static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }

  /// Adds a built-in type, whose fields have the rules of `node`.
  private mutating func add(_ type: BuiltInType, _ node: FieldTable.Node) -> String {
    let name = OpenAPISchemas.name(of: type.name)
    guard components[name] == nil else { return name }
    // Added before the types that it refers to, so that it is added once.
    components[name] = [:]
    var properties = JSONObject()
    for field in type.fields {
      let rules = node.member(field.name)
      var property = schema(of: field.value, rules)
      OpenAPISchemas.annotate(&property, field: field, node: rules)
      properties[field.name] = property
    }
    if type.isKind {
      for field in ["apiVersion", "kind"] { properties[field] = ["type": "string"] }
    }
    let required = type.fields.filter(\.schema.isRequired).map { JSONValue.string($0.name) }
    components[name] = .fields([
      "type": "object", "properties": .object(properties),
      "required": required.isEmpty ? nil : .array(required),
    ])
    return name
  }

  private mutating func schema(of value: BuiltInType.Value, _ node: FieldTable.Node) -> JSONValue {
    switch value {
    case .object(let type): OpenAPISchemas.reference(add(type, node))
    case .list(let items): ["type": "array", "items": schema(of: items, node.items)]
    case .map(let values):
      ["type": "object", "additionalProperties": schema(of: values, node.member(""))]
    case .scalar(let scalar):
      switch scalar {
      case .string: ["type": "string"]
      case .int32, .int64: ["type": "integer", "format": .string(scalar.rawValue)]
      case .double: ["type": "number", "format": "double"]
      case .bool: ["type": "boolean"]
      case .bytes: ["type": "string", "format": "byte"]
      case .time, .microtime: ["type": "string", "format": "date-time"]
      case .duration: ["type": "string", "format": "duration"]
      case .quantity: ["type": "string"]
      case .intstr: ["type": "string", "format": "int-or-string"]
      case .any: ["type": "object"]
      }
    }
  }

  /// Adds the allowed values and the merge strategy of lists.
  private static func annotate(
    _ schema: inout JSONValue, field: BuiltInType.Field, node: FieldTable.Node
  ) {
    if let values = field.schema.values {
      let values = JSONValue.array(values.map { .string($0) })
      switch field.value {
      case .list: schema.set(values, at: ["items", "enum"])
      case .scalar: schema["enum"] = values
      case .map, .object: break
      }
    }
    guard case .list = field.value else {
      if node.retainsKeys { schema = ["allOf": [schema], "x-kubernetes-patch-strategy": "retainKeys"] }
      return
    }
    switch node.structure {
    case .set: schema["x-kubernetes-list-type"] = "set"
    case .listMap(let keys):
      schema["x-kubernetes-list-type"] = "map"
      schema["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
    default: schema["x-kubernetes-list-type"] = "atomic"
    }
    guard node.patch != .replace else { return }
    schema["x-kubernetes-patch-merge-key"] = StrategicMergePatch.mergeKey(node).map { .string($0) }
    schema["x-kubernetes-patch-strategy"] = node.retainsKeys ? "merge,retainKeys" : "merge"
  }
}
