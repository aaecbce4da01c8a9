import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeReconcile

/// Findings, each on three or four lines.
enum FindingText {
  /// The number of places that are named of findings that differ in nothing else.
  private static let namedPlaces = 5

  /// The findings, the most urgent ones first; otherwise in their order.
  static func ordered(_ findings: [Finding]) -> [Finding] {
    Finding.Severity.allCases.flatMap { severity in findings.filter { $0.severity == severity } }
  }

  /// The codes of the findings in the same order.
  static func codes(_ findings: [Finding]) -> [String] { ordered(findings).map(\.code.rawValue) }

  /// The findings, the most urgent ones first; those that differ in their place only are one.
  static func lines(_ findings: [Finding]) -> [StyledLine] {
    var order: [Finding] = []
    var places: [Finding: [String]] = [:]
    for finding in ordered(findings) {
      var common = finding
      (common.object, common.subject) = (nil, nil)
      if places[common] == nil { order.append(common) }
      places[common, default: []] += [place(of: finding)].compactMap(\.self)
    }
    return order.flatMap { lines($0, at: places[$0] ?? []) }
  }

  private static func place(of finding: Finding) -> String? {
    finding.object?.description ?? finding.cluster.map { "cluster \($0)" }
  }

  private static func lines(_ finding: Finding, at places: [String]) -> [StyledLine] {
    let style: StyledLine.Style =
      switch finding.severity {
      case .invalid, .error: .bad
      case .warning: .busy
      case .awaiting: .accent
      }
    // That a source leaves managedFields out is one fact, wherever it was seen first.
    let named = finding.code == .noManagedFields ? 1 : namedPlaces
    let others = places.count - named
    let place = places.prefix(named).joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
    var lines = [
      "  " + StyledLine(finding.severity.rawValue, style)
        + StyledLine(" \(finding.code)" + (places.isEmpty ? "" : ": \(place)")),
      StyledLine("      \(finding.problem)"),
    ]
    if let who = finding.awaitedFrom { lines.append(StyledLine("      awaited from: \(who)")) }
    lines.append(StyledLine("      remedy: \(finding.remedy)"))
    return lines
  }
}
