/// A kind of object as the API serves it: its group, version, kind, the plural used in URLs, and
/// whether its objects live in namespaces.
public struct ResourceType: Sendable, Hashable, CustomStringConvertible {
  /// The API group; empty for the core group.
  public var group: String
  /// The version within the group, such as `v1`.
  public var version: String
  /// The kind, such as `Deployment`.
  public var kind: String
  /// The lower-case plural used in URLs, such as `deployments`.
  public var plural: String
  /// Whether the objects live in namespaces.
  public var isNamespaced: Bool

  /// A resource type.
  public init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  /// `group/version`, or the version alone for the core group: what stands in an object's `apiVersion`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// The kind without its version: two versions of one kind are the same objects.
  public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// `deployments.apps`: the name that CRDs, RBAC messages and add-on configurations use.
  public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// The value in words.
  public var description: String { "\(kind).\(apiVersion)" }
}

/// A kind within its group, whatever the version.
public struct GroupKind: Sendable, Hashable, CustomStringConvertible {
  /// The API group; empty for the core group.
  public var group: String
  /// The kind.
  public var kind: String

  /// A kind of a group.
  public init(group: String, kind: String) {
    self.group = group
    self.kind = kind
  }

  /// The kind that an object's `apiVersion` and `kind` name.
  public init(apiVersion: String, kind: String) {
    group = apiVersion.split(separator: "/").count == 2 ? String(apiVersion.prefix { $0 != "/" }) : ""
    self.kind = kind
  }

  /// The value in words.
  public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
}

/// Which object: its kind, namespace and name.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
  /// The kind.
  public var type: ResourceType
  /// The namespace; `nil` for cluster-scoped kinds.
  public var namespace: String?
  /// The name.
  public var name: String

  /// An object's key.
  public init(_ type: ResourceType, namespace: String? = nil, name: String) {
    self.type = type
    self.namespace = namespace
    self.name = name
  }

  /// `Deployment vela-system/gateway-deployment`.
  public var description: String { "\(type.kind) " + (namespace.map { "\($0)/" } ?? "") + name }
}
