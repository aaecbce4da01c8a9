public import GatewayAPI
public import GatewayReconcile
public import KubeCore
import KubeKindsApps
import KubeKindsAuthentication
import KubeKindsAuthorization
import KubeKindsCore
import KubeKindsPolicy
import KubeKindsRBAC
public import KubeReconcile

/// The objects that a hub's administrator applies to install the manager.
public struct InstallManifests: Sendable {
  /// The names and places.
  public struct Options: Sendable {
    /// The manager's identity: its namespace, and the Secret of its CA.
    public var identity: ManagerIdentity
    /// The manager's image.
    public var image: String
    /// The number of replicas of the manager; one of them works at a time.
    public var replicas: Int32
    /// The configuration's name.
    public var configurationName: String
    /// The configuration's spec.
    public var configuration: ClusterGatewayConfiguration.Spec
    /// The places of former configurations' objects, for the manager to remove them.
    public var former: FormerPlaces
    /// Whether metrics are served over TLS, to readers whom the API server permits it.
    public var securesMetrics: Bool

    /// Creates options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), image: String, replicas: Int32 = 2,
      configurationName: String = ManagerIdentity.addOnName,
      configuration: ClusterGatewayConfiguration.Spec, former: FormerPlaces = FormerPlaces(),
      securesMetrics: Bool = false
    ) {
      self.securesMetrics = securesMetrics
      self.configurationName = configurationName
      self.former = former
      self.identity = identity
      self.image = image
      self.replicas = replicas
      self.configuration = configuration
    }
  }

  private let options: Options

  /// Creates manifests for `options`.
  public init(_ options: Options) { self.options = options }

  private static let name = "cluster-gateway-manager"
  /// The port of `/metrics`, as the Go manager has it.
  package static let metricsPort = 48080
  /// The port of `/livez`, `/healthz` and `/readyz`, as the Go manager has it.
  package static let probePort = 48081
  private var namespace: String { options.identity.namespace }
  private var spec: ClusterGatewayConfiguration.Spec { options.configuration.defaulted() }
  private var labels: [String: String] { ["app.kubernetes.io/name": InstallManifests.name] }

  /// The objects, in an order in which they can be applied.
  public var objects: [JSONValue] {
    var objects: [JSONValue] = [ClusterGatewayConfiguration.definition]
    for name in Set([namespace, spec.installNamespace, spec.secretNamespace]).sorted() {
      objects.append(Namespace(metadata: ObjectMeta(name: name)).json)
    }
    objects.append(ServiceAccount(metadata: metadata(namespace)).json)
    objects += roles
    objects += [deployment.json, disruptionBudget.json, addOn, configuration]
    return objects
  }

  /// The roles and bindings that grant the manager its rights, which follow from the table of
  /// managed objects.
  private var roles: [JSONValue] {
    let account = InstallManifests.serviceAccount(in: namespace)
    let roles = rights.roles(named: InstallManifests.name, labels: labels, for: account).map(\.json)
    return options.securesMetrics ? roles + [metricsReader.json] : roles
  }

  /// A ClusterRole for the readers of the metrics; to whom it is bound, the administrator decides.
  private var metricsReader: ClusterRole {
    ClusterRole(
      metadata: ObjectMeta(name: InstallManifests.name + "-metrics-reader", labels: labels),
      rules: [PolicyRule(verbs: ["get"], nonResourceURLs: ["/metrics"])])
  }

  /// The ServiceAccount that the manager runs as.
  package static func serviceAccount(in namespace: String) -> ObjectKey {
    ObjectKey(ServiceAccount.type, namespace: namespace, name: name)
  }

  /// The rights that the manager needs, each with its reason.
  public var rights: [RequiredRight] {
    let rights = GatewayTable(
      identity: options.identity, configuration: spec, former: options.former
    ).rights
    return options.securesMetrics ? (rights + InstallManifests.metricsRights).merged : rights
  }

  /// The rights to review the readers of the metrics.
  private static let metricsRights = [TokenReview.type, SubjectAccessReview.type].map { type in
    RequiredRight(
      namespace: nil,
      rule: PolicyRule(verbs: ["create"], apiGroups: [type.group], resources: [type.plural]),
      reasons: ["the readers of the metrics are reviewed (--metrics-secure)"])
  }

  private func metadata(_ namespace: String?) -> ObjectMeta {
    ObjectMeta(name: InstallManifests.name, namespace: namespace, labels: labels)
  }

  // MARK: Objects

  private var deployment: Deployment {
    let container = Container(
      name: "manager", image: options.image, imagePullPolicy: "IfNotPresent",
      args: [
        "run", "--namespace=\(namespace)", "--signer-secret-name=\(options.identity.signerSecretName)",
        "--metrics-bind-address=:\(InstallManifests.metricsPort)",
        "--health-probe-bind-address=:\(InstallManifests.probePort)", "--leader-elect",
      ] + (options.securesMetrics ? ["--metrics-secure"] : []),
      ports: [
        ContainerPort(name: "metrics", containerPort: Int32(InstallManifests.metricsPort)),
        ContainerPort(name: "probes", containerPort: Int32(InstallManifests.probePort)),
      ],
      resources: ResourceRequirements(
        requests: ["cpu": "50m", "memory": "64Mi"], limits: ["memory": "512Mi"]),
      securityContext: SecurityContext(
        capabilities: Capabilities(drop: ["ALL"]), readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false),
      livenessProbe: Probe(
        httpGet: HTTPGetAction(path: "/livez", port: "probes"), initialDelaySeconds: 15, timeoutSeconds: 5,
        periodSeconds: 20),
      readinessProbe: Probe(
        httpGet: HTTPGetAction(path: "/readyz", port: "probes"), timeoutSeconds: 5, periodSeconds: 10))
    let pod = PodSpec(
      containers: [container], serviceAccountName: InstallManifests.name,
      topologySpreadConstraints: [
        TopologySpreadConstraint(
          maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: LabelSelector(matchLabels: labels))
      ],
      securityContext: PodSecurityContext(
        runAsNonRoot: true, seccompProfile: SeccompProfile(type: "RuntimeDefault")))
    return Deployment(
      metadata: metadata(namespace),
      spec: DeploymentSpec(
        replicas: options.replicas, selector: LabelSelector(matchLabels: labels),
        template: PodTemplateSpec(metadata: TemplateMeta(labels: labels), spec: pod)))
  }

  /// The disruption budget: all replicas but one stay while nodes are drained. A single replica may
  /// be evicted, or else its node could not be drained.
  private var disruptionBudget: PodDisruptionBudget {
    PodDisruptionBudget(
      metadata: metadata(namespace),
      spec: PodDisruptionBudgetSpec(selector: LabelSelector(matchLabels: labels), maxUnavailable: 1))
  }

  private var addOn: JSONValue {
    ClusterManagementAddOn(
      metadata: ObjectMeta(name: ManagerIdentity.addOnName),
      spec: ClusterManagementAddOnSpec(
        addOnMeta: AddOnMeta(
          displayName: "Cluster Gateway", description: "Proxies requests to the managed clusters"),
        defaultConfigs: [
          AddOnConfig(
            group: ClusterGatewayConfiguration.type.group, resource: ClusterGatewayConfiguration.type.plural,
            name: options.configurationName)
        ], installStrategy: InstallStrategy(type: InstallStrategy.manual))
    ).json
  }

  private var configuration: JSONValue {
    ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: options.configurationName), spec: options.configuration
    )
    .json
  }
}
