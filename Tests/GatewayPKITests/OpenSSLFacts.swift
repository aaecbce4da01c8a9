import COpenSSLShim
import CertificatePolicy
import Foundation
import KubeCore

@testable import GatewayPKI

/// The facts that OpenSSL decodes from a certificate, to compare our decoder with.
struct OpenSSLFacts {
  /// OpenSSL's object; the caller keeps it alive.
  let certificate: OpaquePointer
  let der: [UInt8]

  func facts() throws(PKIError) -> CertificateFacts {
    let fingerprint = try SHA256.fingerprint(der)
    let basic = try basicConstraints()
    let names = try alternativeNames()
    let key = X509_get0_pubkey(certificate)
    let isSelfSigned = try self.isSelfSigned(key)
    guard let publicKey = X509_get_X509_PUBKEY(certificate) else {
      throw PKIError(.invalidCertificate, "the certificate has no public key")
    }
    return CertificateFacts(
      serialNumber: try serialNumber(),
      subject: try text(of: X509_get_subject_name(certificate)), commonName: commonName(),
      issuer: try text(of: X509_get_issuer_name(certificate)),
      dnsNames: names.dns, ipAddresses: names.addresses, uris: names.uris,
      notBefore: try date(X509_get0_notBefore(certificate)),
      notAfter: try date(X509_get0_notAfter(certificate)),
      isCA: basic.isCA, pathLength: basic.pathLength,
      keyUsages: try keyUsages(), extendedKeyUsages: try extendedKeyUsages(),
      permittedDNSDomains: try permittedDNSDomains(),
      keyAlgorithm: key.flatMap(KeyInspection.algorithm),
      // With the names of curves by NIST.
      keyDescription: key.map {
        KeyInspection.description(of: $0).replacing("prime256v1", with: "P-256")
          .replacing("secp384r1", with: "P-384")
      } ?? "unknown",
      weakness: weakness(key, isSelfSigned: isSelfSigned),
      publicKeyFingerprint: try SHA256.fingerprint(
        encoded("the public key") { i2d_X509_PUBKEY(publicKey, $0) }),
      fingerprint: fingerprint,
      subjectKeyIdentifier: octets(X509_get0_subject_key_id(certificate)),
      authorityKeyIdentifier: octets(X509_get0_authority_key_id(certificate)),
      isSelfSigned: isSelfSigned, pem: PEM.text(label: "CERTIFICATE", content: der))
  }

  private func isSelfSigned(_ key: OpaquePointer?) throws(PKIError) -> Bool {
    guard let key,
      X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0
    else { return false }
    return X509_verify(certificate, key) == 1
  }

  private func serialNumber() throws(PKIError) -> String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else {
      throw PKIError.openSSL(.invalidCertificate, "the certificate's serial number cannot be read")
    }
    defer { BN_free(number) }
    guard let digits = BN_bn2hex(number) else {
      throw PKIError.openSSL(.libraryFailure, "no memory for a serial number")
    }
    defer { CRYPTO_free(digits, #fileID, #line) }
    return String(cString: digits).lowercased()
  }

  private func text(of name: OpaquePointer?) throws(PKIError) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else {
      throw PKIError.openSSL(.libraryFailure, "no memory for a name")
    }
    defer { BIO_free(bio) }
    // RFC 2253, of which RFC 4514 is the successor, with UTF-8 left readable.
    let flags =
      UInt(ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT)
      | UInt(ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER)
      | UInt(XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS)
    guard X509_NAME_print_ex(bio, name, 0, flags) >= 0 else {
      throw PKIError.openSSL(.invalidCertificate, "a name in the certificate cannot be read")
    }
    var count = 0
    let data = COpenSSLShim_BIO_get_mem_data(bio, &count)
    return String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
  }

