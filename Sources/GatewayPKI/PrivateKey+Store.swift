import COpenSSLShim

extension PrivateKey {
  /// Loads the private key at a URI through OpenSSL's OSSL_STORE: `file:` for a file, or any scheme
  /// of a loaded provider, such as `pkcs11:` (RFC 7512) for a key that stays in a token.
  ///
  /// A passphrase or PIN is never requested: the URI contains it or its location (`pin-source`).
  /// Errors never contain the URI. Providers are loaded by OpenSSL's configuration
  /// (`OPENSSL_CONF`), not here.
  public convenience init(uri: String) throws(PKIError) {
    let scheme = uri.prefix { $0 != ":" }
    guard scheme.utf8.count < uri.utf8.count, !scheme.isEmpty, uri.utf8.count <= 4096, !uri.contains("\0"),
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    else {
      throw PKIError(
        .invalidKey,
        "a private key's URI must have a scheme, such as file: or pkcs11:, and at most 4096 bytes")
    }
    try self.init(owning: PrivateKey.load(uri, scheme: scheme.lowercased()))
  }

  private static func load(_ uri: String, scheme: String) throws(PKIError) -> OpaquePointer {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let store = OSSL_STORE_open_ex(uri, nil, nil, UI_null(), nil, nil, nil, nil) else {
      throw PKIError.openSSL(
        .invalidKey,
        "the store of a \(scheme): URI cannot be opened: does it exist, and is a provider loaded?")
    }
    defer { OSSL_STORE_close(store) }
    OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY)
    // A store may contain many other objects; the limit stops a faulty provider.
    for _ in 0..<1000 where OSSL_STORE_eof(store) == 0 {
      guard let info = OSSL_STORE_load(store) else { continue }
      defer { OSSL_STORE_INFO_free(info) }
      guard OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY else { continue }
      if let key = OSSL_STORE_INFO_get1_PKEY(info) { return key }
    }
    throw PKIError.openSSL(.invalidKey, "the store of a \(scheme): URI holds no private key that can be used")
  }
}
