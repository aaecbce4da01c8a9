extension FieldTable {
  /// The maximum depth of a schema; deeper parts are treated as untyped.
  static let maximumSchemaDepth = 64

  /// Creates the table of a custom resource from the `openAPIV3Schema` of one of its versions: list
  /// types and their keys, map types, defaults, the formats `date-time` and `duration`, and
  /// quantities, which are `x-kubernetes-int-or-string` with ``Quantity/schemaPattern``. Malformed
  /// parts are ignored.
  public init(openAPISchema schema: JSONValue) {
    var root = FieldTable.node(schema, depth: 0)
    // The rules of metadata don't come from the schema.
    root.children[.field("metadata")] = nil
    root.defaults = []
    self.init(root: root)
  }

  private static func node(_ schema: JSONValue, depth: Int) -> Node {
    guard depth < maximumSchemaDepth, let object = schema.object else { return .untyped }
    var node = Node()
    if let value = object["default"], !value.isNull { node.defaults = [.value(value)] }
    let preservesUnknown = object["x-kubernetes-preserve-unknown-fields"]?.bool == true
    let isEmbedded = object["x-kubernetes-embedded-resource"]?.bool == true
    if object["x-kubernetes-int-or-string"]?.bool == true {
      node.scalar = object["pattern"]?.string == Quantity.schemaPattern ? .quantity : .intOrString
      return node
    }
    for member in object["properties"]?.object ?? [:] {
      node.children[.field(member.key)] = self.node(member.value, depth: depth + 1)
    }
    if let values = object["additionalProperties"], values.object != nil || values.bool == true {
      node.structure = .map
      node.children[.values] = self.node(values, depth: depth + 1)
    } else if preservesUnknown || isEmbedded {
      if node.children.isEmpty {
        node.structure = .untyped
      } else {
        node.children[.values] = .untyped
      }
    }
    if let items = object["items"] { node.children[.items] = self.node(items, depth: depth + 1) }
    if object["x-kubernetes-map-type"]?.string == "atomic" { node.structure = .atomic }
    switch object["x-kubernetes-list-type"]?.string {
    case "atomic": node.structure = .atomic
    case "set": node.structure = .set
    case "map":
      let keys = (object["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
      if !keys.isEmpty { node.structure = .listMap(keys: keys) }
    default: break
    }
    switch object["format"]?.string {
    case "date-time": node.scalar = .timestamp
    case "duration": node.scalar = .duration
    default: break
    }
    return node
  }
}
