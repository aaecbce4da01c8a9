/// Timeouts and limits of an ``HTTPTransport``.
public struct HTTPTransportOptions: Sendable, Hashable {
  /// The maximum time for establishing a connection, TLS included.
  public var connectTimeout: Duration
  /// The maximum idle time of a connection.
  public var idleConnectionTimeout: Duration
  /// The time without bytes after which an HTTP/2 connection is checked by a PING, and the maximum
  /// wait for a byte after that. A connection that is dead by then is closed, which ends its
  /// responses and watches within half a second. Over HTTP/1.1 only a watch's own idle timeout ends
  /// them. Zero disables the check.
  public var connectionCheckInterval: Duration
  /// The maximum number of connections over HTTP/1.1, where each request or watch takes one.
  public var maximumHTTP1Connections: Int
  /// Whether HTTP/2 may be used.
  public var allowsHTTP2: Bool
  /// The time after which credential files are checked again.
  public var credentialRecheckInterval: Duration
  /// The maximum run time of an exec credential plugin.
  public var execTimeout: Duration
  /// The maximum size of a compressed response's body after decompression, in bytes: a longer one
  /// is an error, so that a small response of a hostile server can't fill the memory. 0 disables
  /// compressed responses. Watches, logs and proxied responses aren't compressed.
  public var maximumDecompressedBytes: Int
  /// The client's `User-Agent`.
  public var userAgent: String

  /// Creates options. The defaults: 10 s to connect, 60 s idle, a check after
  /// 15 s without bytes, 256 connections, files checked every 10 s, 256 MiB after decompression.
  public init(
    connectTimeout: Duration = .seconds(10), idleConnectionTimeout: Duration = .seconds(60),
    connectionCheckInterval: Duration = .seconds(15), maximumHTTP1Connections: Int = 256,
    allowsHTTP2: Bool = true, credentialRecheckInterval: Duration = .seconds(10),
    execTimeout: Duration = .seconds(60), maximumDecompressedBytes: Int = 256 << 20,
    userAgent: String = "swift-cluster-gateway"
  ) {
    self.connectTimeout = connectTimeout
    self.idleConnectionTimeout = idleConnectionTimeout
    self.connectionCheckInterval = connectionCheckInterval
    self.maximumHTTP1Connections = maximumHTTP1Connections
    self.allowsHTTP2 = allowsHTTP2
    self.credentialRecheckInterval = credentialRecheckInterval
    self.execTimeout = execTimeout
    self.maximumDecompressedBytes = maximumDecompressedBytes
    self.userAgent = userAgent
  }
}
