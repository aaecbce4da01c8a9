import KubeCore

/// Conversions between types, `int()`, `string()` and so on, with the errors of cel-go.
enum CELConversion {
  static func int(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .int: return value
    case .uint(let number):
      guard let number = Int64(exactly: number) else { throw .integerOverflow }
      return .int(number)
    case .double(let number):
      guard let number = Int64(exactly: number.rounded(.towardZero)) else { throw .integerOverflow }
      return .int(number)
    case .string(let text):
      guard let number = Int64(text) else { break }
      return .int(number)
    case .timestamp(let time): return .int(time.seconds)
    case .duration(let nanoseconds): return .int(nanoseconds)
    default: break
    }
    throw .conversion(value, to: "int")
  }

  static func uint(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .uint: return value
    case .int(let number):
      guard let number = UInt64(exactly: number) else { throw .unsignedOverflow }
      return .uint(number)
    case .double(let number):
      guard let number = UInt64(exactly: number.rounded(.towardZero)) else { throw .unsignedOverflow }
      return .uint(number)
    case .string(let text):
      guard let number = UInt64(text) else { break }
      return .uint(number)
    default: break
    }
    throw .conversion(value, to: "uint")
  }

  static func double(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .double: return value
    case .int(let number): return .double(Double(number))
    case .uint(let number): return .double(Double(number))
    case .string(let text):
      guard let number = Double(text) else { break }
      return .double(number)
    default: break
    }
    throw .conversion(value, to: "double")
  }

  static func bool(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .bool: return value
    case .string("1"), .string("t"), .string("T"), .string("true"), .string("TRUE"), .string("True"):
      return .bool(true)
    case .string("0"), .string("f"), .string("F"), .string("false"), .string("FALSE"), .string("False"):
      return .bool(false)
    default: throw .conversion(value, to: "bool")
    }
  }

  static func bytes(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .bytes: return value
    case .string(let text): return .bytes(Array(text.utf8))
    default: throw .conversion(value, to: "bytes")
    }
  }

  static func string(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .string: return value
    case .bool(let bool): return .string(bool ? "true" : "false")
    case .int(let number): return .string(String(number))
    case .uint(let number): return .string(String(number))
    case .double(let number): return .string(text(number))
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CELError(description: "invalid UTF-8 in bytes, cannot convert to string")
      }
      return .string(text)
    case .duration(let nanoseconds): return .string(text(Double(nanoseconds) / 1_000_000_000) + "s")
    case .timestamp(let time): return .string(text(time))
    default: throw .conversion(value, to: "string")
    }
  }

  static func duration(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .duration: return value
    case .int(let nanoseconds): return .duration(nanoseconds)
    case .string(let text):
      guard let duration = GoDuration(text) else { break }
      return .duration(duration.nanoseconds)
    default: break
    }
    throw .conversion(value, to: "google.protobuf.Duration")
  }

  static func timestamp(_ value: CELValue) throws(CELError) -> CELValue {
    switch value {
    case .timestamp: return value
    case .int(let seconds):
      guard let time = CELTimestamp(seconds: seconds) else { throw .timestampOverflow }
      return .timestamp(time)
    case .string(let text):
      guard let time = timestamp(text) else { break }
      return .timestamp(time)
    default: break
    }
    throw .conversion(value, to: "google.protobuf.Timestamp")
  }

  /// The time of an RFC 3339 text, to the nanosecond.
  static func timestamp(_ text: String) -> CELTimestamp? {
    guard let whole = Timestamp(rfc3339: text) else { return nil }
    var nanoseconds: Int64 = 0
    if let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
      let digits = text.utf8[text.utf8.index(after: dot)...].prefix { (0x30...0x39).contains($0) }.prefix(9)
      for place in 0..<9 {
        let digit = place < digits.count ? digits[digits.index(digits.startIndex, offsetBy: place)] : 0x30
        nanoseconds = nanoseconds * 10 + Int64(digit - 0x30)
      }
    }
    // The fraction is parsed exactly above; as a floating-point number it might round up to the
    // next second.
    let interval = whole.date.timeIntervalSince1970 - Double(nanoseconds) / 1_000_000_000
    guard let seconds = Int64(exactly: interval.rounded()) else { return nil }
    return CELTimestamp(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// RFC 3339 with as many digits of the fraction as needed.
  private static func text(_ time: CELTimestamp) -> String {
    let seconds = Timestamp(Date(timeIntervalSince1970: Double(time.seconds))).description
    guard time.nanoseconds > 0 else { return seconds }
    var digits = String(time.nanoseconds + CELTimestamp.second).dropFirst()
    while digits.last == "0" { digits = digits.dropLast() }
    return seconds.dropLast() + ".\(digits)Z"
  }

  /// The number in the format of Go's `FormatFloat` with the fewest digits, without an exponent
  /// where it is moderate.
  static func text(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: number), whole.magnitude < 1_000_000_000_000_000 { return String(whole) }
    return String(number)
  }
}
