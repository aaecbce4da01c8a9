/// What a request asks for, as authorisation sees it (API reference SubjectAccessReview v1).
public enum AccessAttributes: Sendable, Hashable {
  /// A verb on objects that the API serves.
  case resource(ResourceAccess)
  /// A verb, such as `get`, on a path that isn't a resource, such as `/healthz`.
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

/// A verb on objects of one kind (API reference ResourceAttributes v1).
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
  /// The object's name; empty where the request has none, as a create or a list.
  public var name: String

  /// A verb on objects of one kind.
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

  /// The resource as rules and messages name it: `pods`, `pods/log`.
  public var qualifiedResource: String {
    subresource.isEmpty ? resource : resource + "/" + subresource
  }
}
