import KubeCore

/// An age as tables show it: at most two units, coarser for longer ages.
enum HumanDuration {
  /// The text for an unknown time.
  static let unknown = "<unknown>"

  /// The text for the time in `value`.
  static func since(_ value: JSONValue?, at now: Date) -> String {
    guard let text = value?.string, !text.isEmpty else { return unknown }
    guard let time = Timestamp(rfc3339: text) else { return "<invalid>" }
    return HumanDuration.text(seconds: now.timeIntervalSince(time.date))
  }

  /// The text for a number of seconds.
  static func text(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= -1 else { return "<invalid>" }
    // Beyond every calendar; the arithmetic below must not trap.
    let seconds = Int(max(0, min(seconds, 1e15)))
    let (minutes, hours) = (seconds / 60, seconds / 3600)
    let days = hours / 24
    func pair(_ first: Int, _ unit: String, _ second: Int, _ rest: String) -> String {
      "\(first)\(unit)" + (second == 0 ? "" : "\(second)\(rest)")
    }
    if seconds < 120 { return "\(seconds)s" }
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    if days < 8 { return pair(days, "d", hours % 24, "h") }
    if days < 365 * 2 { return "\(days)d" }
    if days < 365 * 8 { return pair(days / 365, "y", days % 365, "d") }
    return "\(days / 365)y"
  }
}
