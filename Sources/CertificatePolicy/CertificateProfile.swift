public import struct Foundation.Date

/// What certificates of one purpose shall be like; a request is a profile with dates.
public struct CertificateProfile: Sendable, Hashable {
  /// What the certificates are for.
  public var purpose: CertificateRequest.Purpose
  /// The subject's common name; empty for none, where alternative names are asked for.
  public var commonName: String
  /// The subject's organization.
  public var organization: String?
  /// The DNS names that the certificate must hold; further ones in an existing certificate do no harm.
  public var dnsNames: [String]
  /// The IP addresses that the certificate must hold, as `IPAddress` reads them.
  public var ipAddresses: [String]
  /// The URIs that new certificates hold, such as a SPIFFE ID.
  public var uris: [String]
  /// The DNS domains that an authority's certificates are held to; empty for no constraint.
  public var permittedDNSDomains: [String]
  /// The algorithm of new keys. An existing key of another strong algorithm is kept until renewal.
  public var algorithm: KeyAlgorithm
  /// How long a new certificate is valid, from the time of the request.
  public var validity: Duration
  /// How far `notBefore` is dated back, for clients whose clocks are behind. It adds to the lifetime.
  public var backdate: Duration

  /// The profile given.
  public init(
    purpose: CertificateRequest.Purpose, commonName: String, organization: String? = nil,
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

  /// A certificate authority's profile; valid for ten years unless said otherwise.
  public static func authority(
    commonName: String, permittedDNSDomains: [String] = [], algorithm: KeyAlgorithm = .ecdsaP256,
    validity: Duration = .seconds(3650 * 86_400)
  ) -> CertificateProfile {
    CertificateProfile(
      purpose: .authority, commonName: commonName, permittedDNSDomains: permittedDNSDomains,
      algorithm: algorithm, validity: validity)
  }

  /// A TLS server's profile; valid for 180 days unless said otherwise.
  public static func serving(
    commonName: String, dnsNames: [String], ipAddresses: [String] = [],
    algorithm: KeyAlgorithm = .ecdsaP256, validity: Duration = .seconds(180 * 86_400)
  ) -> CertificateProfile {
    CertificateProfile(
      purpose: .serving, commonName: commonName, dnsNames: dnsNames, ipAddresses: ipAddresses,
      algorithm: algorithm, validity: validity)
  }

  /// A TLS client's profile; valid for 180 days unless said otherwise. An API server takes the common name for
  /// the user and the organization for a group.
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
  /// Dates are in whole seconds and lie in the years 1950 to 9999. What an authority
  /// is to sign ends no later than it, and begins no earlier.
  ///
  /// - Parameters:
  ///   - id: A stable name for the request, by which the issued material is matched.
  ///   - issuer: The authority that must sign; `nil` for a self-signed one.
  ///   - now: The time of the request.
  ///   - reason: Why it is asked for, in words for people.
  public func request(
    id: String, issuer: CertificateFacts? = nil, at now: Date, reason: String
  ) -> CertificateRequest {
    var begin = now.timeIntervalSince1970 - max(0, backdate.inSeconds)
    var end = now.timeIntervalSince1970 + max(1, validity.inSeconds)
    if let issuer {
      begin = max(begin, issuer.notBefore.timeIntervalSince1970)
      end = min(end, issuer.notAfter.timeIntervalSince1970)
    }
    return CertificateRequest(
      id: id, purpose: purpose, commonName: commonName, organization: organization, dnsNames: dnsNames,
      ipAddresses: ipAddresses, uris: uris, permittedDNSDomains: permittedDNSDomains, algorithm: algorithm,
      notBefore: Date(certificateTime: begin),
      notAfter: Date(certificateTime: end), issuerFingerprint: issuer?.fingerprint, reason: reason)
  }
}

extension Date {
  /// Seconds since 1970 rounded down and held within 1950, where UTCTime begins (RFC 5280, section
  /// 4.1.2.5.1), and 9999.
  fileprivate init(certificateTime seconds: Double) {
    self.init(timeIntervalSince1970: min(max(seconds.rounded(.down), -631_152_000), 253_402_300_799))
  }
}

extension Duration {
  /// The duration in seconds, with the precision of a `Double`; never traps.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
