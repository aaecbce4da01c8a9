public import KubeCore

/// Objects that the work agent applies on a managed cluster, in the cluster's namespace on the hub.
public struct ManifestWork: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "work.open-cluster-management.io", version: "v1", kind: "ManifestWork", plural: "manifestworks",
    isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ManifestWorkSpec
  /// What was observed.
  public var status: ManifestWorkStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ManifestWorkSpec = ManifestWorkSpec(),
    status: ManifestWorkStatus = ManifestWorkStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ManifestWorkSpec()
    status = try reader["status"].optional() ?? ManifestWorkStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// What is wanted on a managed cluster.
public struct ManifestWorkSpec: JSONConvertible {
  /// The objects.
  public var workload: ManifestsTemplate
  /// The identity on the cluster that applies them, where it isn't the agent's own.
  public var executor: JSONValue?
  /// Which objects stay when the ManifestWork goes.
  public var deleteOption: JSONValue?
  /// How single objects are updated and what is reported of them.
  public var manifestConfigs: [JSONValue]

  /// A value of the given fields.
  public init(
    workload: ManifestsTemplate = ManifestsTemplate(), executor: JSONValue? = nil,
    deleteOption: JSONValue? = nil, manifestConfigs: [JSONValue] = []
  ) {
    self.workload = workload
    self.executor = executor
    self.deleteOption = deleteOption
    self.manifestConfigs = manifestConfigs
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    workload = try reader["workload"].optional() ?? ManifestsTemplate()
    executor = try reader["executor"].optional()
    deleteOption = try reader["deleteOption"].optional()
    manifestConfigs = try reader["manifestConfigs"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "workload": workload.json,
      "executor": executor?.json,
      "deleteOption": deleteOption?.json,
      "manifestConfigs": manifestConfigs.jsonUnlessEmpty,
    ])
  }
}

/// Objects to apply on a managed cluster.
public struct ManifestsTemplate: JSONConvertible {
  /// The objects; at least one.
  public var manifests: [JSONValue]

  /// A value of the given fields.
  public init(
    manifests: [JSONValue] = []
  ) {
    self.manifests = manifests
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    manifests = try reader["manifests"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "manifests": manifests.jsonUnlessEmpty
    ])
  }
}

/// What was observed of a ManifestWork.
public struct ManifestWorkStatus: JSONConvertible {
  /// See `ManifestWork.ConditionType`.
  public var conditions: [Condition]
  /// The objects, one by one.
  public var resourceStatus: ManifestResourceStatus

  /// A value of the given fields.
  public init(
    conditions: [Condition] = [], resourceStatus: ManifestResourceStatus = ManifestResourceStatus()
  ) {
    self.conditions = conditions
    self.resourceStatus = resourceStatus
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
    resourceStatus = try reader["resourceStatus"].optional() ?? ManifestResourceStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty,
      "resourceStatus": resourceStatus.json.unlessEmpty,
    ])
  }
}

/// What was observed of the objects of a ManifestWork.
public struct ManifestResourceStatus: JSONConvertible {
  /// The objects.
  public var manifests: [ManifestCondition]

  /// A value of the given fields.
  public init(
    manifests: [ManifestCondition] = []
  ) {
    self.manifests = manifests
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    manifests = try reader["manifests"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "manifests": manifests.jsonUnlessEmpty
    ])
  }
}

/// What was observed of one object of a ManifestWork.
public struct ManifestCondition: JSONConvertible {
  /// Which object.
  public var resourceMeta: ManifestResourceMeta
  /// `Applied`, `Available` and others.
  public var conditions: [Condition]
  /// The values that were asked for.
  public var statusFeedback: JSONValue?

  /// A value of the given fields.
  public init(
    resourceMeta: ManifestResourceMeta = ManifestResourceMeta(), conditions: [Condition] = [],
    statusFeedback: JSONValue? = nil
  ) {
    self.resourceMeta = resourceMeta
    self.conditions = conditions
    self.statusFeedback = statusFeedback
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    resourceMeta = try reader["resourceMeta"].optional() ?? ManifestResourceMeta()
    conditions = try reader["conditions"].list()
    statusFeedback = try reader["statusFeedback"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "resourceMeta": resourceMeta.json.unlessEmpty,
      "conditions": conditions.jsonUnlessEmpty,
      "statusFeedback": statusFeedback?.json,
    ])
  }
}

/// Which object of a ManifestWork.
public struct ManifestResourceMeta: JSONConvertible {
  /// Its place in the list of manifests, from 0.
  public var ordinal: Int32?
  /// Its API group.
  public var group: String?
  /// Its version.
  public var version: String?
  /// Its kind.
  public var kind: String?
  /// Its resource, as a lower-case plural.
  public var resource: String?
  /// Its namespace.
  public var namespace: String?
  /// Its name.
  public var name: String?

  /// A value of the given fields.
  public init(
    ordinal: Int32? = nil, group: String? = nil, version: String? = nil, kind: String? = nil,
    resource: String? = nil, namespace: String? = nil, name: String? = nil
  ) {
    self.ordinal = ordinal
    self.group = group
    self.version = version
    self.kind = kind
    self.resource = resource
    self.namespace = namespace
    self.name = name
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    ordinal = try reader["ordinal"].optional()
    group = try reader["group"].optional()
    version = try reader["version"].optional()
    kind = try reader["kind"].optional()
    resource = try reader["resource"].optional()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "ordinal": ordinal?.json,
      "group": group?.json,
      "version": version?.json,
      "kind": kind?.json,
      "resource": resource?.json,
      "namespace": namespace?.json,
      "name": name?.json,
    ])
  }
}
