import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeRuntime
import KubeServer
import KubeTransport
import Synchronization
import Testing

/// A `ProbeServer` over TLS, asked by clients that verify its certificate.
@Suite(.timeLimit(.minutes(5))) struct SecureServerTests {
  private let log = CapturedLog()

  private struct Answer {
    var status: Int
    var text: String
    var headers: HTTPFields
  }

  /// The answer to a request on a connection of its own.
  private func get(
    _ path: String, port: Int, token: String? = nil, trusting ca: String
  ) async throws -> Answer {
    var configuration = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:\(port)"), trust: .caBundle(.inline(SecretBytes(utf8: ca))))
    if let token { configuration.authentication = .bearer(.inline(SecretBytes(utf8: token))) }
    let transport = try await HTTPTransport(configuration)
    do {
      let response = try await transport.send(
        KubeRequest(method: .get, path: path.split(separator: "/").map(String.init)))
      var bytes: [UInt8] = []
      for try await chunk in response.body { bytes += chunk }
      await transport.shutdown()
      return Answer(
        status: response.status.code, text: String(decoding: bytes, as: UTF8.self), headers: response.headers)
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  /// Runs a server while `body` runs.
  private func serving(
    _ security: ProbeServer.Security, _ body: (Int) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = ProbeServer(
      host: "127.0.0.1", port: 0, probes: Probes(), metrics: { "up 1\n" }, debugState: { ["well": true] },
      security: security, logger: log.logger,
      onListening: { port in
        continuation.yield(port ?? 0)
        continuation.finish()
      })
    let task = Task {
      defer { continuation.finish() }
      try await server.run()
    }
    var opened: Int?
    for await port in ports { opened = port }
    defer { task.cancel() }
    let port = try #require(opened)
    try await body(port)
    task.cancel()
    _ = await task.result
  }

  @Test func `metrics are for those who may get them`() async throws {
    let reviewers = try await Reviewers()
    let certificate = try TestCertificate()
    let good = try await reviewers.token(of: "prometheus", mayGet: ["/metrics"])
    let rightless = try await reviewers.token(of: "visitor", mayGet: [])
    let access = AccessReview(reviewers.client, logger: log.logger)
    try await serving(.init(certificate: certificate.serving(), access: access)) { port in
      func get(_ path: String, _ token: String?) async throws -> Answer {
        try await self.get(path, port: port, token: token, trusting: certificate.ca)
      }
      let answer = try await get("/metrics", good)
      #expect(answer.status == 200 && answer.text == "up 1\n")
      #expect(answer.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
      for token in [nil, "a-wrong-token"] as [String?] {
        let refused = try await get("/metrics", token)
        #expect(refused.status == 401)
        #expect(refused.headers[.wwwAuthenticate] == "Bearer")
        #expect(!refused.text.contains("up") && !refused.text.contains("a-wrong-token"))
      }
      let forbidden = try await get("/metrics", rightless)
      #expect(forbidden.status == 403)
      #expect(forbidden.text.contains("system:serviceaccount:default:visitor"))
      #expect(try await get("/debug/state", nil).status == 401)
      #expect(try await get("/debug/state", good).status == 403)
      // The kubelet has no token.
      #expect(try await get("/livez", nil).status == 200)
      #expect(try await get("/elsewhere", good).status == 404)
    }
    for secret in [good, rightless, "a-wrong-token", "PRIVATE KEY"] { #expect(!log.text.contains(secret)) }
  }

  @Test func `an API server that fails is answered with 500`() async throws {
    let reviewers = try await Reviewers()
    let certificate = try TestCertificate()
    let token = try await reviewers.token(of: "prometheus", mayGet: ["/metrics"])
    let access = AccessReview(reviewers.client, logger: log.logger)
    reviewers.door.mood.withLock { $0 = .refusing("tokenreviews", 500) }
    try await serving(.init(certificate: certificate.serving(), access: access)) { port in
      let answer = try await get("/metrics", port: port, token: token, trusting: certificate.ca)
      #expect(answer.status == 500)
      #expect(!answer.text.contains("up 1") && !answer.text.contains(token))
    }
    #expect(!log.text.contains(token))
  }

  @Test func `a port that is taken is named with its remedy`() async throws {
    let reviewers = try await Reviewers()
    let access = AccessReview(reviewers.client, logger: log.logger)
    try await serving(.init(certificate: TestCertificate().serving(), access: access)) { port in
      let failure = await #expect(throws: ProbeServer.ListenFailure.self) {
        try await ProbeServer(host: "127.0.0.1", port: port, logger: log.logger).run()
      }
      let text = try #require(failure).description
      #expect(text.hasPrefix("can't listen on 127.0.0.1:\(port): Address already in use; end the program"))
    }
  }

  @Test func `a client that trusts another CA doesn't connect`() async throws {
    let reviewers = try await Reviewers()
    let (certificate, other) = (try TestCertificate(), try TestCertificate())
    let access = AccessReview(reviewers.client, logger: log.logger)
    try await serving(.init(certificate: certificate.serving(), access: access)) { port in
      await #expect(throws: (any Error).self) {
        try await get("/livez", port: port, trusting: other.ca)
      }
    }
  }

  @Test func `a replaced certificate is presented to new connections`() async throws {
    let reviewers = try await Reviewers()
    let (former, next) = (try TestCertificate(), try TestCertificate())
    let volume = try SecretVolume()
    try volume.replace(former)
    let access = AccessReview(reviewers.client, logger: log.logger)
    let security = ProbeServer.Security(
      certificate: try ServingCertificate(directory: volume.path), access: access,
      reloadInterval: .milliseconds(10))
    try await serving(security) { port in
      #expect(try await get("/livez", port: port, trusting: former.ca).status == 200)
      try volume.replace(next)
      while (try? await get("/livez", port: port, trusting: next.ca)) == nil {
        try await Task.sleep(for: .milliseconds(20))
      }
      await #expect(throws: (any Error).self) {
        try await get("/livez", port: port, trusting: former.ca)
      }
    }
    #expect(log.text.contains("was replaced"))
  }

  @Test func `a connection without a handshake doesn't keep the server from ending`() async throws {
    let reviewers = try await Reviewers()
    let access = AccessReview(reviewers.client, logger: log.logger)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    let certificate = try TestCertificate()
    try await serving(.init(certificate: certificate.serving(), access: access)) { port in
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      let isConnected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      #expect(isConnected)
      // A later client is served, so that the server has accepted the silent one.
      let later = try await get("/livez", port: port, trusting: certificate.ca)
      #expect(later.status == 200)
    }
  }
}
