import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

@Suite struct SigningRequestTests {
  func request(_ purpose: IssuanceRequest.Purpose = .serving) -> IssuanceRequest {
    IssuanceRequest(
      id: "csr", purpose: purpose, commonName: "gateway", organization: "Example",
      dnsNames: ["gateway.ns.svc"],
      ipAddresses: ["10.0.0.1", "2001:db8::1"], uris: ["spiffe://example.org/gateway"], notBefore: now,
      notAfter: now.addingTimeInterval(3600), reason: "test")
  }

  @Test(arguments: [KeyAlgorithm.ecdsaP256, .ecdsaP384, .ed25519, .rsa2048])
  func `a signing request's contents are decoded and issued`(_ algorithm: KeyAlgorithm) throws {
    let key = try PrivateKey.generate(algorithm)
    let made = try CertificateSigningRequest.create(request(), key: key)
    let read = try CertificateSigningRequest(pem: made.pem)
    #expect(read == made && read.keyAlgorithm == algorithm && read.weakness == nil && !read.isCA)
    #expect(read.subject == "CN=gateway,O=Example" && read.organization == "Example")
    #expect(read.dnsNames == request().dnsNames && read.ipAddresses == request().ipAddresses)
    #expect(read.uris == request().uris)

    let ca = try makeCA()
    let profile = read.profile(purpose: .peer, validity: .seconds(3600))
    let chain = try ca.issuer.sign(
      read, as: profile.request(id: "csr", issuer: ca.facts.leaf, at: now, reason: "test"))
    let leaf = try #require(chain.first)
    let certificate = try ca.certificate
    #expect(key.matches(leaf) && leaf.isSigned(by: certificate))
    #expect(leaf.facts.uris == request().uris && leaf.facts.mayServeTLS && leaf.facts.mayAuthenticateClients)
    #expect(
      KeyPairVerifier.verify(
        chain: chain, purpose: .peer, names: ["gateway.ns.svc", "10.0.0.1"], at: now,
        trusting: [try ca.certificate], strict: true
      ).failures == [])
  }

  /// RFC 5280, section 4.2.1.6: the names are critical then.
  @Test func `alternative names without a subject are enough`() throws {
    var request = request()
    (request.commonName, request.organization) = ("", nil)
    let made = try CertificateSigningRequest.create(request, key: PrivateKey.generate(.ecdsaP256))
    #expect(made.subject == "" && made.commonName == nil)
    let ca = try makeCA()
    let profile = made.profile(purpose: .serving, validity: .seconds(3600))
    let chain = try ca.issuer.sign(
      made, as: profile.request(id: "csr", issuer: ca.facts.leaf, at: now, reason: "test"))
    let result = KeyPairVerifier.verify(
      chain: chain, purpose: .serving, names: ["gateway.ns.svc"], at: now, trusting: [try ca.certificate],
      strict: true)
    #expect(result.failures == [] && chain.first?.facts.subject == "")
    if OpenSSLTool.isInstalled {
      let (_, text) = try OpenSSLTool.run(
        ["x509", "-in", "c.pem", "-noout", "-text"], files: ["c.pem": chain.first?.pem ?? ""])
      #expect(text.contains("X509v3 Subject Alternative Name: critical"), "\(text)")
    }
    // Without any name there is nothing to certify.
    (request.dnsNames, request.ipAddresses, request.uris, request.purpose) = ([], [], [], .client)
    expectError(.invalidRequest) {
      _ = try CertificateSigningRequest.create(request, key: PrivateKey.generate(.ecdsaP256))
    }
  }

  @Test(.enabled(if: OpenSSLTool.isInstalled, "the openssl tool is not installed"))
  func `the openssl tool accepts our requests and we accept the tool's`() throws {
    let made = try CertificateSigningRequest.create(request(), key: PrivateKey.generate(.ecdsaP256))
    let (status, text) = try OpenSSLTool.run(
      ["req", "-in", "r.pem", "-verify", "-noout", "-text"], files: ["r.pem": made.pem])
    #expect(status == 0 && text.contains("DNS:gateway.ns.svc") && text.contains("URI:spiffe"), "\(text)")
    let (_, theirs) = try OpenSSLTool.run(
      [
        "req", "-new", "-key", "k.pem", "-subj", "/O=Example/CN=theirs", "-addext",
        "subjectAltName=DNS:a.example,IP:10.0.0.2",
      ], files: ["k.pem": Fixtures.servingKey])
    let read = try CertificateSigningRequest(pem: theirs)
    #expect(read.commonName == "theirs" && read.dnsNames == ["a.example"] && read.ipAddresses == ["10.0.0.2"])
  }

  @Test func `a modified signing request is refused`() throws {
    let made = try CertificateSigningRequest.create(request(), key: PrivateKey.generate(.ecdsaP256))
    var random = SeededGenerator(state: 11)
    for _ in 0..<600 {
      let der = mutated(made.der, &random)
      guard der != made.der else { continue }
      #expect(throws: PKIError.self) { _ = try CertificateSigningRequest(der: der) }
    }
    expectError(.invalidSigningRequest) { _ = try CertificateSigningRequest(der: made.der + [0]) }
    expectError(.tooLarge) { _ = try CertificateSigningRequest(der: [UInt8](repeating: 0x30, count: 65_537)) }
    expectError(.invalidPEM) { _ = try CertificateSigningRequest(pem: Fixtures.serving) }
  }

  @Test func `a CA is never signed for a server's request`() throws {
    let ca = try makeCA()
    let made = try CertificateSigningRequest.create(request(), key: PrivateKey.generate(.ecdsaP256))
    expectError(.invalidRequest) {
      _ = try ca.issuer.sign(made, as: caProfile.request(id: "x", at: now, reason: "test"))
    }
    var other = request(.client)
    (other.commonName, other.dnsNames, other.ipAddresses, other.uris) = ("other", [], [], [])
    let leaf = try #require(try ca.issuer.sign(made, as: other).first)
    #expect(leaf.facts.subject == "CN=other,O=Example" && leaf.facts.dnsNames == [])
    #expect(leaf.facts.extendedKeyUsages == [.clientAuth])
  }
}

