import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
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

/// A hub with the manager and the simulated controllers, with a clock that the test moves.
private final class Hub: Sendable {
  let hub: InMemoryCluster
  private let writes = Mutex<[KubeRequest]>([])
  private let simulators = SimulatedControllers.ocmHub()

  init(_ configuration: ClusterGatewayConfiguration.Spec = OCMHub.direct, clusters: [String]) throws {
    let now = Date(timeIntervalSince1970: 1_796_083_200)
    var server = MemoryAPIServer(at: now)
    try OCMHub(configuration: configuration).install(on: &server, at: now)
    for cluster in clusters { try Registration().join(cluster, on: &server, at: now) }
    let time = Mutex(now)
    hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time.withLock { $0 } })
    move = { seconds in time.withLock { $0 += seconds } }
    clock = { time.withLock { $0 } }
  }

  let move: @Sendable (Double) -> Void
  let clock: @Sendable () -> Date

  /// The manager's requests that wrote something, since the last call.
  func takeWrites() -> [KubeRequest] {
    writes.withLock { writes in
      defer { writes = [] }
      return writes
    }
  }

  private struct Recording: Transport {
    let base: any Transport
    let record: @Sendable (KubeRequest) -> Void

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      if request.method != .get { record(request) }
      return try await base.send(request)
    }
  }

  /// Runs a manager that probes through `gateway`, until `isDone` returns true for a converged hub.
  func work(
    _ gateway: any Transport, probes: GatewayOperator.Probes, others: Bool = true,
    until isDone: (MemoryAPIServer, GatewayOperator.Report) -> Bool
  ) async throws {
    let recording = Recording(base: gateway) { request in self.writes.withLock { $0.append(request) } }
    let manager = GatewayOperator(
      KubeClient(recording, fieldManager: ManagerIdentity.fieldManager),
      options: .init(probes: probes, healthInterval: .milliseconds(20)),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: clock)
    let work = Task { await manager.run() }
    var convergedPolls = 0
    for _ in 0..<9_000 where convergedPolls < 5 {
      let now = clock()
      if others { _ = await hub.withServer { simulators.converge(on: &$0, at: now) } }
      let report = manager.report()
      let server = await hub.snapshot
      convergedPolls = report.isIdle && isDone(server, report) ? convergedPolls + 1 : 0
      try await Task.sleep(for: .milliseconds(10))
    }
    work.cancel()
    await work.value
    #expect(convergedPolls == 5, "it never came to this: \(manager.report())")
  }

  /// The statuses of a cluster's health for three readers: the add-on's condition `Available`, and
  /// the column HEALTHY of `kubectl get clustergateways`.
  static func health(of cluster: String, on server: MemoryAPIServer) -> (
    available: Condition?, healthy: String?
  ) {
    let addOn = server.object(
      ManagedClusterAddOn.self, namespace: cluster, name: ManagerIdentity.addOnName)
    let secret = server.object(Secret.self, namespace: OCMHub.direct.secretNamespace, name: cluster)
    return (
      addOn?.status.conditions.condition("Available"),
      secret?.metadata.annotations[GatewayAnnotations.healthy]
    )
  }

  static func condition(_ type: String, on server: MemoryAPIServer) -> Condition? {
    server.object(ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)?.status.conditions
      .condition(type)
  }
}

private let quick = GatewayOperator.Probes.policy(
  ProbePolicy(interval: .milliseconds(60), timeout: .seconds(30)))

