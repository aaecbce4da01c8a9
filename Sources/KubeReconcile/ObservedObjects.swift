public import KubeCore

/// The objects that were observed, by kind, namespace and name. One kind's versions are the same objects.
public struct ObservedObjects: Sendable, Hashable {
  private struct Place: Sendable, Hashable, Comparable {
    var namespace: String
    var name: String

    static func < (left: Place, right: Place) -> Bool {
      (left.namespace, left.name) < (right.namespace, right.name)
    }
  }

  private var byKind: [GroupKind: [Place: DynamicObject]] = [:]
  /// What could not be read: that such an object isn't here says nothing about the hub.
  public var unobserved: Set<ObjectSelection> = []

  /// No objects, where those of `unobserved` could not be read.
  public init(unobserved: Set<ObjectSelection> = []) { self.unobserved = unobserved }

  /// The objects in `objects`; of several with one kind and name the last is kept.
  public init(_ objects: some Sequence<DynamicObject>) {
    for object in objects { insert(object) }
  }

  /// Adds an object, or replaces the one of its kind and name.
  public mutating func insert(_ object: DynamicObject) {
    let place = Place(namespace: object.metadata.namespace ?? "", name: object.metadata.name)
    byKind[object.groupKind, default: [:]][place] = object
  }

  /// Takes an object away.
  public mutating func remove(_ kind: GroupKind, namespace: String?, name: String) {
    byKind[kind]?[Place(namespace: namespace ?? "", name: name)] = nil
  }

  /// The object of this kind and name, where it was observed.
  public subscript(kind: GroupKind, namespace: String?, name: String) -> DynamicObject? {
    byKind[kind]?[Place(namespace: namespace ?? "", name: name)]
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
    (byKind[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
  }

  /// The object of this kind and name as a typed value; `nil` where it is absent or can't be read.
  public func value<Kind: KubeObject>(_ kind: Kind.Type, namespace: String? = nil, name: String) -> Kind? {
    try? self[Kind.type.groupKind, namespace, name]?.decode(Kind.self)
  }

  /// Whether there are no objects.
  public var isEmpty: Bool { byKind.values.allSatisfy(\.isEmpty) }

  /// Every object, by kind, namespace and name.
  public var everything: [DynamicObject] {
    byKind.sorted { $0.key.description < $1.key.description }.flatMap { all($0.key) }
  }
}
