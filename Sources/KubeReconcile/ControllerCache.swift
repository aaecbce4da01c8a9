import HashTreeCollections
public import KubeCore

/// A controller's observed objects, the relations between them, what the newest plans looked at
/// besides, and the effects that were performed.
///
/// An event and a copy cost the same whatever the number of objects.
public struct ControllerCache<Object: KubeObject, Effect: PlanEffect>: Sendable {
  private let controller: Controller<Object, Effect>
  private var objects: TreeDictionary<ObjectKey, DynamicObject> = [:]
  /// The objects that belong to each reconciled one, or that it names.
  private var related = KeyRelation()
  /// The objects without such a relation that the newest plan for each reconciled one looked up.
  private var lookedUp = KeyRelation()
  /// The objects that belong to reconciled ones through others, and those others.
  private var chains = OwnerChains()
  private var performed: TreeDictionary<ObjectKey, PerformedEffects<Effect>> = [:]
  /// The objects to list and watch.
  public let selections: Set<ObjectSelection>
  /// The selections that haven't been listed yet, or can't be.
  public private(set) var unobserved: Set<ObjectSelection>
  /// The selections that haven't been listed yet and aren't known to be forbidden.
  private var pending: Set<ObjectSelection>
  /// The selections that can't be listed and watched.
  private var refused: Set<ObjectSelection> = []
  private var refusals: [Refusal] = []

  /// An empty cache.
  public init(_ controller: Controller<Object, Effect>) {
    self.controller = controller
    selections = Set(controller.selections)
    unobserved = selections
    pending = selections
  }

  /// Whether every selection that may be listed has been: an earlier status would be based on part
  /// of the objects.
  public var isReady: Bool { pending.isEmpty }

  /// The reconciled objects' keys, in no particular order.
  public var keys: [ObjectKey] { objects.keys.filter { $0.type == Object.type } }

  /// Inserts or updates an object. One that isn't newer than the known version is ignored.
  public mutating func insert(_ object: DynamicObject) -> ModelChange<ObjectKey> {
    guard let key = key(of: object) else { return ModelChange() }
    let old = objects[key]
    if let old, !object.isNewer(than: old) { return ModelChange() }
    objects[key] = object
    var keys = Set(lookedUp.sources(of: key)).union(key.type == Object.type ? [key] : [])
    for changed in [key] + link(key, object, replacing: old) {
      keys.formUnion(related.sources(of: changed))
      relate(changed, objects[changed])
      keys.formUnion(related.sources(of: changed))
    }
    return ModelChange(keys: keys)
  }

  /// Removes a deleted object.
  public mutating func remove(_ object: DynamicObject) -> ModelChange<ObjectKey> {
    guard let key = key(of: object), let old = objects[key], old.metadata.uid == object.metadata.uid else {
      return ModelChange()
    }
    let before = related.sources(of: key)
    objects[key] = nil
    if let uid = old.metadata.uid { chains.remove(uid) }
    if key.type == Object.type {
      performed[key] = nil
      // What it names is no longer related to it; what it owns still is, until that is deleted.
      relate(key, nil)
    }
    let isOwn = key.type == Object.type
    if isOwn
      ? controller.looksAtItsOwnKind
      : !controller.sources.contains(where: { $0.references != nil && $0.selection.type == key.type })
    {
      for owner in before { related.separate(owner, from: key) }
    }
    return ModelChange(keys: Set(before).union(lookedUp.sources(of: key)).union(isOwn ? [key] : []))
  }

  /// The object of `key`, reconciled or related.
  public func object(_ key: ObjectKey) -> DynamicObject? { objects[key] }

  /// The object and its related objects.
  public func objects(for key: ObjectKey) -> ObservedObjects {
    var observed = ObservedObjects(unobserved: unobserved)
    if let object = objects[key] { observed.insert(object) }
    for other in related.targets(of: key) {
      if let object = objects[other] { observed.insert(object) }
    }
    return observed
  }

