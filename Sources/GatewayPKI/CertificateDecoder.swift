import CertificatePolicy
import KubeCore

/// A decoder of certificates in DER (RFC 5280, section 4.1) without OpenSSL, whose decoders take
/// ten times as long. No signature is verified.
///
/// It refuses every certificate that Go's crypto/x509 (1.24 to 1.27) refuses to parse. API servers
/// from Kubernetes 1.33 on are built with that: they refuse an APIService whose trust bundle
/// contains such a certificate. Whether an elliptic point is on its curve is checked by
/// ``Certificate/hasSoundKey``.
enum CertificateDecoder {
  /// Decodes the facts of the one certificate in `der`.
  static func facts(_ der: [UInt8]) throws(PKIError) -> CertificateFacts {
    let decoded: (facts: CertificateFacts, key: Range<Int>)
    do throws(DERReader.Malformed) {
      decoded = try decode(der)
    } catch {
      throw PKIError(.invalidCertificate, "the certificate cannot be decoded: \(error.what)")
    }
    var facts = decoded.facts
    facts.publicKeyFingerprint = try SHA256.fingerprint(der[decoded.key])
    facts.fingerprint = try SHA256.fingerprint(der)
    return facts
  }

  private static func decode(_ der: [UInt8]) throws(DERReader.Malformed) -> (
    facts: CertificateFacts, key: Range<Int>
  ) {
    var whole = DERReader(der)
    var certificate = try whole.enter(DERReader.Tag.sequence, "a certificate")
    try whole.finish("the certificate")
    var body = try certificate.enter(DERReader.Tag.sequence, "the part that is signed")
    let outer = try certificate.next(DERReader.Tag.sequence, "the signature's algorithm")
    _ = try certificate.bitString("the signature")
    try certificate.finish("the signature")

    var version: UInt8 = 0
    if let explicit = try body.optional(DERReader.Tag.constructed(0)) {
      var inner = body.inside(explicit)
      let number = try inner.integer("the version")
      try inner.finish("the version")
      guard number.count == 1, let value = number.first, value <= 2 else {
        throw .init(what: "its version is unknown")
      }
      version = value
    }
    let serial = try body.integer("the serial number")
    guard serial.count <= 64 else { throw .init(what: "the serial number has more than 64 octets") }
    guard serial.first ?? 0 < 0x80 else { throw .init(what: "the serial number is negative") }
    var signed = body
    let signature = try SignatureAlgorithm(&body)
    guard body.content(try signed.next()) == certificate.content(outer) else {
      throw .init(what: "the signature's algorithm is not the one that is signed")
    }
    let issuerElement = try body.next(DERReader.Tag.sequence, "the issuer")
    var validity = try body.enter(DERReader.Tag.sequence, "the validity")
    let notBefore = try time(&validity)
    let notAfter = try time(&validity)
    try validity.finish("the validity")
    let subjectElement = try body.next(DERReader.Tag.sequence, "the subject")
    let keyElement = try body.next(DERReader.Tag.sequence, "the public key")
    for tag in [DERReader.Tag.primitive(1), DERReader.Tag.primitive(2)] { _ = try body.optional(tag) }
    var values = ExtensionValues()
    if let extensions = try body.optional(DERReader.Tag.constructed(3)) {
      guard version == 2 else { throw .init(what: "extensions need version 3") }
      values = try ExtensionValues(body.inside(extensions))
    }
    try body.finish("the part that is signed")

    let subject = try DistinguishedName(body, element: subjectElement, what: "the subject")
    let isSelfIssued = body.content(issuerElement) == body.content(subjectElement)
    let issuer =
      isSelfIssued ? subject : try DistinguishedName(body, element: issuerElement, what: "the issuer")
    let key = try PublicKeyInfo(body, keyElement)
    let isSelfSigned =
      isSelfIssued
      && (values.authorityKeyIdentifier == nil || values.subjectKeyIdentifier == nil
        || values.authorityKeyIdentifier == values.subjectKeyIdentifier)
    let facts = CertificateFacts(
      serialNumber: hexadecimal(serial), subject: subject.text, commonName: subject.commonName,
      issuer: issuer.text, dnsNames: values.dnsNames, ipAddresses: values.ipAddresses, uris: values.uris,
      notBefore: notBefore, notAfter: notAfter, isCA: values.isCA, pathLength: values.pathLength,
      keyUsages: values.keyUsages, extendedKeyUsages: values.extendedKeyUsages,
      permittedDNSDomains: values.permittedDNSDomains,
      unhandledCriticalExtensions: values.unhandledCriticalExtensions, keyAlgorithm: key.algorithm,
      keyDescription: key.description, weakness: weakness(key, signature, isSelfSigned: isSelfSigned),
      publicKeyFingerprint: "", fingerprint: "",
      subjectKeyIdentifier: values.subjectKeyIdentifier,
      authorityKeyIdentifier: values.authorityKeyIdentifier, isSelfSigned: isSelfSigned,
      pem: PEM.text(label: "CERTIFICATE", content: der))
    return (facts, keyElement.whole)
  }

