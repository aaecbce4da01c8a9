/// Configuration data as text (API reference ConfigMap v1).
public struct ConfigMap: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The entries.
  public var data: [String: String]

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, data: [String: String] = [:]
  ) {
    self.metadata = metadata
    self.data = data
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    data = try reader["data"].map()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "data": data.jsonUnlessEmpty
    ])
  }
}
