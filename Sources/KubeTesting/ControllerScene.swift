import HTTPTypes
public import KubeCore
public import KubeMemory
public import KubeReconcile
import KubeTransport

public import struct Foundation.Date

/// A controller on an API server in memory, step by step and to rest, with a clock that the test moves.
///
/// A value: a copy of it is a copy of the whole world, from which a test may go on in two ways.
public struct ControllerScene<Object: KubeObject, Effect: PlanEffect>: Sendable {
  /// Another controller's next change; returns whether it made one.
  public typealias OtherController = @Sendable (inout MemoryAPIServer, Date) -> Bool

  /// A scene that doesn't come to rest.
  public struct Unrest: Error, Hashable, CustomStringConvertible {
    /// The patches of the last round.
    public var patches: [String]

    /// The error with its remedy.
    public var description: String {
      "the controller does not come to rest; the last round would write: \(patches.joined(separator: "; "))"
    }
  }

  /// The controller.
  public let controller: Controller<Object, Effect>
  /// The API server.
  public var server: MemoryAPIServer
  /// The time.
  public var time: Date
  /// Those who act besides the controller.
  public var others: [OtherController]
  /// The effects that the controller knows to have been performed, in order.
  public private(set) var performed: [Effect] = []
  /// All effects that were performed, in order; after a crash some may have been performed again.
  public private(set) var history: [Effect] = []
  /// The requests that the server refused, in order.
  public private(set) var refusals: [String] = []

  /// A scene.
  public init(
    _ controller: Controller<Object, Effect>, on server: MemoryAPIServer, at time: Date,
    others: [OtherController] = []
  ) {
    self.controller = controller
    self.server = server
    self.time = time
    self.others = others
  }

  /// The plan for an object, from what the server has now.
  public func plan(for key: ObjectKey) -> Plan<Effect> {
    controller.reconcile(key, in: cache, performed: Set(performed), at: time).plan
  }

  /// The plans for all objects, by key; those at rest are left out.
  public var plans: [(key: ObjectKey, plan: Plan<Effect>)] {
    let cache = cache
    return cache.keys.sorted { $0.description < $1.description }.compactMap { key in
      let plan = controller.reconcile(
        key, in: cache, performed: Set(performed), at: time
      ).plan
      return plan.patches.isEmpty && plan.effects.isEmpty ? nil : (key, plan)
    }
  }

  /// What a person must know.
  public var findings: [Finding] {
    let cache = cache
    return cache.keys.flatMap { key in
      controller.reconcile(
        key, in: cache, performed: Set(performed), at: time
      ).plan.findings
    }
  }

  /// Carries out a plan: its patches until one is refused, then its effects. Returns whether anything happened.
  @discardableResult
  public mutating func carryOut(_ plan: Plan<Effect>) -> Bool {
    for patch in plan.patches {
      let response = server.handle(
        KubeRequest(patch, fieldManager: controller.fieldManager), at: time)
      guard response.status.kind == .successful else {
        refusals.append("\(patch.operationName) \(patch.target): \(response.status.code)")
        return true
      }
    }
    for effect in plan.effects where !performed.contains(effect) {
      performed.append(effect)
      history.append(effect)
    }
    return !plan.isAtRest
  }

  /// Lets the controller and the others act until none has anything left to do; throws ``Unrest`` where that takes
  /// more than `rounds`.
  public mutating func settle(rounds: Int = 50) throws {
    for _ in 0..<rounds {
      let plans = plans.filter { !$0.plan.isAtRest }
      for (_, plan) in plans { carryOut(plan) }
      var hasChanged = !plans.isEmpty
      for other in others where other(&server, time) { hasChanged = true }
      if server.mayHaveGarbage, server.collectGarbage(at: time) > 0 { hasChanged = true }
      if !hasChanged { return }
    }
    throw Unrest(patches: plans.flatMap { $0.plan.patches.map { "\($0.operationName) \($0.target)" } })
  }

  /// The controller's process starts again: it knows of no effect.
  public mutating func forgetPerformed() { performed = [] }

  private var cache: ControllerCache<Object, Effect> {
    var cache = ControllerCache(controller)
    for selection in controller.selections {
      for object in server.objects(selection.type, namespace: selection.namespace)
      where selection.contains(object) {
        _ = cache.insert(object)
      }
      _ = cache.setObserved(selection, true)
    }
    return cache
  }
}
