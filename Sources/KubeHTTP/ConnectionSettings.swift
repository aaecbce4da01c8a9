import AsyncHTTPClient
import HTTPTypes
import KubeConfig
import KubeCore
import KubeTransport
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL

/// The settings that all connections and requests to one server share.
struct ConnectionSettings: Sendable {
  /// The server's address, for messages.
  let address: String
  private let baseURL: String
  private let host: String
  /// The DNS name that is indicated to the server and verified, where that isn't the host.
  private let serverName: String?
  /// The DNS name or address that the server's certificate must be valid for.
  private let verifiedName: String
  private let connectHost: String
  private let isTLS: Bool
  private let impersonation: Impersonation?
  private let proxy: HTTPClient.Configuration.Proxy?
  private let options: HTTPTransportOptions

  init(_ configuration: ClientConfiguration, _ options: HTTPTransportOptions) throws {
    let server = configuration.server
    self.options = options
    address = server.description
    host = server.authority
    connectHost = server.host
    isTLS = server.scheme == .https
    // The name to verify is set as the URL's host, where the client takes it from, and is then
    // connected to elsewhere.
    let name = configuration.serverName.flatMap { $0 == server.host || server.scheme == .http ? nil : $0 }
    verifiedName = name ?? server.host
    // An address is never indicated to the server (RFC 6066, section 3).
    serverName = name.flatMap { IPAddress($0) == nil ? $0 : nil }
    if let name = serverName {
      guard (try? ServerURL("https://\(name)"))?.host == name.lowercased() else {
        throw TransportError(
          code: .invalidRequest, requestWasSent: false,
          message:
            "tls-server-name \"\(name)\" of \(configuration.origin) is neither a DNS name nor an address; give what is in the server's certificate"
        )
      }
      baseURL = "\(server.scheme.rawValue)://\(name.lowercased()):\(server.port)\(server.basePath)"
    } else {
      baseURL = server.description
    }
    impersonation = configuration.impersonation
    proxy = try configuration.proxy.map { try Self.proxy($0, configuration.origin) }
  }

  // MARK: The client

  /// The alternatives of verifying the server by the trust of `tls`; at least one.
  func trustCandidates(_ tls: TLSMaterial) throws -> [ServerTrust] {
    do {
      return try ServerTrust.candidates(for: tls.trust)
    } catch {
      throw Self.tlsError("the certificate authority for \(address) can't be read", error)
    }
  }

  /// Creates a client whose connections use the certificate and key of `tls`, to a server that is
  /// verified by `trust`.
  func makeClient(_ tls: TLSMaterial, _ trust: ServerTrust) throws -> HTTPClient {
    try makeClient(
      tls, trust, allowsHTTP2: options.allowsHTTP2, established: { $0.eventLoop.makeSucceededVoidFuture() })
  }

  /// Whether the server satisfies `trust`: a handshake, after which nothing is sent.
  func isSatisfied(_ trust: ServerTrust, _ tls: TLSMaterial, deadline: NIODeadline) async -> Bool {
    struct Satisfied: Error {}
    var tls = tls
    if case .pinned = trust {
      // The handshake is aborted before the server is verified: no client certificate is sent.
      tls.certificate = nil
      tls.key = nil
    }
    // With HTTP/1.1 the end of the handshake is seen before the server can refuse a client without
    // a certificate.
    let client = try? makeClient(tls, trust, allowsHTTP2: false) { channel in
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(Satisfied())
    }
    guard let owner = client.map(HTTPClientLease.Owner.init) else { return false }
    defer { owner.retire() }
    do {
      let end = min(deadline, NIODeadline.now() + TimeAmount(options.connectTimeout))
      _ = try await owner.client.execute(HTTPClientRequest(url: baseURL + "/version"), deadline: end)
      return false
    } catch {
      return error is Satisfied
    }
  }

