/// The syntax of addresses in Go's packages net and net/url.
enum NetworkText {
  /// Whether the text is an IPv4 or IPv6 address without a zone.
  static func isAddress(_ text: some StringProtocol) -> Bool { isIPv4(text) || isIPv6(text) }

  static func isIPv4(_ text: some StringProtocol) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        number(part, atMost: 255) != nil && (part.count == 1 || part.first != UInt8(ascii: "0"))
      }
  }

  static func isIPv6(_ text: some StringProtocol) -> Bool {
    let halves = String(text).split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for (index, half) in halves.enumerated() where !half.isEmpty {
      let parts = half.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      for (place, part) in parts.enumerated() {
        let isLast = index == halves.count - 1 && place == parts.count - 1
        if isLast, part.contains(UInt8(ascii: ".")) {
          guard isIPv4(String(decoding: part, as: UTF8.self)) else { return false }
          groups += 2
        } else {
          guard (1...4).contains(part.count), part.allSatisfy(isHexadecimal) else { return false }
          groups += 1
        }
      }
    }
    return halves.count == 2 ? groups < 8 : groups == 8
  }

  /// Whether the text is an address, a slash and a prefix length.
  static func isCIDR(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    if isIPv4(parts[0]) { return number(parts[1].utf8, atMost: 32) != nil }
    return isIPv6(parts[0]) && number(parts[1].utf8, atMost: 128) != nil
  }

  /// Whether the text is an address of 6, 8 or 20 bytes: pairs of digits separated by colons or
  /// hyphens, or groups of four separated by dots.
  static func isHardwareAddress(_ text: String) -> Bool {
    for (separator, width) in [(UInt8(ascii: ":"), 2), (UInt8(ascii: "-"), 2), (UInt8(ascii: "."), 4)] {
      let parts = text.utf8.split(separator: separator, omittingEmptySubsequences: false)
      let bytes = parts.count * width / 2
      if [6, 8, 20].contains(bytes), parts.allSatisfy({ $0.count == width && $0.allSatisfy(isHexadecimal) }) {
        return true
      }
    }
    return false
  }

  /// Whether the text is an absolute path or a URI with a scheme (`url.ParseRequestURI`).
  static func isRequestURI(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }), hasWholeEscapes(bytes) else {
      return false
    }
    if text == "*" || bytes.first == UInt8(ascii: "/") { return true }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first, isLetter(first),
      bytes[..<colon].allSatisfy({
        isLetter($0) || isDigit($0) || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains($0)
      })
    else { return false }
    let rest = bytes[(colon + 1)...]
    guard rest.starts(with: "//".utf8) else { return true }
    let end = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
    return isAuthority(rest.dropFirst(2).prefix { !end.contains($0) })
  }

  private static func isAuthority(_ authority: ArraySlice<UInt8>) -> Bool {
    let host = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? []
    var port: ArraySlice<UInt8> = []
    if host.first == UInt8(ascii: "[") {
      guard let close = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
      port = host[(close + 1)...]
      guard port.isEmpty || port.first == UInt8(ascii: ":") else { return false }
    } else {
      let name = host.prefix { $0 != UInt8(ascii: ":") }
      let refused = " \"<>\\^`{|}".utf8
      guard !name.contains(where: { refused.contains($0) }) else { return false }
      port = host.dropFirst(name.count)
    }
    return port.dropFirst().allSatisfy(isDigit)
  }

  private static func hasWholeEscapes(_ bytes: [UInt8]) -> Bool {
    bytes.indices.allSatisfy { index in
      bytes[index] != UInt8(ascii: "%")
        || index + 2 < bytes.count && isHexadecimal(bytes[index + 1]) && isHexadecimal(bytes[index + 2])
    }
  }

  private static func number(_ digits: some Collection<UInt8>, atMost most: Int) -> Int? {
    guard (1...9).contains(digits.count) else { return nil }
    var value = 0
    for digit in digits {
      guard isDigit(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value <= most ? value : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}
