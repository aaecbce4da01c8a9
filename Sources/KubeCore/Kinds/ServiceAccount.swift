/// An identity for pods (API reference ServiceAccount v1).
public struct ServiceAccount: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The Secrets with which its pods' images are pulled.
  public var imagePullSecrets: [LocalObjectReference]
  /// Whether pods get a token mounted unless they say otherwise.
  public var automountServiceAccountToken: Bool?

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, imagePullSecrets: [LocalObjectReference] = [],
    automountServiceAccountToken: Bool? = nil
  ) {
    self.metadata = metadata
    self.imagePullSecrets = imagePullSecrets
    self.automountServiceAccountToken = automountServiceAccountToken
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    imagePullSecrets = try reader["imagePullSecrets"].list()
    automountServiceAccountToken = try reader["automountServiceAccountToken"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "imagePullSecrets": imagePullSecrets.jsonUnlessEmpty,
      "automountServiceAccountToken": automountServiceAccountToken?.json,
    ])
  }
}
