import COpenSSLShim
import CertificatePolicy
import KubeCore

/// A builder of signed certificates. It composes structures: no text is ever parsed as
/// configuration.
enum CertificateBuilder {
  /// Builds the certificate for `request` and the public half of `key`, signed by `signer` in the
  /// name of `issuer`; without an issuer in its own name.
  static func certificate(
    for request: IssuanceRequest, key: PrivateKey, issuer: Certificate?, signer: PrivateKey
  ) throws(PKIError) -> Certificate {
    try certificate(for: request, publicKey: key.publicKeyDER, issuer: issuer, signer: signer)
  }

  /// Builds the certificate for a public key: a SubjectPublicKeyInfo in DER.
  static func certificate(
    for request: IssuanceRequest, publicKey: [UInt8], issuer: Certificate?, signer: PrivateKey
  ) throws(PKIError) -> Certificate {
    ERR_clear_error()
    guard let notBefore = CertificateTime.element(request.notBefore),
      let notAfter = CertificateTime.element(request.notAfter)
    else { throw PKIError(.invalidRequest, "a certificate can only contain times in the years 1950 to 9999") }
    let subject = DistinguishedName.element(
      commonName: request.commonName, organization: request.organization)
    let identifier = try keyIdentifier(publicKey)
    var issuerName = subject
    var issuerIdentifier = identifier
    if let issuer {
      guard let found = CertificateDecoder.subjectAndKey(issuer.der) else {
        throw PKIError(.wrongCA, "\(issuer) has no name to sign under")
      }
      issuerName = found.subject
      // The issuer's own identifier, or the one that this method would compute.
      if let own = issuer.facts.subjectKeyIdentifier {
        issuerIdentifier = octets(own)
      } else {
        issuerIdentifier = try keyIdentifier(found.key)
      }
    }
    let body = DER.sequence(
      DER.element(DERReader.Tag.constructed(0), DER.integer(2)),  // 2 means version 3
      DER.unsignedInteger(try serialNumber()), signer.signatureAlgorithm, issuerName,
      DER.sequence(notBefore, notAfter), subject, publicKey,
      DER.element(
        DERReader.Tag.constructed(3),
        DER.sequence(
          try extensions(request, publicKey) + [
            `extension`(ObjectIdentifier.subjectKeyIdentifier, DER.octetString(identifier)),
            `extension`(
              ObjectIdentifier.authorityKeyIdentifier,
              DER.sequence(DER.element(DERReader.Tag.primitive(0), issuerIdentifier))),
          ])))
    return try Certificate(der: signed(body, signer))
  }

  /// The signed body, the algorithm and the signature, which is verified: a hardware fault would
  /// expose an ECDSA key.
  static func signed(_ body: [UInt8], _ signer: PrivateKey) throws(PKIError) -> [UInt8] {
    let signature = try signer.sign(body)
    guard signer.verifies(signature, of: body) else {
      throw PKIError.openSSL(.libraryFailure, "the new signature does not verify")
    }
    return DER.sequence(body, signer.signatureAlgorithm, DER.bitString(signature))
  }

