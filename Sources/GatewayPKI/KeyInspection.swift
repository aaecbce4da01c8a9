import COpenSSLShim
import CertificatePolicy
import KubeCore

/// Queries of an OpenSSL key, private or public. The caller keeps the key alive.
enum KeyInspection {
  /// The algorithm; `nil` for one that this library doesn't issue.
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

  /// The algorithm and size as text, such as `RSA 1024`.
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

  /// The key's SubjectPublicKeyInfo in DER.
  static func publicKeyInfo(of key: OpaquePointer) throws(PKIError) -> [UInt8] {
    // Built here where that is simple: OpenSSL 3.0's encoder takes longer than generating the key.
    if let algorithm = algorithm(of: key), let identifier = algorithm.identifier,
      let octets = publicOctets(of: key, algorithm)
    {
      return DER.sequence(identifier, DER.bitString(octets))
    }
    return try encoded("the public key") { i2d_PUBKEY(key, $0) }
  }

  /// The public point, uncompressed, or the public octets of Ed25519; `nil` where they aren't
  /// available in that form.
  static func publicOctets(of key: OpaquePointer, _ algorithm: KeyAlgorithm) -> [UInt8]? {
    var octets = [UInt8](repeating: 0, count: 133)
    var length = octets.count
    defer { ERR_clear_error() }
    switch algorithm {
    case .ecdsaP256, .ecdsaP384:
      guard EVP_PKEY_get_octet_string_param(key, "pub", &octets, octets.count, &length) == 1,
        length == (algorithm == .ecdsaP256 ? 65 : 97), octets.first == 4
      else { return nil }
    case .ed25519:
      guard EVP_PKEY_get_raw_public_key(key, &octets, &length) == 1, length == 32 else { return nil }
    case .rsa2048, .rsa3072, .rsa4096: return nil
    }
    return Array(octets.prefix(length))
  }
}

extension KeyAlgorithm {
  /// The AlgorithmIdentifier of keys in DER; `nil` for RSA, which is left to OpenSSL.
  var identifier: [UInt8]? {
    let (key, curve) = (DER.objectIdentifier(ObjectIdentifier.ellipticKey), DER.objectIdentifier)
    return switch self {
    case .ecdsaP256: DER.sequence(key, curve(ObjectIdentifier.p256))
    case .ecdsaP384: DER.sequence(key, curve(ObjectIdentifier.p384))
    case .ed25519: DER.sequence(DER.objectIdentifier(ObjectIdentifier.ed25519))
    case .rsa2048, .rsa3072, .rsa4096: nil
    }
  }
}

/// The output of an `i2d` function of OpenSSL.
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

/// The SHA-256 (FIPS 180-4) of bytes.
enum SHA256 {
  /// The digest's implementation, fetched once: a fetch per digest takes longer than the digest. It
  /// is never changed or freed, so that any thread may use it.
  private nonisolated(unsafe) static let fetched = EVP_MD_fetch(nil, "SHA256", nil)

  static func digest(_ bytes: some ContiguousBytes) throws(PKIError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let done = bytes.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count, &digest, &length, fetched, nil) }
    guard done == 1, length == 32 else { throw PKIError.openSSL(.libraryFailure, "SHA-256 is not available") }
    return digest
  }

  /// The digest in lower-case hexadecimal digits.
  static func fingerprint(_ bytes: some ContiguousBytes) throws(PKIError) -> String {
    hexadecimal(try digest(bytes))
  }
}

/// The bytes in lower-case hexadecimal, two digits per byte.
func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
  return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
    var index = 0
    for byte in bytes where index + 1 < text.count {
      text[index] = digit(byte >> 4)
      text[index + 1] = digit(byte & 0xf)
      index += 2
    }
    return index
  }
}
