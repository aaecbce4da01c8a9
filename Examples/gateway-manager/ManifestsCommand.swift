import ArgumentParser
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeYAML

/// `manifests`: prints the objects that a hub's administrator applies to install the manager.
struct ManifestsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifests",
    abstract: "Prints everything that installs the manager on a hub.",
    discussion: """
      The configuration needs its kind to be known, so apply it once the rest is in place:
        gateway-manager manifests --image REGISTRY/gateway-manager:TAG \\
          --part installation | kubectl apply --server-side -f -
        kubectl wait --for condition=established \\
          crd/clustergatewayconfigurations.proxy.open-cluster-management.io
        gateway-manager manifests --part configuration |
          kubectl apply --server-side -f -
      With -f or --kubeconfig the rights are those for that configuration, and the --leaving options add those for \
      removing what a former one left.

      EXAMPLES:
        gateway-manager manifests --image REGISTRY/manager:TAG --egress ClusterProxy
        gateway-manager manifests -f configuration.yaml --part installation
        # the rights for another configuration, with the manager left as it is
        gateway-manager manifests -f configuration.yaml --part rbac
        # a table for people
        gateway-manager manifests --kubeconfig hub.yaml --part rights
      """)

  /// The part of the objects to print.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case all, installation, configuration, `operator`, rbac, definition, rights

    /// The kinds with which the manager gets its rights, and the namespaces that they are in.
    private static let rbacKinds = [
      Namespace.type, ServiceAccount.type, Role.type, RoleBinding.type, ClusterRole.type,
      ClusterRoleBinding.type,
    ].map(\.kind)

    /// Whether the part is there to be applied: the manager's is there to be deleted.
    var isApplied: Bool { self != .`operator` }

    /// Whether `object` belongs to the part. The manager's part can be deleted without losing
    /// anything that must stay: namespaces and the definition are used by others too.
    func contains(_ object: JSONValue) -> Bool {
      switch (self, object["kind"]?.string ?? "") {
      case (.all, _): true
      case (.configuration, let kind): kind == ClusterGatewayConfiguration.type.kind
      case (.installation, let kind): kind != ClusterGatewayConfiguration.type.kind
      case (.`operator`, let kind):
        ![
          ClusterGatewayConfiguration.type.kind, CustomResourceDefinition.type.kind, Namespace.type.kind,
          ClusterManagementAddOn.type.kind,
        ].contains(kind)
      case (.rbac, let kind): Part.rbacKinds.contains(kind)
      case (.definition, let kind): kind == CustomResourceDefinition.type.kind
      case (.rights, _): false
      }
    }
  }

  @Option(
    help: """
      What to print: all; all but the configuration (installation); the configuration; the objects that an \
      uninstallation deletes (operator); the manager's account and roles (rbac); the CustomResourceDefinition \
      (definition); or a table of the manager's rights.
      """
  )
  var part = Part.all

  /// The image where none is given. No runtime takes it, as a tag doesn't begin with a dash: pods
  /// stay at `InvalidImageName`.
  static let noImage = "gateway-manager:-name-your-image"

  /// The lines below `egress` that show how to narrow the identity's rights.
  private static let permissionsExample = """
        # Without permissions the gateway is cluster admin on every managed cluster. For less, such as:
        # permissions:
        # - apiGroups: [""]
        #   resources: [pods, services]
        #   verbs: [get, list, watch]

    """

  @Option(help: "The manager's image; without one the Deployment names an image that can't be pulled.")
  var image: String?

  @Option(help: "How many replicas of the manager; one works at a time.")
  var replicas: Int32 = 2

  @Flag(
    help: "The metrics over TLS, for readers whom the API server permits it, with the rights to ask it.")
  var metricsSecure = false

  @OptionGroup var manager: ManagerOptions

  @Option(
    name: [.short, .customLong("filename")],
    help: "The file with the ClusterGatewayConfiguration to install for, or - for standard input.")
  var file: String?

  @OptionGroup var connection: ConnectionOptions

  @Option(
    name: .customLong("leaving-namespace"),
    help: "A namespace that a former configuration named; may be repeated.")
  var leavingNamespaces: [String] = []

  @Option(
    name: .customLong("leaving-account"),
    help: "A ManagedServiceAccount's name in a former configuration; may be repeated.")
  var leavingAccounts: [String] = []

  @OptionGroup(title: "Without a configuration") var example: ExampleConfiguration

  func validate() throws {
    if let image, image.isEmpty || image.contains(where: \.isWhitespace) {
      throw ValidationError(
        "--image \"\(image)\": not an image; write it like registry.example.org/manager:1.0")
    }
    guard replicas >= 0 else { throw ValidationError("--replicas takes a number from 0 on") }
    if file != nil && connection.kubeconfig != nil {
      throw ValidationError("give either -f with a configuration, or --kubeconfig")
    }
    if connection.context != nil && connection.kubeconfig == nil {
      throw ValidationError("--context chooses among a kubeconfig's clusters; give --kubeconfig too")
    }
    if let given = example.given.first, file != nil || connection.kubeconfig != nil {
      throw ValidationError(
        "\(given) is for the example configuration; leave it out with -f or --kubeconfig")
    }
    let names =
      leavingNamespaces.map { ("--leaving-namespace", $0, NameRules.dnsLabelProblem($0)) }
      + leavingAccounts.map { ("--leaving-account", $0, NameRules.dnsSubdomainProblem($0)) }
    for case (let flag, let name, let problem?) in names {
      throw ValidationError("\(flag) \(name.orQuotes): \(problem)")
    }
  }

  func run() async throws {
    var source = try await self.source()
    source.former.installNamespaces.formUnion(leavingNamespaces)
    source.former.secretNamespaces.formUnion(leavingNamespaces)
    source.former.accounts.formUnion(leavingAccounts)
    let manifests = InstallManifests(
      InstallManifests.Options(
        identity: manager.identity, image: image ?? Self.noImage, replicas: replicas,
        configurationName: source.name, configuration: source.spec, former: source.former,
        securesMetrics: metricsSecure))
    if part == .rights {
      StandardStreams.output(RightsTable(rights: manifests.rights).markdown)
      return
    }
    let objects = manifests.objects.filter(part.contains).map { object in
      let isConfiguration = object["kind"]?.string == ClusterGatewayConfiguration.type.kind
      return isConfiguration ? source.configuration ?? object : object
    }
    var text = YAMLWriter().documents(objects)
    if part == .configuration, source.spec.egress.permissions.isEmpty {
      text = text.replacing("\n  egress:\n", with: "\n  egress:\n" + Self.permissionsExample)
    }
    StandardStreams.output(text)
    if image == nil, part.isApplied, objects.contains(where: { $0["kind"]?.string == Deployment.type.kind }) {
      StandardStreams.error(
        "warning: without --image the Deployment names \(Self.noImage), which can't be pulled; "
          + "give the image that you built")
    }
  }

  /// The configuration to install for, and the places of former ones.
  private struct Source {
    var name = ManagerIdentity.addOnName
    var spec: ClusterGatewayConfiguration.Spec
    var former = FormerPlaces()
    /// The given configuration.
    var configuration: JSONValue?
  }

  private func source() async throws -> Source {
    if let file { return try configuration(in: file) }
    guard connection.kubeconfig != nil else {
      let spec = example.spec
      let problems = ClusterGatewayConfiguration(
        metadata: ObjectMeta(name: ManagerIdentity.addOnName), spec: spec
      ).validate()
      guard problems.isEmpty else {
        throw CommandFailure(problems.map(\.description).joined(separator: "\n"))
      }
      return Source(spec: spec)
    }
    let hub = try await HubConnection.open(connection) { client, _ in
      try await HubLoader(client, identity: manager.identity).load()
    }
    let (name, spec) = try hub.requireConfiguration(
      otherwise: "the hub has no valid ClusterGatewayConfiguration that its ClusterManagementAddOn names; "
        + "give one with -f")
    let recordKinds = [ServiceAccount.type, Role.type]
    guard !recordKinds.contains(where: { hub.gaps.contains($0.groupKind) }) else {
      throw CommandFailure(
        "the namespaces of former configurations are not known: you may not list ServiceAccounts or Roles")
    }
    return Source(name: name, spec: spec, former: hub.facts.former)
  }

  private func configuration(in file: String) throws -> Source {
    let kind = ClusterGatewayConfiguration.type.groupKind
    let objects = try ManifestFiles(reading: [file]).objects.map(\.object).filter { $0.groupKind == kind }
    guard let object = objects.first, objects.count == 1 else {
      throw CommandFailure(
        "\(file): there are \(objects.count) objects of kind \(kind.kind); give one configuration")
    }
    var json = object.json
    json.set(nil, at: ["status"])
    let configuration = try object.decode(ClusterGatewayConfiguration.self)
    return Source(name: object.metadata.name, spec: configuration.spec, configuration: json)
  }
}

