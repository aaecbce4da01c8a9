import KubeCore
package import KubeReconcile

/// The names with which the manager appears on the hub.
public struct ManagerIdentity: Sendable, Hashable {
  /// The manager's namespace, which has its signer Secret.
  public var namespace: String
  /// The Secret with the CA.
  public var signerSecretName: String

  /// Creates an identity; the defaults are those of the Go manager.
  public init(
    namespace: String = "open-cluster-management-addon", signerSecretName: String = "cluster-gateway-signer"
  ) {
    self.namespace = namespace
    self.signerSecretName = signerSecretName
  }

  /// The manager's field manager (KEP-555), and the value of its label.
  public static let fieldManager = "cluster-gateway-manager"
  /// The add-on's name: of the ClusterManagementAddOn and of every ManagedClusterAddOn.
  public static let addOnName = "cluster-gateway"
  /// The Lease that lets only one replica work at a time.
  public static let leaseName = "cluster-gateway-manager"
  /// The ConfigMap in the manager's namespace that keeps the last valid configuration.
  public static let effectiveConfigurationName = "cluster-gateway-effective-configuration"
  /// The label of objects that the manager created.
  public static let managedByLabel = OwnershipRules.managedByLabel
  /// The field managers whose fields become the manager's when their objects are taken over: that
  /// of the Go manager.
  public static let predecessors: Set<String> = ["addon-manager"]

  /// The rules that decide which objects are the manager's. The label counts where only the hub's
  /// administrators write; in a cluster's namespace an entry in managedFields is needed.
  package static let rules = OwnershipRules(
    fieldManager: fieldManager, predecessors: predecessors, trustsLabel: { !isOfCluster($0) })

  /// The label that every object of the manager's carries.
  static let labels = rules.labels

  /// Whether `object`, which has the kind, namespace and name of a row of the table, is the
  /// manager's.
  static func owns(_ object: DynamicObject) -> Bool { rules.owns(object) }

  /// Whether `object` is in the namespace of a managed cluster, where not only the hub's
  /// administrators may write.
  static func isOfCluster(_ object: DynamicObject) -> Bool {
    [ManagedKind.managedClusterAddOn, ManagedKind.managedServiceAccount, ManagedKind.manifestWork]
      .contains(object.groupKind)
  }
}
