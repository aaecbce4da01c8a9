/// A transport's failure to return a response, with its details.
///
/// Callers need ``requestWasSent``: where it is `false`, a write has certainly not taken effect and
/// may be repeated; where it is `true`, that is unknown.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// No connection could be established: name resolution, routing, refusal, a proxy.
    public static let connectionFailed = Code("connection failed")
    /// The server's identity could not be verified, or the server refused the client's.
    public static let tlsFailed = Code("TLS failed")
    /// The connection was lost.
    public static let connectionLost = Code("connection lost")
    /// The response's head, or the next part of its body, took too long.
    public static let timedOut = Code("timed out")
    /// The credentials for the request were not available.
    public static let credentialsUnavailable = Code("credentials unavailable")
    /// The transport has been shut down.
    public static let shutDown = Code("shut down")
    /// The request can't be sent in this form.
    public static let invalidRequest = Code("invalid request")
    /// The response isn't HTTP, or exceeds a limit.
    public static let invalidResponse = Code("invalid response")
  }

  /// The kind of failure.
  public var code: Code
  /// Whether the request, or a part of it, may have reached the server.
  public var requestWasSent: Bool
  /// The failure, for people; it never contains a body or a credential.
  public var message: String
  /// The underlying error.
  public var cause: (any Error)?

  /// Creates an error.
  public init(code: Code, requestWasSent: Bool, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.requestWasSent = requestWasSent
    self.message = message
    self.cause = cause
  }

  /// Code and message.
  public var description: String { "\(code): \(message)" }
}