/// The clusters' health in its three places.
@Suite(.timeLimit(.minutes(5))) struct HealthTests {
  @Test func `the add-ons, the gateway's list and the configuration agree`() async throws {
    let world = try Hub(clusters: ["one", "two"])
    let gateway = SimulatedGateway(world.hub, unreachable: ["two"])
    try await world.work(gateway, probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .false
        && Hub.health(of: "one", on: server).healthy == "true"
    }
    var server = await world.hub.snapshot
    #expect(Hub.health(of: "one", on: server).available?.status == .true)
    #expect(Hub.health(of: "two", on: server).available?.status == .false)
    #expect(Hub.health(of: "two", on: server).healthy != "true")
    #expect(
      Hub.condition("ClustersHealthy", on: server)?.message == "1 of 2 clusters are available; not: two")

    try await world.work(SimulatedGateway(world.hub), probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .true
    }
    server = await world.hub.snapshot
    for cluster in ["one", "two"] {
      #expect(Hub.health(of: cluster, on: server).available?.status == .true)
      #expect(Hub.health(of: cluster, on: server).healthy == "true")
    }

    // A cluster that was healthy is shown as unhealthy, with the reason.
    try await world.work(gateway, probes: quick) { server, _ in
      Hub.health(of: "two", on: server).healthy == "false"
    }
    server = await world.hub.snapshot
    #expect(Hub.health(of: "two", on: server).available?.reason == "ProbeFailed")
  }

  @Test func `availability is unknown until a cluster was probed, and a restart writes nothing`()
    async throws
  {
    let world = try Hub(clusters: ["one"])
    try await world.work(world.hub, probes: .disabled) { server, _ in
      Hub.health(of: "one", on: server).available?.reason == "NotProbedYet"
    }
    #expect(Hub.health(of: "one", on: await world.hub.snapshot).available?.status == .unknown)
    try await world.work(SimulatedGateway(world.hub), probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .true
    }
    _ = world.takeWrites()
    for probes in [GatewayOperator.Probes.disabled, quick] {
      try await world.work(SimulatedGateway(world.hub), probes: probes) { _, _ in true }
      #expect(world.takeWrites().map(\.target) == [])
    }
  }

  @Test func `one pod that turns unready costs no write for clusters`() async throws {
    let names = (1...20).map { "cluster-\($0)" }
    let world = try Hub(clusters: names)
    try await world.work(SimulatedGateway(world.hub), probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.message == "20 of 20 clusters are available"
    }
    _ = world.takeWrites()
    let install = OCMHub.direct.installNamespace
    let key = ObjectKey(Deployment.type, namespace: install, name: GatewayNames.deployment)
    let now = world.clock()
    let ready = try #require(
      await world.hub.snapshot.object(Deployment.self, namespace: install, name: key.name)?.status
        .readyReplicas)
    try await world.hub.withServer { server in
      _ = try server.require(
        .mergePatch(
          key,
          [
            "status": [
              "readyReplicas": .integer(Int64(ready) - 1), "availableReplicas": .integer(Int64(ready) - 1),
            ]
          ], subresource: "status"), at: now)
    }
    try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { server, _ in
      Hub.condition("ClusterGatewayDeployed", on: server)?.status == .false
    }
    let writes = world.takeWrites()
    #expect(!writes.isEmpty && writes.allSatisfy { $0.path.contains("clustergatewayconfigurations") })
  }

  @Test func `a gateway that is down for an interval makes every cluster unknown, in one wording`()
    async throws
  {
    let world = try Hub(clusters: ["one", "two"])
    try await world.work(SimulatedGateway(world.hub), probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .true
    }
    try await setAPIService(available: false, in: world)
    try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { server, _ in
      Hub.condition("Available", on: server)?.status == .false
    }
    // It may come back within the interval: nothing is said of the clusters yet.
    var server = await world.hub.snapshot
    #expect(Hub.health(of: "one", on: server).available?.status == .true)
    world.move(61)
    try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { server, _ in
      ["one", "two"].allSatisfy {
        Hub.health(of: $0, on: server).available?.reason == "GatewayUnavailable"
      }
    }
    server = await world.hub.snapshot
    let conditions = ["one", "two"].compactMap { Hub.health(of: $0, on: server).available }
    #expect(conditions.map(\.status) == [.unknown, .unknown])
    #expect(Set(conditions.map(\.message)).count == 1)
    #expect(Hub.health(of: "one", on: server).healthy == "false")
    #expect(Hub.condition("ClustersHealthy", on: server)?.reason == "GatewayUnavailable")

    try await setAPIService(available: true, in: world)
    try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .true
    }
    #expect(Hub.health(of: "one", on: await world.hub.snapshot).available?.reason == "ProbeSucceeded")
  }

  @Test func `two API servers that word a condition differently cause no writes`() async throws {
    let world = try Hub(clusters: ["one"])
    try await world.work(SimulatedGateway(world.hub), probes: quick) { server, _ in
      Hub.condition("ClustersHealthy", on: server)?.status == .true
    }
    try await setAPIService(available: false, message: "by the one", in: world)
    try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { server, _ in
      Hub.condition("Available", on: server)?.status == .false
    }
    _ = world.takeWrites()
    for message in ["by the other", "by the one", "by the other"] {
      try await setAPIService(available: false, message: message, in: world)
      try await world.work(SimulatedGateway(world.hub), probes: quick, others: false) { _, _ in true }
    }
    #expect(world.takeWrites().map(\.target) == [])
  }

  private func setAPIService(
    available: Bool, message: String = "as the test says", in world: Hub
  ) async throws {
    let now = world.clock()
    let condition = Condition(
      type: "Available", status: available ? .true : .false,
      reason: available ? "Passed" : "MissingEndpoints", message: message,
      lastTransitionTime: now)
    try await world.hub.withServer { server in
      _ = try server.require(
        .mergePatch(
          ObjectKey(APIService.type, name: GatewayNames.apiService),
          ["status": ["conditions": [condition].json]], subresource: "status"), at: now)
    }
  }

  // MARK: Secrets that a person makes

  private func manual() async throws -> Hub {
    var spec = OCMHub.direct
    spec.secretManagement = .init(type: .manual)
    let world = try Hub(spec, clusters: ["one"])
    let now = world.clock()
    let secret = Secret(
      metadata: ObjectMeta(
        name: "one", namespace: spec.secretNamespace,
        labels: [
          GatewayLabels.credentialType: "ServiceAccountToken", GatewayLabels.endpointType: "Const",
        ]), type: "Opaque", data: ["token": SecretBytes(utf8: "abc")])
    // The person's namespace comes before the manager's.
    let namespace = Namespace(metadata: ObjectMeta(name: spec.secretNamespace))
    try await world.hub.withServer { server in
      _ = try server.require(.create(namespace.key, namespace.json), at: now)
      _ = try server.require(.create(secret.key, secret.json), at: now)
    }
    return world
  }

  /// A hub on which the cluster answers whatever credential the gateway has.
  private struct Reached: Transport {
    let base: any Transport

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      guard request.path.contains("proxy") else { return try await base.send(request) }
      return KubeResponse(status: .ok, body: ResponseBody(Array("ok".utf8)))
    }
  }

  @Test(arguments: [false, true])
  func `the gateway notes the health of a Secret that a person made`(failsAfterWriting: Bool) async throws {
    let world = try await manual()
    let gateway = Reached(
      base: SimulatedGateway(world.hub, failsHealthWrites: failsAfterWriting))
    try await world.work(gateway, probes: quick) { server, _ in
      Hub.health(of: "one", on: server).healthy == "true"
    }
    let server = await world.hub.snapshot
    #expect(Hub.health(of: "one", on: server).available?.status == .true)
    let addOn = server.object(ManagedClusterAddOn.self, namespace: "one", name: "cluster-gateway")
    let types = addOn?.status.conditions.map(\.type) ?? []
    #expect(types.contains("RegistrationApplied") && !types.contains("ManifestApplied"), "\(types)")
    let secret = server.object(Secret.self, namespace: OCMHub.direct.secretNamespace, name: "one")
    #expect(secret?.data["token"] == SecretBytes(utf8: "abc"))
  }

  private struct Forbidding: Transport {
    let base: any Transport

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      guard request.path.last == "health" else { return try await base.send(request) }
      let status = Status(
        status: "Failure", message: "clustergateways is forbidden: User \"a\" cannot update resource",
        reason: "Forbidden", code: 403)
      return KubeResponse(
        status: .forbidden, body: ResponseBody(Array(JSONWriter().text(status.json).utf8)))
    }
  }

  @Test func `that the manager may not have health noted is a finding`() async throws {
    let world = try await manual()
    let gateway = Forbidding(base: Reached(base: SimulatedGateway(world.hub)))
    try await world.work(gateway, probes: quick) { server, report in
      Hub.health(of: "one", on: server).available?.status == .true
        && report.findings.contains {
          $0.code == "RightsMissing" && $0.problem.contains("clustergateways.cluster.core.oam.dev/health")
        }
    }
    #expect(Hub.condition("Degraded", on: await world.hub.snapshot)?.reason == "RightsMissing")
  }
}
