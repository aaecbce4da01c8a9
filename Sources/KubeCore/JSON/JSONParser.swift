/// A syntax error or exceeded limit in JSON text, with its position.
public struct JSONParseError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The problem, for people.
  public let problem: String
  /// The byte offset of the problem, from 0.
  public let offset: Int
  /// The line of the problem, from 1.
  public let line: Int
  /// The column of the problem in bytes, from 1.
  public let column: Int

  /// The position and the problem.
  public var description: String { "line \(line), column \(column): \(problem)" }
}

/// A strict parser of JSON text (RFC 8259) with stated limits.
///
/// It is stricter than the grammar where Kubernetes is: a member name may occur only once in an
/// object. It never recurses deeper than ``maximumDepth`` and rejects invalid bytes with a
/// ``JSONParseError``.
public struct JSONParser: Sendable {
  /// The greatest ``maximumDepth``: a document of this depth can be parsed, written and compared on
  /// a stack of 512 KiB, the smallest that a thread gets by default.
  public static let depthLimit = 256

  /// The maximum nesting of arrays and objects; at most ``depthLimit``.
  public let maximumDepth: Int
  /// The maximum size of a document in bytes.
  public var maximumBytes: Int

  /// Creates a parser with limits; the defaults accept any object that an API server can store, and
  /// large lists of them.
  public init(maximumDepth: Int = 128, maximumBytes: Int = 256 << 20) {
    self.maximumDepth = min(max(maximumDepth, 1), JSONParser.depthLimit)
    self.maximumBytes = maximumBytes
  }

  /// Parses the one document in `text`.
  public func parse(_ text: String) throws(JSONParseError) -> JSONValue {
    try parse(Array(text.utf8))
  }

  /// Parses the one document in `bytes` (UTF-8), which only white space may surround.
  public func parse(_ bytes: some Collection<UInt8>) throws(JSONParseError) -> JSONValue {
    let parsed: Result<JSONValue, JSONParseError>? = bytes.withContiguousStorageIfAvailable { buffer in
      parseBuffer(buffer)
    }
    if let parsed { return try parsed.get() }
    let copy = Array(bytes)
    return try copy.withUnsafeBufferPointer { buffer in parseBuffer(buffer) }.get()
  }

  private func parseBuffer(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONParseError> {
    guard buffer.count <= maximumBytes else {
      return .failure(
        JSONParseError(
          problem: "the document has \(buffer.count) bytes, more than the limit of \(maximumBytes)",
          offset: maximumBytes, line: 1, column: 1))
    }
    var cursor = JSONCursor(bytes: buffer, depthLeft: maximumDepth)
    do throws(JSONCursor.Failure) {
      cursor.skipWhiteSpace()
      let value = try cursor.value()
      cursor.skipWhiteSpace()
      guard cursor.offset == buffer.count else {
        throw JSONCursor.Failure(
          problem: "unexpected text after the end of the document", offset: cursor.offset)
      }
      return .success(value)
    } catch {
      return .failure(error.located(in: buffer))
    }
  }
}

/// The parser's position in the text. `peek` checks the bounds of every read.
private struct JSONCursor {
  struct Failure: Error {
    let problem: String
    let offset: Int

    func located(in bytes: UnsafeBufferPointer<UInt8>) -> JSONParseError {
      let end = min(offset, bytes.count)
      var line = 1
      var lineStart = 0
      for index in 0..<end where bytes[index] == 0x0A {
        line += 1
        lineStart = index + 1
      }
      return JSONParseError(problem: problem, offset: offset, line: line, column: end - lineStart + 1)
    }
  }

  let bytes: UnsafeBufferPointer<UInt8>
  var offset = 0
  var depthLeft: Int

