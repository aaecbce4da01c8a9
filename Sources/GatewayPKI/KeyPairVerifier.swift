import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// A verifier of a certificate chain and its private key when they are loaded, from a Secret or
/// from files.
public enum KeyPairVerifier {
  /// Verifies a chain and a key in PEM: sizes first, then syntax, then everything else.
  ///
  /// - Parameters:
  ///   - certificatePEM: The chain, the certificate to use first; absent or empty where there is
  ///     none.
  ///   - keyPEM: Its private key; absent or empty where there is none.
  ///   - purpose: The intended purpose.
  ///   - names: The DNS names and IP addresses that peers will expect. Each of them must be
  ///     certified. For a CA, they are those of a server that it will sign for, which peers must
  ///     accept.
  ///   - now: The time at which they must be valid.
  ///   - caCertificates: The CAs that peers trust. One of them must have signed the chain.
  ///   - strict: Whether all of RFC 5280's rules on extensions are enforced, which peers seldom do.
  public static func verify(
    certificatePEM: SecretBytes?, keyPEM: SecretBytes?, purpose: IssuanceRequest.Purpose,
    names: [String] = [], at now: Date, trusting caCertificates: [Certificate], strict: Bool = false
  ) -> CertificateVerification {
    let certificatePEM = certificatePEM ?? SecretBytes([])
    let keyPEM = keyPEM ?? SecretBytes([])
    if certificatePEM.isEmpty, keyPEM.isEmpty {
      return CertificateVerification(failures: [
        .init(.absent, "there is neither a certificate nor a private key")
      ])
    }
    var result = CertificateVerification()
    var chain: [Certificate] = []
    var key: PrivateKey?
    do throws(PKIError) { chain = try Certificate.chain(pem: certificatePEM) } catch {
      result.add(.init(error.code == .tooLarge ? .tooLarge : .unreadable, error.description))
    }
    do throws(PKIError) { key = try PrivateKey(pem: keyPEM) } catch {
      result.add(.init(error.code == .tooLarge ? .tooLarge : .unreadable, error.description))
    }
    guard let leaf = chain.first else { return result }
    if let key {
      let keyMatches = key.matches(leaf)
      result.facts = KeyPairFacts(
        chain: chain.map(\.facts), keyMatches: keyMatches,
        signerFingerprints: Set(caCertificates.filter { leaf.isSigned(by: $0) }.map(\.facts.fingerprint)))
      if !keyMatches {
        result.add(.init(.keyMismatch, depth: 0, "the private key does not belong to \(leaf)"))
      }
    }
    result.add(
      verify(
        chain: chain, key: key, purpose: purpose, names: names, at: now, trusting: caCertificates,
        strict: strict
      ).failures)
    return result
  }

  /// Verifies a chain alone.
  public static func verify(
    chain: [Certificate], purpose: IssuanceRequest.Purpose, names: [String] = [], at now: Date,
    trusting caCertificates: [Certificate], strict: Bool = false
  ) -> CertificateVerification {
    verify(
      chain: chain, key: nil, purpose: purpose, names: names, at: now, trusting: caCertificates,
      strict: strict)
  }

  private static func verify(
    chain: [Certificate], key: PrivateKey?, purpose: IssuanceRequest.Purpose, names: [String],
    at now: Date, trusting caCertificates: [Certificate], strict: Bool
  ) -> CertificateVerification {
    guard let leaf = chain.first else {
      return CertificateVerification(failures: [.init(.absent, "there is no certificate")])
    }
    var result = CertificateVerification(
      failures: chainFailures(chain, purpose: purpose, at: now, trusting: caCertificates, strict: strict))
    if let usage = wrongUsage(leaf.facts, purpose) { result.add(.init(.wrongUsage, depth: 0, usage)) }
    if purpose == .ca {
      if !names.isEmpty { result.add(issuanceFailures(of: leaf, key: key, names: names)) }
    } else {
      let missing = names.filter { !leaf.isValid(for: $0) }
      if !missing.isEmpty {
        result.add(.init(.nameMissing, depth: 0, "\(leaf) lacks \(missing.joined(separator: ", "))"))
      }
    }
    for (depth, certificate) in chain.enumerated() {
      if let weakness = certificate.facts.weakness {
        result.add(.init(.weak, depth: depth, "\(certificate) is too weak: \(weakness)"))
      }
    }
    return result
  }

