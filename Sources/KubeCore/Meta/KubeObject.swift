/// A kind of Kubernetes object as a Swift value type.
///
/// A conforming type holds the fields that its users read or write, under the API's own names; it need not be
/// complete,
/// because nothing in this library writes a whole object back. To make your own custom resource known,
/// conform a
/// struct: `type` says where the API serves it, `init(from:)` and `json` translate.
public protocol KubeObject: JSONConvertible {
  /// How the API serves this kind.
  static var type: ResourceType { get }
  /// The object's metadata.
  var metadata: ObjectMeta { get set }
}

extension KubeObject {
  /// Which object this is.
  public var key: ObjectKey { ObjectKey(Self.type, namespace: metadata.namespace, name: metadata.name) }

  /// The object as the API takes it: `apiVersion`, `kind` and the given fields, absent ones left out.
  public func document(_ fields: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    var document = JSONValue.fields(fields)
    document["apiVersion"] = .string(Self.type.apiVersion)
    document["kind"] = .string(Self.type.kind)
    document["metadata"] = metadata.json
    return document
  }

  /// A reference that makes another object go away with this one; `nil` as long as the server has given no
  /// uid.
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
