import KubeCore
import KubeReconcile

import struct Foundation.Date

/// What a ``ControllerRunner`` knows: the model, what each watch has delivered, and the results of plans. A value; what
/// follows from a change of it is returned.
struct RunnerState<Model: ControllerModel>: Sendable {
  typealias Key = Model.Key
  typealias Change = ModelChange<Key>

  /// What a change leads to.
  struct Consequences: Sendable {
    /// What is to be planned.
    var keys: [(key: Key, priority: WorkPriority)] = []
    /// Whether other selections are to be watched.
    var areSelectionsNew = false
  }

  var model: Model
  /// What is watched, with what each watch has delivered.
  private(set) var stores: [ObjectSelection: ObjectStore] = [:]
  private(set) var selections: Set<ObjectSelection>
  private var required: Set<ObjectSelection>
  /// The selections of which a first list has come.
  private(set) var listed: Set<ObjectSelection> = []
  /// The selections that the API server refuses.
  private(set) var refused: Set<ObjectSelection> = []
  private var areObservationsNew = false
  /// Whether plans may be made: all that they need was listed, or is refused.
  private(set) var isSynced: Bool
  /// Whether that was so once.
  private(set) var hasSynced: Bool
  /// Whether plans are carried out: before that nothing is queued.
  private(set) var isWorking: Bool

  private(set) var findings: [Key: [Finding]] = [:]
  private(set) var failures: [Key: String] = [:]
  private var refusals: [Key: [Refusal]] = [:]
  /// What was refused besides plans' patches, by what it is for.
  private var otherRefusals: [String: Refusal] = [:]
  private var areRefusalsNew = false
  private(set) var writes = 0

  /// The keys whose last plans found nothing to do.
  private var resting: [Key: Rest] = [:]
  /// The keys that are worked on, each with the number of removals before.
  private var working: [Key: Int] = [:]
  /// The objects that went while keys were worked on: a write's answer must not bring them back.
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

  /// Changes the state, and draws the consequences.
  mutating func update(_ body: (inout RunnerState) -> Change) -> Consequences {
    let (wasSynced, selectionsBefore) = (isSynced, selections)
    var change = body(&self)
    if areRefusalsNew {
      areRefusalsNew = false
      change.formUnion(
        model.setRefusals(
          refusals, others: otherRefusals.sorted { $0.key < $1.key }.map(\.value)))
    }
    draw(&change)
    // Only now: what is needed may have been found to be more.
    hasSynced = hasSynced || isSynced
    var consequences = Consequences()
    consequences.areSelectionsNew = selections != selectionsBefore
    guard isSynced, isWorking else { return consequences }
    if !wasSynced {
      consequences.keys = everyKey.map { ($0, .startUp) }
      return consequences
    }
    consequences.keys = change.keys.map { ($0, change.urgentKeys.contains($0) ? .urgent : .change) }
    if change.concernsEveryKey {
      consequences.keys += model.keys.filter { !change.keys.contains($0) }.map { ($0, .resync) }
    }
    return consequences
  }

  /// From now on plans are carried out; returns what is to be planned first.
  mutating func startWorking() -> [Key] {
    guard !isWorking else { return [] }
    isWorking = true
    return isSynced ? everyKey : []
  }

  /// All that there is to plan for, with what is only remembered: a key that has gone meanwhile, too, is to be planned
  /// once more, so that nothing of it stays.
  private var everyKey: [Key] {
    let present = model.keys
    let remembered = Set(findings.keys).union(failures.keys).union(refusals.keys)
    return present + (remembered.isEmpty ? [] : remembered.subtracting(present))
  }

  /// Passes on what was observed, and selects by what is known; each may lead to the other.
  private mutating func draw(_ change: inout Change) {
    while true {
      if areObservationsNew {
        areObservationsNew = false
        change.formUnion(model.setObserved(listed: listed, refused: refused))
        isSynced = required.isSubset(of: listed.union(refused))
      }
      guard change.changesSelections else { return }
      change.changesSelections = false
      selections = model.selections
      required = model.requiredSelections
      // At once, and not when the watches begin: no plan is made in between without what they will bring.
      isSynced = required.isSubset(of: listed.union(refused))
      if !refused.isSubset(of: selections) {
        refused.formIntersection(selections)
        areObservationsNew = true
      }
    }
  }

  // MARK: Watches

  /// Adds watches, all at once: there is no moment at which a part of them counts as all.
  mutating func add(_ added: [ObjectSelection: ObjectStore]) { stores.merge(added) { $1 } }

  /// Takes a watch out; returns the objects that it had.
  mutating func drop(_ selection: ObjectSelection) -> [DynamicObject] {
    if listed.remove(selection) != nil { areObservationsNew = true }
    setRefusal(nil, of: "\(selection)")
    return stores.removeValue(forKey: selection)?.all ?? []
  }

  /// Takes in what a watch has delivered, whole lists at once.
  mutating func take(
    _ changes: [ObjectStore.Change], of selection: ObjectSelection, isDelivery: Bool = true
  ) -> Change {
    if isDelivery {
      // What a watch brings that was ended is no more to be known.
      guard stores[selection] != nil else { return Change() }
      if listed.insert(selection).inserted { areObservationsNew = true }
    }
    return changes.reduce(into: Change()) { $0.formUnion(take($1, of: selection)) }
  }

