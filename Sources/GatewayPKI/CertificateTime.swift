import KubeCore

/// The times of certificates (RFC 5280, section 4.1.2.5): UTCTime until 2049, GeneralizedTime from
/// 2050 on.
enum CertificateTime {
  /// The encodable seconds since 1970: the years 1950 to 9999.
  private static let range = -631_152_000.0...253_402_300_799.0

  /// The element for `date` in whole seconds; `nil` outside the years 1950 to 9999.
  static func element(_ date: Date) -> [UInt8]? {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    guard range.contains(seconds) else { return nil }
    let total = Int(seconds)
    let days = total >= 0 ? total / 86_400 : (total - 86_399) / 86_400
    let time = total - days * 86_400
    let civil = CivilDate(daysSinceEpoch: days)
    let usesUTC = civil.year < 2050
    var text: [UInt8] = []
    func append(_ value: Int, _ digits: Int) {
      for power in [1000, 100, 10, 1].suffix(digits) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / power % 10))
      }
    }
    append(civil.year, usesUTC ? 2 : 4)
    for value in [civil.month, civil.day, time / 3600, time / 60 % 60, time % 60] { append(value, 2) }
    text.append(UInt8(ascii: "Z"))
    return DER.element(usesUTC ? DERReader.Tag.utcTime : DERReader.Tag.generalizedTime, text)
  }

  /// The time of an element; `nil` where it isn't in the form that RFC 5280 requires.
  static func date(tag: UInt8, _ text: ArraySlice<UInt8>) -> Date? {
    let yearDigits = tag == DERReader.Tag.utcTime ? 2 : 4
    guard tag == DERReader.Tag.utcTime || tag == DERReader.Tag.generalizedTime,
      text.count == yearDigits + 11, text.last == UInt8(ascii: "Z")
    else { return nil }
    let digits = text.dropLast()
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    func number(_ offset: Int, _ count: Int) -> Int {
      digits.dropFirst(offset).prefix(count).reduce(0) { $0 * 10 + Int($1 & 0xf) }
    }
    var year = number(0, yearDigits)
    if yearDigits == 2 { year += year < 50 ? 2000 : 1900 }
    let month = number(yearDigits, 2)
    let day = number(yearDigits + 2, 2)
    let (hour, minute, second) = (
      number(yearDigits + 4, 2), number(yearDigits + 6, 2), number(yearDigits + 8, 2)
    )
    guard (1...12).contains(month), (1...CivilDate.days(inMonth: month, year: year)).contains(day),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
    let seconds = (days * 24 + hour) * 3600 + minute * 60 + second
    return Date(timeIntervalSince1970: Double(seconds))
  }
}
