public import KubeCore

/// A row of an operator's table of managed objects: an object, or the objects of one kind in one
/// place, with all that the operator does with them.
///
/// The table is the one place in which an object is declared. The watches (``selection``), the
/// rights that the operator needs (``rights``) and the removal of leftover objects follow from its
/// rows. `Context` is the input from which an object is built.
public struct ManagedObject<Context>: Sendable {
  /// The kind, in the version that is read and written.
  public var type: ResourceType
  /// The namespace; `nil` for cluster-scoped kinds and for objects of all namespaces.
  public var namespace: String?
  /// The name; `nil` for any.
  public var name: String?
  /// The labels by which objects of any name are selected.
  public var labels: [String: String]
  /// The verbs that the operator uses on the objects.
  public var verbs: ObjectVerbs
  /// The verbs that the operator uses on subresources of the objects.
  public var subresources: [String: ObjectVerbs]
  /// Whether the operator gives the objects an owner reference. With the admission plugin
  /// `OwnerReferencesPermissionEnforcement` changing it needs the right to delete the object.
  public var isOwned: Bool
  /// The rules that the object grants, if it is a role: its writer must hold them (RBAC's
  /// escalation check).
  public var grants: [PolicyRule]
  /// The role that the object binds and whose rules its writer doesn't hold, so that it needs the
  /// verb `bind`.
  public var binds: ObjectKey?
  /// Whether plans are made before the objects could be read.
  public var isOptional: Bool
  /// Whether the objects are those of a former configuration, to be removed.
  public var isLeftOver: Bool
  /// The precondition of patches.
  public var precondition: ObservedPrecondition
  /// The reason why the operator needs the objects, for people.
  public var reason: String
  /// Builds the desired object; `nil` for objects that others create or that need more than the
  /// context.
  public var build: (@Sendable (Context) -> any KubeObject)?

  /// Creates a row.
  public init(
    _ type: ResourceType, namespace: String? = nil, name: String? = nil, labels: [String: String] = [:],
    verbs: ObjectVerbs, subresources: [String: ObjectVerbs] = [:], isOwned: Bool = false,
    grants: [PolicyRule] = [],
    binds: ObjectKey? = nil, isOptional: Bool = false, isLeftOver: Bool = false,
    precondition: ObservedPrecondition = .uid, reason: String,
    build: (@Sendable (Context) -> any KubeObject)? = nil
  ) {
    self.type = type
    self.namespace = namespace
    self.name = name
    self.labels = labels
    self.verbs = verbs
    self.subresources = subresources
    self.isOwned = isOwned
    self.grants = grants
    self.binds = binds
    self.isOptional = isOptional
    self.isLeftOver = isLeftOver
    self.precondition = precondition
    self.reason = reason
    self.build = build
  }

  /// The object's key, if the row is about one object.
  public var key: ObjectKey? {
    guard let name, namespace != nil || !type.isNamespaced else { return nil }
    return ObjectKey(type, namespace: namespace, name: name)
  }

  /// The objects to watch for the row; `nil` if it doesn't need watching.
  public var selection: ObjectSelection? {
    verbs.isSuperset(of: [.list, .watch])
      ? ObjectSelection(type, namespace: namespace, name: name, labels: labels) : nil
  }

  /// Whether the object with this kind, namespace and name may be one of the row's; labels are
  /// ignored.
  public func mayContain(_ kind: GroupKind, namespace: String?, name: String) -> Bool {
    ObjectSelection(type, namespace: self.namespace, name: self.name)
      .mayContain(kind, namespace: namespace, name: name)
  }
}