  private mutating func take(_ change: ObjectStore.Change, of selection: ObjectSelection) -> Change {
    if let new = change.new {
      // A list doesn't say that another object of the name came in between.
      if let old = change.old, old.metadata.uid != new.metadata.uid { noteRemoval(of: old) }
      return model.insert(new)
    }
    guard let old = change.old else { return Change() }
    let (kind, metadata) = (old.groupKind, old.metadata)
    // An object is gone when no watch has it any more.
    let isHeld = stores.contains { other, store in
      other != selection && other.type.groupKind == kind
        && store.object(namespace: metadata.namespace, name: metadata.name) != nil
    }
    if isHeld { return Change() }
    noteRemoval(of: old)
    return model.remove(old)
  }

  private mutating func noteRemoval(of object: DynamicObject) {
    if !working.isEmpty, let uid = object.metadata.uid { removed.append((removals, uid)) }
    removals += 1
  }

  /// Records whether the API server refuses a selection; `refusal` says how where it is for another reason than a
  /// missing right.
  mutating func setRefused(_ selection: ObjectSelection, _ isRefused: Bool, as refusal: Refusal? = nil) {
    if isRefused {
      guard stores[selection] != nil, refused.insert(selection).inserted else { return }
    } else {
      guard refused.remove(selection) != nil else { return }
    }
    setRefusal(isRefused ? refusal : nil, of: "\(selection)")
    areObservationsNew = true
  }

  // MARK: Work

  /// What plans for the key, from what is known now; `nil` where plans may not be made, and then every key is queued once
  /// they may.
  mutating func begin(_ key: Key) -> (@Sendable (Date) -> Model.Result)? {
    guard isSynced else { return nil }
    working[key] = removals
    return model.planner(for: key)
  }

  /// In how long the key is to be planned again whose last plan found nothing to do, where all that it was made from is
  /// still the same and its time hasn't come; else `nil`.
  func rest(of key: Key, at now: Date) -> Rest? {
    guard isSynced, let rest = resting[key], rest.revision == model.revision(of: key), rest.since <= now,
      rest.next.map({ now < $0 }) ?? true
    else { return nil }
    return rest
  }

  /// Records whether the newest plan for a key, made at `now` when the model was at `revision`, has found nothing to do.
  mutating func noteRest(
    of key: Key, at revision: PlanRevision?, since now: Date, requeueAfter: Duration?, isAtRest: Bool
  ) {
    guard isAtRest, let revision else {
      resting[key] = nil
      return
    }
    let next = requeueAfter.map { now.addingTimeInterval($0 / .seconds(1)) }
    resting[key] = Rest(revision: revision, since: now, next: next)
  }

  /// Has every key planned again that comes to its turn.
  mutating func forgetRest() { resting = [:] }

  /// A plan that found nothing to do.
  struct Rest: Sendable {
    var revision: PlanRevision
    var since: Date
    /// When time alone changes the answer.
    var next: Date?
  }

  /// No answer of a plan for the key is awaited any more.
  mutating func end(_ key: Key) {
    guard working.removeValue(forKey: key) != nil else { return }
    guard !removed.isEmpty else { return }
    let oldest = working.values.min() ?? .max
    removed.removeAll { $0.number < oldest }
  }

  /// Records what the newest plan for a key has found; returns what the one before hadn't.
  mutating func setFindings(_ found: [Finding], of key: Key) -> [Finding] {
    if found.isEmpty, findings.isEmpty { return [] }
    let known = findings.updateValue(found, forKey: key) ?? []
    if found.isEmpty { findings[key] = nil }
    return found.filter { !known.contains($0) }
  }

  /// Takes in the result of a plan's patches. What was written is known at once; the watch brings it again, and then it
  /// is no news. What a plan that broke off did not get to is as it was.
  mutating func take(_ outcome: PlanApplier.Outcome, of key: Key) -> Change {
    writes += outcome.applied.count
    let start = working[key] ?? 0
    var change = Change()
    for object in outcome.written {
      let isGone = removed.contains { $0.number >= start && $0.uid == object.metadata.uid }
      if isGone { continue }
      // A list that no longer has it must show that it is gone, even where no watch has brought it in between.
      for (selection, store) in stores where selection.contains(object) { store.note(object) }
      change.formUnion(model.insert(object))
    }
    end(key)
    let isWhole = outcome.failure?.isRefusal ?? true
    let earlier =
      isWhole
      ? []
      : (refusals[key] ?? []).filter { earlier in
        !outcome.refusals.contains { $0.isSameRequest(as: earlier) }
      }
    setRefusals(earlier + outcome.refusals, of: key)
    return change
  }

  /// Records that a request of a plan has failed again and again.
  mutating func noteFailing(_ refusal: Refusal, of key: Key) {
    setRefusals((refusals[key] ?? []).filter { $0.cause != .failing } + [refusal], of: key)
  }

  private mutating func setRefusals(_ now: [Refusal], of key: Key) {
    let known = refusals[key] ?? []
    guard !now.elementsEqual(known, by: { $0.isSameRequest(as: $1) }) else { return }
    refusals[key] = now.isEmpty ? nil : now.map { new in known.first { $0.isSameRequest(as: new) } ?? new }
    areRefusalsNew = true
  }

  /// Records that a request which is no patch of a plan is refused, or that it isn't; of several refusals the first
  /// stays.
  mutating func setRefusal(_ refusal: Refusal?, of request: String) {
    guard (otherRefusals[request] == nil) != (refusal == nil) else { return }
    otherRefusals[request] = refusal
    areRefusalsNew = true
  }

  /// Whether a request that is no patch of a plan is refused.
  func isRefused(_ request: String) -> Bool { otherRefusals[request] != nil }

  /// Records how the work on a key has failed; returns whether that is news.
  mutating func setFailure(_ text: String?, of key: Key) -> Bool {
    guard failures[key] != text else { return false }
    failures[key] = text
    return true
  }
}
