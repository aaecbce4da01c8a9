/// A JSON number that keeps its exact spelling.
///
/// An integer that fits `Int64` and is spelled canonically is stored as such; any other number
/// (fractions, exponents, longer integers) keeps its text, so that decoding and encoding a document
/// never changes a number. Two numbers are equal when they are spelled equally.
public struct JSONNumber: Sendable, Hashable {
  private enum Storage: Sendable, Hashable {
    case integer(Int64)
    case text(String)
  }

  private let storage: Storage

  /// Creates the number `value`.
  public init(_ value: Int64) { storage = .integer(value) }

  /// Creates the number written as `text` in JSON's grammar (RFC 8259 section 6); `nil` for any
  /// other text.
  public init?(text: String) {
    guard JSONNumber.isNumber(text.utf8) else { return nil }
    self.init(validated: text)
  }

  /// Creates a number whose text the parser has already checked.
  init(validated text: String) {
    assert(JSONNumber.isNumber(text.utf8), "a validated number follows JSON's grammar")
    if let integer = Int64(text), text != "-0" {
      storage = .integer(integer)
    } else {
      storage = .text(text)
    }
  }

  /// The number as JSON text.
  public var text: String {
    switch storage {
    case .integer(let value): String(value)
    case .text(let text): text
    }
  }

  /// The value of an integer spelled without fraction or exponent that fits `Int64`; otherwise
  /// `nil`.
  public var int64: Int64? {
    if case .integer(let value) = storage { return value }
    return nil
  }

  /// The value of an integer that fits `Int64` in any spelling: `3.0` and `3e0` are 3, as in Go's
  /// decoders; otherwise `nil`.
  package var wholeInt64: Int64? {
    guard case .text(let text) = storage else { return int64 }
    var digits: [UInt8] = []
    var scale = 0
    var rest = text.utf8.drop { $0 == UInt8(ascii: "-") }
    let whole = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    digits += whole
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
      digits += fraction
      scale = fraction.count
      rest = rest.dropFirst(1 + fraction.count)
    }
    if !rest.isEmpty {
      // 19 digits fill an Int64: a number shifted further is zero or doesn't fit.
      guard let exponent = Int(Substring(rest.dropFirst())), exponent.magnitude < 10_000 else { return nil }
      scale -= exponent
    }
    while scale > 0, digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      scale -= 1
    }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    if significant.isEmpty { return text.hasPrefix("-") ? nil : 0 }
    guard scale <= 0, significant.count - scale <= 19 else { return nil }
    let magnitude = String(decoding: significant, as: UTF8.self) + String(repeating: "0", count: -scale)
    return Int64((text.hasPrefix("-") ? "-" : "") + magnitude)
  }

  /// The nearest binary floating-point value.
  public var double: Double { Double(text) ?? .nan }

  /// Whether `text` follows the grammar: optional minus, integer part without leading zeros,
  /// optional fraction and exponent.
  static func isNumber(_ text: some Collection<UInt8>) -> Bool {
    var rest = text[...]
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func dropDigits() -> Int {
      let digits = rest.prefix(while: isDigit)
      let count = digits.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let integerDigits = dropDigits()
    guard integerDigits > 0, !leadsWithZero || integerDigits == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard dropDigits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard dropDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
