package import KubeCore

/// A controller as the engine explores it: its plans, its memory, and its properties.
///
/// Every answer depends on the arguments alone: the engine asks once for each, and keeps the
/// answers.
package protocol ExplorationModel: AnyObject {
  /// The watch that delivers an object to the controller, as an index of
  /// ``ExplorationWorld/channels``; `nil` for none.
  func channel(of object: DynamicObject) -> UInt8?
  /// Whether the object references another one by this uid.
  func mentions(_ uid: String, _ object: ObjectID, in engine: ExplorationEngine) -> Bool
  /// Whether the patch depends on the seen state of its object by more than its precondition.
  func isTied(_ patch: ObjectPatch) -> Bool

  // MARK: Planning

  /// The plans that are made from a view, by key in ascending order; keys are less than 128.
  func plans(from view: ViewID, memory: MemoryID, clock: Int, in engine: ExplorationEngine)
    -> [(key: UInt8, plan: PlanID)]
  /// A key's name in histories.
  func name(of key: UInt8) -> String

  // MARK: Memory

  /// The memory at the end of a plan of `key`; `before` is the state before its last patch.
  func memory(
    after plan: PlanID, of key: UInt8, in state: ExplorationCase, before: NodeID?,
    in engine: ExplorationEngine
  ) -> MemoryID
  /// The memory after an effect of a plan, given by its index. With `isNoted` false the controller
  /// crashed at once, or the answer was lost.
  func memory(
    _ memory: MemoryID, afterEffect effect: Int, of plan: PlanID, key: UInt8, isNoted: Bool,
    in engine: ExplorationEngine
  ) -> MemoryID
  /// The memory after a crash.
  func memoryAfterCrash(_ memory: MemoryID) -> MemoryID
  /// Whether a crash loses anything that isn't soon found again.
  func losesByCrash(_ memory: MemoryID) -> Bool
  /// The memory from which the way to convergence without faults is examined; `nil` if that is done
  /// only for later cases.
  func memoryToConverge(from state: ExplorationCase) -> MemoryID?
  /// The part of its memory that the controller keeps once it has this view.
  func retained(_ memory: MemoryID, in view: ViewID, _ engine: ExplorationEngine) -> MemoryID
  /// The observations outside the API server that the controller would make and hasn't in memory,
  /// each with the memory after it.
  func observations(_ memory: MemoryID, view: ViewID, node: NodeID, clock: Int, in engine: ExplorationEngine)
    -> [(index: UInt8, memory: MemoryID)]
  /// The name of an observation in histories.
  func name(ofObservation index: UInt8) -> String

  // MARK: Properties

  /// The violation of a state, whatever its history.
  func violation(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine) -> String?
  /// The violation by a step from one state to another.
  func violation(
    from node: NodeID, to next: NodeID, clock: Int, by actor: @autoclosure () -> String,
    in engine: ExplorationEngine
  ) -> String?
  /// The violation by one of the controller's writes alone.
  func violation(
    of patch: PlanTable.Patch, isFresh: Bool, from node: NodeID, to next: NodeID, clock: Int,
    in engine: ExplorationEngine
  ) -> String?
  /// The violation of a state in which everything has converged.
  func violationWhenConverged(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine)
    -> String?
}

extension ExplorationModel {
  package func mentions(_ uid: String, _ object: ObjectID, in engine: ExplorationEngine) -> Bool {
    engine.graph.objects[object].object.metadata.ownerReferences.contains { $0.uid == uid }
  }

  package func isTied(_ patch: ObjectPatch) -> Bool { false }

  package func memory(
    after plan: PlanID, of key: UInt8, in state: ExplorationCase, before: NodeID?,
    in engine: ExplorationEngine
  ) -> MemoryID { state.memory }

  package func memory(
    _ memory: MemoryID, afterEffect effect: Int, of plan: PlanID, key: UInt8, isNoted: Bool,
    in engine: ExplorationEngine
  ) -> MemoryID { memory }

  package func retained(_ memory: MemoryID, in view: ViewID, _ engine: ExplorationEngine) -> MemoryID {
    memory
  }

  package func observations(
    _ memory: MemoryID, view: ViewID, node: NodeID, clock: Int, in engine: ExplorationEngine
  ) -> [(index: UInt8, memory: MemoryID)] { [] }

  package func name(ofObservation index: UInt8) -> String { "\(index)" }

  package func violation(
    from node: NodeID, to next: NodeID, clock: Int, by actor: @autoclosure () -> String,
    in engine: ExplorationEngine
  ) -> String? { nil }

  package func violation(
    of patch: PlanTable.Patch, isFresh: Bool, from node: NodeID, to next: NodeID, clock: Int,
    in engine: ExplorationEngine
  ) -> String? { nil }
}
