/// Permissions in a namespace (API reference Role v1).
public struct Role: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "Role", plural: "roles", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is permitted.
  public var rules: [PolicyRule]

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, rules: [PolicyRule] = []
  ) {
    self.metadata = metadata
    self.rules = rules
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    rules = try reader["rules"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "rules": rules.jsonUnlessEmpty
    ])
  }
}

/// Permissions in the whole cluster, or for bindings in any namespace (API reference ClusterRole v1).
public struct ClusterRole: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRole", plural: "clusterroles",
    isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is permitted.
  public var rules: [PolicyRule]
  /// Which other ClusterRoles the server collects the rules from.
  public var aggregationRule: JSONValue?

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, rules: [PolicyRule] = [], aggregationRule: JSONValue? = nil
  ) {
    self.metadata = metadata
    self.rules = rules
    self.aggregationRule = aggregationRule
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    rules = try reader["rules"].list()
    aggregationRule = try reader["aggregationRule"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "rules": rules.jsonUnlessEmpty,
      "aggregationRule": aggregationRule?.json,
    ])
  }
}

/// Grants a role's permissions in a namespace (API reference RoleBinding v1).
public struct RoleBinding: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding", plural: "rolebindings",
    isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// To whom.
  public var subjects: [RBACSubject]
  /// Which role; it can't be changed.
  public var roleRef: RoleRef

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, subjects: [RBACSubject] = [], roleRef: RoleRef
  ) {
    self.metadata = metadata
    self.subjects = subjects
    self.roleRef = roleRef
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    subjects = try reader["subjects"].list()
    roleRef = try reader["roleRef"].required()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "subjects": subjects.jsonUnlessEmpty,
      "roleRef": roleRef.json,
    ])
  }
}

/// Grants a ClusterRole's permissions in the whole cluster (API reference ClusterRoleBinding v1).
public struct ClusterRoleBinding: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "rbac.authorization.k8s.io", version: "v1", kind: "ClusterRoleBinding",
    plural: "clusterrolebindings", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// To whom.
  public var subjects: [RBACSubject]
  /// Which role; it can't be changed.
  public var roleRef: RoleRef

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, subjects: [RBACSubject] = [], roleRef: RoleRef
  ) {
    self.metadata = metadata
    self.subjects = subjects
    self.roleRef = roleRef
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    subjects = try reader["subjects"].list()
    roleRef = try reader["roleRef"].required()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "subjects": subjects.jsonUnlessEmpty,
      "roleRef": roleRef.json,
    ])
  }
}

/// What is permitted on which resources or paths (API reference PolicyRule v1).
public struct PolicyRule: JSONConvertible {
  /// What may be done, such as `get`; `*` for all.
  public var verbs: [String]
  /// The groups of the resources; an empty name is the core group, `*` all.
  public var apiGroups: [String]
  /// The resources, such as `pods` or `pods/log`; `*` for all.
  public var resources: [String]
  /// Objects' names, where not all are meant.
  public var resourceNames: [String]
  /// Paths that aren't resources, such as `/healthz`; only in ClusterRoles.
  public var nonResourceURLs: [String]

  /// A value of the given fields.
  public init(
    verbs: [String] = [], apiGroups: [String] = [], resources: [String] = [], resourceNames: [String] = [],
    nonResourceURLs: [String] = []
  ) {
    self.verbs = verbs
    self.apiGroups = apiGroups
    self.resources = resources
    self.resourceNames = resourceNames
    self.nonResourceURLs = nonResourceURLs
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    verbs = try reader["verbs"].list()
    apiGroups = try reader["apiGroups"].list()
    resources = try reader["resources"].list()
    resourceNames = try reader["resourceNames"].list()
    nonResourceURLs = try reader["nonResourceURLs"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "verbs": verbs.json,
      "apiGroups": apiGroups.jsonUnlessEmpty,
      "resources": resources.jsonUnlessEmpty,
      "resourceNames": resourceNames.jsonUnlessEmpty,
      "nonResourceURLs": nonResourceURLs.jsonUnlessEmpty,
    ])
  }
}

/// The role that a binding grants.
public struct RoleRef: JSONConvertible {
  /// The role's group, `rbac.authorization.k8s.io`.
  public var apiGroup: String
  /// `Role` or `ClusterRole`.
  public var kind: String
  /// The role's name.
  public var name: String

  /// A value of the given fields.
  public init(
    apiGroup: String = "", kind: String, name: String
  ) {
    self.apiGroup = apiGroup
    self.kind = kind
    self.name = name
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    apiGroup = try reader["apiGroup"].optional() ?? ""
    kind = try reader["kind"].string()
    name = try reader["name"].string()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "apiGroup": .string(apiGroup),
      "kind": .string(kind),
      "name": .string(name),
    ])
  }
}

/// To whom a role is granted: a user, a group or a service account (API reference Subject v1).
public struct RBACSubject: JSONConvertible {
  /// `User`, `Group` or `ServiceAccount`.
  public var kind: String
  /// The subject's name.
  public var name: String
  /// A service account's namespace.
  public var namespace: String?
  /// `rbac.authorization.k8s.io` for users and groups; absent for service accounts.
  public var apiGroup: String?

  /// A value of the given fields.
  public init(
    kind: String, name: String, namespace: String? = nil, apiGroup: String? = nil
  ) {
    self.kind = kind
    self.name = name
    self.namespace = namespace
    self.apiGroup = apiGroup
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    kind = try reader["kind"].string()
    name = try reader["name"].string()
    namespace = try reader["namespace"].optional()
    apiGroup = try reader["apiGroup"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "kind": .string(kind),
      "name": .string(name),
      "namespace": namespace?.json,
      "apiGroup": apiGroup?.json,
    ])
  }
}