  private func commonName() -> String? {
    let subject = X509_get_subject_name(certificate)
    var last: Int32 = -1
    while true {
      let next = X509_NAME_get_index_by_NID(subject, NID_commonName, last)
      if next < 0 { break }
      last = next
    }
    guard last >= 0, let entry = X509_NAME_get_entry(subject, last) else { return nil }
    var buffer: UnsafeMutablePointer<UInt8>?
    let length = ASN1_STRING_to_UTF8(&buffer, X509_NAME_ENTRY_get_data(entry))
    defer { CRYPTO_free(buffer, #fileID, #line) }
    guard length >= 0, let buffer else { return nil }
    return String(decoding: UnsafeBufferPointer(start: buffer, count: Int(length)), as: UTF8.self)
  }

  private func date(_ time: UnsafePointer<ASN1_TIME>?) throws(PKIError) -> Date {
    guard let epoch = ASN1_TIME_set(nil, 0) else {
      throw PKIError.openSSL(.libraryFailure, "no memory for a time")
    }
    defer { ASN1_TIME_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard let time, ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else {
      throw PKIError.openSSL(.invalidCertificate, "a time in the certificate cannot be read")
    }
    return Date(timeIntervalSince1970: Double(days) * 86_400 + Double(seconds))
  }

  /// A decoded extension, which the caller frees; `nil` where it is absent. One that is there
  /// twice, or malformed, is an error.
  private func `extension`(_ identifier: Int32) throws(PKIError) -> UnsafeMutableRawPointer? {
    var critical: Int32 = 0
    if let value = X509_get_ext_d2i(certificate, identifier, &critical, nil) { return value }
    if critical == -1 { return nil }
    let name = OBJ_nid2ln(identifier).map { String(cString: $0) } ?? "an extension"
    throw PKIError.openSSL(.invalidCertificate, "the certificate's extension \"\(name)\" cannot be read")
  }

  private func basicConstraints() throws(PKIError) -> (isCA: Bool, pathLength: Int?) {
    guard let value = try `extension`(NID_basic_constraints) else { return (false, nil) }
    let constraints = value.assumingMemoryBound(to: BASIC_CONSTRAINTS.self)
    defer { BASIC_CONSTRAINTS_free(constraints) }
    var pathLength: Int?
    if let number = constraints.pointee.pathlen {
      var parsed: Int64 = 0
      guard ASN1_INTEGER_get_int64(&parsed, number) == 1, parsed >= 0 else {
        throw PKIError.openSSL(.invalidCertificate, "the certificate's path length cannot be read")
      }
      pathLength = Int(parsed)
    }
    return (constraints.pointee.ca != 0, pathLength)
  }

  private func keyUsages() throws(PKIError) -> Set<KeyUsage> {
    guard let value = try `extension`(NID_key_usage) else { return [] }
    let bits = value.assumingMemoryBound(to: ASN1_BIT_STRING.self)
    defer { ASN1_BIT_STRING_free(bits) }
    return Set(KeyUsage.allCases.filter { ASN1_BIT_STRING_get_bit(bits, Int32($0.bit)) == 1 })
  }

  private func extendedKeyUsages() throws(PKIError) -> Set<ExtendedKeyUsage> {
    guard let value = try `extension`(NID_ext_key_usage) else { return [] }
    let usages = OpaquePointer(value)
    defer { EXTENDED_KEY_USAGE_free(usages) }
    var result: Set<ExtendedKeyUsage> = []
    for index in 0..<max(0, COpenSSLShim_sk_ASN1_OBJECT_num(usages)) {
      var name = [CChar](repeating: 0, count: 128)
      let object = COpenSSLShim_sk_ASN1_OBJECT_value(usages, index)
      let length = Int(OBJ_obj2txt(&name, Int32(name.count), object, 1))
      guard length > 0, length < name.count else { continue }
      let text = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      result.insert(ExtendedKeyUsage(rawValue: text))
    }
    return result
  }

  private func alternativeNames() throws(PKIError) -> (dns: [String], addresses: [String], uris: [String]) {
    var found: (dns: [String], addresses: [String], uris: [String]) = ([], [], [])
    guard let value = try `extension`(NID_subject_alt_name) else { return found }
    let names = OpaquePointer(value)
    defer { GENERAL_NAMES_free(names) }
    for index in 0..<max(0, COpenSSLShim_sk_GENERAL_NAME_num(names)) {
      guard let name = COpenSSLShim_sk_GENERAL_NAME_value(names, index) else { continue }
      var type: Int32 = -1
      guard let value = GENERAL_NAME_get0_value(name, &type) else { continue }
      switch type {
      case GEN_DNS: found.dns.append(String(decoding: bytes(value), as: UTF8.self))
      case GEN_URI: found.uris.append(String(decoding: bytes(value), as: UTF8.self))
      case GEN_IPADD:
        let bytes = bytes(value)
        found.addresses.append(IPAddress(bytes: bytes)?.description ?? "0x" + hexadecimal(bytes))
      default: break
      }
    }
    return found
  }

  private func permittedDNSDomains() throws(PKIError) -> [String] {
    guard let value = try `extension`(NID_name_constraints) else { return [] }
    let constraints = value.assumingMemoryBound(to: NAME_CONSTRAINTS.self)
    defer { NAME_CONSTRAINTS_free(constraints) }
    let subtrees = constraints.pointee.permittedSubtrees
    return (0..<max(0, OPENSSL_sk_num(subtrees))).compactMap { index in
      let subtree = OPENSSL_sk_value(subtrees, index)?.assumingMemoryBound(to: GENERAL_SUBTREE.self)
      var type: Int32 = -1
      guard let value = GENERAL_NAME_get0_value(subtree?.pointee.base, &type), type == GEN_DNS else {
        return nil
      }
      return String(decoding: bytes(value), as: UTF8.self)
    }
  }

  private func bytes(_ string: UnsafeMutableRawPointer) -> UnsafeBufferPointer<UInt8> {
    let string = string.assumingMemoryBound(to: ASN1_STRING.self)
    return UnsafeBufferPointer(
      start: ASN1_STRING_get0_data(string), count: Int(max(0, ASN1_STRING_length(string))))
  }

  private func octets(_ string: UnsafePointer<ASN1_OCTET_STRING>?) -> String? {
    guard let string else { return nil }
    return hexadecimal(
      UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(string), count: Int(max(0, ASN1_STRING_length(string)))))
  }

  /// The weakness below 112 bits, the minimum of NIST SP 800-57: RSA 2048, SHA-224. A
  /// self-signature is never relied on.
  private func weakness(_ key: OpaquePointer?, isSelfSigned: Bool) -> String? {
    guard let key else { return "its key is of a kind that cannot be judged" }
    if EVP_PKEY_get_security_bits(key) < 112 { return "its key is \(KeyInspection.description(of: key))" }
    var digest: Int32 = 0
    var bits: Int32 = 0
    if !isSelfSigned, X509_get_signature_info(certificate, &digest, nil, &bits, nil) == 1, bits < 112 {
      return "its signature uses \(OBJ_nid2sn(digest).map { String(cString: $0) } ?? "an unknown digest")"
    }
    return nil
  }
}
