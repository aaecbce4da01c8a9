import ArgumentParser
import Foundation
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeTransport
import KubeYAML

/// `plan`: what the operator would do, for a hub in files or a hub that is only looked at.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what the operator would do, and does none of it.",
    discussion: """
      The hub comes from files (-f), or from an API server that is only read (--kubeconfig). \
      With --rounds the plan for files is carried out on an embedded API server, certificates are issued, and the \
      next plan is made, so many times.
      """)

  /// How the plan is printed.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @Option(
    name: [.short, .customLong("filename")],
    help: "A file, a folder, or - for standard input; may be repeated.")
  var file: [String] = []

  @Option(help: "Read the hub that this kubeconfig leads to, instead of files.")
  var kubeconfig: String?

  @Option(help: "The kubeconfig's context.")
  var context: String?

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  @Option(help: "The time to plan for (RFC 3339); now, unless given.")
  var at: String?

  @Option(help: "Plan, carry out on an embedded API server and issue this many times.")
  var rounds: Int?

  @Flag(help: "Exit with 2 if there is something to do.")
  var exitCode = false

  @Flag(help: "Show the content of Secrets.")
  var showSecrets = false

  @Option(help: "The namespace that the manager runs in.")
  var namespace = ManagerIdentity().namespace

  @Option(help: "The Secret with the certificate authority.")
  var signerSecretName = ManagerIdentity().signerSecretName

  func validate() throws {
    if file.isEmpty == (kubeconfig == nil) {
      throw ValidationError("give either -f with a hub's objects, or --kubeconfig")
    }
    if let rounds, !(1...100).contains(rounds) {
      throw ValidationError("--rounds takes a number from 1 to 100")
    }
    if rounds != nil && kubeconfig != nil {
      throw ValidationError("--rounds carries plans out, and goes with -f only")
    }
    if let at, Timestamp(rfc3339: at) == nil {
      throw ValidationError("--at \(at): not an RFC 3339 time; write it like 2026-12-01T00:00:00Z")
    }
    try ManagerIdentity(namespace: namespace, signerSecretName: signerSecretName).validateFlags()
  }

  func run() async throws {
    let identity = ManagerIdentity(namespace: namespace, signerSecretName: signerSecretName)
    let given = at.flatMap { Timestamp(rfc3339: $0)?.date }
    let plans: [Plan]
    if let rounds {
      let hub = OfflineHub(try ManifestFiles(reading: file), identity: identity, at: given ?? Date())
      plans = try await hub.plans(rounds)
    } else {
      let (hub, now) = try await hub(identity)
      plans = [reconcile(hub, at: given ?? now)]
    }
    StandardStreams.output(rendered(plans))
    try end(plans)
  }

  /// The hub, and the time there.
  private func hub(_ identity: ManagerIdentity) async throws -> (HubState, Date) {
    if let kubeconfig {
      return try await HubConnection.open(kubeconfig: kubeconfig, context: context) { client, clock in
        (try await HubSnapshot(client, identity: identity).read().hub, clock.now)
      }
    }
    let files = try ManifestFiles(reading: file)
    var model = HubModel(identity: identity)
    for located in files.objects { _ = model.insert(located.object) }
    return (model.hub, Date())
  }

  private func rendered(_ plans: [Plan]) -> String {
    let secrets: JSONWriter.Secrets = showSecrets ? .revealed : .redacted
    let document: JSONValue
    switch output {
    case .text:
      let texts = plans.map {
        PlanText(plan: $0, usesColor: StandardStreams.usesColor, secrets: secrets).text
      }
      guard rounds != nil else { return texts.joined() }
      return texts.enumerated().map { "Round \($0.offset + 1)\n\($0.element)" }.joined(separator: "\n")
    case .json, .yaml:
      let documents = plans.map { PlanDocument(plan: $0).json }
      document = rounds == nil ? documents.first ?? .null : ["rounds": .array(documents)]
    }
    if output == .yaml { return YAMLWriter().text(document, secrets: secrets) }
    return JSONWriter(style: .pretty, secrets: secrets).text(document) + "\n"
  }

  /// Ends with the exit code that the plans call for.
  private func end(_ plans: [Plan]) throws {
    let invalid = plans.last?.findings.filter { $0.severity == .invalid } ?? []
    for finding in invalid { StandardStreams.error("error: \(finding)") }
    if !invalid.isEmpty { throw ExitCode.failure }
    if exitCode, plans.first?.isAtRest == false { throw ExitCode.somethingToDo }
  }
}
