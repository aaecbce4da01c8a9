import CertificatePolicy
import Foundation
import KubeCore

@testable import GatewayPKI

/// A user's own CA, and the verdict of Go's crypto/x509 on it.
struct GoVerdict: Sendable {
  /// The observed verdict of Go 1.24 to 1.27, the strictest of them.
  enum Verdict: Sendable {
    /// It is parsed, and a serving certificate signed by it verifies.
    case accepts
    /// It can't be parsed: a bundle that contains it is refused as a whole.
    case refusesToParse
    /// It is parsed, and a serving certificate signed by it doesn't verify.
    case refusesToVerify
  }

  var description: String
  var verdict: Verdict
  /// Our problem; `nil` for none.
  var problem: String?
  var pem: String
  var key: PrivateKey
  /// Whether one of Go's versions accepts it.
  var isMatterOfVersion = false
}

extension GoVerdict {
  private typealias Raw = RawCA
  private typealias Tag = DERReader.Tag

  /// One row per rule. Scripts/interop-pki passes each to Go itself, and to the other verifiers.
  static func all(at now: Date = GatewayPKITests.now) throws -> [GoVerdict] {
    let key = try PrivateKey.generate(.ecdsaP256)
    var rows: [GoVerdict] = []
    func row(
      _ description: String, _ verdict: Verdict, _ problem: String?, _ change: (inout RawCA) -> Void
    ) throws {
      var ca = try RawCA(key: key, at: now)
      change(&ca)
      rows.append(
        GoVerdict(
          description: description, verdict: verdict, problem: problem, pem: try ca.pem(),
          key: key,
          isMatterOfVersion: matterOfVersion.contains(description)))
    }
    try row("good", .accepts, nil) { _ in }
    try addStructure(row)
    try addNames(row)
    try addKeys(row)
    try addExtensions(row)
    try addNameConstraints(row)
    return rows
  }

  /// Go 1.27 accepts the first two and alone refuses the third.
  private static let matterOfVersion: Set = [
    "UniversalString", "INTEGER for a string", "an IPv4 address in IPv6's form",
  ]

  private typealias Add = (String, Verdict, String?, (inout RawCA) -> Void) throws -> Void

  private static func addStructure(_ row: Add) throws {
    try row("serial number -77", .refusesToParse, "the serial number is negative") {
      $0.serial = DER.element(Tag.integer, [0xb3])
    }
    try row("serial number 0", .accepts, nil) { $0.serial = DER.integer(0) }
    try row("serial number of 21 octets", .accepts, nil) {
      $0.serial = DER.element(Tag.integer, [UInt8](repeating: 1, count: 21))
    }
    try row("serial number with a zero too many", .refusesToParse, "not in its shortest form") {
      $0.serial = DER.element(Tag.integer, [0, 1])
    }
    try row("version 4", .refusesToParse, "version") { $0.version = DER.integer(3) }
    try row("two algorithms of the signature", .refusesToParse, "algorithm is not the one that is signed") {
      $0.outerAlgorithm = DER.sequence(DER.objectIdentifier(ObjectIdentifier.ecdsaWithSHA2 + [3]))
    }
    try row("bytes after the certificate", .refusesToParse, "followed by other bytes") { $0.trailing = [0] }
    try row("a time in fractions of a second", .refusesToParse, "a time") {
      $0.validity = DER.sequence(
        DER.element(Tag.generalizedTime, Array("20260101000000.5Z".utf8)),
        DER.element(Tag.generalizedTime, Array("20360101000000Z".utf8)))
    }
    try row("a 30th of February", .refusesToParse, "a time") {
      $0.validity = DER.sequence(
        DER.element(Tag.utcTime, Array("260230000000Z".utf8)),
        DER.element(Tag.utcTime, Array("360101000000Z".utf8)))
    }
  }

