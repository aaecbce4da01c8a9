public import KubeCore

/// The observed objects, by kind, namespace and name. Versions of a kind aren't distinguished.
///
/// A few objects, as there are for one cluster, are kept in one array, which needs less memory and
/// less time to search than dictionaries.
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

  /// All objects if there are at most ``maximumFew``, by namespace and name and then by kind; else
  /// none.
  private var few: [DynamicObject] = []
  /// All objects if there are more than ``maximumFew``.
  private var byKind: [GroupKind: [Place: DynamicObject]] = [:]
  private var count = 0
  /// The selections that couldn't be read: the absence of one of their objects here means nothing.
  public var unobserved: Set<ObjectSelection> = []

  private static let maximumFew = 16

  /// No objects.
  ///
  /// - Parameter unobserved: The selections that couldn't be read.
  public init(unobserved: Set<ObjectSelection> = []) { self.unobserved = unobserved }

  /// The objects of `objects`; of several with the same kind, namespace and name the last one.
  public init(_ objects: some Sequence<DynamicObject>) {
    for object in objects { insert(object) }
  }

  /// Inserts an object, or replaces the one with its kind, namespace and name.
  public mutating func insert(_ object: DynamicObject) { _ = update(object) }

  /// Inserts an object, or replaces the one with its kind, namespace and name and returns that.
  package mutating func update(_ object: DynamicObject) -> DynamicObject? {
    guard byKind.isEmpty else {
      let old = byKind[object.groupKind, default: [:]].updateValue(object, forKey: Place(object))
      if old == nil { count += 1 }
      return old
    }
    if let index = index(
      of: object.groupKind, namespace: object.metadata.namespace ?? "", name: object.metadata.name)
    {
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

  /// Removes an object.
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
    guard let index = index(of: kind, namespace: namespace ?? "", name: name) else { return }
    few.remove(at: index)
    count -= 1
  }

  /// The object's index in ``few``.
  private func index(of kind: GroupKind, namespace: String, name: String) -> Int? {
    few.firstIndex { object in
      object.kind == kind.kind && object.metadata.name == name
        && (object.metadata.namespace ?? "") == namespace && object.groupKind == kind
    }
  }

  /// The object with this kind, namespace and name, if it was observed.
  public subscript(kind: GroupKind, namespace namespace: String?, name name: String) -> DynamicObject? {
    guard byKind.isEmpty else { return byKind[kind]?[Place(namespace: namespace, name: name)] }
    return index(of: kind, namespace: namespace ?? "", name: name).map { few[$0] }
  }

  /// The object of `key`, if it was observed in any version.
  public subscript(key: ObjectKey) -> DynamicObject? {
    self[key.type.groupKind, namespace: key.namespace, name: key.name]
  }

  /// Whether the object of `key` would be here if it existed.
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

  /// The object with this kind, namespace and name as a typed value; `nil` if it is absent or can't
  /// be decoded.
  public func value<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    try? self[Kind.type.groupKind, namespace: namespace, name: name]?.decode(Kind.self)
  }

  /// Whether there are no objects.
  public var isEmpty: Bool { count == 0 }

  /// All objects, by kind, namespace and name.
  public var everything: [DynamicObject] {
    let kinds = byKind.isEmpty ? Set(few.map(\.groupKind)) : Set(byKind.keys)
    return kinds.sorted { $0.description < $1.description }.flatMap { all($0) }
  }
}
