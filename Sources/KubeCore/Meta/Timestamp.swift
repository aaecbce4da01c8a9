/// A point in time in the API's format: RFC 3339 in UTC with whole seconds (`Time`) or microseconds
/// (`MicroTime`).
public struct Timestamp: JSONConvertible, CustomStringConvertible {
  /// The point in time.
  public var date: Date

  /// Creates the timestamp of `date`.
  public init(_ date: Date) { self.date = date }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    let text = try reader.string()
    guard let timestamp = Timestamp(rfc3339: text) else {
      throw reader.failure(
        "\"\(text)\" is not an RFC 3339 time", remedy: "write it like 2026-12-01T00:00:00Z")
    }
    self = timestamp
  }

  /// Creates the time that `text` denotes in RFC 3339's grammar, with a zone (`Z` or an offset) and
  /// any number of fraction digits; `nil` for any other text.
  public init?(rfc3339 text: String) {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int? {
      guard rest.count >= digits else { return nil }
      var value = 0
      for byte in rest.prefix(digits) {
        guard byte >= 0x30 && byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      rest = rest.dropFirst(digits)
      return value
    }
    func skip(_ allowed: String) -> Bool {
      guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2), skip("Tt"),
      let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2)
    else { return nil }
    var fraction = 0.0
    if skip(".") {
      var scale = 0.1
      let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty else { return nil }
      for byte in digits {
        fraction += Double(byte - 0x30) * scale
        scale /= 10
      }
      rest = rest.dropFirst(digits.count)
    }
    var offset = 0
    if !skip("Zz") {
      guard let sign = rest.first, skip("+-"), let hours = number(2), skip(":"), let minutes = number(2),
        hours < 24,
        minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }
    guard rest.isEmpty, (1...12).contains(month),
      (1...CivilDate.days(inMonth: month, year: year)).contains(day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    date = Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  /// The time in RFC 3339, UTC, whole seconds: `2026-12-01T00:00:00Z`.
  public var description: String { text(microseconds: false) }

  /// The time in RFC 3339, UTC, with six fraction digits, as in `MicroTime` fields.
  public var microseconds: String { text(microseconds: true) }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue { .string(description) }

  private func text(microseconds: Bool) -> String {
    // Clamped to years of four digits; a date that isn't a number becomes the epoch.
    let given = date.timeIntervalSince1970
    let interval = given.isNaN ? 0 : min(max(given, -62_135_596_800), 253_402_300_799)
    let seconds = Int(interval.rounded(.down))
    let (days, ofDay) = (seconds.floorDivided(by: 86_400), seconds.floorRemainder(86_400))
    let civil = CivilDate(daysSinceEpoch: days)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(27)
    func append(_ value: Int, _ width: Int, _ separator: Unicode.Scalar) {
      var divisor = 1
      for _ in 1..<width { divisor *= 10 }
      while divisor > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
        divisor /= 10
      }
      bytes.append(UInt8(ascii: separator))
    }
    append(civil.year, 4, "-")
    append(civil.month, 2, "-")
    append(civil.day, 2, "T")
    append(ofDay / 3600, 2, ":")
    append(ofDay / 60 % 60, 2, ":")
    append(ofDay % 60, 2, microseconds ? "." : "Z")
    if microseconds {
      let fraction = Int(((interval - Double(seconds)) * 1_000_000).rounded())
      append(min(fraction, 999_999), 6, "Z")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
