/// A typed view over a JSON object: its properties read and write the members of one exact object.
///
/// Members that a type doesn't know are kept, at any depth, and a member is decoded when it is
/// read. `init(from:)` checks all members that the type knows once (``shape``), so that a getter
/// never fails. Two views are equal when their members are.
public protocol JSONView: JSONConvertible {
  /// The members, as they were read or set.
  var fields: JSONObject { get set }

  /// Creates a view over `fields` without a check: the getter of a member of a wrong type returns
  /// its default.
  init(unchecked fields: JSONObject)

  /// The types of the members.
  static var shape: ObjectShape { get }
}

extension JSONView {
  /// Creates a view over the object at `reader`'s position; throws for a known member that is of a
  /// wrong type, or missing though required.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    let fields = reader.value?.object ?? [:]
    if let problem = Self.shape.problem(in: fields) { throw problem.error(below: reader.path) }
    self.init(unchecked: fields)
  }

  /// The object.
  public var json: JSONValue { .object(fields) }

  /// Whether both views have the same members.
  public static func == (left: Self, right: Self) -> Bool { left.fields == right.fields }

  /// Hashes the members.
  public func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}

extension JSONView where Self: KubeObject {
  /// Creates a view over the object at `reader`'s position. `apiVersion` and `kind` are added where
  /// the object omits them, as the items of a list do, and secrets are concealed. Throws for a
  /// member that is of a wrong type or missing.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    var fields = reader.value?.object ?? [:]
    if let problem = Self.shape.problem(in: fields) { throw problem.error(below: reader.path) }
    fields.identify(as: Self.type)
    if Self.shape.holdsSecrets {
      fields = DynamicObject.concealingSecretData(.object(fields)).object ?? fields
    }
    self.init(unchecked: fields)
  }

  /// The object's metadata.
  public var metadata: ObjectMeta {
    get { fields.view("metadata") ?? ObjectMeta(unchecked: [:]) }
    set { fields["metadata"] = .object(newValue.fields) }
  }
}

extension JSONObject {
  /// Sets `apiVersion` and `kind` where the object omits them.
  package mutating func identify(as type: ResourceType) {
    if !contains("apiVersion") { self["apiVersion"] = .string(type.apiVersion) }
    if !contains("kind") { self["kind"] = .string(type.kind) }
  }

  /// Creates the members of a new object of this kind.
  public init(_ type: ResourceType, metadata: ObjectMeta) {
    self.init(sorted: [
      Member(key: "apiVersion", value: .string(type.apiVersion)),
      Member(key: "kind", value: .string(type.kind)),
      Member(key: "metadata", value: .object(metadata.fields)),
    ])
  }
}
