import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeTestServer
import KubeTransport
import Synchronization
import Testing

/// Throwaway certificates, made once per test run by the openssl command.
final class Certificates: Sendable {
  struct Pair: Sendable {
    var certificate: [UInt8]
    var key: SecretBytes
    var text: String { String(decoding: certificate, as: UTF8.self) }
    var keyText: String { key.exposedText() ?? "" }
  }

  let ca: Pair
  let otherCA: Pair
  /// For 127.0.0.1 and localhost.
  let server: Pair
  let renewed: Pair
  let expired: Pair
  /// For example.test alone.
  let elsewhere: Pair
  let client: Pair
  let otherClient: Pair

  /// Not a CA, and signed by itself; for 127.0.0.1 and localhost.
  let selfSigned: Pair
  let selfSignedElsewhere: Pair
  let selfSignedExpired: Pair
  /// For TLS clients alone.
  let selfSignedClient: Pair
  /// Two CAs of one name without key identifiers, and a server of the second.
  let namesakes: [Pair]
  let serverOfNamesake: Pair
  /// A server's chain of two, and the CA that signed the server; that CA's own issuer has expired.
  let intermediate: Pair
  let expiredRoot: Pair
  let serverOfIntermediate: Pair

  static let shared = Result { try Certificates() }

  private init() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "kubehttp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    func openssl(_ arguments: String) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
      process.currentDirectoryURL = directory
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
    }
    func pair(_ name: String) throws -> Pair {
      Pair(
        certificate: Array(try Data(contentsOf: directory.appendingPathComponent(name + ".crt"))),
        key: SecretBytes(try Data(contentsOf: directory.appendingPathComponent(name + ".key"))))
    }
    func makeCA(_ name: String) throws -> Pair {
      try openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).crt -subj /CN=\(name) -days 2 -addext keyUsage=critical,keyCertSign,cRLSign"
      )
      return try pair(name)
    }
    /// A certificate with these extensions by `issuer`, or by itself.
    func issue(
      _ name: String, by issuer: String? = nil, subject: String? = nil, days: Int = 1, _ extensions: String...
    ) throws -> Pair {
      try openssl(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(subject ?? name)"
      )
      try Data(extensions.joined(separator: "\n").utf8).write(
        to: directory.appendingPathComponent(name + ".ext"))
      let signer = issuer.map { "-CA \($0).crt -CAkey \($0).key -CAcreateserial" } ?? "-signkey \(name).key"
      try openssl("x509 -req -in \(name).csr \(signer) -out \(name).crt -days \(days) -extfile \(name).ext")
      return try pair(name)
    }
    func leaf(_ name: String, by issuer: String, names: String, days: Int = 1) throws -> Pair {
      try openssl(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)"
      )
      try Data("subjectAltName=\(names)\n".utf8).write(to: directory.appendingPathComponent(name + ".ext"))
      try openssl(
        "x509 -req -in \(name).csr -CA \(issuer).crt -CAkey \(issuer).key -CAcreateserial -out \(name).crt -days \(days) -extfile \(name).ext"
      )
      return try pair(name)
    }
    self.ca = try makeCA("ca")
    otherCA = try makeCA("other")
    let local = "IP:127.0.0.1,DNS:localhost"
    server = try leaf("server", by: "ca", names: local)
    renewed = try leaf("renewed", by: "other", names: local)
    expired = try leaf("expired", by: "ca", names: local, days: -1)
    elsewhere = try leaf("elsewhere", by: "ca", names: "DNS:example.test")
    client = try leaf("client", by: "ca", names: "DNS:client")
    otherClient = try leaf("otherclient", by: "other", names: "DNS:client")
    let isNoCA = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature"
    let isCA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"
    selfSigned = try issue("selfsigned", isNoCA, "subjectAltName=\(local)")
    selfSignedElsewhere = try issue("selfsignedelsewhere", isNoCA, "subjectAltName=DNS:example.test")
    selfSignedExpired = try issue("selfsignedexpired", days: -1, isNoCA, "subjectAltName=\(local)")
    selfSignedClient = try issue(
      "selfsignedclient", isNoCA, "extendedKeyUsage=clientAuth", "subjectAltName=\(local)")
    let hasNoKeyIdentifiers = "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none"
    namesakes = [
      try issue("former", subject: "namesake", isCA, hasNoKeyIdentifiers),
      try issue("present", subject: "namesake", isCA, hasNoKeyIdentifiers),
    ]
    serverOfNamesake = try issue(
      "ofnamesake", by: "present", hasNoKeyIdentifiers, "subjectAltName=\(local)")
    expiredRoot = try issue("expiredroot", days: -1, isCA)
    intermediate = try issue("intermediate", by: "expiredroot", isCA)
    serverOfIntermediate = try issue("ofintermediate", by: "intermediate", "subjectAltName=\(local)")
  }
}

