import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// A CA: a ``Certificate`` with its ``PrivateKey``, which signs others.
public struct CertificateAuthority: Sendable {
  /// The CA's certificate.
  public let certificate: Certificate
  private let key: PrivateKey

  /// Creates a CA from a certificate and its key.
  ///
  /// Throws where the key doesn't belong to the certificate, or the certificate may not sign
  /// others. Missing optional parts, such as key identifiers, are accepted.
  public init(certificate: Certificate, key: PrivateKey) throws(PKIError) {
    guard certificate.facts.maySignCertificates else {
      throw PKIError(.wrongCA, "\(certificate) may not sign certificates")
    }
    guard key.matches(certificate) else {
      throw PKIError(.keyMismatch, "the private key does not belong to \(certificate)")
    }
    self.certificate = certificate
    self.key = key
  }

  /// Creates a CA from PEM texts: the first certificate, and the first private key.
  public init(certificatePEM: SecretBytes, keyPEM: SecretBytes) throws(PKIError) {
    try self.init(certificate: Certificate.first(pem: certificatePEM), key: PrivateKey(pem: keyPEM))
  }

  /// Creates a CA from an issued CA's certificate and its key.
  public init(_ issued: IssuedCertificate) throws(PKIError) {
    try self.init(certificatePEM: SecretBytes(utf8: issued.certificatePEM), keyPEM: issued.privateKeyPEM)
  }

  /// Creates a self-signed CA with a new key: path length 0, only for signing certificates and
  /// revocation lists.
  public static func create(_ request: IssuanceRequest) throws(PKIError) -> IssuedCertificate {
    let key = try PrivateKey.generate(request.algorithm)
    let certificate = try selfSigned(request, key: key).certificate
    return IssuedCertificate(
      request: request, certificatePEM: certificate.pem, privateKeyPEM: try key.pem(),
      facts: KeyPairFacts(
        chain: [certificate.facts], keyMatches: true, signerFingerprints: [certificate.facts.fingerprint]))
  }

  /// The self-signed CA of an existing key, such as one that stays in a token; the request's
  /// algorithm is ignored.
  public static func selfSigned(
    _ request: IssuanceRequest, key: PrivateKey
  ) throws(PKIError) -> CertificateAuthority {
    guard request.purpose == .ca else {
      throw PKIError(.invalidRequest, "\"\(request.id)\" is not a request for a CA")
    }
    try request.validate()
    let certificate = try CertificateBuilder.certificate(for: request, key: key, issuer: nil, signer: key)
    return CertificateAuthority(trusted: certificate, key)
  }

  /// Creates a CA without a check: the certificate was just issued for this key.
  private init(trusted certificate: Certificate, _ key: PrivateKey) {
    self.certificate = certificate
    self.key = key
  }

  /// Signs a server's or client's certificate for a new key. The result's PEM contains it, followed
  /// by the CA's.
  ///
  /// Throws where the request names another CA or names that this one may not certify, or where
  /// peers would refuse the certificate because of the CA's own.
  public func issue(_ request: IssuanceRequest) throws(PKIError) -> IssuedCertificate {
    try check(request)
    let leafKey = try PrivateKey.generate(request.algorithm)
    return try issue(request, leafKey)
  }

  /// Signs a certificate for an existing key; the request's algorithm is ignored.
  public func issue(_ request: IssuanceRequest, key: PrivateKey) throws(PKIError) -> IssuedCertificate {
    try check(request)
    return try issue(request, key)
  }

  private func issue(_ request: IssuanceRequest, _ leafKey: PrivateKey) throws(PKIError)
    -> IssuedCertificate
  {
    let leaf = try CertificateBuilder.certificate(
      for: request, key: leafKey, issuer: certificate, signer: key)
    try KeyPairVerifier.confirm(leaf, under: certificate, as: request)
    return IssuedCertificate(
      request: request, certificatePEM: leaf.pem + certificate.pem, privateKeyPEM: try leafKey.pem(),
      facts: KeyPairFacts(
        chain: [leaf.facts, certificate.facts], keyMatches: true,
        signerFingerprints: [certificate.facts.fingerprint]))
  }

  /// Signs a certificate for the key of a signing request, whose holder keeps it.
  ///
  /// The certificate's contents are those of `request`; the caller decides about the contents of
  /// the signing request (see ``CertificateSigningRequest/profile(purpose:validity:)``). Returns
  /// the certificate followed by the CA's. Throws also where the key is too weak.
  public func sign(
    _ signingRequest: CertificateSigningRequest, as request: IssuanceRequest
  ) throws(PKIError) -> [Certificate] {
    try check(request)
    if let weakness = signingRequest.weakness {
      throw PKIError(.unsupportedKey, "\"\(request.id)\" is not signed: \(weakness)")
    }
    let leaf = try CertificateBuilder.certificate(
      for: request, publicKey: signingRequest.publicKeyDER, issuer: certificate, signer: key)
    try KeyPairVerifier.confirm(leaf, under: certificate, as: request)
    return [leaf, certificate]
  }

