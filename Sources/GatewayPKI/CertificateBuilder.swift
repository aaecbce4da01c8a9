import COpenSSLShim
import CertificatePolicy

import struct Foundation.Date

/// Builds and signs one certificate. All extensions are built as structures: no text is ever read as
/// configuration.
struct CertificateBuilder {
  private let certificate: OpaquePointer

  /// Builds the certificate that `request` asks for, for the public half of `key`, signed with `signer` under
  /// the name of `issuer`;
  /// where there is no issuer, under its own name.
  static func certificate(
    for request: CertificateRequest, key: PrivateKey, issuer: Certificate?, signer: PrivateKey
  ) throws(PKIError) -> Certificate {
    ERR_clear_error()
    guard let certificate = X509_new() else {
      throw PKIError.openSSL(.libraryFailure, "no memory for a certificate")
    }
    defer { X509_free(certificate) }
    let builder = CertificateBuilder(certificate: certificate)
    try builder.fill(request, key: key, issuer: issuer)
    let length = signer.withHandle { X509_sign(certificate, $0, signer.digest) }
    guard length > 0 else { throw PKIError.openSSL(.libraryFailure, "the certificate could not be signed") }
    return try Certificate(der: encoded("the certificate") { i2d_X509(certificate, $0) })
  }

  private func fill(
    _ request: CertificateRequest, key: PrivateKey, issuer: Certificate?
  ) throws(PKIError) {
    try check(X509_set_version(certificate, 2))  // 2 means version 3
    try setSerialNumber()
    try setTime(request.notBefore) { X509_set1_notBefore(certificate, $0) }
    try setTime(request.notAfter) { X509_set1_notAfter(certificate, $0) }
    try check(key.withHandle { X509_set_pubkey(certificate, $0) })
    try setSubject(request)
    if let issuer {
      try check(issuer.withHandle { X509_set_issuer_name(certificate, X509_get_subject_name($0)) })
    } else {
      try check(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)))
    }
    let isAuthority = request.purpose == .authority
    try addBasicConstraints(isAuthority: isAuthority)
    try addKeyUsages(isAuthority ? [.keyCertSign, .cRLSign] : servingUsages(request.algorithm))
    if !isAuthority { try addServerAuth() }
    try addNames(request)
    let own = try keyIdentifier(of: certificate)
    try addSubjectKeyIdentifier(own)
    let signers = try issuer.map { issuer throws(PKIError) in try authorityIdentifier(issuer) } ?? own
    try addAuthorityKeyIdentifier(signers)
  }

  private func servingUsages(_ algorithm: KeyAlgorithm) -> [KeyUsage] {
    algorithm.isRSA ? [.digitalSignature, .keyEncipherment] : [.digitalSignature]
  }

  /// Twenty octets, the most that RFC 5280 allows, positive and without leading zeros: 158 random bits.
  private func setSerialNumber() throws(PKIError) {
    var bytes = [UInt8](repeating: 0, count: 20)
    try check(RAND_bytes(&bytes, Int32(bytes.count)))
    bytes[0] = bytes[0] & 0x3f | 0x40
    guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { throw failure() }
    defer { BN_free(number) }
    guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil else { throw failure() }
  }

  /// UTCTime until 2049 and GeneralizedTime from 2050 on, as RFC 5280, section 4.1.2.5 demands; the library
  /// chooses.
  private func setTime(_ date: Date, _ set: (UnsafePointer<ASN1_TIME>) -> Int32) throws(PKIError) {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    guard (-631_152_000...253_402_300_799).contains(seconds) else {
      throw PKIError(.invalidRequest, "a certificate can only say times of the years 1950 to 9999")
    }
    let days = (seconds / 86_400).rounded(.down)
    guard let time = ASN1_TIME_adj(nil, 0, Int32(days), Int(seconds - days * 86_400)) else { throw failure() }
    defer { ASN1_TIME_free(time) }
    try check(set(time))
  }

  private func setSubject(_ request: CertificateRequest) throws(PKIError) {
    guard let name = X509_NAME_new() else { throw failure() }
    defer { X509_NAME_free(name) }
    func add(_ identifier: Int32, _ text: String) -> Int32 {
      let bytes = Array(text.utf8)
      // The flag alone is MBSTRING_UTF8.
      return X509_NAME_add_entry_by_NID(
        name, identifier, MBSTRING_FLAG, bytes, Int32(clamping: bytes.count), -1, 0)
    }
    if let organization = request.organization { try check(add(NID_organizationName, organization)) }
    try check(add(NID_commonName, request.commonName))
    try check(X509_set_subject_name(certificate, name))
  }

  private func addBasicConstraints(isAuthority: Bool) throws(PKIError) {
    guard let constraints = BASIC_CONSTRAINTS_new() else { throw failure() }
    defer { BASIC_CONSTRAINTS_free(constraints) }
    if isAuthority {
      constraints.pointee.ca = 0xff
      constraints.pointee.pathlen = ASN1_INTEGER_new()
      try check(ASN1_INTEGER_set_int64(constraints.pointee.pathlen, 0))
    }
    try add(NID_basic_constraints, constraints, critical: true)
  }

  private func addKeyUsages(_ usages: [KeyUsage]) throws(PKIError) {
    guard let bits = ASN1_BIT_STRING_new() else { throw failure() }
    defer { ASN1_BIT_STRING_free(bits) }
    for usage in usages { try check(ASN1_BIT_STRING_set_bit(bits, usage.bit, 1)) }
    try add(NID_key_usage, bits, critical: true)
  }

  private func addServerAuth() throws(PKIError) {
    guard let usages = COpenSSLShim_sk_ASN1_OBJECT_new_null() else { throw failure() }
    defer { EXTENDED_KEY_USAGE_free(usages) }
    // An object of the built-in table: static, so that freeing it with the stack does nothing.
    try check(COpenSSLShim_sk_ASN1_OBJECT_push(usages, OBJ_nid2obj(NID_server_auth)))
    try add(NID_ext_key_usage, UnsafeMutableRawPointer(usages), critical: false)
  }

  private func addNames(_ request: CertificateRequest) throws(PKIError) {
    guard !(request.dnsNames.isEmpty && request.ipAddresses.isEmpty) else { return }
    guard let names = COpenSSLShim_sk_GENERAL_NAME_new_null() else { throw failure() }
    defer { GENERAL_NAMES_free(names) }
    for name in request.dnsNames { try push(Array(name.utf8), GEN_DNS, V_ASN1_IA5STRING, onto: names) }
    for address in request.ipAddresses {
      guard let bytes = IPAddress(address)?.bytes else {
        throw PKIError(.invalidRequest, "\"\(address)\" is not an IP address")
      }
      try push(bytes, GEN_IPADD, V_ASN1_OCTET_STRING, onto: names)
    }
    try add(NID_subject_alt_name, UnsafeMutableRawPointer(names), critical: false)
  }

  private func push(
    _ bytes: [UInt8], _ kind: Int32, _ type: Int32, onto names: OpaquePointer
  ) throws(PKIError) {
    guard let string = ASN1_STRING_type_new(type) else { throw failure() }
    guard ASN1_STRING_set(string, bytes, Int32(clamping: bytes.count)) == 1, let name = GENERAL_NAME_new()
    else {
      ASN1_STRING_free(string)
      throw failure()
    }
    GENERAL_NAME_set0_value(name, kind, string)
    guard COpenSSLShim_sk_GENERAL_NAME_push(names, name) > 0 else {
      GENERAL_NAME_free(name)
      throw failure()
    }
  }

  private func addSubjectKeyIdentifier(_ identifier: [UInt8]) throws(PKIError) {
    let string = try octets(identifier)
    defer { ASN1_OCTET_STRING_free(string) }
    try add(NID_subject_key_identifier, string, critical: false)
  }

  private func addAuthorityKeyIdentifier(_ identifier: [UInt8]) throws(PKIError) {
    guard let authority = AUTHORITY_KEYID_new() else { throw failure() }
    defer { AUTHORITY_KEYID_free(authority) }
    authority.pointee.keyid = try octets(identifier)
    try add(NID_authority_key_identifier, authority, critical: false)
  }

  /// The issuer's own subject key identifier, or, where it has none, what it would be here.
  private func authorityIdentifier(_ issuer: Certificate) throws(PKIError) -> [UInt8] {
    try issuer.withHandle { issuer throws(PKIError) in
      if let identifier = X509_get0_subject_key_id(issuer) {
        return Array(
          UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(identifier), count: Int(max(0, ASN1_STRING_length(identifier)))))
      }
      return try keyIdentifier(of: issuer)
    }
  }

  /// The leftmost 160 bits of the SHA-256 of the public key (RFC 7093, section 2, method 1).
  private func keyIdentifier(of certificate: OpaquePointer) throws(PKIError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    try check(X509_pubkey_digest(certificate, EVP_sha256(), &digest, &length))
    return Array(digest.prefix(20))
  }

  private func octets(_ bytes: [UInt8]) throws(PKIError) -> UnsafeMutablePointer<ASN1_OCTET_STRING> {
    guard let string = ASN1_OCTET_STRING_new() else { throw failure() }
    guard ASN1_OCTET_STRING_set(string, bytes, Int32(clamping: bytes.count)) == 1 else {
      ASN1_OCTET_STRING_free(string)
      throw failure()
    }
    return string
  }

  private func add(
    _ identifier: Int32, _ value: UnsafeMutableRawPointer, critical: Bool
  ) throws(PKIError) {
    try check(X509_add1_ext_i2d(certificate, identifier, value, critical ? 1 : 0, UInt(X509V3_ADD_DEFAULT)))
  }

  private func check(_ result: Int32) throws(PKIError) {
    if result <= 0 { throw failure() }
  }

  private func failure() -> PKIError { .openSSL(.libraryFailure, "the certificate could not be built") }
}
