/// An amount of a resource, such as `100m` of CPU or `512Mi` of memory (API reference Quantity).
///
/// Two quantities are equal when their amounts are, in any spelling. Amounts are exact to 10⁻⁹;
/// finer ones are rounded away from zero and those beyond ±(2⁶³ − 1) are clamped, as by the API
/// server.
public struct Quantity: JSONConvertible, Comparable, CustomStringConvertible {
  /// The pattern of a quantity in a CustomResourceDefinition's schema.
  public static let schemaPattern =
    #"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"#

  /// The notation of the canonical form.
  public enum Format: Sendable, Hashable {
    /// Suffixes that are powers of 1024: `Ki`, `Mi`, …
    case binarySI
    /// Suffixes that are powers of 1000: `m`, `k`, `M`, …
    case decimalSI
    /// An exponent: `12e6`.
    case decimalExponent
  }

  /// The maximum number of significant digits in a quantity's text.
  public static let maximumDigits = 28

  /// The amount in units of 10⁻⁹.
  private let nanos: Int128
  /// The notation of the canonical form.
  public let format: Format

  private static let maximum = Int128(Int64.max) * 1_000_000_000

  /// Creates the quantity of `value` whole units.
  public init(_ value: Int64, format: Format = .decimalSI) {
    nanos = max(Int128(value) * 1_000_000_000, -Quantity.maximum)
    self.format = format
  }

  /// Creates the quantity that `text` denotes; `nil` for an invalid text or one with more than
  /// ``maximumDigits`` significant digits.
  public init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard rest.count <= 128 else { return nil }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard let (whole, decimals) = rest.removeDecimal() else { return nil }
    var fraction = decimals
    while fraction.last == 0x30 { fraction = fraction.dropLast() }
    let significant = (Array(whole) + fraction).drop { $0 == 0x30 }
    guard significant.count <= Quantity.maximumDigits,
      let (power, binaryPower, format) = Quantity.suffix(String(decoding: rest, as: UTF8.self))
    else { return nil }
    var mantissa: UInt128 = 0
    for byte in significant { mantissa = mantissa * 10 + UInt128(byte - 0x30) }
    let magnitude = Quantity.scaled(
      mantissa, by: UInt128(1) << UInt128(binaryPower), power: power + 9 - fraction.count)
    nanos = isNegative ? -magnitude : magnitude
    self.format = format
  }

  /// Creates the quantity that a string or number denotes; `nil` for any other value.
  public init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self.init(text)
    case .number(let number): self.init(number.text)
    default: return nil
    }
  }

  /// Decodes a string or number; throws where it isn't a quantity.
  public init(from reader: FieldReader) throws(FieldError) {
    guard let value = reader.value, let quantity = Quantity(value) else {
      throw reader.failure(
        reader.isPresent ? "is not a quantity" : "is required", remedy: "write it like 100m, 2, 512Mi or 1e3")
    }
    self = quantity
  }

  /// The product `mantissa` × `factor` × 10^`power`, rounded up and clamped to the maximum.
  /// `factor` has at most 61 bits, `mantissa` 94.
  private static func scaled(_ mantissa: UInt128, by factor: UInt128, power: Int) -> Int128 {
    guard mantissa > 0 else { return 0 }
    let limit = UInt128(maximum)
    if power >= 0 {
      guard power <= 37 else { return maximum }
      let (high, low) = factor.multipliedFullWidth(by: tenTo(power))
      guard high == 0 else { return maximum }
      let product = mantissa.multipliedFullWidth(by: low)
      return product.high > 0 || product.low > limit ? maximum : Int128(product.low)
    }
    guard power >= -37 else { return 1 }
    let divisor = tenTo(-power)
    let product = mantissa.multipliedFullWidth(by: factor)
    guard product.high < divisor else { return maximum }
    let (quotient, remainder) = divisor.dividingFullWidth((product.high, product.low))
    guard quotient < limit else { return maximum }
    return Int128(quotient) + (remainder > 0 ? 1 : 0)
  }

  private static func tenTo(_ power: Int) -> UInt128 {
    var result: UInt128 = 1
    for _ in 0..<power { result *= 10 }
    return result
  }

  private static func suffix(_ suffix: String) -> (power: Int, binaryPower: Int, format: Format)? {
    switch suffix {
    case "": return (0, 0, .decimalSI)
    case "n": return (-9, 0, .decimalSI)
    case "u": return (-6, 0, .decimalSI)
    case "m": return (-3, 0, .decimalSI)
    case "k": return (3, 0, .decimalSI)
    case "M": return (6, 0, .decimalSI)
    case "G": return (9, 0, .decimalSI)
    case "T": return (12, 0, .decimalSI)
    case "P": return (15, 0, .decimalSI)
    case "E": return (18, 0, .decimalSI)
    case "Ki": return (0, 10, .binarySI)
    case "Mi": return (0, 20, .binarySI)
    case "Gi": return (0, 30, .binarySI)
    case "Ti": return (0, 40, .binarySI)
    case "Pi": return (0, 50, .binarySI)
    case "Ei": return (0, 60, .binarySI)
    default:
      guard suffix.first == "e" || suffix.first == "E", let power = Int(suffix.dropFirst()) else {
        return nil
      }
      return (min(max(power, -1000), 1000), 0, .decimalExponent)
    }
  }

  /// Whether both amounts are equal.
  public static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
  /// Whether the left amount is smaller.
  public static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
  /// Hashes the amount.
  public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }

  /// The amount in whole units, rounded away from zero.
  public var roundedUp: Int64 {
    let (quotient, remainder) = nanos.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    let magnitude = Int64(clamping: quotient + (remainder > 0 ? 1 : 0))
    return nanos < 0 ? -magnitude : magnitude
  }

  /// The canonical form: no fraction, the largest suffix that allows it.
  public var description: String {
    let sign = nanos < 0 ? "-" : ""
    if nanos == 0 { return "0" }
    if format == .binarySI && nanos.magnitude >= 1024 * 1_000_000_000 {
      var value = roundedUp.magnitude
      var index = 0
      let suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
      while value.isMultiple(of: 1024), index + 1 < suffixes.count {
        value /= 1024
        index += 1
      }
      return sign + String(value) + suffixes[index]
    }
    var value = nanos.magnitude
    var power = -9
    while value.isMultiple(of: 1000), power < 18 {
      value /= 1000
      power += 3
    }
    if format == .decimalExponent { return sign + String(value) + (power == 0 ? "" : "e\(power)") }
    let suffixes = [
      -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
    ]
    return sign + String(value) + suffixes[power, default: ""]
  }

  /// The canonical form as JSON.
  public var json: JSONValue { .string(description) }
}
