import COpenSSLShim

/// A failure to decode, create or use a key or a certificate. Never contains key material.
public struct PKIError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The input exceeds the stated limit; nothing was decoded.
    public static let tooLarge = Code("too large")
    /// The text isn't PEM (RFC 7468), or contains no block of the expected kind.
    public static let invalidPEM = Code("invalid PEM")
    /// The bytes aren't an X.509 certificate in DER.
    public static let invalidCertificate = Code("invalid certificate")
    /// The bytes aren't a certificate signing request, or its signature doesn't verify.
    public static let invalidSigningRequest = Code("invalid signing request")
    /// The bytes aren't a private key.
    public static let invalidKey = Code("invalid key")
    /// The private key is encrypted; no passphrase is requested.
    public static let encryptedKey = Code("encrypted key")
    /// The key's kind isn't supported.
    public static let unsupportedKey = Code("unsupported key")
    /// The private key doesn't belong to the certificate.
    public static let keyMismatch = Code("key mismatch")
    /// A certificate can't be issued for the request in this form.
    public static let invalidRequest = Code("invalid request")
    /// The CA isn't the requested one, or isn't a CA at all.
    public static let wrongCA = Code("wrong CA")
    /// A server could not be reached, or presented no certificate.
    public static let connectionFailed = Code("connection failed")
    /// A server's address refused the connection.
    public static let connectionRefused = Code("connection refused")
    /// OpenSSL failed unexpectedly.
    public static let libraryFailure = Code("library failure")
  }

  /// The kind of failure.
  public var code: Code
  /// The failure, for people.
  public var message: String
  /// The text of OpenSSL's error queue; empty where it has none.
  public var detail: String

  /// Creates an error.
  public init(_ code: Code, _ message: String, detail: String = "") {
    self.code = code
    self.message = message
    self.detail = detail
  }

  /// The message, with OpenSSL's text.
  public var description: String { detail.isEmpty ? message : "\(message) (OpenSSL: \(detail))" }

  /// Creates an error with the text of this thread's error queue, which is emptied.
  static func openSSL(_ code: Code, _ message: String) -> PKIError {
    var words: [String] = []
    while true {
      let error = ERR_get_error()
      guard error != 0 else { break }
      // Only the reason: its data may quote the input.
      guard words.count < 8, let reason = ERR_reason_error_string(error) else { continue }
      let text = String(cString: reason)
      if !words.contains(text) { words.append(text) }
    }
    return PKIError(code, message, detail: words.joined(separator: ", "))
  }
}

/// Limits of the input, checked before anything is decoded.
public enum PKILimits {
  /// The maximum size of a PEM text of certificates, in bytes.
  public static let certificateBytes = 256 * 1024
  /// The maximum number of certificates in one chain or bundle.
  public static let certificates = 100
  /// The maximum size of a PEM text of a private key, in bytes.
  public static let keyBytes = 32 * 1024
  /// The maximum size of a PEM text of a certificate signing request, in bytes.
  public static let signingRequestBytes = 64 * 1024
  /// The maximum size of an RSA modulus, in bits: larger ones take seconds to use.
  public static let rsaBits = 8192
}
