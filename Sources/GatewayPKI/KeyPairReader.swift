import COpenSSLShim
public import CertificatePolicy
public import KubeCore

/// A reader that converts a Secret's certificate and private key to facts. Invalid data is an
/// observation like any other: nothing here throws.
public enum KeyPairReader {
  /// The observation of a certificate chain and a private key in PEM.
  ///
  /// - Parameters:
  ///   - certificatePEM: The chain, the leaf first; absent or empty where there is none.
  ///   - keyPEM: The private key; absent or empty where there is none.
  ///   - caCertificates: The CAs that may have signed the first certificate. Those that did are
  ///     listed in `KeyPairFacts.signerFingerprints`.
  ///   - purpose: The use of the pair, for `KeyPairFacts.problems`: its chain up to its signer is
  ///     verified or, for a CA, a certificate that it would sign. `nil` skips that.
  ///   - names: For a CA, the DNS names and IP addresses of a server that it will sign for.
  public static func observe(
    certificatePEM: SecretBytes?, keyPEM: SecretBytes?, caCertificates: [Certificate],
    purpose: IssuanceRequest.Purpose? = nil, names: [String] = []
  ) -> KeyPairObservation {
    let certificatePEM = certificatePEM.flatMap { $0.isEmpty ? nil : $0 }
    let keyPEM = keyPEM.flatMap { $0.isEmpty ? nil : $0 }
    guard certificatePEM != nil || keyPEM != nil else { return .absent }
    guard let certificatePEM else {
      return .unreadable(reason: "there is a private key without a certificate")
    }
    guard let keyPEM else { return .unreadable(reason: "there is a certificate without a private key") }
    do {
      let chain = try Certificate.chain(pem: certificatePEM)
      if let unsound = chain.first(where: { !$0.hasSoundKey }) {
        return .unreadable(reason: "the public key of \(unsound) is not a point of its curve")
      }
      let key = try PrivateKey(pem: keyPEM)
      guard let leaf = chain.first else { return .unreadable(reason: "there is no certificate") }
      let signers = caCertificates.filter { leaf.isSigned(by: $0) }
      return .readable(
        KeyPairFacts(
          chain: chain.map(\.facts), keyMatches: key.matches(leaf),
          signerFingerprints: Set(signers.map(\.facts.fingerprint)),
          problems: purpose.map {
            KeyPairVerifier.problems(of: chain, key: key, purpose: $0, names: names, signers: signers)
          } ?? []))
    } catch {
      return .unreadable(reason: error.description)
    }
  }

  /// The observation of a pair with CAs that are known by their facts.
  public static func observe(
    certificatePEM: SecretBytes?, keyPEM: SecretBytes?, caCertificates: [CertificateFacts] = [],
    purpose: IssuanceRequest.Purpose? = nil, names: [String] = []
  ) -> KeyPairObservation {
    observe(
      certificatePEM: certificatePEM, keyPEM: keyPEM,
      caCertificates: caCertificates.compactMap { try? Certificate.first(pem: $0.pem) }, purpose: purpose,
      names: names)
  }
}

extension TrustBundle {
  /// Creates the bundle of the certificates of a PEM text. Certificates that can't be decoded are
  /// counted and skipped; an API server can't decode them either. A text larger than
  /// ``PKILimits/certificateBytes`` isn't decoded at all.
  public init(pem: SecretBytes) {
    guard pem.count <= PKILimits.certificateBytes else {
      self.init([], unreadable: 1)
      return
    }
    var certificates: [CertificateFacts] = []
    var unreadable = 0
    for entry in pem.withExposedBytes({ PEM.entries(in: $0) }) {
      guard case .success(let block) = entry, block.label == "CERTIFICATE",
        certificates.count < PKILimits.certificates,
        let certificate = try? Certificate(der: block.content.exposed()), certificate.hasSoundKey
      else {
        unreadable += 1
        continue
      }
      certificates.append(certificate.facts)
    }
    self.init(certificates, unreadable: unreadable)
  }

  /// Creates the bundle of the certificates of a PEM text. Certificates that can't be decoded are
  /// counted and skipped.
  public init(pem: String) { self.init(pem: SecretBytes(utf8: pem)) }
}
