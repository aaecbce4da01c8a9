import CertificatePolicy
import Foundation
import KubeCore

@testable import GatewayPKI

/// A CA's certificate composed of parts, each of which a test may replace by one that no builder
/// creates.
struct RawCA {
  let key: PrivateKey
  var version = DER.integer(2)
  var serial = DER.integer(1)
  var algorithm: [UInt8]
  /// The algorithm beside the signature; the signed one where it is `nil`.
  var outerAlgorithm: [UInt8]?
  var issuer: [UInt8]
  var validity: [UInt8]
  var subject: [UInt8]
  var publicKey: [UInt8]
  var extensions: [[UInt8]]
  /// Bytes after the certificate.
  var trailing: [UInt8] = []

  /// Creates a good CA for any usage, valid around `now`.
  init(key: PrivateKey, at now: Date = now) throws {
    self.key = key
    algorithm = key.signatureAlgorithm
    let name = DistinguishedName.element(commonName: "own", organization: "Example")
    (issuer, subject) = (name, name)
    validity = DER.sequence(
      CertificateTime.element(now.addingTimeInterval(-86_400)) ?? [],
      CertificateTime.element(now.addingTimeInterval(86_400 * 300)) ?? [])
    publicKey = key.publicKeyDER
    extensions = [
      RawCA.extension([0x55, 0x1d, 0x13], DER.sequence(DER.boolean(true)), critical: true),
      RawCA.extension([0x55, 0x1d, 0x0f], DER.bitString([0x06], unused: 1), critical: true),
    ]
  }

  /// An extension.
  static func `extension`(_ identifier: [UInt8], _ value: [UInt8], critical: Bool = false) -> [UInt8] {
    DER.sequence(
      DER.objectIdentifier(identifier), critical ? DER.boolean(true) : [], DER.octetString(value))
  }

  /// A Name of one attribute, the organization or what else is given, in a string of the type
  /// `tag`.
  static func name(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
    DER.sequence(
      DER.set(DER.sequence(DER.objectIdentifier(ObjectIdentifier.organization), DER.element(tag, content))))
  }

  /// A subject alternative names extension of one name.
  static func alternativeName(
    _ tag: UInt8, _ content: some Collection<UInt8>, critical: Bool = false
  ) -> [UInt8] {
    `extension`([0x55, 0x1d, 0x11], DER.sequence(DER.element(tag, content)), critical: critical)
  }

  /// A name constraints extension that permits one name.
  static func permitting(
    _ tag: UInt8, _ content: some Collection<UInt8>, critical: Bool = true
  ) -> [UInt8] {
    let subtree = DER.sequence(DER.element(tag, content))
    return `extension`(
      [0x55, 0x1d, 0x1e], DER.sequence(DER.element(DERReader.Tag.constructed(0), subtree)), critical: critical
    )
  }

  /// A SubjectPublicKeyInfo.
  static func publicKey(_ identifier: [UInt8], _ parameters: [UInt8], _ key: [UInt8]) -> [UInt8] {
    DER.sequence(DER.sequence(DER.objectIdentifier(identifier), parameters), DER.bitString(key))
  }

  /// The certificate, signed by its key.
  func der() throws -> [UInt8] {
    let body = DER.sequence(
      DER.element(DERReader.Tag.constructed(0), version), serial, algorithm, issuer, validity, subject,
      publicKey, DER.element(DERReader.Tag.constructed(3), DER.sequence(extensions)))
    return DER.sequence(body, outerAlgorithm ?? algorithm, DER.bitString(try key.sign(body))) + trailing
  }

  func pem() throws -> String { PEM.text(label: "CERTIFICATE", content: try der()) }
}