  /// Creates a client that calls `established` on each new and verified connection before anything
  /// is sent on it.
  private func makeClient(
    _ tls: TLSMaterial, _ trust: ServerTrust, allowsHTTP2: Bool,
    established: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) throws -> HTTPClient {
    let check = isTLS && trust != .insecure ? ServerCheck(name: verifiedName, trust: trust) : nil
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: try tlsConfiguration(tls, trust: trust, check: check),
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(options.connectTimeout)), proxy: proxy,
      decompression: options.maximumDecompressedBytes > 0
        ? .enabled(limit: .size(options.maximumDecompressedBytes)) : .disabled)
    configuration.connectionPool.idleTimeout = TimeAmount(options.idleConnectionTimeout)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(
      1, options.maximumHTTP1Connections)
    // Retries are decided at a higher level, which knows what the request does.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = allowsHTTP2 ? .automatic : .http1Only
    if let serverName { configuration.dnsOverride = [serverName.lowercased(): connectHost] }
    let verify: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      guard let check else { return established(channel) }
      return check.check(channel).flatMap { established(channel) }
    }
    configuration.http1_1ConnectionDebugInitializer = verify
    let checkInterval = TimeAmount(options.connectionCheckInterval)
    configuration.http2ConnectionDebugInitializer = { channel in
      let aligned = verify(channel).flatMap { HTTP2FrameAlignment.install(on: channel) }
      guard checkInterval > .zero else { return aligned }
      return aligned.flatMap { HTTP2ConnectionCheck.install(on: channel, interval: checkInterval) }
    }
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// The TLS configuration that trusts `trust` and nothing else. No path through it verifies less
  /// than requested: what the handshake itself doesn't verify, `check` verifies before anything is
  /// sent.
  func tlsConfiguration(
    _ tls: TLSMaterial, trust: ServerTrust, check: ServerCheck?
  ) throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    // NIOSSL would compare the connection's address, which may be a proxy's, with the
    // certificate's.
    configuration.certificateVerification =
      check?.isForAddress == true ? .noHostnameVerification : .fullVerification
    // The maximum wait of a closing connection for the peer's close: no longer than a shutdown may
    // take.
    configuration.shutdownTimeout = .milliseconds(500)
    switch trust {
    case .system: configuration.trustRoots = .default
    case .anchors(let certificates): configuration.trustRoots = .certificates(certificates)
    case .pinned where check != nil, .insecure: configuration.certificateVerification = .none
    case .pinned: configuration.trustRoots = .certificates([])
    }
    guard let certificate = tls.certificate, let key = tls.key else { return configuration }
    do {
      configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map {
        .certificate($0)
      }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key.exposed(), format: .pem))
      // Created only for the check that certificate and key belong together.
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw Self.tlsError(
        "the client certificate or its key for \(address) can't be used, or they don't belong together", error
      )
    }
    return configuration
  }

  private static func tlsError(_ message: String, _ cause: any Error) -> TransportError {
    TransportError(code: .tlsFailed, requestWasSent: false, message: message, cause: cause)
  }

  private static func proxy(_ proxy: ProxyURL, _ origin: String) throws -> HTTPClient.Configuration.Proxy {
    func unsupported(_ problem: String) -> TransportError {
      TransportError(
        code: .invalidRequest, requestWasSent: false,
        message: "the proxy \(proxy) for \(origin): \(problem); use an http proxy, or socks5 without password"
      )
    }
    switch proxy.scheme {
    case .http:
      guard let user = proxy.user else { return .server(host: proxy.host, port: proxy.port) }
      return .server(
        host: proxy.host, port: proxy.port,
        authorization: .basic(username: user, password: proxy.password?.exposedText() ?? ""))
    case .socks5:
      guard proxy.user == nil else { throw unsupported("a password for a SOCKS proxy is not supported") }
      return .socksServer(host: proxy.host, port: proxy.port)
    case .https:
      throw unsupported("a proxy behind TLS is not supported")
    }
  }

  // MARK: The request

  /// The HTTP request for `request`. Throws for one that can't be sent: a path segment `.` or `..`,
  /// which servers and proxies resolve, or a header that could inject another one. `body` is sent
  /// along.
  func request(
    _ request: KubeRequest, body: OutgoingBody?, authorization: SecretBytes?
  ) throws -> HTTPClientRequest {
    func invalid(_ message: String) -> TransportError {
      TransportError(code: .invalidRequest, requestWasSent: false, message: message)
    }
    for segment in request.path where segment == "." || segment == ".." {
      throw invalid("the path /\(request.path.joined(separator: "/")) holds the segment \"\(segment)\"")
    }
    var outgoing = HTTPClientRequest(url: baseURL + request.target)
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    if serverName != nil { outgoing.headers.add(name: "Host", value: host) }
    outgoing.headers.add(name: "User-Agent", value: options.userAgent)
    // Without the header, AsyncHTTPClient would request compression itself.
    if !request.headers.contains(where: { $0.name == .acceptEncoding }) {
      outgoing.headers.add(name: "Accept-Encoding", value: isCompressible(request) ? "gzip" : "identity")
    }
    for (name, value) in (request.impersonation ?? impersonation)?.headers ?? [] {
      outgoing.headers.add(name: name, value: value)
    }
    for field in request.headers {
      let name = field.name.rawName
      // Credentials and address come only from the configuration, and impersonation has a field of
      // its own.
      let lowercased = field.name.canonicalName
      guard lowercased != "authorization", lowercased != "host", !lowercased.hasPrefix("impersonate-") else {
        throw invalid("the header \(name) is set by the transport's configuration, not by a request")
      }
      if lowercased == "user-agent" {
        outgoing.headers.replaceOrAdd(name: "User-Agent", value: field.value)
      } else {
        outgoing.headers.add(name: name, value: field.value)
      }
    }
    if let text = authorization?.exposedText() { outgoing.headers.add(name: "Authorization", value: text) }
    outgoing.body = body.map { .bytes($0) }
    return outgoing
  }

  /// Whether the response may be compressed: a document may, a stream whose parts must arrive at
  /// once may not.
  private func isCompressible(_ request: KubeRequest) -> Bool {
    options.maximumDecompressedBytes > 0 && !request.isWatch
      && request.headers[.accept]?.hasPrefix("application/json") == true
  }
}

extension TimeAmount {
  /// Creates the duration, clamped to a century.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let bounded = min(max(seconds, 0), 3_155_760_000)
    self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
