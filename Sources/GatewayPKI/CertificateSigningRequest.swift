import COpenSSLShim
public import CertificatePolicy
import KubeCore

/// A certificate signing request (PKCS #10, RFC 2986) with a verified signature, which proves that
/// its creator has the private key.
public struct CertificateSigningRequest: Sendable, Hashable {
  /// The request's bytes, in DER.
  public let der: [UInt8]
  /// The requested subject in the notation of RFC 4514.
  public let subject: String
  /// The subject's (last) common name.
  public let commonName: String?
  /// The subject's (last) organization.
  public let organization: String?
  /// The requested DNS names.
  public let dnsNames: [String]
  /// The requested IP addresses: dotted decimal, or IPv6 by RFC 5952.
  public let ipAddresses: [String]
  /// The requested URIs.
  public let uris: [String]
  /// Whether a CA's certificate is requested.
  public let isCA: Bool
  /// The public key: a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER.
  public let publicKeyDER: [UInt8]
  /// The key's algorithm; `nil` for one that this library doesn't issue.
  public let keyAlgorithm: KeyAlgorithm?
  /// The reason why the key is too weak to be certified; `nil` where it is strong enough.
  public let weakness: String?

  /// Creates a request for the subject and the alternative names of `request`, signed with `key`.
  public static func create(
    _ request: IssuanceRequest, key: PrivateKey
  ) throws(PKIError) -> CertificateSigningRequest {
    try request.validate()
    var attributes: [UInt8] = []
    if let names = try CertificateBuilder.alternativeNames(request) {
      attributes = DER.sequence(
        DER.objectIdentifier(ObjectIdentifier.extensionRequest), DER.set(DER.sequence(names)))
    }
    let body = DER.sequence(
      DER.integer(0),
      DistinguishedName.element(commonName: request.commonName, organization: request.organization),
      key.publicKeyDER, DER.element(DERReader.Tag.constructed(0), attributes))
    ERR_clear_error()
    return try CertificateSigningRequest(der: CertificateBuilder.signed(body, key))
  }

  /// Decodes one request in DER and verifies its signature. The limit is
  /// ``PKILimits/signingRequestBytes``.
  public init(der: [UInt8]) throws(PKIError) {
    guard der.count <= PKILimits.signingRequestBytes else {
      throw PKIError(
        .tooLarge, "the signing request has more than \(PKILimits.signingRequestBytes) bytes")
    }
    let content: Content
    do throws(DERReader.Malformed) {
      content = try Content(der)
    } catch {
      throw PKIError(.invalidSigningRequest, "the signing request cannot be decoded: \(error.what)")
    }
    try CertificateSigningRequest.verify(der)
    self.der = der
    subject = content.subject.text
    commonName = content.subject.commonName
    organization = content.subject.organization
    dnsNames = content.values.dnsNames
    ipAddresses = content.values.ipAddresses
    uris = content.values.uris
    isCA = content.values.isCA
    publicKeyDER = Array(der[content.keyRange])
    keyAlgorithm = content.key.algorithm
    weakness = CertificateDecoder.weakness(content.key, content.signature, isSelfSigned: false)
  }

  /// Decodes the first request of a PEM text. The limit is ``PKILimits/signingRequestBytes``.
  public init(pem: String) throws(PKIError) {
    let pem = SecretBytes(utf8: pem)
    guard pem.count <= PKILimits.signingRequestBytes else {
      throw PKIError(
        .tooLarge, "the signing request has more than \(PKILimits.signingRequestBytes) bytes")
    }
    for entry in pem.withExposedBytes({ PEM.entries(in: $0) }) {
      let block = try entry.get()
      guard block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST" else { continue }
      try self.init(der: block.content.exposed())
      return
    }
    throw PKIError(.invalidPEM, "there is no PEM block of a certificate signing request")
  }

  /// The request in PEM.
  public var pem: String { PEM.text(label: "CERTIFICATE REQUEST", content: der) }

  /// The profile of a certificate that grants the requested common name, organization and
  /// alternative names; other parts of the subject are dropped.
  ///
  /// - Parameters:
  ///   - purpose: The purpose of the certificate, which the request must not decide.
  ///   - validity: The validity of the certificate.
  public func profile(purpose: IssuanceRequest.Purpose, validity: Duration) -> CertificateProfile {
    CertificateProfile(
      purpose: purpose, commonName: commonName ?? "", organization: organization, dnsNames: dnsNames,
      ipAddresses: ipAddresses, uris: uris, algorithm: keyAlgorithm ?? .ecdsaP256, validity: validity)
  }

  private static func verify(_ der: [UInt8]) throws(PKIError) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let parsed = der.withUnsafeBufferPointer { bytes in
      var cursor = bytes.baseAddress
      return d2i_X509_REQ(nil, &cursor, bytes.count)
    }
    defer { X509_REQ_free(parsed) }
    guard let parsed, let key = X509_REQ_get0_pubkey(parsed), X509_REQ_verify(parsed, key) == 1 else {
      throw PKIError.openSSL(.invalidSigningRequest, "the signing request's signature does not verify")
    }
  }

  /// The contents of a request.
  private struct Content {
    var subject: DistinguishedName
    var key: PublicKeyInfo
    var keyRange: Range<Int>
    var signature: SignatureAlgorithm
    var values = ExtensionValues()

    init(_ der: [UInt8]) throws(DERReader.Malformed) {
      var whole = DERReader(der)
      var request = try whole.enter(DERReader.Tag.sequence, "a signing request")
      try whole.finish("the signing request")
      var body = try request.enter(DERReader.Tag.sequence, "the part that is signed")
      signature = try SignatureAlgorithm(&request)
      _ = try request.bitString("the signature")
      try request.finish("the signature")
      guard try body.integer("the version").elementsEqual([0]) else {
        throw .init(what: "its version is unknown")
      }
      subject = try DistinguishedName(
        body, element: body.next(DERReader.Tag.sequence, "the subject"), what: "the subject")
      let element = try body.next(DERReader.Tag.sequence, "the public key")
      key = try PublicKeyInfo(body, element)
      keyRange = element.whole
      // Some writers omit the attributes altogether where there are none.
      if let list = try body.optional(DERReader.Tag.constructed(0)) {
        var attributes = body.inside(list)
        var count = 0
        while !attributes.isAtEnd {
          count += 1
          guard count <= ExtensionValues.limit else { throw .init(what: "there are too many attributes") }
          var attribute = try attributes.enter(DERReader.Tag.sequence, "an attribute")
          let type = try attribute.objectIdentifier("an attribute's type")
          let set = try attribute.enter(DERReader.Tag.set, "an attribute's values")
          try attribute.finish("an attribute")
          if type.elementsEqual(ObjectIdentifier.extensionRequest) { values = try ExtensionValues(set) }
        }
      }
      try body.finish("the part that is signed")
    }
  }
}