  /// The reasons, for people, why peers would refuse a chain, beyond what `CertificateFacts` show:
  /// those about extensions, constraints and signatures. Time and trust are ignored.
  ///
  /// - Parameters:
  ///   - chain: The chain.
  ///   - key: The private key.
  ///   - purpose: The intended purpose.
  ///   - names: For a CA, the names of a server that it will sign for.
  ///   - signers: The known signers of the chain; without any, only a CA is verified.
  static func problems(
    of chain: [Certificate], key: PrivateKey, purpose: IssuanceRequest.Purpose, names: [String],
    signers: [Certificate]
  ) -> [String] {
    guard let leaf = chain.first else { return [] }
    let failures: [CertificateVerification.Failure]
    if purpose == .ca {
      // The facts show whether it may sign at all and whether the key is its own.
      let signs = leaf.facts.maySignCertificates && key.matches(leaf)
      failures = signs ? issuanceFailures(of: leaf, key: key, names: names) : []
    } else if signers.isEmpty {
      failures = []
    } else {
      failures = chainFailures(chain, purpose: purpose, at: nil, trusting: signers).filter {
        $0.code != .weak && ($0.depth != 0 || $0.code != .wrongUsage)
      }
    }
    return failures.map(\.description)
  }

  /// The failures that clients would find in a server's certificate with these names, signed by
  /// `ca`; time is ignored.
  ///
  /// A sample certificate is issued and verified. Without the CA's key, another key of the same
  /// kind signs it, and the wrong signature is ignored.
  private static func issuanceFailures(
    of ca: Certificate, key: PrivateKey?, names: [String]
  ) -> [CertificateVerification.Failure] {
    let request = IssuanceRequest(
      id: "sample", purpose: .serving, commonName: names.first ?? "server",
      dnsNames: names.filter { IPAddress($0) == nil }, ipAddresses: names.filter { IPAddress($0) != nil },
      notBefore: ca.facts.notBefore, notAfter: ca.facts.notAfter, reason: "sample")
    do throws(PKIError) {
      let kind = ca.facts.keyAlgorithm.map { $0.isRSA ? .rsa2048 : $0 } ?? .ecdsaP256
      let (signer, isItsOwn) =
        if let key, key.matches(ca) { (key, true) } else { (try PrivateKey.generate(kind), false) }
      let sample = try CertificateBuilder.certificate(
        for: request, key: PrivateKey.generate(.ecdsaP256), issuer: ca, signer: signer)
      return chainFailures([sample], purpose: .serving, at: nil, trusting: [ca])
        .filter { $0.code != .weak && (isItsOwn || $0.code != .badSignature) }
        .map { failure in
          var failure = failure
          failure.depth = 0
          return failure
        }
    } catch {
      return [.init(.notVerified, depth: 0, error.description)]
    }
  }

  /// The failures of a chain in the eyes of peers that trust `caCertificates`; without a time,
  /// validity periods are ignored.
  private static func chainFailures(
    _ chain: [Certificate], purpose: IssuanceRequest.Purpose, at now: Date?,
    trusting caCertificates: [Certificate], strict: Bool = false
  ) -> [CertificateVerification.Failure] {
    var result = CertificateVerification(
      failures: goFailures(in: chain, purpose: purpose, trusting: caCertificates))
    for usage in purpose.usages {
      let found = ChainVerifier.verify(
        chain: chain, serverName: nil, at: now, trusting: caCertificates, usage: usage, strict: strict)
      result.add(
        found.failures.filter { !isOnlyOpenSSLs($0, in: chain, trusting: caCertificates) })
    }
    return result.failures
  }

  /// The failures that only Go's crypto/x509 finds in a chain. API servers verify servers with it.
  ///
  /// OpenSSL processes some extensions that Go doesn't, and accepts older purposes of TLS servers.
  private static func goFailures(
    in chain: [Certificate], purpose: IssuanceRequest.Purpose, trusting caCertificates: [Certificate]
  ) -> [CertificateVerification.Failure] {
    func isRefused(_ certificate: Certificate) -> Bool {
      !goFailures(of: certificate, purpose: purpose, depth: 1).isEmpty
    }
    // Signatures are verified only where the signer matters.
    guard chain.contains(where: isRefused) || caCertificates.contains(where: isRefused) else { return [] }
    var failures: [CertificateVerification.Failure] = []
    for (depth, certificate) in chain.enumerated() {
      failures += goFailures(of: certificate, purpose: purpose, depth: depth)
      let issuers = caCertificates.filter { certificate.isSigned(by: $0) }
      guard let issuer = issuers.first else { continue }
      if issuers.allSatisfy(isRefused) {
        failures += goFailures(of: issuer, purpose: purpose, depth: depth + 1)
      }
      break
    }
    return failures
  }

