/// The attributes of a request that authorization decides on (API reference SubjectAccessReview
/// v1).
public enum AccessAttributes: Sendable, Hashable {
  /// A request for an object or a collection.
  case resource(ResourceAccess)
  /// A request for a path that isn't a resource, such as `/healthz`, with a verb such as `get`.
  case path(String, verb: String)

  /// The verb, such as `get` or `deletecollection`.
  public var verb: String {
    switch self {
    case .resource(let access): access.verb
    case .path(_, let verb): verb
    }
  }

  /// The namespace; empty for cluster-scoped resources, for all namespaces and for paths.
  public var namespace: String {
    switch self {
    case .resource(let access): access.namespace
    case .path: ""
    }
  }
}

/// The attributes of a request for objects of one kind (API reference ResourceAttributes v1).
public struct ResourceAccess: Sendable, Hashable {
  /// The verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`,
  /// or one of the special ones such as `bind`, `escalate` and `impersonate`.
  public var verb: String
  /// The resource's group; empty for the core group.
  public var group: String
  /// The resource, such as `pods`, without a subresource.
  public var resource: String
  /// The subresource, such as `log` or `status`; empty for none.
  public var subresource: String
  /// The namespace; empty for cluster-scoped resources and for all namespaces.
  public var namespace: String
  /// The object's name; empty for requests without one, such as a create or a list.
  public var name: String

  /// Creates attributes; everything but verb and resource is empty by default.
  public init(
    verb: String, group: String, resource: String, subresource: String = "", namespace: String = "",
    name: String = ""
  ) {
    self.verb = verb
    self.group = group
    self.resource = resource
    self.subresource = subresource
    self.namespace = namespace
    self.name = name
  }

  /// The resource with its subresource, as rules and messages name it: `pods`, `pods/log`.
  public var qualifiedResource: String {
    subresource.isEmpty ? resource : resource + "/" + subresource
  }
}
