public import struct Foundation.Date

/// What one X.509 certificate says, as values: no key, no parser, no library handle.
public struct CertificateFacts: Sendable, Hashable {
  /// The octets of the serial number in lower-case hexadecimal digits, two for each.
  public var serialNumber: String
  /// The subject as text in the manner of RFC 4514, such as `CN=cluster-gateway,O=Example`.
  public var subject: String
  /// The subject's (last) common name.
  public var commonName: String?
  /// The issuer as text in the manner of RFC 4514.
  public var issuer: String
  /// The DNS names of the subject alternative name extension, in its order.
  public var dnsNames: [String]
  /// The IP addresses of the subject alternative name extension, in the canonical text of `IPAddress`.
  public var ipAddresses: [String]
  /// The URIs of the subject alternative name extension.
  public var uris: [String]
  /// The first instant of validity.
  public var notBefore: Date
  /// The last instant of validity.
  public var notAfter: Date
  /// Whether basic constraints say that it is a certificate authority's.
  public var isCA: Bool
  /// The path length of the basic constraints: how many authorities may follow below this one.
  public var pathLength: Int?
  /// The key usages; empty where the extension is absent, which restricts nothing.
  public var keyUsages: Set<KeyUsage>
  /// The extended key usages; empty where the extension is absent, which restricts nothing.
  public var extendedKeyUsages: Set<ExtendedKeyUsage>
  /// The DNS domains below which an authority's certificates may name servers, by its name constraints (RFC
  /// 5280, section 4.2.1.10); empty where there are no such constraints.
  public var permittedDNSDomains: [String]
  /// The critical extensions that Go's crypto/x509, and so an API server, doesn't process, as
  /// dotted object identifiers: it refuses the certificate, and what the certificate's key signed,
  /// for any of them.
  public var unhandledCriticalExtensions: [String]
  /// The key's algorithm, where it is one that could be issued here.
  public var keyAlgorithm: KeyAlgorithm?
  /// The key's algorithm and size in words, such as `RSA 1024`, whatever it is.
  public var keyDescription: String
  /// Why the key or the signature is too weak to be relied on; `nil` where they are strong enough.
  public var weakness: String?
  /// The SHA-256 of the public key (its SubjectPublicKeyInfo in DER), in lower-case hexadecimal digits.
  public var publicKeyFingerprint: String
  /// The SHA-256 of the certificate in DER, in lower-case hexadecimal digits.
  public var fingerprint: String
  /// The subject key identifier in lower-case hexadecimal digits.
  public var subjectKeyIdentifier: String?
  /// The authority key identifier in lower-case hexadecimal digits.
  public var authorityKeyIdentifier: String?
  /// Whether the certificate says of itself that its own key signed it: subject and issuer are the same, and so
  /// are the key identifiers where it has both. The signature isn't looked at.
  public var isSelfSigned: Bool
  /// The PEM text of this certificate alone, in canonical form: 64 characters a line, a newline at the end.
  public var pem: String

  /// The facts given; those left out are as in a certificate without extensions.
  public init(
    serialNumber: String, subject: String, commonName: String? = nil, issuer: String, dnsNames: [String] = [],
    ipAddresses: [String] = [], uris: [String] = [], notBefore: Date, notAfter: Date, isCA: Bool = false,
    pathLength: Int? = nil, keyUsages: Set<KeyUsage> = [], extendedKeyUsages: Set<ExtendedKeyUsage> = [],
    permittedDNSDomains: [String] = [], unhandledCriticalExtensions: [String] = [],
    keyAlgorithm: KeyAlgorithm? = nil, keyDescription: String = "",
    weakness: String? = nil,
    publicKeyFingerprint: String, fingerprint: String, subjectKeyIdentifier: String? = nil,
    authorityKeyIdentifier: String? = nil, isSelfSigned: Bool = false, pem: String
  ) {
    self.serialNumber = serialNumber
    self.subject = subject
    self.commonName = commonName
    self.issuer = issuer
    self.dnsNames = dnsNames
    self.ipAddresses = ipAddresses
    self.uris = uris
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.isCA = isCA
    self.pathLength = pathLength
    self.keyUsages = keyUsages
    self.extendedKeyUsages = extendedKeyUsages
    self.permittedDNSDomains = permittedDNSDomains
    self.unhandledCriticalExtensions = unhandledCriticalExtensions
    self.keyAlgorithm = keyAlgorithm
    self.keyDescription = keyDescription
    self.weakness = weakness
    self.publicKeyFingerprint = publicKeyFingerprint
    self.fingerprint = fingerprint
    self.subjectKeyIdentifier = subjectKeyIdentifier
    self.authorityKeyIdentifier = authorityKeyIdentifier
    self.isSelfSigned = isSelfSigned
    self.pem = pem
  }

  /// Whether `now` lies between `notBefore` and `notAfter`, both included.
  public func isValid(at now: Date) -> Bool { notBefore <= now && now <= notAfter }

  /// Whether the certificate may sign others: a CA's whose key usage, where it has one, says so.
  public var maySignCertificates: Bool {
    isCA && (keyUsages.isEmpty || keyUsages.contains(.keyCertSign))
  }

  /// Whether a TLS server may present the certificate, as far as its usages say.
  public var mayServeTLS: Bool {
    (keyUsages.isEmpty || keyUsages.contains(.digitalSignature))
      && (extendedKeyUsages.isEmpty || extendedKeyUsages.contains(.serverAuth)
        || extendedKeyUsages.contains(.any))
  }

  /// Whether a TLS client may present the certificate, as far as its usages say.
  public var mayAuthenticateClients: Bool {
    (keyUsages.isEmpty || keyUsages.contains(.digitalSignature))
      && (extendedKeyUsages.isEmpty || extendedKeyUsages.contains(.clientAuth)
        || extendedKeyUsages.contains(.any))
  }
}
