import KubeCore
import KubeKindsAPIExtensions
import KubeReconcile

/// The state of a ``ControllerRunner``: the model, the objects of each watch, and the results of
/// plans. A value, whose mutations return their consequences.
struct RunnerState<Model: ControllerModel>: Sendable {
  typealias Key = Model.Key
  typealias Change = ModelChange<Key>

  /// The consequences of a change.
  struct Consequences: Sendable {
    /// The keys to queue.
    var keys: [(key: Key, priority: WorkPriority)] = []
    /// Whether the watched selections have changed, or are to be listed again.
    var selectionsChanged = false
  }

  var model: Model
  /// The watched selections, each with its objects.
  private(set) var stores: [ObjectSelection: ObjectStore] = [:]
  private(set) var selections: Set<ObjectSelection>
  private var required: Set<ObjectSelection>
  /// The selections whose first list was received.
  private(set) var listed: Set<ObjectSelection> = []
  /// The selections that the API server refuses.
  private(set) var refused: Set<ObjectSelection> = []
  /// The selections of custom resources whose definition has changed since they were listed.
  private var outdated: Set<ObjectSelection> = []
  private var observationsChanged = false
  /// Whether plans may be made: all selections that they need were listed or are refused.
  private(set) var isSynced: Bool
  /// Whether plans could ever be made.
  private(set) var hasSynced: Bool
  /// Whether plans are applied; until then nothing is queued.
  private(set) var isWorking: Bool

  private(set) var findings: [Key: [Finding]] = [:]
  private(set) var failures: [Key: String] = [:]
  private var refusals: [Key: [Refusal]] = [:]
  /// The refused requests other than plans' patches, by purpose.
  private var otherRefusals: [String: Refusal] = [:]
  private var refusalsChanged = false
  private(set) var writes = 0
  /// The objects that another program keeps changing back.
  var contention = Contention<Key>()

  /// The keys whose last plans were empty.
  private var emptyPlans: [Key: EmptyPlan] = [:]
  /// The keys that are being worked on, each with the value of `removals` when that began.
  private var working: [Key: Int] = [:]
  /// The objects that were deleted while keys were being worked on: a write's answer must not
  /// restore them.
  private var removed: [(number: Int, uid: String)] = []
  private var removals = 0

  init(_ model: Model, isWorking: Bool = true) {
    self.model = model
    self.isWorking = isWorking
    selections = model.selections
    required = model.requiredSelections
    isSynced = required.isEmpty
    hasSynced = isSynced
  }

  /// Changes the state and returns the consequences.
  mutating func update(_ body: (inout RunnerState) -> Change) -> Consequences {
    let (wasSynced, selectionsBefore) = (isSynced, selections)
    var change = body(&self)
    if refusalsChanged {
      refusalsChanged = false
      change.formUnion(
        model.setRefusals(
          refusals, others: otherRefusals.sorted { $0.key < $1.key }.map(\.value)))
    }
    propagateObservations(&change)
    // Only now: the required selections may have changed.
    hasSynced = hasSynced || isSynced
    var consequences = Consequences()
    consequences.selectionsChanged = selections != selectionsBefore || !outdated.isEmpty
    guard isSynced, isWorking else { return consequences }
    if !wasSynced {
      consequences.keys = everyKey.map { ($0, .startUp) }
      return consequences
    }
    // A program that keeps changing an object gains no precedence by that.
    consequences.keys = change.keys.map {
      ($0, change.urgentKeys.contains($0) && !contention.concerns($0) ? .urgent : .change)
    }
    if change.concernsEveryKey {
      consequences.keys += model.keys.filter { !change.keys.contains($0) }.map { ($0, .resync) }
    }
    return consequences
  }

  /// Starts applying plans, and returns the keys to queue first.
  mutating func startWorking() -> [Key] {
    guard !isWorking else { return [] }
    isWorking = true
    return isSynced ? everyKey : []
  }

  /// All keys of the model, and all with recorded results: a key that no longer exists is planned
  /// once more, so that its results are removed.
  private var everyKey: [Key] {
    let present = model.keys
    let remembered = Set(findings.keys).union(failures.keys).union(refusals.keys)
    return present + (remembered.isEmpty ? [] : remembered.subtracting(present))
  }

