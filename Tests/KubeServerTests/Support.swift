import CertificatePolicy
import Foundation
import GatewayPKI
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeServer
import KubeTransport
import Logging
import Synchronization
import Testing

/// An API server in memory with RBAC, a user who may review others, and accounts with tokens.
struct Reviewers {
  /// The ways in which the API server may fail.
  enum Mood: Sendable, Hashable {
    case well
    /// No request gets an answer.
    case hanging
    /// Requests to this resource get this status.
    case refusing(String, Int)
  }

  /// The requests of the reviewing user, counted by resource.
  final class Door: Transport {
    private let base: any Transport
    let mood = Mutex(Mood.well)
    let counts = Mutex<[String: Int]>([:])

    init(_ base: any Transport) { self.base = base }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let resource = request.path.last ?? ""
      counts.withLock { $0[resource, default: 0] += 1 }
      switch mood.withLock({ $0 }) {
      case .hanging: try await Task.sleep(for: .seconds(1000))
      case .refusing(resource, let code):
        // A careless server that quotes the request.
        let text = request.body?.exposedText() ?? ""
        let status = Status(status: "Failure", message: "not now: \(text)", code: code)
        return KubeResponse(
          status: .init(code: code), headers: [.contentType: "application/json"],
          body: ResponseBody(JSONWriter().bytes(status.json)))
      case .well, .refusing: break
      }
      return try await base.send(request)
    }
  }

  let cluster: InMemoryCluster
  let door: Door
  private let admin: KubeClient

  /// The client of the reviewing user.
  var client: KubeClient { KubeClient(door, fieldManager: "operator") }

  init() async throws {
    cluster = InMemoryCluster(MemoryAPIServer(authorization: .rbac, at: Date()))
    admin = KubeClient(cluster.transport(as: .admin), fieldManager: "admin")
    door = Door(cluster.transport(as: .serviceAccount(namespace: "default", name: "operator")))
    try await grant(
      "operator",
      [
        PolicyRule(verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"]),
        PolicyRule(
          verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"]),
      ])
  }

  /// Grants `rules` to an account in the namespace `default`.
  func grant(_ account: String, _ rules: [PolicyRule]) async throws {
    _ = try await admin.create(ClusterRole(metadata: ObjectMeta(name: account), rules: rules))
    _ = try await admin.create(
      ClusterRoleBinding(
        metadata: ObjectMeta(name: account),
        subjects: [RBACSubject(kind: "ServiceAccount", name: account, namespace: "default")],
        roleRef: RoleRef(apiGroup: ClusterRole.type.group, kind: ClusterRole.type.kind, name: account)))
  }

  /// Withdraws what was granted to an account.
  func withdraw(from account: String) async throws {
    try await admin.delete(ObjectKey(ClusterRoleBinding.type, name: account))
  }

  /// Creates an account with the right to get `paths`, and returns a token of it.
  func token(of account: String, mayGet paths: [String]) async throws -> String {
    let created = try await admin.create(
      ServiceAccount(metadata: ObjectMeta(name: account, namespace: "default")))
    if !paths.isEmpty { try await grant(account, [PolicyRule(verbs: ["get"], nonResourceURLs: paths)]) }
    let answer = try await admin.json(
      .create(
        created.key,
        ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:]],
        subresource: "token"))
    return try #require(answer?.value(at: "status", "token")?.string)
  }

  /// The number of requests to `resource` by the reviewing user.
  func requests(_ resource: String) -> Int { door.counts.withLock { $0[resource] ?? 0 } }
}

/// The messages of a logger.
final class CapturedLog: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(log: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:]) \(metadata)") }
    }
  }
}

/// A clock that is set by hand; nothing sleeps on it.
final class SettableClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private let offset = Mutex(Duration.zero)

  var now: Instant { Instant(offset: offset.withLock { $0 }) }
  var minimumResolution: Duration { .nanoseconds(1) }

  func advance(by duration: Duration) { offset.withLock { $0 += duration } }
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}

/// A server's certificate for 127.0.0.1, and the CA that signed it.
struct TestCertificate {
  let ca: String
  let chain: String
  let key: SecretBytes

  init() throws {
    let now = Date()
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "metrics-ca").request(id: "ca", at: now, reason: "test"))
    let issued = try CertificateIssuer.issue(
      CertificateProfile.serving(
        commonName: "metrics", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"]
      ).request(id: "serving", issuer: ca.facts.chain.first, at: now, reason: "test"),
      signedBy: CertificateAuthority(ca))
    self.ca = ca.certificatePEM
    chain = issued.certificatePEM
    key = issued.privateKeyPEM
  }

  func serving() throws -> ServingCertificate { try ServingCertificate(chainPEM: chain, keyPEM: key) }
}

/// A Secret volume as the kubelet writes it: the files are links into a folder that is replaced by
/// one rename.
final class SecretVolume: Sendable {
  let path: String
  private let version = Mutex(0)

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("volume-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in [ServingCertificate.certificateFile, ServingCertificate.keyFile] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/\(name)", withDestinationPath: "..data/\(name)")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func replace(chain: String, key: SecretBytes) throws {
    let number = version.withLock { version in
      version += 1
      return version
    }
    let folder = "..version-\(number)"
    try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    try Data(chain.utf8).write(
      to: URL(fileURLWithPath: "\(path)/\(folder)/\(ServingCertificate.certificateFile)"))
    try Data(key.exposed()).write(
      to: URL(fileURLWithPath: "\(path)/\(folder)/\(ServingCertificate.keyFile)"))
    try FileManager.default.createSymbolicLink(
      atPath: "\(path)/..data_tmp", withDestinationPath: folder)
    #expect(rename("\(path)/..data_tmp", "\(path)/..data") == 0)
  }

  func replace(_ certificate: TestCertificate) throws {
    try replace(chain: certificate.chain, key: certificate.key)
  }
}
