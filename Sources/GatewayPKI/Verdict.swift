import COpenSSLShim
public import CertificatePolicy

/// The verdict on a certificate and its private key when they are loaded: the reasons against them,
/// none where they are good.
public struct Verdict: Sendable, Hashable {
  /// A reason against the certificate or key.
  public struct Reason: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of reason.
    public enum Code: String, CaseIterable, Sendable, Hashable {
      /// There is neither certificate nor key.
      case absent
      /// The input exceeds ``PKILimits``; nothing was decoded.
      case tooLarge
      /// A part isn't a certificate or a private key, or one is missing.
      case unreadable
      /// The private key doesn't belong to the certificate.
      case keyMismatch
      /// None of the trusted CAs has signed the chain.
      case unknownIssuer
      /// A signature doesn't verify.
      case badSignature
      /// A certificate's validity has not begun.
      case notYetValid
      /// A certificate's validity has ended.
      case expired
      /// A required name isn't certified.
      case nameMissing
      /// The certificate may not be used for its purpose.
      case wrongUsage
      /// A certificate that signs another isn't a CA's.
      case invalidCA
      /// There are more CAs below one than its path length allows.
      case pathLengthExceeded
      /// A name is outside of a CA's name constraints.
      case nameConstraint
      /// A key or a digest is too weak.
      case weak
      /// Another rule of RFC 5280 is violated.
      case nonconforming
      /// The verification failed to run.
      case notVerified
    }

    /// The kind of reason.
    public var code: Code
    /// The index of the certificate in the chain, 0 for the first; `nil` where the reason isn't
    /// about a single one.
    public var depth: Int?
    /// The reason, for people.
    public var description: String

    /// Creates a reason.
    public init(_ code: Code, depth: Int? = nil, _ description: String) {
      self.code = code
      self.depth = depth
      self.description = description
    }
  }

  /// All reasons, the more basic ones first.
  public var reasons: [Reason]
  /// The facts, where they could be decoded.
  public var facts: KeyPairFacts?

  /// Creates a verdict.
  public init(reasons: [Reason], facts: KeyPairFacts? = nil) {
    self.reasons = reasons
    self.facts = facts
  }

  /// Whether there are no reasons.
  public var isAccepted: Bool { reasons.isEmpty }

  /// Whether there is a reason of this kind.
  public func contains(_ code: Reason.Code) -> Bool { reasons.contains { $0.code == code } }

  /// All reasons in one sentence for people; empty where there are none.
  public var explanation: String { reasons.map(\.description).joined(separator: "; ") }

  /// Adds a reason, unless there is one of its kind about the same certificate.
  mutating func add(_ reason: Reason) {
    if !reasons.contains(where: { $0.code == reason.code && $0.depth == reason.depth }) {
      reasons.append(reason)
    }
  }
}

extension VerificationVerdict.Objection {
  /// The objection as a ``Verdict/Reason``.
  var reason: Verdict.Reason { Verdict.Reason(reasonCode, depth: depth, description) }

  private var reasonCode: Verdict.Reason.Code {
    switch code.rawValue {
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
