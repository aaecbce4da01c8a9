/// A server's warning about a request that it executed: a value of the `Warning` header (RFC 7234,
/// section 5.5), which API servers send with code 299 for deprecated versions, unknown fields and
/// admission warnings.
public struct ServerWarning: Sendable, Hashable, CustomStringConvertible {
  /// The code; 299 for an API server's.
  public var code: Int
  /// The sender; `-` for unknown.
  public var agent: String
  /// The warning, for people, without control characters.
  public var text: String

  /// Creates a warning.
  public init(code: Int, agent: String, text: String) {
    self.code = code
    self.agent = agent
    self.text = text
  }

  /// The same as ``text``.
  public var description: String { text }

  /// The maximum length of a kept text, in characters.
  static let maximumLength = 1024
  /// The maximum number of warnings per header.
  static let maximumCount = 100

  /// The warnings of a header's value, up to the first invalid one.
  static func parse(_ value: String) -> [ServerWarning] {
    var warnings: [ServerWarning] = []
    var rest = value.unicodeScalars[...]
    while warnings.count < maximumCount {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      guard digits.count == 3, let code = Int(String(digits)), rest.first == " " else { break }
      rest = rest.drop { $0 == " " }
      let agent = rest.prefix { $0 != " " && $0 != "\"" && $0 != "," }
      rest = rest.dropFirst(agent.count)
      guard !agent.isEmpty, rest.first == " " else { break }
      rest = rest.drop { $0 == " " }
      guard let text = quotedText(&rest) else { break }
      warnings.append(ServerWarning(code: code, agent: String(agent), text: text))
      // The date, if any.
      rest = rest.drop { $0 == " " || $0 == "\t" }
      if rest.first == "\"", quotedText(&rest) == nil { break }
      rest = rest.drop { $0 == " " || $0 == "\t" }
      guard rest.first == "," else { break }
    }
    return warnings
  }

  /// The text of the quoted string at the beginning of `rest`, which is removed from it; `nil`
  /// where there is none or it has no end.
  private static func quotedText(_ rest: inout Substring.UnicodeScalarView) -> String? {
    guard rest.first == "\"" else { return nil }
    rest = rest.dropFirst()
    var text = String.UnicodeScalarView()
    var count = 0
    var isEscaped = false
    while let scalar = rest.popFirst() {
      if !isEscaped, scalar == "\"" { return String(text) }
      isEscaped = !isEscaped && scalar == "\\"
      guard !isEscaped else { continue }
      count += 1
      if count <= maximumLength { text.append(scalar.properties.generalCategory == .control ? " " : scalar) }
    }
    return nil
  }
}
