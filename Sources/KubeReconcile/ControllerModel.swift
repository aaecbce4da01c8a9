public import KubeCore

/// The state that a controller plans from, as a value: the observed objects, the effect of each
/// change on plans, and the plan for each key.
///
/// A runner copies what a plan needs under its lock (``planner(for:)``) and plans outside of it. By
/// default that is the whole model, so a copy must cost the same whatever the number of objects,
/// and so must the first change after one: collections that grow with the cluster are
/// `TreeDictionary` and `TreeSet` (swift-collections).
public protocol ControllerModel: Sendable {
  /// The key of one plan, such as an object's.
  associatedtype Key: Hashable, Sendable, CustomStringConvertible
  /// The result of a reconcile.
  associatedtype Result: ReconcileResult

  /// The objects to list and watch now.
  var selections: Set<ObjectSelection> { get }
  /// The selections without which no plan is made, unless they are refused; all by default.
  var requiredSelections: Set<ObjectSelection> { get }
  /// All keys to plan for, in no particular order.
  var keys: [Key] { get }
  /// Findings that concern no single key; none by default.
  var findings: [Finding] { get }

  /// Inserts or updates an object. One that isn't newer than the known version is ignored.
  mutating func insert(_ object: DynamicObject) -> ModelChange<Key>
  /// Removes a deleted object.
  mutating func remove(_ object: DynamicObject) -> ModelChange<Key>
  /// Records which selections have been listed, and which the server refuses.
  mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<Key>
  /// Records the refused requests: plans' patches by key, and others. Ignored by default.
  mutating func setRefusals(_ refusals: [Key: [Refusal]], others: [Refusal]) -> ModelChange<Key>

  /// Plans for one key. Pure, and called outside of any lock.
  func reconcile(_ key: Key, at now: Date) -> Result
  /// A function that plans like ``reconcile(_:at:)`` with a copy of what it needs of the model.
  ///
  /// Parts of the model that aren't copied don't cost a copy when the model changes meanwhile. By
  /// default the whole model is copied.
  func planner(for key: Key) -> @Sendable (_ now: Date) -> Result
  /// A value that stays the same while a plan for `key` would differ by the time alone.
  ///
  /// While it stays the same, an empty plan isn't repeated before its requeue time. `nil`, the
  /// default, if that isn't known.
  func revision(of key: Key) -> PlanRevision?
  /// Transforms a read object before it is stored, like client-go's `TransformFunc`: such as by
  /// removing what plans don't look at. Called outside of any lock. The identity by default.
  var transform: @Sendable (DynamicObject) -> DynamicObject { get }
}

/// The version of all that a plan is made from but the time.
public struct PlanRevision: Sendable, Hashable {
  /// The number of changes of the key's own state.
  public var own: UInt64
  /// The number of changes of the state that keys share.
  public var shared: UInt64

  /// Creates a revision.
  public init(own: UInt64, shared: UInt64) {
    self.own = own
    self.shared = shared
  }
}

extension ControllerModel {
  /// The effects that a plan may contain.
  public typealias Effect = Result.Effect

  /// All selections.
  public var requiredSelections: Set<ObjectSelection> { selections }
  /// No findings.
  public var findings: [Finding] { [] }

  /// Plans from a copy of the whole model.
  public func planner(for key: Key) -> @Sendable (_ now: Date) -> Result { { reconcile(key, at: $0) } }
  /// Not known.
  public func revision(of key: Key) -> PlanRevision? { nil }
  /// The identity.
  public var transform: @Sendable (DynamicObject) -> DynamicObject { { $0 } }

  /// Ignores refusals.
  public mutating func setRefusals(_ refusals: [Key: [Refusal]], others: [Refusal]) -> ModelChange<Key> {
    ModelChange()
  }
}

/// A plan, alone or with other results of the reconcile.
public protocol ReconcileResult: Sendable {
  /// The effects that the plan may contain.
  associatedtype Effect: PlanEffect
  /// The writes, effects and findings.
  var plan: Plan<Effect> { get }
}

extension Plan: ReconcileResult {
  /// The plan itself.
  public var plan: Plan { self }
}

/// The consequences of a change of a ``ControllerModel`` for its plans.
public struct ModelChange<Key: Hashable & Sendable>: Sendable, Hashable {
  /// The keys whose plans may have changed.
  public var keys: Set<Key>
  /// The keys among them whose plans are made before others: a person waits for them, or they
  /// remove a danger.
  public var urgentKeys: Set<Key> = []
  /// Whether every key's plan may have changed.
  public var concernsEveryKey: Bool
  /// Whether the model's selections may have changed.
  public var changesSelections: Bool

  /// A change; by default one without consequences.
  public init(keys: Set<Key> = [], concernsEveryKey: Bool = false, changesSelections: Bool = false) {
    self.keys = keys
    self.concernsEveryKey = concernsEveryKey
    self.changesSelections = changesSelections
  }

  /// Adds the consequences of another change.
  public mutating func formUnion(_ other: ModelChange) {
    keys.formUnion(other.keys)
    urgentKeys.formUnion(other.urgentKeys)
    concernsEveryKey = concernsEveryKey || other.concernsEveryKey
    changesSelections = changesSelections || other.changesSelections
  }
}
