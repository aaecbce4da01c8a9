public import KubeCore

/// A configuration of an add-on: any object, by group, resource and name.
public struct AddOnConfig: JSONConvertible {
  /// The configuration's API group.
  public var group: String
  /// The configuration's resource, as a lower-case plural.
  public var resource: String
  /// The configuration's namespace; `nil` where it is cluster-scoped.
  public var namespace: String?
  /// The configuration's name.
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
  /// The name that stands for no default: what v1alpha1's supported configuration without a default becomes
  /// in v1beta1.
  public static let noDefault = "__reserved_no_default__"
  /// Whether an object is named; otherwise this only says that the resource can configure the add-on.
  public var namesObject: Bool { !name.isEmpty && name != AddOnConfig.noDefault }
  /// Whether the configuration is of this kind, whatever the version.
  public func isFor(_ type: ResourceType) -> Bool { group == type.group && resource == type.plural }
}

/// How an add-on is shown to people.
public struct AddOnMeta: JSONConvertible {
  /// The add-on's name.
  public var displayName: String?
  /// What it does.
  public var description: String?

  /// A value of the given fields.
  public init(
    displayName: String? = nil, description: String? = nil
  ) {
    self.displayName = displayName
    self.description = description
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    displayName = try reader["displayName"].optional()
    description = try reader["description"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "displayName": displayName?.json,
      "description": description?.json,
    ])
  }
}

/// A resource that can configure an add-on.
public struct ConfigGroupResource: JSONConvertible {
  /// The resource's API group.
  public var group: String
  /// The resource, as a lower-case plural.
  public var resource: String

  /// A value of the given fields.
  public init(
    group: String = "", resource: String
  ) {
    self.group = group
    self.resource = resource
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional() ?? ""
    resource = try reader["resource"].string()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": .string(group),
      "resource": .string(resource),
    ])
  }
}

/// A configuration and the hash of its spec.
public struct ConfigSpecHash: JSONConvertible {
  /// The configuration's namespace; `nil` where it is cluster-scoped.
  public var namespace: String?
  /// The configuration's name.
  public var name: String
  /// The SHA-256 of the object without its head and status, in lower-case hexadecimal.
  public var specHash: String

  /// A value of the given fields.
  public init(
    namespace: String? = nil, name: String, specHash: String = ""
  ) {
    self.namespace = namespace
    self.name = name
    self.specHash = specHash
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].string()
    specHash = try reader["specHash"].optional() ?? ""
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "namespace": namespace?.json,
      "name": .string(name),
      "specHash": .string(specHash),
    ])
  }
}

/// On which clusters an add-on is installed.
public struct InstallStrategy: JSONConvertible {
  /// `Manual` (the default) or `Placements`.
  public var type: String?
  /// The placements whose clusters get the add-on.
  public var placements: [PlacementStrategy]

  /// A value of the given fields.
  public init(
    type: String? = nil, placements: [PlacementStrategy] = []
  ) {
    self.type = type
    self.placements = placements
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    type = try reader["type"].optional()
    placements = try reader["placements"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "type": type?.json,
      "placements": placements.jsonUnlessEmpty,
    ])
  }
  /// Somebody creates the ManagedClusterAddOns.
  public static let manual = "Manual"
  /// OCM's addon-manager creates and deletes the ManagedClusterAddOns by placements.
  public static let placements = "Placements"
}

/// A placement whose clusters get an add-on.
public struct PlacementStrategy: JSONConvertible {
  /// The placement's namespace.
  public var namespace: String
  /// The placement's name.
  public var name: String
  /// The configurations for these clusters.
  public var configs: [AddOnConfig]
  /// In which steps changes reach the clusters.
  public var rolloutStrategy: JSONValue?

  /// A value of the given fields.
  public init(
    namespace: String, name: String, configs: [AddOnConfig] = [], rolloutStrategy: JSONValue? = nil
  ) {
    self.namespace = namespace
    self.name = name
    self.configs = configs
    self.rolloutStrategy = rolloutStrategy
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    namespace = try reader["namespace"].string()
    name = try reader["name"].string()
    configs = try reader["configs"].list()
    rolloutStrategy = try reader["rolloutStrategy"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "namespace": .string(namespace),
      "name": .string(name),
      "configs": configs.jsonUnlessEmpty,
      "rolloutStrategy": rolloutStrategy?.json,
    ])
  }
}
