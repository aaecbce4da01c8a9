/// A JSON number, kept exactly as it was written.
///
/// An integer that fits `Int64` and is spelled canonically is held as such; everything else (fractions,
/// exponents,
/// integers of any length) keeps its text, so that reading and writing a document never changes a
/// number. Two numbers are equal when they are spelled equally.
public struct JSONNumber: Sendable, Hashable {
  private enum Storage: Sendable, Hashable {
    case integer(Int64)
    case text(String)
  }

  private let storage: Storage

  /// The integer `value`.
  public init(_ value: Int64) { storage = .integer(value) }

  /// The number written as `text` in JSON's grammar (RFC 8259 section 6); `nil` for anything else.
  public init?(text: String) {
    guard JSONNumber.isNumber(text.utf8) else { return nil }
    self.init(validated: text)
  }

  /// A number whose text the parser has already checked.
  init(validated text: String) {
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

  /// The value, where it is an integer spelled without fraction or exponent that fits `Int64`.
  public var int64: Int64? {
    if case .integer(let value) = storage { return value }
    return nil
  }

  /// The nearest binary floating-point value.
  public var double: Double { Double(text) ?? .nan }

  /// Whether `text` follows the grammar: optional minus, integer part without leading zeros, optional
  /// fraction and exponent.
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