  /// Passes observations to the model and updates the selections; each may lead to the other.
  private mutating func propagateObservations(_ change: inout Change) {
    while true {
      if observationsChanged {
        observationsChanged = false
        change.formUnion(model.setObserved(listed: listed, refused: refused))
        isSynced = required.isSubset(of: listed.union(refused))
      }
      guard change.changesSelections else { return }
      change.changesSelections = false
      selections = model.selections
      required = model.requiredSelections
      // At once, not when the watches begin, so that no plan is made without their objects.
      isSynced = required.isSubset(of: listed.union(refused))
      if !refused.isSubset(of: selections) {
        refused.formIntersection(selections)
        observationsChanged = true
      }
    }
  }

  // MARK: Watches

  /// Adds watches in one step, so that a part of them never counts as all.
  mutating func add(_ added: [ObjectSelection: ObjectStore]) { stores.merge(added) { $1 } }

  /// Removes a watch and returns its objects.
  mutating func drop(_ selection: ObjectSelection) -> [DynamicObject] {
    if listed.remove(selection) != nil { observationsChanged = true }
    setRefusal(nil, of: "\(selection)")
    return stores.removeValue(forKey: selection)?.all ?? []
  }

  /// Handles the changes that a watch has delivered, a list in one call.
  mutating func apply(
    _ changes: [ObjectStore.Change], of selection: ObjectSelection, isDelivery: Bool = true
  ) -> Change {
    if isDelivery {
      // A watch that was removed delivers nothing any more.
      guard stores[selection] != nil else { return Change() }
      if listed.insert(selection).inserted { observationsChanged = true }
    }
    return changes.reduce(into: Change()) { $0.formUnion(apply($1, of: selection)) }
  }

  private mutating func apply(_ change: ObjectStore.Change, of selection: ObjectSelection) -> Change {
    if let new = change.new {
      guard let old = change.old else { return model.insert(new) }
      recordDefinition(old, new)
      // Only a list leads back, where the server's data were restored from a backup.
      let isRestored = new.metadata.resourceVersion.map { old.isLater(than: $0) } ?? false
      // A list doesn't show that another object of the name existed in between.
      if isRestored || old.metadata.uid != new.metadata.uid { recordRemoval(of: old) }
      var consequences = isRestored ? model.remove(old) : Change()
      consequences.formUnion(model.insert(new))
      return consequences
    }
    guard let old = change.old else { return Change() }
    let (kind, metadata) = (old.groupKind, old.metadata)
    // An object counts as deleted when no watch has it any more.
    let isHeld = stores.contains { other, store in
      other != selection && other.type.groupKind == kind
        && store.object(namespace: metadata.namespace, name: metadata.name) != nil
    }
    if isHeld { return Change() }
    recordRemoval(of: old)
    return model.remove(old)
  }

  /// Records the selections whose definition has changed. What their watches deliver until the API
  /// server has taken the definition over still follows the former one, and isn't delivered again.
  private mutating func recordDefinition(_ old: DynamicObject, _ new: DynamicObject) {
    guard new.groupKind == CustomResourceDefinition.type.groupKind,
      new.metadata.generation != old.metadata.generation
    else { return }
    outdated.formUnion(stores.keys.filter { $0.type.qualifiedPlural == new.metadata.name })
  }

  /// Returns the selections that are to be listed again, once.
  mutating func takeOutdated() -> Set<ObjectSelection> {
    defer { outdated = [] }
    return outdated
  }

  private mutating func recordRemoval(of object: DynamicObject) {
    if !working.isEmpty, let uid = object.metadata.uid { removed.append((removals, uid)) }
    removals += 1
  }

  /// Records whether the API server refuses a selection.
  ///
  /// - Parameter refusal: The reason if it is another than a missing right.
  mutating func setRefused(_ selection: ObjectSelection, _ isRefused: Bool, as refusal: Refusal? = nil) {
    if isRefused {
      guard stores[selection] != nil, refused.insert(selection).inserted else { return }
    } else {
      guard refused.remove(selection) != nil else { return }
    }
    setRefusal(isRefused ? refusal : nil, of: "\(selection)")
    observationsChanged = true
  }

  // MARK: Work

  /// Returns the planner of the key, with a copy of the current state; `nil` if plans may not be
  /// made yet, after which every key is queued.
  mutating func begin(_ key: Key) -> (@Sendable (Date) -> Model.Result)? {
    guard isSynced else { return nil }
    working[key] = removals
    return model.planner(for: key)
  }

  /// Returns the last plan of the key if it was empty, the key's revision is unchanged and its
  /// requeue time hasn't come; else `nil`. While an object of the key's is contended there is none.
  func emptyPlan(of key: Key, at now: Date) -> EmptyPlan? {
    guard isSynced, !contention.concerns(key), let plan = emptyPlans[key],
      plan.revision == model.revision(of: key), plan.since <= now, plan.next.map({ now < $0 }) ?? true
    else { return nil }
    return plan
  }

