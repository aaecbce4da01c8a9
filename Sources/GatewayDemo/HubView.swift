import CertificatePolicy
import GatewayAPI
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeMemory

/// The facts about a hub that the demo shows, read from its objects.
struct HubView: Sendable {
  /// A managed cluster.
  struct Cluster: Sendable {
    /// The credential with which the gateway accesses it.
    enum Credential: Sendable {
      case none, outdated, current
    }

    var name: String
    var isLeaving: Bool
    var hasAddOn: Bool
    var hasIdentity: Bool
    var hasToken: Bool
    var conditions: [Condition]
    var manifests: [(name: String, isApplied: Bool)]
    var credential: Credential

    /// The condition's status as `true`, `false` or `unknown`, as `clusteradm get addon` prints it.
    func word(for type: String) -> String {
      guard let condition = conditions.condition(type) else { return "unknown" }
      return condition.status == .true ? "true" : "false"
    }

    var isServed: Bool {
      HubView.conditionTypes.allSatisfy { word(for: $0) == "true" } && credential == .current
    }
  }

  static let conditionTypes = [
    ManagedClusterAddOn.ConditionType.available, ManagedClusterAddOn.ConditionType.manifestApplied,
    ManagedClusterAddOn.ConditionType.registrationApplied,
  ]

  var time: Date
  var installNamespace: String
  var secretNamespace: String
  var image: String
  var readyReplicas: Int
  var wantedReplicas: Int
  var isInstalled: Bool
  var apiService: Condition?
  var serving: CertificateFacts?
  var ca: CertificateFacts?
  var renewal: Date?
  var clusters: [Cluster]

  init(_ server: MemoryAPIServer, identity: ManagerIdentity, at time: Date) {
    self.time = time
    let configuration = server.object(ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)
    let spec = (configuration?.spec ?? ClusterGatewayConfiguration.Spec(unchecked: [:])).defaulted()
    installNamespace = spec.installNamespace
    secretNamespace = spec.secretNamespace
    image = spec.image
    let deployment = server.object(
      Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    isInstalled = deployment != nil
    readyReplicas = Int(deployment?.status.readyReplicas ?? 0)
    wantedReplicas = Int(deployment?.spec.replicas ?? 0)
    apiService = server.object(APIService.self, name: GatewayNames.apiService)?.status.conditions.condition(
      "Available")
    let servingKey = ObjectKey(
      Secret.type, namespace: spec.installNamespace, name: GatewayNames.servingSecret)
    serving = HubView.leaf("tls.crt", of: servingKey, in: server)
    let signerKey = ObjectKey(Secret.type, namespace: identity.namespace, name: identity.signerSecretName)
    ca = HubView.leaf(SignerKey.certificate, of: signerKey, in: server)
    let policy = RenewalPolicy(
      renewBefore: spec.certificates.renewBeforeDuration.map { .nanoseconds($0.nanoseconds) })
    renewal = serving.flatMap { policy.renewalTime(of: $0, name: servingKey.description) }
    clusters = server.objects(ManagedCluster.self).map { HubView.cluster($0, spec, in: server) }
  }

  private static func leaf(_ entry: String, of key: ObjectKey, in server: MemoryAPIServer)
    -> CertificateFacts?
  {
    let secret = server.object(Secret.self, namespace: key.namespace, name: key.name)
    return secret?.data[entry].flatMap { try? Certificate.first(pem: $0) }?.facts
  }

  private static func cluster(
    _ cluster: ManagedCluster, _ spec: ClusterGatewayConfiguration.Spec, in server: MemoryAPIServer
  ) -> Cluster {
    let name = cluster.metadata.name
    let addOn = server.object(ManagedClusterAddOn.self, namespace: name, name: ManagerIdentity.addOnName)
    let work = server.object(
      ManifestWork.self, namespace: name, name: ManifestWork.name(deploying: ManagerIdentity.addOnName))
    let account = ObjectKey(ManagedServiceAccount.type, namespace: name, name: spec.managedServiceAccountName)
    let token = server.object(Secret.self, namespace: name, name: spec.managedServiceAccountName)
    let credential = server.object(Secret.self, namespace: spec.secretNamespace, name: name)
    let applied = work?.status.resourceStatus.manifests ?? []
    return Cluster(
      name: name, isLeaving: cluster.metadata.deletionTimestamp != nil, hasAddOn: addOn != nil,
      hasIdentity: server.object(account) != nil, hasToken: token != nil,
      conditions: addOn?.status.conditions ?? [],
      manifests: (work?.spec.workload.manifests ?? []).map { manifest in
        let kind = manifest["kind"]?.string ?? "",
          object = manifest.value(at: "metadata", "name")?.string ?? ""
        let state = applied.first { $0.resourceMeta.kind == kind && $0.resourceMeta.name == object }
        return ("\(kind) \(object)", state?.conditions.isTrue(ManifestWork.ConditionType.applied) ?? false)
      }, credential: credential == nil ? .none : credential?.data == token?.data ? .current : .outdated)
  }
}
