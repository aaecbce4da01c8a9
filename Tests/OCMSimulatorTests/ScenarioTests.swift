import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// The manager with the simulated controllers: each scenario with all due steps of the others
/// between two rounds, and with a few at a time.
@Suite(.timeLimit(.minutes(10))) struct ScenarioTests {
  static let paces: [Int?] = [nil, 2]
  static let day = 86_400.0

  /// Converged worlds with two clusters: a server is a value, so each is created once, and every
  /// test continues with a copy.
  private static let direct = Task { try await convergedWorld(OCMHub.direct) }
  private static let tunneled = Task { try await convergedWorld(OCMHub.tunneled) }

  private static func convergedWorld(
    _ configuration: ClusterGatewayConfiguration.Spec
  ) async throws -> (server: MemoryAPIServer, time: Date) {
    let harness = try HubHarness(configuration)
    for cluster in ["one", "two"] { try await harness.join(cluster) }
    try await harness.converge()
    try await harness.expectServed(["one", "two"])
    return (await harness.server, harness.clock.now)
  }

  private func converged(tunneled: Bool = false, pace: Int?) async throws -> HubHarness {
    let world = try await (tunneled ? Self.tunneled : Self.direct).value
    return HubHarness(goingOnFrom: world.server, at: world.time, stepsBetweenRounds: pace)
  }

  @Test(arguments: paces, [OCMHub.direct, OCMHub.tunneled])
  func `every cluster is served, and then nothing is written`(
    pace: Int?, configuration: ClusterGatewayConfiguration.Spec
  ) async throws {
    let harness = try HubHarness(configuration, stepsBetweenRounds: pace)
    try await harness.join("one")
    try await harness.converge()
    try await harness.expectServed(["one"])
    try await harness.join("two")
    try await harness.converge()
    try await harness.expectServed(["one", "two"])
  }

  @Test(arguments: paces) func `a cluster's credential is removed when it leaves`(pace: Int?) async throws {
    let harness = try await converged(pace: pace)
    try await harness.leave("one")
    try await harness.converge()
    let server = await harness.server
    #expect(server.object(ManagedCluster.self, name: "one") == nil)
    #expect(server.object(Secret.self, namespace: "open-cluster-management-credentials", name: "one") == nil)
    for type in [ManagedClusterAddOn.type, ManagedServiceAccount.type, ManifestWork.type, Secret.type] {
      #expect(server.objects(type, namespace: "one").isEmpty, "\(type.kind)")
    }
    try await harness.expectServed(["two"])
  }

  @Test(arguments: paces) func `the credential of a dead cluster that leaves is removed at once`(pace: Int?)
    async throws
  {
    let harness = try await converged(pace: pace)
    harness.controllers = SimulatedControllers([
      GarbageCollector(), Registration(), AddOnManager(), TokenAgent(stopped: ["one"]),
      WorkAgent(stopped: ["one"]),
      DirectDeploymentController(), EndpointSliceController(), Aggregator(),
    ])
    try await harness.leave("one")
    try await harness.converge()
    let server = await harness.server
    #expect(server.object(ManagedCluster.self, name: "one")?.metadata.deletionTimestamp != nil)
    #expect(server.object(Secret.self, namespace: "open-cluster-management-credentials", name: "one") == nil)
    try await harness.expectServed(["two"])
  }

  @Test(arguments: paces) func `a rotated token reaches the gateway`(pace: Int?) async throws {
    let harness = try await converged(pace: pace)
    let before = await harness.server.object(
      Secret.self, namespace: "open-cluster-management-credentials", name: "one")
    let request = await TokenAgent().rotation(
      of: "cluster-gateway", cluster: "one", in: harness.server, at: harness.clock.now)
    try await harness.send(try #require(request))
    try await harness.converge()
    let after = await harness.server.object(
      Secret.self, namespace: "open-cluster-management-credentials", name: "one")
    #expect(before?.data["token"] != after?.data["token"])
    try await harness.expectServed(["one", "two"])
  }

  @Test(arguments: paces) func `a token near its expiry is refreshed and reaches the gateway`(pace: Int?)
    async throws
  {
    let harness = try await converged(pace: pace)
    let key = ObjectKey(Secret.type, namespace: "open-cluster-management-credentials", name: "one")
    let before = await harness.server.object(key)
    harness.clock.move(bySeconds: 0.81 * 180 * Self.day)
    try await harness.converge()
    #expect(await harness.server.object(key)?.json["data"] != before?.json["data"])
    try await harness.expectServed(["one", "two"])
  }

  @Test(arguments: paces) func `the egress is switched in a safe order both ways`(pace: Int?) async throws {
    let harness = try await converged(pace: pace)
    func flags() async -> Bool {
      let deployment = await harness.server.object(
        Deployment.self, namespace: "vela-system", name: "gateway-deployment")
      return deployment?.spec.template.spec.containers.flatMap(\.args).contains {
        $0.hasPrefix("--proxy-host=")
      } ?? false
    }
    try await harness.configure { $0.egress = OCMHub.tunneled.egress }
    try await harness.converge()
    #expect(await flags())
    try await harness.expectServed(["one", "two"])

    try await harness.configure { $0.egress = OCMHub.direct.egress }
    try await harness.converge()
    #expect(await !flags())
    #expect(await harness.server.object(Secret.self, namespace: "vela-system", name: "proxy-client") == nil)
    try await harness.expectServed(["one", "two"])
  }

  @Test(arguments: paces) func `another name of the identity replaces it`(pace: Int?) async throws {
    let harness = try await converged(pace: pace)
    try await harness.configure { spec in
      spec.secretManagement = ClusterGatewayConfiguration.SecretManagement(
        managedServiceAccount: ClusterGatewayConfiguration.ManagedServiceAccountReference(name: "gateway-2"),
        type: .managedServiceAccount)
    }
    try await harness.converge()
    try await harness.expectServed(["one", "two"])
    let server = await harness.server
    #expect(server.objects(ManagedServiceAccount.self).map(\.metadata.name) == ["gateway-2", "gateway-2"])
    #expect(server.object(Secret.self, namespace: "one", name: "cluster-gateway") == nil)
  }

  @Test(arguments: paces) func `the serving certificate is renewed in time`(pace: Int?) async throws {
    let harness = try await converged(pace: pace)
    func leaf() async throws -> Certificate {
      let secret = await harness.server.object(
        Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert")
      return try Certificate.first(pem: try #require(secret?.data["tls.crt"]))
    }
    let deployment = ObjectKey(Deployment.type, namespace: "vela-system", name: "gateway-deployment")
    let generation = await harness.server.object(deployment)?.metadata.generation
    let first = try await leaf()
    harness.clock.move(bySeconds: 0.8 * 180 * Self.day)
    try await harness.converge()
    let second = try await leaf()
    #expect(first.facts.serialNumber != second.facts.serialNumber)
    #expect(second.facts.notAfter > first.facts.notAfter)
    #expect(await harness.server.object(deployment)?.metadata.generation == generation)
    try await harness.expectServed(["one", "two"])
  }

  @Test func `the CA is renewed while everything served stays trusted`() async throws {
    var configuration = OCMHub.direct
    configuration.certificates.caValidity = "8760h"
    configuration.certificates.validity = "2160h"
    let harness = try HubHarness(configuration, stepsBetweenRounds: 3)
    try await harness.join("one")
    try await harness.converge()
    func currentCA() async throws -> Certificate {
      let secret = await harness.server.object(
        Secret.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")
      return try Certificate.first(pem: try #require(secret?.data["ca.crt"]))
    }
    let first = try await currentCA()
    // A month and a half at a time, as in the life of a running manager.
    for _ in 0..<9 {
      harness.clock.move(bySeconds: 45 * Self.day)
      try await harness.converge()
      harness.clock.move(bySeconds: 600)
      try await harness.converge()
    }
    let second = try await currentCA()
    #expect(first.facts.fingerprint != second.facts.fingerprint)
    let signer = await harness.server.object(
      Secret.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")
    #expect(signer.map { Set($0.data.keys) } == ["ca.crt", "ca.key"])
    try await harness.expectServed(["one"])
  }

  @Test func `a CA is rotated in minutes where pods can be probed`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    func signer() async throws -> Secret {
      let secret = await harness.server.object(
        Secret.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")
      return try #require(secret)
    }
    func bundle() async throws -> Int {
      let service = await harness.server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
      return try Certificate.chain(pem: SecretBytes(try #require(service?.spec.caBundle))).count
    }
    for number in 1...3 {
      let first = try await signer()
      try await harness.annotate(GatewayAnnotations.rotateCA, "\(number)")
      try await harness.converge()
      let next = try await signer()
      #expect(next.data["ca.crt"] == first.data["ca.crt"])
      #expect(next.data["next-ca.key"] != nil)
      let trusted = try await bundle()
      #expect(trusted == 2)
      var minutes = 0
      while minutes < 60 {
        let (trusted, stored) = (try await bundle(), try await signer().data.count)
        if trusted == 1 && stored == 2 { break }
        harness.clock.move(bySeconds: 60)
        try await harness.converge()
        minutes += 1
      }
      // Five minutes until the bundle is everywhere, two until pods have reloaded.
      #expect((7...12).contains(minutes))
      let last = try await signer()
      #expect(last.data["ca.crt"] == next.data["next-ca.crt"])
      #expect(Set(last.data.keys) == ["ca.crt", "ca.key"])
      try await harness.expectServed(["one"])
    }
  }

  @Test(arguments: paces) func `without the add-on all objects of the manager are removed`(pace: Int?)
    async throws
  {
    let harness = try await converged(pace: pace)
    try await harness.send(.delete(ObjectKey(ClusterManagementAddOn.type, name: "cluster-gateway")))
    try await harness.converge()
    let server = await harness.server
    let left = [
      ManagedClusterAddOn.type, ManagedServiceAccount.type, ManifestWork.type, Deployment.type, Pod.type,
      APIService.type,
      Service.type, ServiceAccount.type, ClusterRole.type, ClusterRoleBinding.type, Role.type,
      RoleBinding.type, Secret.type,
    ].flatMap { server.objects($0) }.filter {
      $0.metadata.labels["app.kubernetes.io/managed-by"] == ManagerIdentity.fieldManager
    }.map { "\($0.kind) \($0.metadata.namespace ?? "")/\($0.metadata.name)" }
    // The CA outlives the add-on, so that deleting or restoring that doesn't take it.
    #expect(left == ["Secret open-cluster-management-addon/cluster-gateway-signer"])
    #expect(server.objects(Pod.self).isEmpty)
  }

  @Test(arguments: paces) func `objects that a person breaks are repaired`(pace: Int?) async throws {
    let harness = try await converged(tunneled: true, pace: pace)
    let options = WriteOptions(fieldManager: "kubectl")
    try await harness.send(
      .mergePatch(
        ObjectKey(Role.type, namespace: "open-cluster-management-credentials", name: "cluster-gateway"),
        ["rules": []], options: options))
    try await harness.send(
      .mergePatch(
        ObjectKey(Deployment.type, namespace: "vela-system", name: "gateway-deployment"),
        ["spec": ["replicas": 1]], options: options))
    try await harness.send(
      .delete(ObjectKey(Secret.type, namespace: "open-cluster-management-credentials", name: "one")))
    try await harness.send(
      .mergePatch(
        ObjectKey(Secret.type, namespace: "vela-system", name: "proxy-client"),
        ["data": ["tls.crt": "bmV3"]], options: options))
    // Values that the gateway doesn't read aren't copied.
    try await harness.send(
      .mergePatch(
        ObjectKey(Secret.type, namespace: "open-cluster-management-addon", name: "proxy-client"),
        ["data": ["more": "bmV3"]], options: options))
    try await harness.converge()
    let server = await harness.server
    let role = server.object(
      Role.self, namespace: "open-cluster-management-credentials", name: "cluster-gateway")
    #expect(role?.rules.isEmpty == false)
    let copy = server.object(Secret.self, namespace: "vela-system", name: "proxy-client")
    let source = server.object(Secret.self, namespace: "open-cluster-management-addon", name: "proxy-client")
    #expect(source?.data["more"] != nil)
    #expect(copy?.data["tls.crt"] == source?.data["tls.crt"])
    #expect(copy?.data["more"] == nil)
    let deployment = server.object(Deployment.self, namespace: "vela-system", name: "gateway-deployment")
    #expect(deployment?.spec.replicas == 3)
    try await harness.expectServed(["one", "two"])
  }
}
