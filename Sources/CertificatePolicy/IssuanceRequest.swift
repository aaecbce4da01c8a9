public import KubeCore

/// A request to issue a certificate. Equal facts and times give equal requests.
public struct IssuanceRequest: Sendable, Hashable {
  /// The purpose of the certificate.
  public enum Purpose: String, CaseIterable, Sendable, Hashable {
    /// A self-signed CA with path length 0.
    case ca
    /// A TLS server's certificate, signed by a CA.
    case serving
    /// A TLS client's certificate, signed by a CA. An API server treats the common name as the user
    /// and the organization as a group.
    case client
    /// A certificate for a TLS server that is also a client, such as a member of etcd; signed by a
    /// CA.
    case peer
  }

  /// A stable name, such as `ca` or `serving`, which identifies the issued certificate.
  public var id: String
  /// The purpose of the certificate.
  public var purpose: Purpose
  /// The subject's common name; empty for none, where alternative names are requested.
  public var commonName: String
  /// The subject's organization.
  public var organization: String?
  /// The DNS names to certify.
  public var dnsNames: [String]
  /// The IP addresses to certify, in any notation.
  public var ipAddresses: [String]
  /// The URIs to certify, such as a SPIFFE ID.
  public var uris: [String]
  /// The DNS domains below which a CA's certificates may name servers (critical name constraints);
  /// empty for no constraint, which is required for other purposes.
  public var permittedDNSDomains: [String]
  /// The algorithm of the key to generate.
  public var algorithm: KeyAlgorithm
  /// The first instant of validity, in whole seconds and already backdated for clients with slow
  /// clocks.
  public var notBefore: Date
  /// The last instant of validity, in whole seconds.
  public var notAfter: Date
  /// The ``CertificateFacts/fingerprint`` of the CA that must sign; `nil` for a CA's certificate,
  /// or where any CA may.
  public var issuerFingerprint: String?
  /// The reason for the request, for people.
  public var reason: String

  /// Creates a request.
  public init(
    id: String, purpose: Purpose, commonName: String, organization: String? = nil, dnsNames: [String] = [],
    ipAddresses: [String] = [], uris: [String] = [], permittedDNSDomains: [String] = [],
    algorithm: KeyAlgorithm = .ecdsaP256, notBefore: Date, notAfter: Date,
    issuerFingerprint: String? = nil, reason: String
  ) {
    self.id = id
    self.purpose = purpose
    self.commonName = commonName
    self.organization = organization
    self.dnsNames = dnsNames
    self.ipAddresses = ipAddresses
    self.uris = uris
    self.permittedDNSDomains = permittedDNSDomains
    self.algorithm = algorithm
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.issuerFingerprint = issuerFingerprint
    self.reason = reason
  }
}

/// A certificate that was issued for an ``IssuanceRequest``, with its private key.
public struct IssuedCertificate: Sendable, Hashable {
  /// The request.
  public var request: IssuanceRequest
  /// The certificate in PEM, followed by its CA's certificate unless it is a CA's itself.
  public var certificatePEM: String
  /// The private key in PEM (PKCS#8, RFC 5958).
  public var privateKeyPEM: SecretBytes
  /// The facts about the certificate and its key.
  public var facts: KeyPairFacts

  /// Creates an issued certificate.
  public init(
    request: IssuanceRequest, certificatePEM: String, privateKeyPEM: SecretBytes, facts: KeyPairFacts
  ) {
    self.request = request
    self.certificatePEM = certificatePEM
    self.privateKeyPEM = privateKeyPEM
    self.facts = facts
  }
}
