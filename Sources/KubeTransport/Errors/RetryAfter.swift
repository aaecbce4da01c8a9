import HTTPTypes
import KubeCore

/// The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date in any of the three
/// forms of section 5.6.7.
package enum RetryAfter {
  /// The longest wait that is obeyed: a proxy's maintenance page may ask for days.
  static let maximum: Duration = .seconds(300)

  /// The wait that the server requires; `nil` for an absent or invalid header.
  ///
  /// A date is relative to the response's own `Date`, which comes from the same clock; without one,
  /// to `now`. A date in the past means no wait.
  static func wait(_ headers: HTTPFields, now: Date = Date()) -> Duration? {
    guard let text = headers[.retryAfter] else { return nil }
    if let seconds = Int64(text) { return seconds >= 0 ? .seconds(min(seconds, 1 << 40)) : nil }
    guard let until = secondsSince1970(text) else { return nil }
    let from = headers[.date].flatMap(secondsSince1970) ?? Int64(now.timeIntervalSince1970.rounded(.down))
    return .seconds(max(0, until - from))
  }

  /// A wait that all clients got alike, spread by up to a quarter of it; `jitter` is a random
  /// number from 0 to 1.
  package static func spread(_ wait: Duration, jitter: Double) -> Duration {
    wait * (1 + 0.25 * min(max(jitter, 0), 1))
  }

  /// The time of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`
  /// or `Sun Nov  6 08:49:37 1994`.
  static func secondsSince1970(_ text: String) -> Int64? {
    guard text.utf8.count <= 64 else { return nil }
    var numbers: [Int64] = []
    var month: Int?
    var time: [Int64]?
    for word in text.split(whereSeparator: { " ,-".contains($0) }) {
      if let number = Int64(word) {
        numbers.append(number)
      } else if word.contains(":") {
        time = word.split(separator: ":").compactMap { Int64($0) }
      } else if let place = months.firstIndex(of: String(word)) {
        month = place + 1
      }
    }
    guard numbers.count == 2, let month, let time, time.count == 3, (1...31).contains(numbers[0]),
      (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2]),
      (0...9999).contains(numbers[1])
    else { return nil }
    let year = numbers[1] >= 100 ? numbers[1] : numbers[1] + (numbers[1] < 70 ? 2000 : 1900)
    let days = CivilDate(year: Int(year), month: month, day: Int(numbers[0])).daysSinceEpoch
    return Int64(days) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
