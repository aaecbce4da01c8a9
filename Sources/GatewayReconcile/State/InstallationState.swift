public import CertificatePolicy
import KubeCore

/// What was observed of everything that the clusters share.
public struct InstallationState: Sendable, Hashable {
  /// Who the manager is.
  public var identity: ManagerIdentity
  /// The objects: the ClusterManagementAddOn, the configurations, namespaces, the gateway's own objects, the
  /// proxy's credentials.
  public var objects: ObservedObjects
  /// What the certificates among them say.
  public var certificates: CertificateObservations
  /// Certificates that were issued on an earlier plan's request and are not on the hub yet.
  public var issued: [IssuedCertificate]
  /// What is known of the clusters as a whole.
  public var fleet: FleetFacts

  /// A state.
  public init(
    identity: ManagerIdentity = ManagerIdentity(), objects: ObservedObjects = ObservedObjects(),
    certificates: CertificateObservations = CertificateObservations(), issued: [IssuedCertificate] = [],
    fleet: FleetFacts = FleetFacts()
  ) {
    self.identity = identity
    self.objects = objects
    self.certificates = certificates
    self.issued = issued
    self.fleet = fleet
  }
}

/// What the certificates in the installation's Secrets, and in the APIService's bundle, were read to say.
public struct CertificateObservations: Sendable, Hashable {
  /// The CA in force: `ca.crt` and `ca.key` of the signer Secret.
  public var authority: KeyPairObservation
  /// The CA that is to follow: `next-ca.crt` and `next-ca.key`.
  public var nextAuthority: KeyPairObservation
  /// The serving certificate: `tls.crt` and `tls.key`.
  public var serving: KeyPairObservation
  /// The certificates in `APIService.spec.caBundle`.
  public var bundle: [CertificateFacts]

  /// Observations.
  public init(
    authority: KeyPairObservation = .absent, nextAuthority: KeyPairObservation = .absent,
    serving: KeyPairObservation = .absent, bundle: [CertificateFacts] = []
  ) {
    self.authority = authority
    self.nextAuthority = nextAuthority
    self.serving = serving
    self.bundle = bundle
  }
}

/// Counters over all clusters, which the stores keep as events come, so that the installation's plan needs no
/// cluster's objects.
public struct FleetFacts: Sendable, Hashable {
  /// How many ManagedClusters there are.
  public var clusters: Int
  /// How many gateway Secrets of ours say that their cluster is reached through the proxy tunnel, or is about to be.
  public var proxySecrets: Int
  /// How many gateway Secrets of others in the secret namespace say so.
  public var foreignProxySecrets: Int

  /// Counters.
  public init(clusters: Int = 0, proxySecrets: Int = 0, foreignProxySecrets: Int = 0) {
    self.clusters = clusters
    self.proxySecrets = proxySecrets
    self.foreignProxySecrets = foreignProxySecrets
  }
}
