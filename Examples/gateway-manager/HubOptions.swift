import ArgumentParser
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeTransport
import KubeYAML

/// The options for the hub's API server; by default kubectl's, or that of the Pod's own cluster.
struct ConnectionOptions: ParsableArguments {
  @Option(help: "The kubeconfig that leads to the hub.")
  var kubeconfig: String?

  @Option(help: "The kubeconfig's context.")
  var context: String?
}

/// The options for the manager's identity.
struct ManagerOptions: ParsableArguments {
  @Option(
    name: [.customShort("n"), .customLong("namespace")],
    help: "The namespace that the manager runs in. (default: \(ManagerIdentity().namespace))")
  var givenNamespace: String?

  @Option(help: "The Secret with the certificate authority.")
  var signerSecretName = ManagerIdentity().signerSecretName

  /// Rejects names that no object can have.
  func validate() throws {
    let problems = [
      ("--namespace", namespace, NameRules.dnsLabelProblem(namespace)),
      ("--signer-secret-name", signerSecretName, NameRules.dnsSubdomainProblem(signerSecretName)),
    ]
    for case (let flag, let name, let problem?) in problems {
      throw ValidationError("\(flag) \(name.orQuotes): \(problem)")
    }
  }

  /// The manager's namespace.
  var namespace: String { givenNamespace ?? ManagerIdentity().namespace }

  /// The manager's identity.
  var identity: ManagerIdentity {
    ManagerIdentity(namespace: namespace, signerSecretName: signerSecretName)
  }
}

/// The options for the source and the time of a hub that is only read.
struct HubOptions: ParsableArguments {
  @Option(
    name: [.short, .customLong("filename")],
    help: "A file, a folder, or - for standard input; may be repeated.")
  var file: [String] = []

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "The time to plan for (RFC 3339). (default: now)")
  var at: String?

  @OptionGroup var manager: ManagerOptions

  func validate() throws {
    if !file.isEmpty && connection.kubeconfig != nil {
      throw ValidationError("give either -f with a hub's objects, or --kubeconfig")
    }
    if !file.isEmpty && connection.context != nil {
      throw ValidationError("--context chooses among a kubeconfig's clusters; leave it out with -f")
    }
    if let at, Timestamp(rfc3339: at) == nil {
      throw ValidationError("--at \(at.orQuotes): not an RFC 3339 time; write it like 2026-12-01T00:00:00Z")
    }
  }

  /// The time that was given.
  var givenTime: Date? { at.flatMap { Timestamp(rfc3339: $0)?.date } }

  /// The options by which another command reads the same hub, each after a space.
  var arguments: String {
    let signer = manager.signerSecretName
    let options: [(name: String, value: String?)] =
      file.map { ("-f", $0) } + [
        ("--kubeconfig", connection.kubeconfig), ("--context", connection.context), ("--at", at),
        ("-n", manager.givenNamespace),
        ("--signer-secret-name", signer == ManagerIdentity().signerSecretName ? nil : signer),
      ]
    return options.map { option in option.value.map { " \(option.name) \($0.asShellWord)" } ?? "" }.joined()
  }

  /// Reads the hub; the time is the hub's unless one was given. Without files it is read from the
  /// kubeconfig's API server, or else from kubectl's, with what each field manager owns on request.
  func read(keepsManagedFields: Bool = false) async throws -> (hub: HubCache, time: Date) {
    let (hub, time, _) = try await read(keepsManagedFields: keepsManagedFields) { _, _, _ in }
    return (hub, time)
  }

  /// Reads the same, and what `body` reads from the API server; of a hub in files, what `ofFiles`
  /// takes from its objects.
  func read<Result: Sendable>(
    keepsManagedFields: Bool = false, ofFiles: ([DynamicObject]) -> Result? = { _ in nil },
    _ body: @escaping @Sendable (KubeClient, HubCache, ServerClock) async throws -> Result
  ) async throws -> (hub: HubCache, time: Date, others: Result?) {
    guard file.isEmpty else {
      let objects = try ManifestFiles(reading: file).objects.map(\.object)
      let hub = HubCache(identity: manager.identity, objects: objects)
      return (hub, givenTime ?? Date(), ofFiles(objects))
    }
    return try await HubConnection.open(connection, otherwise: ", or give a hub's objects with -f") {
      client, clock in
      let loader = HubLoader(
        client, identity: manager.identity, keepsManagedFields: keepsManagedFields)
      let hub = try await loader.load()
      let others = try await body(client, hub, clock)
      return (hub, givenTime ?? clock.now, others)
    }
  }
}

extension String {
  /// The text as messages show it: an empty one as two quotation marks.
  var orQuotes: String { isEmpty ? "\"\"" : self }

  /// The text as one word of a shell's command.
  var asShellWord: String {
    let isPlain = utf8.allSatisfy { NameRules.isAlphanumeric($0) || "/._-+:@%,".utf8.contains($0) }
    return isPlain && !isEmpty
      ? self : "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#))'"
  }
}
