import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeReconcile

/// A finding on three or four lines.
enum FindingText {
  static func lines(_ finding: Finding) -> [StyledLine] {
    let style: StyledLine.Style =
      switch finding.severity {
      case .invalid, .error: .bad
      case .warning: .busy
      case .awaiting: .accent
      }
    let place = finding.object?.description ?? finding.cluster.map { "cluster \($0)" }
    var lines = [
      "  " + StyledLine(finding.severity.rawValue, style)
        + StyledLine(" \(finding.code)" + (place.map { ": \($0)" } ?? "")),
      StyledLine("      \(finding.problem)"),
    ]
    if let who = finding.awaitedFrom { lines.append(StyledLine("      awaited from: \(who)")) }
    lines.append(StyledLine("      remedy: \(finding.remedy)"))
    return lines
  }
}
