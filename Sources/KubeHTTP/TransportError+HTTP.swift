import AsyncHTTPClient
import KubeTransport
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension TransportError {
  /// Creates the transport error for `error`, which occurred while a request was sent to `address`
  /// or its response's head awaited.
  ///
  /// Only errors that can't occur after the request's first byte state that nothing was sent.
  init(sending error: any Error, to address: String) {
    func failure(_ code: Code, sent: Bool, _ problem: String) -> TransportError {
      TransportError(code: code, requestWasSent: sent, message: "\(address): \(problem)", cause: error)
    }
    switch error {
    case let error as TransportError:
      self = error
    case let error as HTTPClientError:
      switch error {
      case .connectTimeout, .getConnectionFromPoolTimeout, .socksHandshakeTimeout, .httpProxyHandshakeTimeout:
        self = failure(.connectionFailed, sent: false, "no connection in time")
      case .tlsHandshakeTimeout:
        self = failure(.tlsFailed, sent: false, "the TLS handshake took too long")
      case .proxyAuthenticationRequired, .invalidProxyResponse:
        self = failure(.connectionFailed, sent: false, "the proxy refused: \(error.shortDescription)")
      case .alreadyShutdown:
        self = failure(.shutDown, sent: false, "the transport has been shut down")
      case .deadlineExceeded, .readTimeout, .writeTimeout:
        self = failure(.timedOut, sent: true, "no response in time")
      case .invalidURL, .emptyHost, .emptyScheme, .bodyLengthMismatch:
        self = failure(.invalidRequest, sent: false, error.shortDescription)
      default:
        // Cases with associated values can't be listed as patterns.
        let words = error.shortDescription
        if words.contains("Invalid header") || words.contains("invalidHeader") {
          self = failure(.invalidRequest, sent: false, "a header's name or value is not allowed")
        } else {
          self = failure(.connectionLost, sent: true, "the connection was lost before the response: \(words)")
        }
      }
    case let error as NIOSSLError:
      if case .handshakeFailed(let cause) = error {
        self = failure(
          .tlsFailed, sent: false, Self.words(forHandshake: "\(cause)"))
      } else {
        self = failure(.connectionLost, sent: true, "TLS failed: \(error)")
      }
    case let error as NIOSSLExtraError:
      self = failure(.tlsFailed, sent: false, "the server's certificate is not the expected one: \(error)")
    case is BoringSSLError:
      self = failure(
        .tlsFailed, sent: true,
        "TLS failed after its handshake, as when the server refuses the client's certificate: "
          + Self.reasons(in: "\(error)"))
    case let error as NIOConnectionError:
      self = failure(.connectionFailed, sent: false, Self.words(for: error))
    case is SocketAddressError:
      self = failure(.connectionFailed, sent: false, "no connection: \(error)")
    case let error as ChannelError:
      if case .connectTimeout = error {
        self = failure(.connectionFailed, sent: false, "no connection in time")
      } else {
        self = failure(.connectionLost, sent: true, "the connection was lost before the response: \(error)")
      }
    case let error as IOError where error.errnoCode == ECONNREFUSED || error.errnoCode == EADDRNOTAVAIL:
      self = failure(.connectionFailed, sent: false, "no connection: \(Self.words(for: error))")
    case is HTTPParserError:
      self = failure(.invalidResponse, sent: true, "what came back is not HTTP: \(error)")
    case _ where Self.words(forDecompression: error) != nil:
      self = failure(.invalidResponse, sent: true, Self.words(forDecompression: error) ?? "")
    default:
      self = failure(.connectionLost, sent: true, "no response: \(error)")
    }
  }

  /// The server's certificate isn't one of the pinned ones.
  static let untrustedServer = TransportError(
    code: .tlsFailed, requestWasSent: false,
    message: untrusted + " (the server's own certificate is not in the bundle)", cause: UntrustedServer())

  private struct UntrustedServer: Error {}

  /// Whether `error`, from the handshake, means that the server isn't trusted in the requested way.
  static func isOfUntrustedServer(_ error: any Error) -> Bool {
    switch error {
    case NIOSSLError.handshakeFailed(let cause): "\(cause)".contains("CERTIFICATE_VERIFY_FAILED")
    case let error as TransportError: error.cause is UntrustedServer
    default: false
    }
  }

  private static let untrusted =
    "the server is not trusted: no authority given here signed its certificate, or it is not valid now; check the kubeconfig's certificate-authority and the clock"

  /// Whether `error` means that a request was assigned to an HTTP/2 connection that had already
  /// ended.
  static func isOfDeadConnection(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPClientError: error == .cancelled
    case let error as ChannelError: error == .ioOnClosedChannel
    default: false
    }
  }

  /// The reasons why no address of a host can be connected to, each once.
  private static func words(for error: NIOConnectionError) -> String {
    var all = error.connectionErrors.map { ($0.error as? IOError).map(words) ?? "\($0.error)" }
    if all.isEmpty {
      // No address was tried.
      all = [error.dnsAError, error.dnsAAAAError].compactMap(\.self).map {
        "the name \(error.host) has no address (\($0))"
      }
    }
    let reasons = all.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return "no connection: \(reasons.isEmpty ? "\(error)" : reasons.joined(separator: ", "))"
  }

  private static func words(for error: IOError) -> String {
    switch error.errnoCode {
    case ECONNREFUSED: "connection refused: no server listens there"
    case EHOSTUNREACH, ENETUNREACH: "no route to it"
    default: String(cString: strerror(error.errnoCode))
    }
  }

  /// The meaning of a failed handshake and its remedy.
  private static func words(forHandshake cause: String) -> String {
    let reasons = reasons(in: cause)
    return reasons.contains("CERTIFICATE_VERIFY_FAILED")
      ? untrusted + " (\(reasons))"
      : "the TLS handshake failed, as when the server refuses the client's certificate: \(reasons)"
  }

  /// BoringSSL's reasons in the text of its error queue, the rest of which refers to its source
  /// code; the text itself where there are none.
  private static func reasons(in text: String) -> String {
    let reasons = text.split(separator: "OPENSSL_internal:").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
    return reasons.isEmpty ? text : reasons.joined(separator: ", ")
  }

  /// The problem of a compressed body; `nil` where `error` is about something else.
  private static func words(forDecompression error: any Error) -> String? {
    switch error {
    case NIOHTTPDecompression.DecompressionError.limit:
      "the compressed body is longer than the limit once it is decompressed"
    case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
      "the body is not compressed as its Content-Encoding says: \(error)"
    default: nil
    }
  }

  /// Creates the transport error for `error`, which occurred while the body of a response from
  /// `address` was read.
  init(readingBody error: any Error, from address: String) {
    if let error = error as? TransportError {
      self = error
      return
    }
    if let words = Self.words(forDecompression: error) {
      self.init(
        code: .invalidResponse, requestWasSent: true, message: "\(address): \(words)", cause: error)
      return
    }
    let timedOut = (error as? HTTPClientError) == .readTimeout
    self.init(
      code: timedOut ? .timedOut : error is HTTPParserError ? .invalidResponse : .connectionLost,
      requestWasSent: true, message: "\(address): the response was cut off: \(error)", cause: error)
  }
}
