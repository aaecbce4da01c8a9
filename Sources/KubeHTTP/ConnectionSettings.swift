import AsyncHTTPClient
import HTTPTypes
import KubeConfig
import KubeCore
import KubeTransport
import NIOCore
import NIOHTTP1
import NIOSSL

/// What stays the same about all connections and requests to one server.
struct ConnectionSettings: Sendable {
  /// The server's address, for messages.
  let address: String
  private let baseURL: String
  private let host: String
  private let serverName: String?
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
    // The name to verify goes where the client takes it from, the URL's host, and is then connected to
    // elsewhere.
    let name = configuration.serverName.flatMap { $0 == server.host || server.scheme == .http ? nil : $0 }
    serverName = name
    if let name {
      guard (try? ServerURL("https://\(name)"))?.host == name.lowercased(), !Self.isIPAddress(name) else {
        throw TransportError(
          code: .invalidRequest, requestWasSent: false,
          message:
            "tls-server-name \"\(name)\" of \(configuration.origin) is not a DNS name; give the name in the server's certificate"
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

  /// A client whose connections are made with `tls`.
  func makeClient(_ tls: TLSMaterial) throws -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: try Self.tlsConfiguration(tls, address), redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(options.connectTimeout)), proxy: proxy, decompression: .disabled)
    configuration.connectionPool.idleTimeout = TimeAmount(options.idleConnectionTimeout)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(
      1, options.maximumHTTP1Connections)
    // Whether and when to try again is decided above, by something that knows what the request does.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = options.allowsHTTP2 ? .automatic : .http1Only
    if let serverName { configuration.dnsOverride = [serverName.lowercased(): connectHost] }
    configuration.http2ConnectionDebugInitializer = HTTP2FrameAlignment.install
    let name = serverName?.lowercased() ?? connectHost
    if isTLS, tls.trust != .insecureSkipVerification, !Self.isIPAddress(name) {
      let check = ServerNameCheck(name: name)
      configuration.http1_1ConnectionDebugInitializer = check.check
      configuration.http2ConnectionDebugInitializer = { channel in
        check.check(channel).flatMap { HTTP2FrameAlignment.install(on: channel) }
      }
    }
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// TLS that trusts whom `tls` says and nobody else. There is no way through it that verifies less than was
  /// asked for.
  private static func tlsConfiguration(_ tls: TLSMaterial, _ address: String) throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.certificateVerification = .fullVerification
    // How long a closing connection waits for the server to say goodbye too: no longer than a shutdown may
    // take.
    configuration.shutdownTimeout = .milliseconds(500)
    do {
      switch tls.trust {
      case .system:
        configuration.trustRoots = .default
      case .authorities(let pem):
        let certificates = try NIOSSLCertificate.fromPEMBytes(pem)
        guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
        configuration.trustRoots = .certificates(certificates)
      case .insecureSkipVerification:
        configuration.certificateVerification = .none
      }
    } catch {
      throw tlsError("the certificate authority for \(address) can't be read", error)
    }
    guard let certificate = tls.certificate, let key = tls.key else { return configuration }
    do {
      configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map {
        .certificate($0)
      }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key.exposed(), format: .pem))
      // Made once for the check alone: certificate and key must belong together.
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw tlsError(
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
        message: "proxy-url \(proxy) of \(origin): \(problem); use an http proxy, or socks5 without password")
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
      throw unsupported("a proxy that is itself spoken to over TLS is not supported")
    }
  }

  private static func isIPAddress(_ text: String) -> Bool {
    text.contains(":") || (try? SocketAddress(ipAddress: text, port: 0)) != nil
  }

  // MARK: The request

  /// `request` for the wire. Throws for one that can't be sent: a path segment `.` or `..`, which servers and
  /// proxies
  /// resolve away, or a header that could smuggle in another. `body` is sent along.
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
    for (name, value) in (request.impersonation ?? impersonation)?.headers ?? [] {
      outgoing.headers.add(name: name, value: value)
    }
    for field in request.headers {
      let name = field.name.rawName
      // Credentials and address are the configuration's alone, and whom to impersonate has a field of its
      // own.
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
}

extension TimeAmount {
  /// The duration, of at most a century.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let bounded = min(max(seconds, 0), 3_155_760_000)
    self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
