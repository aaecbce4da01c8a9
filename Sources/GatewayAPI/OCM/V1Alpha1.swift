public import KubeCore

/// The add-on kinds in their older version `v1alpha1`, with conversions to the v1beta1 values that everything
/// else uses.
public enum V1Alpha1 {
  /// ManagedServiceAccount in v1alpha1; the same fields as in v1beta1.
  public static let managedServiceAccountType = ResourceType(
    group: "authentication.open-cluster-management.io", version: "v1alpha1", kind: "ManagedServiceAccount",
    plural: "managedserviceaccounts", isNamespaced: true)

  /// An add-on as the hub knows it, in v1alpha1.
  public struct ClusterManagementAddOn: KubeObject {
    /// How the API serves this kind.
    public static let type = ResourceType(
      group: "addon.open-cluster-management.io", version: "v1alpha1", kind: "ClusterManagementAddOn",
      plural: "clustermanagementaddons", isNamespaced: false)

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What is wanted.
    public var spec: ClusterManagementAddOnSpec
    /// What was observed; the same as in v1beta1.
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

  /// What is wanted of an add-on on all clusters, in v1alpha1.
  public struct ClusterManagementAddOnSpec: JSONConvertible {
    /// How the add-on is shown to people.
    public var addOnMeta: AddOnMeta
    /// The add-on's configuration in the oldest form, which v1beta1 has no place for.
    public var addOnConfiguration: ConfigCoordinates
    /// The resources that can configure the add-on, each with its default.
    public var supportedConfigs: [ConfigMeta]
    /// On which clusters the add-on is installed.
    public var installStrategy: InstallStrategy?

    /// A value of the given fields.
    public init(
      addOnMeta: AddOnMeta = AddOnMeta(), addOnConfiguration: ConfigCoordinates = ConfigCoordinates(),
      supportedConfigs: [ConfigMeta] = [], installStrategy: InstallStrategy? = nil
    ) {
      self.addOnMeta = addOnMeta
      self.addOnConfiguration = addOnConfiguration
      self.supportedConfigs = supportedConfigs
      self.installStrategy = installStrategy
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      addOnMeta = try reader["addOnMeta"].optional() ?? AddOnMeta()
      addOnConfiguration = try reader["addOnConfiguration"].optional() ?? ConfigCoordinates()
      supportedConfigs = try reader["supportedConfigs"].list()
      installStrategy = try reader["installStrategy"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "addOnMeta": addOnMeta.json.unlessEmpty,
        "addOnConfiguration": addOnConfiguration.json.unlessEmpty,
        "supportedConfigs": supportedConfigs.jsonUnlessEmpty,
        "installStrategy": installStrategy?.json,
      ])
    }
  }

  /// A configuration by the names of its CRD and of the object.
  public struct ConfigCoordinates: JSONConvertible {
    /// The CRD's name, `<plural>.<group>`.
    public var crdName: String?
    /// The object's name.
    public var crName: String?
    /// The object's generation when it was last looked at.
    public var lastObservedGeneration: Int64?

