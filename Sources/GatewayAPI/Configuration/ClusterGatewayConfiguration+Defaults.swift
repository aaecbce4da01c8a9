public import KubeCore
public import KubeKindsCore

extension ClusterGatewayConfiguration {
  /// The types of the configuration's conditions.
  public enum ConditionType {
    /// The configuration has no problems.
    public static let valid = "Valid"
    /// The gateway is installed as configured.
    public static let deployed = "ClusterGatewayDeployed"
    /// The gateway's API is served.
    public static let available = "Available"
    /// The aggregator finds the gateway's APIService available.
    public static let apiService = "APIServiceAvailable"
    /// The gateway's serving certificate is valid, and the APIService trusts its CA.
    public static let servingCertificate = "ServingCertificateReady"
    /// A certificate authority is changing over; the reason says how far that is.
    public static let rotating = "CertificatesRotating"
    /// The gateway has a credential with rights for every cluster.
    public static let egressIdentity = "EgressIdentityReady"
    /// The add-on is available on every cluster.
    public static let clusters = "ClustersHealthy"
    /// The operator waits for others, or for its own next plans.
    public static let progressing = "Progressing"
    /// Whether the operator is kept from its work, as by a missing right.
    public static let degraded = "Degraded"

    /// All of them.
    package static let all = [
      valid, deployed, available, apiService, servingCertificate, rotating, egressIdentity, clusters,
      progressing, degraded,
    ]
  }

  /// The name of the add-on, and of the configuration where none is named.
  public static let addOnName = "cluster-gateway"

  /// What holds where a configuration says nothing.
  public enum Defaults {
    /// See `Spec.replicas`.
    public static let replicas: Int32 = 3
    /// See `Spec.resources`.
    public static let resources = ResourceRequirements(
      requests: ["cpu": "100m", "memory": "200Mi"], limits: ["cpu": "500m", "memory": "600Mi"])
    /// See `SecretManagement.type`.
    public static let secretManagement: SecretManagementType = .managedServiceAccount
    /// See `ManagedServiceAccountReference.name`.
    public static let managedServiceAccountName = "cluster-gateway"
    /// See `Egress.permissions`: everything on all resources, and no paths besides.
    public static let permissions = [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])]
    /// See `Spec.featureGates`. A gate that the image's version doesn't know is left out of the gateway's flags.
    public static let featureGates = ["HealthinessCheck": true, "SecretCache": true]
    /// See `Certificates.algorithm`.
    public static let algorithm: CertificateAlgorithm = .ecdsaP256
    /// See `Certificates.validity`: 180 days.
    public static let validity = "4320h"
    /// See `Certificates.caValidity`: ten years.
    public static let caValidity = "87600h"
    /// See `Certificates.overlap`.
    public static let overlap = "5m"
    /// See ``Health/interval``.
    public static let probeInterval = GoDuration(seconds: 60)
    /// See ``Health/timeout``.
    public static let probeTimeout = GoDuration(seconds: 5)
    /// See ``Health/failureThreshold``.
    public static let probeFailureThreshold: Int32 = 3
    /// See ``Health/concurrency``.
    public static let probeConcurrency: Int32 = 64
    /// See `Ownership.force`.
    public static let ownershipForce = false
  }

  /// The configuration with its spec's defaults filled in.
  public func defaulted() -> ClusterGatewayConfiguration {
    var copy = self
    copy.spec = spec.defaulted()
    return copy
  }
}

extension ClusterGatewayConfiguration.Spec {
  /// The spec with its defaults filled in. Nothing that is said is changed; `egress.type` has no default.
  public func defaulted() -> ClusterGatewayConfiguration.Spec {
    typealias Defaults = ClusterGatewayConfiguration.Defaults
    var spec = self
    spec.secretManagement.type = secretManagement.type ?? Defaults.secretManagement
    if spec.secretManagement.type == .managedServiceAccount {
      spec.secretManagement.managedServiceAccount = .init(name: managedServiceAccountName)
    }
    if egress.permissions.isEmpty { spec.egress.permissions = Defaults.permissions }
    spec.replicas = replicas ?? Defaults.replicas
    if resources.requests.isEmpty && resources.limits.isEmpty { spec.resources = Defaults.resources }
    spec.certificates.algorithm = certificates.algorithm ?? Defaults.algorithm
    spec.certificates.validity = certificates.validity ?? Defaults.validity
    spec.certificates.caValidity = certificates.caValidity ?? Defaults.caValidity
    spec.certificates.overlap = certificates.overlap ?? Defaults.overlap
    spec.health.interval = health.interval ?? Defaults.probeInterval.description
    spec.health.timeout = health.timeout ?? Defaults.probeTimeout.description
    spec.health.failureThreshold = health.failureThreshold ?? Defaults.probeFailureThreshold
    spec.health.concurrency = health.concurrency ?? Defaults.probeConcurrency
    spec.featureGates = Defaults.featureGates.merging(featureGates) { _, said in said }
    spec.ownership.force = ownership.force ?? Defaults.ownershipForce
    return spec
  }

  /// Whether the operator makes the gateway Secrets, from the tokens of ManagedServiceAccounts.
  public var managesSecrets: Bool {
    (secretManagement.type ?? ClusterGatewayConfiguration.Defaults.secretManagement) == .managedServiceAccount
  }

  /// The name of the ManagedServiceAccounts, by default `cluster-gateway`.
  public var managedServiceAccountName: String {
    secretManagement.managedServiceAccount?.name
      ?? ClusterGatewayConfiguration.Defaults.managedServiceAccountName
  }

  /// The tunnel through which the clusters are reached; `nil` where they are reached directly.
  public var clusterProxy: ClusterGatewayConfiguration.ClusterProxy? {
    egress.type == .clusterProxy ? egress.clusterProxy : nil
  }

  /// Whether the gateway serves a cluster with these labels.
  public func selects(clusterLabels: [String: String]) -> Bool {
    clusters.selector?.matches(clusterLabels) ?? true
  }
}

extension ClusterGatewayConfiguration.Certificates {
  /// How long a serving certificate is valid, read; the default where nothing readable is said.
  public var validityDuration: GoDuration {
    validity.flatMap { GoDuration($0) } ?? GoDuration(seconds: 4320 * 3600)
  }

  /// How long the certificate authority is valid, read; the default where nothing readable is said.
  public var caValidityDuration: GoDuration {
    caValidity.flatMap { GoDuration($0) } ?? GoDuration(seconds: 87_600 * 3600)
  }

  /// How long before its end a serving certificate is renewed, read; `nil` where nothing readable is said.
  public var renewBeforeDuration: GoDuration? { renewBefore.flatMap { GoDuration($0) } }

  /// How long before its end the certificate authority is renewed, read; `nil` where nothing readable is said.
  public var caRenewBeforeDuration: GoDuration? { caRenewBefore.flatMap { GoDuration($0) } }

  /// How long the next certificate authority is published before it signs, read; the default where nothing readable
  /// is said.
  public var overlapDuration: GoDuration { overlap.flatMap { GoDuration($0) } ?? GoDuration(seconds: 300) }
}
