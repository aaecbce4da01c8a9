import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

@Suite struct KeyPairReaderTests {
  func reason(_ certificate: String?, _ key: String?) -> String? {
    let observation = KeyPairReader.observe(
      certificatePEM: certificate.map(secret), keyPEM: key.map(secret), caCertificates: [Certificate]())
    if case .unreadable(let reason) = observation { return reason }
    return nil
  }

  @Test func `the Go manager's pair is decoded with its signer`() throws {
    let ca = try Certificate.first(pem: Fixtures.ca)
    let observation = KeyPairReader.observe(
      certificatePEM: secret(Fixtures.serving + Fixtures.ca), keyPEM: secret(Fixtures.servingKey),
      caCertificates: [ca.facts])
    let facts = try #require(observation.facts)
    #expect(facts.keyMatches && facts.chain.count == 2)
    #expect(facts.signerFingerprints == [ca.facts.fingerprint])
    let leaf = try #require(facts.leaf)
    #expect(leaf.dnsNames == gatewayNames && leaf.commonName == "cluster-gateway")
    #expect(leaf.notBefore == time("2026-11-22T17:08:29Z") && leaf.notAfter == time("2027-05-21T17:08:30Z"))
    #expect(leaf.keyAlgorithm == .rsa2048 && leaf.mayServeTLS)

    let policy = RenewalPolicy()
    func decide(_ date: String) -> RenewalDecision {
      policy.decide(
        serving: observation, profile: servingProfile, caCertificates: [ca.facts], at: time(date),
        name: "ns/tls"
      )
    }
    #expect(decide("2026-12-01T00:00:00Z").reasons == [])
    #expect(decide("2027-05-10T00:00:00Z").reasons.map(\.code) == ["RenewalTimeReached"])
    let pair = KeyPairReader.observe(
      certificatePEM: secret(Fixtures.ca), keyPEM: secret(Fixtures.caKey), caCertificates: [ca])
    #expect(!policy.decide(ca: pair, at: now, name: "ns/signer").isDue)
  }

  @Test func `an empty pair is absent and half a pair is unreadable`() {
    #expect(KeyPairReader.observe(certificatePEM: nil, keyPEM: nil) == .absent)
    #expect(KeyPairReader.observe(certificatePEM: secret(""), keyPEM: secret("")) == .absent)
    #expect(reason(Fixtures.serving, nil) == "there is a certificate without a private key")
    #expect(reason("", Fixtures.servingKey) == "there is a private key without a certificate")
  }

  @Test func `the key of another certificate doesn't match`() throws {
    for key in [Fixtures.caKey, Fixtures.ellipticKey] {
      let observation = KeyPairReader.observe(certificatePEM: secret(Fixtures.serving), keyPEM: secret(key))
      #expect(observation.facts?.keyMatches == false)
    }
  }

