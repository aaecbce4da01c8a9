import ArgumentParser
import CertificatePolicy
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeYAML

/// `diff`: shows the manager's changes, field by field.
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows what the manager would change, field by field.",
    discussion: """
      Compares every object of the plan as it is with what the plan's patches make of it, and names the certificates \
      that would be issued. Nothing is written, not even as a dry run: patches are tried on a copy in this process. The \
      content of Secrets is never shown.

      EXAMPLES:
        gateway-manager diff              # the hub that kubectl would talk to
        gateway-manager diff -f hub.yaml  # a hub in files
        # for scripts: 2 with a change, 4 if you may not read enough
        gateway-manager diff --exit-code
        gateway-manager diff -o json | jq '.changes[].target.kind'
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  @Flag(
    help: """
      Exit with 2 where something would change or be issued, with 4 if that is unknown, as you lack rights to read.
      """)
  var exitCode = false

  @OptionGroup var hub: HubOptions

  func run() async throws {
    // Patches are applied to copies of the objects, whose field managers decide what becomes of fields.
    let (model, now) = try await hub.read(keepsManagedFields: true)
    let plan = model.knownPlan(at: now)
    let diff = DiffText(
      changes: PlannedChange.changes(plan.patches, of: model, at: now), requests: plan.issuanceRequests,
      findings: plan.findings.filter { $0.severity == .invalid || $0.severity == .error }, gaps: model.gaps)
    switch output {
    case .text: StandardStreams.output(diff.lines.text())
    case .json, .yaml:
      let document = JSONValue.fields([
        "changes": .array(diff.changes.map(DiffDocument.change)),
        "issuanceRequests": .array(diff.requests.map(PlanDocument.request)),
        "findings": .array(diff.findings.map(PlanDocument.finding)), "unread": GapsDocument.json(diff.gaps),
      ])
      StandardStreams.output(
        output == .yaml
          ? YAMLWriter().text(document) : JSONWriter(style: .pretty).text(document) + "\n")
    }
    let invalid = diff.findings.filter { $0.severity == .invalid }
    for finding in invalid { StandardStreams.error(Invocation.inUsersWords("error: \(finding)")) }
    if !invalid.isEmpty { throw ExitCode.failure }
    if exitCode && !diff.isEmpty { throw ExitCode.somethingToDo }
    if exitCode && !diff.gaps.isEmpty { throw ExitCode.notReadable }
  }
}

/// Changes as text.
struct DiffText {
  let changes: [PlannedChange]
  /// The requests for certificates.
  var requests: [IssuanceRequest] = []
  /// The findings that are in the way of changes.
  var findings: [Finding] = []
  var gaps = ReaderGaps()

  /// Whether nothing would change, as far as that is known.
  var isEmpty: Bool { changes.isEmpty && requests.isEmpty }

  var lines: [StyledLine] {
    let codes = FindingText.codes(findings)
    return (isEmpty ? [unchanged] : changes.flatMap { lines(of: $0) } + requests.map(line))
      + (findings.isEmpty ? [] : ["Findings:"] + FindingText.lines(findings))
      + GapsText.lines(gaps) + Troubleshooting.lines(codes)
  }

  /// The line on a plan without changes.
  private var unchanged: StyledLine {
    if !findings.isEmpty { return "No change is planned: the findings below are in its way." }
    return gaps.isEmpty ? "Nothing would change." : "No change is known."
  }

  private func line(_ request: IssuanceRequest) -> StyledLine {
    StyledLine("* \(request.words)", .good) + StyledLine("  \(request.reason)", .dim)
  }

  private func lines(of change: PlannedChange) -> [StyledLine] {
    let (sign, style): (String, StyledLine.Style) =
      switch change.kind {
      case .create: ("+", .good)
      case .change: ("~", .busy)
      case .delete: ("-", .bad)
      }
    let head =
      StyledLine("\(sign) \(change.target)", style)
      + StyledLine("  \(change.reasons.map(DiffText.reason).joined(separator: "; "))", .dim)
    var lines = [head]
    if let problem = change.problem { lines.append(StyledLine("    \(problem)", .bad)) }
    if change.kind == .change, change.fields.isEmpty, change.problem == nil {
      lines.append(StyledLine("    no field, only who owns them", .dim))
    }
    for field in change.fields {
      if let old = field.old { lines.append(StyledLine("    - \(field.path): \(DiffText.text(old))", .bad)) }
      if let new = field.new { lines.append(StyledLine("    + \(field.path): \(DiffText.text(new))", .good)) }
    }
    return lines
  }

  /// The reason without the fields at its end, which are shown below it.
  private static func reason(_ text: String) -> String {
    text.firstRange(of: ": ").map { String(text[..<$0.lowerBound]) } ?? text
  }

  /// A value on one line; the first line of a longer text.
  private static func text(_ value: JSONValue) -> String {
    guard let text = value.string else { return JSONWriter().text(value) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 1 else { return text }
    return "\(lines[0])… (\(lines.count) lines)"
  }
}

/// Changes as a document for programs.
enum DiffDocument {
  static func change(_ change: PlannedChange) -> JSONValue {
    .fields([
      "target": PlanDocument.object(change.target), "operation": .string(change.kind.rawValue),
      "reasons": .array(change.reasons.map { .string($0) }),
      "problem": change.problem.map { .string($0) },
      "fields": .array(change.fields.map(field)),
    ])
  }

  private static func field(_ field: PlannedChange.Field) -> JSONValue {
    .fields(["path": .string(field.path), "old": field.old, "new": field.new])
  }
}
