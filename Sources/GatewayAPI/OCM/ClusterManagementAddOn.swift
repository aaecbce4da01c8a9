public import KubeCore

/// An add-on as the hub knows it: its default configurations and on which clusters it is installed.
public struct ClusterManagementAddOn: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "addon.open-cluster-management.io", version: "v1beta1", kind: "ClusterManagementAddOn",
    plural: "clustermanagementaddons", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ClusterManagementAddOnSpec
  /// What was observed.
  public var status: ClusterManagementAddOnStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ClusterManagementAddOnSpec = ClusterManagementAddOnSpec(),
    status: ClusterManagementAddOnStatus = ClusterManagementAddOnStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ClusterManagementAddOnSpec()
    status = try reader["status"].optional() ?? ClusterManagementAddOnStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// What is wanted of an add-on on all clusters.
public struct ClusterManagementAddOnSpec: JSONConvertible {
  /// How the add-on is shown to people.
  public var addOnMeta: AddOnMeta
  /// The configurations that clusters use unless they name their own. One named `AddOnConfig.noDefault` only
  /// says that the resource can configure the add-on.
  public var defaultConfigs: [AddOnConfig]
  /// On which clusters the add-on is installed.
  public var installStrategy: InstallStrategy?

  /// A value of the given fields.
  public init(
    addOnMeta: AddOnMeta = AddOnMeta(), defaultConfigs: [AddOnConfig] = [],
    installStrategy: InstallStrategy? = nil
  ) {
    self.addOnMeta = addOnMeta
    self.defaultConfigs = defaultConfigs
    self.installStrategy = installStrategy
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    addOnMeta = try reader["addOnMeta"].optional() ?? AddOnMeta()
    defaultConfigs = try reader["defaultConfigs"].list()
    installStrategy = try reader["installStrategy"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "addOnMeta": addOnMeta.json.unlessEmpty,
      "defaultConfigs": defaultConfigs.jsonUnlessEmpty,
      "installStrategy": installStrategy?.json,
    ])
  }
}

/// What was observed of an add-on on all clusters.
public struct ClusterManagementAddOnStatus: JSONConvertible {
  /// The default configurations, with the hashes of their specs.
  public var defaultConfigReferences: [DefaultConfigReference]
  /// How far the installation has got, placement by placement.
  public var installProgressions: [InstallProgression]

  /// A value of the given fields.
  public init(
    defaultConfigReferences: [DefaultConfigReference] = [], installProgressions: [InstallProgression] = []
  ) {
    self.defaultConfigReferences = defaultConfigReferences
    self.installProgressions = installProgressions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    defaultConfigReferences = try reader["defaultConfigReferences"].list()
    installProgressions = try reader["installProgressions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "defaultConfigReferences": defaultConfigReferences.jsonUnlessEmpty,
      "installProgressions": installProgressions.jsonUnlessEmpty,
    ])
  }
}

/// A default configuration, with the hash of its spec.
public struct DefaultConfigReference: JSONConvertible {
  /// The configuration's API group.
  public var group: String
  /// The configuration's resource, as a lower-case plural.
  public var resource: String
  /// Which object, and its spec's hash.
  public var desiredConfig: ConfigSpecHash?

  /// A value of the given fields.
  public init(
    group: String = "", resource: String, desiredConfig: ConfigSpecHash? = nil
  ) {
    self.group = group
    self.resource = resource
    self.desiredConfig = desiredConfig
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional() ?? ""
    resource = try reader["resource"].string()
    desiredConfig = try reader["desiredConfig"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "resource": .string(resource),
      "desiredConfig": desiredConfig?.json,
    ])
  }
}

/// How far an add-on's installation on the clusters of a placement has got.
public struct InstallProgression: JSONConvertible {
  /// The placement's namespace.
  public var namespace: String?
  /// The placement's name.
  public var name: String
  /// The configurations for these clusters.
  public var configReferences: [InstallConfigReference]
  /// `Progressing` and others.
  public var conditions: [Condition]

  /// A value of the given fields.
  public init(
    namespace: String? = nil, name: String, configReferences: [InstallConfigReference] = [],
    conditions: [Condition] = []
  ) {
    self.namespace = namespace
    self.name = name
    self.configReferences = configReferences
    self.conditions = conditions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].string()
    configReferences = try reader["configReferences"].list()
    conditions = try reader["conditions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "namespace": namespace?.json,
      "name": .string(name),
      "configReferences": configReferences.jsonUnlessEmpty,
      "conditions": conditions.jsonUnlessEmpty,
    ])
  }
}

/// A configuration for the clusters of a placement, as wanted and as applied.
public struct InstallConfigReference: JSONConvertible {
  /// The configuration's API group.
  public var group: String
  /// The configuration's resource, as a lower-case plural.
  public var resource: String
  /// What is wanted.
  public var desiredConfig: ConfigSpecHash?
  /// What last worked everywhere.
  public var lastKnownGoodConfig: ConfigSpecHash?
  /// What was last applied everywhere.
  public var lastAppliedConfig: ConfigSpecHash?

  /// A value of the given fields.
  public init(
    group: String = "", resource: String, desiredConfig: ConfigSpecHash? = nil,
    lastKnownGoodConfig: ConfigSpecHash? = nil, lastAppliedConfig: ConfigSpecHash? = nil
  ) {
    self.group = group
    self.resource = resource
    self.desiredConfig = desiredConfig
    self.lastKnownGoodConfig = lastKnownGoodConfig
    self.lastAppliedConfig = lastAppliedConfig
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional() ?? ""
    resource = try reader["resource"].string()
    desiredConfig = try reader["desiredConfig"].optional()
    lastKnownGoodConfig = try reader["lastKnownGoodConfig"].optional()
    lastAppliedConfig = try reader["lastAppliedConfig"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "resource": .string(resource),
      "desiredConfig": desiredConfig?.json,
      "lastKnownGoodConfig": lastKnownGoodConfig?.json,
      "lastAppliedConfig": lastAppliedConfig?.json,
    ])
  }
}
