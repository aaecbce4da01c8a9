import KubeCore
package import KubeReconcile

/// Who the manager is: the names that it goes by on the hub.
public struct ManagerIdentity: Sendable, Hashable {
  /// The namespace that the manager runs in; its signer Secret is there.
  public var namespace: String
  /// The Secret with the certificate authority.
  public var signerSecretName: String

  /// An identity; the defaults are those of the Go manager.
  public init(
    namespace: String = "open-cluster-management-addon", signerSecretName: String = "cluster-gateway-signer"
  ) {
    self.namespace = namespace
    self.signerSecretName = signerSecretName
  }

  /// The name under which the manager owns fields (KEP-555), and the value of its label.
  public static let fieldManager = "cluster-gateway-manager"
  /// The add-on's name: of the ClusterManagementAddOn and of every ManagedClusterAddOn.
  public static let addOnName = "cluster-gateway"
  /// The Lease by which one replica works at a time.
  public static let leaseName = "cluster-gateway-manager"
  /// The ConfigMap in the manager's namespace that keeps the last valid configuration.
  public static let effectiveConfigurationName = "cluster-gateway-effective-configuration"
  /// The label that marks objects as made by the manager.
  public static let managedByLabel = OwnershipRules.managedByLabel
  /// Managers whose fields become ours when their objects are taken over: the Go manager.
  public static let predecessors: Set<String> = ["addon-manager"]

  /// Whose objects are ours. The label counts where only the hub's administrators write; in a cluster's namespace it
  /// takes an entry in managedFields.
  package static let rules = OwnershipRules(
    fieldManager: fieldManager, predecessors: predecessors, trustsLabel: { !isOfCluster($0) })

  /// The label as it stands on every object that the manager makes.
  static let labels = rules.labels

  /// Whether `object`, whose kind, namespace and name match a row of the table, is the manager's.
  static func owns(_ object: DynamicObject) -> Bool { rules.owns(object) }

  /// Whether `object` is in the namespace of a managed cluster, where others than the hub's administrators may
  /// write.
  static func isOfCluster(_ object: DynamicObject) -> Bool {
    [ManagedKind.managedClusterAddOn, ManagedKind.managedServiceAccount, ManagedKind.manifestWork]
      .contains(object.groupKind)
  }
}
