/// A kind that is defined by a CustomResourceDefinition.
public protocol CustomResource: KubeObject {
  /// The kind's CustomResourceDefinition in the form in which it is applied.
  static var definition: JSONValue { get }
  /// The rules of the kind's fields, derived from its schema.
  static var fieldTable: FieldTable { get }
}

extension CustomResource {
  /// The structural schema of the version that the type represents; `nil` where the definition has
  /// none.
  public static var schema: JSONValue? { schema(in: definition) }

  /// Returns the schema of this version in a CustomResourceDefinition, such as the one that a
  /// server has; `nil` where there is none.
  package static func schema(in definition: JSONValue) -> JSONValue? {
    let versions = definition.value(at: "spec", "versions")?.array ?? []
    return versions.first { $0["name"]?.string == type.version }?.value(at: "schema", "openAPIV3Schema")
  }

  /// Returns the fields of an object's document that the kind doesn't have, usually misspelled
  /// ones. The API server drops such fields silently; a manifest in a file still has them.
  public static func unknownFields(in document: JSONValue) -> [FieldError] {
    document.undeclaredFields(in: schema ?? [:]).map { $0.error(kind: type.kind) }
  }

  /// The rules of the kind's fields, computed on each call.
  public static var fieldTable: FieldTable { FieldTable(openAPISchema: schema ?? [:]) }
}

extension JSONValue {
  /// Creates the value of a JSON literal. A literal that isn't JSON is a programming error: the
  /// program stops.
  public init(literal text: StaticString) {
    do {
      self = try JSONParser().parse(Array(text.description.utf8))
    } catch {
      preconditionFailure("the literal isn't JSON: \(error)")
    }
  }
}
