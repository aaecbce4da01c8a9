/// A duration in Go's notation (`time.ParseDuration`), to the nanosecond: `4320h`, `1h30m`, `1.5s`.
public struct GoDuration: JSONConvertible, Comparable, CustomStringConvertible {
  /// The duration in nanoseconds.
  public var nanoseconds: Int64

  /// Creates a duration in nanoseconds.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Creates a duration in whole seconds, clamped to about 292 years.
  public init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
  }

  /// Creates the duration that `text` denotes; `nil` for an invalid text or a duration out of
  /// range.
  public init?(_ text: String) {
    var rest = Array(text.utf8.prefix(129))[...]
    guard rest.count <= 128 else { return nil }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if Array(rest) == [0x30] {
      nanoseconds = 0
      return
    }
    guard !rest.isEmpty else { return nil }
    var total: UInt64 = 0
    while !rest.isEmpty {
      guard let part = GoDuration.part(&rest) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow, sum <= UInt64(Int64.max) + 1 else { return nil }
      total = sum
    }
    if isNegative {
      nanoseconds = total == UInt64(Int64.max) + 1 ? .min : -Int64(total)
    } else {
      guard let value = Int64(exactly: total) else { return nil }
      nanoseconds = value
    }
  }

  /// Parses a number with its unit from the front of `rest`; digits below the nanosecond are
  /// dropped.
  private static func part(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    guard let (whole, fraction) = rest.removeDecimal() else { return nil }
    let unitText = rest.prefix { $0 != UInt8(ascii: ".") && !($0 >= 0x30 && $0 <= 0x39) }
    rest = rest.dropFirst(unitText.count)
    guard let unit = nanoseconds(of: String(decoding: unitText, as: UTF8.self)) else { return nil }
    var value: UInt64 = 0
    for byte in whole {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    let (product, overflow) = value.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    var numerator: UInt128 = 0
    var denominator: UInt128 = 1
    for byte in fraction.prefix(18) {
      numerator = numerator * 10 + UInt128(byte - 0x30)
      denominator *= 10
    }
    let (sum, carry) = product.addingReportingOverflow(UInt64(numerator * UInt128(unit) / denominator))
    return carry ? nil : sum
  }

  /// The problem of a text that is no duration, as Go's `time.ParseDuration` words it.
  static func problem(in text: String) -> String {
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    while rest.removeDecimal() != nil {
      let unit = rest.prefix { $0 != UInt8(ascii: ".") && !($0 >= 0x30 && $0 <= 0x39) }
      rest = rest.dropFirst(unit.count)
      let name = String(decoding: unit, as: UTF8.self)
      if name.isEmpty { return "time: missing unit in duration \"\(text)\"" }
      if nanoseconds(of: name) == nil { return "time: unknown unit \"\(name)\" in duration \"\(text)\"" }
    }
    return "time: invalid duration \"\(text)\""
  }

  /// The nanoseconds of a unit; `nil` for an unknown one.
  private static func nanoseconds(of unit: String) -> UInt64? {
    switch unit {
    case "ns": 1
    case "us", "\u{B5}s", "\u{3BC}s": 1_000
    case "ms": 1_000_000
    case "s": 1_000_000_000
    case "m": 60_000_000_000
    case "h": 3_600_000_000_000
    default: nil
    }
  }

  /// Decodes a string; throws where it isn't a duration.
  public init(from reader: FieldReader) throws(FieldError) {
    let text = try reader.string()
    guard let duration = GoDuration(text) else {
      throw reader.failure("\"\(text)\" is not a duration", remedy: "write it like 4320h, 90m or 1h30m0s")
    }
    self = duration
  }

  /// Whether the left duration is shorter.
  public static func < (left: GoDuration, right: GoDuration) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The duration in seconds.
  public var seconds: Double { Double(nanoseconds) / 1_000_000_000 }

  /// The duration as Go prints it: `4320h0m0s`, `1.5s`, `20ms`, `0s`.
  public var description: String {
    let sign = nanoseconds < 0 ? "-" : ""
    let total = nanoseconds.magnitude
    func decimal(_ value: UInt64, _ unit: UInt64, _ name: String) -> String {
      let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
      guard rest > 0 else { return "\(whole)\(name)" }
      var digits = String(unit + rest).dropFirst()
      while digits.last == "0" { digits = digits.dropLast() }
      return "\(whole).\(digits)\(name)"
    }
    switch total {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(total)ns"
    case ..<1_000_000: return sign + decimal(total, 1_000, "µs")
    case ..<1_000_000_000: return sign + decimal(total, 1_000_000, "ms")
    default:
      let minute: UInt64 = 60_000_000_000
      let seconds = decimal(total % minute, 1_000_000_000, "s")
      let minutes = total / minute
      if minutes == 0 { return sign + seconds }
      return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + seconds
    }
  }

  /// The JSON form, as Go prints it.
  public var json: JSONValue { .string(description) }
}
