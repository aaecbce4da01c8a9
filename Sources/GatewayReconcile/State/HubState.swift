public import CertificatePolicy
public import GatewayAPI
public import KubeCore
import KubeKindsCore
public import KubeReconcile

/// An observed hub: the input of offline plans and tests.
public struct HubState: Sendable, Hashable {
  /// The state that the clusters share.
  public var installation: InstallationState
  /// The clusters by name: the existing ones, and those that left objects behind.
  public var clusters: [ClusterState]

  /// Creates a hub.
  public init(installation: InstallationState, clusters: [ClusterState]) {
    self.installation = installation
    self.clusters = clusters
  }

  /// Creates a hub from its objects, each assigned to the installation or a cluster.
  ///
  /// - Parameters:
  ///   - objects: The objects.
  ///   - identity: The manager's identity.
  ///   - certificates: The parsed certificates of the Secrets among `objects` (parsing needs keys,
  ///     and isn't done here).
  ///   - issued: The certificates that were issued and are not stored yet.
  public init(
    objects: ObservedObjects, identity: ManagerIdentity = ManagerIdentity(),
    certificates: CertificateObservations = CertificateObservations(), issued: [IssuedCertificate] = []
  ) {
    let effective = EffectiveConfiguration(objects)
    let places = HubPlaces(
      identity: identity, configuration: effective.spec,
      former: FormerPlaces(objects, configuration: effective.spec))
    var shared = ObservedObjects(unobserved: objects.unobserved)
    var byCluster: [String: ObservedObjects] = [:]
    var fleet = FleetFacts()
    for object in objects.everything {
      switch places.key(for: object) {
      case .installation: shared.insert(object)
      case .cluster(let name):
        byCluster[name, default: ObservedObjects(unobserved: objects.unobserved)].insert(object)
        fleet.count(object, in: places)
      }
    }
    fleet.uncopied = byCluster.values.count { places.lacksCopy($0) }
    fleet.health = FleetHealth(
      byCluster.compactMap { name, objects in
        places.summary(of: name, objects).map { (key: name, value: $0) }
      })
    installation = InstallationState(
      identity: identity, objects: shared, certificates: certificates, issued: issued, fleet: fleet)
    let facts = InstallationFacts(installation)
    clusters = byCluster.sorted { $0.key < $1.key }.map { name, objects in
      ClusterState(name: name, objects: objects, installation: facts)
    }
  }
}

/// The key of a plan: the installation's or a cluster's.
public enum ReconcileKey: Sendable, Hashable, CustomStringConvertible {
  /// The state that all clusters share.
  case installation
  /// One managed cluster.
  case cluster(String)

  /// The key as it is named in messages: `the installation`, `cluster a`.
  public var description: String {
    switch self {
    case .installation: "the installation"
    case .cluster(let name): Finding.subject(cluster: name)
    }
  }
}

/// The assignment of a hub's objects to the installation or a cluster. For Secrets it depends on
/// their namespace and name, never on labels, which a managed cluster may set in its own namespace.
public struct HubPlaces: Sendable, Hashable {
  private var secretNamespaces: Set<String> = []
  private var secretNamespace: String?
  private var secretOwner: String?
  private var selector: LabelSelector?
  private var accounts: Set<String> = []
  private var shared: Set<ObjectKey> = []

  /// Creates the places of a configuration.
  ///
  /// - Parameters:
  ///   - identity: The names of the manager.
  ///   - configuration: The effective spec, with defaults; `nil` while there is none.
  ///   - former: The places of former configurations' objects.
  public init(
    identity: ManagerIdentity, configuration: ClusterGatewayConfiguration.Spec? = nil,
    former: FormerPlaces = FormerPlaces()
  ) {
    func share(_ namespace: String, _ name: String) {
      shared.insert(ObjectKey(Secret.type, namespace: namespace, name: name))
    }
    share(identity.namespace, identity.signerSecretName)
    secretNamespaces = former.secretNamespaces
    for namespace in former.installNamespaces { share(namespace, GatewayNames.servingSecret) }
    for (namespace, names) in former.copies {
      for name in names { share(namespace, name) }
    }
    guard let configuration else { return }
    secretNamespace = configuration.secretNamespace
    secretOwner = former.secretOwner
    selector = configuration.clusters.selector
    secretNamespaces.insert(configuration.secretNamespace)
    if configuration.managesSecrets { accounts = [configuration.managedServiceAccountName] }
    share(configuration.installNamespace, GatewayNames.servingSecret)
    guard let credentials = configuration.egress.clusterProxy?.credentials else { return }
    for name in [credentials.proxyClientSecretName, credentials.proxyClientCASecretName] {
      share(configuration.installNamespace, name)
      share(credentials.namespace, name)
    }
  }

