import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// CAs that are valid in themselves, and whose every certificate a client refuses.
@Suite struct UnfitCATests {
  /// Extensions in DER, and the problem to a CA that has them.
  static let unfit: [(what: String, extension: [UInt8], problem: String)] = [
    (
      "for clients alone", extensionElement([0x55, 0x1d, 0x25], DER.sequence(clientAuth)),
      "unsuitable certificate purpose"
    ),
    (
      "not for these names",
      extensionElement([0x55, 0x1d, 0x1e], constraints(1, DERReader.Tag.primitive(2), Array("ns.svc".utf8))),
      "excluded subtree violation"
    ),
    (
      "for other names alone",
      extensionElement(
        [0x55, 0x1d, 0x1e], constraints(0, DERReader.Tag.primitive(2), Array("example".utf8))),
      "permitted subtree violation"
    ),
    (
      "with rules that nobody knows",
      extensionElement([0x2a, 0x03, 0x04], DER.octetString([1]), critical: true),
      "unhandled critical extension"
    ),
  ]

  private static let clientAuth: [UInt8] = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2]

  private static func constraints(_ list: UInt8, _ tag: UInt8, _ name: [UInt8]) -> [UInt8] {
    DER.sequence(
      DER.element(DERReader.Tag.constructed(list), DER.sequence(DER.element(tag, name))))
  }

  private static func extensionElement(
    _ identifier: [UInt8], _ value: [UInt8], critical: Bool = false
  ) -> [UInt8] {
    let parts = [DER.element(0x06, identifier)] + (critical ? [DER.boolean(true)] : [])
    return DER.sequence((parts + [DER.octetString(value)]).flatMap { $0 })
  }

  /// A new self-signed CA with an additional extension.
  private static func unfitCA(
    _ algorithm: KeyAlgorithm = .ecdsaP256, saying more: [UInt8]
  ) throws -> (
    pair: IssuedCertificate, certificate: Certificate
  ) {
    var profile = caProfile
    profile.algorithm = algorithm
    let made = try makeCA(profile)
    let der = try made.certificate.der
    var whole = DERReader(der)
    var outer = try whole.enter(DERReader.Tag.sequence, "certificate")
    var body = try outer.enter(DERReader.Tag.sequence, "body")
    var parts: [UInt8] = []
    while !body.isAtEnd {
      let element = try body.next()
      guard element.tag == DERReader.Tag.constructed(3) else {
        parts += der[element.whole]
        continue
      }
      var list = body.inside(element)
      let extensions = try list.next()
      parts += DER.element(element.tag, DER.sequence(Array(der[extensions.content]) + more))
    }
    let certificate = try Certificate(der: CertificateBuilder.signed(DER.sequence(parts), made.key))
    return (made, certificate)
  }

  @Test(arguments: unfit.indices, [KeyAlgorithm.ecdsaP256, .ed25519, .rsa2048])
  func `an unfit CA is detected when it is decoded`(_ index: Int, _ algorithm: KeyAlgorithm) throws {
    let unfit = Self.unfit[index]
    let (pair, certificate) = try Self.unfitCA(algorithm, saying: unfit.extension)
    let observation = KeyPairReader.observe(
      certificatePEM: secret(certificate.pem), keyPEM: pair.privateKeyPEM, purpose: .ca,
      names: gatewayNames)
    let problems = try #require(observation.facts).problems
    #expect(problems.contains { $0.contains(unfit.problem) }, "\(unfit.what): \(problems)")
    // There is no other sign of it.
    let policy = RenewalPolicy()
    #expect(
      policy.decide(ca: observation, at: now, name: "x").reasons.map(\.code) == ["CertificateRefused"])
    #expect(
      !KeyPairVerifier.verify(
        certificatePEM: secret(certificate.pem), keyPEM: pair.privateKeyPEM, purpose: .ca,
        names: gatewayNames, at: now, trusting: [certificate]
      ).isAccepted)
    // The same without its key.
    #expect(
      !KeyPairVerifier.verify(
        chain: [certificate], purpose: .ca, names: gatewayNames, at: now, trusting: [certificate]
      ).isAccepted)
  }

  /// OpenSSL doesn't accept a CA for any extended key usage; Go does, and so do we.
  @Test(arguments: [KeyAlgorithm.ecdsaP256, .rsa2048])
  func `a CA for any extended key usage is fit`(_ algorithm: KeyAlgorithm) throws {
    let (pair, certificate) = try Self.unfitCA(
      algorithm,
      saying: Self.extensionElement([0x55, 0x1d, 0x25], DER.sequence([0x06, 4, 0x55, 0x1d, 0x25, 0])))
    #expect(certificate.facts.extendedKeyUsages == [.any])
    let observation = KeyPairReader.observe(
      certificatePEM: secret(certificate.pem), keyPEM: pair.privateKeyPEM, purpose: .ca,
      names: gatewayNames)
    #expect(observation.facts?.problems == [])
    let ca = try CertificateAuthority(certificate: certificate, key: pair.key)
    let issued = try ca.issue(
      servingProfile.request(id: "serving", issuer: certificate.facts, at: now, reason: "test"))
    let serving = KeyPairReader.observe(
      certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM,
      caCertificates: [certificate.facts], purpose: .serving)
    #expect(serving.facts?.problems == [])
    #expect(
      KeyPairVerifier.verify(
        certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM, purpose: .serving,
        names: gatewayNames, at: now, trusting: [certificate]
      ).isAccepted)
  }

  @Test(arguments: unfit.indices) func `an unfit CA signs nothing`(_ index: Int) throws {
    let (pair, certificate) = try Self.unfitCA(saying: Self.unfit[index].extension)
    let ca = try CertificateAuthority(certificate: certificate, key: pair.key)
    let request = servingProfile.request(id: "serving", issuer: certificate.facts, at: now, reason: "test")
    #expect(throws: PKIError.self) { _ = try ca.issue(request) }
  }

  /// A certificate that it or another tool signed before is replaced.
  @Test(arguments: unfit.indices) func `a certificate that an unfit CA signed is refused`(_ index: Int) throws
  {
    let (pair, certificate) = try Self.unfitCA(saying: Self.unfit[index].extension)
    let key = try PrivateKey.generate(.ecdsaP256)
    let request = servingProfile.request(id: "serving", issuer: certificate.facts, at: now, reason: "test")
    let leaf = try CertificateBuilder.certificate(
      for: request, key: key, issuer: certificate, signer: pair.key)
    let observation = KeyPairReader.observe(
      certificatePEM: secret(leaf.pem), keyPEM: try key.pem(), caCertificates: [certificate.facts],
      purpose: .serving)
    let decision = RenewalPolicy().decide(
      serving: observation, profile: servingProfile, caCertificates: [certificate.facts], at: now, name: "x")
    #expect(decision.reasons.map(\.code) == ["CertificateRefused"], "\(decision.explanation)")
  }

  /// For every algorithm, age and constraint: a CA that clients accept has no problems.
  @Test func `a fit CA is accepted`() throws {
    for algorithm in KeyAlgorithm.allCases {
      var profile = caProfile
      (profile.algorithm, profile.permittedDNSDomains) = (algorithm, ["svc", "ns", "cluster-gateway"])
      let made = try makeCA(profile)
      let observation = KeyPairReader.observe(
        certificatePEM: secret(made.certificatePEM), keyPEM: made.privateKeyPEM, purpose: .ca,
        names: gatewayNames)
      #expect(observation.facts?.problems == [], "\(algorithm)")
      let issued = try makeServing(under: made)
      let serving = KeyPairReader.observe(
        certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM,
        caCertificates: [try #require(made.facts.leaf)], purpose: .serving)
      #expect(serving.facts?.problems == [], "\(algorithm)")
    }
    let old = KeyPairReader.observe(
      certificatePEM: secret(Fixtures.ca), keyPEM: secret(Fixtures.caKey), purpose: .ca,
      names: gatewayNames)
    #expect(old.facts?.problems == [])
  }
}
