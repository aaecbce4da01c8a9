import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTestServer
import KubeTesting
import KubeTransport
import KubeYAML
import OCMSimulator
import Synchronization
import Testing

/// A hub behind TLS on loopback, with a kubeconfig for it.
final class TestHub: Sendable {
  /// The hub's behavior.
  enum Mood: Sendable {
    case well
    /// Every request gets this status.
    case refusing(Int)
    /// No request gets an answer before the hub closes.
    case hanging
    /// Discovery is served, but no object is.
    case hidingObjects(Int)
    /// Requests to a collection of this plural, or to all paths if it is `nil`, get this answer, as
    /// if from something in front of the hub.
    case answering(to: String?, code: Int, text: String)
    /// Every answer has this `Date`.
    case dating(String)
  }

  /// A function that is called once: when the hub has executed `rest` more requests, before the
  /// last one's answer.
  private struct Alarm {
    var rest: Int
    /// Whether writes alone are counted.
    var countsWrites: Bool
    var ring: @Sendable () -> Void
  }

  /// The requests and their effect.
  private final class Door: Sendable {
    let hub: InMemoryCluster
    let user: APIUser
    let mood = Mutex(Mood.well)
    let writes = Mutex<[String]>([])
    let agents = Mutex<Set<String>>([])
    let alarm = Mutex<Alarm?>(nil)

    init(_ hub: InMemoryCluster, user: APIUser) {
      self.hub = hub
      self.user = user
    }

    func answer(_ request: KubeRequest) async -> KubeResponse {
      if let agent = request.headers[.userAgent] { _ = agents.withLock { $0.insert(agent) } }
      let isWrite = request.method != .get && !request.path.contains("leases")
      if isWrite { writes.withLock { $0.append("\(request.method) \(request.target)") } }
      let response = await respond(to: request)
      let ring = alarm.withLock { alarm -> (@Sendable () -> Void)? in
        guard var counted = alarm, isWrite || !counted.countsWrites else { return nil }
        counted.rest -= 1
        alarm = counted.rest > 0 ? counted : nil
        return counted.rest > 0 ? nil : counted.ring
      }
      ring?()
      return response
    }

    private func respond(to request: KubeRequest) async -> KubeResponse {
      switch mood.withLock({ $0 }) {
      case .well: break
      case .refusing(let code): return refusal(code)
      case .hidingObjects(let code): if request.path.count > 3 { return refusal(code) }
      case .answering(let plural, let code, let text):
        if plural == nil || request.path.last == plural {
          return KubeResponse(
            status: .init(code: code), headers: [.contentType: "text/plain"],
            body: ResponseBody(Array(text.utf8)))
        }
      case .hanging: try? await Task.sleep(for: .seconds(86_400))
      case .dating(let date):
        var response = await hub.send(request, as: user)
        response.headers[.date] = date
        return response
      }
      return await hub.send(request, as: user)
    }

    private func refusal(_ code: Int) -> KubeResponse {
      let body =
        #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"not now","code":\#(code)}"#
      return KubeResponse(
        status: .init(code: code), headers: [.contentType: "application/json"],
        body: ResponseBody(Array(body.utf8)))
    }
  }

  static let token = "a-marker-in-the-token-of-the-kubeconfig"

  private let door: Door
  private let folder: TemporaryFolder
  private let port: TLSServer
  let number: Int
  /// The CA of the server's certificate.
  let ca: String

