import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsAPIExtensions
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTestServer
import KubeTransport
import KubeYAML
import Logging
import OCMSimulator
import Synchronization
import Testing

/// The manager on a real kube-apiserver, from the installation to the removal, as the
/// ServiceAccount with exactly the rights that `manifests` grants.
@Suite(.serialized) struct LifecycleTests {
  @Test(.enabled(if: RealServer.isAvailable, "\(RealServer.remedy)"), .timeLimit(.minutes(10)))
  func `a whole life needs no other right, and leaves the namespaces, the definition and the CA`()
    async throws
  {
    let life = try await Lifecycle()
    try await life.install()
    try await life.whileRunning {
      try await life.join("a")
      try await life.join("b")
      try await life.until("clusters a and b are served") {
        let (a, b) = (try await life.isServed("a"), try await life.isServed("b"))
        return a && b
      }
      try await life.rotateToken(of: "a")
      try await life.switchEgress()
      try await life.moveSecrets()
      try await life.rotateServingCertificate()
      try await life.rotateCA()
      try await life.leave("b")
      try await life.uninstall()
    }
    #expect(life.forbidden == [])
    #expect(try await life.left() == ["Secret open-cluster-management-addon/cluster-gateway-signer"])
  }
}

/// A hub on a real API server.
private final class Lifecycle: Sendable {
  private let directory: String
  private let admin: KubeClient
  private let transport: HTTPTransport
  private let refused = Mutex<[String]>([])
  private let start = ContinuousClock.now
  private let identity = ManagerIdentity()
  private let spec: ClusterGatewayConfiguration.Spec = {
    var spec = OCMHub.direct
    spec.replicas = 1
    spec.certificates.overlap = "1m"
    return spec
  }()

  private var tunneled: ClusterGatewayConfiguration.Spec {
    var tunneled = spec
    tunneled.egress = OCMHub.tunneled.egress
    return tunneled
  }

  init() async throws {
    directory = try await RealServer.directory()
    transport = try await HTTPTransport(
      Kubeconfig.load(path: directory + "/kubeconfig").clientConfiguration())
    admin = KubeClient(RetryingTransport(transport), fieldManager: "administrator")
  }

  /// The manager's requests that the server forbade.
  var forbidden: [String] { refused.withLock { $0 } }

  // MARK: The manager

