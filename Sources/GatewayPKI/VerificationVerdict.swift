import COpenSSLShim

/// A client's verdict on a server's certificate chain: its objections, none where it would accept
/// the chain.
public struct VerificationVerdict: Sendable, Hashable {
  /// An objection.
  public struct Objection: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of objection, as numbered by OpenSSL (`X509_V_ERR_…`).
    public struct Code: RawRepresentable, Sendable, Hashable {
      /// OpenSSL's number.
      public var rawValue: Int32
      /// Creates the code with OpenSSL's number.
      public init(rawValue: Int32) { self.rawValue = rawValue }

      /// No trusted CA has signed the chain.
      public static let unknownIssuer = Code(rawValue: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
      /// The server sent only its own certificate, which no trusted CA has signed.
      public static let unverifiableLeaf = Code(rawValue: X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
      /// The chain ends in a self-signed certificate that is not trusted.
      public static let untrustedRoot = Code(rawValue: X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
      /// The server's certificate is self-signed and not trusted.
      public static let untrustedSelfSigned = Code(rawValue: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
      /// A signature doesn't verify.
      public static let badSignature = Code(rawValue: X509_V_ERR_CERT_SIGNATURE_FAILURE)
      /// A certificate's validity has not begun.
      public static let notYetValid = Code(rawValue: X509_V_ERR_CERT_NOT_YET_VALID)
      /// A certificate's validity has ended.
      public static let expired = Code(rawValue: X509_V_ERR_CERT_HAS_EXPIRED)
      /// A certificate that signs others isn't a CA's.
      public static let invalidCA = Code(rawValue: X509_V_ERR_INVALID_CA)
      /// There are more CAs below one than its path length allows.
      public static let pathLengthExceeded = Code(rawValue: X509_V_ERR_PATH_LENGTH_EXCEEDED)
      /// A certificate's usages exclude a TLS server.
      public static let wrongPurpose = Code(rawValue: X509_V_ERR_INVALID_PURPOSE)
      /// The certificate doesn't contain the name of the server.
      public static let nameMismatch = Code(rawValue: X509_V_ERR_HOSTNAME_MISMATCH)
      /// The certificate doesn't contain the IP address of the server.
      public static let addressMismatch = Code(rawValue: X509_V_ERR_IP_ADDRESS_MISMATCH)
      /// The server's key is too weak.
      public static let weakKey = Code(rawValue: X509_V_ERR_EE_KEY_TOO_SMALL)
      /// A CA's key is too weak.
      public static let weakCAKey = Code(rawValue: X509_V_ERR_CA_KEY_TOO_SMALL)
      /// A signature's digest is too weak.
      public static let weakDigest = Code(rawValue: X509_V_ERR_CA_MD_TOO_WEAK)
      /// The verification failed to run.
      public static let notRun = Code(rawValue: X509_V_ERR_UNSPECIFIED)
    }

    /// The kind of objection.
    public var code: Code
    /// The index of the certificate in the chain, 0 for the server's.
    public var depth: Int

    /// Creates an objection.
    public init(code: Code, depth: Int) {
      self.code = code
      self.depth = depth
    }

    /// The objection in OpenSSL's wording.
    public var description: String {
      let text = X509_verify_cert_error_string(Int(code.rawValue)).map { String(cString: $0) }
      return "\(text ?? "unknown objection") (certificate \(depth) of the chain)"
    }
  }

  /// The objections without duplicates, in the order of their occurrence.
  public var objections: [Objection]

  /// Creates a verdict.
  public init(objections: [Objection]) { self.objections = objections }

  /// Whether there are no objections.
  public var isAccepted: Bool { objections.isEmpty }

  /// Whether there is an objection of this kind.
  public func contains(_ code: Objection.Code) -> Bool { objections.contains { $0.code == code } }
}
