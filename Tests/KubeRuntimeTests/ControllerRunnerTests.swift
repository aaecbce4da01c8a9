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

private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

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

  /// Runs `body` while a runner runs.
  private func run<Model>(_ runner: ControllerRunner<Model>, _ body: () async throws -> Void) async throws {
    let work = Task { try await runner.run() }
    do { try await body() } catch {
      work.cancel()
      throw error
    }
    work.cancel()
    try await work.value
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
    try await run(runner(hanging) { effects.record($0) }) {
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
          status: "Failure", message: "User \"a\" cannot list resource \"configmaps\"",
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
      #expect(runner.report.generalFindings.contains { $0.problem.contains("list configmaps") })
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
      await cluster.snapshot.objects(KubeKindsEvents.Event.type).contains {
        $0.json["reason"]?.string == "NotMade"
      }
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

/// The rules by which answers and events are merged.
@Suite struct RunnerStateTests {
  typealias Cache = ControllerCache<Widget, Widget.Effect>

  private func object(_ widget: Widget, version: Int, uid: String = "uid") throws -> DynamicObject {
    var json = widget.json
    json.set(.string(uid), at: ["metadata", "uid"])
    json.set(.string("\(version)"), at: ["metadata", "resourceVersion"])
    return try DynamicObject(json)
  }

  /// Returns a state whose watches have delivered `objects`.
  private func state(_ objects: DynamicObject..., isWorking: Bool = true) -> RunnerState<Cache> {
    var state = RunnerState(Cache(Widget.controller), isWorking: isWorking)
    let stores = state.selections.map { ($0, ObjectStore()) }
    _ = state.update { state in
      state.add(Dictionary(uniqueKeysWithValues: stores))
      return ModelChange()
    }
    for selection in state.selections {
      let changes = objects.filter { selection.contains($0) }.map { ObjectStore.Change(old: nil, new: $0) }
      _ = state.update { $0.apply(changes, of: selection) }
    }
    return state
  }

  private func apply(_ written: DynamicObject, of key: ObjectKey, in state: inout RunnerState<Cache>) {
    _ = state.update { $0.apply(PlanApplier.Outcome(written: [written]), of: key) }
  }

  private let widget = Widget("a")
  private let widgets = ObjectSelection(Widget.type)

  @Test func `nothing is planned before every kind was listed, or is refused`() throws {
    var state = RunnerState(Cache(Widget.controller))
    let maps = ObjectSelection(ConfigMap.type)
    state.add([widgets: ObjectStore(), maps: ObjectStore()])
    let new = ObjectStore.Change(old: nil, new: try object(widget, version: 1))
    #expect(state.update { $0.apply([new], of: widgets) }.keys.isEmpty)
    #expect(state.begin(widget.key) == nil && !state.isSynced)
    let consequences = state.update { state in
      state.setRefused(maps, true)
      return ModelChange()
    }
    #expect(consequences.keys.map(\.key) == [widget.key])
    #expect(consequences.keys.map(\.priority) == [.startUp])
    #expect(state.begin(widget.key) != nil && state.hasSynced)
  }

  @Test func `a change comes before everything that is only looked at again`() throws {
    var state = state(try object(widget, version: 1))
    let (changed, other) = (try object(widget, version: 2), try object(Widget("b"), version: 3))
    let changes = [changed, other].map { ObjectStore.Change(old: nil, new: $0) }
    let keys = state.update { state in
      var change = state.apply([changes[0]], of: self.widgets)
      _ = state.apply([changes[1]], of: self.widgets)
      change.concernsEveryKey = true
      return change
    }.keys
    #expect(keys.map(\.key) == [widget.key, Widget("b").key])
    #expect(keys.map(\.priority) == [.change, .resync])
  }

  @Test func `an answer that is older than what a watch brought changes nothing`() throws {
    var state = state(try object(widget, version: 5))
    _ = state.begin(widget.key)
    apply(try object(widget, version: 4), of: widget.key, in: &state)
    #expect(state.model.object(widget.key)?.metadata.resourceVersion == "5")
    apply(try object(widget, version: 6), of: widget.key, in: &state)
    #expect(state.model.object(widget.key)?.metadata.resourceVersion == "6")
  }

  @Test func `an answer that changes nothing, and the watch that brings an answer again, lead to no plan`()
    throws
  {
    var state = state(try object(widget, version: 5))
    let known = try object(widget, version: 5)
    _ = state.begin(widget.key)
    #expect(state.update { $0.apply(PlanApplier.Outcome(written: [known]), of: widget.key) }.keys.isEmpty)
    let written = try object(widget, version: 6)
    let keys = state.update { $0.apply(PlanApplier.Outcome(written: [written]), of: widget.key) }.keys
    #expect(keys.map(\.key) == [widget.key])
    let echo = ObjectStore.Change(old: known, new: written)
    #expect(state.update { $0.apply([echo], of: widgets) }.keys.isEmpty)
  }

  @Test func `an answer about an object in whose place a list shows another changes nothing`() throws {
    let before = try object(widget, version: 5)
    var state = state(before)
    _ = state.begin(widget.key)
    let other = try object(widget, version: 7, uid: "other")
    _ = state.update { $0.apply([ObjectStore.Change(old: before, new: other)], of: widgets) }
    apply(try object(widget, version: 9), of: widget.key, in: &state)
    #expect(state.model.object(widget.key)?.metadata.uid == "other")
  }

  @Test func `an object that was written, and is gone before a watch saw it, is gone by the next list`()
    throws
  {
    var state = state(try object(widget, version: 1))
    let delivered = Mutex<[ObjectStore.Change]>([])
    let store = ObjectStore(onChanges: { changes in delivered.withLock { $0 = changes } })
    _ = state.drop(widgets)
    state.add([widgets: store])
    store.replace(with: [try object(widget, version: 1)])
    _ = state.begin(widget.key)
    apply(try object(Widget("b"), version: 2, uid: "written"), of: widget.key, in: &state)
    #expect(state.model.object(Widget("b").key) != nil)
    store.replace(with: [try object(widget, version: 1)])
    let changes = delivered.withLock { $0 }
    #expect(changes.map(\.old?.metadata.name) == ["b"] && changes.map(\.new).allSatisfy { $0 == nil })
    _ = state.update { $0.apply(changes, of: widgets) }
    #expect(state.model.object(Widget("b").key) == nil)
  }

  @Test func `a write's answer that is older than what a store has changes nothing in it`() throws {
    let store = ObjectStore()
    store.replace(with: [try object(widget, version: 5)])
    store.record(try object(widget, version: 4))
    #expect(store.all.map(\.metadata.resourceVersion) == ["5"])
    store.record(try object(widget, version: 6))
    #expect(store.all.map(\.metadata.resourceVersion) == ["6"])
  }

  @Test func `nothing is queued before the work begins, and then every key that is there`() throws {
    var state = state(try object(widget, version: 1), isWorking: false)
    #expect(state.isSynced && state.hasSynced)
    let gone = ObjectStore.Change(old: nil, new: try object(Widget("b"), version: 2))
    #expect(state.update { $0.apply([gone], of: widgets) }.keys.isEmpty)
    let removal = ObjectStore.Change(old: gone.new, new: nil)
    #expect(state.update { $0.apply([removal], of: widgets) }.keys.isEmpty)
    #expect(state.startWorking() == [widget.key])
    let changed = ObjectStore.Change(old: nil, new: try object(widget, version: 3))
    #expect(state.update { $0.apply([changed], of: widgets) }.keys.map(\.key) == [widget.key])
  }

  @Test func `a key that goes while nothing is planned is planned once more`() throws {
    let (before, maps) = (try object(widget, version: 1), ObjectSelection(ConfigMap.type))
    var state = state(before)
    _ = state.setFailure("it failed", of: widget.key)
    let store = ObjectStore()
    _ = state.update { state in
      _ = state.drop(maps)
      return ModelChange()
    }
    #expect(!state.isSynced)
    let removal = ObjectStore.Change(old: before, new: nil)
    #expect(state.update { $0.apply([removal], of: widgets) }.keys.isEmpty)
    state.add([maps: store])
    #expect(state.update { $0.apply([], of: maps) }.keys.map(\.key) == [widget.key])
  }

  @Test func `a refusal of which the message alone differs is no news`() throws {
    var state = state(try object(widget, version: 1))
    func refuse(_ message: String) {
      let refusal = Refusal(verb: "create", target: widget.configMap, cause: .rejected, message: message)
      _ = state.update { $0.apply(PlanApplier.Outcome(refusals: [refusal]), of: widget.key) }
    }
    refuse("dial tcp 10.0.0.1:1001")
    refuse("dial tcp 10.0.0.1:1002")
    let problem = state.model.findings.first?.problem
    #expect(state.model.findings.count == 1 && problem?.contains("1001") == true, "\(problem ?? "")")
  }

  @Test func `a state whose selections grow by what was listed hasn't been synced yet`() throws {
    var state = RunnerState(GrowingModel())
    let maps = ObjectSelection(ConfigMap.type)
    state.add([maps: ObjectStore()])
    let change = ObjectStore.Change(old: nil, new: try DynamicObject(configMap("configuration")))
    #expect(state.update { $0.apply([change], of: maps) }.areSelectionsNew)
    #expect(!state.isSynced && !state.hasSynced)
    state.add([widgets: ObjectStore()])
    _ = state.update { $0.apply([], of: widgets) }
    #expect(state.isSynced && state.hasSynced)
  }

  @Test func `a plan that found nothing to do isn't made again before something changes or its time comes`() {
    var state = RunnerState(CountingModel())
    let now = Date(timeIntervalSince1970: 1_796_083_200)
    #expect(state.rest(of: "a", at: now) == nil)
    func rest(_ isAtRest: Bool = true, requeueAfter: Duration? = nil) {
      state.recordRest(
        of: "a", at: state.model.revision(of: "a"), since: now, requeueAfter: requeueAfter, isAtRest: isAtRest
      )
    }
    rest()
    #expect(
      state.rest(of: "a", at: now.addingTimeInterval(1000)) != nil && state.rest(of: "b", at: now) == nil)
    // The clock was set back.
    #expect(state.rest(of: "a", at: now.addingTimeInterval(-1)) == nil)
    rest(requeueAfter: .seconds(10))
    #expect(
      state.rest(of: "a", at: now.addingTimeInterval(9)) != nil
        && state.rest(of: "a", at: now.addingTimeInterval(10)) == nil)
    state.model.changes += 1
    #expect(state.rest(of: "a", at: now) == nil)
    rest()
    rest(false)
    #expect(state.rest(of: "a", at: now) == nil)
    rest()
    state.forgetRest()
    #expect(state.rest(of: "a", at: now) == nil)
  }

  @Test func `what others wait for comes before other changes`() {
    var state = RunnerState(CountingModel())
    let keys = state.update { _ in
      var change = ModelChange(keys: ["a", "b"])
      change.urgentKeys = ["b"]
      return change
    }.keys
    #expect(keys.first { $0.key == "a" }?.priority == .change)
    #expect(keys.first { $0.key == "b" }?.priority == .urgent)
    #expect(WorkPriority.urgent < .change)
  }

  @Test func `an answer that comes after the object's deletion doesn't bring it back`() throws {
    let before = try object(widget, version: 5)
    var state = state(before)
    _ = state.begin(widget.key)
    _ = state.update { $0.apply([ObjectStore.Change(old: before, new: nil)], of: widgets) }
    apply(try object(widget, version: 6), of: widget.key, in: &state)
    #expect(state.model.object(widget.key) == nil)
    // Work that began after the deletion was planned from it.
    state.end(widget.key)
    _ = state.begin(widget.key)
    apply(try object(widget, version: 7), of: widget.key, in: &state)
    #expect(state.model.object(widget.key) != nil)
  }
}

/// A model that selects widgets once it knows a ConfigMap.
private struct GrowingModel: ControllerModel {
  private(set) var selections: Set<ObjectSelection> = [ObjectSelection(ConfigMap.type)]
  var keys: [String] { [] }

  mutating func insert(_ object: DynamicObject) -> ModelChange<String> {
    selections.insert(ObjectSelection(Widget.type))
    return ModelChange(changesSelections: true)
  }

  mutating func remove(_ object: DynamicObject) -> ModelChange<String> { ModelChange() }

  mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<String> { ModelChange() }

  func reconcile(_ key: String, at now: Date) -> Plan<Never> { Plan() }
}

/// A model that counts its changes.
private struct CountingModel: ControllerModel {
  var changes: UInt64 = 0
  var selections: Set<ObjectSelection> { [] }
  var keys: [String] { ["a", "b"] }

  mutating func insert(_ object: DynamicObject) -> ModelChange<String> { ModelChange() }
  mutating func remove(_ object: DynamicObject) -> ModelChange<String> { ModelChange() }
  mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<String> { ModelChange() }

  func revision(of key: String) -> PlanRevision? { PlanRevision(own: changes, shared: 0) }
  func reconcile(_ key: String, at now: Date) -> Plan<Never> { Plan() }
}
