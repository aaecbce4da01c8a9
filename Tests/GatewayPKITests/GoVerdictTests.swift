import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// Users' own CAs are verified as by an API server: by Go's crypto/x509.
@Suite struct GoVerdictTests {
  private static func observe(_ row: GoVerdict) throws -> KeyPairObservation {
    KeyPairReader.observe(
      certificatePEM: secret(row.pem), keyPEM: try row.key.pem(), purpose: .ca, names: gatewayNames)
  }

  @Test func `a CA is used just where Go accepts what it signs`() throws {
    for row in try GoVerdict.all() {
      let decision = RenewalPolicy().decide(ca: try Self.observe(row), at: now, name: "x")
      #expect(decision.isBroken == (row.verdict != .accepts), "\(row.description): \(decision.explanation)")
      #expect((row.problem != nil) == (row.verdict != .accepts))
      if let problem = row.problem {
        #expect(decision.explanation.contains(problem), "\(row.description): \(decision.explanation)")
      }
    }
  }

  @Test func `what Go can't parse is left out of a bundle and counted`() throws {
    let good = try #require(try GoVerdict.all().first).pem
    for row in try GoVerdict.all() {
      let bundle = TrustBundle(pem: good + row.pem)
      let isParsed = row.verdict != .refusesToParse
      #expect(bundle.certificates.count == (isParsed ? 2 : 1), "\(row.description)")
      #expect(bundle.unreadable == (isParsed ? 0 : 1), "\(row.description)")
    }
  }

  @Test func `an accepted CA issues, and a refused one signs nothing`() throws {
    for row in try GoVerdict.all() {
      let ca = try? CertificateAuthority(
        certificatePEM: secret(row.pem), keyPEM: try row.key.pem())
      let request = servingProfile.request(
        id: "serving", issuer: ca?.certificate.facts, at: now, reason: "test")
      let issued = ca.flatMap { try? $0.issue(request) }
      #expect((issued != nil) == (row.verdict == .accepts), "\(row.description)")
      guard let issued, let ca else { continue }
      let result = KeyPairVerifier.verify(
        certificatePEM: secret(issued.certificatePEM), keyPEM: issued.privateKeyPEM, purpose: .serving,
        names: gatewayNames, at: now, trusting: [ca.certificate])
      #expect(result.failures == [], "\(row.description)")
    }
  }

  @Test func `a serving pair with what Go can't parse in its chain is unreadable`() throws {
    let made = try makeCA()
    let issued = try makeServing(under: made)
    for row in try GoVerdict.all() where row.verdict == .refusesToParse {
      let observation = KeyPairReader.observe(
        certificatePEM: secret(issued.certificatePEM + row.pem), keyPEM: issued.privateKeyPEM,
        caCertificates: [try made.certificate], purpose: .serving)
      #expect(observation.facts == nil, "\(row.description)")
    }
  }

  @Test func `a serving certificate verifies by any CA of its issuer's name and key that Go accepts`()
    throws
  {
    let key = try PrivateKey.generate(.ecdsaP256)
    var raw = try RawCA(key: key)
    let good = try Certificate(der: raw.der())
    raw.extensions.append(RawCA.extension([0x2a, 3, 4], DER.null, critical: true))
    let flawed = try Certificate(der: raw.der())
    let issued = try CertificateAuthority(certificate: good, key: key).issue(
      servingProfile.request(id: "serving", issuer: good.facts, at: now, reason: "test"))
    let leaf = try issued.certificate
    func accepts(_ trusted: [Certificate]) -> Bool {
      KeyPairVerifier.verify(chain: [leaf], purpose: .serving, at: now, trusting: trusted).isAccepted
    }
    #expect(accepts([good]))
    #expect(!accepts([flawed]))
  }

  @Test(arguments: [
    ("spiffe://example.org/a", true), ("https://[bad", false), ("https://[::1]:80/", true),
    ("https://[::1%25en0]/", true), ("https://[1.2.3.4]/", false), ("https://x[::1]/", false),
    ("https://a:b@c:1/d?e#f", true), ("https://a:x/", false), ("https://a:1:2/", false),
    ("pg://a:1,b:2/", true), ("urn:a:b", true),
    ("//a/b", true), ("///a", true), ("a:b", true), (":a", false), ("1:a", false), ("", true), ("*", true),
    ("?a:b", true), ("a/b:c", true), ("https://%41/", false), ("https://a/%", false), ("https://a/%41", true),
    ("https://a.", false), ("https://.a", false), ("https://a..b", false), ("https://a b/", false),
    ("https://u@", true), ("https://u<@a", false), ("https://u%zz@a", false), ("https:///x", true),
    ("#%", false), ("a\u{1}", false), ("#\u{1}", true), ("https://a%25b/", true), ("https://a^b", false),
  ])
  func `a URI is taken just where Go parses it`(text: String, isParsed: Bool) {
    #expect(NameSyntax.isURI(Array(text.utf8)[...]) == isParsed)
  }

  @Test(arguments: [
    ("a@b", true), ("\"a b\"@c", true), ("\"a", false), ("@x", false), ("a@", true), ("a@b@c", false),
    (".a@b", false), ("a.@b", false), ("a..b@c", false), ("a\\@b@c", true), ("a\\", false), ("a b@c", false),
    ("\"\t\"@b", false), ("\"\\\t\"@b", true), ("a@b.", false), ("\"\"@b", true), ("a(b@c", false),
    ("", false),
  ])
  func `a mailbox is taken just where Go parses it`(text: String, isParsed: Bool) {
    #expect(NameSyntax.isMailbox(Array(text.utf8)[...]) == isParsed)
  }
}
