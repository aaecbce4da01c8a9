public import KubeCore

public import struct Foundation.Date

/// What the PKI is asked to issue. A value that is the same whenever the same facts and the same time are
/// given.
public struct CertificateRequest: Sendable, Hashable {
  /// What the certificate is for.
  public enum Purpose: String, CaseIterable, Sendable, Hashable {
    /// A self-signed certificate authority with path length 0.
    case authority
    /// A TLS server's certificate, signed by an authority.
    case serving
  }

  /// A stable name, such as `authority` or `serving`, by which the issued material is matched to its request.
  public var id: String
  /// What the certificate is for.
  public var purpose: Purpose
  /// The subject's common name.
  public var commonName: String
  /// The subject's organization.
  public var organization: String?
  /// The DNS names to certify.
  public var dnsNames: [String]
  /// The IP addresses to certify, as `IPAddress` reads them.
  public var ipAddresses: [String]
  /// The key to generate.
  public var algorithm: KeyAlgorithm
  /// The first instant of validity, in whole seconds: already dated back for clients whose clocks are behind.
  public var notBefore: Date
  /// The last instant of validity, in whole seconds.
  public var notAfter: Date
  /// The `CertificateFacts.fingerprint` of the authority that must sign a serving certificate; `nil` for an
  /// authority.
  public var issuerFingerprint: String?
  /// Why the certificate is asked for, in words for people.
  public var reason: String

  /// The request given.
  public init(
    id: String, purpose: Purpose, commonName: String, organization: String? = nil, dnsNames: [String] = [],
    ipAddresses: [String] = [], algorithm: KeyAlgorithm = .ecdsaP256, notBefore: Date, notAfter: Date,
    issuerFingerprint: String? = nil, reason: String
  ) {
    self.id = id
    self.purpose = purpose
    self.commonName = commonName
    self.organization = organization
    self.dnsNames = dnsNames
    self.ipAddresses = ipAddresses
    self.algorithm = algorithm
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.issuerFingerprint = issuerFingerprint
    self.reason = reason
  }
}

/// A certificate that was issued for a request, with its private key.
public struct IssuedCertificate: Sendable, Hashable {
  /// The request that it answers.
  public var request: CertificateRequest
  /// The certificate in PEM; for a serving certificate its authority's certificate follows.
  public var certificatePEM: String
  /// The private key in PEM (PKCS#8, RFC 5958).
  public var privateKeyPEM: SecretBytes
  /// What was issued.
  public var facts: KeyPairFacts

  /// The material given.
  public init(
    request: CertificateRequest, certificatePEM: String, privateKeyPEM: SecretBytes, facts: KeyPairFacts
  ) {
    self.request = request
    self.certificatePEM = certificatePEM
    self.privateKeyPEM = privateKeyPEM
    self.facts = facts
  }
}
