/// One bit of a certificate's key usage extension (RFC 5280, section 4.2.1.3).
public enum KeyUsage: String, CaseIterable, Sendable, Hashable {
  /// Signatures other than those on certificates and CRLs, as TLS servers make them.
  case digitalSignature
  /// Signatures that prove origin, formerly called nonRepudiation.
  case contentCommitment
  /// Enciphering keys, as in the RSA key exchange of TLS 1.2.
  case keyEncipherment
  /// Enciphering data directly.
  case dataEncipherment
  /// Key agreement.
  case keyAgreement
  /// Signing certificates, as CAs do.
  case keyCertSign
  /// Signing revocation lists.
  case cRLSign
  /// With `keyAgreement`: enciphering only.
  case encipherOnly
  /// With `keyAgreement`: deciphering only.
  case decipherOnly
}

/// A purpose in a certificate's extended key usage extension (RFC 5280, section 4.2.1.12), as a
/// dotted object identifier.
public struct ExtendedKeyUsage: RawRepresentable, Sendable, Hashable {
  /// The object identifier in dotted form, such as `1.3.6.1.5.5.7.3.1`.
  public var rawValue: String

  /// Creates the purpose of a dotted object identifier; any text is accepted.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The purpose id-kp-serverAuth: a TLS server.
  public static let serverAuth = ExtendedKeyUsage(rawValue: "1.3.6.1.5.5.7.3.1")
  /// The purpose id-kp-clientAuth: a TLS client.
  public static let clientAuth = ExtendedKeyUsage(rawValue: "1.3.6.1.5.5.7.3.2")
  /// The purpose anyExtendedKeyUsage.
  public static let any = ExtendedKeyUsage(rawValue: "2.5.29.37.0")
}
