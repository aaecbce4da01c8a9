import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// A name with a leading dot is no host's: in a constraint it stands for the subdomains, elsewhere
/// for nothing.
@Suite struct LeadingDotTests {
  private func constrainedCA(permitting domain: String) throws -> CertificateAuthority {
    try makeCA(CertificateProfile.ca(commonName: "ca", permittedDNSDomains: [domain])).issuer
  }

  private func serving(_ name: String) -> IssuanceRequest {
    CertificateProfile.serving(commonName: "server", dnsNames: [name]).request(
      id: "serving", at: now, reason: "test")
  }

  /// As the openssl tool makes them.
  @Test(.enabled(if: OpenSSLTool.isInstalled)) func `a CA for the subdomains of a domain certifies them`()
    throws
  {
    let key = try #require(try makeCA().privateKeyPEM.exposedText())
    let (status, pem) = try OpenSSLTool.run(
      [
        "req", "-x509", "-new", "-key", "key", "-subj", "/CN=ca", "-days", "7300", "-addext",
        "nameConstraints=critical,permitted;DNS:.svc",
      ], files: ["key": key])
    #expect(status == 0, "\(pem)")
    let ca = try CertificateAuthority(certificatePEM: secret(pem), keyPEM: secret(key))
    let at = max(now, ca.certificate.facts.notBefore)
    func request(_ name: String) -> IssuanceRequest {
      CertificateProfile.serving(commonName: "server", dnsNames: [name]).request(
        id: "serving", at: at, reason: "test")
    }
    let leaf = try Certificate.first(
      pem: try ca.issue(request("cluster-gateway.ns.svc")).certificatePEM)
    let result = ChainVerifier.verify(
      chain: [leaf], serverName: "cluster-gateway.ns.svc", at: at, trusting: [ca.certificate])
    #expect(result.isAccepted, "\(result)")
    expectError(.invalidRequest) { _ = try ca.issue(request("svc")) }
    expectError(.invalidRequest) { _ = try ca.issue(request("xsvc")) }
  }

  @Test func `no certificate is valid for a name with a leading dot`() throws {
    let ca = try constrainedCA(permitting: "example.com")
    let leaf = try #require(
      try Certificate.chain(pem: secret(try ca.issue(serving("a.example.com")).certificatePEM)).first)
    #expect(leaf.isValid(for: "a.example.com"))
    #expect(!leaf.isValid(for: ".example.com"))
    let result = ChainVerifier.verify(
      chain: [leaf], serverName: ".example.com", at: now, trusting: [ca.certificate])
    #expect(!result.isAccepted)
  }
}
