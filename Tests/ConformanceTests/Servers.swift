import CertificatePolicy
import Foundation
import GatewayPKI
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsAPIExtensions
import KubeKindsCore
import KubeMemory
import KubeTestServer
import KubeTransport
import Synchronization
import Testing

/// The three servers on which every behavior is tested.
enum ServerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory = "in memory"
  case port = "in memory, over TLS"
  case real = "kube-apiserver"

  var testDescription: String { rawValue }
}

/// A server that the suite runs against.
final class ConformanceServer: Sendable {
  let kind: ServerKind
  let transport: any Transport
  /// The minor release of Kubernetes 1 that it is, or emulates.
  let minor: Int
  /// Makes the server forget its history.
  let compact: @Sendable () async throws -> Void
  /// The transport to the server with a user's bearer token.
  let transportForToken: @Sendable (SecretBytes) async throws -> any Transport
  let gate = Gate()

  init(
    kind: ServerKind, transport: any Transport, minor: Int,
    transportForToken: @escaping @Sendable (SecretBytes) async throws -> any Transport,
    compact: @escaping @Sendable () async throws -> Void
  ) {
    self.transportForToken = transportForToken
    self.kind = kind
    self.transport = transport
    self.minor = minor
    self.compact = compact
  }

  func sandbox(_ number: Int) async throws -> Sandbox {
    let name = "c\(number)-\(ServerPool.run)"
    let namespace = document(Namespace.type, name)
    _ = try await KubeClient(transport, fieldManager: "conformance")
      .create(ObjectKey(Namespace.type, name: name), namespace)
    return Sandbox(server: self, namespace: name)
  }
}

/// A lock that many share or one takes alone.
actor Gate {
  private var inside = 0
  private var isClosed = false

  func enter(alone: Bool) async throws {
    // A task that wants to be alone closes the gate first, then waits for those inside.
    while isClosed { try await Task.sleep(for: .milliseconds(20)) }
    inside += 1
    guard alone else { return }
    isClosed = true
    while inside > 1 { try await Task.sleep(for: .milliseconds(20)) }
  }

  func leave(alone: Bool) {
    inside -= 1
    if alone { isClosed = false }
  }
}

/// The reason why a server is missing.
struct Unavailable: Error, CustomStringConvertible {
  var description: String
}

/// Starts each server once per run.
actor ServerPool {
  static let shared = ServerPool()
  /// A prefix that distinguishes the names of one run from another's on the same server.
  static let run = String(UInt32.random(in: 0 ... .max), radix: 36)

  private var servers: [ServerKind: Task<ConformanceServer, any Error>] = [:]

  func server(_ kind: ServerKind) async throws -> ConformanceServer {
    let task =
      servers[kind]
      ?? Task {
        let server =
          switch kind {
          case .memory: Self.memory()
          case .port: try await Self.port()
          case .real: try await Self.real()
          }
        try await Self.prepare(server)
        return server
      }
    servers[kind] = task
    return try await task.value
  }

  // MARK: KubeMemory

  private static func memory() -> ConformanceServer {
    let hub = InMemoryCluster(rbacServer())
    return ConformanceServer(
      kind: .memory, transport: hub, minor: 36, transportForToken: { TokenTransport(hub: hub, token: $0) }
    ) { await compact(hub) }
  }

  private static func rbacServer() -> MemoryAPIServer {
    var server = MemoryAPIServer(authorization: .rbac)
    server.enforcesOwnerReferencePermissions = true
    return server
  }

  /// Sends a bearer token with each request.
  private struct TokenTransport: Transport {
    let hub: InMemoryCluster
    let token: SecretBytes

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      var request = request
      request.headers[.authorization] = "Bearer " + String(decoding: token.exposed(), as: UTF8.self)
      return try await hub.send(request)
    }
  }

  private static func compact(_ hub: InMemoryCluster) async {
    await hub.withServer { $0.compact(through: $0.resourceVersion) }
  }

  private static func port() async throws -> ConformanceServer {
    let hub = InMemoryCluster(rbacServer())
    let now = Date()
    let ca = try CertificateAuthority.create(
      CertificateProfile.ca(commonName: "conformance").request(id: "ca", at: now, reason: "test"))
    let issuer = try CertificateAuthority(ca)
    var profile = CertificateProfile.serving(commonName: "localhost", dnsNames: ["localhost"])
    profile.ipAddresses = ["127.0.0.1"]
    let serving = try issuer.issue(
      profile.request(id: "serving", issuer: ca.facts.leaf, at: now, reason: "test"))
    let port = try TLSServer(
      certificateChainPEM: Array(serving.certificatePEM.utf8), keyPEM: serving.privateKeyPEM,
      bearerToken: SecretBytes(utf8: "conformance"), forwardsTokens: true,
      handler: { request in
        do {
          return try await hub.send(request)
        } catch {
          return KubeResponse(status: .internalServerError)
        }
      })
    let number = try await port.start()
    let configuration = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:\(number)"),
      trust: .caBundle(.inline(SecretBytes(utf8: ca.certificatePEM))),
      authentication: .bearer(.inline(SecretBytes(utf8: "conformance"))))
    let transport = try await HTTPTransport(configuration)
    return ConformanceServer(
      kind: .port, transport: transport, minor: 36,
      transportForToken: { try await Self.transport(configuration, token: $0) }
    ) {
      _ = port
      await compact(hub)
    }
  }

  // MARK: kube-apiserver

  private static func real() async throws -> ConformanceServer {
    let directory = try await RealServer.directory()
    let configuration = try Kubeconfig.load(path: directory + "/kubeconfig").clientConfiguration()
    let transport = try await HTTPTransport(configuration)
    let client = KubeClient(transport, fieldManager: "conformance")
    let version = try await client.json(.raw(path: "/version"))
    let minor = version?["minor"]?.string.flatMap { Int($0.prefix { $0.isNumber }) }
    return ConformanceServer(
      kind: .real, transport: transport, minor: minor ?? 0,
      transportForToken: { try await Self.transport(configuration, token: $0) }
    ) {
      try await RealServer.script(["compact", "--directory", directory])
    }
  }

  private static func transport(_ configuration: ClientConfiguration, token: SecretBytes) async throws
    -> any Transport
  {
    var configuration = configuration
    configuration.authentication = .bearer(.inline(token))
    configuration.identity = nil
    return try await HTTPTransport(configuration)
  }

  // MARK: Preparation

  private static func prepare(_ server: ConformanceServer) async throws {
    let client = KubeClient(server.transport, fieldManager: "conformance")
    let definition = Widget.definition()
    let key = ObjectKey(
      CustomResourceDefinition.type, name: definition.value(at: "metadata", "name")?.string ?? "")
    create: for attempt in 1...10 {
      do {
        _ = try await client.create(key, definition)
        break create
      } catch let error as KubeError where error.code == .alreadyExists {
        // Of an earlier run against the same server, or of an attempt before this one.
        break create
      } catch let error as KubeError where error.code == .serverError && attempt < 10 {
        // On a busy machine the server's storage answers late while everything starts.
        try await Task.sleep(for: .seconds(2))
      }
    }
    try await waitUntilServed(Widget.type, client)
  }

  /// Waits until a definition is served, some time after its creation.
  static func waitUntilServed(_ type: ResourceType, _ client: KubeClient) async throws {
    for _ in 0..<300 {
      do {
        _ = try await client.list(ResourceSelection(type))
        return
      } catch let error as KubeError where error.code == .notFound {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    throw Unavailable(description: "\(type) was never served")
  }
}
