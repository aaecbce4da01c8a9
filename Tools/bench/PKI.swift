import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore

@MainActor
func measurePKI(_ harness: Harness) async throws {
  let now = Date(timeIntervalSince1970: 1_796_083_200)
  let root = try CertificateAuthority.create(
    CertificateProfile.ca(commonName: "bench").request(id: "ca", at: now, reason: "bench"))
  let ca = try CertificateAuthority(root)
  let profile = CertificateProfile.serving(
    commonName: "cluster-gateway", dnsNames: ["cluster-gateway.vela-system.svc"])
  let request = profile.request(id: "leaf", issuer: ca.certificate.facts, at: now, reason: "bench")
  try await harness.time(
    "PKI: P-256 leaf issued, key included", unit: "ms", scale: 1e3, count: 200, target: .atMost(0.3)
  ) {
    for _ in 0..<200 { consume(try ca.issue(request)) }
  }
  let leaf = try ca.issue(request)
  let chain = SecretBytes(utf8: leaf.certificatePEM + root.certificatePEM)
  let caCertificates = [ca.certificate.facts]
  try await harness.time(
    "PKI: chain of three certificates read", unit: "µs", scale: 1e6, count: 500, target: .atMost(60)
  ) {
    for _ in 0..<500 { consume(try Certificate.chain(pem: chain)) }
  }
  await harness.time(
    "PKI: the chain and its key read, matched and verified", unit: "µs", scale: 1e6, count: 500
  ) {
    for _ in 0..<500 {
      consume(
        KeyPairReader.observe(
          certificatePEM: chain, keyPEM: leaf.privateKeyPEM, caCertificates: caCertificates))
    }
  }
  let observation = KeyPairReader.observe(
    certificatePEM: chain, keyPEM: leaf.privateKeyPEM, caCertificates: caCertificates)
  let names = (0..<10_000).map { "leaf-\($0)" }
  await harness.time("PKI: 10,000 decisions whether to renew", unit: "ms", scale: 1e3, target: .atMost(20)) {
    for name in names {
      consume(
        RenewalPolicy().decide(
          serving: observation, profile: profile, caCertificates: caCertificates, at: now, name: name))
    }
  }
}