  /// The manager's transport to the server, as its ServiceAccount.
  private struct ManagerTransport: Transport {
    let base: any Transport
    let record: @Sendable (String) -> Void

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let response = try await base.send(request)
      if response.status.code == 403 { record("\(request.method) \(request.target)") }
      return response
    }
  }

  /// A probe of the gateway's pods, which present the serving Secret's certificate.
  private struct ServedChain: EndpointProbe {
    let admin: KubeClient
    let namespace: String

    func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
      let secret = try await admin.get(Secret.self, namespace: namespace, name: GatewayNames.servingSecret)
      return try Certificate.chain(pem: secret.data["tls.crt"] ?? SecretBytes([])).map(\.der)
    }
  }

  /// Runs `body` concurrently with the manager, OCM and the gateway.
  func whileRunning(_ body: () async throws -> Void) async throws {
    let user = APIUser.serviceAccount(namespace: identity.namespace, name: ManagerIdentity.fieldManager)
    let account = Impersonation(user: user.name, groups: user.groups)
    let manager = ManagerTransport(base: ImpersonatingTransport(transport, as: account)) { [self] text in
      refused.withLock { $0.append(text) }
    }
    let client = KubeClient(RetryingTransport(manager), fieldManager: ManagerIdentity.fieldManager)
    let start = start
    let gateway = GatewayOperator(
      client,
      options: .init(
        endpointProbe: ServedChain(admin: admin, namespace: spec.installNamespace),
        endpointProbeInterval: .seconds(1), endpointSlices: try await HubRequirements.endpointSlices(client),
        eventInstance: "lifecycle",
        // An overlap of a minute passes in three seconds.
        uptime: { (ContinuousClock.now - start) * 20 }),
      logger: Logger(label: "lifecycle", factory: { _ in SwiftLogNoOpLogHandler() }))
    let simulation = RemoteSimulation(client: admin)
    let pods = GatewayPods(admin: admin, namespace: spec.installNamespace)
    let tasks = [Task { await gateway.run() }, Task { await simulation.run() }, Task { await pods.run() }]
    defer { for task in tasks { task.cancel() } }
    do {
      try await body()
    } catch {
      Issue.record(
        "the manager: \(gateway.report().findings.map(\.description)) \(gateway.report().failures.values)")
      throw error
    }
  }

  // MARK: Steps

  private func put(_ json: JSONValue) async throws {
    let object = try DynamicObject(json)
    let kinds = try await admin.serverResources(apiVersion: object.apiVersion)
    let found = kinds.first { $0.kind == object.kind && !$0.plural.contains("/") }
    // policy/v1 came with 1.21; the manager has nothing to do with the budget of its own pods.
    if found == nil, object.kind == "PodDisruptionBudget" { return }
    let served = try #require(found, "\(object.kind)")
    let type = ResourceType(
      group: object.groupKind.group, version: served.version, kind: object.kind, plural: served.plural,
      isNamespaced: served.isNamespaced)
    let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
    var document = json
    document.set(nil, at: ["status"])
    _ = try await admin.bytes(
      .apply(key, document, fieldManager: "administrator", force: true))
    if let status = json["status"], !status.isNull {
      _ = try await admin.bytes(.mergePatch(key, ["status": status], subresource: "status"))
    }
  }

  private func apply(_ spec: ClusterGatewayConfiguration.Spec, leaving: FormerPlaces = FormerPlaces())
    async throws
  {
    let manifests = InstallManifests(
      InstallManifests.Options(image: "manager:test", replicas: 0, configuration: spec, former: leaving))
    for object in manifests.objects where object["kind"]?.string != "CustomResourceDefinition" {
      try await put(object)
    }
  }

  func install() async throws {
    try await RealServer.script(
      [
        "load", "--directory", directory,
        RealServer.checkout + "/Tests/Fixtures/ocm-crds.yaml",
      ])
    let definition = ClusterGatewayConfiguration.definition
    let name = try #require(definition.value(at: "metadata", "name")?.string)
    // Created, not applied: an old server drops the fields that it doesn't know, and would refuse to apply them.
    _ = try await admin.create(ObjectKey(CustomResourceDefinition.type, name: name), definition)
    for type in [ManagedCluster.type, ManifestWork.type, ClusterGatewayConfiguration.type] {
      try await ServerPool.waitUntilServed(type, admin)
    }
    try await apply(spec)
  }

  func join(_ cluster: String) async throws {
    var server = MemoryAPIServer(namespaces: [], at: Date())
    for type in GatewayKinds.all {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    try Registration().join(cluster, on: &server, at: Date())
    for type in [Namespace.type, ManagedCluster.type, ManagedClusterAddOn.type] {
      for object in server.objects(type) {
        var json = object.json
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
          json.set(nil, at: ["metadata", field])
        }
        if type == Namespace.type { json["status"] = nil }
        if type == Namespace.type { json["spec"] = nil }
        try await put(json)
      }
    }
  }

  private func credential(_ cluster: String) async throws -> Secret? {
    try await admin.find(Secret.self, namespace: spec.secretNamespace, name: cluster)
  }

  func isServed(_ cluster: String) async throws -> Bool {
    let addOn = try await admin.find(
      ManagedClusterAddOn.self, namespace: cluster, name: ManagerIdentity.addOnName)
    return try await credential(cluster) != nil && addOn?.status.conditions.isTrue("Available") == true
      && addOn?.status.conditions.isTrue("ManifestApplied") == true
  }

  func rotateToken(of cluster: String) async throws {
    let before = try await credential(cluster)?.data
    let server = try await RemoteSimulation(client: admin).copy()
    let rotation = TokenAgent().rotation(of: "cluster-gateway", cluster: cluster, in: server, at: Date())
    _ = try await admin.bytes(try #require(rotation))
    try await until("the rotated token is at the gateway") { [self] in
      let now = try await credential(cluster)?.data
      return now != nil && now != before
    }
  }

  func switchEgress() async throws {
    let proxy = OCMHub.ProxyCredentials.example
    for (name, data) in [("proxy-client", proxy.client), ("proxy-server-ca", proxy.ca)] {
      let secret = Secret(
        metadata: ObjectMeta(name: name, namespace: OCMHub.addOnNamespace), type: "Opaque", data: data)
      _ = try await admin.create(secret)
    }
    try await apply(tunneled)
    try await until("the clusters are reached through the tunnel") { [self] in
      for cluster in ["a", "b"] {
        let labels = try await credential(cluster)?.metadata.labels
        guard labels?[GatewayLabels.endpointType] == GatewayEndpointType.clusterProxy.rawValue else {
          return false
        }
      }
      return true
    }
  }

  /// Moves the gateway Secrets to another namespace, and back.
  func moveSecrets() async throws {
    let home = spec.secretNamespace
    for (target, former) in [("other-credentials", home), (home, "other-credentials")] {
      var moved = tunneled
      moved.secretNamespace = target
      try await apply(moved, leaving: FormerPlaces(secretNamespaces: [former]))
      try await until("the gateway Secrets are in \(target), and nothing is left in \(former)") { [self] in
        let role = try await admin.find(Role.self, namespace: former, name: GatewayNames.role)
        for cluster in ["a", "b"] {
          let copy = try await admin.find(Secret.self, namespace: target, name: cluster)
          let left = try await admin.find(Secret.self, namespace: former, name: cluster)
          if copy == nil || left != nil { return false }
        }
        return role == nil
      }
    }
  }

  private func annotate(_ annotation: String) async throws {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName)
    _ = try await admin.bytes(
      .mergePatch(key, ["metadata": ["annotations": .fields([annotation: "now"])]]))
  }

  private func secret(_ namespace: String, _ name: String, _ key: String) async throws -> SecretBytes? {
    try await admin.find(Secret.self, namespace: namespace, name: name)?.data[key]
  }

  func rotateServingCertificate() async throws {
    let before = try await secret(spec.installNamespace, GatewayNames.servingSecret, "tls.crt")
    try await annotate(GatewayAnnotations.rotateServing)
    try await until("the serving certificate is another") { [self] in
      try await secret(spec.installNamespace, GatewayNames.servingSecret, "tls.crt") != before
    }
  }

  func rotateCA() async throws {
    let before = try await secret(identity.namespace, identity.signerSecretName, "ca.crt")
    try await annotate(GatewayAnnotations.rotateCA)
    try await until("another CA is in force, and signs", seconds: 240) { [self] in
      try await secret(identity.namespace, identity.signerSecretName, "ca.crt") != before
    }
  }

  func leave(_ cluster: String) async throws {
    _ = try await admin.bytes(.delete(ObjectKey(ManagedCluster.type, name: cluster)))
    try await until("the credential of \(cluster) is gone, and the cluster") { [self] in
      let left = try await admin.find(ObjectKey(ManagedCluster.type, name: cluster))
      return try await credential(cluster) == nil && left == nil
    }
  }

  func uninstall() async throws {
    _ = try await admin.bytes(
      .delete(ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)))
    try await until("nothing but the CA is left") { [self] in try await left().count <= 1 }
  }

  /// The objects with the manager's label.
  func left() async throws -> [String] {
    let label = "\(ManagerIdentity.managedByLabel)=\(ManagerIdentity.fieldManager)"
    let types = Set(GatewayTable(configuration: tunneled.defaulted()).selections.map(\.type))
      .filter { $0.groupKind != EndpointSlice.type.groupKind && $0 != Namespace.type }
    var left: [String] = []
    for type in types {
      for object in try await admin.list(ResourceSelection(type, labelSelector: label)).items {
        left.append("\(ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name))")
      }
    }
    return left.sorted()
  }

  /// Waits until `condition` holds.
  func until(_ what: String, seconds: Int = 120, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw Unavailable(description: "within \(seconds) s it never came to this: \(what)")
  }
}