  private init(_ server: MemoryAPIServer, user: APIUser) async throws {
    door = Door(InMemoryCluster(server), user: user)
    folder = try TemporaryFolder()
    let ca = try TestHub.issueCA()
    let serving = try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "hub", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"])
        .request(id: "hub", issuer: ca.facts.chain.first, at: Date(), reason: "test"),
      signedBy: CertificateAuthority(ca))
    self.ca = ca.certificatePEM
    let door = door
    port = try TLSServer(
      certificateChainPEM: Array(serving.certificatePEM.utf8), keyPEM: serving.privateKeyPEM,
      bearerToken: SecretBytes(utf8: TestHub.token)
    ) { await door.answer($0) }
    number = try await port.start()
  }

  /// The certificate of a CA that has signed nothing here.
  static func makeCA() throws -> String { try issueCA().certificatePEM }

  private static func issueCA() throws -> IssuedCertificate {
    try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "hub-ca").request(id: "hub-ca", at: Date(), reason: "test"))
  }

  /// The account with the manager's rights.
  private static let account = ObjectKey(
    ServiceAccount.type, namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)

  /// The manager, with the rights that `manifests` grants and no others.
  static let manager = APIUser.serviceAccount(
    namespace: OCMHub.addOnNamespace, name: ManagerIdentity.fieldManager)

  /// A hub with OCM on it, these clusters, and the rights of the manager.
  static func server(clusters: [String] = ["one", "two"]) throws -> MemoryAPIServer {
    let now = Date()
    var server = MemoryAPIServer(at: now)
    try OCMHub(configuration: OCMHub.tunneled, proxyCredentials: .example).install(on: &server, at: now)
    for cluster in clusters { try Registration().join(cluster, on: &server, at: now) }
    server.setAuthorization(.rbac, at: now)
    let spec = OCMHub.tunneled.defaulted()
    for name in [spec.installNamespace, spec.secretNamespace] {
      let namespace = Namespace(metadata: ObjectMeta(name: name))
      try server.require(.create(namespace.key, namespace.json), at: now)
    }
    let table = GatewayTable(configuration: spec)
    for role in table.rights.roles(named: account.name, for: account) {
      let key = ObjectKey(
        type(of: role).type, namespace: role.metadata.namespace, name: role.metadata.name)
      try server.require(.create(key, role.json), at: now)
    }
    return server
  }

  /// Opens a hub while `body` runs; requests over the network are from `user`.
  static func open(
    _ server: MemoryAPIServer, as user: APIUser = manager, _ body: (TestHub) async throws -> Void
  ) async throws {
    let hub = try await TestHub(server, user: user)
    do {
      try await body(hub)
      await hub.close()
    } catch {
      await hub.close()
      throw error
    }
  }

  func close() async { await port.stop() }

  /// Changes the hub's behavior.
  func become(_ mood: Mood) { door.mood.withLock { $0 = mood } }

  /// Calls `action` when the hub has executed this many requests more, or writes alone, before the
  /// last one is answered.
  func after(_ count: Int, writesOnly: Bool, _ action: @escaping @Sendable () -> Void) {
    door.alarm.withLock { $0 = Alarm(rest: count, countsWrites: writesOnly, ring: action) }
  }

  /// The `User-Agent` headers of the clients.
  var agents: Set<String> { door.agents.withLock { $0 } }

  /// The writes over the network, except those of Leases.
  var writes: [String] { door.writes.withLock { $0 } }

  var server: MemoryAPIServer { get async { await door.hub.snapshot } }

  /// A kubeconfig for this hub, trusting `ca`.
  func kubeconfig(trusting ca: String? = nil) throws -> String {
    try folder.write(
      "kubeconfig-\(UUID().uuidString)",
      """
      apiVersion: v1
      kind: Config
      current-context: hub
      contexts: [{name: hub, context: {cluster: hub, user: manager}}]
      clusters:
      - name: hub
        cluster:
          server: https://127.0.0.1:\(number)
          certificate-authority-data: \(Base64.encode(Array((ca ?? self.ca).utf8)))
      users: [{name: manager, user: {token: \(TestHub.token)}}]
      """)
  }

  /// Runs the simulated controllers repeatedly while `body` runs.
  func withOthers<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    let hub = door.hub
    let others = SimulatedControllers.ocmHub()
    let task = Task {
      while !Task.isCancelled {
        _ = await hub.pass(others, at: Date())
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    defer { task.cancel() }
    return try await body()
  }

  /// Runs the simulated controllers until they have nothing to do.
  func letOthersFinish() async {
    await door.hub.withServer { _ = SimulatedControllers.ocmHub().converge(on: &$0, at: Date()) }
  }

  /// Every object of the hub as a manifest file.
  func dump() async throws -> String {
    let server = await server
    return try folder.write(
      "dump.yaml",
      YAMLWriter().documents(TestHub.kinds.flatMap { server.objects($0) }.map(\.json), secrets: .revealed))
  }

  static let kinds: [ResourceType] =
    GatewayKinds.all.filter { $0 != ClusterGateway.type } + [
      Namespace.type, ConfigMap.type, Secret.type, Service.type, ServiceAccount.type, Deployment.type,
      Role.type,
      RoleBinding.type,
      ClusterRole.type, ClusterRoleBinding.type, APIService.type,
    ]

  /// The hub's objects without the fields that differ between two equal hubs: identities, times,
  /// keys.
  func essence() async -> [String: String] {
    let server = await server
    var essence: [String: String] = [:]
    for object in TestHub.kinds.flatMap({ server.objects($0) }) {
      let isOurs = object.metadata.labels["app.kubernetes.io/managed-by"] == "cluster-gateway-manager"
      var json = object.json
      json["metadata"] = .object(
        JSONObject(
          object.metadata.labels.sorted { $0.key < $1.key }.map {
            ($0.key, .string($0.value))
          }))
      json["status"] = nil
      if object.kind == "Secret" {
        json["data"] = .array((json["data"]?.object?.map(\.key) ?? []).sorted().map { .string($0) })
      }
      json.set(nil, at: ["spec", "caBundle"])
      essence["\(object.kind) \(object.metadata.namespace ?? "") \(object.metadata.name)"] =
        isOurs ? json.description : "there"
    }
    return essence
  }
}
