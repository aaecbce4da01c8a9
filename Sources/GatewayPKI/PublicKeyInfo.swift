import CertificatePolicy

/// What a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) says of its key. Whether the key is a good one, such
/// as a point of its curve, is seen when it is used.
struct PublicKeyInfo {
  /// The algorithm, where it is one that is issued here.
  var algorithm: KeyAlgorithm?
  /// The algorithm and size in words, such as `RSA 1024`.
  var description: String
  /// Whether the key has less than the 112 bits of security that NIST SP 800-57 asks for today; `nil` where
  /// that can't be told.
  var isWeak: Bool?

  /// Reads a SubjectPublicKeyInfo.
  init(_ reader: DERReader, _ element: DERReader.Element) throws(DERReader.Malformed) {
    var info = reader.inside(element)
    var identifier = try info.enter(DERReader.Tag.sequence, "the public key's algorithm")
    let type = try identifier.objectIdentifier("the public key's algorithm")
    let parameters = identifier.isAtEnd ? nil : try identifier.next()
    try identifier.finish("the public key's algorithm")
    let (key, unused) = try info.bitString("the public key")
    try info.finish("the public key")
    guard unused == 0 else { throw .init(what: "the public key is not in whole octets") }

    (algorithm, description, isWeak) = (nil, ObjectIdentifier.text(type) ?? "unknown", nil)
    if type.elementsEqual(ObjectIdentifier.pkcs1 + [1]) {
      guard let bits = PublicKeyInfo.modulusBits(key) else { return }
      switch bits {
      case 2048: algorithm = .rsa2048
      case 3072: algorithm = .rsa3072
      case 4096: algorithm = .rsa4096
      default: break
      }
      (description, isWeak) = ("RSA \(bits)", bits < 2048)
    } else if type.elementsEqual(ObjectIdentifier.ellipticKey) {
      guard let parameters, parameters.tag == DERReader.Tag.objectIdentifier else {
        description = "ECDSA on a curve without a name"
        return
      }
      let curve = Array(reader.content(parameters))
      guard let known = PublicKeyInfo.curves[curve] else {
        description = "ECDSA \(ObjectIdentifier.text(curve) ?? "unknown")"
        return
      }
      guard PublicKeyInfo.isPoint(key, size: known.size) else { return }
      (algorithm, description, isWeak) = (known.algorithm, "ECDSA \(known.name)", false)
    } else if type.elementsEqual(ObjectIdentifier.ed25519), parameters == nil, key.count == 32 {
      (algorithm, description, isWeak) = (.ed25519, "Ed25519", false)
    }
  }

  private static let curves: [[UInt8]: (name: String, size: Int, algorithm: KeyAlgorithm?)] = [
    ObjectIdentifier.p256: ("P-256", 32, .ecdsaP256),
    ObjectIdentifier.p384: ("P-384", 48, .ecdsaP384),
    [0x2b, 0x81, 0x04, 0x00, 0x23]: ("P-521", 66, nil),
  ]

  /// An elliptic point (SEC 1, section 2.3.3), compressed or not.
  private static func isPoint(_ key: [UInt8], size: Int) -> Bool {
    switch key.first {
    case 4: key.count == 1 + 2 * size
    case 2, 3: key.count == 1 + size
    default: false
    }
  }

  /// The size of the modulus of an RSAPublicKey (RFC 8017, appendix A.1.1).
  private static func modulusBits(_ key: [UInt8]) -> Int? {
    var outer = DERReader(key)
    guard var numbers = try? outer.enter(DERReader.Tag.sequence, "an RSA key"), outer.isAtEnd,
      let modulus = try? numbers.integer("a modulus"), let exponent = try? numbers.integer("an exponent"),
      numbers.isAtEnd, let first = modulus.first, first < 0x80, exponent.first ?? 0x80 < 0x80
    else { return nil }
    let octets = modulus.drop { $0 == 0 }
    guard let leading = octets.first else { return nil }
    return octets.count * 8 - leading.leadingZeroBitCount
  }
}