/// The configuration that is printed if none is given.
struct ExampleConfiguration: ParsableArguments {
  @Option(help: "cluster-gateway's image. (default: \(GatewayRelease.newestImage))")
  var gatewayImage: String?

  @Option(help: "The namespace that cluster-gateway is installed in. (default: vela-system)")
  var installNamespace: String?

  @Option(
    help: "The namespace of the clusters' credentials. (default: open-cluster-management-credentials)")
  var secretNamespace: String?

  @Option(help: "How the gateway reaches the clusters: Direct or ClusterProxy. (default: Direct)")
  var egress: String?

  @Option(
    help:
      "The host of cluster-proxy's entry point. (default: proxy-entrypoint.open-cluster-management-addon)")
  var proxyHost: String?

  @Option(help: "The port of cluster-proxy's entry point. (default: 8090)")
  var proxyPort: Int32?

  @Option(help: "The namespace of cluster-proxy's credentials. (default: open-cluster-management-addon)")
  var proxyNamespace: String?

  /// The options that were given.
  var given: [String] {
    let options: [(String, Bool)] = [
      ("--gateway-image", gatewayImage != nil), ("--install-namespace", installNamespace != nil),
      ("--secret-namespace", secretNamespace != nil), ("--egress", egress != nil),
      ("--proxy-host", proxyHost != nil), ("--proxy-port", proxyPort != nil),
      ("--proxy-namespace", proxyNamespace != nil),
    ]
    return options.filter(\.1).map(\.0)
  }

  /// The configuration's spec.
  var spec: ClusterGatewayConfiguration.Spec {
    var spec = ClusterGatewayConfiguration.Spec(
      egress: ClusterGatewayConfiguration.Egress(
        type: ClusterGatewayConfiguration.EgressType(name: egress ?? "Direct")),
      image: gatewayImage ?? GatewayRelease.newestImage,
      installNamespace: installNamespace ?? "vela-system",
      secretNamespace: secretNamespace ?? "open-cluster-management-credentials")
    if spec.egress.type == .clusterProxy {
      spec.egress.clusterProxy = ClusterGatewayConfiguration.ClusterProxy(
        credentials: ClusterGatewayConfiguration.Credentials(
          namespace: proxyNamespace ?? "open-cluster-management-addon",
          proxyClientCASecretName: "proxy-server-ca", proxyClientSecretName: "proxy-client"),
        proxyServerHost: proxyHost ?? "proxy-entrypoint.open-cluster-management-addon",
        proxyServerPort: proxyPort ?? 8090)
    }
    return spec
  }
}
