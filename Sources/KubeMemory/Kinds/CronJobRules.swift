import KubeCore

/// The rules that kube-apiserver has for a CronJob beyond its schema (`ValidateCronJobCreate` and
/// `ValidateCronJobUpdate`).
enum CronJobRules {
  /// The maximum length of a name: that of a Job has 11 characters more, and may have 63.
  private static let maximumName = 52

  /// The problems of a CronJob; `old` is its state before an update.
  static func problems(_ object: JSONValue, old: JSONValue?) -> [APIFailure.Cause] {
    var causes: [APIFailure.Cause] = []
    let spec = object["spec"] ?? [:]
    let zone = spec["timeZone"]?.string
    if let text = spec["schedule"]?.string, !text.isEmpty {
      causes += schedule(text, timeZone: zone, old: old?.value(at: "spec", "schedule")?.string)
    }
    if let zone, old?.value(at: "spec", "timeZone")?.string != zone { causes += timeZone(zone) }
    for field in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
      guard let number = spec[field]?.int64, number < 0 else { continue }
      causes.append(
        .invalid("spec.\(field)", value: String(number), problem: "must be greater than or equal to 0"))
    }
    let name = object.value(at: "metadata", "name")?.string ?? ""
    if old == nil, name.utf8.count > maximumName {
      causes.append(
        .invalid(
          "metadata.name", value: APIFailure.quoted(name),
          problem: "must be no more than \(maximumName) characters"))
    }
    return causes
  }

  private static func schedule(_ text: String, timeZone: String?, old: String?) -> [APIFailure.Cause] {
    var problems = [CronSchedule.problem(in: text)].compactMap(\.self)
    if text.contains("TZ") {
      // A schedule with a time zone was accepted by servers before 1.29, and may stay.
      if !(old ?? "").contains("TZ") {
        problems.append("cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
      } else if timeZone != nil {
        problems.append("cannot use both timeZone field and TZ or CRON_TZ in schedule")
      }
    }
    return problems.map { .invalid("spec.schedule", value: APIFailure.quoted(text), problem: $0) }
  }

  private static func timeZone(_ name: String) -> [APIFailure.Cause] {
    func cause(_ problem: String) -> APIFailure.Cause {
      .invalid("spec.timeZone", value: APIFailure.quoted(name), problem: problem)
    }
    if name.isEmpty { return [cause("timeZone must be nil or non-empty string")] }
    let unknown = cause("unknown time zone \(name)")
    guard name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isZonePart) else {
      return [unknown]
    }
    var causes: [APIFailure.Cause] = []
    if name.lowercased() == "local" {
      causes.append(
        cause("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
    }
    if CronSchedule.hasTimeZones, CronSchedule.timeZone(name) == nil { causes.append(unknown) }
    return causes
  }

  /// Whether a part of a time zone's name is written as IANA's are.
  private static func isZonePart(_ part: Substring) -> Bool {
    (1...14).contains(part.utf8.count) && part != "." && part != ".." && !part.hasPrefix("-")
      && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || ".-_+".contains($0) }
  }
}
