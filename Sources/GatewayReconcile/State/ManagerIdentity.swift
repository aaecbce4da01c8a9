import KubeCore

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
  /// The label that marks objects as made by the manager.
  public static let managedByLabel = "app.kubernetes.io/managed-by"
  /// Managers whose fields become ours when their objects are taken over: the Go manager.
  public static let predecessors: Set<String> = ["addon-manager"]

  /// The label as it stands on every object that the manager makes.
  static let labels = [managedByLabel: fieldManager]

  /// Whose fields are ours.
  static let ownership = Ownership(fieldManager: fieldManager, predecessors: predecessors)

  /// Whether `object` is the manager's: by its label, by an owner reference to the add-on, or, for what the
  /// Go
  /// manager left without either, by whose fields it consists of.
  static func owns(_ object: DynamicObject) -> Bool {
    if object.metadata.labels[managedByLabel] == fieldManager { return true }
    let addOnKinds = [ManagedKind.clusterManagementAddOn, ManagedKind.managedClusterAddOn]
    if object.metadata.ownerReferences.contains(where: {
      $0.name == addOnName && addOnKinds.contains($0.groupKind)
    }) {
      return true
    }
    let entries = (try? object.managedFields()) ?? []
    return entries.contains { entry in
      entry.subresource == nil && (entry.manager == fieldManager || predecessors.contains(entry.manager))
    }
  }
}
