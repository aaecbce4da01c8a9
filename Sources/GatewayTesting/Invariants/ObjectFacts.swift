import CertificatePolicy
import GatewayAPI
import GatewayReconcile
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeTesting
import OCMSimulator

/// The facts about a state of an object on which the gateway's invariants depend, parsed once and
/// shared by the facts about all hubs that have it.
package final class ObjectFacts {
  /// The object's part in the gateway's operation.
  enum Part {
    case other
    case pod(PodFacts)
    case deployment(DeploymentFacts)
    case service
    case serviceAccount
    case secretRole
    case apiService(APIServiceFacts)
    case addOn(isManual: Bool)
    case configuration(ConfigurationFacts)
    /// `takesPart` says whether the hub accepts the cluster and that doesn't opt out.
    case cluster(takesPart: Bool)
    case clusterAddOn(conditions: [Condition])
    case account
    case work(subjects: Set<String>, isApplied: Bool)
    case gatewaySecret(GatewaySecretFacts)
    case tokenSecret(data: Fingerprint)
    case servingSecret(leaf: CertificateFacts?)
    case signerSecret(keys: Set<String>)
  }

  private(set) var part = Part.other
  let namespace: String
  let name: String
  /// The namespace and the name.
  let place: String
  /// The kind, the namespace and the name for messages, as of an `ObjectKey`.
  let description: String
  let isSecret: Bool
  let uid: String
  let created: Date?
  let isLeaving: Bool
  let hasOurLabel: Bool
  /// The uids of the owners.
  let owners: [String]
  /// The uids that the object references, its own excepted.
  package private(set) var mentionedUIDs: [String]
  /// The serial numbers of the certificates and keys in it.
  package private(set) var serials: [Int] = []

  private let object: DynamicObject

  /// Whether it is the manager's or the Go manager's.
  private(set) lazy var isOurs: Bool = {
    let managers = (try? object.managedFields())?.filter { $0.subresource == nil }.map(\.manager) ?? []
    return hasOurLabel || managers.contains(ManagerIdentity.fieldManager)
      || managers.contains("addon-manager")
  }()

  package init(_ object: DynamicObject) {
    self.object = object
    let metadata = object.metadata
    (namespace, name) = (metadata.namespace ?? "", metadata.name)
    place = "\(namespace)/\(name)"
    description = "\(object.kind) \(metadata.namespace == nil ? name : place)"
    isSecret = object.groupKind == Secret.type.groupKind
    uid = metadata.uid ?? ""
    created = metadata.creationTimestamp
    isLeaving = metadata.deletionTimestamp != nil
    owners = metadata.ownerReferences.map(\.uid)
    mentionedUIDs = owners
    hasOurLabel = metadata.labels[ManagerIdentity.managedByLabel] == ManagerIdentity.fieldManager
    switch object.groupKind {
    case Pod.type.groupKind:
      guard let pod = try? object.decode(Pod.self) else { return }
      part = .pod(
        PodFacts(
          name: name, namespace: namespace,
          isReady: !isLeaving && pod.status.conditions.isTrue("Ready")
            && metadata.labels[GatewayLabels.addOnName] != nil,
          template: PodTemplateFacts(pod.spec, in: namespace)))
    case Deployment.type.groupKind where name == GatewayNames.deployment:
      guard let deployment = try? object.decode(Deployment.self) else { return }
      part = .deployment(DeploymentFacts(deployment, in: namespace))
    case Service.type.groupKind where name == GatewayNames.service: part = .service
    case ServiceAccount.type.groupKind where name == GatewayNames.serviceAccount: part = .serviceAccount
    case Role.type.groupKind where name == GatewayNames.role: part = .secretRole
    case APIService.type.groupKind where name == GatewayNames.apiService:
      guard let service = try? object.decode(APIService.self) else { return }
      let text = service.spec.caBundle.map { String(decoding: $0, as: UTF8.self) } ?? ""
      serials = SimulatedPKI.serials(in: text)
      part = .apiService(
        APIServiceFacts(
          namespace: service.spec.service?.namespace, bundle: SimulatedPKI.certificates(text) ?? [],
          isAvailable: service.status.conditions.isTrue("Available")))
    case ClusterManagementAddOn.type.groupKind where name == ManagerIdentity.addOnName:
      let strategy = object.json.value(at: "spec", "installStrategy", "type")?.string
      part = .addOn(isManual: strategy ?? "Manual" == "Manual")
    case ClusterGatewayConfiguration.type.groupKind:
      guard let configuration = try? object.decode(ClusterGatewayConfiguration.self) else { return }
      part = .configuration(ConfigurationFacts(configuration))
    case ManagedCluster.type.groupKind:
      part = .cluster(
        takesPart: object.json.value(at: "spec", "hubAcceptsClient") == true
          && metadata.annotations[OCMAnnotations.disableAutomaticInstallation] != "true")
    case ManagedClusterAddOn.type.groupKind where name == ManagerIdentity.addOnName:
      part = .clusterAddOn(conditions: (try? ManagedClusterAddOn(observed: object))?.status.conditions ?? [])
    case ManagedServiceAccount.type.groupKind: part = .account
    case ManifestWork.type.groupKind:
      guard let work = try? object.decode(ManifestWork.self) else { return }
      let subjects = work.spec.workload.manifests.flatMap { $0["subjects"]?.array ?? [] }
      part = .work(
        subjects: Set(subjects.compactMap { $0["name"]?.string }),
        isApplied: work.status.conditions.isTrue("Applied"))
    case Secret.type.groupKind: readSecret(object)
    default: break
    }
  }

  private func readSecret(_ object: DynamicObject) {
    let metadata = object.metadata
    guard let secret = try? object.decode(Secret.self) else { return }
    var fingerprinter = Fingerprinter()
    for (key, value) in secret.data.sorted(by: { $0.key < $1.key }) {
      fingerprinter.combine(key)
      value.withExposedBytes { fingerprinter.combine($0) }
      if let text = value.exposedText() { serials += SimulatedPKI.serials(in: text) }
    }
    let token = secret.data["token"]?.exposedText().flatMap { FakeToken($0) }
    if let token { mentionedUIDs.append(token.account) }
    if metadata.labels[OCMLabels.isManagedServiceAccount] != nil {
      part = .tokenSecret(data: fingerprinter.fingerprint)
    } else if metadata.labels[GatewayLabels.credentialType] != nil {
      part = .gatewaySecret(
        GatewaySecretFacts(
          endpoint: metadata.labels[GatewayLabels.endpointType],
          account: token.map { ($0.accountName, $0.account) },
          accountUID: metadata.annotations[GatewayAnnotations.accountUID],
          clusterUID: metadata.annotations[GatewayAnnotations.clusterUID],
          isHealthy: metadata.annotations[GatewayAnnotations.healthy] == "true",
          data: fingerprinter.fingerprint))
    } else if name == GatewayNames.servingSecret {
      let chain = SimulatedPKI.certificates(secret.data["tls.crt"]) ?? []
      let key = secret.data["tls.key"]
      part = .servingSecret(leaf: chain.first.flatMap { key == SimulatedPKI.key($0.serialNumber) ? $0 : nil })
    } else if name == ManagerIdentity().signerSecretName {
      part = .signerSecret(keys: Set(secret.data.keys))
    }
  }
}

