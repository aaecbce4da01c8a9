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

@testable import KubeRuntime

/// A controller and another program that keeps changing one of its objects back.
@Suite(.timeLimit(.minutes(5))) struct ContendedObjectTests {
  /// A cluster where each patch of one object is followed by another program's write of it.
  private final class ContestedCluster: Transport {
    let cluster: InMemoryCluster
    private let contested: ObjectKey
    private let other: KubeClient
    private let state = Mutex((isActive: true, patches: 0))

    init(_ cluster: InMemoryCluster, _ contested: ObjectKey) {
      self.cluster = cluster
      self.contested = contested
      other = KubeClient(cluster, fieldManager: "widgets-v2")
    }

    /// The number of the controller's patches of the object.
    var patches: Int { state.withLock { $0.patches } }

    func stop() { state.withLock { $0.isActive = false } }

    /// Writes the object as the other program wants it.
    func changeBack() async throws {
      _ = try await other.bytes(
        .mergePatch(
          contested, ["data": ["size": "huge"]], options: WriteOptions(fieldManager: other.fieldManager)))
    }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      let response = try await cluster.send(request)
      guard request.method == .patch, request.path.contains("configmaps"),
        request.path.last == contested.name
      else { return response }
      let isActive = state.withLock { state in
        state.patches += 1
        return state.isActive
      }
      if isActive { try await changeBack() }
      return response
    }
  }

  /// A controller with two ConfigMaps and an effect for each widget.
  private static let controller = Controller(
    Widget.self, effects: Widget.Effect.self, fieldManager: "widgets"
  ) { work in
    let widget = work.object
    _ = work.perform(.make(size: widget.size))
    for name in [widget.metadata.name, widget.metadata.name + "-copy"] {
      work.ensure(
        ConfigMap(
          metadata: ObjectMeta(name: name, namespace: widget.metadata.namespace),
          data: ["size": widget.size]))
    }
  }.owns(ConfigMap.self)

  @Test(arguments: [false, true])
  func `an object that is kept being changed back is reported and waits; others don't`(
    effectFails: Bool
  ) async throws {
    let (widget, clock) = (Widget("a"), ManualClock())
    let memory = try await InMemoryCluster.withWidgets(widget)
    let cluster = ContestedCluster(memory, widget.configMap)
    let runner = ControllerRunner(
      Self.controller, client: KubeClient(cluster, fieldManager: "widgets"),
      options: ControllerOptions(eventInstance: "test", clock: clock),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) { _ in
      if effectFails { throw TerminalError("no") }
    }
    @Sendable func size(_ name: String) async -> String? {
      let key = ObjectKey(ConfigMap.type, namespace: "default", name: name)
      return await memory.object(key)?.json.value(at: "data", "size")?.string
    }
    @Sendable func isReported() -> Bool { runner.report.generalFindings.contains { $0.code == .contended } }

    let work = Task { try await runner.run() }
    defer { work.cancel() }
    try await eventually { await size("a") == "small" }
    try await cluster.changeBack()
    try await eventually { isReported() && !runner.report.isBusy }
    // The clock stands still: the takeover of the created object's fields, an apply, and ten more.
    let patches = cluster.patches
    #expect((11...13).contains(patches))
    let finding = try #require(runner.report.generalFindings.first)
    #expect(finding.severity == .error && finding.object == widget.configMap)
    #expect(finding.problem.contains("10 times within a minute"), "\(finding)")
    #expect(finding.problem.hasSuffix("other field managers: widgets-v2"), "\(finding)")
    #expect(finding.remedy.contains("kubectl get configmaps a -n default -o yaml --show-managed-fields"))
    #expect(runner.debugState["contended"]?.array?.count == 1)
    try await eventually {
      await memory.snapshot.objects(KubeKindsEvents.Event.type).contains { $0.json["reason"] == "Contended" }
    }

    // Another object of the same key doesn't wait.
    let user = KubeClient(memory, fieldManager: "user")
    _ = try await user.bytes(.mergePatch(widget.key, ["spec": ["size": "large"]]))
    try await eventually { await size("a-copy") == "large" }
    #expect(await size("a") == "huge" && cluster.patches == patches)

    // The delays grow: the writes of two minutes are few.
    for _ in 0..<120 {
      clock.advance(by: .seconds(1))
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(cluster.patches <= patches + 8 && isReported())

    cluster.stop()
    try await eventually {
      clock.advance(by: .seconds(1))
      return await size("a") == "large"
    }
    try await eventually {
      clock.advance(by: .seconds(1))
      return !isReported()
    }
    #expect(runner.debugState["contended"]?.array?.isEmpty == true)
    #expect(runner.report.failures.isEmpty == !effectFails)
  }

  @Test func `an apply that a server answers with the object as it is counts for nothing`() async throws {
    let (widget, clock, patches) = (Widget("a"), ManualClock(), Shared(0))
    let memory = try await InMemoryCluster.withWidgets(widget)
    // It keeps its own value of a field, as one that writes a quantity in another way does.
    let normalizing = InterceptedTransport(base: memory) { request in
      guard request.method == .patch, request.path.contains("configmaps"), request.path.last == "a",
        let object = await memory.object(widget.configMap)
      else { return nil }
      patches.value.withLock { $0 += 1 }
      return response(200, object.json)
    }
    let runner = ControllerRunner(
      Self.controller, client: KubeClient(normalizing, fieldManager: "widgets"),
      options: ControllerOptions(clock: clock), logger: silent
    ) { _ in }
    @Sendable func isReported() -> Bool { runner.report.generalFindings.contains { $0.code == .contended } }
    try await run(runner) {
      try await eventually { await memory.object(widget.configMap) != nil }
      _ = try await KubeClient(memory, fieldManager: "user").bytes(
        .mergePatch(widget.configMap, ["data": ["size": "SMALL"]]))
      try await eventually { patches.value.withLock { $0 } > 0 && !runner.report.isBusy }
      for _ in 0..<20 {
        let before = patches.value.withLock { $0 }
        runner.reconcileAll()
        try await eventually {
          isReported() || patches.value.withLock { $0 } > before && !runner.report.isBusy
        }
      }
      #expect(!isReported())
    }
  }
}
