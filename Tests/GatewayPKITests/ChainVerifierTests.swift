import CertificatePolicy
import Foundation
import KubeCore
import Testing

@testable import GatewayPKI

/// A chain, its trust anchors, and the expected failures.
struct ChainCase: Sendable, CustomStringConvertible {
  var description: String
  var chain: [Certificate]
  var trusted: [Certificate]
  var serverName = GatewayPKITests.serverName
  var now = GatewayPKITests.now
  /// One of these is among the failures; empty for a good chain.
  var failures: [CertificateVerification.Failure.Code] = []
  /// Whether only the strict verification fails.
  var onlyStrict = false
  /// Whether the tool's result differs by its rules: it also matches names in the subject.
  var toolDiffers = false
}

@Suite struct ChainVerifierTests {
  static func cases() throws -> [ChainCase] {
    let root = try makeCA()
    let (ca, caKey) = (try root.certificate, try root.key)
    let issued = try makeServing(under: root)
    let (leaf, leafKey) = (try issued.certificate, try issued.key)
    let other = try makeCA().certificate
    let goCA = try Certificate.first(pem: Fixtures.ca)
    let goServing = try Certificate.first(pem: Fixtures.serving)
    let servingRequest = servingProfile.request(id: "serving", at: now, reason: "test")
    let fixture = { (pem: String) throws in [try Certificate.first(pem: pem), goCA] }

    var signature = leaf.der
    signature[signature.count - 1] ^= 1
    var content = leaf.der
    let name = Array("cluster-gateway.ns.svc".utf8)
    let place = content.indices.first { content[$0...].starts(with: name) } ?? 0
    content[place] = UInt8(ascii: "x")

    var intermediateRequest = caProfile.request(id: "ca", at: now, reason: "test")
    intermediateRequest.commonName = "intermediate"
    let intermediateKey = try PrivateKey.generate(.ecdsaP256)
    let intermediate = try CertificateBuilder.certificate(
      for: intermediateRequest, key: intermediateKey, issuer: ca, signer: caKey)
    let below = try CertificateBuilder.certificate(
      for: servingRequest, key: leafKey, issuer: intermediate, signer: intermediateKey)
    let belowLeaf = try CertificateBuilder.certificate(
      for: servingRequest, key: intermediateKey, issuer: leaf, signer: leafKey)
    let selfSigned = try CertificateBuilder.certificate(
      for: servingRequest, key: leafKey, issuer: nil, signer: leafKey)
    let wronglySigned = try CertificateBuilder.certificate(
      for: servingRequest, key: leafKey, issuer: ca, signer: intermediateKey)
    let barred = try Certificate.first(pem: Fixtures.caThatMayNotSign)
    let underBarred = try CertificateBuilder.certificate(
      for: servingRequest, key: leafKey, issuer: barred, signer: PrivateKey(pem: secret(Fixtures.ellipticKey))
    )
    var addressProfile = servingProfile
    addressProfile.ipAddresses = ["10.0.0.1", "2001:db8::1"]
    let withAddresses = try makeServing(under: root, addressProfile).certificate
    var wildcardProfile = servingProfile
    wildcardProfile.dnsNames = ["*.ns.svc"]
    let wildcard = try makeServing(under: root, wildcardProfile).certificate

    return [
      ChainCase(description: "good", chain: [leaf, ca], trusted: [ca]),
      ChainCase(description: "good without the CA in the chain", chain: [leaf], trusted: [ca]),
      ChainCase(
        description: "good among others that are trusted", chain: [leaf], trusted: [other, ca, goCA]),
      ChainCase(
        description: "good a second before its end", chain: [leaf], trusted: [ca],
        now: leaf.facts.notAfter.addingTimeInterval(-1)),
      ChainCase(
        description: "good at its first second", chain: [leaf], trusted: [ca], now: leaf.facts.notBefore),
      ChainCase(
        description: "good by IPv4 address", chain: [withAddresses], trusted: [ca], serverName: "10.0.0.1"),
      ChainCase(
        description: "good by IPv6 address", chain: [withAddresses], trusted: [ca],
        serverName: "2001:DB8::0:1"),
      ChainCase(description: "good by wildcard", chain: [wildcard], trusted: [ca], serverName: "a.ns.svc"),
      ChainCase(description: "good under a trusted intermediate", chain: [below], trusted: [intermediate]),
      ChainCase(description: "the Go manager's", chain: [goServing, goCA], trusted: [goCA]),
      ChainCase(description: "self-signed and trusted", chain: [selfSigned], trusted: [selfSigned]),

      ChainCase(
        description: "expired", chain: [leaf, ca], trusted: [ca],
        now: leaf.facts.notAfter.addingTimeInterval(1), failures: [.expired]),
      ChainCase(
        description: "not yet valid", chain: [leaf, ca], trusted: [ca],
        now: leaf.facts.notBefore.addingTimeInterval(-1), failures: [.notYetValid]),
      ChainCase(
        description: "expired with its CA", chain: [leaf, ca], trusted: [ca],
        now: ca.facts.notAfter.addingTimeInterval(1), failures: [.expired]),
      ChainCase(
        description: "for another name", chain: [leaf, ca], trusted: [ca],
        serverName: "cluster-gateway.other.svc",
        failures: [.nameMissing]),
      ChainCase(
        description: "for another address", chain: [withAddresses], trusted: [ca], serverName: "10.0.0.2",
        failures: [.nameMissing]),
      ChainCase(
        description: "wildcard over two labels", chain: [wildcard], trusted: [ca], serverName: "a.b.ns.svc",
        failures: [.nameMissing]),
      ChainCase(
        description: "of a CA that is not trusted", chain: [leaf, ca], trusted: [other],
        failures: [.unknownIssuer, .badSignature]),
      ChainCase(
        description: "alone, of a CA that is not trusted", chain: [leaf], trusted: [goCA],
        failures: [.unknownIssuer]),
      ChainCase(
        description: "without a trusted certificate", chain: [leaf, ca], trusted: [],
        failures: [.unknownIssuer]),
      ChainCase(
        description: "with a damaged signature", chain: [try Certificate(der: signature), ca], trusted: [ca],
        failures: [.badSignature]),
      ChainCase(
        description: "with a changed name", chain: [try Certificate(der: content), ca], trusted: [ca],
        failures: [.badSignature]),
      ChainCase(
        description: "signed by another key in the CA's name", chain: [wronglySigned, ca],
        trusted: [ca],
        failures: [.badSignature]),
      ChainCase(
        description: "self-signed", chain: [selfSigned], trusted: [ca], failures: [.unknownIssuer]),
      ChainCase(
        description: "below a serving certificate", chain: [belowLeaf, leaf, ca], trusted: [ca],
        failures: [.invalidCA]),
      ChainCase(
        description: "below an intermediate that the path length forbids", chain: [below, intermediate, ca],
        trusted: [ca], failures: [.pathLengthExceeded]),
      ChainCase(
        description: "without its intermediate", chain: [below], trusted: [ca],
        failures: [.unknownIssuer]),
      ChainCase(
        description: "a CA as the server's", chain: [ca], trusted: [ca], failures: [.wrongUsage]),
      ChainCase(
        description: "for clients only", chain: try fixture(Fixtures.clientOnly), trusted: [goCA],
        failures: [.wrongUsage]),
      ChainCase(
        description: "with a weak key", chain: try fixture(Fixtures.weakKeyServing), trusted: [goCA],
        failures: [.weak]),
      ChainCase(
        description: "with a weak digest", chain: try fixture(Fixtures.weakDigestServing),
        trusted: [goCA],
        failures: [.weak]),
      ChainCase(
        description: "with its name in the subject alone", chain: try fixture(Fixtures.commonNameOnly),
        trusted: [goCA], failures: [.nameMissing], toolDiffers: true),
      ChainCase(
        description: "below a CA that may not sign", chain: [underBarred, barred, goCA],
        trusted: [goCA],
        failures: [.invalidCA, .unknownIssuer]),
    ]
  }