  private static func addNames(_ row: Add) throws {
    func named(_ tag: UInt8, _ content: [UInt8]) -> (inout RawCA) -> Void {
      return { ($0.subject, $0.issuer) = (Raw.name(tag, content), Raw.name(tag, content)) }
    }
    func text(_ tag: UInt8, _ text: String) -> (inout RawCA) -> Void { named(tag, Array(text.utf8)) }
    for character in ["_", "@", "#"] {
      try row(
        "PrintableString with \(character)", .refusesToParse,
        "the subject has \"\(character)\" in a string of type PrintableString",
        text(0x13, "Example\(character)Org"))
    }
    try row("PrintableString with * and &", .accepts, nil, text(0x13, "*.Example & Sons"))
    try row("NumericString with letters", .refusesToParse, "NumericString", text(0x12, "12a"))
    try row("NumericString", .accepts, nil, text(0x12, "1 2"))
    try row(
      "IA5String in Latin-1", .refusesToParse, "the octet 0xe9 in a string of type IA5String",
      named(0x16, [0x61, 0xe9]))
    try row("T61String in Latin-1", .accepts, nil, named(0x14, [0x61, 0xe9]))
    try row("UTF8String in Latin-1", .refusesToParse, "UTF-8", named(0x0c, [0x61, 0xe9]))
    try row("UniversalString", .refusesToParse, "UniversalString", named(0x1c, [0, 0, 0, 0x61]))
    try row("INTEGER for a string", .refusesToParse, "not a string", named(0x02, [1]))
    try row("BMPString", .accepts, nil, named(0x1e, [0, 0x61, 0x20, 0xac]))
    try row("BMPString with a surrogate", .refusesToParse, "BMPString", named(0x1e, [0xd8, 0, 0xdc, 0]))
    try row("BMPString with what is no character", .refusesToParse, "BMPString", named(0x1e, [0xff, 0xfe]))
    try row("BMPString of odd length", .refusesToParse, "BMPString", named(0x1e, [0, 0x61, 0]))
    try row("the issuer's name alone", .refusesToParse, "the issuer has \"_\"") {
      $0.issuer = Raw.name(0x13, Array("a_b".utf8))
    }
    try row("an attribute of a type with a large number", .refusesToParse, "more than 31 bits") {
      $0.subject = DER.sequence(
        DER.set(
          DER.sequence(
            DER.objectIdentifier([0x2a, 0x90, 0x80, 0x80, 0x80, 0]), DER.element(Tag.utf8String, [0x61]))))
    }
  }

  private static func addKeys(_ row: Add) throws {
    let elliptic = ObjectIdentifier.ellipticKey
    func curve(_ identifier: [UInt8]) -> [UInt8] { DER.objectIdentifier(identifier) }
    func point(_ size: Int) -> [UInt8] { [4] + [UInt8](repeating: 5, count: size * 2) }
    let unjudged = "a kind that cannot be judged"
    try row("compressed point", .refusesToParse, "not an uncompressed point of P-256") {
      let point = $0.publicKey.suffix(65)
      let compressed = [2 + (point.last ?? 0) & 1] + point.dropFirst().prefix(32)
      $0.publicKey = Raw.publicKey(elliptic, curve(ObjectIdentifier.p256), compressed)
    }
    try row("point beside its curve", .refusesToParse, "not a point of its curve") {
      $0.publicKey = Raw.publicKey(elliptic, curve(ObjectIdentifier.p256), point(32))
    }
    try row("secp256k1", .refusesToParse, unjudged) {
      $0.publicKey = Raw.publicKey(elliptic, curve([0x2b, 0x81, 0x04, 0x00, 0x0a]), point(32))
    }
    try row("a curve by its parameters", .refusesToParse, unjudged) {
      $0.publicKey = Raw.publicKey(elliptic, DER.sequence(DER.integer(1)), point(32))
    }
    try row("Ed448", .refusesToVerify, unjudged) {
      $0.publicKey = Raw.publicKey([0x2b, 0x65, 0x71], [], [UInt8](repeating: 5, count: 57))
    }
    try row("Ed25519 with parameters", .refusesToParse, "Ed25519") {
      $0.publicKey = Raw.publicKey(ObjectIdentifier.ed25519, DER.null, [UInt8](repeating: 5, count: 32))
    }
    try row("DSA without parameters", .refusesToParse, "DSA") {
      $0.publicKey = Raw.publicKey(ObjectIdentifier.dsa, [], DER.integer(5))
    }
    func rsa(
      _ modulus: [UInt8] = [0, 0xc1] + [UInt8](repeating: 5, count: 255), _ exponent: [UInt8] = [1, 0, 1],
      parameters: [UInt8] = DER.null
    ) -> (inout RawCA) -> Void {
      let numbers = DER.sequence(DER.element(Tag.integer, modulus), DER.element(Tag.integer, exponent))
      return { $0.publicKey = Raw.publicKey(ObjectIdentifier.pkcs1 + [1], parameters, numbers) }
    }
    try row("RSA without parameters", .refusesToParse, "not NULL", rsa(parameters: []))
    try row("RSA with a negative modulus", .refusesToParse, "not positive", rsa([0xc1, 5]))
    try row("RSA with a modulus of zero", .refusesToParse, "not positive", rsa([0]))
    try row("RSA with a negative exponent", .refusesToParse, "not positive", rsa([0x61, 5], [0x81]))
    try row(
      "RSA with a vast exponent", .refusesToParse, "out of range",
      rsa([0x61, 5], [1] + [UInt8](repeating: 0, count: 8)))
    try row(
      "RSA with a great exponent", .refusesToVerify, "exponent 4294967297",
      rsa([0, 0xc1] + [UInt8](repeating: 5, count: 255), [1, 0, 0, 0, 1]))
    try row(
      "RSA with an even exponent", .refusesToVerify, "exponent 2",
      rsa([0, 0xc1] + [UInt8](repeating: 5, count: 255), [2]))
    try row(
      "RSA with an even modulus", .refusesToVerify, "even modulus",
      rsa([0, 0xc1] + [UInt8](repeating: 4, count: 255)))
    try row(
      "RSA of 1024 bits", .refusesToVerify, "RSA 1024", rsa([0, 0xc1] + [UInt8](repeating: 5, count: 127)))
  }

