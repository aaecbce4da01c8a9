public import KubeCore

/// The objects that a controller looks at, each once, with what each is looked at for: an event costs the same whatever
/// the number of objects.
public struct ControllerCache<Object: KubeObject, Effect: PlanEffect>: Sendable {
  private let controller: Controller<Object, Effect>
  private var objects: [ObjectKey: DynamicObject] = [:]
  /// The objects that are looked at for each reconciled one.
  private var related: [ObjectKey: Set<ObjectKey>] = [:]
  /// The reconciled objects for which each other one is looked at.
  private var dependents: [ObjectKey: Set<ObjectKey>] = [:]
  /// What hasn't been listed yet, or can't be.
  public private(set) var unobserved: Set<ObjectSelection>
  /// What hasn't been listed yet, and isn't known to be forbidden.
  private var pending: Set<ObjectSelection>

  /// A cache in which nothing is known yet.
  public init(_ controller: Controller<Object, Effect>) {
    self.controller = controller
    unobserved = Set(controller.selections)
    pending = unobserved
  }

  /// Whether everything was listed that may be: before that, a status would be reported from half of what there is.
  public var isReady: Bool { pending.isEmpty }

  /// The reconciled objects' keys, in no particular order.
  public var keys: [ObjectKey] { objects.keys.filter { $0.type == Object.type } }

  /// Records whether the objects of a selection are known; returns the keys to be reconciled.
  public mutating func setObserved(_ selection: ObjectSelection, _ isObserved: Bool) -> [ObjectKey] {
    let wasReady = isReady
    pending.remove(selection)
    let changed =
      isObserved ? unobserved.remove(selection) != nil : unobserved.insert(selection).inserted
    return changed || isReady != wasReady ? keys : []
  }

  /// Takes in an object that appeared or changed; returns the keys to be reconciled. One that is older than what is
  /// known is passed over.
  public mutating func insert(_ object: DynamicObject) -> Set<ObjectKey> {
    guard let key = key(of: object) else { return [] }
    if let old = objects[key], old.isNewer(than: object) { return [] }
    let before = dependents[key] ?? []
    objects[key] = object
    relate(key, object)
    return (dependents[key] ?? []).union(before).union(key.type == Object.type ? [key] : [])
  }

  /// Takes out an object that is gone; returns the keys to be reconciled.
  public mutating func remove(_ object: DynamicObject) -> Set<ObjectKey> {
    guard let key = key(of: object), let old = objects[key], old.metadata.uid == object.metadata.uid else {
      return []
    }
    let before = dependents[key] ?? []
    objects[key] = nil
    if key.type == Object.type {
      // What it names is no longer looked at for it; what it owns still is, until that is gone.
      relate(key, nil)
      return before.union([key])
    }
    if !controller.sources.contains(where: { $0.references != nil && $0.selection.type == key.type }) {
      for owner in before { related[owner]?.remove(key) }
      dependents[key] = nil
    }
    return before
  }

  /// The object of this key, whatever it is looked at for.
  public func object(_ key: ObjectKey) -> DynamicObject? { objects[key] }

  /// The object and those that are looked at for it.
  public func objects(for key: ObjectKey) -> ObservedObjects {
    var observed = ObservedObjects(unobserved: unobserved)
    for related in (related[key] ?? []).union([key]) {
      if let object = objects[related] { observed.insert(object) }
    }
    return observed
  }

  /// The key in the version that is read.
  private func key(of object: DynamicObject) -> ObjectKey? {
    let kind = object.groupKind
    let selections = [controller.selection] + controller.sources.map(\.selection)
    guard let type = selections.first(where: { $0.type.groupKind == kind })?.type else { return nil }
    return ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
  }

  private mutating func relate(_ key: ObjectKey, _ object: DynamicObject?) {
    if key.type == Object.type {
      let value = object.flatMap { try? $0.decode(Object.self) }
      let named = controller.sources.flatMap { source in value.flatMap { source.references?($0) } ?? [] }
      for old in related[key] ?? [] where isNamed(old) && !named.contains(old) {
        related[key]?.remove(old)
        dependents[old]?.remove(key)
      }
      for name in named { connect(name, to: key) }
      return
    }
    guard let object else { return }
    let owners = Set(
      controller.sources.filter { $0.selection.contains(object) }.flatMap { $0.owners(object) })
    for old in dependents[key] ?? [] where !owners.contains(old) && !isNamed(key) {
      related[old]?.remove(key)
      dependents[key]?.remove(old)
    }
    for owner in owners { connect(key, to: owner) }
  }

  private func isNamed(_ key: ObjectKey) -> Bool {
    controller.sources.contains { $0.references != nil && $0.selection.type == key.type }
  }

  private mutating func connect(_ other: ObjectKey, to key: ObjectKey) {
    related[key, default: []].insert(other)
    dependents[other, default: []].insert(key)
  }
}
