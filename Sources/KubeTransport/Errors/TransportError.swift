/// Why a transport has no response to give; thrown by transports that can tell more than "it failed".
///
/// What matters to a caller is `requestWasSent`: where it is `false`, a write has certainly not taken
/// effect and may be repeated; where it is `true`, nobody knows.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  /// What happened.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// No connection could be made: name resolution, routing, refusal, a proxy.
    public static let connectionFailed = Code("connection failed")
    /// The server's identity could not be verified, or it refused ours.
    public static let tlsFailed = Code("TLS failed")
    /// The connection was lost.
    public static let connectionLost = Code("connection lost")
    /// The response's head, or the next part of its body, took too long.
    public static let timedOut = Code("timed out")
    /// The credentials to send along could not be had.
    public static let credentialsUnavailable = Code("credentials unavailable")
    /// The transport has been shut down.
    public static let shutDown = Code("shut down")
    /// The request cannot be sent as it is.
    public static let invalidRequest = Code("invalid request")
    /// What came back is not HTTP, or exceeds a limit.
    public static let invalidResponse = Code("invalid response")
  }

  /// What happened.
  public var code: Code
  /// Whether the request, or a part of it, may have reached the server.
  public var requestWasSent: Bool
  /// What happened, for people; never holds a body or a credential.
  public var message: String
  /// The error behind this one.
  public var cause: (any Error)?

  /// An error.
  public init(code: Code, requestWasSent: Bool, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.requestWasSent = requestWasSent
    self.message = message
    self.cause = cause
  }

  /// The value in words.
  public var description: String { "\(code): \(message)" }
}
