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
    /// A CA rotation is in progress; the reason is its phase.
    public static let rotating = "CertificatesRotating"
    /// The gateway has an authorized credential for every cluster.
    public static let egressIdentity = "EgressIdentityReady"
    /// The add-on is available on every cluster.
    public static let clusters = "ClustersHealthy"
    /// The manager waits for other controllers, or for its own next plans.
    public static let progressing = "Progressing"
    /// Whether the manager is prevented from its work, for example by a missing permission.
    public static let degraded = "Degraded"

    /// All condition types.
    package static let all = [
      valid, deployed, available, apiService, servingCertificate, rotating, egressIdentity, clusters,
      progressing, degraded,
    ]
  }

  /// The name of the add-on, and of the default configuration.
  public static let addOnName = "cluster-gateway"

  /// The defaults of a configuration's fields that have none in the definition.
  public enum Defaults {
    /// The default of ``Spec/resources``.
    public static let resources = ResourceRequirements(
      requests: ["cpu": "100m", "memory": "200Mi"], limits: ["cpu": "500m", "memory": "600Mi"])
    /// The default of ``Egress/permissions``: everything on all resources, and no paths.
    public static let permissions = [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])]
    /// The default of ``Spec/featureGates``. A gate that the image's version doesn't know is
    /// omitted from the gateway's flags.
    public static let featureGates = ["HealthinessCheck": true, "SecretCache": true]
  }

  /// The configuration with its spec's defaults.
  public func defaulted() -> ClusterGatewayConfiguration {
    var copy = self
    copy.spec = spec.defaulted()
    return copy
  }
}

extension ClusterGatewayConfiguration.Spec {
  /// The spec with its defaults. Values that are set are kept; `egress.type` has no default.
  public func defaulted() -> ClusterGatewayConfiguration.Spec {
    typealias Defaults = ClusterGatewayConfiguration.Defaults
    let filled = ClusterGatewayConfiguration.fieldTable.fillingDefaults(in: ["spec": json])
    var spec = ClusterGatewayConfiguration.Spec(unchecked: filled["spec"]?.object ?? fields)
    if egress.permissions.isEmpty { spec.egress.permissions = Defaults.permissions }
    if resources.requests.isEmpty && resources.limits.isEmpty { spec.resources = Defaults.resources }
    spec.featureGates = Defaults.featureGates.merging(featureGates) { _, said in said }
    return spec
  }

  /// Whether the manager creates the gateway Secrets from the tokens of ManagedServiceAccounts.
  public var managesSecrets: Bool { secretManagement.type == .managedServiceAccount }

  /// The name of the ManagedServiceAccounts, by default `cluster-gateway`.
  public var managedServiceAccountName: String { secretManagement.managedServiceAccount.name }

  /// The tunnel to the clusters; `nil` for direct connections.
  public var clusterProxy: ClusterGatewayConfiguration.ClusterProxy? {
    egress.type == .clusterProxy ? egress.clusterProxy : nil
  }

  /// Whether the gateway serves a cluster with these labels.
  public func selects(clusterLabels: [String: String]) -> Bool {
    clusters.selector?.matches(clusterLabels) ?? true
  }
}

extension JSONView {
  /// The duration of a property; its default where it can't be parsed.
  fileprivate func duration(_ property: (Self) -> String) -> GoDuration {
    GoDuration(property(self)) ?? GoDuration(property(Self(unchecked: [:]))) ?? GoDuration(seconds: 0)
  }
}

extension ClusterGatewayConfiguration.Certificates {
  /// The parsed ``validity``; its default where it is absent or invalid.
  public var validityDuration: GoDuration { duration(\.validity) }

  /// The parsed ``caValidity``; its default where it is absent or invalid.
  public var caValidityDuration: GoDuration { duration(\.caValidity) }

  /// The parsed ``renewBefore``; `nil` where it is absent or invalid.
  public var renewBeforeDuration: GoDuration? { renewBefore.flatMap { GoDuration($0) } }

  /// The parsed ``caRenewBefore``; `nil` where it is absent or invalid.
  public var caRenewBeforeDuration: GoDuration? { caRenewBefore.flatMap { GoDuration($0) } }

  /// The parsed ``overlap``; its default where it is absent or invalid.
  public var overlapDuration: GoDuration { duration(\.overlap) }
}

extension ClusterGatewayConfiguration.Health {
  /// The parsed ``interval``; its default where it is absent or invalid.
  public var intervalDuration: GoDuration { duration(\.interval) }

  /// The parsed ``timeout``; its default where it is absent or invalid.
  public var timeoutDuration: GoDuration { duration(\.timeout) }

  /// The shortest and the longest interval.
  static let intervals = GoDuration(seconds: 10)...GoDuration(seconds: 3600)
  /// The shortest and the longest timeout.
  static let timeouts = GoDuration(seconds: 1)...GoDuration(seconds: 60)
}
