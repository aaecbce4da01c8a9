import COpenSSLShim
public import CertificatePolicy

/// The result of verifying a certificate chain, alone or with its private key: the failures, none
/// where it is accepted.
public struct CertificateVerification: Sendable, Hashable {
  /// A violated requirement on the chain or the key.
  public struct Failure: Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
      /// The code's name.
      public let description: String

      private init(_ description: String) { self.description = description }

      /// There is neither certificate nor key.
      public static let absent = Code("absent")
      /// The input exceeds ``PKILimits``; nothing was decoded.
      public static let tooLarge = Code("too large")
      /// A part isn't a certificate or a private key, or one is missing.
      public static let unreadable = Code("unreadable")
      /// The private key doesn't belong to the certificate.
      public static let keyMismatch = Code("key mismatch")
      /// None of the trusted CAs has signed the chain.
      public static let unknownIssuer = Code("unknown issuer")
      /// A signature doesn't verify.
      public static let badSignature = Code("bad signature")
      /// A certificate's validity has not begun.
      public static let notYetValid = Code("not yet valid")
      /// A certificate's validity has ended.
      public static let expired = Code("expired")
      /// A required name isn't certified.
      public static let nameMissing = Code("name missing")
      /// The certificate may not be used for its purpose.
      public static let wrongUsage = Code("wrong usage")
      /// A certificate that signs another isn't a CA's.
      public static let invalidCA = Code("invalid CA")
      /// There are more CAs below one than its path length allows.
      public static let pathLengthExceeded = Code("path length exceeded")
      /// A name is outside of a CA's name constraints.
      public static let nameConstraint = Code("name constraint")
      /// A key or a digest is too weak.
      public static let weak = Code("weak")
      /// Another rule of RFC 5280 is violated.
      public static let nonconforming = Code("nonconforming")
      /// The verification failed to run.
      public static let notVerified = Code("not verified")
    }

    /// The kind of failure.
    public var code: Code
    /// The index of the certificate in the chain, 0 for the first; `nil` where the failure isn't
    /// about a single one.
    public var depth: Int?
    /// The failure, for people.
    public var description: String

    /// Creates a failure.
    public init(_ code: Code, depth: Int? = nil, _ description: String) {
      self.code = code
      self.depth = depth
      self.description = description
    }
  }

  /// All failures, the more basic ones first; at most one of each kind for a certificate.
  public private(set) var failures: [Failure] = []
  /// The facts, where a key pair was verified and could be decoded.
  public var facts: KeyPairFacts?

  /// Creates the result with these failures.
  public init(failures: some Sequence<Failure> = []) { add(failures) }

  /// Whether there are no failures.
  public var isAccepted: Bool { failures.isEmpty }

  /// Whether there is a failure of this kind.
  public func contains(_ code: Failure.Code) -> Bool { failures.contains { $0.code == code } }

  /// All failures in one sentence for people; empty where there are none.
  public var explanation: String { failures.map(\.description).joined(separator: "; ") }

  /// Adds a failure, unless there is one of its kind about the same certificate.
  mutating func add(_ failure: Failure) {
    if !failures.contains(where: { $0.code == failure.code && $0.depth == failure.depth }) {
      failures.append(failure)
    }
  }

  /// Adds each failure, unless there is one of its kind about the same certificate.
  mutating func add(_ failures: some Sequence<Failure>) { for failure in failures { add(failure) } }
}

extension CertificateVerification.Failure {
  /// Creates the failure of an error that OpenSSL found (`X509_V_ERR_…`), in OpenSSL's wording.
  init(openSSLError number: Int32, depth: Int) {
    let text = X509_verify_cert_error_string(Int(number)).map { String(cString: $0) }
    self.init(
      Code(openSSLError: number), depth: depth,
      "\(text ?? "unknown error") (certificate \(depth) of the chain)")
  }
}

extension CertificateVerification.Failure.Code {
  fileprivate init(openSSLError number: Int32) {
    self =
      switch number {
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_REJECTED,
        X509_V_ERR_CERT_CHAIN_TOO_LONG, X509_V_ERR_SUBJECT_ISSUER_MISMATCH, X509_V_ERR_AKID_SKID_MISMATCH,
        X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
        .unknownIssuer
      case X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE,
        X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH,
        X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
        .badSignature
      case X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD: .notYetValid
      case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: .expired
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .nameMissing
      case X509_V_ERR_INVALID_PURPOSE: .wrongUsage
      case X509_V_ERR_INVALID_CA, X509_V_ERR_INVALID_NON_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN: .invalidCA
      case X509_V_ERR_PATH_LENGTH_EXCEEDED, X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED: .pathLengthExceeded
      case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION, X509_V_ERR_SUBTREE_MINMAX,
        X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
        X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
        .nameConstraint
      case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: .weak
      case X509_V_ERR_UNSPECIFIED, X509_V_ERR_OUT_OF_MEM: .notVerified
      default: .nonconforming
      }
  }
}
