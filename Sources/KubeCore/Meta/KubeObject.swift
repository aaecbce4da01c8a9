/// A kind of Kubernetes object as a Swift value type.
///
/// A conforming type holds the fields that its users read or write, under the API's own names. It
/// need not be complete for creates and server-side applies, and so for controllers. What replaces
/// an object as a whole, such as `KubeClient.replace`, removes every field that
/// ``JSONConvertible/json`` lacks: the generated types keep those that they don't know. For a
/// custom resource, conform a struct: ``type`` is the ``ResourceType`` that the API serves,
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