  /// Records what a plan for `key` looked up, so that a change of it concerns `key` until the next
  /// plan is recorded. What has changed since the plan was made does so at once.
  package mutating func recordLookups(
    of result: Controller<Object, Effect>.Result, for key: ObjectKey
  ) -> ModelChange<ObjectKey> {
    for other in lookedUp.targets(of: key) { lookedUp.separate(key, from: other) }
    guard objects[key] != nil else { return ModelChange() }
    for lookup in result.lookups { lookedUp.relate(key, to: lookup.key) }
    let isOutdated = result.lookups.contains { objects[$0.key] != $0.object }
    return ModelChange(keys: isOutdated ? [key] : [])
  }

  // MARK: Effects

  /// The effects that were performed for the object's current generation.
  package func performed(for key: ObjectKey) -> Set<Effect> {
    objects[key].flatMap { performed[key]?.effects(for: $0) } ?? []
  }

  /// The error with which `effect` failed permanently for the object's current generation; `nil` if
  /// it didn't.
  package func failure(of effect: Effect, for key: ObjectKey) -> String? {
    objects[key].flatMap { performed[key]?.failure(of: effect, for: $0) }
  }

  /// Records that an effect of a plan for `object` was performed or, with `failure`, failed
  /// permanently.
  package mutating func record(
    _ effect: Effect, for key: ObjectKey, of object: DynamicObject, failure: String? = nil
  ) -> ModelChange<ObjectKey> {
    guard objects[key] != nil else { return ModelChange() }
    performed[key, default: PerformedEffects()].record(effect, for: object, failure: failure)
    return ModelChange(keys: [key])
  }

  // MARK: Relations

  /// The object's key, in the version that the controller reads; `nil` for another kind.
  private func key(of object: DynamicObject) -> ObjectKey? {
    guard let type = controller.type(of: object.groupKind) else { return nil }
    return ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
  }

  /// Records through which objects the object belongs to others, and returns the keys of those that
  /// may now belong to others through it.
  private mutating func link(_ key: ObjectKey, _ object: DynamicObject, replacing old: DynamicObject?)
    -> [ObjectKey]
  {
    let intermediates = controller.intermediates
    guard !intermediates.isEmpty, let uid = object.metadata.uid else { return [] }
    if let former = old?.metadata.uid, former != uid { chains.remove(former) }
    let kinds = controller.sources.filter { $0.selection.contains(object) }.compactMap(\.intermediate)
    guard !kinds.isEmpty || intermediates.contains(object.groupKind) else { return [] }
    return chains.insert(
      uid, key: key, owners: ownOwners(of: object),
      parents: Set(kinds.flatMap { object.controllers(of: $0) }.map(\.uid)))
  }

  /// The keys of the reconciled objects to which the object belongs by its own content.
  private func ownOwners(of object: DynamicObject) -> Set<ObjectKey> {
    let sources = controller.sources.filter { $0.selection.contains(object) }
    return Set(sources.flatMap { $0.owners(object, controller.rules) })
  }

  /// The keys of the reconciled objects to which the object belongs, by its own content or through
  /// others.
  private func owners(of object: DynamicObject) -> Set<ObjectKey> {
    ownOwners(of: object).union(object.metadata.uid.map { chains.owners(of: $0) } ?? [])
  }

  /// Whether the object belongs to `owner`, which doesn't only name it.
  func belongs(_ object: DynamicObject, to owner: ObjectKey) -> Bool { owners(of: object).contains(owner) }

  /// Whether the object of `key` is observed or is to be, if it exists.
  func observes(_ key: ObjectKey) -> Bool {
    selections.contains {
      $0.mayContain(key.type.groupKind, namespace: key.namespace, name: key.name)
    }
  }

  /// Whether objects of the kind are observed or are to be.
  func observes(_ kind: GroupKind) -> Bool { selections.contains { $0.type.groupKind == kind } }

