public import KubeCore
import KubeKindsRBAC

extension [RequiredRight] {
  /// The roles and bindings that grant exactly these rights to a service account, in an order in which they
  /// can be applied.
  ///
  /// - Parameters:
  ///   - name: The name of each role and binding.
  ///   - labels: Their labels.
  ///   - account: The service account's key.
  public func roles(
    named name: String, labels: [String: String] = [:], for account: ObjectKey
  ) -> [any KubeObject] {
    let group = ClusterRole.type.group
    let subject = RBACSubject(kind: "ServiceAccount", name: account.name, namespace: account.namespace)
    func metadata(_ namespace: String?) -> ObjectMeta {
      ObjectMeta(name: name, namespace: namespace, labels: labels)
    }
    var objects: [any KubeObject] = [
      ClusterRole(metadata: metadata(nil), rules: filter { $0.namespace == nil }.map(\.rule)),
      ClusterRoleBinding(
        metadata: metadata(nil), subjects: [subject],
        roleRef: RoleRef(apiGroup: group, kind: ClusterRole.type.kind, name: name)),
    ]
    for namespace in Set(compactMap(\.namespace)).sorted() {
      objects += [
        Role(metadata: metadata(namespace), rules: filter { $0.namespace == namespace }.map(\.rule)),
        RoleBinding(
          metadata: metadata(namespace), subjects: [subject],
          roleRef: RoleRef(apiGroup: group, kind: Role.type.kind, name: name)),
      ]
    }
    return objects
  }

  /// Whether the rights allow what `attributes` ask for.
  public func allow(_ attributes: AccessAttributes) -> Bool {
    contains { right in
      (right.namespace == nil || right.namespace == attributes.namespace) && right.rule.allows(attributes)
    }
  }
}

extension ObjectPatch {
  /// What sending the patch needs the right to.
  public var access: AccessAttributes {
    let verb =
      switch operation {
      case .create: "create"
      case .apply, .patch: "patch"
      case .delete: "delete"
      }
    return .resource(
      ResourceAccess(
        verb: verb, group: target.type.group, resource: target.type.plural, subresource: subresource ?? "",
        namespace: target.namespace ?? "", name: verb == "create" ? "" : target.name))
  }
}

extension ObjectSelection {
  /// What listing and watching the objects needs the right to.
  public var access: [AccessAttributes] {
    ["list", "watch"].map { verb in
      .resource(
        ResourceAccess(
          verb: verb, group: type.group, resource: type.plural, namespace: namespace ?? "", name: name ?? ""))
    }
  }
}
