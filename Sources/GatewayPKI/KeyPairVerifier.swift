import COpenSSLShim
public import CertificatePolicy
public import KubeCore

public import struct Foundation.Date

/// Verifies a certificate chain and its private key when they are loaded, from a Secret or from files.
public enum KeyPairVerifier {
  /// The verdict on a chain and a key in PEM: sizes first, then syntax, then all else.
  ///
  /// - Parameters:
  ///   - certificatePEM: The chain, the certificate to use first; absent or empty where there is none.
  ///   - keyPEM: Its private key; absent or empty where there is none.
  ///   - purpose: What they are to be used for.
  ///   - names: The DNS names and IP addresses that peers will look for, every one of which must be certified.
  ///   - now: The time at which they are to be valid.
  ///   - authorities: The authorities that peers trust, one of which must have signed the chain.
  ///   - strict: Whether all of RFC 5280's rules on extensions are enforced, which peers seldom do.
  public static func verify(
    certificatePEM: SecretBytes?, keyPEM: SecretBytes?, purpose: CertificateRequest.Purpose,
    names: [String] = [], at now: Date, trusting authorities: [Certificate], strict: Bool = false
  ) -> Verdict {
    let certificatePEM = certificatePEM ?? SecretBytes([])
    let keyPEM = keyPEM ?? SecretBytes([])
    if certificatePEM.isEmpty, keyPEM.isEmpty {
      return Verdict(reasons: [.init(.absent, "there is neither a certificate nor a private key")])
    }
    var verdict = Verdict(reasons: [])
    var chain: [Certificate] = []
    var key: PrivateKey?
    do throws(PKIError) { chain = try Certificate.chain(pem: certificatePEM) } catch {
      verdict.add(.init(error.code == .tooLarge ? .tooLarge : .unreadable, error.description))
    }
    do throws(PKIError) { key = try PrivateKey(pem: keyPEM) } catch {
      verdict.add(.init(error.code == .tooLarge ? .tooLarge : .unreadable, error.description))
    }
    guard let leaf = chain.first else { return verdict }
    if let key {
      let keyMatches = key.matches(leaf)
      verdict.facts = KeyPairFacts(
        chain: chain.map(\.facts), keyMatches: keyMatches,
        signerFingerprints: Set(authorities.filter { leaf.isSigned(by: $0) }.map(\.facts.fingerprint)))
      if !keyMatches {
        verdict.add(.init(.keyMismatch, depth: 0, "the private key does not belong to \(leaf)"))
      }
    }
    for reason in verify(
      chain: chain, purpose: purpose, names: names, at: now, trusting: authorities, strict: strict
    ).reasons { verdict.add(reason) }
    return verdict
  }

  /// The verdict on a chain alone.
  public static func verify(
    chain: [Certificate], purpose: CertificateRequest.Purpose, names: [String] = [], at now: Date,
    trusting authorities: [Certificate], strict: Bool = false
  ) -> Verdict {
    guard let leaf = chain.first else {
      return Verdict(reasons: [.init(.absent, "there is no certificate")])
    }
    var verdict = Verdict(reasons: [])
    let usages: [ChainVerifier.Usage] =
      switch purpose {
      case .authority: [.any]
      case .serving: [.server]
      case .client: [.client]
      case .peer: [.server, .client]
      }
    for usage in usages {
      let objections = ChainVerifier.verify(
        chain: chain, serverName: nil, at: now, trusting: authorities, usage: usage, strict: strict
      ).objections
      for objection in objections { verdict.add(objection.reason) }
    }
    if let usage = wrongUsage(leaf.facts, purpose) { verdict.add(.init(.wrongUsage, depth: 0, usage)) }
    let missing = names.filter { !leaf.isValid(for: $0) }
    if !missing.isEmpty {
      verdict.add(.init(.nameMissing, depth: 0, "\(leaf) lacks \(missing.joined(separator: ", "))"))
    }
    for (depth, certificate) in chain.enumerated() {
      if let weakness = certificate.facts.weakness {
        verdict.add(.init(.weak, depth: depth, "\(certificate) is too weak: \(weakness)"))
      }
    }
    return verdict
  }

  /// What OpenSSL leaves to its caller: an authority is accepted for a server's certificate unless its extended
  /// key usage says otherwise.
  private static func wrongUsage(
    _ facts: CertificateFacts, _ purpose: CertificateRequest.Purpose
  ) -> String? {
    switch purpose {
    case .authority: facts.maySignCertificates ? nil : "the certificate may not sign certificates"
    case _ where facts.isCA: "the certificate is a certificate authority's"
    case .serving: facts.mayServeTLS ? nil : "the certificate may not be used by a TLS server"
    case .client: facts.mayAuthenticateClients ? nil : "the certificate may not be used by a TLS client"
    case .peer:
      facts.mayServeTLS && facts.mayAuthenticateClients
        ? nil : "the certificate may not be used by a TLS server that is a client too"
    }
  }
}

extension Certificate {
  /// Whether a client that looks for this DNS name or IP address accepts the certificate for it: by its
  /// subject alternative names only, whole-label wildcards included (RFC 6125).
  public func isValid(for name: String) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
    let found = withHandle { certificate in
      if let address = IPAddress(name) {
        return X509_check_ip(certificate, address.bytes, address.bytes.count, 0) == 1
      }
      // A leading dot would stand for every name below.
      guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(0) else { return false }
      return X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
    }
    return found == true
  }
}
