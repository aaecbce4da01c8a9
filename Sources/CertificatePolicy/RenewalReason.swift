import KubeCore

public import struct Foundation.Date

/// One reason for which a certificate must be replaced. `description` is for people, `code` for a condition's
/// reason.
public enum RenewalReason: Sendable, Hashable, CustomStringConvertible {
  /// There is no certificate.
  case absent
  /// What is there is no certificate with a private key; the text says why.
  case unreadable(String)
  /// The private key doesn't belong to the certificate.
  case keyMismatch
  /// The validity has ended.
  case expired(notAfter: Date)
  /// The validity begins later than a clock's ordinary error could explain.
  case notYetValid(notBefore: Date)
  /// The validity ends before it begins.
  case invalidValidity(notBefore: Date, notAfter: Date)
  /// The renewal time is reached.
  case renewalTimeReached(renewAt: Date, notAfter: Date)
  /// Names that must be certified are not.
  case namesMissing([String])
  /// None of the authorities in force has signed the certificate; the text is its issuer.
  case notSignedByAuthority(issuer: String)
  /// The certificate's key usages don't allow its purpose; the text says which.
  case wrongUsage(String)
  /// The key or the signature is too weak; the text says which.
  case weak(String)
  /// Peers would refuse the certificate, or what it signs as an authority; the text says why.
  case refused(String)
  /// Somebody asked for it; the text says how.
  case requested(String)

  /// A single word for a condition's or an event's `reason`.
  public var code: String {
    switch self {
    case .absent: "CertificateAbsent"
    case .unreadable: "CertificateUnreadable"
    case .keyMismatch: "KeyMismatch"
    case .expired: "CertificateExpired"
    case .notYetValid: "CertificateNotYetValid"
    case .invalidValidity: "CertificateValidityInvalid"
    case .renewalTimeReached: "RenewalTimeReached"
    case .namesMissing: "NamesMissing"
    case .notSignedByAuthority: "NotSignedByAuthority"
    case .wrongUsage: "WrongUsage"
    case .weak: "WeakCertificate"
    case .refused: "CertificateRefused"
    case .requested: "RenewalRequested"
    }
  }

  /// Whether the certificate fails, or may fail, its purpose right now; not so where it is only time to renew
  /// it.
  public var isBroken: Bool {
    switch self {
    case .renewalTimeReached, .requested: false
    default: true
    }
  }

  /// The reason in words for people.
  public var description: String {
    switch self {
    case .absent: "there is no certificate"
    case .unreadable(let why): "the certificate cannot be read: \(why)"
    case .keyMismatch: "the private key does not belong to the certificate"
    case .expired(let notAfter): "the certificate expired at \(Timestamp(notAfter))"
    case .notYetValid(let notBefore): "the certificate is not valid before \(Timestamp(notBefore))"
    case .invalidValidity(let notBefore, let notAfter):
      "the certificate's validity ends (\(Timestamp(notAfter))) before it begins (\(Timestamp(notBefore)))"
    case .renewalTimeReached(let renewAt, let notAfter):
      "the renewal time \(Timestamp(renewAt)) is reached (the certificate is valid until \(Timestamp(notAfter)))"
    case .namesMissing(let names): "the certificate lacks \(names.joined(separator: ", "))"
    case .notSignedByAuthority(let issuer):
      "no certificate authority in force has signed the certificate (its issuer: \(issuer))"
    case .wrongUsage(let what): "the certificate's usages do not fit: \(what)"
    case .weak(let what): "the certificate is too weak: \(what)"
    case .refused(let why): "peers would refuse the certificate: \(why)"
    case .requested(let how): "renewal was requested: \(how)"
    }
  }
}
