import KubeCore

/// What an examination of a hub has shown, in sections.
struct Examination: Sendable {
  /// Whether something is as it should be.
  enum Verdict: String, Sendable {
    case good, bad, unknown
    /// Nothing is judged.
    case note
  }

  /// One thing that was looked at.
  struct Check: Sendable {
    var verdict: Verdict
    /// What was looked at.
    var title: String
    /// What was seen.
    var detail = ""
    /// What to do.
    var remedy: String?
  }

  /// Things that belong together.
  struct Section: Sendable {
    var title: String
    var checks: [Check]
  }

  var sections: [Section] = []

  /// Whether something is not as it should be.
  var isBad: Bool { sections.contains { $0.checks.contains { $0.verdict == .bad } } }

  var json: JSONValue {
    ["healthy": .bool(!isBad), "sections": .array(sections.map(Examination.section))]
  }

  private static func section(_ section: Section) -> JSONValue {
    ["title": .string(section.title), "checks": .array(section.checks.map(Examination.check))]
  }

  private static func check(_ check: Check) -> JSONValue {
    .fields([
      "verdict": .string(check.verdict.rawValue), "title": .string(check.title),
      "detail": check.detail.isEmpty ? nil : .string(check.detail),
      "remedy": check.remedy.map { .string($0) },
    ])
  }
}
