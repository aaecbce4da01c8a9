/// A scope for names (API reference Namespace v1).
public struct Namespace: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What the server says of it.
  public var status: NamespaceStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, status: NamespaceStatus = NamespaceStatus()
  ) {
    self.metadata = metadata
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    status = try reader["status"].optional() ?? NamespaceStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "status": status.json.unlessEmpty
    ])
  }
}

/// What the server says of a namespace.
public struct NamespaceStatus: JSONConvertible {
  /// `Active` or `Terminating`.
  public var phase: String?

  /// A value of the given fields.
  public init(
    phase: String? = nil
  ) {
    self.phase = phase
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    phase = try reader["phase"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "phase": phase?.json
    ])
  }
}
