import COpenSSLShim
import KubeCore

/// The textual encoding of keys and certificates (RFC 7468).
enum PEM {
  /// A block between its BEGIN and END lines.
  struct Block {
    var label: String
    /// The decoded bytes. Secret, because they may be those of a key.
    var content: SecretBytes
    /// Whether lines such as `Proc-Type: 4,ENCRYPTED` (RFC 1421) precede the content.
    var hasHeaders: Bool
  }

  /// A block, or the error of a BEGIN line without one.
  typealias Entry = Result<Block, PKIError>

  /// All blocks of a text, in its order; text outside of blocks is ignored. The work is linear in
  /// the size.
  static func entries(in text: UnsafeRawBufferPointer) -> [Entry] {
    var entries: [Entry] = []
    var position = text.startIndex
    var open: (label: ArraySlice<UInt8>, bodyStart: Int)?
    func unended() -> Entry { .failure(PKIError(.invalidPEM, "a PEM block has no END line")) }
    while position < text.endIndex {
      let lineEnd = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      let line = trimmed(text[position..<lineEnd])
      if let label = boundary(line, "-----BEGIN ") {
        if open != nil { entries.append(unended()) }
        open = (label, min(lineEnd + 1, text.endIndex))
      } else if let current = open, let label = boundary(line, "-----END ") {
        if label == current.label {
          entries.append(block(current.label, body: text[current.bodyStart..<position]))
        } else {
          entries.append(.failure(PKIError(.invalidPEM, "a PEM block's BEGIN and END lines differ")))
        }
        open = nil
      }
      position = lineEnd + 1
    }
    if open != nil { entries.append(unended()) }
    return entries
  }

  private static func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var line = line
    while let last = line.last, last == 0x20 || last == 0x09 || last == 0x0d { line.removeLast() }
    return line
  }

  /// The label of a BEGIN or END line; `nil` for any other line.
  private static func boundary(
    _ line: Slice<UnsafeRawBufferPointer>, _ prefix: StaticString
  ) -> ArraySlice<UInt8>? {
    guard line.count <= 100, line.count >= prefix.utf8CodeUnitCount + 5, line.first == UInt8(ascii: "-")
    else { return nil }
    let bytes = Array(line)
    let matches = prefix.withUTF8Buffer { bytes.starts(with: $0) }
    guard matches, bytes.suffix(5).allSatisfy({ $0 == UInt8(ascii: "-") }) else { return nil }
    let label = bytes.dropFirst(prefix.utf8CodeUnitCount).dropLast(5)
    return label.contains(UInt8(ascii: "-")) ? nil : label
  }

  private static func block(_ label: ArraySlice<UInt8>, body: Slice<UnsafeRawBufferPointer>) -> Entry {
    var content = body
    var hasHeaders = false
    // Headers end at the first empty line; a colon is not in Base64's alphabet.
    while let lineEnd = content.firstIndex(of: UInt8(ascii: "\n")),
      content[..<lineEnd].contains(UInt8(ascii: ":"))
        || (hasHeaders && trimmed(content[..<lineEnd]).isEmpty)
    {
      hasHeaders = true
      content = content[(lineEnd + 1)...]
    }
    guard let decoded = base64(content) else {
      return .failure(PKIError(.invalidPEM, "a PEM block is not base64"))
    }
    return .success(
      Block(label: String(decoding: label, as: UTF8.self), content: decoded, hasHeaders: hasHeaders))
  }

  /// The bytes of Base64 (RFC 4648, section 4) with white space anywhere; `nil` for invalid or
  /// empty text.
  private static func base64(_ text: Slice<UnsafeRawBufferPointer>) -> SecretBytes? {
    // The full capacity from the start: growing would leave copies behind that are never wiped.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 3)
    defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    var group: UInt32 = 0
    var digits = 0
    var padding = 0
    for byte in text {
      let value: UInt8
      switch byte {
      case 0x20, 0x09, 0x0d, 0x0a: continue
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 0x41
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 0x61 + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - 0x30 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="):
        padding += 1
        if padding > 2 { return nil }
        continue
      default: return nil
      }
      if padding > 0 { return nil }
      group = group << 6 | UInt32(value)
      digits += 1
      if digits == 4 {
        bytes.append(UInt8(truncatingIfNeeded: group >> 16))
        bytes.append(UInt8(truncatingIfNeeded: group >> 8))
        bytes.append(UInt8(truncatingIfNeeded: group))
        (group, digits) = (0, 0)
      }
    }
    switch (digits, padding) {
    case (0, 0): break
    case (2, 2) where group & 0xf == 0: bytes.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1) where group & 0x3 == 0:
      bytes.append(UInt8(truncatingIfNeeded: group >> 10))
      bytes.append(UInt8(truncatingIfNeeded: group >> 2))
    default: return nil
    }
    return bytes.isEmpty ? nil : SecretBytes(bytes)
  }

  /// The text of a block of bytes that aren't secret: 64 characters per line, a newline at the end.
  static func text(label: String, content: [UInt8]) -> String {
    let (begin, end) = boundaries(label)
    return String(unsafeUninitializedCapacity: size(begin: begin, end: end, count: content.count)) { out in
      content.withUnsafeBytes { write(begin: begin, end: end, content: $0, to: out) }
    }
  }

  /// The text of a block of secret bytes.
  static func secretText(label: String, content: SecretBytes) -> SecretBytes {
    let (begin, end) = boundaries(label)
    return SecretBytes(count: size(begin: begin, end: end, count: content.count)) { out in
      _ = content.withExposedBytes { write(begin: begin, end: end, content: $0, to: out) }
    }
  }

  private static func boundaries(_ label: String) -> (begin: [UInt8], end: [UInt8]) {
    (Array("-----BEGIN \(label)-----\n".utf8), Array("-----END \(label)-----\n".utf8))
  }

  private static func size(begin: [UInt8], end: [UInt8], count: Int) -> Int {
    let digits = (count + 2) / 3 * 4
    return begin.count + digits + (digits + 63) / 64 + end.count
  }

  /// Writes the block to `out`, which has its size; returns the number of bytes.
  private static func write(
    begin: [UInt8], end: [UInt8], content: UnsafeRawBufferPointer,
    to out: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var position = 0
    func put(_ byte: UInt8) {
      precondition(position < out.count, "a PEM block has its computed size")
      out[position] = byte
      position += 1
    }
    func digit(_ value: UInt32) -> UInt8 {
      switch UInt8(truncatingIfNeeded: value & 0x3f) {
      case let value where value < 26: 0x41 + value
      case let value where value < 52: 0x61 + value - 26
      case let value where value < 62: 0x30 + value - 52
      case 62: UInt8(ascii: "+")
      default: UInt8(ascii: "/")
      }
    }
    for byte in begin { put(byte) }
    var column = 0
    var index = 0
    while index < content.count {
      let count = min(3, content.count - index)
      var group = UInt32(content[index]) << 16
      if count > 1 { group |= UInt32(content[index + 1]) << 8 }
      if count > 2 { group |= UInt32(content[index + 2]) }
      put(digit(group >> 18))
      put(digit(group >> 12))
      put(count > 1 ? digit(group >> 6) : UInt8(ascii: "="))
      put(count > 2 ? digit(group) : UInt8(ascii: "="))
      index += 3
      column += 4
      if column == 64 {
        put(UInt8(ascii: "\n"))
        column = 0
      }
    }
    if column > 0 { put(UInt8(ascii: "\n")) }
    for byte in end { put(byte) }
    return position
  }
}
