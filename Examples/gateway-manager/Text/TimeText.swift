import KubeCore

/// Times and durations for people.
enum TimeText {
  /// A duration in its largest one or two units; a year has 365 days.
  static func words(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    let units: [(Int64, String)] = [
      (365 * 86_400, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"),
    ]
    var rest = seconds
    var parts: [String] = []
    for (length, name) in units where parts.count < 2 {
      let count = rest / length
      rest %= length
      if count > 0 { parts.append("\(count) \(name)\(count == 1 ? "" : "s")") }
    }
    return parts.isEmpty ? "no time" : parts.joined(separator: " ")
  }

  /// The distance from `now` to `date`: `in 3 days`, `2 hours 1 minute ago`; `just now` within a
  /// second.
  static func distance(to date: Date, from now: Date) -> String {
    let seconds = date.timeIntervalSince(now)
    guard abs(seconds) >= 1 else { return "just now" }
    let length = words(.seconds(Int64(abs(seconds).rounded(.down))))
    return seconds >= 0 ? "in \(length)" : "\(length) ago"
  }
}
