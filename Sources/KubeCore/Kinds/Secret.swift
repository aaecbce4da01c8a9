/// Small confidential data (API reference Secret v1).
///
/// The data is held decoded and hidden: it prints as its length, and `json` carries it as hidden strings,
/// which only a
/// writer of request bodies reveals.
public struct Secret: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "Secret", plural: "secrets", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What the data is, such as `Opaque` or `kubernetes.io/tls`; the server's default is `Opaque`. It can't be
  /// changed.
  public var type: String?
  /// Whether the server refuses changes.
  public var immutable: Bool?
  /// The entries, decoded from Base64.
  public var data: [String: SecretBytes]

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, type: String? = nil, immutable: Bool? = nil, data: [String: SecretBytes] = [:]
  ) {
    self.metadata = metadata
    self.type = type
    self.immutable = immutable
    self.data = data
  }

  /// Reads the fields; throws at the first one that is missing, of a wrong type or not Base64. The error
  /// never shows
  /// what stands there.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    type = try reader["type"].optional()
    immutable = try reader["immutable"].optional()
    data = try reader["data"].map(Base64Secret.self).mapValues(\.bytes)
  }

  /// The value as JSON; absent and empty fields are left out. The data is in Base64 and hidden.
  public var json: JSONValue {
    document([
      "type": type?.json,
      "immutable": immutable?.json,
      "data": data.mapValues(Base64Secret.init(bytes:)).jsonUnlessEmpty,
    ])
  }

  /// An entry of `data`: bytes in Base64.
  private struct Base64Secret: JSONConvertible {
    var bytes: SecretBytes

    init(bytes: SecretBytes) { self.bytes = bytes }

    init(from reader: FieldReader) throws(FieldError) { bytes = try reader.secretBase64() }

    var json: JSONValue { .secret(Base64.encode(bytes)) }
  }
}
