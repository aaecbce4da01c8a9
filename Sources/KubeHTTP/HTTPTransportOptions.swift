/// Timeouts and limits of an `HTTPTransport`.
public struct HTTPTransportOptions: Sendable, Hashable {
  /// How long a connection may take to be made, TLS included.
  public var connectTimeout: Duration
  /// How long a response's head may take where the request doesn't say.
  public var responseTimeout: Duration
  /// How long an idle connection is kept.
  public var idleConnectionTimeout: Duration
  /// How many connections there may be at once over HTTP/1.1, where each request or watch takes one.
  public var maximumHTTP1Connections: Int
  /// Whether HTTP/2 may be used.
  public var allowsHTTP2: Bool
  /// How long, in seconds, credentials are used before their files are looked at again.
  public var credentialRecheckInterval: Double
  /// How long an exec credential plugin may run.
  public var execTimeout: Duration
  /// How many bytes the body of a compressed response may have once it is decompressed: past that, it is an error, so that
  /// a few bytes of a hostile server don't fill the memory. 0 asks for no compressed responses. Watches, logs and what is
  /// proxied aren't compressed.
  public var maximumDecompressedBytes: Int
  /// What the client calls itself.
  public var userAgent: String

  /// The defaults: 10 s to connect, 30 s for a head, 60 s idle, 256 connections, files looked at each 10 s, 256 MiB once
  /// decompressed.
  public init(
    connectTimeout: Duration = .seconds(10), responseTimeout: Duration = .seconds(30),
    idleConnectionTimeout: Duration = .seconds(60), maximumHTTP1Connections: Int = 256,
    allowsHTTP2: Bool = true,
    credentialRecheckInterval: Double = 10, execTimeout: Duration = .seconds(60),
    maximumDecompressedBytes: Int = 256 << 20, userAgent: String = "swift-cluster-gateway"
  ) {
    self.connectTimeout = connectTimeout
    self.responseTimeout = responseTimeout
    self.idleConnectionTimeout = idleConnectionTimeout
    self.maximumHTTP1Connections = maximumHTTP1Connections
    self.allowsHTTP2 = allowsHTTP2
    self.credentialRecheckInterval = credentialRecheckInterval
    self.execTimeout = execTimeout
    self.maximumDecompressedBytes = maximumDecompressedBytes
    self.userAgent = userAgent
  }
}
