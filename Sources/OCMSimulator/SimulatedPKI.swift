package import CertificatePolicy
package import GatewayAPI
package import GatewayReconcile
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
package import KubeReconcile

/// A PKI whose certificates are lines of text with their facts, and whose keys are names: the
/// manager decides from facts alone, so an exploration needs no cryptography.
package enum SimulatedPKI {
  /// The prefix of every private key, which must never be disclosed.
  package static let keyMark = "MARKER-private-key"
  /// The content of a proxy Secret that can't be loaded; any other content can.
  package static let broken = "broken"

  /// Returns the line of a certificate:
  /// `certificate|serial|issuer's serial|names|from|to|ca or leaf`.
  package static func line(
    serial: String, issuer: String, names: [String] = [], from: Date, to: Date, isCA: Bool
  )
    -> String
  {
    let times = [from, to].map { String($0.timeIntervalSince1970) }
    return (["certificate", serial, issuer, names.joined(separator: ",")] + times + [isCA ? "ca" : "leaf"])
      .joined(separator: "|") + "\n"
  }

  package static func facts(_ line: Substring) -> CertificateFacts? {
    let parts = line.split(separator: "|", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 7, parts[0] == "certificate", let begin = Double(parts[4]),
      let end = Double(parts[5])
    else { return nil }
    let isCA = parts[6] == "ca"
    return CertificateFacts(
      serialNumber: parts[1], subject: "CN=cluster-gateway", commonName: "cluster-gateway",
      issuer: "CN=cluster-gateway", dnsNames: parts[3].split(separator: ",").map { String($0) },
      notBefore: Date(timeIntervalSince1970: begin), notAfter: Date(timeIntervalSince1970: end), isCA: isCA,
      keyUsages: isCA ? [.keyCertSign] : [.digitalSignature], extendedKeyUsages: isCA ? [] : [.serverAuth],
      keyAlgorithm: .ecdsaP256, publicKeyFingerprint: "key-" + parts[1], fingerprint: "print-" + parts[1],
      authorityKeyIdentifier: parts[2], isSelfSigned: isCA, pem: line + "\n")
  }

  /// Parses the certificates in a text; `nil` if a line is none.
  package static func certificates(_ text: String?) -> [CertificateFacts]? {
    guard let text, !text.isEmpty else { return nil }
    var found: [CertificateFacts] = []
    for line in text.split(separator: "\n") {
      guard let facts = facts(line) else { return nil }
      found.append(facts)
    }
    return found
  }

  package static func certificates(_ bytes: SecretBytes?) -> [CertificateFacts]? {
    certificates(bytes?.exposedText())
  }

  /// The serial numbers of the certificates and keys in a text.
  package static func serials(in text: String) -> [Int] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|")
      guard parts.count > 1, parts[0] == "certificate" || parts[0] == keyMark else { return nil }
      return Int(parts[1].dropFirst())
    }
  }

  package static func key(_ serial: String) -> SecretBytes { SecretBytes(utf8: "\(keyMark)|\(serial)") }

  /// Whether the CA `ca` signed `certificate`.
  package static func signed(_ certificate: CertificateFacts, by ca: CertificateFacts) -> Bool {
    ca.isCA && certificate.authorityKeyIdentifier == ca.serialNumber
  }

  /// Whether a client that trusts `bundle` accepts the signer of `certificate` at a time.
  package static func isTrusted(
    _ certificate: CertificateFacts, by bundle: [CertificateFacts], at time: Date
  ) -> Bool {
    bundle.contains { signed(certificate, by: $0) && $0.isValid(at: time) }
  }

  /// The observation of a certificate and its key, given the CAs that may have signed it.
  package static func observe(
    _ certificate: SecretBytes?, _ key: SecretBytes?, caCertificates: [CertificateFacts]
  ) -> KeyPairObservation {
    if certificate == nil && key == nil { return .absent }
    guard let chain = certificates(certificate), let leaf = chain.first,
      let name = key?.exposedText()?.split(separator: "|").last
    else { return .unreadable(reason: "it is not a certificate with a key") }
    let signers = caCertificates.filter { signed(leaf, by: $0) }.map(\.fingerprint)
    return .readable(
      KeyPairFacts(chain: chain, keyMatches: name == leaf.serialNumber, signerFingerprints: Set(signers)))
  }

  /// The observations of the installation's Secrets, the proxy's and the APIService under a
  /// configuration.
  package static func observations(
    of objects: ObservedObjects, identity: ManagerIdentity,
    configuration: ClusterGatewayConfiguration.Spec?
  ) -> CertificateObservations {
    func data(_ namespace: String?, _ name: String) -> [String: SecretBytes] {
      guard let namespace else { return [:] }
      return objects.value(Secret.self, namespace: namespace, name: name)?.data ?? [:]
    }
    func isBroken(
      _ name: KeyPath<ClusterGatewayConfiguration.Credentials, String>, _ field: String
    ) -> Bool {
      guard let credentials = configuration?.clusterProxy?.credentials else { return false }
      return data(credentials.namespace, credentials[keyPath: name])[field] == SecretBytes(utf8: broken)
    }
    let signer = data(identity.namespace, identity.signerSecretName)
    let serving = data(configuration?.installNamespace, GatewayNames.servingSecret)
    let service = objects.value(APIService.self, name: GatewayNames.apiService)
    let bundle = service?.spec.caBundle.flatMap { certificates(SecretBytes($0)) } ?? []
    let ca = observe(signer[SignerKey.certificate], signer[SignerKey.key], caCertificates: [])
    let next = observe(signer[SignerKey.nextCertificate], signer[SignerKey.nextKey], caCertificates: [])
    return CertificateObservations(
      ca: ca, nextCA: next,
      serving: observe(
        serving["tls.crt"], serving["tls.key"],
        caCertificates: [ca.leaf, next.leaf].compactMap { $0 } + bundle),
      bundle: TrustBundle(bundle).certificates,
      tunnelClient: isBroken(\.proxyClientSecretName, "tls.crt") ? .unreadable(reason: broken) : nil,
      tunnelCAs: isBroken(\.proxyClientCASecretName, "ca.crt") ? TrustBundle([], unreadable: 1) : nil)
  }

  /// Issues the requested certificates as the manager's issuer does; `number` returns an unused
  /// serial number.
  package static func issue(
    _ requests: [IssuanceRequest], for state: InstallationState, number: () -> Int
  ) -> [IssuedCertificate] {
    let caCertificates = [state.certificates.ca.leaf, state.certificates.nextCA.leaf]
      .compactMap { $0 }
    return requests.compactMap { request in
      var request = request
      var signer: CertificateFacts?
      if request.purpose != .ca {
        signer = caCertificates.first {
          request.issuerFingerprint == nil || $0.fingerprint == request.issuerFingerprint
        }
        guard let signer else { return nil }
        request.issuerFingerprint = signer.fingerprint
      }
      let serial = "s\(number())"
      let text = line(
        serial: serial, issuer: signer?.serialNumber ?? serial, names: request.dnsNames,
        from: request.notBefore, to: request.notAfter, isCA: request.purpose == .ca)
      guard let leaf = facts(text.dropLast()) else { return nil }
      return IssuedCertificate(
        request: request, certificatePEM: text + (signer?.pem ?? ""), privateKeyPEM: key(serial),
        facts: KeyPairFacts(
          chain: [leaf] + [signer].compactMap { $0 }, keyMatches: true,
          signerFingerprints: Set([signer?.fingerprint].compactMap { $0 })))
    }
  }

  /// A TLS client's verification of a server with this name against `bundle`: the error, or `nil`
  /// if it accepts the server.
  package static let verify: @Sendable (SecretBytes, String, [UInt8], Date) -> String? = {
    chain, name, bundle, time in
    guard let leaf = certificates(chain)?.first else { return "no certificate" }
    let trusted = certificates(SecretBytes(bundle)) ?? []
    return refusal(of: leaf, for: name, trusting: trusted, at: time)
  }

  /// The reason why a TLS client that trusts `bundle` refuses a server with a certificate; `nil` if
  /// it accepts the server.
  package static func refusal(
    of certificate: CertificateFacts, for name: String, trusting bundle: [CertificateFacts], at time: Date
  ) -> String? {
    guard certificate.isValid(at: time) else { return "certificate has expired or is not yet valid" }
    guard certificate.dnsNames.contains(name) else { return "certificate is not valid for \(name)" }
    guard isTrusted(certificate, by: bundle, at: time) else {
      return "certificate signed by unknown authority"
    }
    return nil
  }
}
