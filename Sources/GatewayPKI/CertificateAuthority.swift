import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// A certificate with its private key, which signs others.
public struct CertificateAuthority: Sendable {
  /// The authority's certificate.
  public let certificate: Certificate
  private let key: PrivateKey

  /// The authority of a certificate and its key.
  ///
  /// Throws where the key doesn't belong to the certificate, or the certificate may not sign others. What it
  /// may otherwise
  /// lack, such as key identifiers, is no matter.
  public init(certificate: Certificate, key: PrivateKey) throws(PKIError) {
    guard certificate.facts.maySignCertificates else {
      throw PKIError(.wrongAuthority, "\(certificate) may not sign certificates")
    }
    guard key.matches(certificate) else {
      throw PKIError(.keyMismatch, "the private key does not belong to \(certificate)")
    }
    self.certificate = certificate
    self.key = key
  }

  /// The authority that PEM texts hold: the first certificate, and the first private key.
  public init(certificatePEM: SecretBytes, keyPEM: SecretBytes) throws(PKIError) {
    try self.init(certificate: Certificate.first(pem: certificatePEM), key: PrivateKey(pem: keyPEM))
  }

  /// Makes a self-signed authority with a new key: path length 0, for signing certificates and revocation
  /// lists only.
  public static func create(_ request: CertificateRequest) throws(PKIError) -> IssuedCertificate {
    guard request.purpose == .authority else {
      throw PKIError(.invalidRequest, "\"\(request.id)\" asks for no certificate authority")
    }
    try request.validate()
    let key = try PrivateKey.generate(request.algorithm)
    let certificate = try CertificateBuilder.certificate(
      for: request, key: key, issuer: nil, signer: key)
    return IssuedCertificate(
      request: request, certificatePEM: certificate.pem, privateKeyPEM: try key.pem(),
      facts: KeyPairFacts(
        chain: [certificate.facts], keyMatches: true, signerFingerprints: [certificate.facts.fingerprint]))
  }

  /// Signs a TLS server's certificate for a new key. The result's PEM holds it followed by the authority's.
  ///
  /// Throws where the request names another authority.
  public func issue(_ request: CertificateRequest) throws(PKIError) -> IssuedCertificate {
    guard request.purpose == .serving else {
      throw PKIError(.invalidRequest, "\"\(request.id)\" asks for no serving certificate")
    }
    if let wanted = request.issuerFingerprint, wanted != certificate.facts.fingerprint {
      throw PKIError(
        .wrongAuthority,
        "\"\(request.id)\" must be signed by the authority \(wanted.prefix(16)), not by \(certificate)")
    }
    try request.validate()
    let leafKey = try PrivateKey.generate(request.algorithm)
    let leaf = try CertificateBuilder.certificate(
      for: request, key: leafKey, issuer: certificate, signer: key)
    guard leaf.isSigned(by: certificate) else {
      throw PKIError.openSSL(.libraryFailure, "the signature that was made does not verify")
    }
    return IssuedCertificate(
      request: request, certificatePEM: leaf.pem + certificate.pem, privateKeyPEM: try leafKey.pem(),
      facts: KeyPairFacts(
        chain: [leaf.facts, certificate.facts], keyMatches: true,
        signerFingerprints: [certificate.facts.fingerprint]))
  }
}

/// Turns requests into certificates.
public enum CertificateIssuer {
  /// Issues what `request` asks for.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - authority: The certificate and private key, in PEM, of the authority that is to sign a serving
  /// certificate; not used for an
  ///     authority's.
  public static func fulfil(
    _ request: CertificateRequest, authority: (certificatePEM: SecretBytes, keyPEM: SecretBytes)?
  ) throws(PKIError) -> IssuedCertificate {
    switch request.purpose {
    case .authority: return try CertificateAuthority.create(request)
    case .serving:
      guard let authority else {
        throw PKIError(.wrongAuthority, "\"\(request.id)\" needs an authority to sign it, and there is none")
      }
      return try CertificateAuthority(
        certificatePEM: authority.certificatePEM, keyPEM: authority.keyPEM
      ).issue(request)
    }
  }
}

extension CertificateRequest {
  /// Refuses what would become a certificate that nobody accepts.
  func validate() throws(PKIError) {
    func refuse(_ what: String) -> PKIError { PKIError(.invalidRequest, "\"\(id)\": \(what)") }
    let texts = [("common name", commonName)] + (organization.map { [("organization", $0)] } ?? [])
    for (what, text) in texts where !(1...64).contains(text.unicodeScalars.count) || text.contains("\0") {
      throw refuse("the \(what) must have 1 to 64 characters")
    }
    guard notBefore < notAfter else { throw refuse("the validity must end after it begins") }
    guard dnsNames.count + ipAddresses.count <= 200 else { throw refuse("there are more than 200 names") }
    if purpose == .serving, dnsNames.isEmpty, ipAddresses.isEmpty {
      throw refuse("a serving certificate needs a DNS name or an IP address")
    }
    for name in dnsNames where !CertificateRequest.isDNSName(name) {
      throw refuse("\"\(name)\" is not a DNS name")
    }
    for address in ipAddresses where IPAddress(address) == nil {
      throw refuse("\"\(address)\" is not an IP address")
    }
  }

  /// Labels of 1 to 63 letters, digits, inner hyphens or underscores, in all at most 253 characters; the
  /// first may be `*`.
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
}