  /// Records whether the newest plan for a key was empty.
  ///
  /// - Parameters:
  ///   - revision: The model's revision of the key when the plan was made.
  ///   - now: The time of the plan.
  mutating func recordPlan(
    of key: Key, at revision: PlanRevision?, since now: Date, requeueAfter: Duration?, isEmpty: Bool
  ) {
    guard isEmpty, let revision else {
      emptyPlans[key] = nil
      return
    }
    let next = requeueAfter.map { now.addingTimeInterval($0 / .seconds(1)) }
    emptyPlans[key] = EmptyPlan(revision: revision, since: now, next: next)
  }

  /// Forgets the empty plans, so that every queued key is planned again.
  mutating func forgetEmptyPlans() { emptyPlans = [:] }

  /// An empty plan.
  struct EmptyPlan: Sendable {
    var revision: PlanRevision
    var since: Date
    /// The requeue time.
    var next: Date?
  }

  /// Records that no answer of a plan for the key is pending any more.
  mutating func end(_ key: Key) {
    guard working.removeValue(forKey: key) != nil else { return }
    guard !removed.isEmpty else { return }
    let oldest = working.values.min() ?? .max
    removed.removeAll { $0.number < oldest }
  }

  /// Records the findings of the newest plan for a key, and returns those that the one before
  /// didn't have.
  mutating func setFindings(_ found: [Finding], of key: Key) -> [Finding] {
    if found.isEmpty, findings.isEmpty { return [] }
    let known = findings.updateValue(found, forKey: key) ?? []
    if found.isEmpty { findings[key] = nil }
    return found.filter { !known.contains($0) }
  }

  /// Handles the result of a plan's patches. Written objects are in the model at once, so that the
  /// watch's later event changes nothing. For patches that weren't sent, the earlier refusals are
  /// kept.
  mutating func apply(_ outcome: PlanApplier.Outcome, of key: Key) -> Change {
    writes += outcome.applied.count
    let start = working[key] ?? 0
    var change = Change()
    for object in outcome.written {
      let isGone = removed.contains { $0.number >= start && $0.uid == object.metadata.uid }
      if isGone { continue }
      // If a later list lacks it, its deletion must be noticed, even if no watch event has delivered it.
      for (selection, store) in stores where selection.contains(object) { store.record(object) }
      change.formUnion(model.insert(object))
    }
    end(key)
    let isWhole = outcome.failure?.isRefusal ?? true
    let earlier =
      isWhole
      ? []
      : (refusals[key] ?? []).filter { earlier in
        !outcome.refusals.contains {
          $0.isSameRequest(as: earlier) || $0.keepsFailing && earlier.keepsFailing
        }
      }
    setRefusals(earlier + outcome.refusals, of: key)
    return change
  }

  /// The refusals among `refusals` whose request wasn't refused the last time.
  func new(_ refusals: [Refusal], of key: Key) -> [Refusal] {
    let known = self.refusals[key] ?? []
    return refusals.filter { refusal in !known.contains { $0.isSameRequest(as: refusal) } }
  }

  private mutating func setRefusals(_ now: [Refusal], of key: Key) {
    let known = refusals[key] ?? []
    guard !now.elementsEqual(known, by: { $0.isSameRequest(as: $1) }) else { return }
    refusals[key] = now.isEmpty ? nil : now.map { new in known.first { $0.isSameRequest(as: new) } ?? new }
    refusalsChanged = true
  }

  /// Records that a request other than plans' patches is refused, or that it isn't; of several
  /// refusals the first is kept.
  mutating func setRefusal(_ refusal: Refusal?, of request: String) {
    guard (otherRefusals[request] == nil) != (refusal == nil) else { return }
    otherRefusals[request] = refusal
    refusalsChanged = true
  }

  /// Whether a request other than plans' patches is refused.
  func isRefused(_ request: String) -> Bool { otherRefusals[request] != nil }

  /// Records the failure of the work on a key, or `nil`, and returns whether it differs from the
  /// last one.
  mutating func setFailure(_ text: String?, of key: Key) -> Bool {
    guard failures[key] != text else { return false }
    failures[key] = text
    return true
  }
}

extension Refusal {
  /// Whether it is of a patch that stops its plan, of which there is one at a time.
  fileprivate var keepsFailing: Bool { cause == .failing || cause == .staleView }
}
