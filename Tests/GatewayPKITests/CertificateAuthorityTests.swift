import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

@Suite struct CertificateAuthorityTests {
  @Test func `a new CA may only sign certificates and revocation lists`() throws {
    let issued = try makeCA()
    let facts = try #require(issued.facts.leaf)
    #expect(facts == (try issued.certificate.facts))
    #expect(facts.isCA && facts.pathLength == 0 && facts.isSelfSigned && facts.maySignCertificates)
    #expect(facts.keyUsages == [.keyCertSign, .cRLSign])
    #expect(facts.extendedKeyUsages == [])
    #expect(facts.subject == "CN=cluster-gateway" && facts.issuer == facts.subject)
    #expect(facts.commonName == "cluster-gateway")
    #expect(facts.keyAlgorithm == .ecdsaP256 && facts.weakness == nil)
    #expect(facts.subjectKeyIdentifier?.count == 40)
    #expect(facts.authorityKeyIdentifier == facts.subjectKeyIdentifier)
    #expect(facts.notBefore == issued.request.notBefore && facts.notAfter == issued.request.notAfter)
    #expect(issued.facts.signerFingerprints == [facts.fingerprint])
    #expect(try issued.key.publicKeyFingerprint == facts.publicKeyFingerprint)
  }

  @Test func `a serving certificate is followed by its CA's`() throws {
    let ca = try makeCA()
    let issued = try makeServing(under: ca)
    let chain = try Certificate.chain(pem: secret(issued.certificatePEM))
    #expect(chain.map(\.facts) == issued.facts.chain)
    #expect(chain.count == 2 && chain[1].facts == ca.facts.leaf)
    let facts = chain[0].facts
    #expect(!facts.isCA && facts.mayServeTLS && !facts.isSelfSigned)
    #expect(facts.keyUsages == [.digitalSignature] && facts.extendedKeyUsages == [.serverAuth])
    #expect(facts.authorityKeyIdentifier == chain[1].facts.subjectKeyIdentifier)
    #expect(chain[0].isSigned(by: chain[1]) && !chain[1].isSigned(by: chain[0]))
    #expect(issued.privateKeyPEM.exposedText()?.hasPrefix("-----BEGIN PRIVATE KEY-----") == true)
  }

  @Test func `an RSA server may also decipher keys`() throws {
    var profile = servingProfile
    profile.algorithm = .rsa2048
    let issued = try makeServing(under: makeCA(), profile)
    #expect(issued.facts.leaf?.keyUsages == [.digitalSignature, .keyEncipherment])
    #expect(issued.facts.leaf?.keyAlgorithm == .rsa2048)
  }

