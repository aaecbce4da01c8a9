import GatewayAPI
import KubeCore
import KubeKindsRBAC

/// The rights of the gateway on a managed cluster, and the manifests that grant them there.
struct EgressRights {
  let rules: [PolicyRule]

  init(_ spec: ClusterGatewayConfiguration.Spec) { rules = spec.egress.permissions }

  /// Whether the rights include everything.
  var isClusterAdmin: Bool {
    rules.contains { $0.verbs.contains("*") && $0.apiGroups.contains("*") && $0.resources.contains("*") }
  }

  /// The manifests for a cluster on which the identity is one of `serviceAccounts` in `namespace`.
  func manifests(serviceAccounts: [String], namespace: String) -> [JSONValue] {
    let metadata = ObjectMeta(name: GatewayNames.spokeRole)
    let role = ClusterRole(metadata: metadata, rules: rules)
    let binding = ClusterRoleBinding(
      metadata: metadata,
      subjects: serviceAccounts.map { RBACSubject(kind: "ServiceAccount", name: $0, namespace: namespace) },
      roleRef: RoleRef(
        apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: GatewayNames.spokeRole))
    return [role.json, binding.json]
  }
}

extension ManifestWork {
  /// Whether the cluster was seen to have applied the binding of the rights to `account`.
  func grants(to account: String) -> Bool {
    guard let applied = status.conditions.condition(ConditionType.applied), applied.status == .true,
      applied.observedGeneration ?? 0 >= metadata.generation ?? 0
    else { return false }
    return spec.workload.manifests.contains { manifest in
      (manifest["subjects"]?.array ?? []).contains { $0["name"]?.string == account }
    }
  }
}