@Suite struct KeyStoreTests {
  @Test func `a file URI is a key`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let issued = try makeCA()
    try Data(issued.privateKeyPEM.exposed()).write(to: URL(fileURLWithPath: path))
    let key = try PrivateKey(uri: "file:" + path)
    let ca = try CertificateAuthority(certificate: issued.certificate, key: key)
    let leaf = try ca.issue(servingProfile.request(id: "x", at: now, reason: "test")).certificate
    #expect(leaf.isSigned(by: try issued.certificate))
    try Data(Fixtures.encryptedKey.utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: PKIError.self) { try PrivateKey(uri: "file:" + path) }
    try Data(Fixtures.serving.utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: PKIError.self) { try PrivateKey(uri: "file:" + path) }
  }

  @Test(arguments: [
    "", "/etc/key", "nonsense", ":x", "unknown:x", "file:/does/not/exist", "pkcs11:token=none?pin-value=1234",
    "file:\0",
  ])
  func `any other URI is an error that doesn't contain it`(_ uri: String) {
    let error = #expect(throws: PKIError.self) { try PrivateKey(uri: uri) }
    #expect(error?.description.contains("1234") == false && error?.description.contains("exist/") != true)
  }

  /// Requires a provider of `pkcs11:` in OpenSSL's configuration and the URI of a key in a token:
  /// Scripts/interop-pki.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["PKI_TEST_KEY_URI"] != nil, "there is no token"))
  func `a CA's key stays in a token`() throws {
    let uri = try #require(ProcessInfo.processInfo.environment["PKI_TEST_KEY_URI"])
    let key = try PrivateKey(uri: uri)
    expectError(.unsupportedKey) { _ = try key.pem() }
    let ca = try CertificateAuthority.selfSigned(
      caProfile.request(id: "ca", at: now, reason: "test"), key: key)
    let again = try CertificateAuthority(certificate: ca.certificate, key: PrivateKey(uri: uri))
    let issued = try again.issue(servingProfile.request(id: "x", at: now, reason: "test"))
    let chain = try Certificate.chain(pem: secret(issued.certificatePEM))
    #expect(
      KeyPairVerifier.verify(
        chain: chain, purpose: .serving, names: gatewayNames, at: now, trusting: [ca.certificate],
        strict: true
      ).failures == [])
  }
}