  init(bytes: UnsafeBufferPointer<UInt8>, depthLeft: Int) {
    self.bytes = bytes
    self.depthLeft = depthLeft
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  mutating func skipWhiteSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private func failure(_ problem: String, at place: Int? = nil) -> Failure {
    Failure(problem: problem, offset: place ?? offset)
  }

  mutating func value() throws(Failure) -> JSONValue {
    switch peek {
    case UInt8(ascii: "{"): return try objectMembers()
    case UInt8(ascii: "["): return try arrayElements()
    default: return try scalar()
    }
  }

  /// Parses a scalar. It is separate from `value`, which recurses: a smaller stack frame allows a
  /// deeper document.
  private mutating func scalar() throws(Failure) -> JSONValue {
    switch peek {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
    case nil: throw failure("the document ends where a value is expected")
    default: throw failure("expected a value")
    }
  }

  private mutating func descend() throws(Failure) {
    guard depthLeft > 0 else { throw failure("nested too deeply") }
    depthLeft -= 1
    offset += 1
  }

  private mutating func objectMembers() throws(Failure) -> JSONValue {
    let start = offset
    try descend()
    defer { depthLeft += 1 }
    var members: [JSONObject.Member] = []
    skipWhiteSpace()
    if peek == UInt8(ascii: "}") {
      offset += 1
      return .object(JSONObject())
    }
    while true {
      skipWhiteSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a member name in double quotes") }
      let key = try string()
      skipWhiteSpace()
      guard peek == UInt8(ascii: ":") else { throw failure("expected ':' after the member name") }
      offset += 1
      skipWhiteSpace()
      members.append(JSONObject.Member(key: key, value: try value()))
      skipWhiteSpace()
      switch peek {
      case UInt8(ascii: ","): offset += 1
      case UInt8(ascii: "}"):
        offset += 1
        let (object, duplicate) = JSONObject.fromDocument(members)
        if let duplicate { throw failure("the object has two members named \"\(duplicate)\"", at: start) }
        return .object(object)
      case nil: throw failure("the document ends inside an object")
      default: throw failure("expected ',' or '}' in an object")
      }
    }
  }

  private mutating func arrayElements() throws(Failure) -> JSONValue {
    try descend()
    defer { depthLeft += 1 }
    var elements: [JSONValue] = []
    skipWhiteSpace()
    if peek == UInt8(ascii: "]") {
      offset += 1
      return .array([])
    }
    while true {
      skipWhiteSpace()
      elements.append(try value())
      skipWhiteSpace()
      switch peek {
      case UInt8(ascii: ","): offset += 1
      case UInt8(ascii: "]"):
        offset += 1
        return .array(elements)
      case nil: throw failure("the document ends inside a list")
      default: throw failure("expected ',' or ']' in a list")
      }
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
    let count = word.utf8CodeUnitCount
    guard bytes.count - offset >= count else { throw failure("expected '\(word)'") }
    for index in 0..<count where bytes[offset + index] != word.utf8Start[index] {
      throw failure("expected '\(word)'")
    }
    offset += count
    return value
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = offset
    var integer: Int64 = 0
    var isSmall = true
    if peek == UInt8(ascii: "-") {
      isSmall = false
      offset += 1
    }
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if offset - start < 18 { integer = integer * 10 + Int64(byte - 0x30) } else { isSmall = false }
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
        isSmall = false
      default:
        return try finishNumber(from: start, integer: isSmall ? integer : nil)
      }
      offset += 1
    }
    return try finishNumber(from: start, integer: isSmall ? integer : nil)
  }

  private func finishNumber(from start: Int, integer: Int64?) throws(Failure) -> JSONValue {
    let text = bytes[start..<offset]
    if let integer, offset - start == 1 || text.first != UInt8(ascii: "0") {
      return .number(JSONNumber(integer))
    }
    guard JSONNumber.isNumber(text) else { throw failure("not a number in JSON's grammar", at: start) }
    return .number(JSONNumber(validated: String(decoding: text, as: UTF8.self)))
  }

  private mutating func string() throws(Failure) -> String {
    let start = offset
    offset += 1
    let content = offset
    skipPlainText()
    if peek == UInt8(ascii: "\"") {
      let text = UnsafeBufferPointer(rebasing: bytes[content..<offset])
      // Nearly all texts are ASCII, which is valid UTF-8.
      if text.allSatisfy({ $0 < 0x80 }) {
        offset += 1
        return String(decoding: text, as: UTF8.self)
      }
      guard let string = String(validating: text, as: UTF8.self) else {
        throw failure("the string is not UTF-8", at: start)
      }
      offset += 1
      return string
    }
    return try stringWithEscapes(from: start)
  }

  /// Advances to the next quotation mark, backslash or control character of a string.
  private mutating func skipPlainText() {
    // Most of a document is plain text, so eight bytes are checked at a time: in each byte of
    // `word` the highest bit stays set where the byte is one of those searched for. Borrows make
    // that wrong only for bytes after the first match.
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highest = ones &* 0x80
    let text = UnsafeRawBufferPointer(bytes)
    while text.count - offset >= 8 {
      let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      // Zero where the byte is a quotation mark, or a backslash.
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5C)
      let found =
        (((word &- (ones &* 0x20)) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash))
        & highest
      if found != 0 {
        offset += found.trailingZeroBitCount / 8
        return
      }
      offset += 8
    }
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      offset += 1
    }
  }

  private mutating func stringWithEscapes(from start: Int) throws(Failure) -> String {
    var text = Array(bytes[(start + 1)..<offset])
    while true {
      switch peek {
      case nil: throw failure("the document ends inside a string", at: start)
      case UInt8(ascii: "\""):
        offset += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("the string is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"):
        offset += 1
        try escape(into: &text)
      case .some(0..<0x20): throw failure("a control character in a string must be escaped")
      default:
        let plain = offset
        skipPlainText()
        text += bytes[plain..<offset]
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard let byte = peek else { throw failure("the document ends inside a string") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      // A lone surrogate becomes U+FFFD, as in Go's decoder.
      let first = try hexadecimal()
      var scalar = Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}"
      if UTF16.isLeadSurrogate(first), peek == UInt8(ascii: "\\"), offset + 1 < bytes.count,
        bytes[offset + 1] == UInt8(ascii: "u")
      {
        let mark = offset
        offset += 2
        let second = try hexadecimal()
        if UTF16.isTrailSurrogate(second) {
          scalar = UTF16.decode(UTF16.EncodedScalar([first, second]))
        } else {
          offset = mark
        }
      }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw failure("unknown escape in a string", at: offset - 1)
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw failure("the document ends inside a string") }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - 0x61 + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - 0x41 + 10)
      default: throw failure("expected four hexadecimal digits after \\u")
      }
      offset += 1
    }
    return value
  }
}
