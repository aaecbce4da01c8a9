public import CertificatePolicy
import KubeCore
import KubeKindsCore
public import KubeReconcile

/// The observed state that the clusters share.
public struct InstallationState: Sendable, Hashable {
  /// The names of the manager.
  public var identity: ManagerIdentity
  /// The ClusterManagementAddOn, the configurations, namespaces, the gateway's own objects, and the
  /// proxy's credentials.
  public var objects: ObservedObjects
  /// The certificates in the objects.
  public var certificates: CertificateObservations
  /// The certificates that were issued for an earlier plan and are not on the hub yet.
  public var issued: [IssuedCertificate]
  /// The counters over all clusters.
  public var fleet: FleetFacts
  /// The writes that the API server refused or that another program keeps changing back. Of the
  /// writes to clusters' objects, only the first of each kind is included.
  public var refusals: [Refusal]
  /// The last answer of the gateway itself to ``ServingProbe``; `nil` if it wasn't asked.
  public var serving: ServingObservation?

  /// Creates a state.
  public init(
    identity: ManagerIdentity = ManagerIdentity(), objects: ObservedObjects = ObservedObjects(),
    certificates: CertificateObservations = CertificateObservations(), issued: [IssuedCertificate] = [],
    fleet: FleetFacts = FleetFacts(), refusals: [Refusal] = [], serving: ServingObservation? = nil
  ) {
    self.identity = identity
    self.objects = objects
    self.certificates = certificates
    self.issued = issued
    self.fleet = fleet
    self.refusals = refusals
    self.serving = serving
  }

  /// Whether the API server refuses the ConfigMap that keeps the configuration: then nothing waits
  /// for it.
  var refusesKeptConfiguration: Bool {
    refusals.contains { $0.target.type == ConfigMap.type }
  }
}

/// The parsed certificates in the installation's Secrets and the APIService's bundle.
public struct CertificateObservations: Sendable, Hashable {
  /// The CA in force: `ca.crt` and `ca.key` of the signer Secret.
  public var ca: KeyPairObservation
  /// The next CA: `next-ca.crt` and `next-ca.key`.
  public var nextCA: KeyPairObservation
  /// The serving certificate: `tls.crt` and `tls.key`.
  public var serving: KeyPairObservation
  /// The certificates in `APIService.spec.caBundle`.
  public var bundle: [CertificateFacts]
  /// The time for which each certificate, by fingerprint, has been seen in the bundle without a
  /// gap, by a monotonic clock; zero for missing ones.
  public var trustedFor: [String: Duration]
  /// The time for which a serving certificate of the same CA has been seen in its Secret, by the
  /// same clock.
  public var servedFor: Duration
  /// The results of the plans' probes (`Plan.endpointProbes`), by ``EndpointTarget/address``; only
  /// those since the serving Secret last changed count.
  public var endpoints: [String: EndpointObservation]
  /// The client certificate for the proxy tunnel in its Secret in cluster-proxy's namespace:
  /// `tls.crt` and `tls.key`; `nil` if there is no such Secret, or it wasn't parsed.
  public var tunnelClient: KeyPairObservation?
  /// The CAs with which the tunnel's entry point is verified, likewise: `ca.crt`.
  public var tunnelCAs: TrustBundle?

  /// Creates observations.
  public init(
    ca: KeyPairObservation = .absent, nextCA: KeyPairObservation = .absent,
    serving: KeyPairObservation = .absent, bundle: [CertificateFacts] = [],
    trustedFor: [String: Duration] = [:], servedFor: Duration = .zero,
    endpoints: [String: EndpointObservation] = [:], tunnelClient: KeyPairObservation? = nil,
    tunnelCAs: TrustBundle? = nil
  ) {
    self.ca = ca
    self.nextCA = nextCA
    self.serving = serving
    self.bundle = bundle
    self.trustedFor = trustedFor
    self.servedFor = servedFor
    self.endpoints = endpoints
    self.tunnelClient = tunnelClient
    self.tunnelCAs = tunnelCAs
  }

  /// Sets the times for which the certificates have been seen, after recording the current ones.
  ///
  /// - Parameters:
  ///   - ages: The recorded times, which are updated.
  ///   - reading: The reading of a monotonic clock.
  public mutating func age(by ages: inout ObservationAges, at reading: Duration) {
    // By signer: servers with an earlier certificate of the same CA are no different.
    let leaf = serving.leaf.map { leaf in
      let signers = serving.facts?.signerFingerprints.sorted() ?? []
      return "serving " + (signers.isEmpty ? leaf.fingerprint : signers.joined(separator: " "))
    }
    ages.record(bundle.map(\.fingerprint) + [leaf].compactMap { $0 }, at: reading)
    trustedFor = ages.ages(at: reading)
    servedFor = leaf.flatMap { trustedFor.removeValue(forKey: $0) } ?? .zero
  }
}

/// Counters over all clusters, updated with each event, so that the installation's plan needs no
/// cluster's objects.
public struct FleetFacts: Sendable, Hashable {
  /// The number of ManagedClusters.
  public var clusters: Int
  /// The number of the manager's gateway Secrets whose cluster is reached through the proxy tunnel,
  /// or is about to be.
  public var proxySecrets: Int
  /// The number of others' gateway Secrets in the secret namespace whose cluster is reached through
  /// the proxy tunnel.
  public var foreignProxySecrets: Int
  /// The number of the manager's gateway Secrets by namespace.
  public var credentials: [String: Int]
  /// The health of the clusters.
  public var health: FleetHealth
  /// The number of clusters with a gateway Secret of the manager's in a former namespace and none
  /// in the configured one.
  public var uncopied: Int

  /// Creates counters.
  public init(
    clusters: Int = 0, proxySecrets: Int = 0, foreignProxySecrets: Int = 0, credentials: [String: Int] = [:],
    uncopied: Int = 0, health: FleetHealth = FleetHealth()
  ) {
    self.health = health
    self.uncopied = uncopied
    self.credentials = credentials
    self.clusters = clusters
    self.proxySecrets = proxySecrets
    self.foreignProxySecrets = foreignProxySecrets
  }

  /// Whether the installation's plan may differ from the one with the counters `before`: most of
  /// them matter only as zero or not.
  package func matters(after before: FleetFacts) -> Bool {
    // The number of those left in the tunnel is reported while they leave it.
    func differs(_ now: Int, _ before: Int) -> Bool { now < before || (now > 0) != (before > 0) }
    func namespaces(_ facts: FleetFacts) -> [String] { facts.credentials.keys.sorted() }
    return health != before.health || (uncopied > 0) != (before.uncopied > 0)
      || differs(proxySecrets, before.proxySecrets)
      || differs(foreignProxySecrets, before.foreignProxySecrets)
      || credentials.count != before.credentials.count || namespaces(self) != namespaces(before)
  }
}
