public import KubeCore

/// The requirements on certificates of one purpose; an ``IssuanceRequest`` is a profile with
/// dates.
public struct CertificateProfile: Sendable, Hashable {
  /// The purpose of the certificates.
  public var purpose: IssuanceRequest.Purpose
  /// The subject's common name; empty for none, where alternative names are requested.
  public var commonName: String
  /// The subject's organization.
  public var organization: String?
  /// The DNS names that the certificate must contain; additional ones in an existing certificate
  /// are allowed.
  public var dnsNames: [String]
  /// The IP addresses that the certificate must contain, in any notation.
  public var ipAddresses: [String]
  /// The URIs of new certificates, such as a SPIFFE ID.
  public var uris: [String]
  /// The DNS domains that a CA's certificates are constrained to; empty for no constraint.
  public var permittedDNSDomains: [String]
  /// The algorithm of new keys. An existing key of another strong algorithm is kept until renewal.
  public var algorithm: KeyAlgorithm
  /// The validity of a new certificate, from the time of the request.
  public var validity: Duration
  /// The time by which `notBefore` precedes the request, for clients with slow clocks. It adds to
  /// the lifetime.
  public var backdate: Duration

  /// Creates a profile.
  public init(
    purpose: IssuanceRequest.Purpose, commonName: String, organization: String? = nil,
    dnsNames: [String] = [], ipAddresses: [String] = [], uris: [String] = [],
    permittedDNSDomains: [String] = [], algorithm: KeyAlgorithm = .ecdsaP256, validity: Duration,
    backdate: Duration = .seconds(60)
  ) {
    self.purpose = purpose
    self.commonName = commonName
    self.organization = organization
    self.dnsNames = dnsNames
    self.ipAddresses = ipAddresses
    self.uris = uris
    self.permittedDNSDomains = permittedDNSDomains
    self.algorithm = algorithm
    self.validity = validity
    self.backdate = backdate
  }

  /// A CA's profile; by default valid for ten years.
  public static func ca(
    commonName: String, permittedDNSDomains: [String] = [], algorithm: KeyAlgorithm = .ecdsaP256,
    validity: Duration = .seconds(3650 * 86_400)
  ) -> CertificateProfile {
    CertificateProfile(
      purpose: .ca, commonName: commonName, permittedDNSDomains: permittedDNSDomains,
      algorithm: algorithm, validity: validity)
  }

  /// A TLS server's profile; by default valid for 180 days.
  public static func serving(
    commonName: String, dnsNames: [String], ipAddresses: [String] = [],
    algorithm: KeyAlgorithm = .ecdsaP256, validity: Duration = .seconds(180 * 86_400)
  ) -> CertificateProfile {
    CertificateProfile(
      purpose: .serving, commonName: commonName, dnsNames: dnsNames, ipAddresses: ipAddresses,
      algorithm: algorithm, validity: validity)
  }

  /// A TLS client's profile; by default valid for 180 days. An API server treats the common name as
  /// the user and the organization as a group.
  public static func client(
    commonName: String, organization: String? = nil, algorithm: KeyAlgorithm = .ecdsaP256,
    validity: Duration = .seconds(180 * 86_400)
  ) -> CertificateProfile {
    CertificateProfile(
      purpose: .client, commonName: commonName, organization: organization, algorithm: algorithm,
      validity: validity)
  }

  /// The request for a certificate of this profile.
  ///
  /// Dates are in whole seconds in the years 1950 to 9999. A certificate neither ends after its
  /// issuer nor begins before it.
  ///
  /// - Parameters:
  ///   - id: A stable name for the request, which identifies the issued certificate.
  ///   - issuer: The CA that must sign; `nil` for a self-signed certificate.
  ///   - now: The time of the request.
  ///   - reason: The reason for the request, for people.
  public func request(
    id: String, issuer: CertificateFacts? = nil, at now: Date, reason: String
  ) -> IssuanceRequest {
    var begin = now.timeIntervalSince1970 - max(0, backdate.inSeconds)
    var end = now.timeIntervalSince1970 + max(1, validity.inSeconds)
    if let issuer {
      begin = max(begin, issuer.notBefore.timeIntervalSince1970)
      end = min(end, issuer.notAfter.timeIntervalSince1970)
    }
    return IssuanceRequest(
      id: id, purpose: purpose, commonName: commonName, organization: organization, dnsNames: dnsNames,
      ipAddresses: ipAddresses, uris: uris, permittedDNSDomains: permittedDNSDomains, algorithm: algorithm,
      notBefore: Date(certificateTime: begin),
      notAfter: Date(certificateTime: end), issuerFingerprint: issuer?.fingerprint, reason: reason)
  }
}

extension Date {
  /// Creates the date of the seconds since 1970, rounded down and clamped to 1950, where UTCTime
  /// begins (RFC 5280, section 4.1.2.5.1), to 9999.
  fileprivate init(certificateTime seconds: Double) {
    self.init(timeIntervalSince1970: min(max(seconds.rounded(.down), -631_152_000), 253_402_300_799))
  }
}

extension Duration {
  /// The duration in seconds with the precision of a `Double`; never traps.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
