import ArgumentParser
import CertificatePolicy
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeTransport
import KubeYAML

/// `certs`: shows the certificates and the next action on each.
struct CertsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certs",
    abstract: "Shows the certificates, and has them rotated.",
    discussion: """
      EXAMPLES:
        gateway-manager certs  # the same as `certs show`
        gateway-manager certs rotate --ca
      """,
    subcommands: [ShowCertsCommand.self, RotateCertsCommand.self], defaultSubcommand: ShowCertsCommand.self)
}

/// `certs show`, or `certs` alone.
struct ShowCertsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows every certificate: who signed it, its names and validity, what happens next and when.",
    discussion: """
      The hub comes from files (-f), or from an API server that is only read. Keys are never shown. Exit code 1 when \
      a certificate can't be used.

      EXAMPLES:
        gateway-manager certs
        gateway-manager certs --at 2027-06-01T00:00:00Z  # as they will be then
        gateway-manager certs -o json | jq '.certificates[] | {role, notAfter}'
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @OptionGroup var hub: HubOptions

  @Option(name: .shortAndLong, help: "text, json or yaml.")
  var output: Format = .text

  func run() async throws {
    let (model, now) = try await hub.read()
    let inventory = CertificateInventory(model.installation, at: now)
    switch output {
    case .text:
      StandardStreams.output(
        CertificateText(inventory: inventory, now: now, usesColor: StandardStreams.usesColor).text)
    case .json:
      StandardStreams.output(
        JSONWriter(style: .pretty).text(CertificateDocument(inventory: inventory, now: now).json) + "\n")
    case .yaml:
      StandardStreams.output(YAMLWriter().text(CertificateDocument(inventory: inventory, now: now).json))
    }
    if inventory.entries.contains(where: { $0.problem != nil }) { throw ExitCode.failure }
    if inventory.entries.contains(where: { !$0.isReadable }) || inventory.gaps.hidesConfiguration {
      throw ExitCode.notReadable
    }
  }
}

/// `certs rotate`: requests a rotation from the manager by an annotation.
struct RotateCertsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Has the serving certificate, or with --ca the certificate authority, replaced.",
    discussion: """
      Sets an annotation on the ClusterGatewayConfiguration in force, which the manager obeys once for each new \
      value. `kubectl annotate --overwrite` does the same. A CA is rotated in steps that take minutes; \
      `gateway-manager certs` shows how far it is.

      EXAMPLES:
        gateway-manager certs rotate  # another serving certificate
        # another CA, and a serving certificate under it
        gateway-manager certs rotate --ca
      """)

  @Flag(help: "Replace the certificate authority, and the serving certificate under it.")
  var ca = false

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var manager: ManagerOptions

  @Option(
    help: "The annotation's value; a value that was handled before changes nothing. (default: the time)")
  var value: String?

  func validate() throws {
    if let value, value.isEmpty || value.utf8.count > 256 {
      throw ValidationError("--value takes 1 to 256 bytes")
    }
  }

  func run() async throws {
    let value = value ?? Timestamp(Date()).description
    let annotation = ca ? GatewayAnnotations.rotateCA : GatewayAnnotations.rotateServing
    let (name, phase) = try await HubConnection.open(connection) { client, clock in
      let model = try await HubLoader(client, identity: manager.identity).load()
      let name = try model.requireConfiguration(
        otherwise: "there is no valid ClusterGatewayConfiguration in force; see `gateway-manager plan`"
      ).name
      let key = ObjectKey(ClusterGatewayConfiguration.type, name: name)
      _ = try await client.bytes(
        .mergePatch(
          key, ["metadata": ["annotations": .object(JSONObject([(annotation, JSONValue.string(value))]))]],
          options: WriteOptions(fieldManager: "gateway-manager-certs")))
      let inventory = CertificateInventory(model.installation, at: clock.now)
      let isRotating = inventory.rotation?.rotation.phase.isRotating ?? false
      return (name, isRotating ? inventory.phase : nil)
    }
    let outcome: String
    if !ca {
      outcome = "The manager issues another serving certificate"
    } else if let phase {
      outcome =
        "The manager creates the next CA once the current rotation has ended (\(phase.code): \(phase.message))"
    } else {
      outcome = "The manager creates the next CA"
    }
    let text = """
      ClusterGatewayConfiguration \(name): \(annotation)=\(value)
      \(outcome); see `gateway-manager certs` for how far it is.

      """
    StandardStreams.output(Invocation.inUsersWords(text))
  }
}