  @Test(arguments: [KeyAlgorithm.ecdsaP256, .ecdsaP384, .ed25519])
  func `every fast algorithm signs and is decoded`(_ algorithm: KeyAlgorithm) throws {
    var profile = caProfile
    profile.algorithm = algorithm
    var serving = servingProfile
    serving.algorithm = algorithm
    let ca = try makeCA(profile)
    let issued = try makeServing(under: ca, serving)
    #expect(ca.facts.leaf?.keyAlgorithm == algorithm && issued.facts.leaf?.keyAlgorithm == algorithm)
    let observed = KeyPairReader.observe(
      certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM,
      caCertificates: [try #require(ca.facts.leaf)])
    #expect(observed == .readable(issued.facts))
  }

  @Test func `serial numbers are twenty positive octets and differ`() throws {
    let ca = try makeCA()
    let serials = try (0..<50).map { _ in try makeServing(under: ca).facts.leaf?.serialNumber ?? "" }
    #expect(Set(serials).count == 50)
    #expect(serials.allSatisfy { $0.count == 40 && "4567".contains($0.prefix(1)) })
  }

  @Test func `an issued certificate has the requested contents`() throws {
    var random = SeededGenerator(state: 42)
    func word(_ length: ClosedRange<Int>) -> String {
      let count = Int.random(in: length, using: &random)
      return String(
        (0..<count).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement(using: &random) ?? "a" })
    }
    let ca = try makeCA()
    for _ in 0..<100 {
      let names = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        (0..<Int.random(in: 1...4, using: &random)).map { _ in word(1...40) }.joined(separator: ".")
      }
      let addresses = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
        IPAddress(
          bytes: (0..<(Bool.random(using: &random) ? 4 : 16)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          })?.description
      }
      let begin = Date(
        timeIntervalSince1970: Double(Int64.random(in: -600_000_000...9_000_000_000, using: &random)))
      let request = IssuanceRequest(
        id: "serving", purpose: .serving, commonName: word(1...64),
        organization: Bool.random(using: &random) ? "Ö,+\"\\<>;=#" + word(1...9) : nil,
        dnsNames: names, ipAddresses: addresses, notBefore: begin,
        notAfter: begin.addingTimeInterval(Double(Int64.random(in: 1...200_000_000_000, using: &random))),
        issuerFingerprint: ca.facts.leaf?.fingerprint, reason: "property")
      let issued = try ca.issuer.issue(request)
      let facts = try issued.certificate.facts
      #expect(facts.dnsNames == names && facts.ipAddresses == addresses)
      #expect(facts.commonName == request.commonName)
      #expect(facts.notBefore == request.notBefore && facts.notAfter == request.notAfter)
      #expect(facts.subject.contains("O=") == (request.organization != nil))
      #expect(facts == issued.facts.leaf)
    }
  }

  @Test(arguments: [
    ("2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"), ("2050-01-01T00:00:00Z", "2050-01-01T00:00:01Z"),
    ("1950-01-01T00:00:00Z", "1950-01-01T00:00:01Z"), ("2026-11-22T17:08:29Z", "9999-12-31T23:59:59Z"),
    ("2096-02-29T12:00:00Z", "2104-02-29T12:00:00Z"), ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
  ])
  func `times are correct in both encodings`(_ begin: String, _ end: String) throws {
    let request = IssuanceRequest(
      id: "ca", purpose: .ca, commonName: "times", notBefore: time(begin), notAfter: time(end),
      reason: "test")
    let facts = try CertificateAuthority.create(request).facts.leaf
    #expect(facts?.notBefore == time(begin))
    #expect(facts?.notAfter == time(end))
  }

  @Test(
    arguments: [
      { (request: inout IssuanceRequest) in
        (request.purpose, request.commonName, request.dnsNames) = (.client, "", [])
      },
      { $0.commonName = String(repeating: "x", count: 65) },
      { $0.organization = "" },
      { $0.notAfter = $0.notBefore },
      { $0.notAfter = Date(timeIntervalSince1970: .infinity) },
      { $0.notBefore = Date(timeIntervalSince1970: .nan) },
      { $0.notBefore = time("1949-12-31T23:59:59Z") },
      { $0.dnsNames = [] },
      { $0.dnsNames = ["a..b"] },
      { $0.dnsNames = ["a,DNS:evil"] },
      { $0.dnsNames = ["*"] },
      { $0.dnsNames = ["nul\0.example"] },
      { $0.dnsNames = [String(repeating: "a.", count: 127) + "a"] },
      { $0.ipAddresses = ["10.0.0"] },
      { $0.dnsNames = Array(repeating: "a", count: 201) },
      { $0.purpose = .ca },
    ] as [@Sendable (inout IssuanceRequest) -> Void])
  func `an inconsistent request is refused`(_ spoil: @Sendable (inout IssuanceRequest) -> Void) throws {
    let ca = try makeCA()
    var request = servingProfile.request(id: "serving", issuer: ca.facts.leaf, at: now, reason: "test")
    spoil(&request)
    expectError(.invalidRequest) { _ = try ca.issuer.issue(request) }
  }

  @Test func `a CA other than the requested one doesn't sign`() throws {
    let request = servingProfile.request(
      id: "serving", issuer: try makeCA().facts.leaf, at: now, reason: "test")
    let other = try makeCA()
    expectError(.wrongCA) { _ = try other.issuer.issue(request) }
    expectError(.wrongCA) { _ = try CertificateIssuer.issue(request) }
  }

  @Test func `a serving certificate is no CA`() throws {
    let serving = try makeServing(under: makeCA())
    expectError(.wrongCA) { _ = try serving.issuer }
  }

  @Test func `a certificate with another's key is no CA`() throws {
    let (one, other) = (try makeCA(), try makeCA())
    expectError(.keyMismatch) {
      _ = try CertificateAuthority(certificatePEM: secret(one.certificatePEM), keyPEM: other.privateKeyPEM)
    }
  }

  @Test func `the Go manager's CA signs our certificates`() throws {
    let ca = try Certificate.first(pem: Fixtures.ca)
    let request = servingProfile.request(id: "serving", issuer: ca.facts, at: now, reason: "test")
    let issued = try CertificateIssuer.issue(
      request,
      signedBy: CertificateAuthority(certificatePEM: secret(Fixtures.ca), keyPEM: secret(Fixtures.caKey)))
    let result = ChainVerifier.verify(
      chain: try Certificate.chain(pem: secret(issued.certificatePEM)), serverName: serverName, at: now,
      trusting: [ca])
    #expect(result.failures == [])
    let made = try CertificateIssuer.issue(
      caProfile.request(id: "ca", at: now, reason: "test"))
    #expect(made.facts.leaf?.isCA == true)
  }
}
