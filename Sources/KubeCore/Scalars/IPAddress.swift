/// An IPv4 or IPv6 address, as its bytes.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// The bytes in network order: 4 of IPv4, 16 of IPv6.
  package let bytes: [UInt8]

  /// Creates the address of 4 or 16 bytes; `nil` for any other number.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Parses `text`: dotted decimal, or IPv6 (RFC 4291, section 2.2) without a zone; `nil` for any
  /// other text.
  package init?(_ text: String) {
    guard text.utf8.count <= 45 else { return nil }
    if let bytes = IPAddress.version4(text[...]) ?? IPAddress.version6(text) {
      self.bytes = bytes
    } else {
      return nil
    }
  }

  /// The IPv4 address of an IPv4-mapped one (`::ffff:10.0.0.1`), as Go's package net compares them;
  /// any other as it is.
  package var unmapped: IPAddress {
    guard bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) else { return self }
    return IPAddress(bytes: bytes.suffix(4)) ?? self
  }

  /// Whether `other` is in the network of this address with a mask of `prefixLength` bits.
  package func contains(_ other: IPAddress, prefixLength: Int) -> Bool {
    guard other.bytes.count == bytes.count, (0...bytes.count * 8).contains(prefixLength) else { return false }
    return zip(bytes, other.bytes).enumerated().allSatisfy { index, pair in
      let bits = min(max(prefixLength - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
      return pair.0 & mask == pair.1 & mask
    }
  }

  private static func version4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // A leading zero is refused: some parsers treat it as octal.
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != "0",
        let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func version6(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (3...9).contains(parts.count) else { return nil }
    var head: [UInt8] = []
    var tail: [UInt8]?
    for (index, part) in parts.enumerated() {
      if part.isEmpty {
        // An empty part is half of "::"; at either end it occurs twice.
        let isFirst = index == 0
        let isLast = index == parts.count - 1
        if isFirst {
          guard parts[1].isEmpty else { return nil }
        } else if isLast {
          guard parts[index - 1].isEmpty else { return nil }
        } else {
          guard tail == nil else { return nil }
          tail = []
        }
        continue
      }
      let group: [UInt8]
      if index == parts.count - 1, part.contains(".") {
        guard let embedded = version4(part) else { return nil }
        group = embedded
      } else {
        guard part.utf8.count <= 4, part.utf8.allSatisfy(isHexDigit), let value = UInt16(part, radix: 16)
        else { return nil }
        group = [UInt8(value >> 8), UInt8(value & 0xff)]
      }
      if tail == nil { head += group } else { tail?.append(contentsOf: group) }
    }
    guard let tail else { return head.count == 16 ? head : nil }
    guard head.count + tail.count <= 14 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// Whether the byte is a hexadecimal digit: `UInt16(_:radix:)` alone would accept a sign too.
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  /// The canonical text: dotted decimal, or IPv6 by RFC 5952.
  package var description: String {
    if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: bytes.count - 1, by: 2).map {
      UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
    }
    // The first longest run of at least two zero groups becomes "::".
    var longest = 0..<0
    var start = 0
    while start < groups.count {
      let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
      if end - start >= 2, end - start > longest.count { longest = start..<end }
      start = end + 1
    }
    func hex(_ range: Range<Int>) -> String {
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    if longest.isEmpty { return hex(0..<groups.count) }
    return hex(0..<longest.lowerBound) + "::" + hex(longest.upperBound..<groups.count)
  }
}
