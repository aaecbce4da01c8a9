public import CertificatePolicy
public import GatewayAPI
public import KubeCore

/// A whole hub as it was observed: what offline plans and tests begin with.
public struct HubState: Sendable, Hashable {
  /// What the clusters share.
  public var installation: InstallationState
  /// The clusters, by name: those that are there, and those that left something behind.
  public var clusters: [ClusterState]

  /// A hub.
  public init(installation: InstallationState, clusters: [ClusterState]) {
    self.installation = installation
    self.clusters = clusters
  }

  /// Sorts a hub's objects into what the clusters share and what belongs to each.
  ///
  /// `certificates` is what the Secrets among `objects` were read to say (reading needs keys, and is not done
  /// here).
  public init(
    objects: ObservedObjects, identity: ManagerIdentity = ManagerIdentity(),
    certificates: CertificateObservations = CertificateObservations(), issued: [IssuedCertificate] = []
  ) {
    let parts = HubParts(objects, identity: identity)
    installation = InstallationState(
      identity: identity, objects: parts.shared, certificates: certificates, issued: issued,
      fleet: parts.fleet)
    let facts = InstallationFacts(installation)
    clusters = parts.clusters.sorted { $0.key < $1.key }.map { name, objects in
      ClusterState(name: name, objects: objects, installation: facts)
    }
  }
}

/// Whose business an object is: a worker's key.
public enum ReconcileKey: Sendable, Hashable {
  /// What all clusters share.
  case installation
  /// One managed cluster.
  case cluster(String)

  /// Whose business `object` is under this configuration.
  public static func key(
    for object: DynamicObject, configuration: ClusterGatewayConfiguration.Spec?, identity: ManagerIdentity
  ) -> ReconcileKey {
    let metadata = object.metadata
    switch object.groupKind {
    case ManagedKind.managedCluster: return .cluster(metadata.name)
    case ManagedKind.managedClusterAddOn, ManagedKind.managedServiceAccount, ManagedKind.manifestWork:
      return metadata.namespace.map { .cluster($0) } ?? .installation
    case ManagedKind.secret:
      // A gateway Secret bears its cluster's name, whether or not the cluster is still there.
      if metadata.labels[GatewayLabels.credentialType] != nil { return .cluster(metadata.name) }
      let isToken =
        metadata.labels[OCMLabels.isManagedServiceAccount] != nil
        || metadata.ownerReferences.contains { $0.groupKind == ManagedKind.managedServiceAccount }
      if isToken { return metadata.namespace.map { .cluster($0) } ?? .installation }
      // The namespace of the gateway Secrets may hold the installation's as well.
      guard let configuration, metadata.namespace == configuration.secretNamespace,
        !isInstallations(metadata, configuration, identity)
      else { return .installation }
      return .cluster(metadata.name)
    default: return .installation
    }
  }

  /// Whether a Secret in the secret namespace is the installation's: by its name, or by being ours without
  /// going away
  /// with the add-on, as the clusters' do.
  private static func isInstallations(
    _ metadata: ObjectMeta, _ configuration: ClusterGatewayConfiguration.Spec, _ identity: ManagerIdentity
  ) -> Bool {
    if metadata.labels[ManagerIdentity.managedByLabel] == ManagerIdentity.fieldManager,
      metadata.ownerReferences.isEmpty
    {
      return true
    }
    if metadata.namespace == identity.namespace, metadata.name == identity.signerSecretName { return true }
    let isInstalled = metadata.namespace == configuration.installNamespace
    if isInstalled, metadata.name == GatewayNames.servingSecret { return true }
    guard let credentials = configuration.egress.clusterProxy?.credentials else { return false }
    return (isInstalled || metadata.namespace == credentials.namespace)
      && [credentials.proxyClientSecretName, credentials.proxyClientCASecretName].contains(metadata.name)
  }
}

/// A hub's objects, each with those whose business it is.
struct HubParts {
  var shared = ObservedObjects()
  var clusters: [String: ObservedObjects] = [:]
  var fleet = FleetFacts()

  init(_ objects: ObservedObjects, identity: ManagerIdentity) {
    let configuration = SettledConfiguration(objects).spec
    for object in objects.everything {
      switch ReconcileKey.key(for: object, configuration: configuration, identity: identity) {
      case .installation: shared.insert(object)
      case .cluster(let name):
        clusters[name, default: ObservedObjects()].insert(object)
        fleet.count(object)
      }
    }
  }
}

extension FleetFacts {
  /// Counts a cluster's object, or with `by: -1` takes it off the count again.
  public mutating func count(_ object: DynamicObject, by amount: Int = 1) {
    if object.groupKind == ManagedKind.managedCluster {
      clusters += amount
      return
    }
    guard object.groupKind == ManagedKind.secret,
      object.metadata.labels[GatewayLabels.credentialType] != nil
    else { return }
    // A Secret that is about to be led through the tunnel counts as one that is: the write may be on its way.
    let tunnel = GatewayEndpointType.clusterProxy.rawValue
    guard
      object.metadata.labels[GatewayLabels.endpointType] == tunnel
        || object.metadata.annotations[GatewayAnnotations.intendedEndpointType] == tunnel
    else { return }
    if ManagerIdentity.owns(object) { proxySecrets += amount } else { foreignProxySecrets += amount }
  }
}
