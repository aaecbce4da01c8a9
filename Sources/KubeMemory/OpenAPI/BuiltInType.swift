import KubeCore
import KubeSchemas

/// A type of the built-in kinds (`KubernetesSchema`) with its fields by name. One instance per type
/// and process.
final class BuiltInType: Sendable {
  /// The type of a field's value.
  indirect enum Value: Sendable {
    case scalar(FieldSchema.Scalar)
    case object(BuiltInType)
    case list(Value)
    case map(Value)

    /// The type of the value, its items or its entries.
    var type: BuiltInType? {
      switch self {
      case .scalar: nil
      case .object(let type): type
      case .list(let items): items.type
      case .map(let entries): entries.type
      }
    }
  }

  struct Field: Sendable {
    var schema: FieldSchema
    var value: Value

    var name: String { schema.name }
  }

  let name: TypeName
  /// Whether it is a kind's: such objects say their `apiVersion` and `kind` wherever they are.
  let isKind: Bool
  /// The fields as protobuf has them: those of a field `*` are in a message of their own.
  let message: [Field]
  /// The fields of the JSON object.
  let fields: [Field]
  private let byName: [String: Field]
  /// Whether the type, or one inside it, has required fields or fields with a fixed set of values.
  let hasRules: Bool

  private init(_ name: TypeName, isKind: Bool, _ message: [Field]) {
    self.name = name
    self.isKind = isKind
    self.message = message
    fields = message.flatMap { field -> [Field] in
      guard field.name == "*", case .object(let inner) = field.value else { return [field] }
      return inner.fields
    }
    byName = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    hasRules = fields.contains {
      $0.schema.isRequired || $0.schema.values != nil || $0.value.type?.hasRules == true
    }
  }

  subscript(name: String) -> Field? { byName[name] }

  /// The type of a kind's objects; `nil` where the kind isn't built in.
  static func of(_ kind: GroupKind) -> BuiltInType? { kinds[kind] }

  private static let kinds: [GroupKind: BuiltInType] = {
    var types: [TypeName: BuiltInType] = [:]
    let document = KubernetesSchema.document
    return Dictionary(
      document.kinds.compactMap { kind in
        make(kind.name, in: document, types: &types).map { (kind.groupKind, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }()

  /// Creates the type called `name` and those that it contains; `nil` where there is none. No type
  /// contains itself.
  private static func make(
    _ name: TypeName, in document: SchemaDocument, types: inout [TypeName: BuiltInType]
  ) -> BuiltInType? {
    if let type = types[name] { return type }
    guard let schema = document.type(name) else { return nil }
    let fields = schema.fields.map { field in
      Field(schema: field, value: value(of: field.type, document, &types))
    }
    let isKind = document.kind(of: name) != nil || name == TypeName(section: "meta", name: "DeleteOptions")
    let type = BuiltInType(name, isKind: isKind, fields)
    types[name] = type
    return type
  }

  private static func value(
    of kind: FieldSchema.Kind, _ document: SchemaDocument, _ types: inout [TypeName: BuiltInType]
  ) -> Value {
    switch kind {
    case .scalar(let scalar): .scalar(scalar)
    case .type(let name): make(name, in: document, types: &types).map { .object($0) } ?? .scalar(.any)
    case .list(let items): .list(value(of: items, document, &types))
    case .map(let entries): .map(value(of: entries, document, &types))
    }
  }

  /// The members that the server writes even where nothing is set; `null` for lists, maps and
  /// pointers.
  var skeleton: JSONValue {
    .object(
      JSONObject(
        fields.lazy.filter {
          $0.schema.isAlwaysWritten || $0.schema.isRequired
            || BuiltInType.structs.contains("\(self.name.name).\($0.name)")
        }.map { ($0.name, $0.value.skeleton) }))
  }

  /// The optional fields of types that have no pointer in Go, and so are always written: the schema
  /// doesn't contain this, because typed values may lack them.
  private static let structs: Set<String> = [
    "DaemonSetSpec.updateStrategy", "DeploymentSpec.strategy", "StatefulSetSpec.updateStrategy",
  ]
}

extension BuiltInType.Value {
  /// The value that the server writes where nothing is set.
  fileprivate var skeleton: JSONValue {
    switch self {
    case .object(let type): type.skeleton
    case .list, .map: .null
    case .scalar(let scalar):
      switch scalar {
      case .string, .bytes, .duration: ""
      case .int32, .int64, .double: 0
      case .bool: false
      case .quantity: "0"
      case .intstr: 0
      case .time, .microtime, .any: .null
      }
    }
  }
}

extension FieldSchema.Scalar {
  /// Whether the value is a string or a pointer in Go, which may be missing.
  var isText: Bool {
    switch self {
    case .string, .bytes, .time, .microtime, .duration: true
    case .int32, .int64, .double, .bool, .quantity, .intstr, .any: false
    }
  }
}
