import ArgumentParser
import GatewayDemo
import KubeCore
import KubeYAML

/// `doctor`: examines whether a hub fulfills the manager's requirements.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examines whether the hub has what the manager needs, and who may use the gateway.",
    discussion: """
      Looks at the APIs that are served, the aggregation layer, the clocks, the proxy's credentials, the manager's \
      rights row by row, and at who may use clustergateways/proxy by the hub's RBAC. Creates access reviews, which \
      the API server answers and doesn't keep; else it only reads. Exit code 1 when something is not as it should be.

      EXAMPLES:
        gateway-manager doctor  # as an administrator of the hub
        # your own rights, such as in the manager's own pod
        gateway-manager doctor --self
        gateway-manager doctor -o json | jq '.sections[].checks'
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  @Flag(name: .customLong("self"), help: "Ask for your own rights instead of the manager's.")
  var asksForSelf = false

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var manager: ManagerOptions

  func run() async throws {
    let examination = try await HubConnection.open(connection) { client, clock in
      try await Doctor(
        client: client, clock: clock, identity: manager.identity, asksForSelf: asksForSelf
      ).examine()
    }
    switch output {
    case .text: StandardStreams.output(DoctorText(examination: examination).lines.text())
    case .json: StandardStreams.output(JSONWriter(style: .pretty).text(examination.json) + "\n")
    case .yaml: StandardStreams.output(YAMLWriter().text(examination.json))
    }
    if examination.isBad { throw ExitCode.failure }
  }
}

/// An examination as text.
struct DoctorText {
  let examination: Examination

  var lines: [StyledLine] {
    examination.sections.flatMap { lines(of: $0) }
      + Troubleshooting.lines(examination.sections.flatMap(\.checks).compactMap(\.code))
  }

  private func lines(of section: Examination.Section) -> [StyledLine] {
    let width = section.checks.map(\.title.count).max() ?? 0
    return [StyledLine(section.title, .bold)]
      + section.checks.flatMap { check -> [StyledLine] in
        var lines = [
          sign(check.verdict) + StyledLine(check.title).padded(to: width + 2)
            + StyledLine(check.detail, check.verdict == .bad ? .plain : .dim)
        ]
        if let remedy = check.remedy { lines.append(StyledLine("      remedy: \(remedy)")) }
        return lines
      }
  }

  private func sign(_ verdict: Examination.Verdict) -> StyledLine {
    switch verdict {
    case .good: StyledLine("  ✔ ", .good)
    case .bad: StyledLine("  ✘ ", .bad)
    case .unknown: StyledLine("  ? ", .busy)
    case .note: "    "
    }
  }
}
