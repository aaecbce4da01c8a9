import HTTPTypes
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
package import KubeCore
package import KubeTransport
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A server that offers an API server's handler over TLS on a port of this machine: HTTP/2 and
/// HTTP/1.1, on 127.0.0.1 only.
///
/// For tests, demonstrations and the embedded server, and for `kubectl` or any other client. It
/// authenticates its administrators (client certificates of one CA, or one bearer token); the
/// handler may authenticate other users' tokens, and it authorizes all requests.
package final class TLSServer: Sendable {
  /// A function that answers a request; the response's body has no time limit.
  package typealias Handler = @Sendable (KubeRequest) async -> KubeResponse

  /// The maximum size of a request's body in bytes; a larger one is answered with 413.
  package static let maximumBodyBytes = 4 << 20

  private let handler: Handler
  private let builder: HTTPServerBuilder
  private let connections = OpenConnections()
  private let credentials: Credentials
  private let running = Mutex<Running?>(nil)

  private struct Credentials {
    /// The `Authorization` header of an administrator's request.
    var authorization: SecretBytes?
    /// Whether requests with other tokens are passed to the handler.
    var forwardsTokens: Bool
  }

  private struct Running {
    var task: Task<Void, any Error>
    var listener: any Channel
  }

  /// Creates a server that isn't running yet.
  ///
  /// - Parameters:
  ///   - handler: The handler of the requests.
  ///   - certificateChainPEM: The server's certificate and its intermediates.
  ///   - keyPEM: The certificate's key.
  ///   - clientCAPEM: The CA that must have signed every client's certificate; without it none is
  ///     required.
  ///   - bearerToken: The administrators' token, which every request must have; without it none is
  ///     required.
  ///   - forwardsTokens: Whether a request with another bearer token goes to the handler, with its
  ///     `Authorization` header; otherwise it is answered with 401. Only for a handler that
  ///     authenticates tokens, such as an `InMemoryCluster` whose server authorizes by RBAC.
  ///   - allowsHTTP2: Whether HTTP/2 is offered in addition to HTTP/1.1.
  package init(
    certificateChainPEM: [UInt8], keyPEM: SecretBytes, clientCAPEM: [UInt8]? = nil,
    bearerToken: SecretBytes? = nil, forwardsTokens: Bool = false, allowsHTTP2: Bool = true,
    handler: @escaping Handler
  ) throws {
    let tls = try Self.tlsConfiguration(
      certificateChainPEM: certificateChainPEM, keyPEM: keyPEM, clientCAPEM: clientCAPEM)
    builder = HTTPServerBuilder { [connections] responder in
      guard allowsHTTP2 else {
        return TrackedChannel(
          try TLSChannel(HTTP1Channel(responder: responder), tlsConfiguration: tls), connections)
      }
      return TrackedChannel(try HTTP2UpgradeChannel(tlsConfiguration: tls, responder: responder), connections)
    }
    credentials = Credentials(
      authorization: bearerToken.map { SecretBytes(Array("Bearer ".utf8) + $0.exposed()) },
      forwardsTokens: forwardsTokens)
    self.handler = handler
  }

  static func tlsConfiguration(
    certificateChainPEM: [UInt8], keyPEM: SecretBytes, clientCAPEM: [UInt8]?
  ) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(certificateChainPEM).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: keyPEM.exposed(), format: .pem)))
    tls.minimumTLSVersion = .tlsv12
    // The maximum wait of a closing connection for a client that may be gone.
    tls.shutdownTimeout = .milliseconds(500)
    if let clientCAPEM {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientCAPEM))
      tls.certificateVerification = .noHostnameVerification
    }
    return tls
  }

  /// Opens `port`, or a free one for 0, on an address of the loopback network; returns its number.
  package func start(host: String = "127.0.0.1", port: Int = 0) async throws -> Int {
    let opened = AsyncStream<any Channel>.makeStream()
    let logger = Logger(label: "KubeTestServer", factory: { _ in SwiftLogNoOpLogHandler() })
    let server = try builder.buildServer(
      configuration: .init(address: .hostname(host, port: port), serverName: nil),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
      responder: { [handler, credentials] request, writer, _ in
        try await Self.respond(to: request, writer: writer, handler: handler, credentials: credentials)
      },
      onServerRunning: { channel in
        opened.continuation.yield(channel)
        opened.continuation.finish()
      })
    let task = Task {
      defer { opened.continuation.finish() }
      try await server.run()
    }
    for await listener in opened.stream {
      running.withLock { $0 = Running(task: task, listener: listener) }
      return listener.localAddress?.port ?? 0
    }
    // It couldn't be opened, or the caller was cancelled.
    task.cancel()
    try await task.value
    throw CancellationError()
  }

  /// Closes the port and ends every response. Idempotent.
  package func stop() async {
    let running = running.withLock { running -> Running? in
      defer { running = nil }
      return running
    }
    guard let running else { return }
    // Connections first: a cancelled server waits without end for one whose handshake isn't over,
    // and a request that arrives when none is accepted any more ends the process.
    await connections.closeAll()
    running.listener.close(promise: nil)
    try? await running.listener.closeFuture.get()
    running.task.cancel()
    _ = await running.task.result
  }

  private static func respond(
    to request: Request, writer: consuming ResponseWriter, handler: Handler, credentials: Credentials
  ) async throws {
    var request = request
    let authorization = request.headers[.authorization]
    let isAdministrator =
      credentials.authorization.map { authorization.map { SecretBytes(utf8: $0) } == $0 }
      ?? (authorization == nil)
    let isForwarded = credentials.forwardsTokens && !isAdministrator && authorization != nil
    if credentials.authorization != nil, !isAdministrator, !isForwarded {
      let status = Status(
        status: "Failure", message: "Unauthorized", reason: "Unauthorized", code: 401)
      return try await write(status, writer)
    }
    guard var incoming = KubeRequest(head: request.head) else {
      let status = Status(
        status: "Failure", message: "the request's path or query is not percent-encoded UTF-8",
        reason: "BadRequest", code: 400)
      return try await write(status, writer)
    }
    if isForwarded { incoming.headers[.authorization] = authorization }
    if !incoming.isWatch {
      do {
        let body = try await request.collectBody(upTo: maximumBodyBytes)
        if body.readableBytes > 0 { incoming.body = SecretBytes(body.readableBytesView) }
      } catch is NIOTooManyBytesError {
        let status = Status(
          status: "Failure", message: "the request's body is larger than \(maximumBodyBytes) bytes",
          reason: "RequestEntityTooLarge", code: 413)
        return try await write(status, writer)
      }
    }
    try await stream(await handler(incoming), to: writer, of: request, isWatch: incoming.isWatch)
  }

  /// Writes head and body. A watch, which may be silent for long, ends when the client disconnects;
  /// any other body detects that at its next chunk.
  private static func stream(
    _ response: KubeResponse, to writer: consuming ResponseWriter, of request: Request, isWatch: Bool
  ) async throws {
    let writer: any ResponseBodyWriter = try await writer.writeHead(
      HTTPResponse(status: response.status, headerFields: response.headers))
    let chunks = response.body
    let writeBody = {
      var body = writer
      for try await chunk in chunks { try await body.write(ByteBuffer(bytes: chunk)) }
      try await body.finish(nil)
    }
    guard isWatch else { return try await writeBody() }
    try await request.body.consumeWithCancellationOnInboundClose { _ in try await writeBody() }
  }

  private static func write(_ status: Status, _ writer: consuming ResponseWriter) async throws {
    var json = status.json
    json["kind"] = "Status"
    json["apiVersion"] = "v1"
    let bytes = JSONWriter().bytes(json)
    let head = HTTPResponse(
      status: .init(code: status.code ?? 500),
      headerFields: [.contentType: "application/json", .contentLength: "\(bytes.count)"])
    var body = try await writer.writeHead(head)
    try await body.write(ByteBuffer(bytes: bytes))
    try await body.finish(nil)
  }
}
