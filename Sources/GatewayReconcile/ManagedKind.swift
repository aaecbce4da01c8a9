import GatewayAPI
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsApps
import KubeKindsCore

/// The kinds in the plans, by group and kind.
enum ManagedKind {
  static let clusterManagementAddOn = ClusterManagementAddOn.type.groupKind
  static let managedClusterAddOn = ManagedClusterAddOn.type.groupKind
  static let managedCluster = ManagedCluster.type.groupKind
  static let managedServiceAccount = ManagedServiceAccount.type.groupKind
  static let manifestWork = ManifestWork.type.groupKind
  static let configuration = ClusterGatewayConfiguration.type.groupKind
  static let secret = Secret.type.groupKind
  static let definition = CustomResourceDefinition.type.groupKind
  static let deployment = Deployment.type.groupKind
}