  func verify(_ test: ChainCase, strict: Bool) -> CertificateVerification {
    ChainVerifier.verify(
      chain: test.chain, serverName: test.serverName, at: test.now, trusting: test.trusted, strict: strict)
  }

  @Test func `good chains are accepted and broken ones refused for the right reason`() throws {
    for test in try ChainVerifierTests.cases() {
      let result = verify(test, strict: false)
      if test.failures.isEmpty {
        #expect(result.failures == [], "\(test)")
      } else {
        #expect(!result.isAccepted, "\(test)")
        #expect(test.failures.contains { result.contains($0) }, "\(test): \(result.failures)")
      }
    }
  }

  @Test(.enabled(if: OpenSSLTool.isInstalled, "the openssl tool is not installed"), arguments: [true, false])
  func `the openssl tool gives the same results`(strict: Bool) throws {
    for test in try ChainVerifierTests.cases() where !test.toolDiffers {
      let accepted = verify(test, strict: strict).isAccepted
      let isAddress = IPAddress(test.serverName) != nil
      var arguments = [
        "verify", "-partial_chain", "-purpose", "sslserver", "-auth_level", "2", "-attime",
        String(Int(test.now.timeIntervalSince1970)), isAddress ? "-verify_ip" : "-verify_hostname",
        test.serverName,
        "-no-CAfile", "-no-CApath", "-no-CAstore", "-trusted", "trusted.pem",
      ]
      if strict { arguments.append("-x509_strict") }
      if test.chain.count > 1 { arguments += ["-untrusted", "chain.pem"] }
      let trusted = test.trusted.map(\.pem).joined()
      let (status, output) = try OpenSSLTool.run(
        arguments + ["leaf.pem"],
        files: [
          "leaf.pem": test.chain[0].pem, "chain.pem": test.chain.dropFirst().map(\.pem).joined(),
          "trusted.pem": trusted,
        ])
      #expect((status == 0) == accepted, "\(test), strict \(strict): \(output)")
    }
  }

