public import KubeCore

/// The objects that were observed, by kind, namespace and name. One kind's versions are the same objects.
///
/// A few, as there are of one cluster, are held in one array: that takes a small part of the memory of dictionaries, and
/// less time to look through.
public struct ObservedObjects: Sendable, Hashable {
  private struct Place: Sendable, Hashable, Comparable {
    var namespace: String
    var name: String

    init(namespace: String?, name: String) {
      self.namespace = namespace ?? ""
      self.name = name
    }

    init(_ object: DynamicObject) {
      self.init(namespace: object.metadata.namespace, name: object.metadata.name)
    }

    static func < (left: Place, right: Place) -> Bool {
      (left.namespace, left.name) < (right.namespace, right.name)
    }
  }

  /// All objects where there are at most ``maximumFew``, by place and then by kind; else none.
  private var few: [DynamicObject] = []
  /// All objects where there are more.
  private var byKind: [GroupKind: [Place: DynamicObject]] = [:]
  private var count = 0
  /// What could not be read: that such an object isn't here says nothing about the hub.
  public var unobserved: Set<ObjectSelection> = []

  private static let maximumFew = 16

  /// No objects, where those of `unobserved` could not be read.
  public init(unobserved: Set<ObjectSelection> = []) { self.unobserved = unobserved }

  /// The objects in `objects`; of several with one kind and name the last is kept.
  public init(_ objects: some Sequence<DynamicObject>) {
    for object in objects { insert(object) }
  }

  /// Adds an object, or replaces the one of its kind and name.
  public mutating func insert(_ object: DynamicObject) { _ = update(object) }

  /// Adds an object, or replaces the one of its kind and name, which is returned.
  package mutating func update(_ object: DynamicObject) -> DynamicObject? {
    guard byKind.isEmpty else {
      let old = byKind[object.groupKind, default: [:]].updateValue(object, forKey: Place(object))
      if old == nil { count += 1 }
      return old
    }
    if let index = index(of: object.groupKind, object.metadata.namespace ?? "", object.metadata.name) {
      let old = few[index]
      few[index] = object
      return old
    }
    count += 1
    let place = Place(object)
    let index = few.firstIndex { other in
      let others = Place(other)
      return place < others || place == others && object.groupKind.description < other.groupKind.description
    }
    few.insert(object, at: index ?? few.endIndex)
    if count > ObservedObjects.maximumFew {
      for object in few { byKind[object.groupKind, default: [:]][Place(object)] = object }
      few = []
    }
    return nil
  }

  /// Takes an object away.
  public mutating func remove(_ kind: GroupKind, namespace: String?, name: String) {
    guard byKind.isEmpty else {
      guard byKind[kind]?.removeValue(forKey: Place(namespace: namespace, name: name)) != nil else { return }
      count -= 1
      if byKind[kind]?.isEmpty ?? false { byKind[kind] = nil }
      if count <= ObservedObjects.maximumFew {
        let rest = byKind.values.flatMap(\.values)
        (byKind, count) = ([:], 0)
        for object in rest { insert(object) }
      }
      return
    }
    guard let index = index(of: kind, namespace ?? "", name) else { return }
    few.remove(at: index)
    count -= 1
  }

  /// Where the object is among the few.
  private func index(of kind: GroupKind, _ namespace: String, _ name: String) -> Int? {
    few.firstIndex { object in
      object.kind == kind.kind && object.metadata.name == name
        && (object.metadata.namespace ?? "") == namespace && object.groupKind == kind
    }
  }

  /// The object of this kind and name, where it was observed.
  public subscript(kind: GroupKind, namespace: String?, name: String) -> DynamicObject? {
    guard byKind.isEmpty else { return byKind[kind]?[Place(namespace: namespace, name: name)] }
    return index(of: kind, namespace ?? "", name).map { few[$0] }
  }

  /// The object that `key` names, where it was observed in whatever version.
  public subscript(key: ObjectKey) -> DynamicObject? {
    self[key.type.groupKind, key.namespace, key.name]
  }

  /// Whether the object that `key` names would be here if there were one.
  public func isObserved(_ key: ObjectKey) -> Bool {
    !unobserved.contains {
      $0.mayContain(key.type.groupKind, namespace: key.namespace, name: key.name)
    }
  }

  /// Whether every object of `selection` is here.
  public func isObserved(_ selection: ObjectSelection) -> Bool {
    !unobserved.contains { $0.includes(selection) || selection.includes($0) }
  }

  /// All objects of a kind, by namespace and name.
  public func all(_ kind: GroupKind) -> [DynamicObject] {
    guard byKind.isEmpty else { return (byKind[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value) }
    return few.filter { $0.kind == kind.kind && $0.groupKind == kind }
  }

  /// The object of this kind and name as a typed value; `nil` where it is absent or can't be read.
  public func value<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    try? self[Kind.type.groupKind, namespace, name]?.decode(Kind.self)
  }

  /// Whether there are no objects.
  public var isEmpty: Bool { count == 0 }

  /// Every object, by kind, namespace and name.
  public var everything: [DynamicObject] {
    let kinds = byKind.isEmpty ? Set(few.map(\.groupKind)) : Set(byKind.keys)
    return kinds.sorted { $0.description < $1.description }.flatMap { all($0) }
  }
}
