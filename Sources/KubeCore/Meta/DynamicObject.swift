/// An object of any kind with all its fields; apiVersion, kind and metadata are decoded.
///
/// The text of a Secret's data, and of the annotation in which client-side apply repeats it, is
/// concealed (`JSONValue.secret`) as soon as the object is created.
public struct DynamicObject: Sendable, Hashable {
  /// The whole object. Where it is held for long, it may be reduced to what its holder looks at.
  public let json: JSONValue
  /// The object's `apiVersion`.
  public let apiVersion: String
  /// The object's `kind`.
  public let kind: String
  /// The object's metadata, read.
  public let metadata: ObjectMeta
  /// The group of ``apiVersion``.
  private let group: String
  /// The entries of managedFields, where they were read ahead; then ``json`` is without them.
  let managedFieldsEntries: [ManagedFieldsEntry]?

  /// The object in `json`; throws where `apiVersion`, `kind` or `metadata` are missing or of a
  /// wrong type.
  public init(_ json: JSONValue) throws(FieldError) {
    let head = try Head(json)
    apiVersion = head.apiVersion
    kind = head.kind
    metadata = try FieldReader(head.json)["metadata"].required()
    self.json = head.json
    group = GroupKind(apiVersion: apiVersion, kind: kind).group
    managedFieldsEntries = nil
  }

  private init(
    _ object: DynamicObject, json: JSONValue, entries: [ManagedFieldsEntry]?,
    share: (String) -> String = { $0 }
  ) {
    apiVersion = share(object.apiVersion)
    kind = share(object.kind)
    group = share(object.group)
    metadata = json["metadata"]?.object.map(ObjectMeta.init(unchecked:)) ?? object.metadata
    self.json = json
    managedFieldsEntries = entries
  }

  /// The object with its managedFields read and taken out of ``json``: for one that is compared
  /// again and again. Entries for which `readsFields` is false are without their fields. Where they
  /// can't be read it stays as it is.
  package func readingManagedFields(
    readsFields: (ManagedFieldsEntry) -> Bool = { _ in true }
  ) -> DynamicObject {
    guard managedFieldsEntries == nil else { return self }
    let reader = FieldReader(json)["metadata"]["managedFields"]
    let entries = try? reader.list { entry throws(FieldError) in
      try ManagedFieldsEntry(from: entry, readsFields: readsFields)
    }
    guard let entries else { return self }
    var json = json
    json.set(nil, at: ["metadata", "managedFields"])
    return DynamicObject(self, json: json, entries: entries)
  }

  /// The object reduced to `document`, in which apiVersion, kind and what metadata must have are as
  /// in ``json``.
  package func reduced(to document: JSONValue) -> DynamicObject {
    DynamicObject(self, json: document, entries: managedFieldsEntries)
  }

  /// The object in as little memory as it takes, with its strings, documents and field sets
  /// interned in `pool`.
  package func compacted(by pool: inout InternPool) -> DynamicObject {
    let json = pool.document(json)
    let entries = managedFieldsEntries.map { $0.map { pool.entry($0) } }
    return DynamicObject(self, json: json, entries: entries, share: { pool.text($0) })
  }

  /// An object before its metadata are decoded.
  private struct Head {
    var apiVersion: String
    var kind: String
    /// The whole object, with a Secret's data concealed.
    var json: JSONValue

    init(_ json: JSONValue) throws(FieldError) {
      let reader = FieldReader(json)
      try reader.requireObject()
      apiVersion = try reader["apiVersion"].string()
      kind = try reader["kind"].string()
      // Metadata alone may be a Secret's, whose annotation repeats its data.
      let mayHoldSecrets = (apiVersion == "v1" && kind == "Secret") || kind == "PartialObjectMetadata"
      self.json = mayHoldSecrets ? DynamicObject.concealingSecretData(json) : json
    }
  }

  /// The typed value of the object in `json`: what `DynamicObject(json).decode()` gives, with the
  /// metadata read once.
  package static func decode<Kind: KubeObject>(
    _ json: JSONValue, as kind: Kind.Type = Kind.self
  ) throws(FieldError) -> Kind {
    try Kind(from: FieldReader(Head(json).json))
  }

  /// The kind, whatever the version.
  public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// The object as a typed value.
  public func decode<Kind: KubeObject>(_ kind: Kind.Type = Kind.self) throws(FieldError) -> Kind {
    try Kind(from: FieldReader(json))
  }

  /// The name of the annotation in which `kubectl apply` repeats the whole object.
  public static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

  /// A Secret's document with `data`, `stringData` and the last-applied annotation concealed.
  static func concealingSecretData(_ document: JSONValue) -> JSONValue {
    func isRevealed(_ value: JSONValue) -> Bool {
      switch value {
      case .null, .secret: false
      case .bool, .number, .string, .array, .object: true
      }
    }
    func concealed(_ value: JSONValue) -> JSONValue {
      switch value {
      case .string(let text): .secret(SecretBytes(utf8: text))
      case .null, .secret: value
      // Not a valid type in a Secret: concealed nevertheless, as its JSON text.
      default: .secret(SecretBytes(JSONWriter(secrets: .revealed).bytes(value)))
      }
    }
    var document = document
    for field in ["data", "stringData"] {
      if let members = document[field]?.object {
        // An object that has been read before is concealed already.
        guard members.contains(where: { isRevealed($0.value) }) else { continue }
        document[field] = .object(JSONObject(members.map { ($0.key, concealed($0.value)) }))
      } else if let value = document[field] {
        document[field] = concealed(value)
      }
    }
    let annotation = ["metadata", "annotations", lastAppliedAnnotation]
    if let value = document.value(at: annotation), isRevealed(value) {
      document.set(concealed(value), at: annotation)
    }
    return document
  }
}