  private static func addExtensions(_ row: Add) throws {
    func add(
      _ identifier: [UInt8], _ value: [UInt8], critical: Bool = false
    ) -> (inout RawCA) -> Void {
      return { $0.extensions.append(Raw.extension(identifier, value, critical: critical)) }
    }
    func replace(_ place: Int, _ identifier: [UInt8], _ value: [UInt8]) -> (inout RawCA) -> Void {
      return { $0.extensions[place] = Raw.extension(identifier, value, critical: true) }
    }
    func alternative(
      _ tag: UInt8, _ content: some Collection<UInt8>, critical: Bool = false
    ) -> (inout RawCA) -> Void {
      return { $0.extensions.append(Raw.alternativeName(tag, content, critical: critical)) }
    }
    let unhandled = "unhandled critical extension"
    try row(
      "a critical extension that is unknown", .refusesToVerify, "\(unhandled) 1.2.3.4",
      add([0x2a, 3, 4], DER.null, critical: true))
    try row(
      "a critical Netscape certificate type", .refusesToVerify, "\(unhandled) 2.16.840.1.113730.1.1",
      add(
        [0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01], DER.bitString([0x06], unused: 1),
        critical: true))
    try row(
      "critical policy constraints", .accepts, nil,
      add(
        ObjectIdentifier.policyConstraints, DER.sequence(DER.element(Tag.primitive(1), [0])), critical: true))
    try row(
      "malformed policy constraints", .refusesToParse, "policy constraint",
      add(ObjectIdentifier.policyConstraints, DER.sequence(DER.element(Tag.primitive(0), [0, 1]))))
    try row(
      "a policy twice", .refusesToParse, "policy is there twice",
      add(
        ObjectIdentifier.policies,
        DER.sequence(
          DER.sequence(DER.objectIdentifier([0x2a, 3])), DER.sequence(DER.objectIdentifier([0x2a, 3])))))
    try row(
      "policy mappings that are none", .refusesToParse, "mapped policy",
      add(
        ObjectIdentifier.policyMappings,
        DER.sequence(DER.sequence(DER.objectIdentifier([0x2a, 3]), DER.null))))
    try row(
      "a critical authority key identifier", .refusesToParse, "authority key identifier is marked critical",
      add(ObjectIdentifier.authorityKeyIdentifier, DER.sequence(), critical: true))
    try row(
      "a critical subject key identifier", .refusesToParse, "subject key identifier is marked critical",
      add(ObjectIdentifier.subjectKeyIdentifier, DER.octetString([1]), critical: true))
    try row(
      "a critical authority information access", .refusesToParse, "information access is marked critical",
      add(ObjectIdentifier.authorityInformation, DER.sequence(), critical: true))
    try row(
      "a CRL distribution point relative to its issuer", .refusesToParse, "distribution point's full name",
      add(
        ObjectIdentifier.distributionPoints,
        DER.sequence(DER.sequence(DER.element(Tag.constructed(0), DER.element(Tag.constructed(1), []))))))
    try row(
      "an extension twice", .refusesToParse, "there twice",
      add([0x55, 0x1d, 0x0f], DER.bitString([0x06], unused: 1)))
    try row(
      "an extension of a large number", .refusesToParse, "more than 31 bits",
      add([0x2a, 0x90, 0x80, 0x80, 0x80, 0], []))
    try row(
      "a key usage with stray bits", .refusesToParse, "unused bits",
      replace(1, [0x55, 0x1d, 0x0f], DER.bitString([0x07], unused: 1)))
    try row(
      "a key usage without keyCertSign", .refusesToVerify, "may not sign",
      replace(1, [0x55, 0x1d, 0x0f], DER.bitString([0x80], unused: 7)))
    try row(
      "basic constraints without CA", .refusesToVerify, "not a CA's",
      replace(0, [0x55, 0x1d, 0x13], DER.sequence()))
    try row(
      "a CA flag of 1", .refusesToParse, "the CA flag",
      replace(0, [0x55, 0x1d, 0x13], DER.sequence(DER.element(Tag.boolean, [1]))))
    try row(
      "a negative path length", .refusesToParse, "path length",
      replace(0, [0x55, 0x1d, 0x13], DER.sequence(DER.boolean(true), DER.element(Tag.integer, [0xff]))))
    try row(
      "path length 0", .accepts, nil,
      replace(0, [0x55, 0x1d, 0x13], DER.sequence(DER.boolean(true), DER.integer(0))))
    try row(
      "for clients alone", .refusesToVerify, "unsuitable certificate purpose",
      add(
        ObjectIdentifier.extendedKeyUsage,
        DER.sequence(DER.objectIdentifier(ObjectIdentifier.keyPurpose + [2]))))
    try row(
      "for servers by Netscape's step-up alone", .refusesToVerify, "unsuitable certificate purpose",
      add(
        ObjectIdentifier.extendedKeyUsage,
        DER.sequence(DER.objectIdentifier([0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x04, 0x01]))))
    try row(
      "the URI https://[bad", .refusesToParse, "a URI that is malformed",
      alternative(Tag.primitive(6), "https://[bad".utf8))
    try row(
      "the URI spiffe://example.org/ca", .accepts, nil,
      alternative(Tag.primitive(6), "spiffe://example.org/ca".utf8))
    try row(
      "an IP address of three octets", .refusesToParse, "an IP address that is malformed",
      alternative(Tag.primitive(7), [10, 0, 0]))
    try row(
      "an IPv4 address in IPv6's form", .refusesToParse, "an IP address that is malformed",
      alternative(Tag.primitive(7), [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 1]))
    try row(
      "a DNS name in Latin-1", .refusesToParse, "a DNS name that is malformed",
      alternative(Tag.primitive(2), [0x61, 0xe9]))
    try row(
      "an email address in Latin-1", .refusesToParse, "an email address that is malformed",
      alternative(Tag.primitive(1), [0x61, 0xe9]))
    try row(
      "a critical name that is an object identifier", .refusesToVerify, "\(unhandled) 2.5.29.17",
      alternative(Tag.primitive(8), [0x2a, 3], critical: true))
    try row("a name that is an object identifier", .accepts, nil, alternative(Tag.primitive(8), [0x2a, 3]))
  }

