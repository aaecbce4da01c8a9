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
  var ours: [DynamicObject] { all.filter(ManagerIdentity.owns) }

  /// The manager's Secret in `namespace`.
  func own(in namespace: String) -> DynamicObject? { ours.first { $0.metadata.namespace == namespace } }

  /// The ManagedServiceAccounts that aren't being deleted and are, or may be, the manager's. A
  /// Secret is only removed if its account is known to be gone.
  var accounts: [DynamicObject] {
    state.objects.all(ManagedKind.managedServiceAccount).filter {
      $0.metadata.deletionTimestamp == nil && (ManagerIdentity.owns($0) || !$0.hasManagedFields)
    }
  }

  /// The ``exclusion`` of a cluster on which the add-on isn't enabled.
  static let addOnMissing = "the add-on is not enabled on the cluster"

  /// The reason why no gateway Secret of the manager's may exist for the cluster; `nil` if one may,
  /// or if that isn't known.
  var exclusion: String? {
    let cluster = ObjectKey(ManagedCluster.type, name: state.name)
    guard let object = state.objects[cluster] else {
      return state.objects.isObserved(cluster) ? "the cluster has left" : nil
    }
    if object.metadata.deletionTimestamp != nil { return "the cluster is leaving" }
    if object.json.value(at: "spec", "hubAcceptsClient") != true {
      return "the hub does not accept the cluster"
    }
    if let spec = state.installation.configuration,
      let reason = GatewayCredentials.optOut(object, spec)
    {
      return reason
    }
    let addOn = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    guard let addOnObject = state.objects[addOn] else {
      return state.objects.isObserved(addOn) ? GatewayCredentials.addOnMissing : nil
    }
    if addOnObject.metadata.deletionTimestamp != nil { return "the add-on is being taken off the cluster" }
    return nil
  }

  /// The reason why `secret`, one of the manager's, must be removed; `nil` if it may stay, or if
  /// that isn't known.
  func reasonToRemove(_ secret: DynamicObject) -> String? {
    if let exclusion { return exclusion }
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

  /// Whether `object` existed when `secret` was created; true if it has no creation time.
  private static func isOlder(_ object: DynamicObject, than secret: DynamicObject) -> Bool {
    guard let made = object.metadata.creationTimestamp, let copied = secret.metadata.creationTimestamp else {
      return true
    }
    return made <= copied
  }

  /// The reason why the add-on isn't for this cluster; `nil` if it is.
  static func optOut(_ cluster: DynamicObject, _ spec: ClusterGatewayConfiguration.Spec) -> String? {
    if cluster.metadata.refusesAutomaticInstallation {
      return "the cluster opts out by its annotation"
    }
    if !spec.selects(clusterLabels: cluster.metadata.labels) {
      return "the configuration's selector leaves the cluster out"
    }
    return nil
  }
}
