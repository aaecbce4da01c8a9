import Foundation
import KubeCore
import Testing

/// Schedules as robfig/cron v3.0.1 reads them; the messages are its own.
@Suite struct CronScheduleTests {
  private func time(_ text: String) throws -> Date { try #require(Timestamp(rfc3339: text)).date }

  @Test(arguments: [
    ("*/15 * * * *", "2026-11-29T10:07:30Z", "2026-11-29T10:15:00Z"),
    ("0 3 * * *", "2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z"),
    ("30 8-18/5 * * mon-fri", "2026-11-27T19:00:00Z", "2026-11-30T08:30:00Z"),
    ("0 0 13 * 5", "2026-11-10T00:00:00Z", "2026-11-13T00:00:00Z"),
    ("0 0 13 * 5", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"),
    ("5/20 * * * SUN", "2026-11-28T23:59:00Z", "2026-11-29T00:05:00Z"),
    ("*/61 * * * *", "2026-11-29T10:07:30Z", "2026-11-29T11:00:00Z"),
    ("1,,2, * ? Jan ?", "2026-11-29T10:07:30Z", "2027-01-01T00:01:00Z"),
    // A star with a step limits the field, so that either day matches.
    ("0 0 */40 * 5", "2026-11-29T10:07:30Z", "2026-12-01T00:00:00Z"),
    ("0 0 */40 * 5", "2026-12-01T00:00:00Z", "2026-12-04T00:00:00Z"),
    ("@monthly", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ("@weekly", "2026-11-25T00:00:00Z", "2026-11-29T00:00:00Z"),
    ("TZ=UTC 0 3 * * *", "2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z"),
  ])
  func `the next time of a schedule`(schedule: String, after: String, expected: String) throws {
    #expect(CronSchedule.problem(in: schedule) == nil)
    let schedule = try #require(CronSchedule(schedule))
    #expect(try schedule.next(after: time(after)) == time(expected))
    let last = try schedule.last(notAfter: time(expected) + 30, notBefore: time(after))
    #expect(try last == time(expected))
  }

  @Test func `an interval is counted from a time, in whole seconds`() throws {
    let start = try time("2026-11-29T10:00:00Z")
    let schedule = try #require(CronSchedule("@every 1h30m0.9s"))
    #expect(schedule.next(after: start + 0.5) == start + 5400)
    #expect(schedule.last(notAfter: start + 5399, notBefore: start) == nil)
    #expect(schedule.last(notAfter: start + 5400 * 3 + 1, notBefore: start) == start + 5400 * 3)
    for short in ["@every 1ms", "@every 0", "@every -5m"] {
      #expect(CronSchedule(short)?.next(after: start) == start + 1)
    }
  }

  @Test func `a schedule is one of its time zone's`() throws {
    for schedule in [
      CronSchedule("30 2 * * *", timeZone: "Europe/Berlin"), CronSchedule("CRON_TZ=Europe/Berlin 30 2 * * *"),
    ] {
      let schedule = try #require(schedule)
      #expect(try schedule.next(after: time("2026-07-01T12:00:00Z")) == time("2026-07-02T00:30:00Z"))
      // The night in which the clock goes forward has no half past two.
      #expect(try schedule.next(after: time("2026-03-28T12:00:00Z")) == time("2026-03-30T00:30:00Z"))
    }
  }

  @Test(arguments: [
    ("", "empty spec string"),
    ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
    (" @hourly", "expected exactly 5 fields, found 1: [@hourly]"),
    ("0 0 * * * *", "expected exactly 5 fields, found 6: [0 0 * * * *]"),
    ("60 * * * *", "end of range (60) above maximum (59): 60"),
    ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
    ("0 0 * * 7", "end of range (7) above maximum (6): 7"),
    ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
    ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
    ("1/2/3 * * * *", "too many slashes: 1/2/3"),
    ("*/0 * * * *", "step of range should be a positive number: */0"),
    ("*/-5 * * * *", "negative number (-5) not allowed: -5"),
    ("a * * * *", #"failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax"#),
    ("* * * mon *", #"failed to parse int from mon: strconv.Atoi: parsing "mon": invalid syntax"#),
    ("-1 * * * *", #"failed to parse int from : strconv.Atoi: parsing "": invalid syntax"#),
    (
      "99999999999999999999 * * * *",
      "failed to parse int from 99999999999999999999: "
        + #"strconv.Atoi: parsing "99999999999999999999": value out of range"#
    ),
    ("@dayly", "unrecognized descriptor: @dayly"),
    ("@every", "unrecognized descriptor: @every"),
    ("@every 5", #"failed to parse duration @every 5: time: missing unit in duration "5""#),
    ("@every 1h5x", #"failed to parse duration @every 1h5x: time: unknown unit "x" in duration "1h5x""#),
    ("@every soon", #"failed to parse duration @every soon: time: invalid duration "soon""#),
    ("TZ=No/Where * * * * *", "provided bad location No/Where: unknown time zone No/Where"),
    ("TZ=UTC", "expected exactly 5 fields, found 0: []"),
  ])
  func `what is no schedule isn't read`(text: String, problem: String) {
    #expect(CronSchedule.problem(in: text) == problem)
    #expect(CronSchedule(text) == nil)
  }

  @Test(arguments: ["0 0 30 2 *", ", * * * *"])
  func `a time that never comes is none`(text: String) throws {
    let schedule = try #require(CronSchedule(text))
    #expect(schedule.next(after: Date(timeIntervalSince1970: 0)) == nil)
  }

  @Test(arguments: ["Nowhere/City", "GMT+3", "europe/berlin"])
  func `an unknown time zone has no schedule`(zone: String) {
    #expect(CronSchedule("0 3 * * *", timeZone: zone) == nil)
  }
}