  private static func addNameConstraints(_ row: Add) throws {
    func permitting(
      _ tag: UInt8, _ content: some Collection<UInt8>, critical: Bool = true
    ) -> (inout RawCA) -> Void {
      return { $0.extensions.append(Raw.permitting(tag, content, critical: critical)) }
    }
    try row("no constraints in name constraints", .refusesToParse, "the name constraints are empty") {
      $0.extensions.append(Raw.extension([0x55, 0x1d, 0x1e], DER.sequence(), critical: true))
    }
    try row("the empty DNS name permitted", .accepts, nil, permitting(Tag.primitive(2), []))
    try row(
      "DNS names below .ns.svc permitted", .refusesToVerify, "permitted subtree violation",
      permitting(Tag.primitive(2), ".ns.svc".utf8))
    try row(
      "DNS names with a dot at the end", .refusesToParse, "one for DNS names",
      permitting(Tag.primitive(2), "svc.".utf8))
    try row(
      "DNS names with an empty label", .refusesToParse, "one for DNS names",
      permitting(Tag.primitive(2), "a..svc".utf8))
    try row("addresses 10.0.0.0/8", .accepts, nil, permitting(Tag.primitive(7), [10, 0, 0, 0, 255, 0, 0, 0]))
    try row(
      "addresses with a mask of gaps", .refusesToParse, "one for IP addresses",
      permitting(Tag.primitive(7), [10, 0, 0, 0, 255, 0, 255, 0]))
    try row(
      "addresses of six octets", .refusesToParse, "one for IP addresses",
      permitting(Tag.primitive(7), [10, 0, 0, 255, 255, 0]))
    try row(
      "email addresses of a malformed mailbox", .refusesToParse, "one for email addresses",
      permitting(Tag.primitive(1), "@b".utf8))
    try row("email addresses of one mailbox", .accepts, nil, permitting(Tag.primitive(1), "\"a b\"@c".utf8))
    try row(
      "URIs at an address", .refusesToParse, "one for URIs", permitting(Tag.primitive(6), "10.0.0.1".utf8))
    let directory = DistinguishedName.element(commonName: "", organization: nil)
    try row(
      "directory names, critically", .refusesToVerify, "unhandled critical extension 2.5.29.30",
      permitting(Tag.constructed(4), directory))
    try row("directory names", .accepts, nil, permitting(Tag.constructed(4), directory, critical: false))
  }
}