func certificates() throws -> Certificates { try Certificates.shared.get() }

/// A directory that is removed after the test.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("kubehttp-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file), options: .atomic)
    return file
  }
}

/// Runs `body` against a server on loopback, which is closed afterwards.
@discardableResult
func withServer<Value>(
  _ pair: Certificates.Pair? = nil, clientCA: [UInt8]? = nil, token: String? = nil, http2: Bool = true,
  handler: @escaping TLSServer.Handler, _ body: (ServerURL) async throws -> Value
) async throws -> Value {
  let pair = try pair ?? certificates().server
  let port = try TLSServer(
    certificateChainPEM: pair.certificate, keyPEM: pair.key, clientCAPEM: clientCA,
    bearerToken: token.map { SecretBytes(utf8: $0) }, allowsHTTP2: http2, handler: handler)
  let number = try await port.start()
  do {
    let value = try await body(ServerURL("https://127.0.0.1:\(number)"))
    await port.stop()
    return value
  } catch {
    await port.stop()
    throw error
  }
}

/// Runs `body` with a transport, which is shut down afterwards.
@discardableResult
func withTransport<Value>(
  _ configuration: ClientConfiguration, options: HTTPTransportOptions = HTTPTransportOptions(),
  _ body: (HTTPTransport) async throws -> Value
) async throws -> Value {
  let transport = try await HTTPTransport(configuration, environment: HostEnvironment(), options: options)
  do {
    let value = try await body(transport)
    await transport.shutdown()
    return value
  } catch {
    await transport.shutdown()
    throw error
  }
}

/// A configuration that trusts `ca`, by default the server's.
func trusting(_ server: ServerURL, _ ca: Certificates.Pair? = nil) throws -> ClientConfiguration {
  let ca = try ca ?? certificates().ca
  return ClientConfiguration(server: server, trust: .caBundle(.inline(SecretBytes(ca.certificate))))
}

extension KubeResponse {
  static func text(_ text: String, status: HTTPResponse.Status = .ok) -> KubeResponse {
    KubeResponse(
      status: status, headers: [.contentType: "application/json"], body: ResponseBody(Array(text.utf8)))
  }

  func text() async throws -> String {
    var bytes: [UInt8] = []
    for try await chunk in body { bytes += chunk }
    return String(decoding: bytes, as: UTF8.self)
  }
}

let versionRequest = KubeRequest(method: .get, path: ["version"])

/// Sends a request and expects success.
func expectOK(_ transport: HTTPTransport, sourceLocation: SourceLocation = #_sourceLocation) async throws {
  let response = try await transport.send(versionRequest)
  #expect(response.status == .ok, sourceLocation: sourceLocation)
}

/// Waits until `condition` holds; fails the test where it doesn't within two minutes, which a busy
/// machine doesn't take.
func eventually(_ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation)
  async throws
{
  let end = ContinuousClock.now + .seconds(120)
  while ContinuousClock.now < end {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("it never came", sourceLocation: sourceLocation)
}

/// A value that several tasks set and read.
final class Shared<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>
  init(_ value: Value) { storage = Mutex(value) }
  var value: Value {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }
  func change(_ body: (inout Value) -> Void) { storage.withLock { body(&$0) } }
}
