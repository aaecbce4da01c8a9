import COpenSSLShim
import CertificatePolicy

/// Questions to a key of OpenSSL's, private or public. The caller keeps the key alive.
enum KeyInspection {
  /// The algorithm, where it is one that is issued here.
  static func algorithm(of key: OpaquePointer) -> KeyAlgorithm? {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA:
      switch EVP_PKEY_get_bits(key) {
      case 2048: .rsa2048
      case 3072: .rsa3072
      case 4096: .rsa4096
      default: nil
      }
    case EVP_PKEY_EC:
      switch group(of: key) {
      case "prime256v1", "P-256": .ecdsaP256
      case "secp384r1", "P-384": .ecdsaP384
      default: nil
      }
    case EVP_PKEY_ED25519: .ed25519
    default: nil
    }
  }

  /// The algorithm and size in words, such as `RSA 1024`.
  static func description(of key: OpaquePointer) -> String {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA: "RSA \(EVP_PKEY_get_bits(key))"
    case EVP_PKEY_EC: "ECDSA " + (group(of: key) ?? "on a curve without a name")
    case EVP_PKEY_ED25519: "Ed25519"
    default: EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
    }
  }

  private static func group(of key: OpaquePointer) -> String? {
    var name = [CChar](repeating: 0, count: 80)
    var length = 0
    guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
    return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The SHA-256 of the key's SubjectPublicKeyInfo, in lower-case hexadecimal digits.
  static func fingerprint(of key: OpaquePointer) throws(PKIError) -> String {
    try sha256(encoded("the public key") { i2d_PUBKEY(key, $0) })
  }
}

/// What an `i2d` function of OpenSSL writes.
func encoded(
  _ what: String, _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) throws(PKIError) -> [UInt8] {
  var buffer: UnsafeMutablePointer<UInt8>?
  let length = encode(&buffer)
  defer { CRYPTO_free(buffer, #fileID, #line) }
  guard length > 0, let buffer else {
    throw PKIError.openSSL(.libraryFailure, "\(what) could not be encoded")
  }
  return Array(UnsafeBufferPointer(start: buffer, count: Int(length)))
}

/// The SHA-256 in lower-case hexadecimal digits.
func sha256(_ bytes: [UInt8]) throws(PKIError) -> String {
  var digest = [UInt8](repeating: 0, count: 32)
  var length = 0
  guard EVP_Q_digest(nil, "SHA256", nil, bytes, bytes.count, &digest, &length) == 1, length == 32 else {
    throw PKIError.openSSL(.libraryFailure, "SHA-256 is not to be had")
  }
  return hexadecimal(digest)
}

/// Lower-case hexadecimal digits, two for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xf)]] }, as: UTF8.self)
}
