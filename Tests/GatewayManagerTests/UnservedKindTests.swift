import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization
import Testing

/// The manager on a hub without the managed-serviceaccount add-on's kind.
@Suite(.timeLimit(.minutes(5))) struct UnservedKindTests {
  private static let time = ReportHub.time

  /// A hub that serves ManagedServiceAccounts only after ``serve()``.
  private final class Hub: Transport {
    let cluster: InMemoryCluster
    private let isServed = Mutex(false)

    init(_ server: MemoryAPIServer) {
      cluster = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    }

    func serve() { isServed.withLock { $0 = true } }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let type = ManagedServiceAccount.type
      guard request.path.starts(with: ["apis", type.group, type.version]), !isServed.withLock({ $0 }) else {
        return try await cluster.send(request)
      }
      guard request.path.count == 3 else {
        return KubeResponse(status: .notFound, body: ResponseBody(Array("404 page not found\n".utf8)))
      }
      let list: JSONValue = [
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(type.apiVersion),
        "resources": [],
      ]
      return KubeResponse(status: .ok, body: ResponseBody(JSONWriter().bytes(list)))
    }
  }

  private static func hub(_ secrets: ClusterGatewayConfiguration.SecretManagementType) throws -> Hub {
    var spec = OCMHub.direct
    spec.secretManagement = .init(type: secrets)
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: spec).install(on: &server, at: time)
    try Registration().join("a", on: &server, at: time)
    return Hub(server)
  }

  /// Runs a manager and the simulated controllers while `body` runs.
  private static func run(on hub: Hub, _ body: (GatewayOperator) async throws -> Void) async throws {
    let manager = GatewayOperator(
      KubeClient(hub, fieldManager: ManagerIdentity.fieldManager), options: .init(probes: .disabled),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let work = Task { await manager.run() }
    defer { work.cancel() }
    try await body(manager)
  }

  /// Runs the simulated controllers until the manager is idle and `condition` holds.
  private static func eventually(
    _ manager: GatewayOperator, on hub: Hub, _ condition: (MemoryAPIServer) -> Bool
  ) async throws {
    for _ in 0..<9_000 {
      _ = await hub.cluster.withServer { SimulatedControllers.ocmHub().converge(on: &$0, at: time) }
      if manager.report().isIdle, condition(await hub.cluster.snapshot) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("no end: \(manager.report())")
  }

  private static func finding(_ manager: GatewayOperator) -> Finding? {
    manager.report().findings.first { $0.code == .kindNotServed }
  }

  private static func isInstalled(_ server: MemoryAPIServer) -> Bool {
    server.object(Deployment.self, namespace: "vela-system", name: "gateway-deployment") != nil
      && server.object(ManagedClusterAddOn.self, namespace: "a", name: ManagerIdentity.addOnName) != nil
  }

  @Test func `the gateway is installed, and each cluster gets its identity once the kind is served`()
    async throws
  {
    let hub = try Self.hub(.managedServiceAccount)
    try await Self.run(on: hub) { manager in
      try await Self.eventually(manager, on: hub) { Self.isInstalled($0) && Self.finding(manager) != nil }
      #expect(Self.finding(manager)?.severity == .error)
      #expect(!manager.report().findings.contains { $0.code == .rightsMissing })
      hub.serve()
      try await Self.eventually(manager, on: hub) { server in
        server.object(ManagedServiceAccount.self, namespace: "a", name: "cluster-gateway") != nil
          && Self.finding(manager) == nil
      }
    }
  }

  @Test func `where a person creates the credentials, the manager works and warns`() async throws {
    let hub = try Self.hub(.manual)
    try await Self.run(on: hub) { manager in
      try await Self.eventually(manager, on: hub) { Self.isInstalled($0) && Self.finding(manager) != nil }
      #expect(Self.finding(manager)?.severity == .warning)
      let configuration = await hub.cluster.snapshot.object(
        ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)
      #expect(configuration?.status.conditions.condition("Degraded")?.status == .false)
    }
  }

  @Test func `credentials stay while it is unknown which identities there are`() async throws {
    let hub = Hub(try await ReportHub.shared.value)
    let credential = ObjectKey(Secret.type, namespace: "open-cluster-management-credentials", name: "a")
    #expect(await hub.cluster.snapshot.object(credential) != nil)
    try await Self.run(on: hub) { manager in
      try await Self.eventually(manager, on: hub) { _ in Self.finding(manager) != nil }
      #expect(await hub.cluster.snapshot.object(credential) != nil)
    }
  }

  @Test func `the manager starts without the kind, and commands that read a hub do not`() async throws {
    let client = KubeClient(try Self.hub(.manual), fieldManager: "test")
    try await HubRequirements.checkForManager(client)
    let error = await #expect(throws: HubRequirements.MissingKinds.self) {
      try await HubRequirements.check(client)
    }
    #expect(error?.kinds == [ManagedServiceAccount.type])
  }
}
