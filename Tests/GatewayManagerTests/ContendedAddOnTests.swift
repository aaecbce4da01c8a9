import GatewayAPI
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeKindsEvents
import KubeMemory
import KubeReconcile
import KubeTransport
import Logging
import Synchronization
import Testing

/// The manager beside an earlier one that is still running and writes the same add-on, and beside
/// an agent that replaces its token without end.
@Suite(.timeLimit(.minutes(10))) struct ContendedAddOnTests {
  private static let addOn = ObjectKey(
    ManagedClusterAddOn.type, namespace: "a", name: ManagerIdentity.addOnName)

  /// A hub where each patch of a cluster's add-on is followed by the earlier manager's write.
  private final class ContestedHub: Transport {
    let hub: InMemoryCluster
    private let other: KubeClient
    private let counted = Mutex(0)

    init(_ hub: InMemoryCluster) {
      self.hub = hub
      other = KubeClient(hub, fieldManager: "addon-manager")
    }

    var patches: Int { counted.withLock { $0 } }

    func changeBack() async throws {
      _ = try await other.bytes(
        .mergePatch(
          addOn, ["metadata": ["annotations": [.init(OCMAnnotations.installNamespace): "other"]]],
          options: WriteOptions(fieldManager: other.fieldManager)))
    }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let response = try await hub.send(request)
      guard request.method == .patch, request.path.suffix(3) == ["a", addOn.type.plural, addOn.name] else {
        return response
      }
      counted.withLock { $0 += 1 }
      try await changeBack()
      return response
    }
  }

  @Test func `an add-on that an earlier manager keeps changing back is reported, and nothing else waits`()
    async throws
  {
    let hub = InMemoryCluster(try await ReportHub.shared.value, now: { ReportHub.time })
    let contested = ContestedHub(hub)
    let manager = GatewayOperator(
      KubeClient(contested, fieldManager: ManagerIdentity.fieldManager),
      options: .init(probes: .disabled, eventInstance: "test"),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { ReportHub.time })
    let running = Task { await manager.run() }
    defer { running.cancel() }
    /// A busy machine may be slow; that must not fail the test.
    func eventually(_ condition: () async -> Bool) async throws {
      for _ in 0..<6000 where await !condition() { try await Task.sleep(for: .milliseconds(10)) }
      #expect(await condition(), "\(manager.report())")
    }
    func degraded() async -> Condition? {
      await hub.snapshot.object(ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)?
        .status.conditions.condition(ClusterGatewayConfiguration.ConditionType.degraded)
    }

    try await eventually { manager.isReady }
    try await contested.changeBack()
    try await eventually { await degraded()?.reason == "Contended" }
    let finding = try #require(manager.report().findings.first { $0.code == .contended })
    #expect(finding.object == Self.addOn && finding.problem.contains("addon-manager"), "\(finding)")
    #expect(await degraded()?.status == .true)
    try await eventually {
      await hub.snapshot.objects(KubeKindsEvents.Event.type).contains { event in
        let note = event.json["note"]?.string ?? ""
        return event.json["reason"] == "Contended" && note.contains("addon-manager")
          && note.contains("--show-managed-fields")
      }
    }
    // The account of the same cluster is mended without the next write of the add-on. A delay may end
    // just then; the next one is longer.
    let account = ObjectKey(ManagedServiceAccount.type, namespace: "a", name: "cluster-gateway")
    let user = KubeClient(hub, fieldManager: "user")
    var isIndependent = false
    for _ in 0..<3 where !isIndependent {
      let patches = contested.patches
      _ = try await user.bytes(.mergePatch(account, ["spec": ["rotation": ["validity": "1h0m0s"]]]))
      try await eventually {
        await hub.snapshot.object(account)?.json.value(at: "spec", "rotation", "validity") != "1h0m0s"
      }
      isIndependent = contested.patches == patches
    }
    #expect(isIndependent)
    // A takeover and an apply, eleven times, and then once for each of the doubled delays.
    #expect(contested.patches <= 2 * (11 + 12))
  }

  @Test func `a token that a cluster keeps replacing is copied ever more rarely, and reported`() async throws
  {
    let hub = InMemoryCluster(try await ReportHub.shared.value, now: { ReportHub.time })
    let counting = CountingTransport(hub)
    let manager = GatewayOperator(
      KubeClient(counting, fieldManager: ManagerIdentity.fieldManager), options: .init(probes: .disabled),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { ReportHub.time })
    let running = Task { await manager.run() }
    defer { running.cancel() }
    let agent = KubeClient(hub, fieldManager: "agent")
    let reported = ObjectKey(Secret.type, namespace: "a", name: "cluster-gateway")
    let copy = ObjectKey(Secret.type, namespace: "open-cluster-management-credentials", name: "a")
    #expect(await hub.snapshot.object(copy) != nil)
    for number in 0..<60 {
      let data: JSONValue = ["token": .string(Base64.encode("token-\(number % 2)".utf8))]
      _ = try await agent.bytes(.mergePatch(reported, ["data": data]))
      // The next one follows when this one was copied, or soon if it isn't.
      for _ in 0..<50 where await hub.snapshot.object(copy)?.json["data"]?["token"] != data["token"] {
        try await Task.sleep(for: .milliseconds(2))
      }
    }
    #expect(counting.requests.count { $0.method == .patch && $0.path.suffix(2) == ["secrets", "a"] } <= 40)
    for _ in 0..<6000 where !manager.report().findings.contains(where: { $0.code == .contended }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let finding = try #require(manager.report().findings.first { $0.code == .contended })
    #expect(finding.object == copy && finding.problem.contains("keeps changing its source"), "\(finding)")
  }
}