  /// The failures that only Go finds in the certificate at `depth` of a chain.
  private static func goFailures(
    of certificate: Certificate, purpose: IssuanceRequest.Purpose, depth: Int
  ) -> [CertificateVerification.Failure] {
    let facts = certificate.facts
    let place = "(certificate \(depth) of the chain)"
    var failures = facts.unhandledCriticalExtensions.prefix(1).map {
      CertificateVerification.Failure(
        .nonconforming, depth: depth, "unhandled critical extension \($0) \(place)")
    }
    let usages = facts.extendedKeyUsages
    if depth > 0, !usages.isEmpty, !usages.contains(.any), !usages.isSuperset(of: purpose.extendedKeyUsages) {
      failures.append(.init(.wrongUsage, depth: depth, "unsuitable certificate purpose \(place)"))
    }
    return failures
  }

  /// Whether only OpenSSL finds this failure: other verifiers accept a CA whose extended key usage
  /// is anyExtendedKeyUsage (RFC 5280, section 4.2.1.12).
  private static func isOnlyOpenSSLs(
    _ failure: CertificateVerification.Failure, in chain: [Certificate],
    trusting caCertificates: [Certificate]
  ) -> Bool {
    guard failure.code == .wrongUsage, let depth = failure.depth, depth > 0 else { return false }
    let above = chain.dropFirst() + caCertificates
    return above.contains { $0.facts.maySignCertificates && $0.facts.extendedKeyUsages.contains(.any) }
  }

  /// Throws where peers would refuse a newly issued certificate.
  static func confirm(
    _ leaf: Certificate, under ca: Certificate, as request: IssuanceRequest
  ) throws(PKIError) {
    // A CA without constraints can't affect it, and skipping saves most of the time of issuing.
    guard ca.constrainsWhatItSigns else { return }
    let failures = chainFailures([leaf], purpose: request.purpose, at: nil, trusting: [ca]).filter {
      $0.code != .weak
    }
    guard failures.isEmpty else {
      throw PKIError(
        .wrongCA,
        "\"\(request.id)\": peers would refuse what \(ca) signs: \(failures.map(\.description).joined(separator: "; "))"
      )
    }
  }

  /// The reason why a certificate may not be used for `purpose`; `nil` if it may. OpenSSL leaves
  /// this check to its caller: it accepts a CA as a server's certificate unless the extended key
  /// usage excludes that.
  private static func wrongUsage(
    _ facts: CertificateFacts, _ purpose: IssuanceRequest.Purpose
  ) -> String? {
    switch purpose {
    case .ca: facts.maySignCertificates ? nil : "the certificate may not sign certificates"
    case _ where facts.isCA: "the certificate is a CA's"
    case .serving: facts.mayServeTLS ? nil : "the certificate may not be used by a TLS server"
    case .client: facts.mayAuthenticateClients ? nil : "the certificate may not be used by a TLS client"
    case .peer:
      facts.mayServeTLS && facts.mayAuthenticateClients
        ? nil : "the certificate may not be used by a TLS server that is a client too"
    }
  }
}

extension IssuanceRequest.Purpose {
  /// The usages for which peers verify such a certificate.
  fileprivate var usages: [ChainVerifier.Usage] {
    switch self {
    case .ca: [.any]
    case .serving: [.server]
    case .client: [.client]
    case .peer: [.server, .client]
    }
  }

  /// The extended key usages that a CA with such an extension must have.
  fileprivate var extendedKeyUsages: Set<ExtendedKeyUsage> {
    switch self {
    case .ca: []
    case .serving: [.serverAuth]
    case .client: [.clientAuth]
    case .peer: [.serverAuth, .clientAuth]
    }
  }
}

extension Certificate {
  /// Whether the validity of signed certificates depends on the CA's extensions: constraints of
  /// names or usages, or extensions that are malformed, or critical and unknown.
  fileprivate var constrainsWhatItSigns: Bool {
    !facts.unhandledCriticalExtensions.isEmpty
      || withHandle { certificate in
        // UInt32.max means no extended key usage. The call caches the decoded extensions.
        X509_get_extended_key_usage(certificate) != .max
          || X509_get_extension_flags(certificate) & UInt32(EXFLAG_CRITICAL | EXFLAG_INVALID) != 0
          || X509_get_ext_by_NID(certificate, NID_name_constraints, -1) >= 0
      } ?? true
  }

  /// Whether a client that expects this DNS name or IP address accepts the certificate: by its
  /// subject alternative names only, whole-label wildcards included (RFC 6125).
  public func isValid(for name: String) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
    let found = withHandle { certificate in
      if let address = IPAddress(name) {
        return X509_check_ip(certificate, address.bytes, address.bytes.count, 0) == 1
      }
      // A leading dot would match every subdomain.
      guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(0) else { return false }
      return X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
    }
    return found == true
  }
}
