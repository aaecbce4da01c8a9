import Foundation
import GatewayAPI
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization
import Testing

@testable import GatewayManager

/// The manager and a gateway that, like the real one, serves nothing if it starts while its own
/// APIService is unavailable.
@Suite(.timeLimit(.minutes(5))) struct ServingGatewayTests {
  private static let time = Date(timeIntervalSince1970: 1_796_083_200)
  private static let policy = ProbePolicy(interval: .milliseconds(60), timeout: .seconds(30))
  private static let deployment = ObjectKey(
    Deployment.type, namespace: "vela-system", name: "gateway-deployment")

  private static func hub(hasAPIService: Bool) async throws -> InMemoryCluster {
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct).install(on: &server, at: time)
    try Registration().join("one", on: &server, at: time)
    if hasAPIService {
      let addOn = try #require(
        server.object(ClusterManagementAddOn.self, name: ManagerIdentity.addOnName)?.ownerReference())
      let service = APIService(
        metadata: ObjectMeta(name: "v1alpha1.cluster.core.oam.dev", ownerReferences: [addOn]),
        spec: APIServiceSpec(
          group: "cluster.core.oam.dev", version: "v1alpha1",
          service: ServiceReference(namespace: "vela-system", name: "cluster-gateway", port: 9443),
          groupPriorityMinimum: 5000, versionPriority: 10))
      try server.require(
        .create(service.key, service.json, options: WriteOptions(fieldManager: "addon-manager")), at: time)
    }
    return InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
  }

  private static func manager(_ hub: InMemoryCluster, probes: GatewayOperator.Probes) -> GatewayOperator {
    manager(SimulatedGateway(hub), probes: probes)
  }

  private static func manager(_ hub: any Transport, probes: GatewayOperator.Probes) -> GatewayOperator {
    GatewayOperator(
      KubeClient(hub, fieldManager: ManagerIdentity.fieldManager),
      options: .init(probes: probes),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
  }

  /// Runs the manager and the simulated controllers until `isDone`.
  private static func work(
    _ manager: GatewayOperator, on hub: InMemoryCluster, until isDone: (MemoryAPIServer) -> Bool
  ) async throws {
    let work = Task { await manager.run() }
    defer { work.cancel() }
    let simulators = SimulatedControllers.ocmHub()
    for _ in 0..<9_000 {
      _ = await hub.withServer { simulators.converge(on: &$0, at: time) }
      if isDone(await hub.snapshot), manager.report().isIdle { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("no end: \(manager.report())")
  }

  private static func available(_ server: MemoryAPIServer) -> Condition? {
    server.object(ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)?
      .status.conditions.condition("Available")
  }

  private static func isReached(_ server: MemoryAPIServer) -> Bool {
    server.object(ManagedClusterAddOn.self, namespace: "one", name: ManagerIdentity.addOnName)?
      .status.conditions.condition("Available")?.reason == "ProbeSucceeded"
  }

  private static func deployment(_ server: MemoryAPIServer) -> Deployment? {
    server.object(Deployment.self, namespace: "vela-system", name: "gateway-deployment")
  }

  private static func isRestarted(_ server: MemoryAPIServer) -> Bool {
    deployment(server)?.spec.template.metadata.annotations[GatewayAnnotations.restartedAt] != nil
  }

  /// A hub whose gateway has a pod that serves nothing until it is restarted.
  private final class PartlyBroken: Transport {
    private let gateway: SimulatedGateway
    /// Whether the API server sends only every other list to that pod.
    private let alternates: Bool
    /// The number of lists, and whether the API server has a connection to that pod.
    private let state: Mutex<(lists: Int, isConnected: Bool)>

    init(_ hub: InMemoryCluster, alternates: Bool) {
      gateway = SimulatedGateway(hub)
      self.alternates = alternates
      state = Mutex((0, alternates))
    }

    var isConnected: Bool { state.withLock { $0.isConnected } }

    func connect() { state.withLock { $0.isConnected = true } }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let plural = ClusterGateway.type.plural
      guard request.path.contains(plural), !ServingGatewayTests.isRestarted(await gateway.hub.snapshot) else {
        return try await gateway.send(request)
      }
      let isList = request.path.last == plural
      let isBroken = state.withLock { state in
        if isList { state.lists += 1 }
        return state.isConnected && !(alternates && isList && state.lists.isMultiple(of: 2))
      }
      guard isBroken else { return try await gateway.send(request) }
      return KubeResponse(
        status: .serviceUnavailable, body: ResponseBody(Array("service unavailable\n".utf8)))
    }
  }

  /// The status of a list, and whether it is one.
  private static func list(_ hub: InMemoryCluster, metadataOnly: Bool = false) async throws -> (
    Int, JSONValue?
  ) {
    let selection = ResourceSelection(ClusterGateway.type, isMetadataOnly: metadataOnly)
    let response = try await SimulatedGateway(hub).send(.list(selection))
    var body: [UInt8] = []
    for try await chunk in response.body { body += chunk }
    return (response.status.code, try? JSONParser().parse(body))
  }

  @Test func `pods that start beside an unavailable APIService serve nothing`() async throws {
    let hub = try await Self.hub(hasAPIService: true)
    // The gateway is not asked here.
    try await Self.work(Self.manager(hub, probes: .disabled), on: hub) { Self.available($0)?.status == .true }
    #expect(try await Self.list(hub).0 == 503)
    let proxied = try await SimulatedGateway(hub).send(
      .raw(path: "apis/cluster.core.oam.dev/v1alpha1/clustergateways/one/proxy/healthz"))
    #expect(proxied.status.code == 503)
  }

  @Test func `a fresh installation serves at once`() async throws {
    let hub = try await Self.hub(hasAPIService: false)
    try await Self.work(Self.manager(hub, probes: .policy(Self.policy)), on: hub) { Self.isReached($0) }
    let (code, list) = try await Self.list(hub)
    #expect(code == 200)
    #expect(list?["items"]?.array?.count == 1)
    #expect(list?.value(at: "items")?.array?.first?.value(at: "spec", "access", "credential") != nil)
    let metadata = try await Self.list(hub, metadataOnly: true).1
    #expect(metadata?["items"]?.array?.first?["spec"] == nil)
    let server = await hub.snapshot
    #expect(server.object(Self.deployment)?.metadata.generation == 1)
    #expect(Self.available(server)?.status == .true)
  }

  @Test func `a gateway that serves nothing is restarted once and then serves`() async throws {
    let hub = try await Self.hub(hasAPIService: true)
    try await Self.work(Self.manager(hub, probes: .disabled), on: hub) { Self.available($0)?.status == .true }
    let before = await hub.snapshot
    let manager = Self.manager(hub, probes: .policy(Self.policy))
    try await Self.work(manager, on: hub) { server in
      server.object(Self.deployment)?.metadata.generation
        != before.object(Self.deployment)?.metadata.generation
        && Self.available(server)?.status == .true
    }
    #expect(try await Self.list(hub).0 == 200)
    let server = await hub.snapshot
    let deployment = try #require(Self.deployment(server))
    #expect(
      deployment.metadata.generation == (before.object(Self.deployment)?.metadata.generation).map { $0 + 1 })
    #expect(
      deployment.spec.template.metadata.annotations[GatewayAnnotations.restartedAt]
        == Timestamp(Self.time).description)
    #expect(!manager.report().findings.contains { $0.code == "GatewayNotServing" })
  }

  @Test func `a manager that converges once does not end before the verdict on a gateway that was broken`()
    async throws
  {
    let hub = try await Self.hub(hasAPIService: false)
    try await Self.work(Self.manager(hub, probes: .policy(Self.policy)), on: hub) {
      Self.isReached($0) && Self.available($0)?.reason == "GatewayAvailable"
    }
    // The report of an earlier manager.
    try await hub.withServer { server in
      var broken = try #require(Self.available(server))
      (broken.status, broken.reason) = (.false, "GatewayNotServing")
      let key = ObjectKey(ClusterGatewayConfiguration.type, name: ManagerIdentity.addOnName)
      let others = server.object(ClusterGatewayConfiguration.self, name: key.name)?.status.conditions ?? []
      let conditions = others.filter { $0.type != broken.type } + [broken]
      try server.require(
        .mergePatch(key, ["status": ["conditions": .array(conditions.map(\.json))]], subresource: "status"),
        at: Self.time)
    }
    // Many of the manager's polls fit between two lists.
    let policy = ProbePolicy(interval: .seconds(1), timeout: .seconds(30))
    let report = await Self.manager(hub, probes: .policy(policy)).converge(within: .seconds(240))
    #expect(report.isIdle && !report.findings.contains { $0.code == "GatewayNotServing" })
    #expect(Self.available(await hub.snapshot)?.reason == "GatewayAvailable")
  }

  @Test func `a gateway of which one pod serves nothing is restarted`() async throws {
    let hub = try await Self.hub(hasAPIService: false)
    let gateway = PartlyBroken(hub, alternates: true)
    let manager = Self.manager(RetryingTransport(gateway), probes: .policy(Self.policy))
    try await Self.work(manager, on: hub) {
      Self.isRestarted($0) && Self.available($0)?.reason == "GatewayAvailable"
    }
  }

  @Test func `a gateway that served is restarted when the API server connects to a pod that does not`()
    async throws
  {
    let hub = try await Self.hub(hasAPIService: false)
    let gateway = PartlyBroken(hub, alternates: false)
    let manager = Self.manager(gateway, probes: .policy(Self.policy))
    try await Self.work(manager, on: hub) { server in
      guard gateway.isConnected else {
        let serves = manager.runner.model.installation.serving?.serves ?? false
        if serves, Self.isReached(server) { gateway.connect() }
        return false
      }
      return Self.isRestarted(server) && Self.available(server)?.reason == "GatewayAvailable"
    }
  }

  @Test func `of a list that has no end a bounded part is read`() async throws {
    let hub = try await Self.hub(hasAPIService: false)
    let gateway = EndlessTransport(SimulatedGateway(hub)) { $0.path.last == ClusterGateway.type.plural }
    let policy = ProbePolicy(interval: .seconds(1), timeout: .seconds(60))
    try await Self.work(Self.manager(gateway, probes: .policy(policy)), on: hub) {
      Self.isReached($0) && gateway.longestRead > 0
    }
    #expect(gateway.longestRead <= 33 << 20)
  }
}
