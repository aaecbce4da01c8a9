import GatewayAPI
import KubeCore
import KubeReconcile

/// The manager's gateway Secrets for one cluster, and why each must be removed or may stay.
///
/// A gateway Secret of the manager's may exist only under these conditions: its ManagedCluster has
/// the same uid, is accepted and selected, and isn't being deleted; its add-on exists and isn't
/// being deleted; the account that it was copied from is the manager's and has the same uid.
struct GatewayCredentials {
  let state: ClusterState

  /// The Secrets with which a gateway may access this cluster, in all namespaces but the cluster's
  /// own.
  var all: [DynamicObject] {
    state.objects.all(ManagedKind.secret).filter {
      $0.metadata.name == state.name && $0.metadata.namespace != state.name
    }
  }

  /// Those of the manager.
  var ours: [DynamicObject] { all.filter(isOurs) }

  /// Whether `secret` is the manager's. Where a person creates the Secrets, or may, as no
  /// configuration is known, one whose token another has replaced isn't, although it has the
  /// manager's label.
  func isOurs(_ secret: DynamicObject) -> Bool {
    guard ManagerIdentity.owns(secret) else { return false }
    let manages = state.installation.configuration?.managesSecrets ?? state.installation.addOnIsGone
    guard !manages, secret.hasManagedFields else { return true }
    let ownership = ManagerIdentity.rules.ownership(of: secret)
    return ((try? secret.managedFields()) ?? []).contains { entry in
      let isOurs =
        entry.manager == ownership.fieldManager
        || entry.operation == .update && ownership.predecessors.contains(entry.manager)
      return isOurs && entry.fields.contains([.field("data"), .field("token")])
    }
  }

  /// The manager's Secret in `namespace`.
  func own(in namespace: String) -> DynamicObject? { ours.first { $0.metadata.namespace == namespace } }

  /// The ManagedServiceAccounts that aren't being deleted and are, or may be, the manager's. A
  /// Secret is only removed if its account is known to be gone.
  var accounts: [DynamicObject] {
    state.objects.all(ManagedKind.managedServiceAccount).filter {
      $0.metadata.deletionTimestamp == nil && (ManagerIdentity.owns($0) || !$0.hasManagedFields)
    }
  }

  /// The reason why no gateway Secret of the manager's may exist for the cluster; `nil` if one may,
  /// or if that isn't known.
  var exclusion: Exclusion? {
    let cluster = ObjectKey(ManagedCluster.type, name: state.name)
    guard let object = state.objects[cluster] else { return state.objects.isObserved(cluster) ? .gone : nil }
    if let exclusion = Exclusion.byHub(object) { return exclusion }
    if let spec = state.installation.configuration,
      let exclusion = Exclusion.byChoice(object, selector: spec.clusters.selector)
    {
      return exclusion
    }
    if state.installation.reservedNames.contains(state.name) { return .reserved }
    let addOn = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    guard let addOnObject = state.objects[addOn] else {
      return state.objects.isObserved(addOn) ? .addOnMissing : nil
    }
    return addOnObject.metadata.deletionTimestamp == nil ? nil : .addOnLeaving
  }

  /// The reason why `secret`, one of the manager's, must be removed; `nil` if it may stay, or if
  /// that isn't known.
  func reasonToRemove(_ secret: DynamicObject) -> String? {
    if let exclusion { return exclusion.message }
    if let namespace = secret.metadata.namespace, state.installation.leftSecretNamespaces.contains(namespace)
    {
      return "the gateway has left the namespace"
    }
    let annotations = secret.metadata.annotations
    let cluster = state.objects[ManagedKind.managedCluster, namespace: nil, name: state.name]
    if let cluster {
      let isOfCluster =
        annotations[GatewayAnnotations.clusterUID].map { $0 == cluster.metadata.uid }
        ?? GatewayCredentials.isOlder(cluster, than: secret)
      guard isOfCluster else { return "it belongs to an earlier cluster of this name" }
    }
    guard state.objects.isObserved(ObjectSelection(ManagedServiceAccount.type)) else { return nil }
    guard account(of: secret) != nil else { return "the identity that it was copied from is gone" }
    return nil
  }

  /// The manager's account that `secret` was copied from: the account that it names or, if it names
  /// none, one that is older.
  func account(of secret: DynamicObject) -> DynamicObject? {
    guard let uid = secret.metadata.annotations[GatewayAnnotations.accountUID] else {
      return accounts.first { GatewayCredentials.isOlder($0, than: secret) }
    }
    return accounts.first { $0.metadata.uid == uid }
  }

  /// Whether `account` was created for an earlier cluster of the name than `cluster`: it names
  /// another, and is older.
  ///
  /// A newer account may be of a later cluster that wasn't observed yet. One that names none, such
  /// as the Go manager's, counts as `cluster`'s.
  static func precedes(_ account: DynamicObject, _ cluster: ManagedCluster) -> Bool {
    guard let uid = account.metadata.annotations[GatewayAnnotations.clusterUID],
      uid != cluster.metadata.uid, let created = account.metadata.creationTimestamp,
      let joined = cluster.metadata.creationTimestamp
    else { return false }
    return created < joined
  }

  /// Whether `object` existed when `secret` was created; true if it has no creation time.
  private static func isOlder(_ object: DynamicObject, than secret: DynamicObject) -> Bool {
    guard let made = object.metadata.creationTimestamp, let copied = secret.metadata.creationTimestamp else {
      return true
    }
    return made <= copied
  }
}
