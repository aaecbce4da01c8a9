/// A number, or a string such as a port's name or a percentage (API reference IntOrString).
public enum IntOrString: JSONConvertible, CustomStringConvertible {
  /// A number.
  case int(Int32)
  /// A text.
  case string(String)

  /// Decodes a string or an integer; throws for any other type.
  public init(from reader: FieldReader) throws(FieldError) {
    if let text = reader.value?.string {
      self = .string(text)
    } else {
      self = .int(try reader.integer())
    }
  }

  /// The number or text.
  public var json: JSONValue {
    switch self {
    case .int(let value): .integer(value)
    case .string(let text): .string(text)
    }
  }

  /// The number or text, as text.
  public var description: String {
    switch self {
    case .int(let value): String(value)
    case .string(let text): text
    }
  }

  /// The value as a share of `total`: a number as it is, a percentage (`25%`) of `total` rounded up
  /// or down; `nil` for any other text.
  public func scaled(total: Int, roundingUp: Bool) -> Int? {
    switch self {
    case .int(let value): return Int(value)
    case .string(let text):
      guard text.hasSuffix("%"), let percent = Int32(text.dropLast()), percent >= 0 else { return nil }
      let (product, overflow) = total.multipliedReportingOverflow(by: Int(percent))
      guard !overflow else { return nil }
      return roundingUp && product % 100 != 0 ? product / 100 + 1 : product / 100
    }
  }
}

extension IntOrString: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// Creates the value of a literal.
  public init(integerLiteral value: Int32) { self = .int(value) }
  /// Creates the value of a literal.
  public init(stringLiteral value: String) { self = .string(value) }
}
