import GatewayAPI
import KubeCore

/// What the gateway may do on a managed cluster, and the manifests that grant it there.
struct EgressRights {
  let rules: [PolicyRule]

  init(_ spec: ClusterGatewayConfiguration.Spec) { rules = spec.egress.permissions }

  /// Whether the rights are everything.
  var isClusterAdmin: Bool {
    rules.contains { $0.verbs.contains("*") && $0.apiGroups.contains("*") && $0.resources.contains("*") }
  }

  /// The manifests for a cluster on which the identity is `serviceAccount` in `namespace`.
  func manifests(serviceAccount: String, namespace: String) -> [JSONValue] {
    let metadata = ObjectMeta(name: GatewayNames.spokeRole)
    let role = ClusterRole(metadata: metadata, rules: rules)
    let binding = ClusterRoleBinding(
      metadata: metadata,
      subjects: [RBACSubject(kind: "ServiceAccount", name: serviceAccount, namespace: namespace)],
      roleRef: RoleRef(apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: GatewayNames.spokeRole))
    return [role.json, binding.json]
  }
}
