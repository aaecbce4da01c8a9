import GatewayAPI
import KubeCore
package import KubeKindsRBAC

/// The subjects that the hub's RBAC allows to access managed clusters through the gateway:
/// `clustergateways/proxy` is cluster-scoped, so that only ClusterRoleBindings grant it.
package struct GatewayCallers: Sendable, Hashable {
  /// The rights that one binding grants to one subject.
  package struct Grant: Sendable, Hashable {
    /// The subject, such as `Group system:masters` or `ServiceAccount vela-system/cluster-gateway`.
    package var subject: String
    /// The verbs; each is a method of the proxied requests.
    package var verbs: [String]
    /// The clusters; empty for all.
    package var clusters: [String]
    /// The ClusterRoleBinding's name.
    package var binding: String
    /// The ClusterRole's name.
    package var role: String
  }

  /// The grants, by subject and binding.
  package let grants: [Grant]

  /// The verbs that a request through the gateway may have.
  private static let verbs = ["get", "create", "update", "patch", "delete"]

  /// Creates the grants of a hub with these roles and bindings.
  package init(roles: [ClusterRole], bindings: [ClusterRoleBinding]) {
    let rules = Dictionary(
      roles.map { ($0.metadata.name, $0.rules) }, uniquingKeysWith: { first, _ in first })
    var grants: [Grant] = []
    for binding in bindings {
      let scopes = GatewayCallers.scopes(of: rules[binding.roleRef.name] ?? [])
      for subject in binding.subjects {
        let place = subject.namespace.map { "\($0)/" } ?? ""
        grants += scopes.map { clusters, verbs in
          Grant(
            subject: "\(subject.kind) \(place)\(subject.name)", verbs: verbs, clusters: clusters,
            binding: binding.metadata.name, role: binding.roleRef.name)
        }
      }
    }
    self.grants = grants.sorted {
      ($0.subject, $0.binding, $0.clusters.joined(separator: ","))
        < ($1.subject, $1.binding, $1.clusters.joined(separator: ","))
    }
  }

  /// The verbs that the rules allow, by the clusters for which they allow them.
  private static func scopes(of rules: [PolicyRule]) -> [(clusters: [String], verbs: [String])] {
    var scopes: [[String]: Set<String>] = [:]
    for rule in rules {
      let allowed = verbs.filter { verb in
        rule.allows(
          .resource(
            ResourceAccess(
              verb: verb, group: ClusterGateway.type.group, resource: ClusterGateway.type.plural,
              subresource: "proxy", name: rule.resourceNames.first ?? "")))
      }
      if !allowed.isEmpty { scopes[rule.resourceNames.sorted(), default: []].formUnion(allowed) }
    }
    return scopes.map { clusters, allowed in (clusters, verbs.filter(allowed.contains)) }
  }
}
