/// The fields of a certificate (RFC 5280) that decide how it may be trusted, from its DER form.
struct CertificateFields: Sendable, Hashable {
  /// The whole issuer name, DER.
  var issuer: [UInt8]
  /// The whole subject name, DER.
  var subject: [UInt8]
  private var extensions: [Extension] = []

  private struct Extension: Sendable, Hashable {
    var identifier: [UInt8]
    var isCritical: Bool
    var value: ArraySlice<UInt8>
  }

  /// Creates the fields of the certificate in `der`; `nil` where it isn't one.
  init?(der: [UInt8]) {
    var outer = DERReader(der[...])
    guard var certificate = outer.next(0x30).map(DERReader.init),
      var fields = certificate.next(0x30).map(DERReader.init)
    else { return nil }
    if fields.nextTag == 0xA0 { _ = fields.next(0xA0) }
    guard fields.next(0x02) != nil, fields.next(0x30) != nil, let issuer = fields.next(0x30),
      fields.next(0x30) != nil, let subject = fields.next(0x30), fields.next(0x30) != nil
    else { return nil }
    self.issuer = Array(issuer)
    self.subject = Array(subject)
    while let tag = fields.nextTag {
      guard let content = fields.next(tag) else { return nil }
      guard tag == 0xA3 else { continue }
      var list = DERReader(content)
      guard var elements = list.next(0x30).map(DERReader.init) else { return nil }
      while elements.nextTag != nil {
        guard var element = elements.next(0x30).map(DERReader.init), let identifier = element.next(0x06)
        else {
          return nil
        }
        let isCritical = element.nextTag == 0x01 && element.next(0x01)?.first ?? 0 != 0
        guard let value = element.next(0x04) else { return nil }
        extensions.append(Extension(identifier: Array(identifier), isCritical: isCritical, value: value))
      }
    }
  }

  /// Whether issuer and subject are the same name.
  var isSelfIssued: Bool { issuer == subject }

  /// Whether the certificate is a CA's (basicConstraints).
  var isCA: Bool {
    guard let value = value(of: Self.basicConstraints) else { return false }
    var outer = DERReader(value)
    guard var constraints = outer.next(0x30).map(DERReader.init) else { return false }
    return constraints.nextTag == 0x01 && constraints.next(0x01)?.first ?? 0 != 0
  }

  /// Whether the certificate is valid for a TLS server: its extended key usage includes that, or is
  /// absent.
  var mayServe: Bool {
    guard let value = value(of: Self.extendedKeyUsage) else { return true }
    var outer = DERReader(value)
    guard var usages = outer.next(0x30).map(DERReader.init) else { return false }
    while let usage = usages.next(0x06) {
      if [Self.serverAuthentication, Self.anyUsage].contains(Array(usage)) { return true }
    }
    return false
  }

  /// Whether the certificate has a critical extension that neither this type nor the verifier
  /// handles.
  var hasUnknownCriticalExtension: Bool {
    extensions.contains { $0.isCritical && !Self.known.contains($0.identifier) }
  }

  private func value(of identifier: [UInt8]) -> ArraySlice<UInt8>? {
    extensions.first { $0.identifier == identifier }?.value
  }

  // 2.5.29.19, 2.5.29.37, 1.3.6.1.5.5.7.3.1 and 2.5.29.37.0.
  private static let basicConstraints: [UInt8] = [0x55, 0x1D, 0x13]
  private static let extendedKeyUsage: [UInt8] = [0x55, 0x1D, 0x25]
  private static let serverAuthentication: [UInt8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]
  private static let anyUsage: [UInt8] = [0x55, 0x1D, 0x25, 0x00]
  /// The known extensions besides those two: key usage and alternative names.
  private static let known: [[UInt8]] = [
    basicConstraints, extendedKeyUsage, [0x55, 0x1D, 0x0F], [0x55, 0x1D, 0x11],
  ]
}

/// A reader of consecutive DER values (X.690).
private struct DERReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The tag of the next value; `nil` at the end.
  var nextTag: UInt8? { rest.first }

  /// The content of the next value, which must have `tag`; `nil` for another or a malformed one.
  mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
    var bytes = rest
    guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
    var length = Int(first)
    if first >= 0x80 {
      let count = Int(first & 0x7F)
      guard (1...4).contains(count), bytes.count >= count else { return nil }
      length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
      // DER has only the shortest form.
      guard length >= 0x80, length >> (8 * (count - 1)) != 0 else { return nil }
      bytes = bytes.dropFirst(count)
    }
    guard length <= bytes.count else { return nil }
    rest = bytes.dropFirst(length)
    return bytes.prefix(length)
  }
}
