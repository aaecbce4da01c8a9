import COpenSSLShim

/// Why a key or a certificate could not be read, made or used. Never holds key material.
public struct PKIError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable, Hashable {
    /// There is more than the stated limit; nothing was parsed.
    case tooLarge
    /// The text isn't PEM (RFC 7468), or holds no block of the kind looked for.
    case invalidPEM
    /// The bytes are no X.509 certificate in DER.
    case invalidCertificate
    /// The bytes are no certificate signing request, or one whose signature doesn't verify.
    case invalidSigningRequest
    /// The bytes are no private key.
    case invalidKey
    /// The private key is encrypted; nobody is asked for a passphrase.
    case encryptedKey
    /// The key is of a kind that isn't used here.
    case unsupportedKey
    /// The private key doesn't belong to the certificate.
    case keyMismatch
    /// The request can't be fulfilled as it stands.
    case invalidRequest
    /// The authority isn't the one that the request names, or none at all.
    case wrongAuthority
    /// A server could not be reached, or presented no certificate.
    case connectionFailed
    /// Nobody listens at a server's address.
    case connectionRefused
    /// OpenSSL failed where it shouldn't.
    case libraryFailure
  }

  /// The kind of failure.
  public var code: Code
  /// What failed, in words for people.
  public var message: String
  /// What OpenSSL's error queue said, in its words; empty where it said nothing.
  public var detail: String

  /// The error given.
  public init(_ code: Code, _ message: String, detail: String = "") {
    self.code = code
    self.message = message
    self.detail = detail
  }

  /// The failure in words.
  public var description: String { detail.isEmpty ? message : "\(message) (OpenSSL: \(detail))" }

  /// An error that takes with it, and so empties, the error queue of this thread.
  static func openSSL(_ code: Code, _ message: String) -> PKIError {
    var words: [String] = []
    while true {
      let error = ERR_get_error()
      guard error != 0 else { break }
      // The reason only: the data that goes with it may quote the input.
      guard words.count < 8, let reason = ERR_reason_error_string(error) else { continue }
      let text = String(cString: reason)
      if !words.contains(text) { words.append(text) }
    }
    return PKIError(code, message, detail: words.joined(separator: ", "))
  }
}

/// Limits on what is read, checked before anything is parsed.
public enum PKILimits {
  /// The greatest PEM text of certificates, in bytes.
  public static let certificateBytes = 256 * 1024
  /// The greatest number of certificates in one chain or bundle.
  public static let certificates = 100
  /// The greatest PEM text of a private key, in bytes.
  public static let keyBytes = 32 * 1024
  /// The greatest PEM text of a certificate signing request, in bytes.
  public static let signingRequestBytes = 64 * 1024
  /// The greatest size of an RSA modulus, in bits: larger ones take seconds to use.
  public static let rsaBits = 8192
}