  private func check(_ request: IssuanceRequest) throws(PKIError) {
    guard request.purpose != .ca else {
      throw PKIError(
        .invalidRequest, "\"\(request.id)\" asks for a CA, which a CA of path length 0 can't sign")
    }
    if let wanted = request.issuerFingerprint, wanted != certificate.facts.fingerprint {
      throw PKIError(
        .wrongCA,
        "\"\(request.id)\" must be signed by the CA \(wanted.prefix(16)), not by \(certificate)")
    }
    try request.validate()
    let domains = certificate.facts.permittedDNSDomains.map { $0.lowercased() }
    guard !domains.isEmpty else { return }
    for name in request.dnsNames.map({ $0.lowercased() })
    where !domains.contains(where: { CertificateAuthority.isName(name, below: $0) }) {
      throw PKIError(
        .invalidRequest,
        "\"\(request.id)\": \(certificate) may not certify \(name), only names below \(domains.joined(separator: ", "))"
      )
    }
  }

  /// Whether a constraint to `domain` permits `name`. As in OpenSSL and Go, a leading dot stands
  /// for subdomains only, and an empty domain for all.
  private static func isName(_ name: String, below domain: String) -> Bool {
    if domain.isEmpty { return true }
    return domain.hasPrefix(".")
      ? name.hasSuffix(domain) : name == domain || name.hasSuffix("." + domain)
  }
}

/// An issuer of requested certificates.
public enum CertificateIssuer {
  /// Issues the certificate for `request`.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - ca: The CA that signs; unused for a CA's certificate, which is self-signed.
  public static func issue(
    _ request: IssuanceRequest, signedBy ca: CertificateAuthority? = nil
  ) throws(PKIError) -> IssuedCertificate {
    switch request.purpose {
    case .ca: return try CertificateAuthority.create(request)
    case .serving, .client, .peer:
      guard let ca else {
        throw PKIError(.wrongCA, "\"\(request.id)\" needs a CA to sign it, and there is none")
      }
      return try ca.issue(request)
    }
  }
}

extension IssuanceRequest {
  /// Throws where peers would refuse the certificate.
  func validate() throws(PKIError) {
    func refuse(_ what: String) -> PKIError { PKIError(.invalidRequest, "\"\(id)\": \(what)") }
    var texts = organization.map { [("organization", $0)] } ?? []
    if !commonName.isEmpty || purpose == .ca || alternativeNameCount == 0 {
      texts.append(("common name", commonName))
    }
    for (what, text) in texts where !(1...64).contains(text.unicodeScalars.count) || text.contains("\0") {
      throw refuse("the \(what) must have 1 to 64 characters")
    }
    guard notBefore < notAfter else { throw refuse("the validity must end after it begins") }
    guard alternativeNameCount + permittedDNSDomains.count <= 200 else {
      throw refuse("there are more than 200 names")
    }
    if purpose == .serving || purpose == .peer, dnsNames.isEmpty, ipAddresses.isEmpty {
      throw refuse("a serving certificate needs a DNS name or an IP address")
    }
    for name in dnsNames where !IssuanceRequest.isDNSName(name) {
      throw refuse("\"\(name)\" is not a DNS name")
    }
    for uri in uris where !IssuanceRequest.isURI(uri) { throw refuse("\"\(uri)\" is not an absolute URI") }
    if purpose != .ca, !permittedDNSDomains.isEmpty {
      throw refuse("name constraints are for CAs only")
    }
    for domain in permittedDNSDomains where domain.hasPrefix("*") || !IssuanceRequest.isDNSName(domain) {
      throw refuse("\"\(domain)\" is not a DNS domain")
    }
    for address in ipAddresses where IPAddress(address) == nil {
      throw refuse("\"\(address)\" is not an IP address")
    }
  }

  private var alternativeNameCount: Int { dnsNames.count + ipAddresses.count + uris.count }

  /// Whether the certificate has a subject; otherwise it only has alternative names.
  var hasSubject: Bool { !commonName.isEmpty || organization != nil }

  /// Whether the name consists of labels of 1 to 63 letters, digits, inner hyphens or underscores,
  /// in all at most 253 characters; the first label may be `*`.
  private static func isDNSName(_ name: String) -> Bool {
    guard name.utf8.count <= 253 else { return false }
    var labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)[...]
    if labels.count > 1, labels.first?.elementsEqual("*".utf8) == true { labels = labels.dropFirst() }
    return labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
          default: false
          }
        }
    }
  }

  /// Whether the text is a scheme, a colon and more (RFC 3986, section 3), all in ASCII without
  /// spaces, in at most 2048 characters.
  private static func isURI(_ text: String) -> Bool {
    guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      let colon = text.firstIndex(of: ":"), text[text.startIndex].isLetter,
      text.index(after: colon) < text.endIndex
    else { return false }
    return text[..<colon].allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
  }
}
