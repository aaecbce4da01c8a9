import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// A private key that signs: RSA, ECDSA or Ed25519. OpenSSL wipes it when the last reference is
/// released.
///
/// `@unchecked Sendable`: the key isn't changed after `init`, and OpenSSL 3 guards its caches in a
/// key by a lock.
public final class PrivateKey: @unchecked Sendable, CustomStringConvertible {
  private let key: OpaquePointer
  /// The algorithm; `nil` for a supported key of an algorithm that ``generate(_:)`` doesn't have.
  public let algorithm: KeyAlgorithm?
  /// The public key: a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER.
  public let publicKeyDER: [UInt8]
  /// The SHA-256 of the public key (its SubjectPublicKeyInfo in DER), in lower-case hexadecimal
  /// digits.
  public let publicKeyFingerprint: String

  /// Takes ownership of `key`, also where it throws.
  init(owning key: OpaquePointer) throws(PKIError) {
    self.key = key
    let (publicKey, fingerprint): ([UInt8], String)
    do throws(PKIError) {
      switch EVP_PKEY_get_base_id(key) {
      case EVP_PKEY_RSA:
        guard Int(EVP_PKEY_get_bits(key)) <= PKILimits.rsaBits else {
          throw PKIError(.tooLarge, "the RSA key has more than \(PKILimits.rsaBits) bits")
        }
      case EVP_PKEY_EC, EVP_PKEY_ED25519: break
      default:
        throw PKIError(
          .unsupportedKey, "the private key is of a kind that does not sign here: use RSA, ECDSA or Ed25519")
      }
      publicKey = try KeyInspection.publicKeyInfo(of: key)
      fingerprint = try SHA256.fingerprint(publicKey)
    } catch {
      EVP_PKEY_free(key)
      // An incomplete object has no deinit.
      throw error
    }
    algorithm = KeyInspection.algorithm(of: key)
    publicKeyDER = publicKey
    publicKeyFingerprint = fingerprint
  }

  deinit { EVP_PKEY_free(key) }

  /// Generates a key. RSA keys take a tenth of a second or more, others microseconds.
  public static func generate(_ algorithm: KeyAlgorithm) throws(PKIError) -> PrivateKey {
    ERR_clear_error()
    let key =
      switch algorithm {
      case .ecdsaP256: COpenSSLShim_EC_gen("P-256")
      case .ecdsaP384: COpenSSLShim_EC_gen("P-384")
      case .ed25519: COpenSSLShim_ED25519_gen()
      case .rsa2048: COpenSSLShim_RSA_gen(2048)
      case .rsa3072: COpenSSLShim_RSA_gen(3072)
      case .rsa4096: COpenSSLShim_RSA_gen(4096)
      }
    guard let key else {
      throw PKIError.openSSL(.libraryFailure, "a key for \(algorithm.rawValue) could not be generated")
    }
    return try PrivateKey(owning: key)
  }

  /// Decodes the first private key of a PEM text: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC 1
  /// (RFC 5915), unencrypted.
  ///
  /// A passphrase is never requested. The limit is ``PKILimits/keyBytes``.
  public convenience init(pem: SecretBytes) throws(PKIError) {
    guard pem.count <= PKILimits.keyBytes else {
      throw PKIError(.tooLarge, "the private key has more than \(PKILimits.keyBytes) bytes")
    }
    try self.init(owning: PrivateKey.read(pem))
  }

  private static func read(_ pem: SecretBytes) throws(PKIError) -> OpaquePointer {
    ERR_clear_error()
    for entry in pem.withExposedBytes({ PEM.entries(in: $0) }) {
      let block = try entry.get()
      switch block.label {
      case "ENCRYPTED PRIVATE KEY":
        throw PKIError(.encryptedKey, "the private key is encrypted: store it unencrypted in the Secret")
      case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
        guard !block.hasHeaders else {
          throw PKIError(.encryptedKey, "the private key is encrypted: store it unencrypted in the Secret")
        }
        return try decode(block)
      default: continue
      }
    }
    throw PKIError(.invalidPEM, "there is no PEM block of a private key")
  }

