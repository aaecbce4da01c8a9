/// A set of verbs permitted on resources or paths (API reference PolicyRule v1).
public struct PolicyRule: JSONConvertible {
  /// The permitted verbs, such as `get`; `*` permits all.
  public var verbs: [String]
  /// The groups of the resources; an empty name is the core group, `*` stands for all groups.
  public var apiGroups: [String]
  /// The resources, such as `pods` or `pods/log`; `*` stands for all resources.
  public var resources: [String]
  /// The names of the objects; empty for all objects.
  public var resourceNames: [String]
  /// Paths that aren't resources, such as `/healthz`; only in ClusterRoles.
  public var nonResourceURLs: [String]

  /// Creates a value with these fields.
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

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    verbs = try reader["verbs"].list()
    apiGroups = try reader["apiGroups"].list()
    resources = try reader["resources"].list()
    resourceNames = try reader["resourceNames"].list()
    nonResourceURLs = try reader["nonResourceURLs"].list()
  }

  /// The JSON form, without absent and empty fields.
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
