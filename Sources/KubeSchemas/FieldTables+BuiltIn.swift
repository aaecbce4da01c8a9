public import KubeCore

extension FieldTables {
  /// The tables of the kinds that are built into the API server (Kubernetes 1.36).
  public static let builtIn: FieldTables = {
    var builder = FieldTableBuilder(KubernetesSchema.document)
    return FieldTables(
      Dictionary(
        KubernetesSchema.document.kinds.map { ($0.groupKind, builder.table($0)) },
        uniquingKeysWith: { first, _ in first }))
  }()
}

/// Makes field tables of schemas; a type that many kinds have is looked at once.
struct FieldTableBuilder {
  private let document: SchemaDocument
  private var types: [TypeName: FieldTable.Node] = [:]

  init(_ document: SchemaDocument) { self.document = document }

  /// The table of a kind. Its metadata have the rules of all kinds' metadata.
  mutating func table(_ kind: KindSchema) -> FieldTable {
    var root = node(kind.name)
    root.children[.field("metadata")] = nil
    root.structure = .unstated
    var table = FieldTable(root: root, omitsEmptyStrings: true)
    for rule in kind.rules {
      switch rule.attribute {
      case .immutable: table.add(.immutable, at: rule.path)
      case .default(.value(let value)): table.add(.default(value), at: rule.path)
      default: continue
      }
    }
    return table
  }

  private mutating func node(_ name: TypeName) -> FieldTable.Node {
    if let node = types[name] { return node }
    // Before its members, so that a type that reaches itself comes to an end.
    types[name] = FieldTable.Node()
    var node = FieldTable.Node()
    var children: [FieldTable.Step: FieldTable.Node] = [:]
    for field in document.members(of: name) {
      let member = self.node(field)
      if member != FieldTable.Node() { children[.field(field.name)] = member }
    }
    node.children = children
    if document.type(name)?.isAtomic == true { node.structure = .atomic }
    types[name] = node
    return node
  }

  private mutating func node(_ field: FieldSchema) -> FieldTable.Node {
    var node = self.node(field.type)
    node.isOmittedWhenZero = field.isOmittedWhenZero
    for attribute in field.attributes {
      switch attribute {
      case .listMap(let keys): node.structure = .listMap(keys: keys)
      case .set: node.structure = .set
      case .atomic: node.structure = .atomic
      case .granular: if case .map = field.type { node.structure = .map } else { node.structure = .granular }
      case .immutable: node.isImmutable = true
      case .default(let value): node.defaults.append(FieldTableBuilder.filledIn(value))
      case .merge, .retainKeys, .values, .omittedWhenZero, .secret, .other: continue
      }
    }
    return node
  }

  private mutating func node(_ type: FieldSchema.Kind) -> FieldTable.Node {
    switch type {
    case .scalar(let scalar):
      var node = FieldTable.Node()
      switch scalar {
      case .quantity: node.scalar = .quantity
      case .intstr: node.scalar = .intOrString
      case .time, .microtime: node.scalar = .timestamp
      case .any: node.structure = .untyped
      case .string, .int32, .int64, .double, .bool, .bytes: break
      }
      return node
    case .type(let name): return node(name)
    case .list(let items):
      var node = FieldTable.Node()
      let inner = self.node(items)
      if inner != FieldTable.Node() { node.children = [.items: inner] }
      return node
    case .map(let entries):
      var node = FieldTable.Node(structure: .map)
      let inner = self.node(entries)
      if inner != FieldTable.Node() { node.children = [.values: inner] }
      return node
    }
  }

  private static func filledIn(_ value: FieldSchema.Default) -> FieldTable.Default {
    switch value {
    case .value(let value): .value(value)
    case .ifSibling(let sibling, let values, let value):
      .ifSibling(sibling, isOneOf: values.map { .string($0) }, value)
    case .copy(let sibling): .copy(of: sibling)
    case .imagePullPolicy: .imagePullPolicy
    }
  }
}
