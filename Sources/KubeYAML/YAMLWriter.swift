public import KubeCore

/// A writer of YAML in the style of `kubectl get -o yaml`: block style, a list's dashes at its
/// key's own indentation, members in alphabetical order, text of several lines as a literal block,
/// quotes wherever a reader of YAML 1.1 or 1.2 could take a string for something else. Long lines
/// are not folded.
///
/// ``YAMLReader`` reads its output as the same value, whatever the strings contain.
public struct YAMLWriter: Sendable {
  /// Creates a writer.
  public init() {}

  /// The text of one document, without a `---` before it.
  ///
  /// - Parameters:
  ///   - value: The document.
  ///   - secrets: Whether secret strings are shown; with `revealed` they leave the process in plain
  ///     text.
  public func text(_ value: JSONValue, secrets: JSONWriter.Secrets = .redacted) -> String {
    documents([value], secrets: secrets)
  }

  /// The text of a stream of documents separated by `---`.
  ///
  /// - Parameters:
  ///   - values: The documents.
  ///   - secrets: Whether secret strings are shown; with `revealed` they leave the process in plain
  ///     text.
  public func documents(_ values: [JSONValue], secrets: JSONWriter.Secrets = .redacted) -> String {
    do throws(YAMLEmitter.Failure) {
      let emitter = try YAMLEmitter()
      for (index, value) in values.enumerated() {
        try emitter.beginDocument(marked: index > 0)
        try write(value, secrets: secrets, to: emitter)
        try emitter.endDocument()
      }
      return try emitter.finish()
    } catch {
      // Out of memory, or a stricter libyaml than known ones: JSON is also YAML.
      let writer = JSONWriter(style: .pretty, secrets: secrets)
      return values.map { writer.text($0) + "\n" }.joined(separator: "---\n")
    }
  }

  private func write(
    _ value: JSONValue, secrets: JSONWriter.Secrets, to emitter: YAMLEmitter
  ) throws(YAMLEmitter.Failure) {
    switch value {
    case .null: try emitter.scalar("null", style: .plain)
    case .bool(let bool): try emitter.scalar(bool ? "true" : "false", style: .plain)
    case .number(let number): try emitter.scalar(number.text, style: .plain)
    case .string(let text): try emitter.scalar(text, style: YAMLWriter.style(text))
    case .secret(let secret):
      switch secrets {
      case .redacted: try write(.string(secret.description), secrets: secrets, to: emitter)
      case .revealed:
        let text = secret.withExposedBytes { String(decoding: $0, as: UTF8.self) }
        try write(.string(text), secrets: secrets, to: emitter)
      }
    case .array(let elements):
      try emitter.beginSequence()
      for element in elements { try write(element, secrets: secrets, to: emitter) }
      try emitter.endSequence()
    case .object(let members):
      try emitter.beginMapping()
      for member in members {
        try emitter.scalar(member.key, style: YAMLWriter.style(member.key))
        try write(member.value, secrets: secrets, to: emitter)
      }
      try emitter.endMapping()
    }
  }

  /// The requested style. The emitter itself quotes what the syntax forbids as a plain scalar.
  private static func style(_ text: String) -> YAMLEmitter.Style {
    var text = text
    return text.withUTF8 { bytes in
      var hasNewline = false
      for (index, byte) in bytes.enumerated() {
        switch byte {
        case 0x0A: hasNewline = true
        // U+0085, U+2028 and U+2029 are line breaks in YAML 1.1, but not in 1.2: only when escaped
        // do they survive every reader.
        case 0x85 where index > 0 && bytes[index - 1] == 0xC2: return .doubleQuoted
        case 0xA8 where index > 1 && bytes[index - 1] == 0x80 && bytes[index - 2] == 0xE2:
          return .doubleQuoted
        case 0xA9 where index > 1 && bytes[index - 1] == 0x80 && bytes[index - 2] == 0xE2:
          return .doubleQuoted
        default: break
        }
      }
      if hasNewline { return .literal }
      return YAMLScalar.needsQuotes(bytes) ? .doubleQuoted : .plain
    }
  }
}
