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

  /// What holds where a configuration says nothing and the definition has no default.
  public enum Defaults {
    /// See ``Spec/resources``.
    public static let resources = ResourceRequirements(
      requests: ["cpu": "100m", "memory": "200Mi"], limits: ["cpu": "500m", "memory": "600Mi"])
    /// See ``Egress/permissions``: everything on all resources, and no paths besides.
    public static let permissions = [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])]
    /// See ``Spec/featureGates``. A gate that the image's version doesn't know is left out of the gateway's flags.
    public static let featureGates = ["HealthinessCheck": true, "SecretCache": true]
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
    let filled = ClusterGatewayConfiguration.fieldTable.fillingDefaults(in: ["spec": json])
    var spec = ClusterGatewayConfiguration.Spec(unchecked: filled["spec"]?.object ?? fields)
    if egress.permissions.isEmpty { spec.egress.permissions = Defaults.permissions }
    if resources.requests.isEmpty && resources.limits.isEmpty { spec.resources = Defaults.resources }
    spec.featureGates = Defaults.featureGates.merging(featureGates) { _, said in said }
    return spec
  }

  /// Whether the operator makes the gateway Secrets, from the tokens of ManagedServiceAccounts.
  public var managesSecrets: Bool { secretManagement.type == .managedServiceAccount }

  /// The name of the ManagedServiceAccounts, by default `cluster-gateway`.
  public var managedServiceAccountName: String { secretManagement.managedServiceAccount.name }

  /// The tunnel through which the clusters are reached; `nil` where they are reached directly.
  public var clusterProxy: ClusterGatewayConfiguration.ClusterProxy? {
    egress.type == .clusterProxy ? egress.clusterProxy : nil
  }

  /// Whether the gateway serves a cluster with these labels.
  public func selects(clusterLabels: [String: String]) -> Bool {
    clusters.selector?.matches(clusterLabels) ?? true
  }
}

extension JSONView {
  /// The duration that a property says; its default's where it can't be read.
  fileprivate func duration(_ property: (Self) -> String) -> GoDuration {
    GoDuration(property(self)) ?? GoDuration(property(Self(unchecked: [:]))) ?? GoDuration(seconds: 0)
  }
}

extension ClusterGatewayConfiguration.Certificates {
  /// How long a serving certificate is valid, read; the default where nothing readable is said.
  public var validityDuration: GoDuration { duration(\.validity) }

  /// How long the certificate authority is valid, read; the default where nothing readable is said.
  public var caValidityDuration: GoDuration { duration(\.caValidity) }

  /// How long before its end a serving certificate is renewed, read; `nil` where nothing readable is said.
  public var renewBeforeDuration: GoDuration? { renewBefore.flatMap { GoDuration($0) } }

  /// How long before its end the certificate authority is renewed, read; `nil` where nothing readable is said.
  public var caRenewBeforeDuration: GoDuration? { caRenewBefore.flatMap { GoDuration($0) } }

  /// How long the next certificate authority is published before it signs, read; the default where nothing readable
  /// is said.
  public var overlapDuration: GoDuration { duration(\.overlap) }
}

extension ClusterGatewayConfiguration.Health {
  /// ``interval`` read; the default where nothing readable is said.
  public var intervalDuration: GoDuration { duration(\.interval) }

  /// ``timeout`` read; the default where nothing readable is said.
  public var timeoutDuration: GoDuration { duration(\.timeout) }

  /// The shortest and the longest interval.
  static let intervals = GoDuration(seconds: 10)...GoDuration(seconds: 3600)
  /// The shortest and the longest timeout.
  static let timeouts = GoDuration(seconds: 1)...GoDuration(seconds: 60)
}