  @Test func `our certificates are accepted in strict mode`() throws {
    let root = try makeCA()
    let chain = try Certificate.chain(pem: secret(makeServing(under: root).certificatePEM))
    let result = ChainVerifier.verify(
      chain: chain, serverName: serverName, at: now, trusting: [try root.certificate], strict: true)
    #expect(result.failures == [])
  }

  @Test func `all failures are reported`() throws {
    let leaf = try makeServing(under: makeCA()).certificate
    let result = ChainVerifier.verify(
      chain: [leaf], serverName: "other", at: leaf.facts.notAfter.addingTimeInterval(60), trusting: [])
    #expect(Set(result.failures.map(\.code)) == [.expired, .nameMissing, .unknownIssuer])
    #expect(result.failures.allSatisfy { !$0.description.isEmpty })
  }

  @Test func `a server name that can't be verified is not accepted`() throws {
    let root = try makeCA()
    let (ca, leaf) = (try root.certificate, try makeServing(under: root).certificate)
    #expect(!ChainVerifier.verify(chain: [], serverName: nil, at: now, trusting: [ca]).isAccepted)
    for name in ["", "a\0b"] {
      #expect(!ChainVerifier.verify(chain: [leaf], serverName: name, at: now, trusting: [ca]).isAccepted)
    }
    for seconds in [Double.infinity, .nan, 1e30, -1e30] {
      let date = Date(timeIntervalSince1970: seconds)
      #expect(!ChainVerifier.verify(chain: [leaf], serverName: nil, at: date, trusting: [ca]).isAccepted)
    }
    #expect(ChainVerifier.verify(chain: [leaf], serverName: nil, at: now, trusting: [ca]).isAccepted)
  }
}