  /// The subject's Name and the SubjectPublicKeyInfo of an already decoded certificate, in DER.
  static func subjectAndKey(_ der: [UInt8]) -> (subject: [UInt8], key: [UInt8])? {
    var whole = DERReader(der)
    guard var certificate = try? whole.enter(DERReader.Tag.sequence, "a certificate"),
      var body = try? certificate.enter(DERReader.Tag.sequence, "the part that is signed"),
      (try? body.optional(DERReader.Tag.constructed(0))) != nil
    else { return nil }
    // Serial number, signature algorithm, issuer, validity; then subject and key.
    for _ in 0..<4 where (try? body.next()) == nil { return nil }
    guard let subject = try? body.next(), let key = try? body.next() else { return nil }
    return (Array(body.bytes(subject.whole)), Array(body.bytes(key.whole)))
  }

  private static func time(_ validity: inout DERReader) throws(DERReader.Malformed) -> Date {
    let element = try validity.next()
    guard let date = CertificateTime.date(tag: element.tag, validity.content(element)) else {
      throw .init(what: "a time is not in the form of RFC 5280")
    }
    return date
  }

  /// The weakness of key or signature below 112 bits of security, the minimum of NIST SP 800-57:
  /// RSA 2048, SHA-224. The self-signature of a CA is never relied on.
  static func weakness(_ key: PublicKeyInfo, _ signature: SignatureAlgorithm, isSelfSigned: Bool) -> String? {
    switch key.isWeak {
    case nil: return "its key is of a kind that cannot be judged (\(key.description))"
    case true?: return "its key is \(key.description)"
    case false?: break
    }
    if let flaw = key.flaw { return "its key is \(key.description) with \(flaw), which API servers refuse" }
    return isSelfSigned ? nil : signature.weakDigest.map { "its signature uses \($0)" }
  }
}

/// The algorithm of a signature.
struct SignatureAlgorithm {
  /// The name of a digest with less than 112 bits of security against collisions.
  var weakDigest: String?

  /// Decodes the next element, an AlgorithmIdentifier.
  init(_ reader: inout DERReader) throws(DERReader.Malformed) {
    var identifier = try reader.enter(DERReader.Tag.sequence, "a signature's algorithm")
    let type = try identifier.objectIdentifier("a signature's algorithm")
    let parameters = identifier.isAtEnd ? nil : try identifier.next()
    try identifier.finish("a signature's algorithm")
    if type.elementsEqual(ObjectIdentifier.ecdsaWithSHA1) {
      weakDigest = "SHA1"
    } else if type.dropLast().elementsEqual(ObjectIdentifier.pkcs1) {
      switch type.last {
      case 2: weakDigest = "MD2"
      case 3: weakDigest = "MD4"
      case 4: weakDigest = "MD5"
      case 5: weakDigest = "SHA1"
      // RSASSA-PSS (RFC 8017, appendix A.2.3): SHA-1 unless its parameters name another digest,
      // which is assumed to be a better one.
      case 10:
        weakDigest =
          parameters.map { identifier.inside($0).nextTag } == DERReader.Tag.constructed(0)
          ? nil : "SHA1"
      default: break
      }
    }
  }
}
