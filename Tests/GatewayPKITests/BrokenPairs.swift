import CertificatePolicy
import Foundation
import KubeCore

@testable import GatewayPKI

/// A chain and a key, their intended use, and the reason why they must be refused.
struct PairCase: Sendable {
  var description: String
  var certificate: String
  var key: SecretBytes
  var trusted: [Certificate]
  var purpose: IssuanceRequest.Purpose = .serving
  var names = gatewayNames
  var now = GatewayPKITests.now
  var strict = false
  /// Another acceptable reason.
  var otherReason: CertificateVerification.Failure.Code?
  /// The expected reason; `nil` for a good pair.
  var reason: CertificateVerification.Failure.Code?
}

extension PairCase {
  /// Good pairs, and pairs that are broken in one way each.
  static func all(at now: Date = GatewayPKITests.now) throws -> [PairCase] {
    let root = try makeCA(at: now)
    let (ca, caKey) = (try root.certificate, try root.key)
    let issued = try makeServing(under: root, at: now)
    let (leaf, leafKey) = (try issued.certificate, try issued.key)
    let other = try makeCA(at: now)
    let goCA = try Certificate.first(pem: Fixtures.ca)
    let request = servingProfile.request(id: "serving", issuer: ca.facts, at: now, reason: "test")
    var good = PairCase(
      description: "good", certificate: issued.certificatePEM, key: issued.privateKeyPEM, trusted: [ca])
    good.now = now
    let base = good
    var cases = [base]
    func add(
      _ description: String, _ reason: CertificateVerification.Failure.Code?,
      _ change: (inout PairCase) throws -> Void
    )
      rethrows
    {
      var one = base
      (one.description, one.reason) = (description, reason)
      try change(&one)
      cases.append(one)
    }
    func pem(_ der: some Sequence<UInt8>) -> String { PEM.text(label: "CERTIFICATE", content: Array(der)) }
    func made(_ change: (inout IssuanceRequest) -> Void) throws -> String {
      try made(ca, caKey, change)
    }
    func made(
      _ issuer: Certificate?, _ signer: PrivateKey, _ change: (inout IssuanceRequest) -> Void
    ) throws -> String {
      var request = request
      change(&request)
      return try CertificateBuilder.certificate(for: request, key: leafKey, issuer: issuer, signer: signer)
        .pem
    }
    func replaced(_ old: [UInt8], _ new: [UInt8]) -> String {
      var der = leaf.der
      if let place = der.indices.first(where: { der[$0...].starts(with: old) }) {
        der.replaceSubrange(place..<(place + old.count), with: new)
      }
      return pem(der)
    }

    // Good ones.
    add("good without the CA in the chain", nil) { $0.certificate = leaf.pem }
    add("good a second before its end", nil) { $0.now = leaf.facts.notAfter.addingTimeInterval(-1) }
    try add("good client", nil) {
      ($0.certificate, $0.purpose, $0.names) = (try made { $0.purpose = .client }, .client, [])
    }
    try add("good peer", nil) { ($0.certificate, $0.purpose) = (try made { $0.purpose = .peer }, .peer) }
    add("good CA", nil) {
      ($0.certificate, $0.key, $0.purpose, $0.names) = (
        root.certificatePEM, root.privateKeyPEM, .ca, []
      )
    }

    // Nothing, half, too much, no syntax.
    add("nothing", .absent) { ($0.certificate, $0.key) = ("", secret("")) }
    add("a certificate without a key", .unreadable) { $0.key = secret("") }
    add("a key without a certificate", .unreadable) { $0.certificate = "" }
    add("certificates beyond the limit", .tooLarge) {
      $0.certificate = String(repeating: "\n", count: PKILimits.certificateBytes + 1)
    }
    add("more certificates than the limit", .tooLarge) {
      $0.certificate = String(repeating: leaf.pem, count: PKILimits.certificates + 1)
    }
    add("a key beyond the limit", .tooLarge) {
      $0.key = secret(String(repeating: "\n", count: PKILimits.keyBytes + 1))
    }
    add("a certificate cut off", .unreadable) { $0.certificate = pem(leaf.der.dropLast(1)) }
    add("a certificate with bytes after it", .unreadable) { $0.certificate = pem(leaf.der + [0]) }
    add("a text cut off", .unreadable) { $0.certificate = String(leaf.pem.dropLast(30)) }
    add("a certificate that isn't base64", .unreadable) {
      $0.certificate = leaf.pem.replacing("MII", with: "M*I")
    }
    add("a CA that is cut off, after the leaf", .unreadable) {
      $0.certificate = leaf.pem + pem(ca.der.dropLast(1))
    }
    add("an indefinite length", .unreadable) {
      $0.certificate = pem([[0x30, 0x80], leaf.der.dropFirst(4), [0, 0]].joined())
    }
    add("a length not in its shortest form", .unreadable) {
      $0.certificate = pem([[0x30, 0x83, 0], leaf.der[2..<4], leaf.der.dropFirst(4)].joined())
    }
    add("a version that there is not", .unreadable) {
      $0.certificate = replaced([0xa0, 3, 2, 1, 2], [0xa0, 3, 2, 1, 7])
    }
    add("extensions in version 1", .unreadable) {
      $0.certificate = replaced([0xa0, 3, 2, 1, 2], [0xa0, 3, 2, 1, 0])
    }
    add("a month 13", .unreadable) {
      var der = leaf.der
      if let place = der.indices.first(where: { der[$0...].starts(with: [0x17, 0x0d]) }) {
        der.replaceSubrange((place + 4)..<(place + 6), with: Array("13".utf8))
      }
      $0.certificate = pem(der)
    }
    add("a key usage that allows nothing", .unreadable) {
      $0.certificate = replaced([0x03, 2, 7, 0x80], [0x03, 2, 7, 0])
    }
    add("a boolean that is neither", .unreadable) { $0.certificate = replaced([1, 1, 0xff], [1, 1, 0x01]) }
    add("an extension twice", .unreadable) {
      $0.certificate = replaced([0x55, 0x1d, 0x0f], [0x55, 0x1d, 0x13])
    }
    add("an encrypted key", .unreadable) { $0.key = secret(Fixtures.encryptedKey) }
    add("a key that cannot sign", .unreadable) { $0.key = secret(Fixtures.agreementKey) }
    add("a key that is a certificate", .unreadable) { $0.key = secret(leaf.pem) }

    // The key.
    add("another key", .keyMismatch) { $0.key = other.privateKeyPEM }
    add("another kind of key", .keyMismatch) { $0.key = secret(Fixtures.servingKey) }

    // Signatures and CAs.
    var signature = leaf.der
    signature[signature.count - 1] ^= 1
    add("a damaged signature", .badSignature) { $0.certificate = pem(signature) + ca.pem }
    add("a changed name", .badSignature) {
      $0.certificate = replaced(Array("cluster-gateway.ns.svc".utf8), Array("xluster-gateway.ns.svc".utf8))
      $0.names = ["xluster-gateway.ns.svc"]
    }
    add("a changed serial number", .badSignature) {
      let serial = leaf.der[15..<20]
      $0.certificate = replaced(Array(serial), serial.map { $0 ^ 1 })
    }
    try add("another key signed in the CA's name", .badSignature) {
      $0.certificate = try made(ca, other.key) { _ in }
    }
    add("nobody is trusted", .unknownIssuer) { $0.trusted = [] }
    try add("another CA is trusted", .unknownIssuer) {
      $0.trusted = [try makeCA(.ca(commonName: "another"), at: now).certificate]
    }
    try add("self-signed", .unknownIssuer) { $0.certificate = try made(nil, leafKey) { _ in } }
    let intermediateKey = try PrivateKey.generate(.ecdsaP256)
    var intermediateRequest = caProfile.request(id: "ca", at: now, reason: "test")
    intermediateRequest.commonName = "intermediate"
    let intermediate = try CertificateBuilder.certificate(
      for: intermediateRequest, key: intermediateKey, issuer: ca, signer: caKey)
    let below = try made(intermediate, intermediateKey) { _ in }
    add("good below a trusted intermediate", nil) { ($0.certificate, $0.trusted) = (below, [intermediate]) }
    add("without its intermediate", .unknownIssuer) { $0.certificate = below }
    add("below a path that is too long", .pathLengthExceeded) {
      $0.certificate = below + intermediate.pem + ca.pem
    }
    try add("signed by a serving certificate", .invalidCA) {
      $0.certificate = try made(leaf, leafKey) { $0.commonName = "below" } + leaf.pem + ca.pem
    }
    let barred = try Certificate.first(pem: Fixtures.caThatMayNotSign)
    try add("signed by a CA that may not", .invalidCA) {
      $0.certificate =
        try made(barred, PrivateKey(pem: secret(Fixtures.ellipticKey))) { _ in } + barred.pem
      ($0.trusted, $0.otherReason) = ([goCA], .unknownIssuer)
    }
    var constrained = caProfile
    constrained.permittedDNSDomains = ["example.org"]
    let constrainedRoot = try makeCA(constrained, at: now)
    try add("outside of the name constraints", .nameConstraint) {
      $0.certificate = try made(constrainedRoot.certificate, constrainedRoot.key) { _ in }
      $0.trusted = [try constrainedRoot.certificate]
    }

    // Validity.
    add("expired", .expired) { $0.now = leaf.facts.notAfter.addingTimeInterval(1) }
    add("not yet valid", .notYetValid) { $0.now = leaf.facts.notBefore.addingTimeInterval(-1) }
    add("expired with its CA", .expired) { $0.now = ca.facts.notAfter.addingTimeInterval(1) }
    let oldRoot = try makeCA(
      .ca(commonName: "old", validity: .seconds(60)), at: now.addingTimeInterval(-600))
    try add("under a CA that has expired", .expired) {
      $0.certificate = try made(oldRoot.certificate, oldRoot.key) { _ in }
      $0.trusted = [try oldRoot.certificate]
    }
    let newRoot = try makeCA(.ca(commonName: "new"), at: now.addingTimeInterval(6000))
    try add("under a CA that is not yet valid", .notYetValid) {
      $0.certificate = try made(newRoot.certificate, newRoot.key) { _ in }
      $0.trusted = [try newRoot.certificate]
    }
    try add("of a validity that ends before it begins", .expired) {
      $0.certificate = try made { $0.notAfter = $0.notBefore.addingTimeInterval(-60) }
    }

    // Names.
    add("for another name", .nameMissing) { $0.names = ["cluster-gateway.other.svc"] }
    add("for another name too", .nameMissing) { $0.names = gatewayNames + ["more"] }
    add("for an address that it lacks", .nameMissing) { $0.names = ["10.0.0.1"] }
    try add("for another address", .nameMissing) {
      ($0.certificate, $0.names) = (try made { $0.ipAddresses = ["10.0.0.1"] }, ["10.0.0.2"])
    }
    try add("good by wildcard", nil) {
      ($0.certificate, $0.names) = (try made { $0.dnsNames = ["*.ns.svc"] }, ["a.ns.svc"])
    }
    try add("a wildcard over two labels", .nameMissing) {
      ($0.certificate, $0.names) = (try made { $0.dnsNames = ["*.ns.svc"] }, ["a.b.ns.svc"])
    }
    add("with its name in the subject alone", .nameMissing) {
      ($0.certificate, $0.trusted, $0.names) = (Fixtures.commonNameOnly, [goCA], [serverName])
    }
    add("for an empty name", .nameMissing) { $0.names = [""] }

    // Usage and strength.
    try add("a client's certificate for a server", .wrongUsage) {
      $0.certificate = try made { $0.purpose = .client }
    }
    add("a server's certificate for a client", .wrongUsage) { ($0.purpose, $0.names) = (.client, []) }
    add("a server's certificate for a peer", .wrongUsage) { $0.purpose = .peer }
    add("a CA as a server's", .wrongUsage) {
      ($0.certificate, $0.key, $0.names) = (root.certificatePEM, root.privateKeyPEM, [])
    }
    add("a serving certificate as a CA", .wrongUsage) { ($0.purpose, $0.names) = (.ca, []) }
    add("for clients only", .wrongUsage) {
      ($0.certificate, $0.trusted, $0.names) = (Fixtures.clientOnly, [goCA], [])
    }
    add("a weak key", .weak) {
      ($0.certificate, $0.trusted, $0.names) = (Fixtures.weakKeyServing, [goCA], [])
    }
    add("a weak digest", .weak) {
      ($0.certificate, $0.trusted, $0.names) = (Fixtures.weakDigestServing, [goCA], [])
    }
    return cases
  }
}
