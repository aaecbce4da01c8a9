import KubeCore
import KubeMemory
import KubeReconcile

/// The model of a `Controller`: its plans for each object, the effects that it knows of and those
/// that were performed.
final class ControllerExplorationModel<Object: KubeObject, Effect: PlanEffect>: ExplorationModel {
  private struct Memory: Hashable {
    /// The effects that the controller knows to have been performed, by object.
    var performed: [ObjectKey: PerformedEffects<Effect>]
    /// All effects that were performed, in order, which determine the state outside the cluster.
    var history: [Effect]
  }

  /// The effects of a plan, and the object that it was made from.
  private struct PlannedEffects {
    var key: ObjectKey
    var object: DynamicObject
    var effects: [Effect]
  }

  private struct Place: Hashable {
    var node: NodeID
    var memory: MemoryID
  }

  private let exploration: ControllerExploration<Object, Effect>
  private let selections: [ObjectSelection]
  private let rights: [RequiredRight]
  private var keys: [ObjectKey] = []
  private var memories = NumberedValues<Memory>()
  private var effectsOf: [PlanID: PlannedEffects] = [:]
  private var problemOf: [Place: String?] = [:]
  /// The reason why the controller can't be explored: a right that it lacks, or too many objects or
  /// effects; `nil` if there is none.
  private(set) var obstacle: String?
  /// The memory at the start.
  private(set) var start: MemoryID = 0

  init(_ exploration: ControllerExploration<Object, Effect>) {
    self.exploration = exploration
    selections = exploration.start.controller.selections
    rights = exploration.start.controller.rights
    start = memories.number(
      of: Memory(performed: exploration.start.known, history: exploration.start.history))
  }

  func channel(of object: DynamicObject) -> UInt8? {
    selections.firstIndex { $0.contains(object) }.flatMap(UInt8.init(exactly:))
  }

  // MARK: Planning

  func plans(from view: ViewID, memory: MemoryID, clock: Int, in engine: ExplorationEngine)
    -> [(key: UInt8, plan: PlanID)]
  {
    let performed = memories[memory].performed
    let controller = exploration.start.controller
    var cache = ControllerCache(controller)
    for id in engine.planTable.views[Int(view)].objects { _ = cache.insert(engine.graph.objects[id].object) }
    _ = cache.setObserved(listed: Set(selections), refused: [])
    let keys = cache.keys.sorted { $0.description < $1.description }
    return keys.compactMap { key in
      guard let object = cache.object(key) else { return nil }
      let plan = controller.reconcile(
        key, in: cache, performed: performed[key]?.effects(for: object) ?? [],
        at: engine.graph.times[clock]
      ).plan
      guard !plan.changesNothing, let number = number(of: key) else { return nil }
      if let patch = plan.patches.first(where: { !rights.allow($0.access) }) {
        obstacle = "\(patch.operationName) \(patch.target): \(patch.lackingRight)"
        return nil
      }
      guard plan.patches.count + plan.effects.count < UInt8.max else {
        obstacle = "a plan for \(key) has more than 254 steps, which can't be explored"
        return nil
      }
      let id = engine.record(
        plan.patches.map { ($0, cache.object($0.target)?.metadata.uid) },
        effects: plan.effects.map { "\($0)" })
      effectsOf[id] = PlannedEffects(key: key, object: object, effects: plan.effects)
      return (number, id)
    }
  }

  private func number(of key: ObjectKey) -> UInt8? {
    if let known = keys.firstIndex(of: key) { return UInt8(known) }
    guard keys.count < 128 else {
      obstacle = "there are more than 128 objects to plan for, which can't be explored"
      return nil
    }
    keys.append(key)
    return UInt8(keys.count - 1)
  }

  func name(of key: UInt8) -> String { "\(keys[Int(key)])" }

  // MARK: Memory

  func memory(
    _ memory: MemoryID, afterEffect effect: Int, of plan: PlanID, key: UInt8, isNoted: Bool,
    in engine: ExplorationEngine
  ) -> MemoryID {
    guard let planned = effectsOf[plan], planned.effects.indices.contains(effect) else { return memory }
    let effect = planned.effects[effect]
    var after = memories[memory]
    after.history.append(effect)
    if isNoted {
      after.performed[planned.key, default: PerformedEffects()].record(effect, for: planned.object)
    }
    return memories.number(of: after)
  }

  func memoryAfterCrash(_ memory: MemoryID) -> MemoryID {
    var after = memories[memory]
    after.performed = [:]
    return memories.number(of: after)
  }

  /// The memory without the effects for objects that are gone.
  func retained(_ memory: MemoryID, in view: ViewID, _ engine: ExplorationEngine) -> MemoryID {
    let objects = engine.planTable.views[Int(view)].objects
    func exists(_ performed: PerformedEffects<Effect>) -> Bool {
      objects.contains { engine.graph.objects[$0].uid == performed.uid }
    }
    var after = memories[memory]
    if after.performed.values.allSatisfy(exists) { return memory }
    after.performed = after.performed.filter { exists($0.value) }
    return memories.number(of: after)
  }

  func losesByCrash(_ memory: MemoryID) -> Bool { !memories[memory].performed.isEmpty }

  /// The memory between plans; while one is being applied, performed effects that aren't recorded
  /// are a fault.
  func memoryToConverge(from state: ExplorationCase) -> MemoryID? {
    state.flights.isEmpty ? state.memory : nil
  }

  // MARK: Properties

  func violation(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine) -> String? {
    if let obstacle { return obstacle }
    let place = Place(node: node, memory: memory)
    if let known = problemOf[place] { return known }
    let problem = exploration.invariant(engine.graph[node].server, memories[memory].history)
    problemOf[place] = .some(problem)
    return problem
  }

  func violationWhenConverged(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine)
    -> String?
  {
    guard clock == exploration.events.count else { return nil }
    return exploration.whenConverged(engine.graph[node].server, memories[memory].history)
  }
}
