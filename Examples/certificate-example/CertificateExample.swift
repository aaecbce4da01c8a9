// An internal CA for any server: decide with CertificatePolicy, issue with GatewayPKI, verify.
import CertificatePolicy
import GatewayPKI
import KubeCore

@main
struct CertificateExample {
  static func main() throws {
    let now = Date()
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "example-ca").request(
        id: "ca", at: now, reason: "there is none"))

    let profile = CertificateProfile.serving(commonName: "example", dnsNames: ["example.default.svc"])
    let issued = try CertificateIssuer.issue(
      profile.request(id: "serving", issuer: ca.facts.leaf, at: now, reason: "there is none"),
      signedBy: CertificateAuthority(ca))

    let trusted = ca.facts.chain
    let observed = KeyPairReader.observe(
      certificatePEM: SecretBytes(utf8: issued.certificatePEM), keyPEM: issued.privateKeyPEM,
      caCertificates: trusted)
    let decision = RenewalPolicy().decide(
      serving: observed, profile: profile, caCertificates: trusted, at: now, name: "example")

    print("valid until", issued.facts.leaf.map { Timestamp($0.notAfter).description } ?? "?")
    print(
      "renewal due:", decision.isDue, "next at", decision.renewAt.map { Timestamp($0).description } ?? "?")
    print("key:", issued.privateKeyPEM)
  }
}
