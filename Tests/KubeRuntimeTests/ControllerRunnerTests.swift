import HTTPTypes
import InMemoryTracing
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsCore
import KubeKindsEvents
import KubeMemory
import KubeReconcile
import KubeTransport
import Logging
import Synchronization
import Testing
import Tracing

import struct Foundation.Date

@testable import KubeRuntime

/// A controller's process on an in-memory cluster, with watches and queue.
@Suite(.timeLimit(.minutes(5))) struct ControllerRunnerTests {
  /// The effects that were performed.
  private final class Effects: Sendable {
    private let all = Mutex<[Widget.Effect]>([])
    var performed: [Widget.Effect] { all.withLock { $0 } }
    func record(_ effect: Widget.Effect) { all.withLock { $0.append(effect) } }
  }

  private func runner(
    _ transport: any Transport, options: ControllerOptions = ControllerOptions(),
    perform: @escaping @Sendable (Widget.Effect) async throws -> Void
  ) -> ControllerRunner<ControllerCache<Widget, Widget.Effect>> {
    ControllerRunner(
      Widget.controller, client: KubeClient(transport, fieldManager: "widgets"), options: options,
      logger: silent, perform: perform)
  }

  @Test func `what an object owns appears, its status is set, and its finalizer's effect is performed`()
    async throws
  {
    let (cluster, effects, widget) = (try await InMemoryCluster.withWidgets(), Effects(), Widget("a"))
    let user = KubeClient(cluster, fieldManager: "user")
    let runner = runner(cluster) { effects.record($0) }
    try await run(runner) {
      try await eventually { runner.isReady }
      _ = try await user.create(widget)
      try await eventually { await cluster.isReady(widget) }
      #expect(effects.performed == [.make(size: "small")])
      // Changes of others are reverted.
      _ = try await user.object(
        .mergePatch(widget.configMap, ["data": ["size": "huge"]]), expecting: AnswerKind(ConfigMap.type))
      try await eventually { await cluster.isReady(widget) }
      _ = try await user.bytes(.delete(widget.key))
      try await eventually { await cluster.object(widget.key) == nil }
      try await eventually { await cluster.object(widget.configMap) == nil }
    }
    #expect(effects.performed == [.make(size: "small"), .scrap(size: "small")])
    #expect(runner.findings.isEmpty && runner.report.failures.isEmpty)
  }

  @Test func `a kind is listed again at once and after 5 seconds when its definition has changed`()
    async throws
  {
    let (hub, clock) = (InMemoryCluster(MemoryAPIServer()), ManualClock())
    let lists = Mutex(0)
    let user = KubeClient(hub, fieldManager: "user")
    let key = ObjectKey(CustomResourceDefinition.type, name: Widget.type.qualifiedPlural)
    _ = try await user.bytes(.create(key, Widget.definition))
    // A list is a streaming one here.
    let counting = InterceptedTransport(base: hub) { request in
      if request.path.last == Widget.type.plural, request.query.contains(.init("sendInitialEvents", "true")) {
        lists.withLock { $0 += 1 }
      }
      return nil
    }
    let controller = Widget.controller.reads(CustomResourceDefinition.self) { _ in [] }
    let runner = ControllerRunner(
      controller, client: KubeClient(counting, fieldManager: "widgets"),
      options: ControllerOptions(clock: clock), logger: silent
    ) { _ in }
    try await run(runner) {
      try await until { runner.isReady }
      #expect(lists.withLock { $0 } == 1)
      // Neither metadata nor the status is part of the definition.
      _ = try await user.bytes(.mergePatch(key, ["metadata": ["labels": ["a": "b"]]]))
      try await until { runner.model.object(key)?.metadata.labels == ["a": "b"] }
      #expect(lists.withLock { $0 } == 1)
      _ = try await user.bytes(.mergePatch(key, ["spec": ["names": ["shortNames": ["wd"]]]]))
      try await until { lists.withLock { $0 } == 2 }
      try await until { clock.sleeperCount > 0 }
      clock.advance(by: .seconds(5))
      try await until { lists.withLock { $0 } == 3 }
      try await until { runner.isSynced }
    }
  }

  @Test func `after the server's data were restored from a backup, the model follows it`() async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let isRestored = Mutex(false)
    let restoring = InterceptedTransport(base: cluster) { request in
      let continues = request.isWatch && request.queryValue("sendInitialEvents") == nil
      return continues && isRestored.withLock { $0 } ? refusal(410, "Expired") : nil
    }
    func resize(_ size: String) async throws {
      _ = try await KubeClient(cluster, fieldManager: "user").bytes(
        .mergePatch(widget.key, ["spec": ["size": .string(size)]]))
    }
    let runner = runner(restoring) { _ in }
    try await run(runner) {
      try await eventually { await cluster.isReady(widget) }
      let backup = await cluster.snapshot
      try await resize("large")
      try await eventually { await cluster.isReady(Widget("a", size: "large")) }
      try await eventually {
        runner.model.object(widget.configMap)?.json.value(at: "data", "size") == "large"
          && !runner.report.isBusy
      }
      isRestored.withLock { $0 = true }
      await cluster.withServer { $0 = backup }
      await cluster.endWatches()
      try await eventually { runner.model.object(widget.key)?.json.value(at: "spec", "size") == "small" }
      try await eventually { await cluster.isReady(widget) }
      try await resize("medium")
      try await eventually { await cluster.isReady(Widget("a", size: "medium")) }
      try await eventually { !runner.report.isBusy && runner.report.failures.isEmpty }
    }
  }

  @Test func `each plan that writes is a span, and one that finds nothing to do is none`() async throws {
    let (cluster, widget, tracer) = (try await InMemoryCluster.withWidgets(), Widget("a"), InMemoryTracer())
    let runner = runner(cluster, options: ControllerOptions(tracer: tracer)) { _ in }
    try await run(runner) {
      _ = try await KubeClient(cluster, fieldManager: "user").create(widget)
      try await eventually { await cluster.isReady(widget) }
      try await eventually { !runner.report.isBusy }
      let spans = tracer.finishedSpans
      #expect(!spans.isEmpty && spans.allSatisfy { $0.operationName == "reconcile" })
      #expect(spans.first?.attributes.get("controller") == "widgets")
      #expect(spans.first?.attributes.get("key") == .string("\(widget.key)"))
      runner.reconcileAll()
      try await eventually { !runner.report.isBusy }
      #expect(tracer.finishedSpans.count == spans.count)
    }
  }

  @Test func `the debug state says how far each watch has come, and shows no object's contents`() async throws
  {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a", size: "hidden")), Widget("a"))
    let runner = runner(cluster) { _ in }
    #expect(runner.debugState["isSynced"] == false)
    try await run(runner) {
      try await eventually { runner.isReady && !runner.report.isBusy && runner.report.writes > 0 }
      let state = runner.debugState
      let watches = state["watches"]?.array ?? []
      #expect(state["controller"] == "widgets" && state["isSynced"] == true)
      #expect(watches.map { $0["selection"] } == ["configmaps", "widgets.example.com"])
      #expect(watches.allSatisfy { $0["objects"] == 1 && $0["isListed"] == true && $0["isRefused"] == false })
      #expect(!JSONWriter().text(state).contains(widget.size) && !JSONWriter().text(state).contains("hidden"))
    }
  }

  @Test func `a process that starts again mends what happened meanwhile, and writes nothing else`()
    async throws
  {
    let (old, lost) = (Widget("old"), Widget("lost"))
    let cluster = try await InMemoryCluster.withWidgets(old, lost)
    let writes = Mutex<[String]>([])
    try await run(runner(cluster) { _ in }) {
      try await eventually { await cluster.isReady(old) }
      try await eventually { await cluster.isReady(lost) }
    }
    let user = KubeClient(cluster, fieldManager: "user")
    _ = try await user.bytes(.delete(lost.configMap))
    let new = Widget("new")
    _ = try await user.create(new)
    let noting = InterceptedTransport(base: cluster) { request in
      if request.method != .get { writes.withLock { $0.append("\(request.target)") } }
      return nil
    }
    let runner = runner(noting) { _ in }
    try await run(runner) {
      try await eventually { await cluster.isReady(new) }
      try await eventually { await cluster.isReady(lost) }
      try await eventually { !runner.report.isBusy }
    }
    #expect(!writes.withLock { $0 }.contains { $0.contains("/configmaps/old") })
    #expect(await cluster.isReady(old))
  }

  @Test(arguments: 0..<4, [false, true])
  func `a process that ends at any write, carried out or not, leaves what the next one completes`(
    write: Int, isCarriedOut: Bool
  ) async throws {
    let (cluster, effects, widget) = (
      try await InMemoryCluster.withWidgets(Widget("a")), Effects(), Widget("a")
    )
    let writes = Mutex(0)
    let hanging = InterceptedTransport(base: cluster) { request in
      guard request.method != .get else { return nil }
      let number = writes.withLock { writes in
        defer { writes += 1 }
        return writes
      }
      guard number >= write else { return nil }
      if isCarriedOut { _ = try await cluster.send(request) }
      try await Task.sleep(for: .seconds(3600))
      return nil
    }
    // Events would count as writes.
    try await run(runner(hanging, options: .init(eventInstance: nil)) { effects.record($0) }) {
      try await eventually { writes.withLock { $0 } == write + 1 }
    }
    try await run(runner(cluster) { effects.record($0) }) {
      try await eventually { await cluster.isReady(widget) }
    }
    // Each process performs it once: the first one only if it got that far.
    #expect([1, 2].contains(effects.performed.count))
    #expect(Set(effects.performed) == [.make(size: "small")])
  }

  @Test func `a kind that may not be watched is a finding, and holds up what depends on it alone`()
    async throws
  {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let isAllowed = Mutex(false)
    let forbidding = InterceptedTransport(base: cluster) { request in
      guard request.method == .get, request.path.contains("configmaps"), !isAllowed.withLock({ $0 }) else {
        return nil
      }
      return response(
        403,
        Status(
          status: "Failure",
          message: "configmaps is forbidden: User \"a\" cannot list resource \"configmaps\"",
          reason: "Forbidden", code: 403
        ).json)
    }
    let runner = runner(forbidding) { _ in }
    try await run(runner) {
      try await eventually { runner.isReady && !runner.report.isBusy && !runner.findings.isEmpty }
      #expect(runner.report.generalFindings.map(\.code) == [.rightsMissing])
      #expect(runner.report.generalFindings.first?.problem.contains("configmaps") == true)
      #expect(await cluster.object(widget.configMap) == nil)
      isAllowed.withLock { $0 = true }
      try await eventually { await cluster.isReady(widget) }
      try await eventually { runner.report.generalFindings.isEmpty && runner.findings.isEmpty }
    }
  }

  @Test func `an effect that fails for good waits for the object to change, and is a finding`() async throws {
    let (cluster, effects) = (try await InMemoryCluster.withWidgets(Widget("a", size: "odd")), Effects())
    let user = KubeClient(cluster, fieldManager: "user")
    let runner = runner(cluster) { effect in
      effects.record(effect)
      if effect == .make(size: "odd") { throw TerminalError("there is no such size") }
    }
    let key = Widget("a").key
    try await run(runner) {
      try await eventually { runner.findings[key]?.map(\.code) == [.effectFailed] && !runner.report.isBusy }
      #expect(runner.report.failures[key] == "there is no such size")
      // Neither an event of an owned object nor a change that leaves the object's generation.
      let change: JSONValue = ["metadata": ["labels": ["touched": "true"]]]
      for target in [Widget("a").configMap, key] {
        _ = try await user.bytes(.mergePatch(target, change))
        try await eventually {
          runner.model.object(target)?.metadata.labels["touched"] == "true" && !runner.report.isBusy
        }
      }
      #expect(effects.performed == [.make(size: "odd")])
      _ = try await user.bytes(.mergePatch(key, ["spec": ["size": "even"]]))
      try await eventually { await cluster.isReady(Widget("a", size: "even")) }
      try await eventually { runner.findings.isEmpty && runner.report.failures.isEmpty }
    }
    #expect(effects.performed == [.make(size: "odd"), .make(size: "even")])
  }

  @Test
  func `a kind that the server doesn't serve is a finding, and what depends on it follows once it is served`()
    async throws
  {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let isServed = Mutex(false)
    let lacking = InterceptedTransport(base: cluster) { request in
      guard request.path.contains("configmaps"), !isServed.withLock({ $0 }) else { return nil }
      return refusal(404, "NotFound")
    }
    let runner = runner(lacking) { _ in }
    try await run(runner) {
      try await eventually { runner.isReady && !runner.report.isBusy && !runner.findings.isEmpty }
      #expect(
        runner.report.generalFindings.contains {
          $0.code == .kindNotServed && $0.problem.contains("list configmaps")
        })
      #expect(await cluster.object(widget.configMap) == nil)
      isServed.withLock { $0 = true }
      try await eventually { await cluster.isReady(widget) }
      try await eventually { runner.report.generalFindings.isEmpty && runner.findings.isEmpty }
    }
  }

  @Test func `an effect that fails for good keeps no other from being performed`() async throws {
    let (cluster, effects) = (try await InMemoryCluster.withWidgets(Widget("a")), Effects())
    let controller = Controller(Widget.self, effects: Widget.Effect.self, fieldManager: "widgets") { work in
      _ = work.perform(.make(size: "odd"))
      _ = work.perform(.make(size: "even"))
    }
    let runner = ControllerRunner(
      controller, client: KubeClient(cluster, fieldManager: "widgets"), logger: silent
    ) { effect in
      effects.record(effect)
      if effect == .make(size: "odd") { throw TerminalError("there is no such size") }
    }
    try await run(runner) {
      try await eventually { effects.performed.contains(.make(size: "even")) && !runner.report.isBusy }
      #expect(runner.report.failures[Widget("a").key] == "there is no such size")
    }
    #expect(effects.performed == [.make(size: "odd"), .make(size: "even")])
  }

  @Test(arguments: [ControllerOptions(), ControllerOptions(eventInstance: nil)])
  func `a controller records Events unless its options name no instance`(options: ControllerOptions)
    async throws
  {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    @Sendable func events() async -> [DynamicObject] {
      await cluster.snapshot.objects(KubeKindsEvents.Event.type)
    }
    let runner = runner(cluster, options: options) { _ in }
    try await run(runner) {
      try await eventually { await cluster.isReady(widget) }
      try await eventually { !runner.report.isBusy }
      guard options.eventInstance != nil else { return }
      try await eventually { await !events().isEmpty }
    }
    #expect(await events().isEmpty == (options.eventInstance == nil))
  }

  @Test func `a transition that others see is an Event, whatever is refused besides`() async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let refusing = InterceptedTransport(base: cluster) { request in
      guard request.method != .get, request.path.contains("configmaps") else { return nil }
      return refusal(403, "Forbidden")
    }
    let controller = Controller(Widget.self, fieldManager: "widgets") { work in
      work.ensure(
        ConfigMap(
          metadata: ObjectMeta(name: work.object.metadata.name, namespace: work.object.metadata.namespace)))
      work.setCondition("Ready", .false, reason: "NotMade", message: "there is no ConfigMap")
    }.owns(ConfigMap.self)
    let runner = ControllerRunner(
      controller, client: KubeClient(refusing, fieldManager: "widgets"),
      options: ControllerOptions(eventInstance: "test"), logger: silent)
    let work = Task { try await runner.run() }
    try await eventually {
      Set(await cluster.snapshot.objects(KubeKindsEvents.Event.type).compactMap { $0.json["reason"]?.string })
        == ["NotMade", "RightsMissing"]
    }
    try await eventually { runner.report.failures[widget.key] != nil }
    work.cancel()
    try await work.value
  }

  @Test func `a plan that takes too long is cancelled and comes back`() async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let clock = ManualClock()
    let hangs = Mutex((begun: 0, cancelled: 0))
    let hanging = InterceptedTransport(base: cluster) { request in
      guard request.method != .get, request.path.contains("configmaps") else { return nil }
      let isFirst = hangs.withLock { hangs in
        hangs.begun += 1
        return hangs.begun == 1
      }
      guard isFirst else { return nil }
      do {
        try await Task.sleep(for: .seconds(3600))
      } catch {
        hangs.withLock { $0.cancelled += 1 }
        throw error
      }
      return nil
    }
    let runner = runner(
      hanging, options: ControllerOptions(timeLimit: .seconds(60), clock: clock), perform: { _ in })
    try await run(runner) {
      try await eventually { hangs.withLock { $0.begun } == 1 && clock.sleeperCount > 0 }
      clock.advance(by: .seconds(60))
      try await eventually {
        runner.report.failures[widget.key] == "\(TimeLimitExceeded(limit: .seconds(60)))"
      }
      #expect(hangs.withLock { $0.cancelled } == 1)
      try await eventually {
        clock.advance(by: .milliseconds(100))
        return await cluster.isReady(widget)
      }
    }
    #expect(runner.report.failures.isEmpty)
  }

  @Test func `a process that stands by reads and is ready, and writes once it leads`() async throws {
    let (cluster, widget) = (try await InMemoryCluster.withWidgets(Widget("a")), Widget("a"))
    let leader = KubeClient(cluster, fieldManager: "other")
    let isLeading = Mutex(false)
    let former = Task {
      try await LeaderElector(
        leader, namespace: "default", name: "widgets", identity: "former", logger: silent
      ).run {
        isLeading.withLock { $0 = true }
        try await Task.sleep(for: .seconds(3600))
      }
    }
    try await eventually { isLeading.withLock { $0 } }
    let runner = runner(cluster) { _ in }
    let elector = LeaderElector(
      KubeClient(cluster, fieldManager: "widgets"), namespace: "default", name: "widgets", identity: "next",
      timing: .init(retryPeriod: .milliseconds(50)), logger: silent)
    let services = LeadingServices([runner], elector: elector)
    let probes = Probes(readiness: [services.readiness])
    #expect(await probes.answer(path: "/readyz")?.status == 503)
    let work = Task { try await services.run() }
    try await eventually { await probes.answer(path: "/readyz")?.status == 200 }
    #expect(runner.model.object(widget.key) != nil)
    #expect(await cluster.object(widget.configMap) == nil)
    former.cancel()
    _ = await former.result
    try await eventually { await cluster.isReady(widget) }
    work.cancel()
    _ = await work.result
  }
}
