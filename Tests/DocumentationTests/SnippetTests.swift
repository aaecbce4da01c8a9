import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsCore
import KubeMemory
import KubeOperator
import KubeReconcile
import KubeRuntime
import KubeSchemas
import KubeServer
import KubeTestServer
import KubeTesting
import KubeTransport
import KubeYAML
import Logging
import Testing

/// Gives every namespace a ConfigMap.
private let defaults = Controller(Namespace.self, fieldManager: "shop-operator") { context in
  let namespace = context.object.metadata.name
  context.ensure(
    ConfigMap(
      metadata: ObjectMeta(name: "defaults", namespace: namespace), data: ["currency": "EUR"]))
}
.owns(ConfigMap.self)

/// The code of the products' landing pages, compiled and run.
@Suite(.timeLimit(.minutes(5))) struct SnippetTests {
  private let logger = Logger(label: "snippets", factory: { _ in SwiftLogNoOpLogHandler() })
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  @Test func `KubeCore finds what differs from the wanted fields`() throws {
    let observed = try DynamicObject([
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": ["name": "prices", "namespace": "shop", "uid": "7d3c"],
      "data": ["currency": "EUR", "rounding": "cents"],
    ])
    let desired: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "prices", "namespace": "shop"],
      "data": ["currency": "USD"],
    ]
    let table = FieldTables.builtIn.table(for: observed.groupKind)
    let drift = try table.drift(
      desired: desired, observed: observed, ownership: FieldOwnership(fieldManager: "shop-operator"))
    for difference in drift.differences { print(difference) }

    let patch = ObjectPatch(
      target: ObjectKey(ConfigMap.type, namespace: "shop", name: "prices"),
      operation: .apply(desired, force: false), precondition: .uid("7d3c"),
      reason: "the currency is another one")

    #expect(drift.differences.count == 1 && patch.body.value(at: "metadata", "uid") == "7d3c")
  }

  @Test func `KubeSchemas knows the built-in kinds`() throws {
    let deployment = GroupKind(group: "apps", kind: "Deployment")
    if let kind = KubernetesSchema.document.kind(deployment) {
      print(kind.shortNames, kind.subresources)  // ["deploy"] ["scale", "status"]
    }

    let kind = try #require(KubernetesSchema.document.kind(deployment))
    #expect(kind.shortNames == ["deploy"] && kind.subresources == ["scale", "status"])
  }

  @Test func `KubeYAML names the place of an error`() throws {
    let manifest = """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: prices
      data: {currency: EUR, currency: USD}
      """
    do throws(YAMLError) {
      for object in try YAMLReader().objects(Array(manifest.utf8), file: "prices.yaml") { print(object) }
    } catch {
      print(error)  // prices.yaml:5:23: …
    }

    let error = #expect(throws: YAMLError.self) {
      try YAMLReader().objects(Array(manifest.utf8), file: "prices.yaml")
    }
    #expect(error?.description.contains("prices.yaml:5:23:") == true)
  }

  @Test func `a transport has one method`() async throws {
    /// Refuses every write.
    struct ReadOnlyTransport: Transport {
      let base: any Transport

      func send(_ request: KubeRequest) async throws -> KubeResponse {
        guard request.method == .get else { return KubeResponse(status: .forbidden) }
        return try await base.send(request)
      }
    }

    let client = KubeClient(ReadOnlyTransport(base: InMemoryCluster()), fieldManager: "reader")
    for try await namespace in client.pages(Namespace.self) { print(namespace.metadata.name) }

    await #expect(throws: KubeError.self) {
      _ = try await client.create(Namespace(metadata: ObjectMeta(name: "shop")))
    }
  }

  /// Calls `body` with a server in memory and the path of a kubeconfig for it.
  private func withServer(
    _ body: (_ server: TestServer, _ path: String) async throws -> Void
  ) async throws {
    let server = try await TestServer.start(InMemoryCluster())
    let path = FileManager.default.temporaryDirectory.path + "/kubeconfig-\(server.port)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try server.writeKubeconfig(to: path)
    try await body(server, path)
    await server.stop()
  }

  @Test func `KubeConfig finds the configuration that kubectl would use`() async throws {
    try await withServer { server, path in
      let environment = HostEnvironment(variables: ["KUBECONFIG": path])  // by default the process's
      let configuration = try ClientConfiguration.standard(environment: environment)
      print(configuration.server, configuration.namespace, configuration.origin)

      #expect(configuration.server.port == server.port && configuration.namespace == "default")
    }
  }

  @Test func `KubeHTTP is the transport of a client`() async throws {
    try await withServer { _, path in
      let environment = HostEnvironment(variables: ["KUBECONFIG": path])

      let configuration = try ClientConfiguration.standard(environment: environment)
      let transport = try await HTTPTransport(configuration, logger: logger)
      let client = KubeClient(RetryingTransport(transport), fieldManager: "shop-operator")
      let namespaces = try await client.list(Namespace.self).items
      await transport.shutdown()

      #expect(namespaces.contains { $0.metadata.name == "kube-system" })
    }
  }

  @Test func `KubeOperator connects a client, which creates, reads and follows objects`() async throws {
    try await withServer { _, path in
      let environment = HostEnvironment(variables: ["KUBECONFIG": path])
      let configuration = try ClientConfiguration.standard(environment: environment)

      let client = try await KubeClient.connect(
        fieldManager: "shop", configuration: configuration, logger: logger)
      _ = try await client.create(Namespace(metadata: ObjectMeta(name: "shop")))
      _ = try await client.create(
        ConfigMap(metadata: ObjectMeta(name: "prices", namespace: "shop"), data: ["currency": "EUR"]))
      let prices = try await client.get(ConfigMap.self, namespace: "shop", name: "prices")
      print(prices.data["currency"] ?? "no currency")

      // All objects of the selection, then each change, until the loop is left or its task cancelled.
      following: for try await event in client.watcher(ResourceSelection(ConfigMap.type, namespace: "shop")) {
        switch event {
        case .restarted(let objects, _):
          print(objects.map(\.metadata.name))
          try await client.delete(prices.key)
        case .applied(let object): print(object.metadata.name, "was created or changed")
        case .deleted(let object):
          print(object.metadata.name, "was deleted")
          break following
        }
      }

      #expect(try await client.find(prices.key) == nil)
    }
  }

  @Test func `KubeTestServer serves a cluster in memory`() async throws {
    let server = try await TestServer.start(InMemoryCluster())
    let kubeconfig = try Kubeconfig(untrusted: server.kubeconfig, origin: "the test server")
    let configuration = try kubeconfig.clientConfiguration()

    let transport = try await HTTPTransport(configuration, logger: logger)
    let client = KubeClient(transport, fieldManager: "shop-operator")
    _ = try await client.create(Namespace(metadata: ObjectMeta(name: "shop")))
    await transport.shutdown()
    await server.stop()
  }

  @Test func `KubeReconcile derives the rights from the controller`() throws {
    for right in defaults.rights { print(right) }

    #expect(!defaults.rights.isEmpty)
  }

  @Test func `KubeTesting runs a controller step by step`() throws {
    var harness = try ControllerHarness(defaults, definitions: [], at: now)
    try harness.create(Namespace(metadata: ObjectMeta(name: "shop")))
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "shop", name: "defaults")?.data["currency"] == "EUR")
  }

  @Test func `KubeRuntime runs a controller`() async throws {
    let cluster = InMemoryCluster()
    let client = KubeClient(cluster, fieldManager: "shop-operator")
    let runner = ControllerRunner(defaults, client: client, logger: logger)
    let running = Task { try await runner.run() }

    _ = try await client.create(Namespace(metadata: ObjectMeta(name: "shop")))
    try await cluster.eventually("the namespace has its ConfigMap") { server in
      server.objects(ConfigMap.type).contains { $0.metadata.namespace == "shop" }
    }
    running.cancel()
    try await running.value
  }

  @Test func `KubeServer serves probes`() async throws {
    let probes = Probes(readiness: [
      Probes.Check("database") { throw Probes.Failed("no connection") }
    ])
    let server = ProbeServer(host: "127.0.0.1", port: 0, probes: probes, logger: logger)
    let serving = Task { try await server.run() }

    #expect(await probes.answer(path: "/readyz")?.status == 503)
    serving.cancel()
    _ = await serving.result
  }

  @Test func `KubeServer serves metrics to authorized readers`() async throws {
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "metrics-ca").request(id: "ca", at: now, reason: "example"))
    let issued = try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "metrics", dnsNames: ["localhost"]).request(
        id: "metrics", issuer: ca.facts.leaf, at: now, reason: "example"),
      signedBy: CertificateAuthority(ca))
    let client = KubeClient(InMemoryCluster(), fieldManager: "shop-operator")

    let security = ProbeServer.Security(
      certificate: try ServingCertificate(chainPEM: issued.certificatePEM, keyPEM: issued.privateKeyPEM),
      access: AccessReview(client, logger: logger))
    let server = ProbeServer(port: 0, metrics: { "up 1\n" }, security: security, logger: logger)
    let serving = Task { try await server.run() }

    #expect(await security.access.verdict(path: "/metrics", authorization: nil) == .unauthenticated)
    serving.cancel()
    _ = await serving.result
  }

  @Test func `GatewayAPI validates a configuration`() throws {
    var configuration = ClusterGatewayConfiguration(
      metadata: ObjectMeta(name: "cluster-gateway"),
      spec: .init(
        egress: .init(type: .direct), image: "oamdev/cluster-gateway:v1.9.1",
        installNamespace: "vela-system", secretNamespace: "open-cluster-management-credentials"))
    configuration.spec.installNamespace = "Vela"
    for problem in configuration.validate() { print(problem) }

    #expect(configuration.validate().count == 1)
  }

  @Test func `GatewayPKI issues and judges a certificate`() throws {
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "shop-ca").request(id: "ca", at: now, reason: "there is none"))
    let profile = CertificateProfile.serving(commonName: "shop", dnsNames: ["shop.default.svc"])
    let issued = try CertificateIssuer.issue(
      profile.request(id: "serving", issuer: ca.facts.leaf, at: now, reason: "there is none"),
      signedBy: CertificateAuthority(ca))
    print(issued.facts.leaf as Any, issued.privateKeyPEM)  // the key prints redacted

    #expect(!"\(issued.privateKeyPEM)".contains("PRIVATE KEY"))
  }

  @Test func `GatewayReconcile plans from observed objects`() throws {
    let hub = HubState(objects: ObservedObjects([]))
    let plan = reconcile(hub, at: now)
    for patch in plan.patches { print(patch.operationName, patch.target, "-", patch.reason) }
    for finding in plan.findings { print(finding) }

    #expect(plan.patches.isEmpty)
  }

  @Test func `GatewayManager runs on any transport`() async throws {
    let manager = GatewayOperator(
      KubeClient(InMemoryCluster(), fieldManager: "cluster-gateway-manager"), logger: logger)
    let running = Task { await manager.run() }

    func hasListed() -> Bool {
      manager.debugState["watches"]?.array?.contains { $0["isListed"] == true } ?? false
    }
    while !hasListed() { try await Task.sleep(for: .milliseconds(10)) }

    running.cancel()
    await running.value
  }
}
