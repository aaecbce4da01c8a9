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
    /// A TLS client's certificate, signed by an authority. An API server takes the common name for the user
    /// and the organization for a group.
    case client
    /// A certificate for a TLS server that is a client too, as the members of etcd are; signed by an authority.
    case peer
  }

  /// A stable name, such as `authority` or `serving`, by which the issued material is matched to its request.
  public var id: String
  /// What the certificate is for.
  public var purpose: Purpose
  /// The subject's common name; empty for none, where alternative names are asked for.
  public var commonName: String
  /// The subject's organization.
  public var organization: String?
  /// The DNS names to certify.
  public var dnsNames: [String]
  /// The IP addresses to certify, as `IPAddress` reads them.
  public var ipAddresses: [String]
  /// The URIs to certify, such as a SPIFFE ID.
  public var uris: [String]
  /// The DNS domains below which an authority's certificates may name servers (name constraints, critical);
  /// empty for no constraint, as it must be for what is no authority.
  public var permittedDNSDomains: [String]
  /// The key to generate.
  public var algorithm: KeyAlgorithm
  /// The first instant of validity, in whole seconds: already dated back for clients whose clocks are behind.
  public var notBefore: Date
  /// The last instant of validity, in whole seconds.
  public var notAfter: Date
  /// The `CertificateFacts.fingerprint` of the authority that must sign; `nil` for an authority, or
  /// where any will do.
  public var issuerFingerprint: String?
  /// Why the certificate is asked for, in words for people.
  public var reason: String

  /// The request given.
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

/// A certificate that was issued for a request, with its private key.
public struct IssuedCertificate: Sendable, Hashable {
  /// The request that it answers.
  public var request: CertificateRequest
  /// The certificate in PEM; for any but an authority's its authority's certificate follows.
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
