import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeReconcile

/// A PKI of plain values: a certificate is its facts as one line of text, a key is its name.
enum PlainPKI {
  static let keyMark = "MARKER-private-key"

  /// The certificates in a text; `nil` where a line is none.
  static func certificates(_ bytes: SecretBytes?) -> [CertificateFacts]? {
    guard let text = bytes?.exposedText(), !text.isEmpty else { return nil }
    var found: [CertificateFacts] = []
    for line in text.split(separator: "\n") {
      guard let facts = facts(String(line)) else { return nil }
      found.append(facts)
    }
    return found
  }

  static func facts(_ line: String) -> CertificateFacts? {
    let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 7, parts[0] == "certificate", let begin = Double(parts[4]),
      let end = Double(parts[5])
    else { return nil }
    let isCA = parts[6] == "ca"
    return CertificateFacts(
      serialNumber: parts[1], subject: "CN=cluster-gateway", commonName: "cluster-gateway",
      issuer: "CN=cluster-gateway", dnsNames: parts[3].split(separator: ",").map(String.init),
      notBefore: Date(timeIntervalSince1970: begin), notAfter: Date(timeIntervalSince1970: end), isCA: isCA,
      keyUsages: isCA ? [.keyCertSign] : [.digitalSignature], extendedKeyUsages: isCA ? [] : [.serverAuth],
      keyAlgorithm: .ecdsaP256, publicKeyFingerprint: "key-" + parts[1], fingerprint: "print-" + parts[1],
      authorityKeyIdentifier: parts[2], isSelfSigned: isCA, pem: line + "\n")
  }

  static func line(
    serial: String, issuer: String, names: [String] = [], from: Date, to: Date, isCA: Bool
  ) -> String {
    let times = [from, to].map { String($0.timeIntervalSince1970) }
    return (["certificate", serial, issuer, names.joined(separator: ",")] + times + [isCA ? "ca" : "leaf"])
      .joined(separator: "|") + "\n"
  }

  static func key(_ serial: String) -> SecretBytes { SecretBytes(utf8: "\(keyMark)|\(serial)") }

  /// What a pair of texts is, given the authorities that may have signed.
  static func observe(
    _ certificate: SecretBytes?, _ key: SecretBytes?, authorities: [CertificateFacts]
  ) -> KeyPairObservation {
    if certificate == nil && key == nil { return .absent }
    guard let chain = certificates(certificate), let leaf = chain.first,
      let name = key?.exposedText()?.split(separator: "|").last
    else { return .unreadable(reason: "it is no certificate with a key") }
    let signers = (authorities + chain).filter { $0.isCA && "print-" + issuer(leaf) == $0.fingerprint }
    return .readable(
      KeyPairFacts(
        chain: chain, keyMatches: name == leaf.serialNumber,
        signerFingerprints: Set(signers.map(\.fingerprint)).intersection(authorities.map(\.fingerprint))))
  }

  static func issuer(_ leaf: CertificateFacts) -> String { leaf.authorityKeyIdentifier ?? "" }

  /// Reads what a hub's Secrets and its APIService say.
  static func observations(of objects: ObservedObjects, identity: ManagerIdentity) -> CertificateObservations
  {
    func data(_ namespace: String?, _ name: String) -> [String: SecretBytes] {
      guard let namespace else { return [:] }
      return objects.value(Secret.self, namespace: namespace, name: name)?.data ?? [:]
    }
    let configuration = InstallationFacts(InstallationState(identity: identity, objects: objects))
      .configuration
    func isBroken(
      _ name: KeyPath<ClusterGatewayConfiguration.Credentials, String>, _ field: String
    ) -> Bool {
      guard let credentials = configuration?.clusterProxy?.credentials else { return false }
      return data(credentials.namespace, credentials[keyPath: name])[field] == SecretBytes(utf8: broken)
    }
    let signer = data(identity.namespace, identity.signerSecretName)
    let serving = data(configuration?.installNamespace, "cluster-gateway-tls-cert")
    let bundle = objects.value(APIService.self, name: "v1alpha1.cluster.core.oam.dev")?.spec.caBundle ?? []
    let trusted = bundle.isEmpty ? [] : TrustBundle(certificates(SecretBytes(bundle)) ?? []).certificates
    let authority = observe(signer["ca.crt"], signer["ca.key"], authorities: [])
    let next = observe(signer["next-ca.crt"], signer["next-ca.key"], authorities: [])
    return CertificateObservations(
      authority: authority, nextAuthority: next,
      serving: observe(
        serving["tls.crt"], serving["tls.key"],
        authorities: [authority.leaf, next.leaf].compactMap { $0 } + trusted),
      bundle: trusted,
      tunnelClient: isBroken(\.proxyClientSecretName, "tls.crt") ? .unreadable(reason: broken) : nil,
      tunnelAuthorities: isBroken(\.proxyClientCASecretName, "ca.crt") ? TrustBundle([], unreadable: 1) : nil)
  }

  /// What stands in the proxy's Secrets where it can't be loaded; anything else there can.
  static let broken = "broken"

  /// Issues what can be issued now.
  static func issue(
    _ requests: [CertificateRequest], for state: InstallationState, serial: inout Int
  ) -> [IssuedCertificate] {
    var issued: [IssuedCertificate] = []
    for var request in requests {
      serial += 1
      let name = "s\(serial)"
      func pair(_ line: String, _ authority: CertificateFacts?) {
        guard let leaf = facts(line.trimmingCharacters(in: .newlines)) else { return }
        let signers: Set<String> = authority.map { [$0.fingerprint] } ?? []
        issued.append(
          IssuedCertificate(
            request: request, certificatePEM: line + (authority?.pem ?? ""), privateKeyPEM: key(name),
            facts: KeyPairFacts(
              chain: [leaf] + [authority].compactMap { $0 }, keyMatches: true, signerFingerprints: signers)))
      }
      switch request.purpose {
      case .authority:
        pair(
          line(serial: name, issuer: name, from: request.notBefore, to: request.notAfter, isCA: true), nil)
      case .serving, .client, .peer:
        let authorities = [state.certificates.authority.leaf, state.certificates.nextAuthority.leaf]
          .compactMap { $0 }
        guard
          let signer = authorities.first(where: {
            request.issuerFingerprint == nil || $0.fingerprint == request.issuerFingerprint
          })
        else { continue }
        request.issuerFingerprint = signer.fingerprint
        pair(
          line(
            serial: name, issuer: signer.serialNumber, names: request.dnsNames, from: request.notBefore,
            to: request.notAfter, isCA: false), signer)
      }
    }
    return issued
  }
}