    /// A value of the given fields.
    public init(
      crdName: String? = nil, crName: String? = nil, lastObservedGeneration: Int64? = nil
    ) {
      self.crdName = crdName
      self.crName = crName
      self.lastObservedGeneration = lastObservedGeneration
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      crdName = try reader["crdName"].optional()
      crName = try reader["crName"].optional()
      lastObservedGeneration = try reader["lastObservedGeneration"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "crdName": crdName?.json,
        "crName": crName?.json,
        "lastObservedGeneration": lastObservedGeneration?.json,
      ])
    }
  }

  /// A resource that can configure an add-on, and its default.
  public struct ConfigMeta: JSONConvertible {
    /// The resource's API group.
    public var group: String
    /// The resource, as a lower-case plural.
    public var resource: String
    /// The object that clusters use unless they name their own.
    public var defaultConfig: ConfigReferent?

    /// A value of the given fields.
    public init(
      group: String = "", resource: String, defaultConfig: ConfigReferent? = nil
    ) {
      self.group = group
      self.resource = resource
      self.defaultConfig = defaultConfig
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      group = try reader["group"].optional() ?? ""
      resource = try reader["resource"].string()
      defaultConfig = try reader["defaultConfig"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "group": .string(group),
        "resource": .string(resource),
        "defaultConfig": defaultConfig?.json,
      ])
    }
  }

  /// A configuration by name.
  public struct ConfigReferent: JSONConvertible {
    /// The configuration's namespace; `nil` where it is cluster-scoped.
    public var namespace: String?
    /// The configuration's name.
    public var name: String

    /// A value of the given fields.
    public init(
      namespace: String? = nil, name: String
    ) {
      self.namespace = namespace
      self.name = name
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      namespace = try reader["namespace"].optional()
      name = try reader["name"].string()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "namespace": namespace?.json,
        "name": .string(name),
      ])
    }
  }

  /// An add-on on one managed cluster, in v1alpha1.
  public struct ManagedClusterAddOn: KubeObject {
    /// How the API serves this kind.
    public static let type = ResourceType(
      group: "addon.open-cluster-management.io", version: "v1alpha1", kind: "ManagedClusterAddOn",
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

  /// What is wanted of an add-on on one cluster, in v1alpha1.
  public struct ManagedClusterAddOnSpec: JSONConvertible {
    /// The namespace of the add-on's agent on the cluster.
    public var installNamespace: String?
    /// The configurations for this cluster, in place of the add-on's defaults.
    public var configs: [AddOnConfig]

    /// A value of the given fields.
    public init(
      installNamespace: String? = nil, configs: [AddOnConfig] = []
    ) {
      self.installNamespace = installNamespace
      self.configs = configs
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      installNamespace = try reader["installNamespace"].optional()
      configs = try reader["configs"].list()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "installNamespace": installNamespace?.json,
        "configs": configs.jsonUnlessEmpty,
      ])
    }
  }

  /// What was observed of an add-on on one cluster, in v1alpha1.
  public struct ManagedClusterAddOnStatus: JSONConvertible {
    /// The same conditions as in v1beta1.
    public var conditions: [Condition]
    /// Objects of interest to the add-on's users.
    public var relatedObjects: [AddOnObjectReference]
    /// How the add-on is shown to people.
    public var addOnMeta: AddOnMeta
    /// The add-on's configuration in the oldest form.
    public var addOnConfiguration: ConfigCoordinates
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
      addOnMeta: AddOnMeta = AddOnMeta(), addOnConfiguration: ConfigCoordinates = ConfigCoordinates(),
      supportedConfigs: [ConfigGroupResource] = [], configReferences: [ConfigReference] = [],
      healthCheck: HealthCheck = HealthCheck(), namespace: String? = nil
    ) {
      self.conditions = conditions
      self.relatedObjects = relatedObjects
      self.addOnMeta = addOnMeta
      self.addOnConfiguration = addOnConfiguration
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
      addOnConfiguration = try reader["addOnConfiguration"].optional() ?? ConfigCoordinates()
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
        "addOnConfiguration": addOnConfiguration.json.unlessEmpty,
        "supportedConfigs": supportedConfigs.jsonUnlessEmpty,
        "configReferences": configReferences.jsonUnlessEmpty,
        "healthCheck": healthCheck.json.unlessEmpty,
        "namespace": namespace?.json,
      ])
    }
  }

  /// A configuration for one cluster, in v1alpha1.
  public struct ConfigReference: JSONConvertible {
    /// The configuration's API group.
    public var group: String
    /// The configuration's resource, as a lower-case plural.
    public var resource: String
    /// The configuration's namespace, in the oldest form.
    public var namespace: String?
    /// The configuration's name, in the oldest form.
    public var name: String?
    /// The configuration's generation when it was last looked at.
    public var lastObservedGeneration: Int64?
    /// What is wanted.
    public var desiredConfig: ConfigSpecHash?
    /// What was last applied.
    public var lastAppliedConfig: ConfigSpecHash?

    /// A value of the given fields.
    public init(
      group: String = "", resource: String, namespace: String? = nil, name: String? = nil,
      lastObservedGeneration: Int64? = nil, desiredConfig: ConfigSpecHash? = nil,
      lastAppliedConfig: ConfigSpecHash? = nil
    ) {
      self.group = group
      self.resource = resource
      self.namespace = namespace
      self.name = name
      self.lastObservedGeneration = lastObservedGeneration
      self.desiredConfig = desiredConfig
      self.lastAppliedConfig = lastAppliedConfig
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      group = try reader["group"].optional() ?? ""
      resource = try reader["resource"].string()
      namespace = try reader["namespace"].optional()
      name = try reader["name"].optional()
      lastObservedGeneration = try reader["lastObservedGeneration"].optional()
      desiredConfig = try reader["desiredConfig"].optional()
      lastAppliedConfig = try reader["lastAppliedConfig"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "group": .string(group),
        "resource": .string(resource),
        "namespace": namespace?.json,
        "name": name?.json,
        "lastObservedGeneration": lastObservedGeneration?.json,
        "desiredConfig": desiredConfig?.json,
        "lastAppliedConfig": lastAppliedConfig?.json,
      ])
    }
  }

}
