/// A typed view over a JSON object: its properties read and write the members of one exact object.
///
/// What a type doesn't know stays where it is, at any depth, and a member is decoded when it is read.
/// ``init(from:)`` checks all members that the type knows, once; so a getter never fails. Two views are
/// equal when their members are.
public protocol JSONView: JSONConvertible {
  /// The members, as they were read or set.
  var fields: JSONObject { get set }

  /// A view over `fields` without a check: the getter of a member of a wrong type returns its default.
  init(unchecked fields: JSONObject)

  /// What the members must be.
  static var shape: ObjectShape { get }
}

extension JSONView {
  /// A view over the object at `reader`'s place; throws where a member that the type knows is of a wrong
  /// type, or missing though it is required.
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

  /// Feeds the members to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}

extension JSONView where Self: KubeObject {
  /// A view over the object at `reader`'s place, with the kind's `apiVersion` and `kind` where the object
  /// leaves them out, as the items of a list do, and with its secrets hidden; throws where a member is of a
  /// wrong type or missing.
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
  /// Says which kind the object is of, where it doesn't say so itself.
  package mutating func identify(as type: ResourceType) {
    if !contains("apiVersion") { self["apiVersion"] = .string(type.apiVersion) }
    if !contains("kind") { self["kind"] = .string(type.kind) }
  }

  /// The members of an object of a kind that is about to be made.
  public init(_ type: ResourceType, metadata: ObjectMeta) {
    self.init(sorted: [
      Member(key: "apiVersion", value: .string(type.apiVersion)),
      Member(key: "kind", value: .string(type.kind)),
      Member(key: "metadata", value: .object(metadata.fields)),
    ])
  }
}
