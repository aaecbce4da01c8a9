/// A kind that the API server learns (API reference CustomResourceDefinition v1).
public struct CustomResourceDefinition: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The kind.
  public var spec: CustomResourceDefinitionSpec
  /// What the server says of it.
  public var status: CustomResourceDefinitionStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: CustomResourceDefinitionSpec,
    status: CustomResourceDefinitionStatus = CustomResourceDefinitionStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].required()
    status = try reader["status"].optional() ?? CustomResourceDefinitionStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
  /// The kind in each version that is served, newest first as the definition lists them.
  public var servedTypes: [ResourceType] {
    spec.versions.filter(\.served).map { version in
      ResourceType(
        group: spec.group, version: version.name, kind: spec.names.kind, plural: spec.names.plural,
        isNamespaced: spec.scope == "Namespaced")
    }
  }
}

/// How a custom kind is named, scoped and versioned.
public struct CustomResourceDefinitionSpec: JSONConvertible {
  /// The API group.
  public var group: String
  /// The names that it is served under.
  public var names: CustomResourceDefinitionNames
  /// `Cluster` or `Namespaced`.
  public var scope: String
  /// The versions.
  public var versions: [CustomResourceDefinitionVersion]
  /// How objects are converted between versions.
  public var conversion: JSONValue?
  /// Whether fields outside the schema are kept; only old definitions say so.
  public var preserveUnknownFields: Bool?

  /// A value of the given fields.
  public init(
    group: String, names: CustomResourceDefinitionNames, scope: String,
    versions: [CustomResourceDefinitionVersion] = [], conversion: JSONValue? = nil,
    preserveUnknownFields: Bool? = nil
  ) {
    self.group = group
    self.names = names
    self.scope = scope
    self.versions = versions
    self.conversion = conversion
    self.preserveUnknownFields = preserveUnknownFields
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].string()
    names = try reader["names"].required()
    scope = try reader["scope"].string()
    versions = try reader["versions"].list()
    conversion = try reader["conversion"].optional()
    preserveUnknownFields = try reader["preserveUnknownFields"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "names": names.json,
      "scope": .string(scope),
      "versions": versions.jsonUnlessEmpty,
      "conversion": conversion?.json,
      "preserveUnknownFields": preserveUnknownFields?.json,
    ])
  }
}

/// The names that a custom kind is served under.
public struct CustomResourceDefinitionNames: JSONConvertible {
  /// The lower-case plural used in URLs.
  public var plural: String
  /// The kind.
  public var kind: String
  /// The lower-case singular.
  public var singular: String?
  /// The kind of lists of it.
  public var listKind: String?
  /// Short names for command lines.
  public var shortNames: [String]
  /// Groups of kinds that it is listed with, such as `all`.
  public var categories: [String]

  /// A value of the given fields.
  public init(
    plural: String, kind: String, singular: String? = nil, listKind: String? = nil, shortNames: [String] = [],
    categories: [String] = []
  ) {
    self.plural = plural
    self.kind = kind
    self.singular = singular
    self.listKind = listKind
    self.shortNames = shortNames
    self.categories = categories
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    plural = try reader["plural"].string()
    kind = try reader["kind"].string()
    singular = try reader["singular"].optional()
    listKind = try reader["listKind"].optional()
    shortNames = try reader["shortNames"].list()
    categories = try reader["categories"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "plural": .string(plural),
      "kind": .string(kind),
      "singular": singular?.json,
      "listKind": listKind?.json,
      "shortNames": shortNames.jsonUnlessEmpty,
      "categories": categories.jsonUnlessEmpty,
    ])
  }
}

/// A version of a custom kind.
public struct CustomResourceDefinitionVersion: JSONConvertible {
  /// The version, such as `v1alpha1`.
  public var name: String
  /// Whether it is served.
  public var served: Bool
  /// Whether objects are stored in this version; exactly one is.
  public var storage: Bool
  /// Whether clients are warned.
  public var deprecated: Bool?
  /// The schema, below `openAPIV3Schema`.
  public var schema: JSONValue?
  /// The subresources, `status` and `scale`.
  public var subresources: JSONValue?
  /// The columns of tables.
  public var additionalPrinterColumns: [JSONValue]

  /// A value of the given fields.
  public init(
    name: String, served: Bool, storage: Bool, deprecated: Bool? = nil, schema: JSONValue? = nil,
    subresources: JSONValue? = nil, additionalPrinterColumns: [JSONValue] = []
  ) {
    self.name = name
    self.served = served
    self.storage = storage
    self.deprecated = deprecated
    self.schema = schema
    self.subresources = subresources
    self.additionalPrinterColumns = additionalPrinterColumns
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    served = try reader["served"].required()
    storage = try reader["storage"].required()
    deprecated = try reader["deprecated"].optional()
    schema = try reader["schema"].optional()
    subresources = try reader["subresources"].optional()
    additionalPrinterColumns = try reader["additionalPrinterColumns"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "served": served.json,
      "storage": storage.json,
      "deprecated": deprecated?.json,
      "schema": schema?.json,
      "subresources": subresources?.json,
      "additionalPrinterColumns": additionalPrinterColumns.jsonUnlessEmpty,
    ])
  }
}

/// What the server says of a custom kind.
public struct CustomResourceDefinitionStatus: JSONConvertible {
  /// `Established`, `NamesAccepted` and others.
  public var conditions: [Condition]
  /// The versions that objects were ever stored in.
  public var storedVersions: [String]

  /// A value of the given fields.
  public init(
    conditions: [Condition] = [], storedVersions: [String] = []
  ) {
    self.conditions = conditions
    self.storedVersions = storedVersions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
    storedVersions = try reader["storedVersions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty,
      "storedVersions": storedVersions.jsonUnlessEmpty,
    ])
  }
}