  @Test func `a CA of the same name that didn't sign is no signer`() throws {
    let (real, namesake) = (try makeCA(), try makeCA())
    let issued = try makeServing(under: real)
    let observation = KeyPairReader.observe(
      certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM,
      caCertificates: [try #require(namesake.facts.leaf)])
    #expect(observation.facts?.signerFingerprints == [])
  }

  @Test func `invalid keys are typed errors`() {
    let table: [(String, PKIError.Code)] = [
      ("", .invalidPEM), ("no PEM at all", .invalidPEM), (Fixtures.serving, .invalidPEM),
      (Fixtures.encryptedKey, .encryptedKey), (Fixtures.encryptedLegacyKey, .encryptedKey),
      (Fixtures.agreementKey, .unsupportedKey),
      (Fixtures.servingKey.replacing("RSA PRIVATE KEY", with: "PRIVATE KEY"), .invalidKey),
      (Fixtures.servingKey.replacing("RSA PRIVATE KEY", with: "EC PRIVATE KEY"), .invalidKey),
      (Fixtures.servingKey.replacing("BEGIN RSA", with: "BEGIN EC"), .invalidPEM),
      (Fixtures.servingKey.replacing("MII", with: "M*I"), .invalidPEM),
      (Fixtures.servingKey.replacing("-----END", with: "AAAA\n-----END"), .invalidPEM),
      (String(repeating: "A", count: PKILimits.keyBytes + 1), .tooLarge),
      ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", .invalidPEM),
      ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", .invalidKey),
    ]
    for (text, code) in table { expectError(code) { _ = try PrivateKey(pem: secret(text)) } }
  }

  @Test func `keys of all three forms are decoded and written as PKCS8`() throws {
    for text in [Fixtures.caKey, Fixtures.servingKey, Fixtures.ellipticKey] {
      let key = try PrivateKey(pem: secret(text))
      let written = try key.pem()
      #expect(written.exposedText()?.hasPrefix("-----BEGIN PRIVATE KEY-----\n") == true)
      #expect(try PrivateKey(pem: written).publicKeyFingerprint == key.publicKeyFingerprint)
    }
    #expect(try PrivateKey(pem: secret(Fixtures.caKey)).pem() == secret(Fixtures.caKey))
    #expect(
      try PrivateKey(pem: secret(Fixtures.servingKey)).publicKeyFingerprint
        == Certificate.first(pem: Fixtures.serving).facts.publicKeyFingerprint)
  }

  @Test func `invalid certificates are typed errors`() throws {
    let der = try Certificate.first(pem: Fixtures.serving).der
    expectError(.invalidCertificate) { _ = try Certificate(der: []) }
    expectError(.invalidCertificate) { _ = try Certificate(der: der + [0]) }
    expectError(.tooLarge) {
      _ = try Certificate(der: [UInt8](repeating: 0x30, count: PKILimits.certificateBytes + 1))
    }
    let table: [(String, PKIError.Code)] = [
      ("", .invalidPEM), (Fixtures.servingKey, .invalidPEM),
      (Fixtures.serving.replacing("BEGIN CERT", with: "BEGIN CART"), .invalidPEM),
      (Fixtures.serving.replacing("-----END CERTIFICATE-----", with: ""), .invalidPEM),
      (Fixtures.serving.replacing("MII", with: "MI"), .invalidPEM),
      ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", .invalidCertificate),
      (String(repeating: "\n", count: PKILimits.certificateBytes + 1), .tooLarge),
      (String(repeating: Fixtures.serving, count: PKILimits.certificates + 1), .tooLarge),
    ]
    for (text, code) in table { expectError(code) { _ = try Certificate.chain(pem: secret(text)) } }
  }

  @Test func `text around the blocks and Windows line ends are accepted`() throws {
    let text =
      "subject=CN = x\r\n" + Fixtures.serving.replacing("\n", with: "\r\n") + "\r\nthe CA:\r\n"
    #expect(try Certificate.first(pem: text).pem == Fixtures.serving)
  }

  @Test func `a text truncated anywhere is unreadable`() throws {
    let issued = try makeServing(under: makeCA())
    let certificate = Array((try issued.certificate).pem.utf8)
    let key = issued.privateKeyPEM.exposed()
    for length in 1..<(certificate.count - 1) {
      let cut = KeyPairReader.observe(
        certificatePEM: SecretBytes(certificate.prefix(length)), keyPEM: issued.privateKeyPEM)
      #expect(cut.facts == nil)
    }
    for length in 1..<(key.count - 1) {
      let cut = KeyPairReader.observe(
        certificatePEM: SecretBytes(certificate), keyPEM: SecretBytes(key.prefix(length)))
      #expect(cut.facts == nil)
    }
  }

  @Test func `no reason and no description contains the key`() throws {
    let body = Fixtures.servingKey.split(separator: "\n")[3]
    let broken = Fixtures.servingKey.replacing("MII", with: "MIJ")
    let key = try PrivateKey(pem: secret(Fixtures.servingKey))
    for text in [reason(Fixtures.serving, broken) ?? "", "\(key)"] {
      #expect(!text.isEmpty && !text.contains(body))
    }
    let issued = try makeCA()
    let secretLine = issued.privateKeyPEM.exposedText()?.split(separator: "\n")[1] ?? "?"
    #expect(!"\(issued)".contains(secretLine))
    var dumped = ""
    dump(issued, to: &dumped)
    #expect(!dumped.contains(secretLine))
  }
}

@Suite struct TrustBundleReadingTests {
  @Test func `a bundle decodes the readable blocks and counts the rest`() throws {
    let ca = try #require(makeCA().facts.leaf)
    let text =
      ca.pem + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" + Fixtures.ca
      + Fixtures.ellipticKey + ca.pem + "-----BEGIN CERTIFICATE-----\nMII"
    let bundle = TrustBundle(pem: text)
    #expect(bundle.certificates.count == 2)
    #expect(bundle.unreadable == 4)
    #expect(bundle.contains(fingerprint: ca.fingerprint))
  }

  @Test func `a written pair is decoded again`() throws {
    let bundle = TrustBundle(try (0..<3).compactMap { _ in try makeCA().facts.leaf })
    #expect(TrustBundle(pem: bundle.pem) == bundle)
    #expect(TrustBundle(pem: "") == TrustBundle([]))
  }
}
