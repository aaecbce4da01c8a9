import CertificatePolicy
import Foundation
import GatewayPKI
import KubeCore
import Testing

/// Every input gives a result or a typed error, never a crash.
@Suite struct RobustnessTests {
  @Test func `mutated certificates never crash the decoder`() throws {
    let issued = try makeCA()
    let bases = [
      try makeServing(under: issued).certificate.der, try Certificate.first(pem: Fixtures.serving).der,
    ]
    let ca = try issued.certificate
    var random = SeededGenerator(state: 1)
    for round in 0..<3_000 {
      guard let certificate = try? Certificate(der: mutated(bases[round % 2], &random)) else { continue }
      _ = certificate.isSigned(by: ca)
      _ =
        RenewalPolicy().decide(
          serving: .readable(KeyPairFacts(chain: [certificate.facts], keyMatches: true)),
          profile: servingProfile,
          caCertificates: [ca.facts], at: now, name: "x"
        ).explanation
      if round % 8 == 0 {
        _ = ChainVerifier.verify(chain: [certificate], serverName: serverName, at: now, trusting: [ca])
        _ = ChainVerifier.verify(chain: [ca], serverName: serverName, at: now, trusting: [certificate])
      }
    }
  }

  @Test func `mutated keys never crash the decoder`() throws {
    let issued = try makeServing(under: makeCA())
    let certificate = try issued.certificate
    let lines = issued.privateKeyPEM.exposedText()?.split(separator: "\n").dropFirst().dropLast() ?? []
    let elliptic = Array(try #require(Data(base64Encoded: lines.joined())))
    let rsa = Array(
      try #require(
        Data(base64Encoded: Fixtures.servingKey.split(separator: "\n").dropFirst().dropLast().joined())))
    var random = SeededGenerator(state: 2)
    for round in 0..<2_000 {
      let (label, base) = round % 2 == 0 ? ("PRIVATE KEY", elliptic) : ("RSA PRIVATE KEY", rsa)
      let body = Data(mutated(base, &random)).base64EncodedString()
      let pem = "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
      guard let key = try? PrivateKey(pem: secret(pem)) else { continue }
      _ = key.matches(certificate)
      _ = try? key.pem()
    }
  }

  @Test func `mutated texts never crash the decoder`() throws {
    let issued = try makeServing(under: makeCA())
    let certificate = Array(issued.certificatePEM.utf8)
    let key = issued.privateKeyPEM.exposed()
    var random = SeededGenerator(state: 3)
    for _ in 0..<800 {
      let pem = SecretBytes(mutated(certificate, &random))
      _ = KeyPairReader.observe(certificatePEM: pem, keyPEM: SecretBytes(mutated(key, &random)))
      _ = TrustBundle(pem: pem)
    }
  }

  @Test func `random bytes never crash the decoder`() {
    var random = SeededGenerator(state: 4)
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      _ = try? Certificate(der: bytes)
      _ = try? Certificate(der: [0x30, 0x82] + bytes)
      _ = KeyPairReader.observe(certificatePEM: SecretBytes(bytes), keyPEM: SecretBytes(bytes))
    }
  }

  @Test(arguments: [
    "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "-", "-----BEGIN ", "A:\n", "\n", "A",
  ])
  func `hostile texts are refused by the limit or decoded in linear time`(_ piece: String) {
    let large = secret(String(repeating: piece, count: 1_048_576 / piece.utf8.count + 1))
    expectError(.tooLarge) { _ = try Certificate.chain(pem: large) }
    #expect(TrustBundle(pem: large).unreadable == 1)
    let below = secret(
      String(repeating: piece, count: PKILimits.certificateBytes / piece.utf8.count))
    #expect(throws: PKIError.self) { try Certificate.chain(pem: below) }
    _ = TrustBundle(pem: below)
  }

  @Test func `many threads can use one certificate and one key`() async throws {
    let issued = try makeCA()
    let ca = try issued.issuer
    let certificate = try issued.certificate
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          (0..<10).allSatisfy { _ in
            let request = servingProfile.request(
              id: "serving", issuer: certificate.facts, at: now, reason: "test")
            guard let issued = try? ca.issue(request),
              let chain = try? Certificate.chain(pem: secret(issued.certificatePEM))
            else { return false }
            return ChainVerifier.verify(
              chain: chain, serverName: serverName, at: now, trusting: [certificate]
            ).isAccepted
          }
        }
      }
      for await succeeded in group { #expect(succeeded) }
    }
  }
}
