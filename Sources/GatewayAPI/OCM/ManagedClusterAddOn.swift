public import KubeCore

/// An add-on on one managed cluster, in the cluster's namespace: its presence enables the add-on there.
public struct ManagedClusterAddOn: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "addon.open-cluster-management.io", version: "v1beta1", kind: "ManagedClusterAddOn",
    plural: "managedclusteraddons", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ManagedClusterAddOnSpec
  /// What was observed.
  public var status: ManagedClusterAddOnStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ManagedClusterAddOnSpec = ManagedClusterAddOnSpec(),
    status: ManagedClusterAddOnStatus = ManagedClusterAddOnStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ManagedClusterAddOnSpec()
    status = try reader["status"].optional() ?? ManagedClusterAddOnStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// What is wanted of an add-on on one cluster.
public struct ManagedClusterAddOnSpec: JSONConvertible {
  /// The configurations for this cluster, in place of the add-on's defaults.
  public var configs: [AddOnConfig]

  /// A value of the given fields.
  public init(
    configs: [AddOnConfig] = []
  ) {
    self.configs = configs
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    configs = try reader["configs"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "configs": configs.jsonUnlessEmpty
    ])
  }
}

/// What was observed of an add-on on one cluster.
public struct ManagedClusterAddOnStatus: JSONConvertible {
  /// See `ManagedClusterAddOn.ConditionType`.
  public var conditions: [Condition]
  /// Objects of interest to the add-on's users.
  public var relatedObjects: [AddOnObjectReference]
  /// How the add-on is shown to people.
  public var addOnMeta: AddOnMeta
  /// The resources that can configure the add-on.
  public var supportedConfigs: [ConfigGroupResource]
  /// The configurations, as wanted and as applied.
  public var configReferences: [ConfigReference]
  /// Who says whether the add-on is available.
  public var healthCheck: HealthCheck
  /// The namespace of the add-on's agent on the cluster.
  public var namespace: String?

  /// A value of the given fields.
  public init(
    conditions: [Condition] = [], relatedObjects: [AddOnObjectReference] = [],
    addOnMeta: AddOnMeta = AddOnMeta(), supportedConfigs: [ConfigGroupResource] = [],
    configReferences: [ConfigReference] = [], healthCheck: HealthCheck = HealthCheck(),
    namespace: String? = nil
  ) {
    self.conditions = conditions
    self.relatedObjects = relatedObjects
    self.addOnMeta = addOnMeta
    self.supportedConfigs = supportedConfigs
    self.configReferences = configReferences
    self.healthCheck = healthCheck
    self.namespace = namespace
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
    relatedObjects = try reader["relatedObjects"].list()
    addOnMeta = try reader["addOnMeta"].optional() ?? AddOnMeta()
    supportedConfigs = try reader["supportedConfigs"].list()
    configReferences = try reader["configReferences"].list()
    healthCheck = try reader["healthCheck"].optional() ?? HealthCheck()
    namespace = try reader["namespace"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty,
      "relatedObjects": relatedObjects.jsonUnlessEmpty,
      "addOnMeta": addOnMeta.json.unlessEmpty,
      "supportedConfigs": supportedConfigs.jsonUnlessEmpty,
      "configReferences": configReferences.jsonUnlessEmpty,
      "healthCheck": healthCheck.json.unlessEmpty,
      "namespace": namespace?.json,
    ])
  }
}

/// A configuration for one cluster, as wanted and as applied.
public struct ConfigReference: JSONConvertible {
  /// The configuration's API group.
  public var group: String
  /// The configuration's resource, as a lower-case plural.
  public var resource: String
  /// The configuration's generation when it was last looked at.
  public var lastObservedGeneration: Int64?
  /// What is wanted.
  public var desiredConfig: ConfigSpecHash?
  /// What was last applied.
  public var lastAppliedConfig: ConfigSpecHash?

  /// A value of the given fields.
  public init(
    group: String = "", resource: String, lastObservedGeneration: Int64? = nil,
    desiredConfig: ConfigSpecHash? = nil, lastAppliedConfig: ConfigSpecHash? = nil
  ) {
    self.group = group
    self.resource = resource
    self.lastObservedGeneration = lastObservedGeneration
    self.desiredConfig = desiredConfig
    self.lastAppliedConfig = lastAppliedConfig
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional() ?? ""
    resource = try reader["resource"].string()
    lastObservedGeneration = try reader["lastObservedGeneration"].optional()
    desiredConfig = try reader["desiredConfig"].optional()
    lastAppliedConfig = try reader["lastAppliedConfig"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "resource": .string(resource),
      "lastObservedGeneration": lastObservedGeneration?.json,
      "desiredConfig": desiredConfig?.json,
      "lastAppliedConfig": lastAppliedConfig?.json,
    ])
  }
}

/// An object of interest to an add-on's users.
public struct AddOnObjectReference: JSONConvertible {
  /// The object's API group.
  public var group: String
  /// The object's resource, as a lower-case plural.
  public var resource: String
  /// The object's namespace; `nil` where it is cluster-scoped.
  public var namespace: String?
  /// The object's name.
  public var name: String

  /// A value of the given fields.
  public init(
    group: String = "", resource: String, namespace: String? = nil, name: String
  ) {
    self.group = group
    self.resource = resource
    self.namespace = namespace
    self.name = name
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional() ?? ""
    resource = try reader["resource"].string()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].string()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "resource": .string(resource),
      "namespace": namespace?.json,
      "name": .string(name),
    ])
  }
}

/// Who says whether an add-on is available on a cluster.
public struct HealthCheck: JSONConvertible {
  /// `Lease`: the agent on the cluster, by renewing a Lease; `Customized`: the add-on's manager. Absent means
  /// `Lease`.
  public var mode: String?

  /// A value of the given fields.
  public init(
    mode: String? = nil
  ) {
    self.mode = mode
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    mode = try reader["mode"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "mode": mode?.json
    ])
  }
  /// The agent on the cluster renews a Lease.
  public static let lease = "Lease"
  /// The add-on's manager writes the condition `Available`.
  public static let customized = "Customized"
}