  private static func decode(_ block: PEM.Block) throws(PKIError) -> OpaquePointer {
    let (key, consumed): (OpaquePointer?, Int) = block.content.withExposedBytes { bytes in
      let start = bytes.bindMemory(to: UInt8.self).baseAddress
      var cursor = start
      var key: OpaquePointer?
      switch block.label {
      case "RSA PRIVATE KEY": key = d2i_PrivateKey(EVP_PKEY_RSA, nil, &cursor, bytes.count)
      case "EC PRIVATE KEY": key = d2i_PrivateKey(EVP_PKEY_EC, nil, &cursor, bytes.count)
      default:
        if let envelope = d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count) {
          key = EVP_PKCS82PKEY(envelope)
          PKCS8_PRIV_KEY_INFO_free(envelope)
        }
      }
      guard let start, let cursor else { return (key, 0) }
      return (key, cursor - start)
    }
    guard let key else { throw PKIError.openSSL(.invalidKey, "the private key cannot be decoded") }
    guard consumed == block.content.count else {
      EVP_PKEY_free(key)
      throw PKIError(.invalidKey, "the private key is followed by other bytes")
    }
    return key
  }

  /// The public key in PEM (`PUBLIC KEY`).
  public var publicKeyPEM: String { PEM.text(label: "PUBLIC KEY", content: publicKeyDER) }

  /// The key in PEM, PKCS#8 (RFC 5958), unencrypted. Throws for a key that can't be exported.
  public func pem() throws(PKIError) -> SecretBytes {
    ERR_clear_error()
    if let der = quickPKCS8() { return PEM.secretText(label: "PRIVATE KEY", content: der) }
    guard let bio = BIO_new(BIO_s_mem()) else {
      throw PKIError.openSSL(.libraryFailure, "no memory for a private key")
    }
    // A memory BIO wipes its buffer when it grows and when it is freed.
    defer { BIO_free(bio) }
    guard PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1 else {
      throw PKIError.openSSL(.unsupportedKey, "the private key can't be exported")
    }
    var count = 0
    let data = COpenSSLShim_BIO_get_mem_data(bio, &count)
    return SecretBytes(UnsafeBufferPointer(start: data, count: count))
  }

  /// The PKCS#8 encoding of kinds whose private part is one number, in OpenSSL's form but faster:
  /// OpenSSL's encoder takes longer than generating the key; `nil` for other kinds.
  private func quickPKCS8() -> SecretBytes? {
    guard let algorithm, let identifier = algorithm.identifier,
      let octets = KeyInspection.publicOctets(of: key, algorithm)
    else { return nil }
    defer { ERR_clear_error() }
    // Zeros at the place of the private number, followed by `tail` octets.
    let (size, tail, inner): (Int, Int, [UInt8])
    if algorithm == .ed25519 {
      (size, tail) = (32, 0)
      inner = DER.octetString([UInt8](repeating: 0, count: size))
    } else {
      let publicKey = DER.element(DERReader.Tag.constructed(1), DER.bitString(octets))
      (size, tail) = (algorithm == .ecdsaP256 ? 32 : 48, publicKey.count)
      inner = DER.sequence(
        DER.integer(1), DER.octetString([UInt8](repeating: 0, count: size)), publicKey)
    }
    let template = DER.sequence(DER.integer(0), identifier, DER.octetString(inner))
    var isFilled = false
    let filled = SecretBytes(count: template.count) { buffer in
      _ = buffer.update(from: template)
      let place = UnsafeMutableBufferPointer(
        rebasing: buffer[(template.count - tail - size)..<(template.count - tail)])
      if algorithm == .ed25519 {
        var length = size
        isFilled = EVP_PKEY_get_raw_private_key(key, place.baseAddress, &length) == 1 && length == size
      } else {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, "priv", &number) == 1 else { return }
        isFilled = BN_bn2binpad(number, place.baseAddress, Int32(size)) == size
        BN_clear_free(number)
      }
    }
    return isFilled ? filled : nil
  }

  /// Whether `certificate` is for this key: the public keys are equal, and a test signature
  /// verifies.
  public func matches(_ certificate: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    if publicKeyFingerprint == certificate.facts.publicKeyFingerprint, proves(to: key) { return true }
    // The same key may be encoded differently, for example by a compressed point.
    return certificate.withPublicKey { publicKey in
      withHandle { EVP_PKEY_eq($0, publicKey) == 1 && proves(to: publicKey) }
    } ?? false
  }

  /// Whether a signature of a fixed text verifies: the only check that detects a damaged private
  /// part.
  private func proves(to publicKey: OpaquePointer) -> Bool {
    let text = Array("proof of possession".utf8)
    guard let signature = try? sign(text) else { return false }
    return verifies(signature, of: text, by: publicKey)
  }

  /// The signature of a text.
  func sign(_ text: [UInt8]) throws(PKIError) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Int(max(0, EVP_PKEY_get_size(key))))
    var length = signature.count
    guard context != nil, EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
      EVP_DigestSign(context, &signature, &length, text, text.count) == 1, length <= signature.count
    else { throw PKIError.openSSL(.libraryFailure, "nothing could be signed with the private key") }
    return Array(signature.prefix(length))
  }

  /// Whether a signature of this kind verifies with the key's own public half.
  func verifies(_ signature: [UInt8], of text: [UInt8]) -> Bool { verifies(signature, of: text, by: key) }

  private func verifies(_ signature: [UInt8], of text: [UInt8], by publicKey: OpaquePointer) -> Bool {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    return context != nil && EVP_DigestVerifyInit(context, nil, digest, nil, publicKey) == 1
      && EVP_DigestVerify(context, signature, signature.count, text, text.count) == 1
  }

  /// The AlgorithmIdentifier of this key's signatures, in DER.
  var signatureAlgorithm: [UInt8] {
    if EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA {
      return DER.sequence(DER.objectIdentifier(ObjectIdentifier.pkcs1 + [11]), DER.null)
    }
    return switch algorithm {
    case .ed25519: DER.sequence(DER.objectIdentifier(ObjectIdentifier.ed25519))
    case .ecdsaP384: DER.sequence(DER.objectIdentifier(ObjectIdentifier.ecdsaWithSHA2 + [3]))
    default: DER.sequence(DER.objectIdentifier(ObjectIdentifier.ecdsaWithSHA2 + [2]))
    }
  }

  /// The digest of this key's signatures; `nil` for Ed25519, which has its own.
  var digest: OpaquePointer? {
    switch algorithm {
    case .ed25519: nil
    case .ecdsaP384: EVP_sha384()
    default: EVP_sha256()
    }
  }

  /// Calls `body` with the key, which this object keeps.
  func withHandle<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = withExtendedLifetime(self) {
      do throws(Failure) { return .success(try body(key)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// The algorithm and the public key's fingerprint; never the key.
  public var description: String {
    "\(withHandle { KeyInspection.description(of: $0) }) private key of \(publicKeyFingerprint.prefix(16))"
  }
}
