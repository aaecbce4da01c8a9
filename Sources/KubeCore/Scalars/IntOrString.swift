/// A number or a text: a port by number or name, a count or a percentage (API reference IntOrString).
public enum IntOrString: JSONConvertible, CustomStringConvertible {
  /// A number.
  case int(Int32)
  /// A text, such as `https` or `25%`.
  case string(String)

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    switch reader.value {
    case .string(let text): self = .string(text)
    case .number: self = .int(try reader.integer())
    case nil: throw reader.failure("is required")
    case .some(let other):
      throw reader.failure("expected a number or a string, found \(other.kindName)")
    }
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    switch self {
    case .int(let value): .integer(value)
    case .string(let text): .string(text)
    }
  }

  /// The value in words.
  public var description: String {
    switch self {
    case .int(let value): String(value)
    case .string(let text): text
    }
  }
}

extension IntOrString: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// The value that a literal says.
  public init(integerLiteral value: Int32) { self = .int(value) }
  /// The value that a literal says.
  public init(stringLiteral value: String) { self = .string(value) }
}
