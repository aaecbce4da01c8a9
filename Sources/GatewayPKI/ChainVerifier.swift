import COpenSSLShim
public import KubeCore

/// A verifier of a server's certificate chain that works like a TLS client (RFC 5280, section 6, by
/// OpenSSL) at a given time.
public enum ChainVerifier {
  /// The required usage of the chain's first certificate.
  public enum Usage: Sendable, Hashable {
    /// The usage as a TLS server's.
    case server
    /// The usage as a TLS client's.
    case client
    /// Any usage that its extensions allow, such as a CA's.
    case any
  }

  /// Verifies a chain.
  ///
  /// Every certificate in `caCertificates` is a trust anchor, whether self-signed or not, as in
  /// Go's TLS client. Names are matched against the subject alternative names only. Keys and
  /// signatures must have 112 bits of security. OpenSSL considers a certificate expired one second
  /// early: at `notAfter` itself.
  ///
  /// - Parameters:
  ///   - chain: The server's chain, its own certificate first.
  ///   - serverName: The expected DNS name or IP address; `nil` for any.
  ///   - now: The time at which the chain must be valid; `nil` to ignore time.
  ///   - caCertificates: The trust anchors.
  ///   - usage: The required usage of the first certificate.
  ///   - strict: Whether all of RFC 5280's rules on extensions are enforced
  ///     (`X509_V_FLAG_X509_STRICT`), which clients seldom do.
  public static func verify(
    chain: [Certificate], serverName: String?, at now: Date?, trusting caCertificates: [Certificate],
    usage: Usage = .server, strict: Bool = false
  ) -> CertificateVerification {
    let notRun = CertificateVerification(failures: [
      .init(openSSLError: X509_V_ERR_UNSPECIFIED, depth: 0)
    ])
    let seconds = now?.timeIntervalSince1970
    guard let leaf = chain.first, chain.count <= PKILimits.certificates, abs(seconds ?? 0) < 1e12 else {
      return notRun
    }
    ERR_clear_error()
    defer { ERR_clear_error() }
    // A store and a stack only refer to their contents; these arrays outlive both.
    return withExtendedLifetime((chain, caCertificates)) {
      guard let store = X509_STORE_new() else { return notRun }
      defer { X509_STORE_free(store) }
      for ca in caCertificates {
        guard ca.withHandle({ X509_STORE_add_cert(store, $0) }) == 1 else { return notRun }
      }
      guard let sent = COpenSSLShim_sk_X509_new_null() else { return notRun }
      defer { COpenSSLShim_sk_X509_free(sent) }
      for certificate in chain.dropFirst() {
        guard certificate.withHandle({ COpenSSLShim_sk_X509_push(sent, $0) }) ?? 0 > 0 else { return notRun }
      }
      guard let context = X509_STORE_CTX_new() else { return notRun }
      defer { X509_STORE_CTX_free(context) }
      guard leaf.withHandle({ X509_STORE_CTX_init(context, store, $0, sent) }) == 1,
        let parameters = X509_STORE_CTX_get0_param(context),
        set(
          parameters, serverName: serverName, time: seconds.map { Int($0.rounded(.down)) }, usage: usage,
          strict: strict)
      else { return notRun }
      var found = [COpenSSLShim_Failure](repeating: COpenSSLShim_Failure(), count: 32)
      let count = COpenSSLShim_verify_all(context, &found, Int32(found.count))
      guard count >= 0 else { return notRun }
      return CertificateVerification(
        failures: found.prefix(Int(count)).map { .init(openSSLError: $0.code, depth: Int($0.depth)) })
    }
  }

  private static func set(
    _ parameters: OpaquePointer, serverName: String?, time: Int?, usage: Usage, strict: Bool
  ) -> Bool {
    if let time { X509_VERIFY_PARAM_set_time(parameters, time) }
    X509_VERIFY_PARAM_set_auth_level(parameters, 2)
    X509_VERIFY_PARAM_set_hostflags(
      parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    let flags =
      X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | (strict ? X509_V_FLAG_X509_STRICT : 0)
      | (time == nil ? X509_V_FLAG_NO_CHECK_TIME : 0)
    guard X509_VERIFY_PARAM_set_flags(parameters, UInt(flags)) == 1,
      X509_VERIFY_PARAM_set_purpose(parameters, usage.purpose) == 1
    else { return false }
    guard let serverName else { return true }
    if let address = IPAddress(serverName) {
      return X509_VERIFY_PARAM_set1_ip(parameters, address.bytes, address.bytes.count) == 1
    }
    // OpenSSL would check no name for an empty one, and accept every subdomain for a leading dot.
    guard !serverName.isEmpty, !serverName.hasPrefix("."), !serverName.contains("\0") else { return false }
    return X509_VERIFY_PARAM_set1_host(parameters, serverName, serverName.utf8.count) == 1
  }
}

extension ChainVerifier.Usage {
  /// OpenSSL's number.
  fileprivate var purpose: Int32 {
    switch self {
    case .server: X509_PURPOSE_SSL_SERVER
    case .client: X509_PURPOSE_SSL_CLIENT
    case .any: X509_PURPOSE_ANY
    }
  }
}
