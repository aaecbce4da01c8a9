import CertificatePolicy
import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeReconcile

/// A plan as text.
struct PlanText {
  let plan: GatewayPlan
  var gaps = ReaderGaps()
  var usesColor = false
  var secrets = JSONWriter.Secrets.redacted

  var text: String {
    var lines: [String] = []
    if plan.changesNothing { lines.append(unchanged) }
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
    if !plan.issuanceRequests.isEmpty {
      lines.append("\(plan.issuanceRequests.count) to issue:")
      lines += plan.issuanceRequests.map { "  * \($0.words)  " + dim($0.reason) }
    }
    if !plan.endpointProbes.isEmpty {
      let addresses = plan.endpointProbes.map(\.address).joined(separator: ", ")
      lines.append("\(plan.endpointProbes.count) servers' certificates to check: \(addresses)")
    }
    if !plan.findings.isEmpty {
      lines.append("Findings:")
      lines += FindingText.lines(plan.findings).map { $0.text(usesColor: usesColor) }
    }
    lines += (GapsText.lines(gaps) + Troubleshooting.lines(FindingText.codes(plan.findings)))
      .map { $0.text(usesColor: usesColor) }
    if let delay = plan.requeueAfter {
      lines.append("Next reconcile in \(TimeText.words(delay)), or on the next change.")
    }
    return Invocation.inUsersWords(lines.joined(separator: "\n") + "\n").withoutTerminalCommands
  }

  /// The line on a plan without changes.
  private var unchanged: String {
    if plan.findings.contains(where: { $0.severity == .invalid || $0.severity == .error }) {
      return "No change is planned: the findings below are in its way."
    }
    return gaps.isEmpty ? "Nothing to do." : "No change is known."
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
}

extension IssuanceRequest {
  /// The requested certificate for people.
  var words: String {
    let names = dnsNames.isEmpty ? commonName : dnsNames.joined(separator: ", ")
    return "\(id) certificate for \(names), \(algorithm.rawValue), until \(Timestamp(notAfter))"
  }
}
