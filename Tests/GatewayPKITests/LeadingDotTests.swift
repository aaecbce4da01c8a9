import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// A name with a leading dot is no host's: in a constraint it stands for the subdomains, elsewhere
/// for nothing.
@Suite struct LeadingDotTests {
  private func authority(permitting domain: String) throws -> CertificateAuthority {
    try makeAuthority(CertificateProfile.authority(commonName: "ca", permittedDNSDomains: [domain])).authority
  }

  private func serving(_ name: String) -> CertificateRequest {
    CertificateProfile.serving(commonName: "server", dnsNames: [name]).request(
      id: "serving", at: now, reason: "test")
  }

  /// As the openssl tool makes them.
  @Test(.enabled(if: OpenSSLTool.isInstalled)) func `a CA for the subdomains of a domain certifies them`()
    throws
  {
    let key = try #require(try makeAuthority().privateKeyPEM.exposedText())
    let (status, pem) = try OpenSSLTool.run(
      [
        "req", "-x509", "-new", "-key", "key", "-subj", "/CN=ca", "-days", "7300", "-addext",
        "nameConstraints=critical,permitted;DNS:.svc",
      ], files: ["key": key])
    #expect(status == 0, "\(pem)")
    let authority = try CertificateAuthority(certificatePEM: secret(pem), keyPEM: secret(key))
    let at = max(now, authority.certificate.facts.notBefore)
    func request(_ name: String) -> CertificateRequest {
      CertificateProfile.serving(commonName: "server", dnsNames: [name]).request(
        id: "serving", at: at, reason: "test")
    }
    let leaf = try Certificate.first(
      pem: try authority.issue(request("cluster-gateway.ns.svc")).certificatePEM)
    let verdict = ChainVerifier.verify(
      chain: [leaf], serverName: "cluster-gateway.ns.svc", at: at, trusting: [authority.certificate])
    #expect(verdict.isAccepted, "\(verdict)")
    expectError(.invalidRequest) { _ = try authority.issue(request("svc")) }
    expectError(.invalidRequest) { _ = try authority.issue(request("xsvc")) }
  }

  @Test func `no certificate is valid for a name with a leading dot`() throws {
    let authority = try authority(permitting: "example.com")
    let leaf = try #require(
      try Certificate.chain(pem: secret(try authority.issue(serving("a.example.com")).certificatePEM)).first)
    #expect(leaf.isValid(for: "a.example.com"))
    #expect(!leaf.isValid(for: ".example.com"))
    let verdict = ChainVerifier.verify(
      chain: [leaf], serverName: ".example.com", at: now, trusting: [authority.certificate])
    #expect(!verdict.isAccepted)
  }
}
