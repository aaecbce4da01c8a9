/// An algorithm and size of keys that certificates are issued with. The raw values are those of the
/// configuration.
public enum KeyAlgorithm: String, CaseIterable, Sendable, Hashable {
  /// ECDSA on the curve P-256 (FIPS 186-5): the default, generated in microseconds.
  case ecdsaP256 = "ECDSAP256"
  /// ECDSA on the curve P-384.
  case ecdsaP384 = "ECDSAP384"
  /// Ed25519 (RFC 8032, RFC 8410). Not every TLS client accepts it.
  case ed25519 = "Ed25519"
  /// RSA with a modulus of 2048 bits.
  case rsa2048 = "RSA2048"
  /// RSA with a modulus of 3072 bits.
  case rsa3072 = "RSA3072"
  /// RSA with a modulus of 4096 bits. Generating one can take seconds.
  case rsa4096 = "RSA4096"

  /// Whether the keys are RSA keys, which a TLS 1.2 client may use to encipher a session key.
  public var isRSA: Bool {
    switch self {
    case .rsa2048, .rsa3072, .rsa4096: true
    case .ecdsaP256, .ecdsaP384, .ed25519: false
    }
  }
}
