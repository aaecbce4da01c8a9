import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC

extension HubCache {
  /// Whether a cluster's plan after this change of an object precedes others: a token was issued or
  /// replaced, or the cluster or its add-on leaves.
  static func isUrgent(_ object: DynamicObject, after old: DynamicObject?) -> Bool {
    if object.groupKind == Secret.type.groupKind { return old?.json["data"] != object.json["data"] }
    guard object.metadata.deletionTimestamp == nil else { return old?.metadata.deletionTimestamp == nil }
    guard object.groupKind == ManagedCluster.type.groupKind, let old else { return false }
    let accepted = ["spec", "hubAcceptsClient"]
    return old.json.value(at: accepted) != object.json.value(at: accepted)
      || old.metadata.fields["labels"] != object.metadata.fields["labels"]
      || old.metadata.fields["annotations"] != object.metadata.fields["annotations"]
  }

  /// Whether the difference between two states of an object may change whether its cluster is
  /// reachable.
  static func decidesReachability(_ old: DynamicObject?, _ new: DynamicObject) -> Bool {
    func status(_ object: DynamicObject?, _ condition: String) -> JSONValue? {
      object?.json.value(at: "status", "conditions")?.array?.first { $0["type"]?.string == condition }?[
        "status"]
    }
    switch new.groupKind {
    // The labels say by which way the gateway enters the cluster.
    case Secret.type.groupKind:
      return old?.json["data"] != new.json["data"] || old?.metadata.labels != new.metadata.labels
    case ManifestWork.type.groupKind: return status(old, "Applied") != status(new, "Applied")
    case ManagedCluster.type.groupKind:
      let type = ManagedCluster.ConditionType.available
      return status(old, type) != status(new, type)
    default: return false
    }
  }

  /// The kinds from which the facts about the installation follow; events of other kinds cause only
  /// a plan.
  static let factInputs: Set<GroupKind> = [
    ClusterManagementAddOn.type.groupKind, ClusterGatewayConfiguration.type.groupKind,
    Deployment.type.groupKind, APIService.type.groupKind, ServiceAccount.type.groupKind,
    Role.type.groupKind, ConfigMap.type.groupKind,
  ]
}
