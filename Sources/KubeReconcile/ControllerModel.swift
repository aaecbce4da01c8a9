public import KubeCore

public import struct Foundation.Date

/// What a controller knows, as a value that plans: what it observes, what a change of that means, and the plan for each
/// key.
///
/// A runner takes what a plan is made from under its lock, ``planner(for:)``, and plans outside of it. Where that is the whole
/// model, as it is by default, a copy must cost the same whatever the number of objects, and so must the first change after
/// one: collections that grow with the cluster are `TreeDictionary` and `TreeSet` (swift-collections).
public protocol ControllerModel: Sendable {
  /// What is planned by itself, such as one object.
  associatedtype Key: Hashable, Sendable, CustomStringConvertible
  /// The result of a reconcile.
  associatedtype Result: ReconcileResult

  /// What is listed and watched now.
  var selections: Set<ObjectSelection> { get }
  /// The selections without which no plan is made, unless they are refused; all by default.
  var requiredSelections: Set<ObjectSelection> { get }
  /// All that there is to plan for, in no particular order.
  var keys: [Key] { get }
  /// What a person must know that concerns no single key; nothing by default.
  var findings: [Finding] { get }

  /// Takes in an object that appeared or changed. One that is no newer than what is known is passed over.
  mutating func insert(_ object: DynamicObject) -> ModelChange<Key>
  /// Takes out an object that is gone.
  mutating func remove(_ object: DynamicObject) -> ModelChange<Key>
  /// Records which selections have been listed, and which are refused now.
  mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<Key>
  /// Records the requests that are refused: plans' patches by key, and others. Nothing follows by default.
  mutating func setRefusals(_ refusals: [Key: [Refusal]], others: [Refusal]) -> ModelChange<Key>

  /// Plans for one key. Pure, and called outside of any lock.
  func reconcile(_ key: Key, at now: Date) -> Result
  /// What ``reconcile(_:at:)`` does, with what it needs taken out of the model: a part of the model that is taken out isn't
  /// copied when the model changes meanwhile. By default it holds the whole model.
  func planner(for key: Key) -> @Sendable (_ now: Date) -> Result
  /// Stands for all that a plan for `key` is made from but the time: while it stays the same, a plan that found nothing to do
  /// isn't made again before its time has come. `nil`, as it is by default, where that isn't known.
  func revision(of key: Key) -> PlanRevision?
  /// Reduces an object that was read to what plans look at, before it is held; called outside of any lock. Changes nothing
  /// by default.
  var reduction: @Sendable (DynamicObject) -> DynamicObject { get }
}

/// Stands for all that a plan is made from but the time.
public struct PlanRevision: Sendable, Hashable {
  /// Counts the changes of what is the key's own.
  public var own: UInt64
  /// Counts the changes of what keys share.
  public var shared: UInt64

  /// A revision.
  public init(own: UInt64, shared: UInt64) {
    self.own = own
    self.shared = shared
  }
}

extension ControllerModel {
  /// What a reconcile may ask for outside the API server.
  public typealias Effect = Result.Effect

  /// All selections.
  public var requiredSelections: Set<ObjectSelection> { selections }
  /// Nothing.
  public var findings: [Finding] { [] }

  /// Plans from the whole model.
  public func planner(for key: Key) -> @Sendable (_ now: Date) -> Result { { reconcile(key, at: $0) } }
  /// Nothing.
  public func revision(of key: Key) -> PlanRevision? { nil }
  /// Changes nothing.
  public var reduction: @Sendable (DynamicObject) -> DynamicObject { { $0 } }

  /// Passes refusals over.
  public mutating func setRefusals(_ refusals: [Key: [Refusal]], others: [Refusal]) -> ModelChange<Key> {
    ModelChange()
  }
}

/// A plan, alone or with what was decided besides.
public protocol ReconcileResult: Sendable {
  /// What the plan asks for outside the API server.
  associatedtype Effect: PlanEffect
  /// What is to be done.
  var plan: Plan<Effect> { get }
}

extension Plan: ReconcileResult {
  /// The plan itself.
  public var plan: Plan { self }
}

/// What a change of a ``ControllerModel`` means.
public struct ModelChange<Key: Hashable & Sendable>: Sendable, Hashable {
  /// The keys whose plans may have changed.
  public var keys: Set<Key>
  /// Those of the keys whose plans go before others: what a person waits for, or what must not stay.
  public var urgentKeys: Set<Key> = []
  /// Whether every key's plan may have changed.
  public var concernsEveryKey: Bool
  /// Whether the model's selections may have changed.
  public var changesSelections: Bool

  /// A change; by default one that means nothing.
  public init(keys: Set<Key> = [], concernsEveryKey: Bool = false, changesSelections: Bool = false) {
    self.keys = keys
    self.concernsEveryKey = concernsEveryKey
    self.changesSelections = changesSelections
  }

  /// Adds what another change means.
  public mutating func formUnion(_ other: ModelChange) {
    keys.formUnion(other.keys)
    urgentKeys.formUnion(other.urgentKeys)
    concernsEveryKey = concernsEveryKey || other.concernsEveryKey
    changesSelections = changesSelections || other.changesSelections
  }
}
