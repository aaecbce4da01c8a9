public import KubeCore

/// A reason why a certificate must be replaced. ``description`` is for people, ``code`` for a
/// condition's reason.
public enum RenewalReason: Sendable, Hashable, CustomStringConvertible {
  /// There is no certificate.
  case absent
  /// The content isn't a certificate with a private key; the text is the reason.
  case unreadable(String)
  /// The private key doesn't belong to the certificate.
  case keyMismatch
  /// The validity has ended.
  case expired(notAfter: Date)
  /// The validity begins later than an ordinary clock error explains.
  case notYetValid(notBefore: Date)
  /// The validity ends before it begins.
  case invalidValidity(notBefore: Date, notAfter: Date)
  /// The renewal time has been reached.
  case renewalTimeReached(renewAt: Date, notAfter: Date)
  /// Required names are not certified.
  case namesMissing([String])
  /// None of the current CAs has signed the certificate; the text is its issuer.
  case notSignedByCA(issuer: String)
  /// The certificate's key usages don't allow its purpose; the text has the details.
  case wrongUsage(String)
  /// The key or the signature is too weak; the text has the details.
  case weak(String)
  /// Peers would refuse the certificate, or certificates that it signs as a CA; the text is the
  /// reason.
  case refused(String)
  /// A replacement was requested; the text describes the request.
  case requested(String)

  /// The reason as one word for a condition or an event.
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
    case .notSignedByCA: "NotSignedByCA"
    case .wrongUsage: "WrongUsage"
    case .weak: "WeakCertificate"
    case .refused: "CertificateRefused"
    case .requested: "RenewalRequested"
    }
  }

  /// Whether the certificate fails, or may fail, its purpose now; false where it is only due for
  /// renewal.
  public var isBroken: Bool {
    switch self {
    case .renewalTimeReached, .requested: false
    default: true
    }
  }

  /// The reason as a sentence for people.
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
    case .notSignedByCA(let issuer):
      "no CA in force has signed the certificate (its issuer: \(issuer))"
    case .wrongUsage(let what): "the certificate's usages do not fit: \(what)"
    case .weak(let what): "the certificate is too weak: \(what)"
    case .refused(let why): "peers would refuse the certificate: \(why)"
    case .requested(let how): "renewal was requested: \(how)"
    }
  }
}
