import KubeCore

extension CELEvaluation {
  /// The result of a method of a string (cel-go's extended strings); positions count Unicode
  /// scalars.
  mutating func call(_ name: String, on text: String, _ arguments: [CELValue]) throws(CELError) -> CELValue {
    try charge(text.utf8.count / 10)
    switch name {
    case "lowerAscii": return .string(CELEvaluation.mapped(text, in: 0x41...0x5A) { $0 + 32 })
    case "upperAscii": return .string(CELEvaluation.mapped(text, in: 0x61...0x7A) { $0 - 32 })
    case "trim": return .string(CELEvaluation.trimmed(text))
    case "charAt": return try substring(of: text, arguments, single: true)
    case "substring": return try substring(of: text, arguments, single: false)
    default: break
    }
    guard case .string(let other)? = arguments.first else { throw .noOverload }
    switch name {
    case "startsWith": return .bool(text.utf8.starts(with: other.utf8))
    case "endsWith": return .bool(text.utf8.reversed().starts(with: other.utf8.reversed()))
    case "contains":
      return .bool(try find(Array(other.unicodeScalars), in: Array(text.unicodeScalars), from: 0) != nil)
    case "matches": return try matches(text, pattern: other)
    case "indexOf": return try position(of: other, in: text, arguments.dropFirst().first)
    case "lastIndexOf": return try lastPosition(of: other, in: text, arguments.dropFirst().first)
    case "replace": return try replaced(text, old: other, arguments: arguments)
    case "split": return try split(text, separator: other, limit: arguments.dropFirst().first)
    default: throw .noOverload
    }
  }

  private mutating func matches(_ text: String, pattern: String) throws(CELError) -> CELValue {
    let parsed: RE2Pattern
    do {
      parsed = try RE2Pattern(pattern)
    } catch {
      throw CELError(description: "error parsing regexp: \(error)")
    }
    try charge(text.utf8.count / 10 * (pattern.utf8.count / 4 + 1) + pattern.utf8.count)
    return .bool(parsed.matches(text))
  }

  private static func mapped(_ text: String, in range: ClosedRange<UInt8>, _ change: (UInt8) -> UInt8)
    -> String
  {
    String(decoding: text.utf8.map { range.contains($0) ? change($0) : $0 }, as: UTF8.self)
  }

  static func trimmed(_ text: String) -> String {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    var scalars = text.unicodeScalars.drop(while: isSpace)
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private func integer(_ value: CELValue?, default fallback: Int) throws(CELError) -> Int {
    guard let value else { return fallback }
    guard case .int(let number) = value else { throw .noOverload }
    return Int(clamping: number)
  }

  private func outOfRange(_ index: Int) -> CELError { CELError(description: "index out of range: \(index)") }

  private func substring(of text: String, _ arguments: [CELValue], single: Bool) throws(CELError) -> CELValue
  {
    let scalars = Array(text.unicodeScalars)
    guard let first = arguments.first else { throw .noOverload }
    let start = try integer(first, default: 0)
    if single, start == scalars.count { return .string("") }
    guard (0...scalars.count).contains(start) else { throw outOfRange(start) }
    let end = single ? start + 1 : try integer(arguments.dropFirst().first, default: scalars.count)
    guard (0...scalars.count).contains(end) else { throw outOfRange(end) }
    guard start <= end else {
      throw CELError(description: "invalid substring range. start: \(start), end: \(end)")
    }
    return .string(CELEvaluation.text(scalars[start..<end]))
  }

  /// The first position of `part` at or after `start`.
  private mutating func find(_ part: [Unicode.Scalar], in text: [Unicode.Scalar], from start: Int)
    throws(CELError) -> Int?
  {
    let last = text.count - part.count
    guard last >= start else { return nil }
    try charge((last - start) / 64 * (part.count + 1))
    return (start...last).first { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  private mutating func position(of part: String, in text: String, _ start: CELValue?) throws(CELError)
    -> CELValue
  {
    let scalars = Array(text.unicodeScalars)
    let start = try integer(start, default: 0)
    guard (0...scalars.count).contains(start) else { throw outOfRange(start) }
    return .int(Int64(try find(Array(part.unicodeScalars), in: scalars, from: start) ?? -1))
  }

  private mutating func lastPosition(of part: String, in text: String, _ end: CELValue?) throws(CELError)
    -> CELValue
  {
    let scalars = Array(text.unicodeScalars)
    let part = Array(part.unicodeScalars)
    let end = try integer(end, default: scalars.count)
    guard (0...scalars.count).contains(end) else { throw outOfRange(end) }
    let last = min(end, scalars.count - part.count)
    guard last >= 0 else { return .int(-1) }
    try charge(last / 64 * (part.count + 1))
    let found = (0...last).last { scalars[$0..<$0 + part.count].elementsEqual(part) }
    return .int(Int64(found ?? -1))
  }

  private mutating func replaced(_ text: String, old: String, arguments: [CELValue]) throws(CELError)
    -> CELValue
  {
    guard arguments.count >= 2, case .string(let new) = arguments[1] else { throw .noOverload }
    let limit = try integer(arguments.count > 2 ? arguments[2] : nil, default: -1)
    let (scalars, old, replacement) = (
      Array(text.unicodeScalars), Array(old.unicodeScalars), Array(new.unicodeScalars)
    )
    var result: [Unicode.Scalar] = []
    var index = 0
    var count = 0
    // As in Go, an empty text is found before every scalar and at the end.
    while limit < 0 || count < limit, let found = try find(old, in: scalars, from: index) {
      try charge(replacement.count / 10)
      result += scalars[index..<found] + replacement
      index = found + old.count
      count += 1
      guard old.isEmpty else { continue }
      guard index < scalars.count else { break }
      result.append(scalars[index])
      index += 1
    }
    return .string(CELEvaluation.text(result + scalars[min(index, scalars.count)...]))
  }

  private mutating func split(_ text: String, separator: String, limit: CELValue?) throws(CELError)
    -> CELValue
  {
    let limit = try integer(limit, default: -1)
    if limit == 0 { return .list(CELList(elements: [])) }
    let (scalars, separator) = (Array(text.unicodeScalars), Array(separator.unicodeScalars))
    var parts: [CELValue] = []
    var index = 0
    while limit < 0 || parts.count < limit - 1 {
      try charge(1)
      if separator.isEmpty {
        guard index + 1 < scalars.count else { break }
        parts.append(.string(CELEvaluation.text(scalars[index..<index + 1])))
        index += 1
      } else {
        guard let found = try find(separator, in: scalars, from: index) else { break }
        parts.append(.string(CELEvaluation.text(scalars[index..<found])))
        index = found + separator.count
      }
    }
    if separator.isEmpty, scalars.isEmpty { return .list(CELList(elements: [])) }
    parts.append(.string(CELEvaluation.text(scalars[index...])))
    return .list(CELList(elements: parts))
  }
}
