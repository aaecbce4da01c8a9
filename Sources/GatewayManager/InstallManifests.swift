public import GatewayAPI
public import GatewayReconcile
public import KubeCore

/// Everything that a hub's administrator applies to install the operator.
public struct InstallManifests: Sendable {
  /// The names and places.
  public struct Options: Sendable {
    /// Who the manager is: its namespace, and the Secret of its authority.
    public var identity: ManagerIdentity
    /// The operator's image.
    public var image: String
    /// How many replicas of the operator there are; one of them works at a time.
    public var replicas: Int32
    /// The example configuration's spec.
    public var configuration: ClusterGatewayConfiguration.Spec

    /// Options.
    public init(
      identity: ManagerIdentity = ManagerIdentity(), image: String, replicas: Int32 = 1,
      configuration: ClusterGatewayConfiguration.Spec
    ) {
      self.identity = identity
      self.image = image
      self.replicas = replicas
      self.configuration = configuration
    }
  }

  private let options: Options

  /// Manifests for `options`.
  public init(_ options: Options) { self.options = options }

  private static let name = "cluster-gateway-manager"
  /// Where `/livez`, `/readyz` and `/metrics` are served.
  private static let probePort = 48081
  private var namespace: String { options.identity.namespace }
  private var spec: ClusterGatewayConfiguration.Spec { options.configuration.defaulted() }
  private var labels: [String: String] { ["app.kubernetes.io/name": InstallManifests.name] }

  /// The objects, in an order in which they can be applied.
  public var objects: [JSONValue] {
    var objects: [JSONValue] = [ClusterGatewayConfiguration.customResourceDefinition]
    for name in Set([namespace, spec.installNamespace, spec.secretNamespace]).sorted() {
      objects.append(Namespace(metadata: ObjectMeta(name: name)).json)
    }
    objects.append(ServiceAccount(metadata: metadata(namespace)).json)
    objects += [ClusterRole(metadata: metadata(nil), rules: clusterRules).json, clusterBinding.json]
    for (namespace, rules) in namespacedRules {
      objects.append(Role(metadata: metadata(namespace), rules: rules).json)
      objects.append(
        RoleBinding(
          metadata: metadata(namespace), subjects: [subject],
          roleRef: RoleRef(apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: InstallManifests.name)
        ).json)
    }
    objects += [deployment.json, addOn, configuration]
    return objects
  }

  private func metadata(_ namespace: String?) -> ObjectMeta {
    ObjectMeta(name: InstallManifests.name, namespace: namespace, labels: labels)
  }

  private var subject: RBACSubject {
    RBACSubject(kind: "ServiceAccount", name: InstallManifests.name, namespace: namespace)
  }

  private var clusterBinding: ClusterRoleBinding {
    ClusterRoleBinding(
      metadata: metadata(nil), subjects: [subject],
      roleRef: RoleRef(
        apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: InstallManifests.name))
  }

  // MARK: Rights

  private static let reading = ["get", "list", "watch"]
  private static let writing = ["create", "patch", "delete"]

  private static func rule(
    _ group: String, _ resources: [String], _ verbs: [String], named names: [String] = []
  ) -> PolicyRule {
    PolicyRule(verbs: verbs, apiGroups: [group], resources: resources, resourceNames: names)
  }

