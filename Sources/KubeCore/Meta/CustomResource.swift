/// A kind that a CustomResourceDefinition defines.
public protocol CustomResource: KubeObject {
  /// The kind's CustomResourceDefinition, as it is applied.
  static var definition: JSONValue { get }
  /// The rules of the kind's fields, which follow from its schema.
  static var fieldTable: FieldTable { get }
}

extension CustomResource {
  /// The structural schema of the version that the type is of; `nil` where the definition has none.
  public static var schema: JSONValue? {
    let versions = definition.value(at: "spec", "versions")?.array ?? []
    return versions.first { $0["name"]?.string == type.version }?.value(at: "schema", "openAPIV3Schema")
  }

  /// The rules of the kind's fields, made on each call.
  public static var fieldTable: FieldTable { FieldTable(openAPISchema: schema ?? [:]) }
}

extension JSONValue {
  /// The value of a literal in JSON. A literal that isn't JSON is a mistake in the program: it stops.
  public init(literal text: StaticString) {
    do {
      self = try JSONParser().parse(Array(text.description.utf8))
    } catch {
      preconditionFailure("the literal isn't JSON: \(error)")
    }
  }
}
