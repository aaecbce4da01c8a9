public import KubeCore

/// A row of an operator's table of managed objects: an object, or the objects of one kind in one place,
/// with all that the operator does with them.
///
/// The table is the one place in which an object is declared. What is watched
/// (``selection``), which rights the operator needs (``rights``) and what is removed when it is left over
/// follow from its rows. `Context` is what an object is built from.
public struct ManagedObject<Context>: Sendable {
  /// The kind, in the version that is read and written.
  public var type: ResourceType
  /// The namespace; `nil` for cluster-scoped kinds and for objects of all namespaces.
  public var namespace: String?
  /// The name; `nil` for any.
  public var name: String?
  /// The labels by which objects of any name are selected.
  public var labels: [String: String]
  /// What is done with the objects.
  public var access: ObjectAccess
  /// What is done with their subresources.
  public var subresources: [String: ObjectAccess]
  /// Whether the operator gives the objects an owner reference. With the admission plugin
  /// `OwnerReferencesPermissionEnforcement` a change of it needs the right to delete the object.
  public var isOwned: Bool
  /// The rules that the object grants, where it is a role: its writer must hold them.
  public var grants: [PolicyRule]
  /// The role that the object binds and whose rules its writer doesn't hold.
  public var binds: ObjectKey?
  /// Whether plans are made while the objects couldn't be read yet.
  public var isOptional: Bool
  /// Whether the objects are those of a former configuration, and to be removed.
  public var isLeftOver: Bool
  /// How closely a patch is tied to what was observed.
  public var precondition: PatchGuard
  /// Why the operator does this, for people.
  public var reason: String
  /// Builds the object as it is desired; `nil` for objects that others make or that need more than the
  /// context.
  public var build: (@Sendable (Context) -> any KubeObject)?

  /// A row.
  public init(
    _ type: ResourceType, namespace: String? = nil, name: String? = nil, labels: [String: String] = [:],
    access: ObjectAccess, subresources: [String: ObjectAccess] = [:], isOwned: Bool = false,
    grants: [PolicyRule] = [],
    binds: ObjectKey? = nil, isOptional: Bool = false, isLeftOver: Bool = false,
    precondition: PatchGuard = .uid, reason: String, build: (@Sendable (Context) -> any KubeObject)? = nil
  ) {
    self.type = type
    self.namespace = namespace
    self.name = name
    self.labels = labels
    self.access = access
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

  /// The object's key, where the row is about one object.
  public var key: ObjectKey? {
    guard let name, namespace != nil || !type.isNamespaced else { return nil }
    return ObjectKey(type, namespace: namespace, name: name)
  }

  /// What is watched for the row; `nil` where nothing is.
  public var selection: ObjectSelection? {
    access.isSuperset(of: [.list, .watch])
      ? ObjectSelection(type, namespace: namespace, name: name, labels: labels) : nil
  }

  /// Whether the object at this place is among the row's; labels are not looked at.
  public func mayContain(_ kind: GroupKind, namespace: String?, name: String) -> Bool {
    ObjectSelection(type, namespace: self.namespace, name: self.name)
      .mayContain(kind, namespace: namespace, name: name)
  }
}
