/// A writer of JSON text. Members are written in their objects' fixed order, so equal values give
/// equal bytes.
public struct JSONWriter: Sendable {
  /// The layout of the text.
  public enum Style: Sendable {
    /// No white space.
    case compact
    /// One member or element per line, indented by two spaces per level.
    case pretty
    /// Compact, with `<`, `>`, `&`, U+2028 and U+2029 escaped, byte for byte as Go's `json.Marshal`
    /// writes a map.
    case goCompatible
  }

  /// The treatment of secret strings.
  public enum Secrets: Sendable {
    /// A secret is written as `<n secret bytes>`.
    case redacted
    /// A secret is written in plain text: only for request bodies and where a person asked for it.
    case revealed
  }

  /// The layout of the text.
  public var style: Style
  /// The treatment of secret strings.
  public var secrets: Secrets

  /// Creates a writer.
  public init(style: Style = .compact, secrets: Secrets = .redacted) {
    self.style = style
    self.secrets = secrets
  }

  /// The document as text.
  public func text(_ value: JSONValue) -> String {
    String(decoding: bytes(value), as: UTF8.self)
  }

  /// The document as UTF-8.
  public func bytes(_ value: JSONValue) -> [UInt8] {
    var output: [UInt8] = []
    write(value, to: &output, level: 0)
    return output
  }

  /// Appends the document as UTF-8 to `output`.
  package func append(_ value: JSONValue, to output: inout [UInt8]) {
    write(value, to: &output, level: 0)
  }

  /// Appends `text` as a JSON string to `output`.
  package func append(_ text: String, to output: inout [UInt8]) {
    var text = text
    text.withUTF8 { writeString($0, to: &output) }
  }

  private func write(_ value: JSONValue, to output: inout [UInt8], level: Int) {
    switch value {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let bool): output.append(contentsOf: (bool ? "true" : "false").utf8)
    case .number(let number): output.append(contentsOf: number.text.utf8)
    case .string(let string): append(string, to: &output)
    case .secret(let secret):
      switch secrets {
      case .redacted: write(.string(secret.description), to: &output, level: level)
      case .revealed:
        secret.withExposedBytes { writeString($0.bindMemory(to: UInt8.self), to: &output) }
      }
    case .array(let elements):
      writeGroup(open: "[", close: "]", elements, to: &output, level: level) { element, output in
        write(element, to: &output, level: level + 1)
      }
    case .object(let members):
      writeGroup(open: "{", close: "}", members, to: &output, level: level) { member, output in
        append(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        if style == .pretty { output.append(UInt8(ascii: " ")) }
        write(member.value, to: &output, level: level + 1)
      }
    }
  }

  private func writeGroup<Items: Collection>(
    open: Unicode.Scalar, close: Unicode.Scalar, _ items: Items, to output: inout [UInt8], level: Int,
    item: (Items.Element, inout [UInt8]) -> Void
  ) {
    output.append(UInt8(ascii: open))
    var isFirst = true
    for element in items {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      newLine(level + 1, to: &output)
      item(element, &output)
    }
    if !isFirst { newLine(level, to: &output) }
    output.append(UInt8(ascii: close))
  }

  private func newLine(_ level: Int, to output: inout [UInt8]) {
    guard style == .pretty else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  /// Whether a byte represents itself in any position.
  private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20: false
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), 0xE2: style != .goCompatible
    default: true
    }
  }

  private func writeString(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var start = 0
    var index = 0
    func flush(upTo end: Int) {
      if start < end { output.append(contentsOf: bytes[start..<end]) }
    }
    while index < bytes.count {
      let byte = bytes[index]
      if isPlain(byte) {
        index += 1
        continue
      }
      let escape: String?
      var length = 1
      switch byte {
      case UInt8(ascii: "\""): escape = "\\\""
      case UInt8(ascii: "\\"): escape = "\\\\"
      case 0x08: escape = "\\b"
      case 0x0C: escape = "\\f"
      case 0x0A: escape = "\\n"
      case 0x0D: escape = "\\r"
      case 0x09: escape = "\\t"
      case 0..<0x20: escape = "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        escape = style == .goCompatible ? "\\u00" + String(byte, radix: 16) : nil
      case 0xE2
      where style == .goCompatible && index + 2 < bytes.count && bytes[index + 1] == 0x80
        && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9):
        escape = bytes[index + 2] == 0xA8 ? "\\u2028" : "\\u2029"
        length = 3
      default: escape = nil
      }
      if let escape {
        flush(upTo: index)
        output.append(contentsOf: escape.utf8)
        start = index + length
      }
      index += length
    }
    flush(upTo: bytes.count)
    output.append(UInt8(ascii: "\""))
  }
}
