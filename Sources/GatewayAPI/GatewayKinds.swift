public import KubeCore

/// The kinds of this module.
public enum GatewayKinds {
  /// The types of the kinds, in the version that is read and written.
  public static let all: [ResourceType] = [
    ClusterGatewayConfiguration.type, ClusterGateway.type, ClusterManagementAddOn.type,
    ManagedClusterAddOn.type,
    ManagedCluster.type, ManagedServiceAccount.type, ManifestWork.type,
  ]

  /// The older versions that hubs may still serve.
  public static let older: [ResourceType] = [
    V1Alpha1.ClusterManagementAddOn.type, V1Alpha1.ManagedClusterAddOn.type,
    V1Alpha1.ManagedServiceAccount.type,
  ]
}
