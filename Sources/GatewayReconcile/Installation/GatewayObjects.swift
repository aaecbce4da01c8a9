import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC

/// The gateway's own objects as they are desired, from the configuration alone.
package struct GatewayObjects: Sendable {
  let spec: ClusterGatewayConfiguration.Spec
  /// The owner reference by which each object is deleted with the add-on.
  let owner: OwnerReference
  /// The names of the Secrets that are, or are about to be, copied to the install namespace.
  var copies: Set<String> = []
  /// The annotations that record the handled requests of a rotation.
  var handledRequests: [String: String] = [:]
  /// The namespaces in which the gateway was installed before, and may still be running.
  var formerInstallNamespaces: Set<String> = []

  private func metadata(_ name: String, namespace: String? = nil, labels: [String: String] = [:])
    -> ObjectMeta
  {
    ObjectMeta(
      name: name, namespace: namespace, labels: ManagerIdentity.labels.merging(labels) { $1 },
      ownerReferences: [owner])
  }

  private let rbacGroup = "rbac.authorization.k8s.io"

  /// The label with which the Service and the Deployment select the gateway's pods.
  static let selector = [GatewayLabels.addOnName: ManagerIdentity.addOnName]

  var serviceAccount: ServiceAccount {
    var metadata = metadata(GatewayNames.serviceAccount, namespace: spec.installNamespace)
    metadata.annotations = handledRequests
    if !copies.isEmpty {
      metadata.annotations[GatewayAnnotations.copiedSecrets] = copies.sorted().joined(separator: ",")
    }
    return ServiceAccount(metadata: metadata)
  }

  var service: Service {
    Service(
      metadata: metadata(GatewayNames.service, namespace: spec.installNamespace),
      spec: ServiceSpec(
        type: "ClusterIP",
        ports: [
          ServicePort(
            name: "https", port: GatewayNames.port, targetPort: .int(GatewayNames.port), protocol: "TCP")
        ],
        selector: GatewayObjects.selector))
  }

  private var subjects: [RBACSubject] {
    ([spec.installNamespace] + formerInstallNamespaces.sorted()).map {
      RBACSubject(kind: "ServiceAccount", name: GatewayNames.serviceAccount, namespace: $0)
    }
  }

  /// The binding that lets the gateway read the API server's authentication configuration, as every
  /// aggregated API server must.
  var authenticationReader: RoleBinding {
    RoleBinding(
      metadata: metadata(GatewayNames.authenticationReader, namespace: "kube-system"), subjects: subjects,
      roleRef: RoleRef(apiGroup: rbacGroup, kind: "Role", name: GatewayObjects.authenticationReaderRole))
  }

  /// The binding that lets the gateway have its callers' tokens reviewed, which the Go manager
  /// lacks.
  var authDelegator: ClusterRoleBinding {
    ClusterRoleBinding(
      metadata: metadata(GatewayNames.authDelegator), subjects: subjects,
      roleRef: RoleRef(apiGroup: rbacGroup, kind: "ClusterRole", name: GatewayObjects.authDelegatorRole))
  }

  /// The built-in role that allows reading the authentication configuration.
  static let authenticationReaderRole = "extension-apiserver-authentication-reader"
  /// The built-in role that allows reviews of tokens and access.
  static let authDelegatorRole = "system:auth-delegator"

  /// The rights that every aggregated API server needs, and to read the managed clusters.
  static let aggregationRules: [PolicyRule] = {
    func reading(_ group: String, _ resources: String...) -> PolicyRule {
      PolicyRule(verbs: ["get", "list", "watch"], apiGroups: [group], resources: resources)
    }
    return [
      reading("cluster.open-cluster-management.io", "managedclusters"),
      reading("", "namespaces"),
      reading(
        "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings"),
      reading("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", "flowschemas"),
      PolicyRule(
        verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"]),
    ]
  }()

  var aggregationRole: ClusterRole {
    ClusterRole(metadata: metadata(GatewayNames.aggregation), rules: GatewayObjects.aggregationRules)
  }

  var aggregationBinding: ClusterRoleBinding {
    ClusterRoleBinding(
      metadata: metadata(GatewayNames.aggregation), subjects: subjects,
      roleRef: RoleRef(apiGroup: rbacGroup, kind: "ClusterRole", name: GatewayNames.aggregation))
  }

  /// The rights to read the gateway Secrets, and to record each cluster's health on its Secret.
  static let secretsRules = [
    PolicyRule(verbs: ["get", "list", "watch", "update"], apiGroups: [""], resources: ["secrets"])
  ]

  var secretsRole: Role {
    Role(
      metadata: metadata(GatewayNames.role, namespace: spec.secretNamespace),
      rules: GatewayObjects.secretsRules)
  }

  var secretsBinding: RoleBinding {
    RoleBinding(
      metadata: metadata(GatewayNames.role, namespace: spec.secretNamespace), subjects: subjects,
      roleRef: RoleRef(apiGroup: rbacGroup, kind: "Role", name: GatewayNames.role))
  }

  /// The registration of the gateway's API with the Service in `namespace` and the CA bundle
  /// `bundle` (PEM).
  func apiService(bundle: String, namespace: String) -> APIService {
    APIService(
      metadata: metadata(GatewayNames.apiService),
      spec: APIServiceSpec(
        group: "cluster.core.oam.dev", version: "v1alpha1",
        service: ServiceReference(
          namespace: namespace, name: GatewayNames.service, port: GatewayNames.port),
        caBundle: Array(bundle.utf8), insecureSkipTLSVerify: false, groupPriorityMinimum: 5000,
        versionPriority: 10))
  }

  /// The gateway's Deployment with the proxy tunnel's flags and volumes of `tunnel`.
  func deployment(tunnel: ProxyTunnel?, generation: Int64?, template: GatewayTemplate) -> Deployment {
    var arguments = [
      "--secure-port=\(GatewayNames.port)",
      "--secret-namespace=\(template.secretNamespace)",
      "--ocm-integration=true",
      "--tls-cert-file=/etc/server/tls.crt",
      "--tls-private-key-file=/etc/server/tls.key",
    ]
    arguments += [FeatureGates(template.featureGates).argument].compactMap { $0 }
    var volumes = [Volume(name: "server", secret: SecretVolumeSource(secretName: GatewayNames.servingSecret))]
    var mounts = [VolumeMount(name: "server", mountPath: "/etc/server/", readOnly: true)]
    if let tunnel {
      arguments += tunnel.arguments
      volumes += [
        Volume(name: "proxy-client-ca", secret: SecretVolumeSource(secretName: tunnel.caSecretName)),
        Volume(name: "proxy-client", secret: SecretVolumeSource(secretName: tunnel.clientSecretName)),
      ]
      mounts += [
        VolumeMount(name: "proxy-client-ca", mountPath: "/etc/ca/"),
        VolumeMount(name: "proxy-client", mountPath: "/etc/tls/"),
      ]
    }
    let container = Container(
      name: GatewayNames.container, image: spec.image, imagePullPolicy: "IfNotPresent", args: arguments,
      resources: spec.resources, volumeMounts: mounts,
      readinessProbe: template.hasReadinessProbe ? GatewayTemplate.readinessProbe : nil)
    let scheduling = spec.scheduling
    let pod = PodSpec(
      containers: [container], volumes: volumes, serviceAccountName: GatewayNames.serviceAccount,
      nodeSelector: scheduling.nodeSelector,
      affinity: scheduling.affinity.map { Affinity(unchecked: $0.object ?? [:]) },
      tolerations: scheduling.tolerations.map { Toleration(unchecked: $0.object ?? [:]) },
      topologySpreadConstraints: scheduling.topologySpreadConstraints.map {
        TopologySpreadConstraint(unchecked: $0.object ?? [:])
      },
      priorityClassName: scheduling.priorityClassName, imagePullSecrets: spec.imagePullSecrets)
    var labels: [String: String] = [:]
    if let generation { labels[GatewayLabels.configurationGeneration] = String(generation) }
    let pods = TemplateMeta(
      labels: GatewayObjects.selector,
      annotations: [GatewayAnnotations.restartedAt: template.restartedAt].compactMapValues { $0 })
    return Deployment(
      metadata: metadata(GatewayNames.deployment, namespace: spec.installNamespace, labels: labels),
      spec: DeploymentSpec(
        replicas: spec.replicas, selector: LabelSelector(matchLabels: GatewayObjects.selector),
        strategy: DeploymentStrategy(
          type: "RollingUpdate", rollingUpdate: RollingUpdateDeployment(maxUnavailable: 1, maxSurge: 1)),
        template: PodTemplateSpec(metadata: pods, spec: pod)))
  }
}
