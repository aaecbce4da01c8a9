public import CertificatePolicy
import KubeCore
import KubeKindsCore
public import KubeReconcile

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
  /// The writes that the API server refused, of all clusters' of one kind the first.
  public var refusals: [Refusal]
  /// The last answer of the gateway itself (`Plan.servingProbe`); `nil` where it wasn't asked.
  public var serving: ServingObservation?

  /// A state.
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

  /// Whether the API server refuses the ConfigMap that keeps the configuration: nothing waits for it then.
  var refusesKeptConfiguration: Bool {
    refusals.contains { $0.target.type == ConfigMap.type }
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
  /// For how long each certificate, by fingerprint, has been seen in the bundle without a gap, by a clock that is
  /// never set; what is left out counts as seen just now.
  public var trustedFor: [String: Duration]
  /// For how long a serving certificate that the same authority signed has been seen in its Secret, by the same clock.
  public var servedFor: Duration
  /// What came of the looks that plans asked for (`Plan.looks`), by `ServerLook.address`; only those made since the
  /// serving Secret last changed count.
  public var looks: [String: ServerSighting]
  /// The client certificate for the proxy tunnel, as its Secret in cluster-proxy's namespace has it: `tls.crt` and
  /// `tls.key`; `nil` where there is no such Secret, or where nobody has read it.
  public var tunnelClient: KeyPairObservation?
  /// The authorities by which the tunnel's entry point is verified, likewise: `ca.crt`.
  public var tunnelAuthorities: TrustBundle?

  /// Observations.
  public init(
    authority: KeyPairObservation = .absent, nextAuthority: KeyPairObservation = .absent,
    serving: KeyPairObservation = .absent, bundle: [CertificateFacts] = [],
    trustedFor: [String: Duration] = [:], servedFor: Duration = .zero,
    looks: [String: ServerSighting] = [:], tunnelClient: KeyPairObservation? = nil,
    tunnelAuthorities: TrustBundle? = nil
  ) {
    self.authority = authority
    self.nextAuthority = nextAuthority
    self.serving = serving
    self.bundle = bundle
    self.trustedFor = trustedFor
    self.servedFor = servedFor
    self.looks = looks
    self.tunnelClient = tunnelClient
    self.tunnelAuthorities = tunnelAuthorities
  }

  /// Tells for how long what is observed has been seen, once `sightings` has been told of it.
  ///
  /// - Parameters:
  ///   - sightings: What was seen before; it is brought up to date.
  ///   - reading: The reading of a clock that is never set.
  public mutating func age(by sightings: inout Sightings, at reading: Duration) {
    // By who signed it: to servers that have an earlier one under the same authority it makes no difference.
    let leaf = serving.leaf.map { leaf in
      let signers = serving.facts?.signerFingerprints.sorted() ?? []
      return "serving " + (signers.isEmpty ? leaf.fingerprint : signers.joined(separator: " "))
    }
    sightings.note(bundle.map(\.fingerprint) + [leaf].compactMap { $0 }, at: reading)
    trustedFor = sightings.ages(at: reading)
    servedFor = leaf.flatMap { trustedFor.removeValue(forKey: $0) } ?? .zero
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
  /// How many gateway Secrets of ours there are, by namespace.
  public var credentials: [String: Int]
  /// How the clusters do.
  public var health: FleetHealth
  /// How many clusters have a gateway Secret of ours in a former namespace and none in the configured one.
  public var uncopied: Int

  /// Counters.
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

  /// Whether the installation's plan may differ from the one with the counters as they were `before`: most count what is
  /// only asked whether there is any.
  package func matters(after before: FleetFacts) -> Bool {
    // How many are left in the tunnel is said while they leave it.
    func differs(_ now: Int, _ before: Int) -> Bool { now < before || (now > 0) != (before > 0) }
    func namespaces(_ facts: FleetFacts) -> [String] { facts.credentials.keys.sorted() }
    return health != before.health || (uncopied > 0) != (before.uncopied > 0)
      || differs(proxySecrets, before.proxySecrets)
      || differs(foreignProxySecrets, before.foreignProxySecrets)
      || credentials.count != before.credentials.count || namespaces(self) != namespaces(before)
  }
}
