import CertificatePolicy
import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeReconcile

/// A plan as a person reads it.
struct PlanText {
  let plan: GatewayPlan
  var usesColor = false
  var secrets = JSONWriter.Secrets.redacted

  var text: String {
    var lines: [String] = []
    if plan.isAtRest {
      lines.append("Nothing to do.")
    }
    if !plan.patches.isEmpty {
      lines.append("\(plan.patches.count) to write:")
      let rows = plan.patches.map { patch in
        (sign(patch), "\(patch.target)" + (patch.subresource.map { " (\($0))" } ?? ""), patch.reason)
      }
      let width = min(72, rows.map(\.1.count).max() ?? 0)
      for (sign, target, reason) in rows {
        let padding = String(repeating: " ", count: max(0, width - target.count))
        lines.append("  \(sign) \(target)\(padding)  \(dim(reason))")
      }
    }
    if !plan.certificateRequests.isEmpty {
      lines.append("\(plan.certificateRequests.count) to issue:")
      for request in plan.certificateRequests {
        let names = request.dnsNames.isEmpty ? request.commonName : request.dnsNames.joined(separator: ", ")
        let until = Timestamp(request.notAfter)
        lines.append(
          "  * \(request.id) certificate for \(names), \(request.algorithm.rawValue), until \(until)  "
            + dim(request.reason))
      }
    }
    if !plan.looks.isEmpty {
      let addresses = plan.looks.map(\.address).joined(separator: ", ")
      lines.append("\(plan.looks.count) servers' certificates to look at: \(addresses)")
    }
    if !plan.findings.isEmpty {
      lines.append("To know:")
      for finding in plan.findings { lines += PlanText.lines(of: finding, color: usesColor) }
    }
    if let delay = plan.requeueAfter {
      lines.append("Next look in \(PlanText.words(delay)), if nothing happens before.")
    }
    return (lines.joined(separator: "\n") + "\n").withoutTerminalCommands
  }

  private func sign(_ patch: ObjectPatch) -> String {
    switch patch.operation {
    case .create: colored("+ create", "32")
    case .apply: colored("~ apply ", "33")
    case .patch: colored("~ patch ", "33")
    case .delete: colored("- delete", "31")
    }
  }

  private func dim(_ text: String) -> String { colored(text, "2") }

  private func colored(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// A finding on two or three lines.
  static func lines(of finding: Finding, color: Bool) -> [String] {
    let word: String
    switch finding.severity {
    case .invalid, .error:
      word = color ? "\u{1B}[31m\(finding.severity.rawValue)\u{1B}[0m" : finding.severity.rawValue
    case .warning: word = color ? "\u{1B}[33mwarning\u{1B}[0m" : "warning"
    case .awaiting: word = color ? "\u{1B}[36mawaiting\u{1B}[0m" : "awaiting"
    }
    let place = finding.object?.description ?? finding.cluster.map { "cluster \($0)" }
    var lines = ["  \(word) \(finding.code)" + (place.map { ": \($0)" } ?? "")]
    lines.append("      \(finding.problem)")
    if let who = finding.awaitedFrom { lines.append("      awaited from: \(who)") }
    lines.append("      remedy: \(finding.remedy)")
    return lines
  }

  /// A length of time in its largest one or two units.
  static func words(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
    var rest = seconds
    var parts: [String] = []
    for (length, name) in units where parts.count < 2 {
      let count = rest / length
      rest %= length
      if count > 0 { parts.append("\(count) \(name)\(count == 1 ? "" : "s")") }
    }
    return parts.isEmpty ? "no time" : parts.joined(separator: " ")
  }
}
