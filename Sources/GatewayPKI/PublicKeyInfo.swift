import CertificatePolicy

/// The contents of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7). The key itself, such as a
/// point of its curve, is verified when it is used.
///
/// Keys of kinds that Go supports must be valid for Go; keys of other kinds are never relied on.
struct PublicKeyInfo {
  /// A kind of key that is treated in a particular way.
  enum Kind {
    case rsa
    /// An elliptic curve's point.
    case ecdsa
    case other
  }

  /// The kind of key.
  var kind = Kind.other
  /// The algorithm; `nil` for one that this library doesn't issue.
  var algorithm: KeyAlgorithm?
  /// The algorithm and size as text, such as `RSA 1024`.
  var description: String
  /// Whether the key has less than 112 bits of security, the minimum of NIST SP 800-57; `nil` where
  /// that is unknown.
  var isWeak: Bool?
  /// The property because of which Go refuses everything that the key signs, although the key is
  /// strong enough.
  var flaw: String?

  /// The kind of key of a SubjectPublicKeyInfo in DER; `nil` where it is malformed.
  static func kind(of der: [UInt8]) -> Kind? {
    var outer = DERReader(der)
    guard let element = try? outer.next() else { return nil }
    return (try? PublicKeyInfo(outer, element))?.kind
  }

  /// Decodes a SubjectPublicKeyInfo.
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
      guard let parameters, parameters.tag == DERReader.Tag.null, parameters.content.isEmpty else {
        throw .init(what: "the RSA key's parameters are not NULL")
      }
      try readRSA(key)
    } else if type.elementsEqual(ObjectIdentifier.ellipticKey) {
      func unknown(_ curve: String) -> DERReader.Malformed {
        .init(what: "the public key is of a kind that cannot be judged (ECDSA \(curve))")
      }
      guard let parameters, parameters.tag == DERReader.Tag.objectIdentifier else {
        throw unknown("on a curve without a name")
      }
      let curve = Array(reader.content(parameters))
      guard let known = PublicKeyInfo.curves[curve] else {
        throw unknown(ObjectIdentifier.text(curve) ?? "unknown")
      }
      guard key.first == 4, key.count == 1 + 2 * known.size else {
        throw .init(what: "the public key is not an uncompressed point of \(known.name)")
      }
      (kind, description) = (.ecdsa, "ECDSA \(known.name)")
      if known.size >= 32 { (algorithm, isWeak) = (known.algorithm, false) }
    } else if type.elementsEqual(ObjectIdentifier.dsa) {
      try PublicKeyInfo.checkDSA(key, parameters: parameters.map { reader.inside($0) }, tag: parameters?.tag)
    } else if let (name, size) = PublicKeyInfo.sizes[Array(type)] {
      guard parameters == nil, key.count == size else {
        throw .init(what: "the \(name) key has parameters or is not of \(size) octets")
      }
      description = name
      if type.elementsEqual(ObjectIdentifier.ed25519) { (algorithm, isWeak) = (.ed25519, false) }
    }
  }

  /// The curves that Go supports.
  private static let curves: [[UInt8]: (name: String, size: Int, algorithm: KeyAlgorithm?)] = [
    [0x2b, 0x81, 0x04, 0x00, 0x21]: ("P-224", 28, nil),
    ObjectIdentifier.p256: ("P-256", 32, .ecdsaP256),
    ObjectIdentifier.p384: ("P-384", 48, .ecdsaP384),
    [0x2b, 0x81, 0x04, 0x00, 0x23]: ("P-521", 66, nil),
  ]

  /// The keys that are a fixed number of octets (RFC 8410, RFC 9881).
  private static let sizes: [[UInt8]: (name: String, size: Int)] = [
    ObjectIdentifier.ed25519: ("Ed25519", 32),
    ObjectIdentifier.nistSignature + [17]: ("ML-DSA-44", 1312),
    ObjectIdentifier.nistSignature + [18]: ("ML-DSA-65", 1952),
    ObjectIdentifier.nistSignature + [19]: ("ML-DSA-87", 2592),
  ]

  /// Decodes an RSAPublicKey (RFC 8017, appendix A.1.1).
  private mutating func readRSA(_ key: [UInt8]) throws(DERReader.Malformed) {
    var outer = DERReader(key)
    var numbers = try outer.enter(DERReader.Tag.sequence, "the RSA key")
    try outer.finish("the RSA key")
    let modulus = try numbers.integer("the RSA key's modulus")
    let exponent = try numbers.shortInteger("the RSA key's exponent")
    try numbers.finish("the RSA key")
    for number in [modulus, exponent] where number.first ?? 0x80 >= 0x80 || number.elementsEqual([0]) {
      throw .init(what: "a number of the RSA key is not positive")
    }
    let octets = modulus.drop { $0 == 0 }
    let bits = octets.count * 8 - (octets.first?.leadingZeroBitCount ?? 0)
    switch bits {
    case 2048: algorithm = .rsa2048
    case 3072: algorithm = .rsa3072
    case 4096: algorithm = .rsa4096
    default: break
    }
    (kind, description, isWeak) = (.rsa, "RSA \(bits)", bits < 2048)
    let value = exponent.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if (modulus.last ?? 0) & 1 == 0 {
      flaw = "an even modulus"
    } else if value & 1 == 0 || value == 1 || value > 0x7fff_ffff {
      flaw = "the public exponent \(value)"
    }
  }

  /// Throws for a DSA key (RFC 3279, section 2.3.2) that Go doesn't parse.
  private static func checkDSA(
    _ key: [UInt8], parameters: DERReader?, tag: UInt8?
  ) throws(DERReader.Malformed) {
    guard tag == DERReader.Tag.sequence, var numbers = parameters else {
      throw .init(what: "the DSA key's parameters are missing")
    }
    var value = DERReader(key)
    var all = [try value.integer("the DSA key")]
    for _ in 0..<3 { all.append(try numbers.integer("the DSA key's parameters")) }
    for number in all where number.first ?? 0x80 >= 0x80 || number.elementsEqual([0]) {
      throw .init(what: "a number of the DSA key is not positive")
    }
  }
}
