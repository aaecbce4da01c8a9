import ArgumentParser
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTransport
import KubeYAML

/// `plan`: shows the manager's plan for a hub in files, or a hub that is only read.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what the manager would do, and does none of it.",
    discussion: """
      The hub comes from files (-f), or from an API server that is only read. \
      With --rounds the plan for files is applied to an embedded API server, certificates are issued, and the \
      next plan is made, so many times.

      EXAMPLES:
        gateway-manager plan  # the hub that kubectl would talk to
        gateway-manager plan --kubeconfig hub.yaml --context hub
        kubectl get -A -o yaml managedclusters,secrets,… | gateway-manager plan -f -
        gateway-manager plan -f hub.yaml --rounds 5  # until nothing is left to do
        # for scripts: 2 with something to do, 4 if you may not read enough
        gateway-manager plan --exit-code
      """)

  /// The format of the plan.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @OptionGroup var hub: HubOptions

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  @Option(
    parsing: .unconditional, help: "Plan, apply to an embedded API server and issue this many times.")
  var rounds: Int?

  @Flag(
    help: "Exit with 2 if there is something to do, with 4 if that is unknown, as you lack rights to read.")
  var exitCode = false

  @Flag(help: "Show the content of Secrets.")
  var showSecrets = false

  func validate() throws {
    if let rounds, !(1...100).contains(rounds) {
      throw ValidationError("--rounds takes a number from 1 to 100")
    }
    if rounds != nil && hub.file.isEmpty {
      throw ValidationError("--rounds applies plans, and goes with -f only")
    }
  }

  func run() async throws {
    let plans: [GatewayPlan]
    var (gaps, unidentified) = (ReaderGaps(), [String]())
    if let rounds {
      let offline = OfflineHub(
        try ManifestFiles(reading: hub.file), identity: hub.manager.identity, at: hub.givenTime ?? Date())
      plans = try await offline.plans(rounds)
    } else {
      let (model, now, names) = try await hub.read(ofFiles: PlanCommand.unidentified) { _, _, _ in [] }
      (plans, gaps, unidentified) = ([model.knownPlan(at: now)], model.gaps, names ?? [])
    }
    StandardStreams.output(rendered(plans, gaps))
    try end(plans, gaps, unidentified: unidentified)
  }

  /// The objects without a uid: a plan names only the first that it would write.
  private static func unidentified(_ objects: [DynamicObject]) -> [String] {
    objects.filter { $0.metadata.uid == nil }.map { object in
      "\(object.kind) "
        + [object.metadata.namespace, object.metadata.name].compactMap(\.self).joined(separator: "/")
    }
  }

  private func rendered(_ plans: [GatewayPlan], _ gaps: ReaderGaps) -> String {
    let secrets: JSONWriter.Secrets = showSecrets ? .revealed : .redacted
    let document: JSONValue
    switch output {
    case .text:
      let texts = plans.map {
        PlanText(plan: $0, gaps: gaps, usesColor: StandardStreams.usesColor, secrets: secrets).text
      }
      guard rounds != nil else { return texts.joined() }
      return texts.enumerated().map { "Round \($0.offset + 1)\n\($0.element)" }.joined(separator: "\n")
    case .json, .yaml:
      let documents = plans.map { PlanDocument(plan: $0, gaps: gaps).json }
      document = rounds == nil ? documents.first ?? .null : ["rounds": .array(documents)]
    }
    if output == .yaml { return YAMLWriter().text(document, secrets: secrets) }
    return JSONWriter(style: .pretty, secrets: secrets).text(document) + "\n"
  }

  /// Exits with the code that follows from the plans.
  private func end(_ plans: [GatewayPlan], _ gaps: ReaderGaps, unidentified: [String]) throws {
    let invalid = plans.last?.findings.filter { $0.severity == .invalid } ?? []
    for finding in invalid { StandardStreams.error(Invocation.inUsersWords("error: \(finding)")) }
    if unidentified.count > 1, invalid.contains(where: { $0.code == .noIdentity }) {
      let named = unidentified.prefix(20).joined(separator: ", ")
      let others = unidentified.count > 20 ? " and \(unidentified.count - 20) more" : ""
      StandardStreams.error(
        "error: \(unidentified.count) objects have no metadata.uid: \(named)\(others); give them as `kubectl get … -o yaml --show-managed-fields` prints them"
      )
    }
    if !invalid.isEmpty { throw ExitCode.failure }
    if exitCode, plans.first?.changesNothing == false { throw ExitCode.somethingToDo }
    if exitCode && !gaps.isEmpty { throw ExitCode.notReadable }
  }
}
