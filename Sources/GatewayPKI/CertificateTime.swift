import struct Foundation.Date

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
    let (year, month, day) = civil(days)
    let usesUTC = year < 2050
    var text: [UInt8] = []
    func append(_ value: Int, _ digits: Int) {
      for power in [1000, 100, 10, 1].suffix(digits) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / power % 10))
      }
    }
    append(year, usesUTC ? 2 : 4)
    for value in [month, day, time / 3600, time / 60 % 60, time % 60] { append(value, 2) }
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
    guard (1...12).contains(month), day >= 1, day <= length(of: month, in: year), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let seconds = (days(year: year, month: month, day: day) * 24 + hour) * 3600 + minute * 60 + second
    return Date(timeIntervalSince1970: Double(seconds))
  }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The days since 1970 of a date of the Gregorian calendar, in eras of 400 years that begin in
  /// March.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The inverse of `days`.
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
