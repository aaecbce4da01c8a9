import KubeCore

/// A method that returns a part of a time or a duration.
enum CELTimePart: String, CaseIterable, Sendable {
  case year = "getFullYear"
  case month = "getMonth"
  /// The day of the month, counted from 1.
  case date = "getDate"
  /// The day of the month, counted from 0.
  case dayOfMonth = "getDayOfMonth"
  case dayOfWeek = "getDayOfWeek"
  case dayOfYear = "getDayOfYear"
  case hours = "getHours"
  case minutes = "getMinutes"
  case seconds = "getSeconds"
  case milliseconds = "getMilliseconds"

  /// The part of a duration, or of a timestamp in a zone (`UTC`, or an offset such as `+01:00`).
  func value(of value: CELValue, zone: CELValue?) throws(CELError) -> CELValue {
    switch value {
    case .duration(let nanoseconds):
      guard zone == nil, let unit else { throw .noOverload }
      return .int(nanoseconds / unit)
    case .timestamp(let time): return .int(try part(of: time, offset: CELTimePart.offset(zone)))
    default: throw .noOverload
    }
  }

  /// The unit of a duration's part in nanoseconds.
  private var unit: Int64? {
    switch self {
    case .hours: 3_600_000_000_000
    case .minutes: 60_000_000_000
    case .seconds: 1_000_000_000
    case .milliseconds: 1_000_000
    default: nil
    }
  }

  /// The offset of a zone in seconds.
  private static func offset(_ zone: CELValue?) throws(CELError) -> Int64 {
    guard let zone else { return 0 }
    guard case .string(let name) = zone else { throw .noOverload }
    if name == "UTC" || name == "Z" || name.isEmpty { return 0 }
    let sign: Int64 = name.hasPrefix("-") ? -1 : 1
    let digits = name.hasPrefix("-") || name.hasPrefix("+") ? name.dropFirst() : Substring(name)
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hours = Int64(parts[0]),
      let minutes = Int64(parts[1]), (0...23).contains(hours), (0...59).contains(minutes)
    else { throw CELError(description: "unknown time zone \(name)") }
    return sign * (hours * 3600 + minutes * 60)
  }

  private func part(of time: CELTimestamp, offset: Int64) -> Int64 {
    let day: Int64 = 86_400
    let seconds = time.seconds + offset
    let ofDay = ((seconds % day) + day) % day
    let days = (seconds - ofDay) / day
    let civil = CivilDate(daysSinceEpoch: Int(days))
    switch self {
    case .hours: return ofDay / 3600
    case .minutes: return ofDay / 60 % 60
    case .seconds: return ofDay % 60
    case .milliseconds: return time.nanoseconds / 1_000_000
    case .dayOfWeek: return ((days + 4) % 7 + 7) % 7
    case .year: return Int64(civil.year)
    case .month: return Int64(civil.month - 1)
    case .date: return Int64(civil.day)
    case .dayOfMonth: return Int64(civil.day - 1)
    case .dayOfYear: return Int64(civil.daysSinceNewYear)
    }
  }
}
