public import KubeCore

/// The schedule of a CronJob: five fields (minute, hour, day of month, month, day of week) in the
/// format of crontab(5).
///
/// ```swift
/// let nightly = CronSchedule("0 3 * * *")
/// let night = nightly?.next(after: now)
/// ```
public struct CronSchedule: Sendable, Hashable {
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  private let weekdays: Set<Int>
  /// Whether days of the month and of the week are both limited: then either one matches.
  private let takesEitherDay: Bool
  private let calendar: Calendar

  /// The maximum number of searched days: leap days are at most eight years apart, as 2100 has
  /// none.
  private static let maximumDays = 8 * 366

  /// Parses a schedule such as `*/15 8-18 * * mon-fri` or `@daily`; `nil` for any other text or an
  /// unknown time zone.
  ///
  /// - Parameters:
  ///   - text: The schedule.
  ///   - timeZone: The name of the time zone, such as `Europe/Berlin`; `nil` for UTC.
  public init?(_ text: String, timeZone: String? = nil) {
    let names = [
      "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
      "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    let fields = (names[text] ?? text).split(whereSeparator: \.isWhitespace)
    guard fields.count == 5, let zone = TimeZone(identifier: timeZone ?? "UTC"),
      let minutes = Self.values(fields[0], 0...59), let hours = Self.values(fields[1], 0...23),
      let days = Self.values(fields[2], 1...31),
      let months = Self.values(fields[3], 1...12, names: Self.months),
      let weekdays = Self.values(fields[4], 0...7, names: Self.weekdays)
    else { return nil }
    self.minutes = minutes
    self.hours = hours
    self.days = days
    self.months = months
    self.weekdays = Set(weekdays.map { $0 % 7 })
    takesEitherDay = !Self.isAny(fields[2]) && !Self.isAny(fields[4])
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    self.calendar = calendar
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ].enumerated().reduce(into: [String: Int]()) { $0[$1.element] = $1.offset + 1 }
  private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].enumerated()
    .reduce(into: [String: Int]()) { $0[$1.element] = $1.offset }

  private static func isAny(_ field: Substring) -> Bool { field.hasPrefix("*") || field.hasPrefix("?") }

  /// The values of a field: a list of `*`, numbers or ranges, each with or without a step.
  private static func values(_ field: Substring, _ range: ClosedRange<Int>, names: [String: Int] = [:])
    -> Set<Int>?
  {
    var found: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      guard let first = pieces.first, pieces.count <= 2 else { return nil }
      let step = pieces.count == 2 ? Int(pieces[1]) : 1
      let bounds = first.split(separator: "-", omittingEmptySubsequences: false).map { text in
        names[text.lowercased()] ?? Int(text)
      }
      let (low, high): (Int, Int)
      switch (first, bounds.count) {
      case ("*", _), ("?", _): (low, high) = (range.lowerBound, range.upperBound)
      case (_, 1):
        guard let value = bounds[0] else { return nil }
        (low, high) = (value, pieces.count == 2 ? range.upperBound : value)
      case (_, 2):
        guard let lower = bounds[0], let upper = bounds[1] else { return nil }
        (low, high) = (lower, upper)
      default: return nil
      }
      guard let step, step > 0, low <= high, range.contains(low), range.contains(high) else { return nil }
      found.formUnion(stride(from: low, through: high, by: step))
    }
    return found
  }

  /// The first time of the schedule after `date`; `nil` where it has none, such as `0 0 30 2 *`.
  public func next(after date: Date) -> Date? {
    first(from: minute(of: date).addingTimeInterval(60), step: 60)
  }

  /// The last time of the schedule that is neither after `date` nor before `earliest`.
  public func last(notAfter date: Date, notBefore earliest: Date) -> Date? {
    let found = first(from: minute(of: date), step: -60, limit: earliest)
    return found.flatMap { $0 < earliest ? nil : $0 }
  }

  private func minute(of date: Date) -> Date {
    Date(timeIntervalSince1970: (date.timeIntervalSince1970 / 60).rounded(.down) * 60)
  }

  private func first(from start: Date, step: Double, limit: Date? = nil) -> Date? {
    var time = start
    for _ in 0..<Self.maximumDays {
      if let limit, time < limit { return nil }
      let day = calendar.startOfDay(for: time)
      guard let next = calendar.date(byAdding: .day, value: 1, to: day) else { return nil }
      if allowsDay(of: time) {
        while time >= day, time < next {
          let parts = calendar.dateComponents([.hour, .minute], from: time)
          if hours.contains(parts.hour ?? -1), minutes.contains(parts.minute ?? -1) { return time }
          time += step
        }
      } else {
        time = step > 0 ? next : day.addingTimeInterval(-60)
      }
    }
    return nil
  }

  private func allowsDay(of time: Date) -> Bool {
    let parts = calendar.dateComponents([.day, .month, .weekday], from: time)
    guard months.contains(parts.month ?? 0) else { return false }
    let day = days.contains(parts.day ?? 0)
    let weekday = weekdays.contains((parts.weekday ?? 0) - 1)
    return takesEitherDay ? day || weekday : day && weekday
  }
}