  /// Cluster-wide rights. Secrets are read by name only: `list` and `watch` with a field selector on that
  /// name need
  /// no more. `create` can't be tied to names, and gets only what has no namespace of the manager's.
  private var clusterRules: [PolicyRule] {
    let (reading, writing) = (InstallManifests.reading, InstallManifests.writing)
    let rule = InstallManifests.rule
    let addOn = "addon.open-cluster-management.io"
    let rbac = "rbac.authorization.k8s.io"
    var rules = [
      rule("cluster.open-cluster-management.io", ["managedclusters"], reading, []),
      rule(addOn, ["clustermanagementaddons"], reading, []),
      rule(addOn, ["clustermanagementaddons/status"], ["patch"], [ManagerIdentity.addOnName]),
      // Where OwnerReferencesPermissionEnforcement is on, owning needs the right to finalizers.
      rule(addOn, ["clustermanagementaddons/finalizers", "managedclusteraddons/finalizers"], ["update"], []),
      rule(addOn, ["managedclusteraddons"], reading + writing, []),
      rule(addOn, ["managedclusteraddons/status"], ["patch"], []),
      rule("authentication.open-cluster-management.io", ["managedserviceaccounts"], reading + writing, []),
      rule("work.open-cluster-management.io", ["manifestworks"], reading + writing, []),
      rule("proxy.open-cluster-management.io", ["clustergatewayconfigurations"], reading, []),
      rule("proxy.open-cluster-management.io", ["clustergatewayconfigurations/status"], ["patch"], []),
      rule("apiregistration.k8s.io", ["apiservices"], ["create"], []),
      rule(
        "apiregistration.k8s.io", ["apiservices"], reading + ["patch", "delete"], [GatewayNames.apiService]),
      rule("", ["namespaces"], ["create"], []),
      rule("", ["namespaces"], reading, [spec.installNamespace, spec.secretNamespace]),
      rule("", ["serviceaccounts", "services"], reading, [GatewayNames.serviceAccount]),
      rule("apps", ["deployments"], reading, [GatewayNames.deployment]),
      rule(rbac, ["clusterroles", "clusterrolebindings", "rolebindings"], ["create"], []),
      rule(
        rbac, ["clusterroles"], reading + ["patch", "delete", "escalate", "bind"], [GatewayNames.aggregation]),
      rule(rbac, ["clusterroles"], ["bind"], ["system:auth-delegator"]),
      rule(
        rbac, ["clusterrolebindings"], reading + ["patch", "delete"],
        [GatewayNames.aggregation, GatewayNames.authDelegator]),
      rule(rbac, ["roles"], ["bind"], ["extension-apiserver-authentication-reader"]),
      rule(rbac, ["roles", "rolebindings"], reading, [GatewayNames.role]),
      rule(rbac, ["rolebindings"], reading + ["patch", "delete"], [GatewayNames.authenticationReader]),
      rule("", ["secrets"], reading, [GatewayNames.servingSecret]),
      rule("cluster.core.oam.dev", ["clustergateways"], ["list"], []),
      rule("cluster.core.oam.dev", ["clustergateways/health", "clustergateways/proxy"], ["get"], []),
    ]
    if spec.managesSecrets {
      rules.append(rule("", ["secrets"], reading, [spec.managedServiceAccountName]))
    }
    return rules
  }

  private var namespacedRules: [(String, [PolicyRule])] {
    let (reading, writing) = (InstallManifests.reading, InstallManifests.writing)
    let rule = InstallManifests.rule
    let rbac = "rbac.authorization.k8s.io"
    var rules: [String: [PolicyRule]] = [:]
    rules[namespace, default: []] += [
      rule("", ["secrets"], ["create"], []),
      rule("", ["secrets"], reading + ["patch", "delete"], [options.identity.signerSecretName]),
      rule("coordination.k8s.io", ["leases"], ["get", "create", "update", "patch"], []),
      rule("", ["events"], ["create", "patch"], []),
    ]
    rules[spec.installNamespace, default: []] += [
      rule("", ["secrets", "serviceaccounts", "services"], reading + writing, []),
      rule("apps", ["deployments"], reading + writing, []),
      rule("discovery.k8s.io", ["endpointslices"], reading, []),
      rule("", ["events"], ["create", "patch"], []),
    ]
    rules[spec.secretNamespace, default: []] += [
      rule("", ["secrets"], reading + writing, []),
      // The gateway's own role lets it update the health that it notes on Secrets: to grant is to hold.
      rule("", ["secrets"], ["update"], []),
      rule(rbac, ["roles", "rolebindings"], reading + writing, []),
    ]
    if let credentials = spec.clusterProxy?.credentials {
      let names = Set([credentials.proxyClientSecretName, credentials.proxyClientCASecretName]).sorted()
      rules[credentials.namespace, default: []].append(rule("", ["secrets"], reading, names))
    }
    return rules.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: Objects

  private var deployment: Deployment {
    let container = Container(
      name: "manager", image: options.image, imagePullPolicy: "IfNotPresent",
      args: [
        "run", "--namespace=\(namespace)", "--signer-secret-name=\(options.identity.signerSecretName)",
        "--probe-port=\(InstallManifests.probePort)",
      ],
      ports: [ContainerPort(name: "probes", containerPort: Int32(InstallManifests.probePort))],
      resources: ResourceRequirements(
        requests: ["cpu": "50m", "memory": "64Mi"], limits: ["memory": "256Mi"]),
      securityContext: [
        "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "readOnlyRootFilesystem": true,
      ],
      livenessProbe: [
        "httpGet": ["path": "/livez", "port": "probes"], "initialDelaySeconds": 15, "periodSeconds": 20,
        "timeoutSeconds": 5,
      ],
      readinessProbe: [
        "httpGet": ["path": "/readyz", "port": "probes"], "periodSeconds": 10, "timeoutSeconds": 5,
      ])
    let pod = PodSpec(
      containers: [container], serviceAccountName: InstallManifests.name,
      securityContext: ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]])
    return Deployment(
      metadata: metadata(namespace),
      spec: DeploymentSpec(
        replicas: options.replicas, selector: LabelSelector(matchLabels: labels),
        template: PodTemplateSpec(metadata: PodTemplateMeta(labels: labels), spec: pod)))
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
            name: ManagerIdentity.addOnName)
        ], installStrategy: InstallStrategy(type: InstallStrategy.manual))
    ).json
  }

  private var configuration: JSONValue {
    ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: ManagerIdentity.addOnName), spec: options.configuration
    )
    .json
  }
}
