public import KubeCore

extension FieldTables {
  /// The tables of the kinds that are built into the API server, from ``KubernetesSchema``.
  public static let builtIn = FieldTables(KubernetesSchema.document)

  /// Creates the tables of all kinds of `document`.
  public init(_ document: SchemaDocument) {
    var builder = FieldTableBuilder(document: document)
    self.init()
    for kind in document.kinds {
      let table = builder.table(of: kind)
      // Versions of one kind share a table: a field has the same rules in all of them.
      self[kind.groupKind] = self[kind.groupKind]?.merging(table) ?? table
    }
  }
}

/// A builder of field tables from types' schemas. A type's rules are built once and shared by all
/// fields of the type.
private struct FieldTableBuilder {
  typealias Node = FieldTable.Node

  let document: SchemaDocument
  private var known: [TypeName: Node] = [:]

  init(document: SchemaDocument) { self.document = document }

  mutating func table(of kind: KindSchema) -> FieldTable {
    var root = node(of: kind.name)
    for rule in kind.rules {
      change(&root, at: rule.path.split(separator: ".")[...]) { rule.attribute.change(&$0) }
    }
    // The rules of custom resources' metadata don't come from the document.
    if !document.isBuiltIn { root.children[.field("metadata")] = nil }
    return FieldTable(root: root, omitsEmptyStrings: document.isBuiltIn)
  }

  private func change(_ node: inout Node, at path: ArraySlice<Substring>, _ body: (inout Node) -> Void) {
    guard let first = path.first else { return body(&node) }
    change(&node.children[.field(String(first)), default: Node()], at: path.dropFirst(), body)
  }

  private mutating func node(of name: TypeName) -> Node {
    if let node = known[name] { return node }
    // A type that contains itself has no rules inside itself.
    known[name] = Node()
    var children: [FieldTable.Step: Node] = [:]
    for field in document.members(of: name) {
      let node = node(of: field)
      if node != Node() { children[.field(field.name)] = node }
    }
    var node = Node(structure: document.type(name)?.isAtomic == true ? .atomic : .unstated)
    node.children = children
    known[name] = node
    return node
  }

  private mutating func node(of field: FieldSchema) -> Node {
    var node = node(of: field.type)
    switch field.type {
    case _ where !document.isBuiltIn: break
    case .scalar(.string), .scalar(.bytes): node.isWrittenWhenEmpty = !field.isOmittedWhenZero
    case .scalar: node.isOmittedWhenZero = field.isOmittedWhenZero
    case .type, .list, .map: break
    }
    let isMap = if case .map = field.type { true } else { false }
    for attribute in field.attributes { attribute.change(&node, isMap: isMap) }
    if node.structure == .atomic, case .map(let entries) = field.type {
      // The structure doesn't show that it is a map.
      node.children[.values] = self.node(of: entries)
    }
    return node
  }

  private mutating func node(of type: FieldSchema.Kind) -> Node {
    var node = Node()
    switch type {
    case .scalar(.any): return .untyped
    case .scalar(.quantity): node.scalar = .quantity
    case .scalar(.time), .scalar(.microtime): node.scalar = .timestamp
    case .scalar(.duration): node.scalar = .duration
    case .scalar(.intstr): node.scalar = .intOrString
    case .scalar: break
    case .type(let name):
      var node = self.node(of: name)
      // An object inside another says what it is, or the server does.
      if let kind = document.kind(of: name) {
        node.children[.field("apiVersion"), default: Node()].defaults = [.value(.string(kind.apiVersion))]
        node.children[.field("kind"), default: Node()].defaults = [.value(.string(name.name))]
        let filled = node.children[.field("status")]?.children.compactMap { step, child in
          if case (.field(let name), .value(let value)?) = (step, child.defaults.first) {
            (name, value)
          } else {
            nil
          }
        }
        if let filled, !filled.isEmpty {
          node.children[.field("status")]?.defaults = [.value(.object(JSONObject(filled)))]
        }
      }
      return node
    case .list(let items):
      let inner = self.node(of: items)
      if inner != Node() { node.children = [.items: inner] }
    case .map(let entries):
      node.structure = .map
      let inner = self.node(of: entries)
      if inner != Node() { node.children = [.values: inner] }
    }
    return node
  }
}

extension FieldSchema.Attribute {
  fileprivate func change(_ node: inout FieldTable.Node, isMap: Bool = false) {
    switch self {
    case .listMap(let keys): node.structure = .listMap(keys: keys)
    case .set: node.structure = .set
    case .atomic: node.structure = .atomic
    case .granular: node.structure = isMap ? .map : .granular
    case .merge(let key): node.patch = .merge(key: key)
    case .retainKeys: node.retainsKeys = true
    case .default(let value): node.defaults.append(FieldTable.Default(value))
    case .immutable: node.isImmutable = true
    case .values, .omittedWhenZero, .secret, .other: break
    }
  }
}

extension FieldTable.Default {
  fileprivate init(_ value: FieldSchema.Default) {
    self =
      switch value {
      case .value(let value): .value(value)
      case .ifSibling(let sibling, let values, let value):
        .ifSibling(sibling, isOneOf: values.map { .string($0) }, value)
      case .copy(let sibling): .copy(of: sibling)
      case .imagePullPolicy: .imagePullPolicy
      }
  }
}