/// The facts about pods of the gateway that their specification contains.
struct PodTemplateFacts {
  var hasTunnel: Bool
  var secretNamespace: String?
  /// The mounted Secrets, by namespace and name.
  let mounts: [String]

  init(_ spec: PodSpec, in namespace: String) {
    let arguments = spec.containers.flatMap(\.args)
    let flag = "--secret-namespace="
    hasTunnel = arguments.contains { $0.hasPrefix("--proxy-host=") }
    secretNamespace = arguments.last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }
    mounts = spec.volumes.compactMap { $0.secret?.secretName }.map { "\(namespace)/\($0)" }
  }
}

/// A pod of the gateway.
struct PodFacts {
  let name: String
  let namespace: String
  /// Whether it may get requests.
  let isReady: Bool
  let template: PodTemplateFacts
}

/// The gateway's Deployment in a namespace.
struct DeploymentFacts {
  let template: PodTemplateFacts
  /// The pods, as far as they are known from the Deployment alone: before it is rolled out they may
  /// be of a former template, without the tunnel.
  let pods: PodFacts

  init(_ deployment: Deployment, in namespace: String) {
    let (spec, status) = (deployment.spec, deployment.status)
    template = PodTemplateFacts(spec.template.spec, in: namespace)
    let isRolledOut =
      status.observedGeneration == deployment.metadata.generation && status.updatedReplicas == spec.replicas
      && status.availableReplicas == spec.replicas
    var known = template
    if !isRolledOut { known.hasTunnel = false }
    pods = PodFacts(
      name: "of \(GatewayNames.deployment)", namespace: namespace, isReady: status.readyReplicas ?? 0 > 0,
      template: known)
  }
}

/// The registration of the gateway's API.
struct APIServiceFacts {
  let namespace: String?
  let bundle: [CertificateFacts]
  let isAvailable: Bool
}

/// The configuration, with defaults.
struct ConfigurationFacts {
  let usesTunnel: Bool
  let secretNamespace: String
  let account: String
  /// The condition that summarizes the clusters' health.
  let clusters: Condition?

  init(_ configuration: ClusterGatewayConfiguration) {
    let spec = configuration.spec.defaulted()
    usesTunnel = spec.egress.type == .clusterProxy
    secretNamespace = spec.secretNamespace
    account = spec.managedServiceAccountName
    clusters = configuration.status.conditions.condition(ClusterGatewayConfiguration.ConditionType.clusters)
  }
}

/// The content of a cluster's gateway Secret.
struct GatewaySecretFacts {
  let endpoint: String?
  /// The account that the token is of.
  let account: (name: String, uid: String)?
  /// The uid of the account that the token is of, as the annotation says.
  let accountUID: String?
  let clusterUID: String?
  let isHealthy: Bool
  let data: Fingerprint

  var isTunneled: Bool { endpoint == GatewayEndpointType.clusterProxy.rawValue }
}
