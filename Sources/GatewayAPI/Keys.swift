/// Labels that Open Cluster Management gives a meaning.
public enum OCMLabels {
  /// On a ManifestWork: the add-on that it belongs to; `clusteradm get addon` lists by it.
  public static let addOnName = "open-cluster-management.io/addon-name"
  /// On a Secret, with `"true"`: a ManagedServiceAccount's reported token.
  public static let isManagedServiceAccount =
    "authentication.open-cluster-management.io/is-managed-serviceaccount"
  /// On a ManagedCluster, followed by an add-on's name: the add-on's state, `available`, `unhealthy` or
  /// `unreachable`.
  public static let addOnFeaturePrefix = "feature.open-cluster-management.io/addon-"
  /// On a ManagedCluster: the set of clusters that it belongs to.
  public static let clusterSet = "cluster.open-cluster-management.io/clusterset"
}

/// Annotations that Open Cluster Management gives a meaning.
public enum OCMAnnotations {
  /// On a ManifestWork: the hashes of the configurations that it was made from, as a JSON object. See
  /// `ConfigSpecHashes`.
  public static let configSpecHash = "open-cluster-management.io/config-spec-hash"
  /// On a ManagedCluster, with `"true"`: add-ons are not to be installed by themselves. Honouring it is the
  /// add-on's job.
  public static let disableAutomaticInstallation =
    "addon.open-cluster-management.io/disable-automatic-installation"
  /// On a ManagedClusterAddOn in v1beta1: what v1alpha1 calls `spec.installNamespace`.
  public static let installNamespace = "addon.open-cluster-management.io/v1alpha1-install-namespace"
  /// On a ClusterManagementAddOn: `self` takes the add-on away from OCM's addon-manager.
  public static let lifecycle = "addon.open-cluster-management.io/lifecycle"
  /// The value of `lifecycle` for an add-on that manages itself.
  public static let lifecycleSelf = "self"
}

/// Labels that cluster-gateway and its manager give a meaning.
public enum GatewayLabels {
  /// On a gateway Secret: what kind of credential it holds. A Secret without it is not listed. See
  /// `GatewayCredentialType`.
  public static let credentialType = "cluster.core.oam.dev/cluster-credential-type"
  /// On a gateway Secret: how the cluster is reached. See `GatewayEndpointType`.
  public static let endpointType = "cluster.core.oam.dev/cluster-endpoint-type"
  /// On the gateway's Deployment and pods: the add-on's name.
  public static let addOnName = "proxy.open-cluster-management.io/addon-name"
  /// On the gateway's Deployment: the generation of the ClusterGatewayConfiguration that it was made from.
  public static let configurationGeneration = "proxy.open-cluster-management.io/configuration-generation"
}

/// Annotations that cluster-gateway and its manager give a meaning.
public enum GatewayAnnotations {
  /// On a ClusterGatewayConfiguration: every new value has the serving certificate issued anew, once.
  public static let rotateServing = "proxy.open-cluster-management.io/rotate-serving"
  /// On a ClusterGatewayConfiguration: every new value has another certificate authority made, once.
  public static let rotateCA = "proxy.open-cluster-management.io/rotate-ca"
  /// On the Secret that was rotated: the last value that was obeyed.
  public static let rotatedFor = "proxy.open-cluster-management.io/rotated-for"
  /// On the gateway's ServiceAccount: the last value of ``rotateCA`` that was obeyed, where no person's `replace` of
  /// the CA's Secret reaches.
  public static let handledRotateCA = "proxy.open-cluster-management.io/handled-rotate-ca"
  /// On the gateway's ServiceAccount: the last value of ``rotateServing`` that was obeyed.
  public static let handledRotateServing = "proxy.open-cluster-management.io/handled-rotate-serving"
  /// On the Secret of the CA: the SHA-256 fingerprint of the CA that the next one was made to follow; empty where that
  /// can't be read.
  public static let nextCAFollows = "proxy.open-cluster-management.io/next-ca-follows"
  /// On the Secret of the serving certificate: until when those are valid that it replaced, in RFC 3339.
  public static let replacedNotAfter = "proxy.open-cluster-management.io/replaced-not-after"
  /// On the gateway's ServiceAccount: the names of the Secrets that were copied to its namespace, separated by commas.
  public static let copiedSecrets = "proxy.open-cluster-management.io/copied-secrets"
  /// On the gateway's pods, and in their Deployment's template: when they were last restarted, in RFC 3339.
  public static let restartedAt = "proxy.open-cluster-management.io/restarted-at"
  /// On a gateway Secret: that the manager is about to lead it through the proxy tunnel, `ClusterProxy`. As long as any
  /// Secret says so the gateway's pods keep the tunnel.
  public static let intendedEndpointType = "proxy.open-cluster-management.io/intended-endpoint-type"
  /// On a gateway Secret: the uid of the ManagedCluster that it is for.
  public static let clusterUID = "proxy.open-cluster-management.io/cluster-uid"
  /// On a gateway Secret: the uid of the ManagedServiceAccount that its token is of.
  public static let accountUID = "proxy.open-cluster-management.io/account-uid"
  /// On a gateway Secret: whether the cluster was healthy when last probed, `true` or `false`.
  public static let healthy = "status.cluster.core.oam.dev/healthy"
  /// On a gateway Secret: why it was not.
  public static let healthyReason = "status.cluster.core.oam.dev/healthy-reason"
}

/// The values of `GatewayLabels.credentialType`.
public enum GatewayCredentialType: String, CaseIterable, Sendable {
  /// `data.token` is a bearer token.
  case serviceAccountToken = "ServiceAccountToken"
  /// `data["tls.crt"]` and `data["tls.key"]` are a client certificate and its key.
  case x509Certificate = "X509Certificate"
  /// The gateway runs a command that yields the credential.
  case dynamic = "Dynamic"
}

/// The values of `GatewayLabels.endpointType`.
public enum GatewayEndpointType: String, CaseIterable, Sendable {
  /// The gateway dials the cluster's URL.
  case const = "Const"
  /// The gateway dials the cluster by name through the tunnel of cluster-proxy.
  case clusterProxy = "ClusterProxy"
}
