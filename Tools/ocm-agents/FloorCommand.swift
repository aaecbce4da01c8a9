import ArgumentParser
import AsyncHTTPClient
import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeConfig
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import NIOCore
import NIOHTTP1
import NIOSSL
import OCMSimulator

/// `floor`: performs the manager's writes for each cluster, without its other work.
struct FloorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floor",
    abstract:
      "Sends what the manager must write for each cluster, on a bare HTTP client: the least that it can take."
  )

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "For how many clusters are written at a time.")
  var width = 16

  func run() async throws {
    let writes = try await FloorWrites()
    let configuration = try Kubeconfig.load(path: connection.kubeconfig).clientConfiguration()
    let client = try await BareClient(configuration)
    try await client.send(
      .create(
        ObjectKey(Namespace.type, name: writes.secretNamespace),
        Namespace(metadata: ObjectMeta(name: writes.secretNamespace)).json), mayExist: true)
    var clusters: [String] = []
    try await connection.open(as: "floor") { connected in
      let list = try await connected.list(ResourceSelection(ManagedCluster.type, isMetadataOnly: true))
      clusters = list.items.map(\.metadata.name)
    }
    try await forEach(clusters, width: width) { cluster in
      var addOn = ""
      for write in writes.writes {
        let answer = try await client.send(write.request(for: cluster, addOn: addOn))
        if addOn.isEmpty {
          let document = try JSONParser().parse(answer)
          addOn = document.value(at: "metadata", "uid")?.string ?? ""
        }
      }
    }
    try await client.shutdown()
  }
}

/// The manager's writes for one cluster, from its plans on a server in memory.
private struct FloorWrites {
  struct Write {
    var patch: ObjectPatch
    var body: String
    var cluster: String
    var addOn: String

    /// The same request for another cluster, whose add-on has this uid.
    func request(for other: String, addOn uid: String) throws -> KubeRequest {
      let text = body.replacingOccurrences(of: cluster, with: other).replacingOccurrences(
        of: addOn, with: uid)
      let document = try JSONParser().parse(Array(text.utf8))
      var target = patch.target
      target.name = target.name == cluster ? other : target.name
      target.namespace = target.namespace == cluster ? other : target.namespace
      if case .create = patch.operation { return .create(target, document) }
      return .apply(
        target, document, fieldManager: "floor", force: true, subresource: patch.subresource)
    }
  }

  let writes: [Write]
  let secretNamespace = OCMHub.direct.secretNamespace

  init() async throws {
    let (cluster, time) = ("floor-template-cluster", Date())
    var server = MemoryAPIServer(at: time)
    try OCMHub().install(on: &server, at: time)
    try Registration().join(cluster, on: &server, at: time)
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    var rounds = ConvergenceRounds(KubeClient(hub, fieldManager: ManagerIdentity.fieldManager))
    let others = SimulatedControllers.ocmHub()
    var creations: [ObjectPatch] = []
    var status: ObjectPatch?
    for _ in 0..<12 {
      let patches = try await rounds.next(at: time).plan.patches
      for patch in patches where patch.target.name == cluster || patch.target.namespace == cluster {
        if case .create = patch.operation { creations.append(patch) }
        if patch.subresource == "status" { status = patch }
      }
      _ = await hub.withServer { others.converge(on: &$0, at: time) }
    }
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: cluster, name: ManagerIdentity.addOnName)
    let uid = await hub.snapshot.object(key)?.metadata.uid ?? ""
    writes = (creations + [status].compactMap(\.self)).map { patch in
      var body = patch.body
      body.set(nil, at: ["metadata", "uid"])
      body.set(nil, at: ["metadata", "resourceVersion"])
      // The Role that owns gateway Secrets is the installation's.
      if patch.target.type == Secret.type { body.set(nil, at: ["metadata", "ownerReferences"]) }
      return Write(
        patch: patch,
        body: String(decoding: JSONWriter(secrets: .revealed).bytes(body), as: UTF8.self), cluster: cluster,
        addOn: uid)
    }
  }
}

/// AsyncHTTPClient with the trust and the credential of a kubeconfig, and nothing else.
private struct BareClient: Sendable {
  private let client: HTTPClient
  private let base: String
  private let authorization: String?

  init(_ configuration: ClientConfiguration) async throws {
    let credentials = try await CredentialLoader(configuration).credentials()
    var tls = TLSConfiguration.makeClientConfiguration()
    if case .caBundle(let pem) = credentials.tls.trust {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
    }
    if let certificate = credentials.tls.certificate, let key = credentials.tls.key {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key.exposed(), format: .pem))
    }
    client = HTTPClient(
      eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
    base = configuration.server.description
    authorization = credentials.authorization?.exposedText()
  }

  @discardableResult
  func send(_ request: KubeRequest, mayExist: Bool = false) async throws -> [UInt8] {
    var outgoing = HTTPClientRequest(url: base + request.target)
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    for field in request.headers { outgoing.headers.add(name: field.name.rawName, value: field.value) }
    outgoing.headers.add(name: "User-Agent", value: "floor")
    if let authorization { outgoing.headers.add(name: "Authorization", value: authorization) }
    if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body.exposed())) }
    let response = try await client.execute(outgoing, timeout: .seconds(60))
    let body = try await response.body.collect(upTo: 1 << 20)
    guard response.status.code / 100 == 2 || mayExist && response.status.code == 409 else {
      throw Refused(text: "\(request.method) \(request.target): \(response.status)")
    }
    return Array(body.readableBytesView)
  }

  func shutdown() async throws { try await client.shutdown() }

  private struct Refused: Error { var text: String }
}
