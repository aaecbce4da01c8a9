public import KubeCore

extension ManagedCluster {
  /// The types of a managed cluster's conditions.
  public enum ConditionType {
    /// An administrator of the hub has accepted the cluster.
    public static let hubAccepted = "HubAcceptedManagedCluster"
    /// The cluster's agent has registered.
    public static let joined = "ManagedClusterJoined"
    /// The cluster's agent renews its Lease.
    public static let available = "ManagedClusterConditionAvailable"
  }

  /// Whether the hub has accepted the cluster and its agent has registered.
  public var isAcceptedAndJoined: Bool {
    status.conditions.isTrue(ConditionType.hubAccepted) && status.conditions.isTrue(ConditionType.joined)
  }

  /// Whether its administrator disabled the automatic installation of add-ons.
  public var refusesAutomaticInstallation: Bool { metadata.refusesAutomaticInstallation }
}

extension ObjectMeta {
  /// Whether the administrator of the ManagedCluster with this metadata disabled the automatic
  /// installation of add-ons.
  package var refusesAutomaticInstallation: Bool {
    annotations[OCMAnnotations.disableAutomaticInstallation] == "true"
  }
}

extension ManagedClusterAddOn {
  /// The types of an add-on's conditions on a cluster.
  public enum ConditionType {
    /// The add-on works on the cluster. OCM writes it while the cluster is Unknown, otherwise the
    /// writer that `healthCheck` names.
    public static let available = "Available"
    /// The add-on's objects are applied on the cluster. The add-on's manager writes it.
    public static let manifestApplied = "ManifestApplied"
    /// The add-on's agent may register at the hub. The add-on's manager writes it.
    public static let registrationApplied = "RegistrationApplied"
    /// The add-on's configurations are resolved. OCM writes it.
    public static let configured = "Configured"
    /// The add-on is being updated to a new configuration. OCM writes it.
    public static let progressing = "Progressing"
    /// The add-on works with problems.
    public static let degraded = "Degraded"
  }

  /// The namespace of the add-on's agent on the cluster; `nil` where none is named. The status from
  /// OCM's addon-manager takes precedence, which includes an AddOnDeploymentConfig's
  /// `agentInstallNamespace`; then the v1alpha1 field, which is an annotation in v1beta1.
  public var installNamespace: String? {
    get {
      [status.namespace, metadata.annotations[OCMAnnotations.installNamespace]]
        .compactMap { $0?.isEmpty == false ? $0 : nil }.first
    }
    set { metadata.annotations[OCMAnnotations.installNamespace] = newValue }
  }

  /// The default namespace of agents on clusters.
  public static let defaultInstallNamespace = "open-cluster-management-agent-addon"
}

extension ManagedServiceAccount {
  /// The types of a reported service account's conditions.
  public enum ConditionType {
    /// The Secret for the token exists.
    public static let secretCreated = "SecretCreated"
    /// The token has been reported to the hub.
    public static let tokenReported = "TokenReported"
  }

  /// The name of the add-on that creates the service accounts on clusters.
  public static let addOnName = "managed-serviceaccount"
}

extension ManifestWork {
  /// The types of a ManifestWork's conditions, and of those of its individual objects.
  public enum ConditionType {
    /// The objects are applied on the cluster.
    public static let applied = "Applied"
    /// The objects exist on the cluster.
    public static let available = "Available"
  }

  /// The conventional name of the ManifestWork numbered `index`, from 0, that deploys an add-on.
  public static func name(deploying addOn: String, index: Int = 0) -> String {
    "addon-\(addOn)-deploy-\(index)"
  }
}

extension ClusterManagementAddOn {
  /// The default configuration of this kind; `nil` where there is none, or a placeholder for none.
  public func defaultConfig(for type: ResourceType) -> AddOnConfig? {
    spec.defaultConfigs.first { $0.isFor(type) && $0.namesObject }
  }
}