  /// The key of the plan that `object` belongs to.
  public func key(for object: DynamicObject) -> ReconcileKey {
    let metadata = object.metadata
    switch object.groupKind {
    case ManagedKind.managedCluster: return .cluster(metadata.name)
    case ManagedKind.managedClusterAddOn, ManagedKind.managedServiceAccount, ManagedKind.manifestWork:
      return metadata.namespace.map { .cluster($0) } ?? .installation
    case ManagedKind.secret:
      guard let namespace = metadata.namespace,
        !shared.contains(ObjectKey(Secret.type, namespace: namespace, name: metadata.name))
      else { return .installation }
      // A gateway Secret has its cluster's name, whether or not the cluster still exists.
      if secretNamespaces.contains(namespace) { return .cluster(metadata.name) }
      return accounts.contains(metadata.name) ? .cluster(namespace) : .installation
    default: return .installation
    }
  }

  /// Whether `object` is a Secret with which the gateway accesses a cluster, by its namespace and
  /// name.
  public func isCredential(_ object: DynamicObject) -> Bool {
    guard object.groupKind == ManagedKind.secret, let namespace = object.metadata.namespace,
      secretNamespaces.contains(namespace)
    else { return false }
    return !shared.contains(ObjectKey(Secret.type, namespace: namespace, name: object.metadata.name))
  }
}

extension HubPlaces {
  /// The contribution of a cluster with these objects to the fleet's health; `nil` if the gateway
  /// isn't to access it.
  package func summary(of name: String, _ objects: ObservedObjects) -> ClusterSummary? {
    ClusterSummary(
      of: name, objects, selector: selector, secretNamespace: secretNamespace, account: accounts.first)
  }

  /// Whether a cluster with these objects exists, and has a gateway Secret in the configured
  /// namespace.
  package func hasCredential(of name: String, _ objects: ObservedObjects?) -> Bool {
    guard let objects, let secretNamespace else { return false }
    return objects[ManagedKind.secret, namespace: secretNamespace, name: name] != nil
      && objects[ManagedKind.managedCluster, namespace: nil, name: name] != nil
  }

  /// Whether there is a configured namespace of gateway Secrets, and a former one.
  package var mayLackCopies: Bool { secretNamespace != nil && secretNamespaces.count > 1 }

  /// Whether a cluster with these objects has a gateway Secret of the manager's in a former
  /// namespace, and no lasting one in the configured namespace.
  public func lacksCopy(_ objects: ObservedObjects?) -> Bool {
    guard mayLackCopies, let objects else { return false }
    let secrets = objects.all(ManagedKind.secret).filter { isCredential($0) && ManagerIdentity.owns($0) }
    return !secrets.isEmpty
      && !secrets.contains { secret in
        secret.metadata.namespace == secretNamespace
          && secret.metadata.ownerReferences.contains { $0.uid == secretOwner }
      }
  }
}

extension FleetFacts {
  /// Counts a cluster's object; with `by: -1` its removal.
  public mutating func count(_ object: DynamicObject, in places: HubPlaces, by amount: Int = 1) {
    if object.groupKind == ManagedKind.managedCluster {
      clusters += amount
      return
    }
    guard places.isCredential(object), object.metadata.label(GatewayLabels.credentialType) != nil else {
      return
    }
    let isOurs = ManagerIdentity.owns(object)
    if isOurs, let namespace = object.metadata.namespace {
      let count = (credentials[namespace] ?? 0) + amount
      credentials[namespace] = count == 0 ? nil : count
    }
    // A Secret that is about to use the tunnel counts as one that does: the write may be pending.
    let tunnel = GatewayEndpointType.clusterProxy.rawValue
    guard
      object.metadata.label(GatewayLabels.endpointType) == tunnel
        || object.metadata.annotation(GatewayAnnotations.intendedEndpointType) == tunnel
    else { return }
    if isOurs { proxySecrets += amount } else { foreignProxySecrets += amount }
  }
}
