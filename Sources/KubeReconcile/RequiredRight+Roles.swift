public import KubeCore
import KubeKindsRBAC

extension [RequiredRight] {
  /// The roles and bindings that grant exactly these rights to a service account, in an order in
  /// which they can be applied: a Role and a RoleBinding in each namespace, and a ClusterRole and a
  /// ClusterRoleBinding for what holds in the whole cluster.
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
    var objects: [any KubeObject] = []
    let clusterRules = filter { $0.namespace == nil }.map(\.rule)
    if !clusterRules.isEmpty {
      objects = [
        ClusterRole(metadata: metadata(nil), rules: clusterRules),
        ClusterRoleBinding(
          metadata: metadata(nil), subjects: [subject],
          roleRef: RoleRef(apiGroup: group, kind: ClusterRole.type.kind, name: name)),
      ]
    }
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
}
