package import KubeCore

/// A controller as the engine explores it: how it plans, what it keeps in mind, and what must hold.
///
/// Every answer follows from the arguments alone: the engine asks once for each, and keeps the answers.
package protocol ExplorationModel: AnyObject {
  /// The watch that brings an object to the controller, as an index of ``ExplorationWorld/channels``; `nil` for none.
  func channel(of object: DynamicObject) -> UInt8?
  /// Whether the object speaks of an object of this uid.
  func mentions(_ uid: String, _ object: ObjectID, in engine: ExplorationEngine) -> Bool
  /// Whether it matters to the patch that its object is still as it was seen, besides by its precondition.
  func isTied(_ patch: ObjectPatch) -> Bool

  // MARK: Planning

  /// What is planned from a view, for each key in ascending order; keys are less than 128.
  func plans(from view: ViewID, memory: MemoryID, clock: Int, in engine: ExplorationEngine)
    -> [(key: UInt8, plan: PlanID)]
  /// A key's name in histories.
  func name(of key: UInt8) -> String

  // MARK: Memory

  /// The memory at the end of a plan of `key`; `before` is the world before its last patch.
  func memory(
    after plan: PlanID, of key: UInt8, in state: ExplorationCase, before: NodeID?,
    in engine: ExplorationEngine
  ) -> MemoryID
  /// The memory once an effect of a plan, by its index, was performed; where it isn't noted the controller crashed at
  /// once, or the answer was lost.
  func memory(
    _ memory: MemoryID, afterEffect effect: Int, of plan: PlanID, key: UInt8, isNoted: Bool,
    in engine: ExplorationEngine
  ) -> MemoryID
  /// The memory after a crash.
  func memoryAfterCrash(_ memory: MemoryID) -> MemoryID
  /// Whether a crash loses anything that isn't soon found again.
  func losesByCrash(_ memory: MemoryID) -> Bool
  /// What the controller keeps in mind where nothing fails from this case on; `nil` where only cases after it are examined
  /// for their rest.
  func memoryToRest(from state: ExplorationCase) -> MemoryID?
  /// What of its memory the controller keeps once it has this view.
  func retained(_ memory: MemoryID, in view: ViewID, _ engine: ExplorationEngine) -> MemoryID
  /// What the controller would find by looking outside the API server that it hasn't in mind: what is looked at, and the
  /// memory after it.
  func looks(_ memory: MemoryID, view: ViewID, node: NodeID, clock: Int, in engine: ExplorationEngine)
    -> [(index: UInt8, memory: MemoryID)]
  /// What is looked at, in histories.
  func name(ofLook index: UInt8) -> String

  // MARK: What must hold

  /// What is wrong with a world whatever came before.
  func violation(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine) -> String?
  /// What a step from one world to another breaks.
  func violation(
    from node: NodeID, to next: NodeID, clock: Int, by actor: @autoclosure () -> String,
    in engine: ExplorationEngine
  ) -> String?
  /// What a write of the controller's breaks, seen by itself.
  func violation(
    of patch: PlanTable.Patch, isFresh: Bool, from node: NodeID, to next: NodeID, clock: Int,
    in engine: ExplorationEngine
  ) -> String?
  /// What is wrong where everything has come to rest.
  func violationAtRest(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine) -> String?
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

  package func looks(
    _ memory: MemoryID, view: ViewID, node: NodeID, clock: Int, in engine: ExplorationEngine
  ) -> [(index: UInt8, memory: MemoryID)] { [] }

  package func name(ofLook index: UInt8) -> String { "\(index)" }

  package func violation(
    from node: NodeID, to next: NodeID, clock: Int, by actor: @autoclosure () -> String,
    in engine: ExplorationEngine
  ) -> String? { nil }

  package func violation(
    of patch: PlanTable.Patch, isFresh: Bool, from node: NodeID, to next: NodeID, clock: Int,
    in engine: ExplorationEngine
  ) -> String? { nil }
}
