/// A kind of object as the API serves it: group, version, kind, the plural used in URLs, and
/// whether its objects are namespaced.
public struct ResourceType: Sendable, Hashable, CustomStringConvertible {
  /// The API group; empty for the core group.
  public var group: String
  /// The version within the group, such as `v1`.
  public var version: String
  /// The kind, such as `Deployment`.
  public var kind: String
  /// The lower-case plural used in URLs, such as `deployments`.
  public var plural: String
  /// Whether the objects are namespaced.
  public var isNamespaced: Bool

  /// Creates a resource type.
  public init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  /// The value of an object's `apiVersion`: `group/version`, or the version alone for the core
  /// group.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// The kind without its version: all versions of a kind serve the same objects.
  public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// The name that CRDs, RBAC messages and add-on configurations use: `deployments.apps`.
  public var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// Kind and version: `Deployment.apps/v1`.
  public var description: String { "\(kind).\(apiVersion)" }
}

/// A kind within its group, independent of the version.
public struct GroupKind: Sendable, Hashable, CustomStringConvertible {
  /// The API group; empty for the core group.
  public var group: String
  /// The kind.
  public var kind: String

  /// Creates the kind of a group.
  public init(group: String, kind: String) {
    self.group = group
    self.kind = kind
  }

  /// Creates the kind that an object's `apiVersion` and `kind` denote.
  public init(apiVersion: String, kind: String) {
    group = apiVersion.split(separator: "/").count == 2 ? String(apiVersion.prefix { $0 != "/" }) : ""
    self.kind = kind
  }

  /// Kind and group: `Deployment.apps`.
  public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
}

/// The identity of an object: its kind, namespace and name.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
  /// The kind.
  public var type: ResourceType
  /// The namespace; `nil` for cluster-scoped kinds.
  public var namespace: String?
  /// The name.
  public var name: String

  /// Creates an object's key.
  public init(_ type: ResourceType, namespace: String? = nil, name: String) {
    self.type = type
    self.namespace = namespace
    self.name = name
  }

  /// The key for messages: `Deployment vela-system/gateway-deployment`.
  public var description: String { "\(type.kind) " + (namespace.map { "\($0)/" } ?? "") + name }
}
