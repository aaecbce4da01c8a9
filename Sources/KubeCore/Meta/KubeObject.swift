/// A kind of Kubernetes object as a Swift value type.
///
/// A conforming type holds the fields that its users read or write, under the API's own names. It
/// need not be complete, because nothing in this library writes a whole object back. For a custom
/// resource, conform a struct: ``type`` is the ``ResourceType`` that the API serves,
/// ``JSONConvertible/init(from:)`` and ``JSONConvertible/json`` convert it. ``DynamicObject`` holds
/// an object of any kind.
public protocol KubeObject: JSONConvertible {
  /// The type that the API serves this kind as.
  static var type: ResourceType { get }
  /// The object's metadata.
  var metadata: ObjectMeta { get set }
}

extension KubeObject {
  /// The identity of this object.
  public var key: ObjectKey { ObjectKey(Self.type, namespace: metadata.namespace, name: metadata.name) }

  /// The document that the API accepts: `apiVersion`, `kind` and the given fields, without absent
  /// ones.
  public func document(_ fields: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    var document = JSONValue.fields(fields)
    document["apiVersion"] = .string(Self.type.apiVersion)
    document["kind"] = .string(Self.type.kind)
    document["metadata"] = metadata.json
    return document
  }

  /// A reference that makes another object a dependent of this one; `nil` as long as the server has
  /// assigned no uid.
  public func ownerReference(
    controller: Bool? = nil, blockOwnerDeletion: Bool? = nil
  ) -> OwnerReference? {
    guard let uid = metadata.uid else { return nil }
    return OwnerReference(
      apiVersion: Self.type.apiVersion, kind: Self.type.kind, name: metadata.name, uid: uid,
      controller: controller,
      blockOwnerDeletion: blockOwnerDeletion)
  }
}

/// An object of any kind as the server returned it: every field is kept, and the metadata are
/// decoded.
///
/// The text of a Secret's data, and of the annotation in which client-side apply repeats it,
/// becomes ``JSONValue/secret(_:)`` when the object is created.
public struct DynamicObject: Sendable, Hashable {
  /// The whole object.
  public let json: JSONValue
  /// The object's `apiVersion`.
  public let apiVersion: String
  /// The object's `kind`.
  public let kind: String
  /// The object's metadata.
  public let metadata: ObjectMeta

  /// Creates the object in `json`; throws where `apiVersion`, `kind` or `metadata` are missing or
  /// of a wrong type.
  public init(_ json: JSONValue) throws(FieldError) {
    let head = try Head(json)
    apiVersion = head.apiVersion
    kind = head.kind
    metadata = try FieldReader(head.json)["metadata"].required()
    self.json = head.json
  }

  /// An object before its metadata are decoded.
  private struct Head {
    var apiVersion: String
    var kind: String
    /// The whole object, with a Secret's data redacted.
    var json: JSONValue

    init(_ json: JSONValue) throws(FieldError) {
      let reader = FieldReader(json)
      try reader.requireObject()
      apiVersion = try reader["apiVersion"].string()
      kind = try reader["kind"].string()
      // A PartialObjectMetadata may be that of a Secret, whose annotation repeats its data.
      let mayHoldSecrets = (apiVersion == "v1" && kind == "Secret") || kind == "PartialObjectMetadata"
      self.json = mayHoldSecrets ? DynamicObject.concealingSecretData(json) : json
    }
  }

  /// Decodes the object in `json` like `DynamicObject(json).decode()`, but decodes the metadata
  /// once.
  package static func decode<Kind: KubeObject>(
    _ json: JSONValue, as kind: Kind.Type = Kind.self
  ) throws(FieldError) -> Kind {
    try Kind(from: FieldReader(Head(json).json))
  }

  /// The kind, independent of its version.
  public var groupKind: GroupKind { GroupKind(apiVersion: apiVersion, kind: kind) }

  /// Decodes the object as a typed value.
  public func decode<Kind: KubeObject>(_ kind: Kind.Type = Kind.self) throws(FieldError) -> Kind {
    try Kind(from: FieldReader(json))
  }

  /// The name of the annotation in which `kubectl apply` repeats the whole object.
  public static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

  /// A Secret's document with `data`, `stringData` and the last-applied annotation concealed.
  static func concealingSecretData(_ document: JSONValue) -> JSONValue {
    func isOpen(_ value: JSONValue) -> Bool {
      switch value {
      case .null, .secret: false
      case .bool, .number, .string, .array, .object: true
      }
    }
    func concealed(_ value: JSONValue) -> JSONValue {
      switch value {
      case .string(let text): .secret(SecretBytes(utf8: text))
      case .null, .secret: value
      // Invalid in a Secret, but concealed all the same, as its JSON text.
      default: .secret(SecretBytes(JSONWriter(secrets: .revealed).bytes(value)))
      }
    }
    var document = document
    for field in ["data", "stringData"] {
      if let members = document[field]?.object {
        // An object that was decoded before is concealed already.
        guard members.contains(where: { isOpen($0.value) }) else { continue }
        document[field] = .object(JSONObject(members.map { ($0.key, concealed($0.value)) }))
      } else if let value = document[field] {
        document[field] = concealed(value)
      }
    }
    let annotation = ["metadata", "annotations", lastAppliedAnnotation]
    if let value = document.value(at: annotation), isOpen(value) {
      document.set(concealed(value), at: annotation)
    }
    return document
  }
}
