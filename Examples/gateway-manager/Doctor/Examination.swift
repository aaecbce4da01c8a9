import KubeCore

/// The results of examining a hub, in sections.
struct Examination: Sendable {
  /// The verdict of one check.
  enum Verdict: String, Sendable {
    case good, bad, unknown
    /// Information without a judgment.
    case note
  }

  /// One check.
  struct Check: Sendable {
    var verdict: Verdict
    /// The subject of the check.
    var title: String
    /// The result.
    var detail = ""
    /// The remedy.
    var remedy: String?
    /// The code of the problem, if it has one.
    var code: String?
  }

  /// Checks on one topic.
  struct Section: Sendable {
    var title: String
    var checks: [Check]
  }

  var sections: [Section] = []

  /// Whether a check has found a problem.
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
      "remedy": check.remedy.map { .string($0) }, "documentation": Troubleshooting.json(check.code),
    ])
  }
}
