/// Labels of Open Cluster Management.
public enum OCMLabels {
  /// The add-on that a ManifestWork belongs to; `clusteradm get addon` lists by it.
  public static let addOnName = "open-cluster-management.io/addon-name"
  /// The mark, with `"true"`, of a Secret with a ManagedServiceAccount's reported token.
  public static let isManagedServiceAccount =
    "authentication.open-cluster-management.io/is-managed-serviceaccount"
  /// The set of clusters that a ManagedCluster belongs to.
  public static let clusterSet = "cluster.open-cluster-management.io/clusterset"
}

/// Annotations of Open Cluster Management.
public enum OCMAnnotations {
  /// The hashes of the configurations that a ManifestWork was created from, as a JSON object. See
  /// ``ConfigSpecHashes``.
  public static let configSpecHash = "open-cluster-management.io/config-spec-hash"
  /// The mark, with `"true"`, of a ManagedCluster on which add-ons must not be installed
  /// automatically. The add-on has to respect it.
  public static let disableAutomaticInstallation =
    "addon.open-cluster-management.io/disable-automatic-installation"
  /// The install namespace of a ManagedClusterAddOn in v1beta1: `spec.installNamespace` of
  /// v1alpha1.
  public static let installNamespace = "addon.open-cluster-management.io/v1alpha1-install-namespace"
}

/// Labels of cluster-gateway and its manager.
public enum GatewayLabels {
  /// The kind of credential in a gateway Secret, one of ``GatewayCredentialType``. A Secret without
  /// it is not listed.
  public static let credentialType = "cluster.core.oam.dev/cluster-credential-type"
  /// The way in which a gateway Secret's cluster is reached, one of ``GatewayEndpointType``.
  public static let endpointType = "cluster.core.oam.dev/cluster-endpoint-type"
  /// The add-on's name on the gateway's Deployment and pods.
  public static let addOnName = "proxy.open-cluster-management.io/addon-name"
  /// The generation of the ClusterGatewayConfiguration from which the gateway's Deployment was
  /// created.
  public static let configurationGeneration = "proxy.open-cluster-management.io/configuration-generation"
}

/// Annotations of cluster-gateway and its manager.
public enum GatewayAnnotations {
  /// A request on a ClusterGatewayConfiguration: every new value causes one new serving
  /// certificate.
  public static let rotateServing = "proxy.open-cluster-management.io/rotate-serving"
  /// A request on a ClusterGatewayConfiguration: every new value causes one new CA.
  public static let rotateCA = "proxy.open-cluster-management.io/rotate-ca"
  /// The last handled value of the request, on the rotated Secret.
  public static let rotatedFor = "proxy.open-cluster-management.io/rotated-for"
  /// The last handled value of ``rotateCA`` on the gateway's ServiceAccount, which a person's
  /// `replace` of the CA's Secret doesn't affect.
  public static let handledRotateCA = "proxy.open-cluster-management.io/handled-rotate-ca"
  /// The last handled value of ``rotateServing``, on the gateway's ServiceAccount.
  public static let handledRotateServing = "proxy.open-cluster-management.io/handled-rotate-serving"
  /// The SHA-256 fingerprint, on the CA's Secret, of the CA that the next one was created to
  /// follow; empty where it couldn't be read.
  public static let nextCAFollows = "proxy.open-cluster-management.io/next-ca-follows"
  /// The end of the validity of all replaced certificates, in RFC 3339, on the serving
  /// certificate's Secret.
  public static let replacedNotAfter = "proxy.open-cluster-management.io/replaced-not-after"
  /// The names of the Secrets that were copied to the namespace of the gateway's ServiceAccount,
  /// separated by commas.
  public static let copiedSecrets = "proxy.open-cluster-management.io/copied-secrets"
  /// The time of the last restart, in RFC 3339, on the gateway's pods and in their Deployment's
  /// template.
  public static let restartedAt = "proxy.open-cluster-management.io/restarted-at"
  /// The mark of a gateway Secret whose cluster the manager is about to reach through the proxy
  /// tunnel, `ClusterProxy`. As long as any Secret has it, the gateway's pods keep the tunnel.
  public static let intendedEndpointType = "proxy.open-cluster-management.io/intended-endpoint-type"
  /// The uid of the ManagedCluster that a gateway Secret or a ManagedServiceAccount is for.
  public static let clusterUID = "proxy.open-cluster-management.io/cluster-uid"
  /// The uid of the ManagedServiceAccount that a gateway Secret's token belongs to.
  public static let accountUID = "proxy.open-cluster-management.io/account-uid"
  /// The result of the last probe of a gateway Secret's cluster, `true` or `false`.
  public static let healthy = "status.cluster.core.oam.dev/healthy"
  /// The reason why the last probe of a gateway Secret's cluster failed.
  public static let healthyReason = "status.cluster.core.oam.dev/healthy-reason"
}

/// The values of ``GatewayLabels/credentialType``.
public enum GatewayCredentialType: String, CaseIterable, Sendable {
  /// A bearer token in `data.token`.
  case serviceAccountToken = "ServiceAccountToken"
  /// A client certificate and its key in `data["tls.crt"]` and `data["tls.key"]`.
  case x509Certificate = "X509Certificate"
  /// A credential from a command that the gateway runs.
  case dynamic = "Dynamic"
}

/// The values of ``GatewayLabels/endpointType``.
public enum GatewayEndpointType: String, CaseIterable, Sendable {
  /// A direct connection to the cluster's URL.
  case const = "Const"
  /// A connection to the cluster by name through the tunnel of cluster-proxy.
  case clusterProxy = "ClusterProxy"
}
