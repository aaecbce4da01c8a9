import KubeCore

/// The syntax of names in certificates in Go's crypto/x509 (1.24 to 1.27).
///
/// An API server refuses a certificate with a name of another syntax, and every trust bundle that
/// contains such a certificate. Where Go's versions differ, the strictest one counts.
enum NameSyntax {
  /// Whether text is in ASCII, as an IA5String (X.680, section 41) must be.
  static func isASCII(_ text: ArraySlice<UInt8>) -> Bool { text.allSatisfy { $0 < 0x80 } }

  /// Whether text is a domain: labels of visible characters separated by dots, or empty. The domain
  /// of a constraint may begin with a dot.
  static func isDomain(_ text: ArraySlice<UInt8>, isConstraint: Bool = false) -> Bool {
    guard let first = text.first else { return true }
    guard text.last != UInt8(ascii: ".") else { return false }
    let labels = isConstraint && first == UInt8(ascii: ".") ? text.dropFirst() : text
    return labels.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.allSatisfy { (33...126).contains($0) }
    }
  }

  /// Whether text is a mailbox (RFC 2821, section 4.1.2), such as `a@example.com`.
  static func isMailbox(_ text: ArraySlice<UInt8>) -> Bool {
    let rest =
      text.first == UInt8(ascii: "\"") ? afterQuotedString(text.dropFirst()) : afterLocalPart(text)
    guard let rest, rest.first == UInt8(ascii: "@") else { return false }
    let domain = rest.dropFirst()
    return isDomain(domain) && !domain.contains(UInt8(ascii: "@"))
  }

  /// The text after a quoted string, whose opening quotation mark is excluded; `nil` where it is
  /// malformed.
  private static func afterQuotedString(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return rest
      case UInt8(ascii: "\\"):
        guard let quoted = rest.popFirst(), isControl(quoted) || quoted == 9 || (32...126).contains(quoted)
        else { return nil }
      case 32...126: continue
      default:
        guard isControl(byte) else { return nil }
      }
    }
    return nil
  }

  /// Whether a byte is a control character other than NUL, tab, line feed and carriage return.
  private static func isControl(_ byte: UInt8) -> Bool {
    switch byte {
    case 1...8, 11, 12, 14...31, 127: true
    default: false
    }
  }

  /// The text after atoms separated by dots; `nil` where there are none, or they are malformed.
  private static func afterLocalPart(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = text
    var local: [UInt8] = []
    while let byte = rest.first {
      if byte == UInt8(ascii: "\\") {
        guard let escaped = rest.dropFirst().first else { return nil }
        local.append(escaped)
        rest = rest.dropFirst(2)
      } else if isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte) {
        local.append(byte)
        rest = rest.dropFirst()
      } else {
        break
      }
    }
    let atoms = local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return atoms.allSatisfy { !$0.isEmpty } ? rest : nil
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  // MARK: URIs

  /// Whether ASCII text is a reference that Go's net/url parses, with a domain as its host, if any.
  static func isURI(_ text: ArraySlice<UInt8>) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "#"), maxSplits: 1, omittingEmptySubsequences: false)
    let reference = parts.first ?? []
    guard reference.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return false }
    if parts.count == 2, !hasSoundEscapes(parts[1]) { return false }
    if reference.elementsEqual("*".utf8) { return true }
    guard let (scheme, afterScheme) = cutScheme(reference) else { return false }
    let hasScheme = !scheme.isEmpty
    let rest = afterScheme.prefix { $0 != UInt8(ascii: "?") }
    if rest.first != UInt8(ascii: "/") {
      // Text after a scheme is opaque; without a scheme a colon would look like its end.
      return hasScheme
        || !rest.prefix { $0 != UInt8(ascii: "/") }.contains(UInt8(ascii: ":")) && hasSoundEscapes(rest)
    }
    guard rest.starts(with: "//".utf8), hasScheme || !rest.starts(with: "///".utf8) else {
      return hasSoundEscapes(rest)
    }
    let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
    let isWeb = ["http", "https"].contains(String(decoding: scheme, as: UTF8.self).lowercased())
    return isAuthority(authority, takesColons: !isWeb) && hasSoundEscapes(rest[authority.endIndex...])
  }

  /// The scheme, empty where there is none, and the rest; `nil` where a colon comes first.
  private static func cutScheme(
    _ text: ArraySlice<UInt8>
  ) -> (scheme: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
    let scheme = text.prefix { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
    let rest = text[scheme.endIndex...]
    guard rest.first == UInt8(ascii: ":") else { return ([], text) }
    guard let first = scheme.first else { return nil }
    return isLetter(first) ? (scheme, rest.dropFirst()) : ([], text)
  }

  /// Whether every `%` comes before two hexadecimal digits.
  private static func hasSoundEscapes(_ text: ArraySlice<UInt8>) -> Bool {
    text.indices.allSatisfy { index in
      guard text[index] == UInt8(ascii: "%") else { return true }
      let digits = text[index...].dropFirst().prefix(2)
      return digits.count == 2 && digits.allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
    }
  }

  private static func isAuthority(_ authority: ArraySlice<UInt8>, takesColons: Bool) -> Bool {
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
      return isHost(authority, takesColons: takesColons)
    }
    let user = authority[..<at]
    return isHost(authority[(at + 1)...], takesColons: takesColons) && hasSoundEscapes(user)
      && user.allSatisfy { isLetterOrDigit($0) || "-._:~!$&'()*+,;=%@".utf8.contains($0) }
  }

  /// Whether text is a host; one that may contain colons has its port after the last one.
  private static func isHost(_ host: ArraySlice<UInt8>, takesColons: Bool) -> Bool {
    if let bracket = host.lastIndex(of: UInt8(ascii: "[")) {
      guard bracket == host.startIndex, let end = host.lastIndex(of: UInt8(ascii: "]")) else { return false }
      let literal = String(decoding: host[(bracket + 1)..<end], as: UTF8.self)
      let zoned = literal.split(separator: "%25", maxSplits: 1, omittingEmptySubsequences: false)
      guard let address = zoned.first.flatMap({ IPAddress(String($0)) }), address.bytes.count == 16,
        zoned.count == 1 || isZone(zoned[1].utf8)
      else { return false }
      return isPort(host[(end + 1)...])
    }
    let colon = UInt8(ascii: ":")
    let port = (takesColons ? host.lastIndex(of: colon) : host.firstIndex(of: colon)).map { host[$0...] }
    guard isPort(port ?? []) else { return false }
    var name: [UInt8] = []
    var rest = host
    while let byte = rest.popFirst() {
      // Of the escaped characters only a percent sign is allowed in a domain.
      if byte == UInt8(ascii: "%") {
        guard rest.starts(with: "25".utf8) else { return false }
        rest = rest.dropFirst(2)
      } else if !isLetterOrDigit(byte), !"-_.~!$&'()*+,;=:[]<>\"".utf8.contains(byte) {
        return false
      }
      name.append(byte)
    }
    return isDomain(name[...])
  }

  /// Whether text is the zone of an IPv6 address, of letters, digits and a few marks; Go accepts
  /// more.
  private static func isZone(_ zone: Substring.UTF8View) -> Bool {
    !zone.isEmpty && zone.allSatisfy { isLetterOrDigit($0) || "-_~".utf8.contains($0) }
  }

  /// Whether text is empty, or a colon and digits.
  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    text.isEmpty || text.first == UInt8(ascii: ":") && text.dropFirst().allSatisfy(isDigit)
  }
}