  /// Twenty octets, the maximum of RFC 5280, positive and without leading zeros: 158 random bits.
  private static func serialNumber() throws(PKIError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 20)
    guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
      throw PKIError.openSSL(.libraryFailure, "no random numbers are available")
    }
    bytes[0] = bytes[0] & 0x3f | 0x40
    return bytes
  }

  /// The leftmost 160 bits of the SHA-256 of the public key (RFC 7093, section 2, method 1).
  private static func keyIdentifier(_ publicKey: [UInt8]) throws(PKIError) -> [UInt8] {
    var outer = DERReader(publicKey)
    guard var info = try? outer.enter(DERReader.Tag.sequence, "a public key"), (try? info.next()) != nil,
      let key = try? info.bitString("a public key")
    else { throw PKIError(.invalidKey, "the public key cannot be decoded") }
    return Array(try SHA256.digest(key.octets).prefix(20))
  }

  private static func octets(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).map { $0 < 0x60 ? $0 &- 0x30 : $0 &- 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  // MARK: Extensions

  /// All extensions except the key identifiers.
  private static func extensions(
    _ request: IssuanceRequest, _ publicKey: [UInt8]
  ) throws(PKIError) -> [[UInt8]] {
    let isCA = request.purpose == .ca
    var all = [
      `extension`(
        ObjectIdentifier.basicConstraints,
        isCA ? DER.sequence(DER.boolean(true), DER.integer(0)) : DER.sequence(), critical: true),
      `extension`(
        ObjectIdentifier.keyUsage, bits(request.keyUsages(isRSA: PublicKeyInfo.kind(of: publicKey) == .rsa)),
        critical: true),
    ]
    if !request.keyPurposes.isEmpty {
      all.append(
        `extension`(
          ObjectIdentifier.extendedKeyUsage,
          DER.sequence(
            request.keyPurposes.map { DER.objectIdentifier(ObjectIdentifier.keyPurpose + [$0]) })))
    }
    if let names = try alternativeNames(request) { all.append(names) }
    if !request.permittedDNSDomains.isEmpty {
      let subtrees = request.permittedDNSDomains.map {
        DER.sequence(DER.element(DERReader.Tag.primitive(2), Array($0.utf8)))
      }
      all.append(
        `extension`(
          ObjectIdentifier.nameConstraints,
          DER.sequence(DER.element(DERReader.Tag.constructed(0), subtrees.flatMap { $0 })), critical: true))
    }
    return all
  }

  /// The subject alternative names of a request; `nil` where there are none.
  static func alternativeNames(_ request: IssuanceRequest) throws(PKIError) -> [UInt8]? {
    var names = request.dnsNames.map { DER.element(DERReader.Tag.primitive(2), Array($0.utf8)) }
    names += request.uris.map { DER.element(DERReader.Tag.primitive(6), Array($0.utf8)) }
    for address in request.ipAddresses {
      guard let bytes = IPAddress(address)?.bytes else {
        throw PKIError(.invalidRequest, "\"\(address)\" is not an IP address")
      }
      names.append(DER.element(DERReader.Tag.primitive(7), bytes))
    }
    guard !names.isEmpty else { return nil }
    // Without a subject they are critical (RFC 5280, section 4.2.1.6).
    return `extension`(
      ObjectIdentifier.subjectAlternativeName, DER.sequence(names), critical: !request.hasSubject)
  }

  private static func `extension`(
    _ identifier: [UInt8], _ value: [UInt8], critical: Bool = false
  ) -> [UInt8] {
    let identifier = DER.objectIdentifier(identifier)
    return critical
      ? DER.sequence(identifier, DER.boolean(true), DER.octetString(value))
      : DER.sequence(identifier, DER.octetString(value))
  }

  /// A named bit list: without trailing zero bits (X.690, section 11.2.2).
  private static func bits(_ usages: [KeyUsage]) -> [UInt8] {
    var octets: [UInt8] = [0, 0]
    for usage in usages { octets[usage.bit / 8] |= 0x80 >> UInt8(usage.bit % 8) }
    if octets[1] == 0 { octets.removeLast() }
    return DER.bitString(octets, unused: UInt8(octets.last?.trailingZeroBitCount ?? 0))
  }
}

extension IssuanceRequest {
  /// The key usages of the purpose. An RSA server may also decipher a session key of TLS 1.2.
  fileprivate func keyUsages(isRSA: Bool) -> [KeyUsage] {
    switch purpose {
    case .ca: [.keyCertSign, .cRLSign]
    case .serving, .peer: isRSA ? [.digitalSignature, .keyEncipherment] : [.digitalSignature]
    case .client: [.digitalSignature]
    }
  }

  /// The last arcs of the extended key usages' identifiers: 1 is id-kp-serverAuth, 2
  /// id-kp-clientAuth.
  fileprivate var keyPurposes: [UInt8] {
    switch purpose {
    case .ca: []
    case .serving: [1]
    case .client: [2]
    case .peer: [1, 2]
    }
  }
}