  /// Whether a deletion of the object is the operator's matter, since its controller has the right
  /// to delete what belongs to `owner` through others.
  func mayRemove(_ object: DynamicObject, of owner: ObjectKey) -> Bool {
    controller.sources.contains {
      $0.intermediate != nil && $0.verbs.contains(.delete) && $0.selection.contains(object)
    } && object.metadata.uid.map { chains.owners(of: $0).contains(owner) } ?? false
  }

  /// Whether others belong to reconciled objects through those of `kind`.
  func isIntermediate(_ kind: GroupKind) -> Bool { controller.intermediates.contains(kind) }

  private mutating func relate(_ key: ObjectKey, _ object: DynamicObject?) {
    if key.type == Object.type {
      if controller.hasReferences { relateNames(of: object, key) }
      guard controller.looksAtItsOwnKind else { return }
    }
    guard let object else { return }
    let owners = owners(of: object).subtracting([key])
    for old in related.sources(of: key) where !owners.contains(old) && !isNamed(key) {
      related.separate(old, from: key)
    }
    for owner in owners { related.relate(owner, to: key) }
  }

  private mutating func relateNames(of object: DynamicObject?, _ key: ObjectKey) {
    let value = object.flatMap { try? $0.decode(Object.self) }
    let named = controller.sources.flatMap { source in value.flatMap { source.references?($0) } ?? [] }
    for old in related.targets(of: key)
    where isNamed(old) && !named.contains(old) && !isOwned(old, by: key) {
      related.separate(key, from: old)
    }
    for name in named { related.relate(key, to: name) }
  }

  /// Whether the object belongs to `owner` by its own content or through others, not because
  /// `owner` names it.
  private func isOwned(_ key: ObjectKey, by owner: ObjectKey) -> Bool {
    objects[key].map { belongs($0, to: owner) } ?? false
  }

  private func isNamed(_ key: ObjectKey) -> Bool {
    controller.sources.contains { $0.references != nil && $0.selection.type == key.type }
  }
}

extension ControllerCache: ControllerModel {
  /// Records which selections have been listed, and which the server refuses.
  public mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> ModelChange<ObjectKey> {
    self.refused = refused
    pending = selections.subtracting(listed).subtracting(refused)
    let before = unobserved
    unobserved = selections.filter { refused.contains($0) || !listed.contains($0) }
    return ModelChange(concernsEveryKey: unobserved != before)
  }

  /// Leaves out of managedFields what plans don't look at: the fields that other field managers set
  /// by `Update`.
  public var transform: @Sendable (DynamicObject) -> DynamicObject {
    { [rules = controller.rules] in rules.reducingManagedFields(of: $0) }
  }

  /// Records the refused requests, which become ``findings``.
  public mutating func setRefusals(
    _ refusals: [ObjectKey: [Refusal]], others: [Refusal]
  ) -> ModelChange<ObjectKey> {
    self.refusals = refusals.values.flatMap(\.self) + others
    return ModelChange()
  }

  /// A finding for each selection that can't be read, each request that is refused and each
  /// contended object.
  public var findings: [Finding] {
    refused.sorted { $0.description < $1.description }.map { selection in
      Finding(
        .error, code: .rightsMissing, subject: controller.fieldManager,
        problem: "it may not list and watch \(selection)", remedy: "grant the controller's rights")
    }
      + refusals.sorted { $0.description < $1.description }.map { refusal in
        Finding(
          .error, code: refusal.cause.code, object: refusal.target.name.isEmpty ? nil : refusal.target,
          subject: controller.fieldManager, problem: refusal.problem, remedy: refusal.remedy)
      }
  }

  /// Plans for one object, with the effects that were performed for its current generation.
  public func reconcile(_ key: ObjectKey, at now: Date) -> Controller<Object, Effect>.Result {
    var result = controller.reconcile(key, in: self, performed: performed(for: key), at: now)
    for effect in result.plan.effects {
      guard let failure = failure(of: effect, for: key) else { continue }
      result.plan.findings.append(
        Finding(
          .error, code: .effectFailed, object: key, problem: "an effect can't be performed: \(failure)",
          remedy: "change the object"))
    }
    return result
  }
}
