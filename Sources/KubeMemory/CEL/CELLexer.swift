/// A lexer that splits an expression into tokens (CEL's language definition, section Syntax).
struct CELLexer {
  enum Token: Sendable, Equatable {
    case identifier(String)
    case integer(UInt64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case symbol(String)
    case end
  }

  private let scalars: [Unicode.Scalar]
  private var index = 0

  /// The maximum number of scalars in an expression.
  static let maximumLength = 65_536

  init(_ text: String) throws(CELProblem) {
    scalars = Array(text.unicodeScalars)
    guard scalars.count <= CELLexer.maximumLength else {
      throw CELProblem(description: "the expression is longer than \(CELLexer.maximumLength) characters")
    }
  }

  /// All tokens; the last one is `end`.
  mutating func tokens() throws(CELProblem) -> [Token] {
    var tokens: [Token] = []
    while true {
      let token = try next()
      tokens.append(token)
      if token == .end { return tokens }
    }
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  private func problem(_ text: String) -> CELProblem {
    CELProblem(description: "syntax error at \(index + 1): \(text)")
  }

  private mutating func next() throws(CELProblem) -> Token {
    skipSpace()
    guard let scalar = peek() else { return .end }
    if isDigit(scalar) || scalar == "." && peek(1).map(isDigit) == true { return try number() }
    if let quoted = try quoted() { return quoted }
    if isIdentifierStart(scalar) {
      var name = String.UnicodeScalarView()
      while let scalar = peek(), isIdentifierStart(scalar) || isDigit(scalar) {
        name.append(scalar)
        index += 1
      }
      return .identifier(String(name))
    }
    for symbol in CELLexer.symbols where starts(with: symbol) {
      index += symbol.unicodeScalars.count
      return .symbol(symbol)
    }
    throw problem("unexpected character")
  }

  /// The symbols, longer ones first.
  private static let symbols = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[",
    "]", "{", "}",
  ]

  private func starts(with text: String) -> Bool {
    var offset = 0
    for scalar in text.unicodeScalars {
      guard peek(offset) == scalar else { return false }
      offset += 1
    }
    return true
  }

  private mutating func skipSpace() {
    while let scalar = peek() {
      if scalar == "/" && peek(1) == "/" {
        while let scalar = peek(), scalar != "\n" { index += 1 }
      } else if [" ", "\t", "\n", "\r", "\u{0C}"].contains(scalar) {
        index += 1
      } else {
        return
      }
    }
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  private func isIdentifierStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  // MARK: Numbers

  private mutating func digits() -> String {
    var text = String.UnicodeScalarView()
    while let scalar = peek(), isDigit(scalar) {
      text.append(scalar)
      index += 1
    }
    return String(text)
  }

  private mutating func number() throws(CELProblem) -> Token {
    if peek() == "0", peek(1) == "x" || peek(1) == "X" {
      index += 2
      var text = String.UnicodeScalarView()
      while let scalar = peek(), scalar.isASCII, Character(scalar).isHexDigit {
        text.append(scalar)
        index += 1
      }
      guard let value = UInt64(String(text), radix: 16) else { throw problem("invalid number") }
      return isUnsigned() ? .unsigned(value) : .integer(value)
    }
    var text = digits()
    var isDouble = false
    if peek() == ".", peek(1).map(isDigit) == true {
      isDouble = true
      index += 1
      text = (text.isEmpty ? "0" : text) + "." + digits()
    }
    if peek() == "e" || peek() == "E" {
      let offset = peek(1) == "+" || peek(1) == "-" ? 2 : 1
      if peek(offset).map(isDigit) == true {
        isDouble = true
        text += "e" + (peek(1) == "-" ? "-" : "")
        index += offset
        text += digits()
      }
    }
    if isDouble {
      guard let value = Double(text) else { throw problem("invalid number") }
      return .double(value)
    }
    guard let value = UInt64(text) else { throw problem("the number is too large") }
    return isUnsigned() ? .unsigned(value) : .integer(value)
  }

  private mutating func isUnsigned() -> Bool {
    guard peek() == "u" || peek() == "U" else { return false }
    index += 1
    return true
  }

  // MARK: Strings

  /// A string or bytes with their prefixes (`r`, `b`); `nil` where none begins here.
  private mutating func quoted() throws(CELProblem) -> Token? {
    var offset = 0
    var isRaw = false
    var isBytes = false
    while let scalar = peek(offset), offset < 2 {
      if scalar == "r" || scalar == "R", !isRaw {
        isRaw = true
      } else if scalar == "b" || scalar == "B", !isBytes {
        isBytes = true
      } else {
        break
      }
      offset += 1
    }
    guard let quote = peek(offset), quote == "'" || quote == "\"" else { return nil }
    index += offset
    let isTriple = peek(1) == quote && peek(2) == quote
    let end = String(repeating: Character(quote), count: isTriple ? 3 : 1)
    index += isTriple ? 3 : 1
    var text = String.UnicodeScalarView()
    var bytes: [UInt8] = []
    while !starts(with: end) {
      guard let scalar = peek(), isTriple || scalar != "\n" && scalar != "\r" else {
        throw problem("unterminated string")
      }
      index += 1
      if scalar == "\\", !isRaw {
        let escaped = try escape(isBytes: isBytes)
        if let byte = UInt8(exactly: escaped.scalar.value), escaped.isByte && isBytes {
          bytes.append(byte)
        } else {
          bytes += Array(String(Character(escaped.scalar)).utf8)
        }
        text.append(escaped.scalar)
      } else {
        bytes += Array(String(Character(scalar)).utf8)
        text.append(scalar)
      }
    }
    index += end.count
    return isBytes ? .bytes(bytes) : .string(String(text))
  }

  /// The scalar of an escape after its backslash, and whether it is a byte where bytes are written.
  private mutating func escape(isBytes: Bool) throws(CELProblem) -> (scalar: Unicode.Scalar, isByte: Bool) {
    guard let scalar = peek() else { throw problem("unterminated string") }
    index += 1
    switch scalar {
    case "a": return ("\u{07}", false)
    case "b": return ("\u{08}", false)
    case "f": return ("\u{0C}", false)
    case "n": return ("\n", false)
    case "r": return ("\r", false)
    case "t": return ("\t", false)
    case "v": return ("\u{0B}", false)
    case "\\", "?", "\"", "'", "`": return (scalar, false)
    case "x", "X": return (try number(digits: 2, radix: 16), true)
    case "u" where !isBytes: return (try number(digits: 4, radix: 16), false)
    case "U" where !isBytes: return (try number(digits: 8, radix: 16), false)
    case "0"..."3":
      index -= 1
      return (try number(digits: 3, radix: 8), true)
    default: throw problem("invalid escape sequence")
    }
  }

  private mutating func number(digits count: Int, radix: Int) throws(CELProblem) -> Unicode.Scalar {
    var text = String.UnicodeScalarView()
    for _ in 0..<count {
      guard let scalar = peek(), scalar.isASCII, Character(scalar).isHexDigit else { break }
      text.append(scalar)
      index += 1
    }
    guard text.count == count, let value = UInt32(String(text), radix: radix),
      let scalar = Unicode.Scalar(value)
    else { throw problem("invalid escape sequence") }
    return scalar
  }
}
