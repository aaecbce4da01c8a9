import KubeCore
import KubeKindsCore
import KubeReconcile
import Synchronization
import Testing

import struct Foundation.Date

@testable import KubeRuntime

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

  @Test func `a list that is older than what its watch delivered is what the server has`() throws {
    let later = try object(widget, version: 5)
    var state = state(later)
    _ = state.begin(widget.key)
    let restored = ObjectStore.Change(old: later, new: try object(widget, version: 3))
    #expect(state.update { $0.apply([restored], of: widgets) }.keys.map(\.key) == [widget.key])
    #expect(state.model.object(widget.key)?.metadata.resourceVersion == "3")
    // The answer of a write from before.
    apply(try object(widget, version: 6), of: widget.key, in: &state)
    #expect(state.model.object(widget.key)?.metadata.resourceVersion == "3")
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
    store.replace(with: [try object(widget, version: 1)], resourceVersion: "3")
    let changes = delivered.withLock { $0 }
    #expect(changes.map(\.old?.metadata.name) == ["b"] && changes.map(\.new).allSatisfy { $0 == nil })
    _ = state.update { $0.apply(changes, of: widgets) }
    #expect(state.model.object(Widget("b").key) == nil)
  }

  @Test func `a list from before an object was written leaves it in the model`() throws {
    var state = state(try object(widget, version: 1))
    let delivered = Mutex<[ObjectStore.Change]>([])
    let store = ObjectStore(onChanges: { changes in delivered.withLock { $0 = changes } })
    _ = state.drop(widgets)
    state.add([widgets: store])
    _ = state.begin(widget.key)
    apply(try object(Widget("b"), version: 12, uid: "written"), of: widget.key, in: &state)
    store.replace(with: [try object(widget, version: 1)], resourceVersion: "10")
    _ = state.update { $0.apply(delivered.withLock { $0 }, of: widgets) }
    #expect(state.model.object(Widget("b").key) != nil)
    store.remove(try object(Widget("b"), version: 13, uid: "written"))
    _ = state.update { $0.apply(delivered.withLock { $0 }, of: widgets) }
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
    #expect(state.update { $0.apply([change], of: maps) }.selectionsChanged)
    #expect(!state.isSynced && !state.hasSynced)
    state.add([widgets: ObjectStore()])
    _ = state.update { $0.apply([], of: widgets) }
    #expect(state.isSynced && state.hasSynced)
  }

  @Test func `a plan that found nothing to do isn't made again before something changes or its time comes`() {
    var state = RunnerState(CountingModel())
    let now = Date(timeIntervalSince1970: 1_796_083_200)
    #expect(state.emptyPlan(of: "a", at: now) == nil)
    func record(isEmpty: Bool = true, requeueAfter: Duration? = nil) {
      state.recordPlan(
        of: "a", at: state.model.revision(of: "a"), since: now, requeueAfter: requeueAfter, isEmpty: isEmpty
      )
    }
    record()
    #expect(
      state.emptyPlan(of: "a", at: now.addingTimeInterval(1000)) != nil
        && state.emptyPlan(of: "b", at: now) == nil)
    // The clock was set back.
    #expect(state.emptyPlan(of: "a", at: now.addingTimeInterval(-1)) == nil)
    record(requeueAfter: .seconds(10))
    #expect(
      state.emptyPlan(of: "a", at: now.addingTimeInterval(9)) != nil
        && state.emptyPlan(of: "a", at: now.addingTimeInterval(10)) == nil)
    state.model.changes += 1
    #expect(state.emptyPlan(of: "a", at: now) == nil)
    record()
    record(isEmpty: false)
    #expect(state.emptyPlan(of: "a", at: now) == nil)
    record()
    state.forgetEmptyPlans()
    #expect(state.emptyPlan(of: "a", at: now) == nil)
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

  @Test func `a key whose object is contended has no precedence`() {
    var state = RunnerState(CountingModel())
    let patch = ObjectPatch(
      target: widget.configMap, operation: .apply([:], force: true), precondition: .uid("uid"), reason: "test"
    )
    for _ in 0..<11 { state.contention.record([patch], of: "a", at: .zero) }
    let keys = state.update { _ in
      var change = ModelChange(keys: ["a", "b"])
      change.urgentKeys = ["a", "b"]
      return change
    }.keys
    #expect(keys.first { $0.key == "a" }?.priority == .change)
    #expect(keys.first { $0.key == "b" }?.priority == .urgent)
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
