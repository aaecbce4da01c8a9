public import KubeCore

/// The contents of one X.509 certificate as values: no key, no parser, no library handle.
public struct CertificateFacts: Sendable, Hashable {
  /// The octets of the serial number in lower-case hexadecimal, two digits per octet.
  public var serialNumber: String
  /// The subject in the notation of RFC 4514, such as `CN=cluster-gateway,O=Example`.
  public var subject: String
  /// The subject's (last) common name.
  public var commonName: String?
  /// The issuer in the notation of RFC 4514.
  public var issuer: String
  /// The DNS names of the subject alternative name extension, in its order.
  public var dnsNames: [String]
  /// The IP addresses of the subject alternative name extension: dotted decimal, or IPv6 by RFC
  /// 5952.
  public var ipAddresses: [String]
  /// The URIs of the subject alternative name extension.
  public var uris: [String]
  /// The first instant of validity.
  public var notBefore: Date
  /// The last instant of validity.
  public var notAfter: Date
  /// Whether the basic constraints mark a CA's certificate.
  public var isCA: Bool
  /// The path length of the basic constraints: the maximum number of CAs below this one.
  public var pathLength: Int?
  /// The key usages; empty where the extension is absent, which restricts nothing.
  public var keyUsages: Set<KeyUsage>
  /// The extended key usages; empty where the extension is absent, which restricts nothing.
  public var extendedKeyUsages: Set<ExtendedKeyUsage>
  /// The DNS domains of the name constraints, below which a CA's certificates may name servers (RFC
  /// 5280, section 4.2.1.10); empty without constraints.
  public var permittedDNSDomains: [String]
  /// The critical extensions that Go's crypto/x509, and so an API server, doesn't process, as
  /// dotted object identifiers: it refuses the certificate, and certificates signed by it, for any
  /// of them.
  public var unhandledCriticalExtensions: [String]
  /// The key's algorithm; `nil` for one that this library doesn't issue.
  public var keyAlgorithm: KeyAlgorithm?
  /// The key's algorithm and size as text, such as `RSA 1024`, for any algorithm.
  public var keyDescription: String
  /// The reason why the key or the signature is too weak; `nil` where both are strong enough.
  public var weakness: String?
  /// The SHA-256 of the public key (its SubjectPublicKeyInfo in DER), in lower-case hexadecimal
  /// digits.
  public var publicKeyFingerprint: String
  /// The SHA-256 of the certificate in DER, in lower-case hexadecimal digits.
  public var fingerprint: String
  /// The subject key identifier in lower-case hexadecimal digits.
  public var subjectKeyIdentifier: String?
  /// The authority key identifier in lower-case hexadecimal digits.
  public var authorityKeyIdentifier: String?
  /// Whether the certificate claims to be signed by its own key: subject and issuer are equal, and
  /// so are the key identifiers where it has both. The signature is not verified.
  public var isSelfSigned: Bool
  /// The PEM text of this certificate in canonical form: 64 characters per line, a newline at the
  /// end.
  public var pem: String

  /// Creates facts; the defaults are those of a certificate without extensions.
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

  /// Whether `now` is between ``notBefore`` and ``notAfter``, both included.
  public func isValid(at now: Date) -> Bool { notBefore <= now && now <= notAfter }

  /// Whether the certificate may sign others: a CA's whose key usage, if present, allows it.
  public var maySignCertificates: Bool {
    isCA && (keyUsages.isEmpty || keyUsages.contains(.keyCertSign))
  }

  /// Whether the usages allow a TLS server to present the certificate.
  public var mayServeTLS: Bool {
    (keyUsages.isEmpty || keyUsages.contains(.digitalSignature))
      && (extendedKeyUsages.isEmpty || extendedKeyUsages.contains(.serverAuth)
        || extendedKeyUsages.contains(.any))
  }

  /// Whether the usages allow a TLS client to present the certificate.
  public var mayAuthenticateClients: Bool {
    (keyUsages.isEmpty || keyUsages.contains(.digitalSignature))
      && (extendedKeyUsages.isEmpty || extendedKeyUsages.contains(.clientAuth)
        || extendedKeyUsages.contains(.any))
  }
}
