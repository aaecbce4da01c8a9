import COpenSSLShim
import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// A comparison of our decoder with OpenSSL's: certificates that both accept have the same facts.
@Suite struct DifferentialTests {
  /// The facts from OpenSSL; `nil` where it refuses.
  func openSSL(_ der: [UInt8]) -> CertificateFacts? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let parsed = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
      var cursor = bytes.baseAddress
      guard let parsed = d2i_X509(nil, &cursor, bytes.count) else { return nil }
      guard cursor == bytes.baseAddress?.advanced(by: bytes.count) else {
        X509_free(parsed)
        return nil
      }
      return parsed
    }
    guard let parsed else { return nil }
    defer { X509_free(parsed) }
    return try? OpenSSLFacts(certificate: parsed, der: der).facts()
  }

  /// The facts without intended differences: a name's unusual attributes, a key's description,
  /// whether an unusable key is named, the form of the serial number, and whether the
  /// self-signature verifies.
  func comparable(_ facts: CertificateFacts, _ other: CertificateFacts) -> CertificateFacts {
    var facts = facts
    (facts.permittedDNSDomains, facts.isSelfSigned, facts.keyDescription) = ([], false, "")
    (facts.serialNumber, facts.unhandledCriticalExtensions) = ("", [])
    if facts.keyAlgorithm == nil || other.keyAlgorithm == nil { facts.keyAlgorithm = nil }
    if facts.weakness != nil || other.weakness != nil { facts.weakness = nil }
    if facts.subject.contains("#") || other.subject.contains("#") { facts.subject = "" }
    if facts.issuer.contains("#") || other.issuer.contains("#") { facts.issuer = "" }
    return facts
  }

  static func corpus() throws -> [[UInt8]] {
    var all = try [
      Fixtures.ca, Fixtures.serving, Fixtures.clientOnly, Fixtures.weakKeyServing,
      Fixtures.weakDigestServing, Fixtures.commonNameOnly, Fixtures.caThatMayNotSign,
    ].map { try Certificate.first(pem: $0).der }
    for algorithm in [KeyAlgorithm.ecdsaP256, .ecdsaP384, .ed25519, .rsa2048] {
      var profile = caProfile
      profile.algorithm = algorithm
      profile.organization = " Ö,+\"\\<>;=#\u{1} "
      profile.permittedDNSDomains = ["svc"]
      let ca = try makeCA(profile)
      var serving = servingProfile
      serving.algorithm = algorithm
      serving.ipAddresses = ["10.0.0.1", "2001:db8::1"]
      serving.uris = ["spiffe://example.org/gateway"]
      serving.dnsNames = ["gateway.ns.svc"]
      serving.purpose = .peer
      all.append(try ca.certificate.der)
      all.append(try makeServing(under: ca, serving).certificate.der)
    }
    return all
  }

  @Test func `valid certificates are decoded as OpenSSL decodes them`() throws {
    for der in try DifferentialTests.corpus() {
      let theirs = try #require(openSSL(der))
      #expect(try theirs == Certificate(der: der).facts)
    }
  }

  @Test func `mutated certificates are decoded as OpenSSL decodes them`() throws {
    let corpus = try DifferentialTests.corpus()
    var random = SeededGenerator(state: 7)
    let rounds = Int(ProcessInfo.processInfo.environment["PKI_DIFFERENTIAL_ROUNDS"] ?? "") ?? 2_000
    var (both, onlyOurs, onlyTheirs) = (0, 0, 0)
    for round in 0..<rounds {
      let der = mutated(corpus[round % corpus.count], &random)
      let ours = try? Certificate(der: der).facts
      let theirs = openSSL(der)
      switch (ours, theirs) {
      case (let ours?, let theirs?):
        both += 1
        let (ours, theirs) = (comparable(ours, theirs), comparable(theirs, ours))
        #expect(ours == theirs, "\(Data(der).base64EncodedString())")
        if ours != theirs { return }
      case (_?, nil):
        onlyOurs += 1
      // OpenSSL can't verify what it can't decode: such a certificate is never relied on.
      case (nil, _?): onlyTheirs += 1
      case (nil, nil): break
      }
    }
    print(
      "differential: \(rounds) mutants, both read \(both), only ours \(onlyOurs), only OpenSSL \(onlyTheirs)")
    #expect(both > rounds / 20)
  }
}
