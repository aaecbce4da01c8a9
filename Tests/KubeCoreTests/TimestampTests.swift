import Foundation
import KubeCore
import Testing

@Suite struct TimestampTests {
  @Test func `any second from year 1 to 9999 is written and read back`() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<5_000 {
      let date = Date(
        timeIntervalSince1970: Double(Int.random(in: -62_135_596_800...253_402_300_799, using: &generator)))
      let text = Timestamp(date).description
      #expect(Timestamp(rfc3339: text)?.date == date, "\(text)")
      #expect(text.utf8.count == 20)
    }
  }

  @Test func `the calendar agrees with Foundation's`() throws {
    var generator = SeededGenerator(seed: 6)
    let style = Date.ISO8601FormatStyle(timeZone: try #require(TimeZone(identifier: "UTC")))
    for _ in 0..<500 {
      let date = Date(
        timeIntervalSince1970: Double(Int.random(in: -2_000_000_000...8_000_000_000, using: &generator)))
      #expect(Timestamp(date).description == date.formatted(style))
    }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0.0), ("2000-02-29T12:00:00Z", 951_825_600),
    ("2024-02-29T23:59:59Z", 1_709_251_199),
    ("2026-11-22T17:08:30+01:30", 1_795_361_910), ("2026-11-22t17:08:30z", 1_795_367_310),
    ("1969-12-31T23:59:59Z", -1), ("2026-11-22T17:08:30.250000Z", 1_795_367_310.25),
    ("0001-01-01T00:00:00Z", -62_135_596_800), ("2016-12-31T23:59:60Z", 1_483_228_800),
  ])
  func `times of RFC 3339 are read`(text: String, seconds: Double) {
    #expect(Timestamp(rfc3339: text)?.date == Date(timeIntervalSince1970: seconds))
  }

  @Test(arguments: [
    "", "2026", "2026-11-22", "2026-11-22T17:08:30", "2026-11-22 17:08:30Z", "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00ZZ", "+026-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z",
  ])
  func `what is no time is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test func `microseconds have six digits`() {
    #expect(Timestamp(Date(timeIntervalSince1970: 1.5)).microseconds == "1970-01-01T00:00:01.500000Z")
    #expect(Timestamp(Date(timeIntervalSince1970: 1.5)).description == "1970-01-01T00:00:01Z")
    #expect(Timestamp(Date(timeIntervalSince1970: -0.25)).microseconds == "1969-12-31T23:59:59.750000Z")
  }

  @Test func `a time beyond four digits of a year is cut, not a crash`() {
    #expect(Timestamp(.distantPast).description.hasPrefix("0001-"))
    #expect(Timestamp(Date(timeIntervalSince1970: 1e300)).description == "9999-12-31T23:59:59Z")
    #expect(Timestamp(Date(timeIntervalSince1970: -.infinity)).description == "0001-01-01T00:00:00Z")
    #expect(!Timestamp(Date(timeIntervalSince1970: .nan)).description.isEmpty)
  }
}
