public import KubeCore

/// What the API server knows about the fields of this module's kinds, from the definitions that Open Cluster
/// Management 1.3 installs.
///
/// On older hubs lists that are keyed here may be atomic: the served schema decides, where it is at hand
/// (`FieldTable(openAPISchema:)`).
public enum GatewayFieldTables {
  /// The tables of the kinds that the operator reads and writes.
  public static let all = FieldTables([
    ClusterManagementAddOn.type.groupKind: clusterManagementAddOn,
    ManagedClusterAddOn.type.groupKind: managedClusterAddOn,
    ManagedCluster.type.groupKind: managedCluster,
    ManagedServiceAccount.type.groupKind: managedServiceAccount,
    ManifestWork.type.groupKind: manifestWork,
    ClusterGatewayConfiguration.type.groupKind: configuration,
  ])

  private static let clusterManagementAddOn = FieldTable([
    "spec.defaultConfigs": .listMap(keys: ["group", "resource"]),
    "spec.defaultConfigs[].group": .default(""),
    "spec.supportedConfigs": .listMap(keys: ["group", "resource"]),
    "spec.supportedConfigs[].group": .default(""),
    "spec.installStrategy": .default(["type": "Manual"]),
    "spec.installStrategy.type": .default("Manual"),
    "spec.installStrategy.placements": .listMap(keys: ["namespace", "name"]),
    "spec.installStrategy.placements[].configs": .atomicList,
    "spec.installStrategy.placements[].configs[].group": .default(""),
    "spec.installStrategy.placements[].rolloutStrategy": .default(["type": "All"]),
    "status.defaultConfigReferences": .atomicList,
    "status.defaultConfigReferences[].group": .default(""),
    "status.installProgressions": .atomicList,
    "status.installProgressions[].configReferences[].group": .default(""),
    "status.installProgressions[].conditions": .listMap(keys: ["type"]),
    "status.installProgressions[].conditions[].lastTransitionTime": .timestamp,
  ])

  private static let managedClusterAddOn = FieldTable([
    "spec.configs": .atomicList,
    "spec.configs[].group": .default(""),
    "status.conditions": .listMap(keys: ["type"]),
    "status.conditions[].lastTransitionTime": .timestamp,
    "status.supportedConfigs": .listMap(keys: ["group", "resource"]),
    "status.supportedConfigs[].group": .default(""),
    "status.configReferences": .atomicList,
    "status.configReferences[].group": .default(""),
    "status.relatedObjects": .atomicList,
    "status.registrations": .atomicList,
    "status.healthCheck.mode": .default("Lease"),
  ])

  private static let managedCluster = FieldTable([
    "spec.managedClusterClientConfigs": .atomicList,
    "spec.taints": .atomicList,
    "status.conditions": .listMap(keys: ["type"]),
    "status.conditions[].lastTransitionTime": .timestamp,
    "status.allocatable": .map, "status.allocatable{}": .quantity,
    "status.capacity": .map, "status.capacity{}": .quantity,
    "status.clusterClaims": .atomicList,
  ])

  private static let managedServiceAccount = FieldTable([
    "spec.rotation.enabled": .default(true),
    "spec.rotation.validity": .duration,
    "spec.rotation.validity": .default("8640h0m0s"),
    "status.conditions": .atomicList,
    "status.conditions[].lastTransitionTime": .timestamp,
    "status.expirationTimestamp": .timestamp,
    "status.tokenSecretRef.lastRefreshTimestamp": .timestamp,
  ])

  private static let manifestWork = FieldTable([
    "spec.workload.manifests": .atomicList,
    "spec.workload.manifests[]": .untyped,
    "spec.manifestConfigs": .atomicList,
    "status.conditions": .listMap(keys: ["type"]),
    "status.conditions[].lastTransitionTime": .timestamp,
    "status.resourceStatus.manifests": .atomicList,
  ])

  private static let configuration: FieldTable = {
    var table = FieldTable(openAPISchema: ClusterGatewayConfiguration.schema)
    for field in ["validity", "caValidity", "renewBefore", "caRenewBefore", "overlap"] {
      table.add(.duration, at: "spec.certificates.\(field)")
    }
    for field in ["interval", "timeout"] { table.add(.duration, at: "spec.health.\(field)") }
    for field in ["requests", "limits"] { table.add(.quantity, at: "spec.resources.\(field){}") }
    table.add(.timestamp, at: "status.conditions[].lastTransitionTime")
    return table
  }()
}
