/// The schedule of a CronJob as Kubernetes reads it (robfig/cron's standard parser): five fields
/// (minute, hour, day of month, month, day of week) in the format of crontab(5), `@daily` and the
/// like, or `@every 90m`.
///
/// ```swift
/// let nightly = CronSchedule("0 3 * * *")
/// let night = nightly?.next(after: now)
/// ```
public struct CronSchedule: Sendable, Hashable {
  private enum Times: Sendable, Hashable {
    case fields(CronFields)
    /// Every so many seconds.
    case interval(Double)
  }

  private let times: Times
  private let calendar: Calendar

  /// The maximum number of searched days: leap days are at most eight years apart, as 2100 has
  /// none.
  private static let maximumDays = 8 * 366

  /// Parses a schedule such as `*/15 8-18 * * mon-fri`, `@daily` or `@every 90m`; `nil` for any
  /// other text or an unknown time zone.
  ///
  /// Time zones other than UTC are known in a program that links whole Foundation.
  ///
  /// - Parameters:
  ///   - text: The schedule.
  ///   - timeZone: The name of the time zone, such as `Europe/Berlin`; `nil` for UTC.
  public init?(_ text: String, timeZone: String? = nil) {
    guard let parsed = try? CronParser.parse(text),
      let zone = CronSchedule.timeZone(timeZone ?? parsed.timeZone ?? "UTC")
    else { return nil }
    switch parsed.times {
    case .fields(let fields): times = .fields(fields)
    case .every(let duration): times = .interval(max(1, duration.seconds.rounded(.towardZero)))
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    self.calendar = calendar
  }

  /// The problem of a text that is no schedule, as kube-apiserver words it; `nil` for a schedule.
  ///
  /// A CronJob's schedule has no time zone of its own (`TZ=UTC 0 3 * * *`) any more, which is no
  /// problem here.
  public static func problem(in text: String) -> String? {
    do throws(CronParser.Problem) {
      _ = try CronParser.parse(text)
      return nil
    } catch {
      return error.text
    }
  }

  /// The time zone of a name in IANA's database; `nil` for an unknown one.
  package static func timeZone(_ name: String) -> TimeZone? {
    if ["", "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Local"].contains(name) { return .gmt }
    // Foundation also takes names such as GMT+3, to which it gives another identifier.
    return TimeZone(identifier: name).flatMap { $0.identifier == name ? $0 : nil }
  }

  /// Whether the program has the data of time zones besides UTC, which whole Foundation brings.
  package static var hasTimeZones: Bool { timeZone("Europe/Berlin") != nil }

  /// The first time of the schedule after `date`; `nil` where it has none, such as `0 0 30 2 *`.
  public func next(after date: Date) -> Date? {
    switch times {
    case .interval(let seconds):
      Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down) + seconds)
    case .fields(let fields):
      first(of: fields, from: minute(of: date).addingTimeInterval(60), step: 60)
    }
  }

  /// The last time of the schedule that is neither after `date` nor before `earliest`; times of
  /// `@every` are counted from `earliest`.
  public func last(notAfter date: Date, notBefore earliest: Date) -> Date? {
    switch times {
    case .interval(let seconds):
      let start = earliest.timeIntervalSince1970.rounded(.down)
      let count = ((date.timeIntervalSince1970 - start) / seconds).rounded(.down)
      return count >= 1 ? Date(timeIntervalSince1970: start + count * seconds) : nil
    case .fields(let fields):
      let found = first(of: fields, from: minute(of: date), step: -60, limit: earliest)
      return found.flatMap { $0 < earliest ? nil : $0 }
    }
  }

  private func minute(of date: Date) -> Date {
    Date(timeIntervalSince1970: (date.timeIntervalSince1970 / 60).rounded(.down) * 60)
  }

  private func first(of fields: CronFields, from start: Date, step: Double, limit: Date? = nil) -> Date? {
    guard !fields.isEmpty else { return nil }
    var time = start
    for _ in 0..<Self.maximumDays {
      if let limit, time < limit { return nil }
      let day = calendar.startOfDay(for: time)
      guard let next = calendar.date(byAdding: .day, value: 1, to: day) else { return nil }
      if allowsDay(of: time, fields) {
        while time >= day, time < next {
          let parts = calendar.dateComponents([.hour, .minute], from: time)
          if fields.hours.contains(parts.hour), fields.minutes.contains(parts.minute) { return time }
          time += step
        }
      } else {
        time = step > 0 ? next : day.addingTimeInterval(-60)
      }
    }
    return nil
  }

  private func allowsDay(of time: Date, _ fields: CronFields) -> Bool {
    let parts = calendar.dateComponents([.day, .month, .weekday], from: time)
    guard fields.months.contains(parts.month) else { return false }
    let day = fields.days.contains(parts.day)
    let weekday = fields.weekdays.contains(parts.weekday.map { $0 - 1 })
    // Days of the month and of the week that are both limited: either one matches.
    return fields.days.isAny || fields.weekdays.isAny ? day && weekday : day || weekday
  }
}
