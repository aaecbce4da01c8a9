import KubeCore

extension Controller {
  /// The annotation that names the owner of an object that can't have an owner reference to it: of
  /// a cluster-scoped object, or of one in another namespace than its owner.
  ///
  /// It is `websites.example.com/owner: default/shop` for an owner of the kind Website named `shop`
  /// in the namespace `default`. ``Reconciliation/ensure(_:precondition:because:dependingOn:)``
  /// writes it. It counts only on objects that are the operator's by its ``rules``.
  public static var ownerAnnotation: String { "\(Object.type.qualifiedPlural)/owner" }

  /// Makes `owner` the owner of a desired object, by a controller owner reference where one is
  /// possible.
  static func setOwner(_ owner: Object, of metadata: inout ObjectMeta) {
    if let namespace = owner.metadata.namespace, namespace != metadata.namespace {
      metadata.annotations[ownerAnnotation] = "\(namespace)/\(owner.metadata.name)"
    } else if let reference = owner.ownerReference(controller: true, blockOwnerDeletion: true) {
      metadata.ownerReferences.removeAll { $0.uid == reference.uid }
      metadata.ownerReferences.append(reference)
    }
  }

  /// The keys of the reconciled objects that `object` names as its owner: by a controller owner
  /// reference or, where none is possible and `object` is the operator's, by ``ownerAnnotation``.
  static func owners(of object: DynamicObject, by rules: OwnershipRules) -> [ObjectKey] {
    let isNamespaced = Object.type.isNamespaced
    var owners = object.controllers(of: Object.type.groupKind).map { owner in
      ObjectKey(Object.type, namespace: isNamespaced ? object.metadata.namespace : nil, name: owner.name)
    }
    let parts = object.metadata.annotation(ownerAnnotation)?.split(
      separator: "/", omittingEmptySubsequences: false)
    if isNamespaced, let parts, parts.count == 2, rules.owns(object) {
      let (namespace, name) = (String(parts[0]), String(parts[1]))
      if namespace != object.metadata.namespace {
        owners.append(ObjectKey(Object.type, namespace: namespace, name: name))
      }
    }
    return owners
  }
}

extension DynamicObject {
  /// The references to owners of `kind` that are the object's controller.
  func controllers(of kind: GroupKind) -> [OwnerReference] {
    metadata.ownerReferences.filter {
      // Compared by group: the owner may be referenced in another version.
      $0.controller ?? false && GroupKind(apiVersion: $0.apiVersion, kind: $0.kind) == kind
    }
  }
}
