import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Testing

/// The add-ons' conditions for clusters that answer through the gateway, or don't.
@Suite struct ProbeTests {
  private static let time = Date(timeIntervalSince1970: 1_796_083_200)
  private static let policy = ProbePolicy(interval: .milliseconds(60), timeout: .seconds(30))

  private static func hub() async throws -> InMemoryCluster {
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct).install(on: &server, at: time)
    for cluster in ["one", "two"] { try Registration().join(cluster, on: &server, at: time) }
    return InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
  }

  /// Runs the manager and the simulated controllers until `isDone`; returns the conditions of both
  /// clusters.
  private static func work(
    on hub: InMemoryCluster, by transport: any Transport, until isDone: ([Condition]) -> Bool
  ) async throws -> [Condition] {
    let client = KubeClient(transport, fieldManager: ManagerIdentity.fieldManager)
    let manager = GatewayOperator(
      client, options: .init(probes: .policy(policy), healthInterval: .milliseconds(20)),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let work = Task { await manager.run() }
    defer { work.cancel() }
    let simulators = SimulatedControllers.ocmHub()
    var said: [Condition] = []
    for _ in 0..<9_000 {
      _ = await hub.withServer { simulators.converge(on: &$0, at: time) }
      let server = await hub.snapshot
      said = ["one", "two"].compactMap { cluster in
        server.object(ManagedClusterAddOn.self, namespace: cluster, name: ManagerIdentity.addOnName)?
          .status.conditions.condition("Available")
      }
      if said.count == 2, isDone(said), manager.report().isIdle {
        if said.allSatisfy({ $0.reason == "ProbeSucceeded" }) { expectAttempts(in: manager.debugState) }
        return said
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("no end: \(said) \(manager.report())")
    return said
  }

  /// The time and the outcome of each cluster's last probe are in the state, and no more.
  private static func expectAttempts(in state: JSONValue) {
    let attempts = ProbeAttempt.attempts(in: ["services": [state]])
    #expect(attempts.keys.sorted() == ["one", "two"])
    #expect(attempts.values.allSatisfy { $0.outcome == .answered && $0.time == time })
    #expect(state["probes"]?["one"]?.object?.count == 3)
  }

  @Test(.timeLimit(.minutes(5)))
  func `a cluster that does not answer is unavailable until it does, and the others stay available`()
    async throws
  {
    let hub = try await Self.hub()
    let all = try await Self.work(on: hub, by: SimulatedGateway(hub)) {
      $0.allSatisfy { $0.reason == "ProbeSucceeded" }
    }
    #expect(all.map(\.status) == [.true, .true])

    let some = try await Self.work(on: hub, by: SimulatedGateway(hub, unreachable: ["two"])) {
      $0[1].status == .false
    }
    #expect(some.map(\.reason) == ["ProbeSucceeded", "ProbeFailed"])
    #expect(some[1].message == "the cluster does not answer through the gateway (503)")

    // Another manager says the same until it has looked for itself.
    let blind = try await Self.work(on: hub, by: hub) { _ in true }
    #expect(blind == some)
    let again = try await Self.work(on: hub, by: SimulatedGateway(hub)) { $0[1].status == .true }
    #expect(again.map(\.reason) == ["ProbeSucceeded", "ProbeSucceeded"])
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      (401, "", "the cluster refuses the gateway's credential"),
      (404, "cluster.core.oam.dev", "the gateway does not know the cluster"),
      (502, "", "the cluster does not answer through the gateway (502)"),
    ])
  func `a failure is reported with a fixed message`(code: Int, group: String, message: String) async throws {
    let hub = try await Self.hub()
    let transport = AnsweringTransport(hub: hub, code: code, group: group)
    let said = try await Self.work(on: hub, by: transport) { $0.allSatisfy { $0.reason == "ProbeFailed" } }
    #expect(said.map(\.status) == [.false, .false])
    #expect(said.map(\.message) == [message, message])
  }

  /// A refusal by the hub says nothing about the cluster; one by the cluster shows that it answers,
  /// also one that looks like the hub's.
  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      (403, "cluster.core.oam.dev", false, "ProbeForbidden", Condition.Status.unknown),
      (403, "cluster.core.oam.dev", true, "ProbeSucceeded", .true),
      (403, "", false, "ProbeSucceeded", .true), (429, "", false, "ProbeInconclusive", .unknown),
    ])
  func `a refusal counts by its origin`(
    code: Int, group: String, isAllowed: Bool, reason: String, status: Condition.Status
  ) async throws {
    let hub = try await Self.hub()
    let transport = AnsweringTransport(hub: hub, code: code, group: group, isAllowed: isAllowed)
    let said = try await Self.work(on: hub, by: transport) {
      $0.allSatisfy { $0.status == status && $0.reason == reason }
    }
    #expect(said.map(\.reason) == [reason, reason])
    let configuration = await hub.snapshot.object(
      ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)
    let degraded = try #require(configuration?.status.conditions.condition("Degraded"))
    #expect((degraded.reason == "RightsMissing") == (reason == "ProbeForbidden"))
    #expect(!degraded.message.contains(AnsweringTransport.message))
  }

  @Test func `a cluster whose answer has no end is reached, and little of it is read`() async throws {
    let transport = EndlessTransport(try await Self.hub()) { $0.path.last == "healthz" }
    let client = KubeClient(transport, fieldManager: ManagerIdentity.fieldManager)
    let result = await ProbeResult.asking("one", through: client, timeout: .seconds(240))
    #expect(result == .reached)
    #expect((1...128 << 10).contains(transport.longestRead))
  }
}

/// A hub on which every path through the gateway has the same answer.
private struct AnsweringTransport: Transport {
  let hub: InMemoryCluster
  let code: Int
  let group: String
  /// The answer of the hub's access reviews.
  var isAllowed = false

  static let message = "what the answer says"

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    if request.path.last == "selfsubjectaccessreviews" {
      return KubeResponse(
        status: .created,
        body: ResponseBody(
          JSONWriter().bytes([
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "status": ["allowed": .bool(isAllowed)],
          ])))
    }
    guard request.path.contains("proxy") else { return try await hub.send(request) }
    let status = Status(
      status: "Failure", message: Self.message, reason: nil,
      details: group.isEmpty ? nil : StatusDetails(name: "one", group: group, kind: "clustergateways"),
      code: code)
    return KubeResponse(
      status: HTTPResponse.Status(code: code), body: ResponseBody(Array(JSONWriter().text(status.json).utf8)))
  }
}
