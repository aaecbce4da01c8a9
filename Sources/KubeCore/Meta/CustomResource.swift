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
  public static var schema: JSONValue? {
    let versions = definition.value(at: "spec", "versions")?.array ?? []
    return versions.first { $0["name"]?.string == type.version }?.value(at: "schema", "openAPIV3Schema")
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
