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
