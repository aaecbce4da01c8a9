/// The fields of a schedule.
struct CronFields: Sendable, Hashable {
  /// The numbers of one field.
  struct Field: Sendable, Hashable {
    var numbers: Set<Int> = []
    /// Whether the field has a `*` or `?`, which doesn't limit it.
    var isAny = false

    func contains(_ number: Int?) -> Bool { number.map(numbers.contains) ?? false }
  }

  var minutes = Field()
  var hours = Field()
  var days = Field()
  var months = Field()
  /// From 0 for Sunday to 6.
  var weekdays = Field()

  /// Whether no time has all fields.
  var isEmpty: Bool { [minutes, hours, days, months, weekdays].contains { $0.numbers.isEmpty } }
}

/// A parser with the language and the messages of `ParseStandard` of robfig/cron v3, which
/// kube-apiserver and the CronJob controller use.
enum CronParser {
  /// The problem of a text that is no schedule.
  struct Problem: Error, Equatable {
    var text: String
  }

  enum Times: Equatable {
    case fields(CronFields)
    case every(GoDuration)
  }

  /// The numbers that a field may have, and their names.
  private struct Bounds {
    var range: ClosedRange<Int>
    var names: [String: Int] = [:]

    init(_ range: ClosedRange<Int>, names: [String] = []) {
      self.range = range
      for (offset, name) in names.enumerated() { self.names[name] = range.lowerBound + offset }
    }
  }

  private static let minutes = Bounds(0...59)
  private static let hours = Bounds(0...23)
  private static let days = Bounds(1...31)
  private static let months = Bounds(
    1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
  private static let weekdays = Bounds(0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  /// Parses a schedule, with the time zone that it may begin with.
  static func parse(_ text: String) throws(Problem) -> (times: Times, timeZone: String?) {
    guard !text.isEmpty else { throw Problem(text: "empty spec string") }
    guard text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") else { return (try times(text), nil) }
    let zone = text.drop { $0 != "=" }.dropFirst().prefix { $0 != " " }
    guard CronSchedule.timeZone(String(zone)) != nil else {
      throw Problem(text: "provided bad location \(zone): unknown time zone \(zone)")
    }
    var rest = text.drop { $0 != " " }.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace ?? false { rest = rest.dropLast() }
    return (try times(String(rest)), String(zone))
  }

  private static func times(_ text: String) throws(Problem) -> Times {
    guard !text.hasPrefix("@") else { return try descriptor(text) }
    let texts = text.split(whereSeparator: \.isWhitespace)
    guard texts.count == 5 else {
      throw Problem(
        text: "expected exactly 5 fields, found \(texts.count): [\(texts.joined(separator: " "))]")
    }
    var fields = CronFields()
    fields.minutes = try field(texts[0], minutes)
    fields.hours = try field(texts[1], hours)
    fields.days = try field(texts[2], days)
    fields.months = try field(texts[3], months)
    fields.weekdays = try field(texts[4], weekdays)
    return .fields(fields)
  }

  private static func descriptor(_ text: String) throws(Problem) -> Times {
    switch text {
    case "@yearly", "@annually": return try times("0 0 1 1 *")
    case "@monthly": return try times("0 0 1 * *")
    case "@weekly": return try times("0 0 * * 0")
    case "@daily", "@midnight": return try times("0 0 * * *")
    case "@hourly": return try times("0 * * * *")
    default: break
    }
    let every = "@every "
    guard text.hasPrefix(every) else { throw Problem(text: "unrecognized descriptor: \(text)") }
    let duration = String(text.dropFirst(every.count))
    guard let value = GoDuration(duration) else {
      throw Problem(text: "failed to parse duration \(text): \(GoDuration.problem(in: duration))")
    }
    return .every(value)
  }

  /// The numbers of a field: a list of `*`, numbers or ranges, each with or without a step. Empty
  /// elements are skipped.
  private static func field(_ text: Substring, _ bounds: Bounds) throws(Problem) -> CronFields.Field {
    var field = CronFields.Field()
    for part in text.split(separator: ",") { try add(part, bounds, to: &field) }
    return field
  }

  private static func add(_ text: Substring, _ bounds: Bounds, to field: inout CronFields.Field)
    throws(Problem)
  {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let ends = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false)
    let first = ends.first ?? ""
    var isAny = first == "*" || first == "?"
    var (low, high) = (bounds.range.lowerBound, bounds.range.upperBound)
    if !isAny {
      low = try number(first, bounds.names)
      switch ends.count {
      case 1: high = low
      case 2: high = try number(ends[1], bounds.names)
      default: throw Problem(text: "too many hyphens: \(text)")
      }
    }
    var step = 1
    switch parts.count {
    case 1: break
    case 2:
      step = try number(parts[1])
      // 5/15 is 5-59/15.
      if ends.count == 1 { high = bounds.range.upperBound }
      if step > 1 { isAny = false }
    default: throw Problem(text: "too many slashes: \(text)")
    }
    if low < bounds.range.lowerBound {
      throw Problem(
        text: "beginning of range (\(low)) below minimum (\(bounds.range.lowerBound)): \(text)")
    }
    if high > bounds.range.upperBound {
      throw Problem(text: "end of range (\(high)) above maximum (\(bounds.range.upperBound)): \(text)")
    }
    if low > high {
      throw Problem(text: "beginning of range (\(low)) beyond end of range (\(high)): \(text)")
    }
    guard step > 0 else { throw Problem(text: "step of range should be a positive number: \(text)") }
    // A longer step than the range has only the first number.
    field.numbers.formUnion(stride(from: low, through: high, by: min(step, 60)))
    if isAny { field.isAny = true }
  }

  private static func number(_ text: Substring, _ names: [String: Int] = [:]) throws(Problem) -> Int {
    if let named = names[text.lowercased()] { return named }
    guard let number = Int(text) else {
      let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text
      let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      let reason = isNumber ? "value out of range" : "invalid syntax"
      throw Problem(text: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": \(reason)")
    }
    guard number >= 0 else { throw Problem(text: "negative number (\(number)) not allowed: \(text)") }
    return number
  }
}
