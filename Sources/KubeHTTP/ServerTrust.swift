import KubeConfig
import KubeCore
import NIOSSL

/// One way of verifying a server's identity; each is sufficient by itself.
///
/// Go's crypto/x509, and so kubectl, treats each certificate of a bundle as a trust anchor: a root,
/// an intermediate, or the server's own certificate. BoringSSL by default accepts only roots, and
/// of several with the same name only the first. Which configuration is right depends on the
/// server's chain: they are tried one after the other.
enum ServerTrust: Sendable, Hashable {
  /// A chain to a CA of the operating system.
  case system
  /// A chain to one of these certificates.
  case anchors([NIOSSLCertificate])
  /// The server's own certificate is one of these, byte for byte.
  case pinned([NIOSSLCertificate])
  /// No verification, only where the configuration asks for it.
  case insecure

  /// The alternatives of verifying a server by `trust`, the usual one first; at least one. Throws
  /// for a bundle without a readable certificate.
  static func candidates(for trust: TLSMaterial.Trust) throws -> [ServerTrust] {
    switch trust {
    case .system: [.system]
    case .insecureSkipVerification: [.insecure]
    case .caBundle(let pem): try candidates(bundle: pem)
    }
  }

  /// The maximum number of distinguished CAs with the same name.
  private static let maximumNamesakes = 16

  private static func candidates(bundle pem: [UInt8]) throws -> [ServerTrust] {
    let certificates = BundledCertificate.certificates(inPEM: pem)
    guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
    let issuers = certificates.filter { $0.fields.isSelfIssued || $0.fields.isCA }
    var candidates: [ServerTrust] = [.anchors(issuers.map(\.anchor))]
    // BoringSSL considers only the first issuer of a name: each is tried in turn.
    var namesakes: [[BundledCertificate]] = []
    var places: [[UInt8]: Int] = [:]
    for issuer in issuers {
      if let place = places[issuer.fields.subject] {
        namesakes[place].append(issuer)
      } else {
        places[issuer.fields.subject] = namesakes.count
        namesakes.append([issuer])
      }
    }
    let turns = min(namesakes.map(\.count).max() ?? 0, maximumNamesakes)
    for turn in 0..<(turns > 1 ? turns : 0) {
      candidates.append(.anchors(namesakes.compactMap { $0.prefix(turn + 1).last?.anchor }))
    }
    // With a root in the bundle, an intermediate's chain continues to the root, which may have
    // expired.
    let intermediates = issuers.filter { !$0.fields.isSelfIssued }
    if !intermediates.isEmpty, intermediates.count < issuers.count {
      candidates.append(.anchors(intermediates.map(\.anchor)))
    }
    return candidates + [.pinned(certificates.map(\.certificate))]
  }
}

/// A certificate of a bundle.
private struct BundledCertificate {
  let certificate: NIOSSLCertificate
  let fields: CertificateFields
  /// The certificate in the form in which BoringSSL accepts it as the end of a chain.
  let anchor: NIOSSLCertificate

  /// The certificates in `pem` without duplicates. Unreadable ones are skipped and so not trusted,
  /// as in Go's `AppendCertsFromPEM`.
  static func certificates(inPEM pem: [UInt8]) -> [BundledCertificate] {
    var seen: Set<[UInt8]> = []
    return PEMBlocks.certificates(in: pem).compactMap { der in
      guard seen.insert(der).inserted, let fields = CertificateFields(der: der),
        let certificate = try? NIOSSLCertificate(bytes: der, format: .der),
        let anchor = fields.isSelfIssued ? certificate : trusted(der)
      else { return nil }
      return BundledCertificate(certificate: certificate, fields: fields, anchor: anchor)
    }
  }

  /// OpenSSL's form of a certificate that is trusted for TLS servers although it isn't self-signed:
  /// followed by an `X509_CERT_AUX` of serverAuth (openssl-x509(1), "Trust options").
  private static func trusted(_ der: [UInt8]) -> NIOSSLCertificate? {
    let trust: [UInt8] = [
      0x30, 0x0C, 0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01,
    ]
    let text = Array(Base64.encode(der + trust))
    let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
    let pem = ["-----BEGIN TRUSTED CERTIFICATE-----"] + lines + ["-----END TRUSTED CERTIFICATE-----", ""]
    return try? NIOSSLCertificate.fromPEMBytes(Array(pem.joined(separator: "\n").utf8)).first
  }
}

/// The blocks of a PEM file (RFC 7468).
enum PEMBlocks {
  /// The DER form of each readable block that is labeled as a certificate. A truncated block
  /// doesn't affect the next one.
  static func certificates(in pem: [UInt8]) -> [[UInt8]] {
    let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
    let end = Array("-----END CERTIFICATE-----".utf8)
    let boundary = Array("-----".utf8)
    var blocks: [[UInt8]] = []
    var rest = pem[...]
    while let start = rest.firstRange(of: begin) {
      rest = rest[start.upperBound...]
      guard let stop = rest.firstRange(of: boundary) else { break }
      guard rest[stop.lowerBound...].starts(with: end) else { continue }
      let text = rest[..<stop.lowerBound].filter { $0 != 0x20 && $0 != 0x09 }
      if let der = Base64.decode(String(decoding: text, as: UTF8.self)), !der.isEmpty { blocks.append(der) }
      rest = rest[stop.upperBound...]
    }
    return blocks
  }
}
