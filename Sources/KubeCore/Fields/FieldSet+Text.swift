extension FieldSet: CustomStringConvertible {
  /// The fields' paths, separated by commas.
  public var description: String {
    "{" + paths.map { FieldPath($0).description }.joined(separator: ", ") + "}"
  }
}

extension FieldSet.Element: CustomStringConvertible {
  /// The element with the given text in `fieldsV1`'s notation; `nil` for any other text.
  public init?(text: String) {
    let utf8 = text.utf8
    guard let kind = utf8.first, utf8.dropFirst().first == UInt8(ascii: ":") else { return nil }
    let rest = String(text[utf8.index(utf8.startIndex, offsetBy: 2)...])
    switch Character(Unicode.Scalar(kind)) {
    case "f":
      self = .field(rest)
    case "k":
      guard let keys = try? JSONParser(maximumDepth: 8).parse(rest).object, !keys.isEmpty else { return nil }
      self = .key(keys)
    case "v":
      guard let value = try? JSONParser(maximumDepth: 32).parse(rest) else { return nil }
      self = .value(value)
    case "i":
      guard let index = Int(rest), index >= 0 else { return nil }
      self = .index(index)
    default:
      return nil
    }
  }

  /// The element in `fieldsV1`'s notation.
  public var text: String {
    switch self {
    case .field(let name): "f:" + name
    case .key(let keys): "k:" + JSONWriter(style: .goCompatible).text(.object(keys))
    case .value(let value): "v:" + JSONWriter(style: .goCompatible).text(value)
    case .index(let index): "i:\(index)"
    }
  }

  /// The same as ``text``.
  public var description: String { text }
}

extension FieldPath {
  /// Creates the path of a field set's elements for messages: list items by their keys, map entries
  /// in brackets.
  public init(_ elements: some Sequence<FieldSet.Element>) {
    func words(_ value: JSONValue) -> String { value.string ?? value.description }
    self.init(
      elements.map { element -> FieldPath.Step in
        switch element {
        case .field(let name):
          let isPlain = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "$") || (0x30...0x39).contains($0)
              || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          }
          return isPlain && !name.isEmpty ? .field(name) : .key(name)
        case .key(let keys):
          if keys.count == 1, let only = keys.first { return .key(words(only.value)) }
          return .key(keys.map { "\($0.key)=\(words($0.value))" }.joined(separator: ","))
        case .value(let value): return .key(words(value))
        case .index(let index): return .index(index)
        }
      })
  }
}
