public import KubeCore

public import struct Foundation.Date

/// A cluster that the hub manages; its objects on the hub live in the namespace of the same name.
public struct ManagedCluster: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "cluster.open-cluster-management.io", version: "v1", kind: "ManagedCluster",
    plural: "managedclusters", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ManagedClusterSpec
  /// What was observed.
  public var status: ManagedClusterStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ManagedClusterSpec = ManagedClusterSpec(),
    status: ManagedClusterStatus = ManagedClusterStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ManagedClusterSpec()
    status = try reader["status"].optional() ?? ManagedClusterStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// How a managed cluster is reached and whether the hub takes it.
public struct ManagedClusterSpec: JSONConvertible {
  /// Whether the hub lets the cluster's agent in.
  public var hubAcceptsClient: Bool?
  /// How often the agent renews its Lease.
  public var leaseDurationSeconds: Int32?
  /// How the cluster's API server is reached.
  public var managedClusterClientConfigs: [ManagedClusterClientConfig]
  /// What keeps placements away from the cluster.
  public var taints: [ManagedClusterTaint]

  /// A value of the given fields.
  public init(
    hubAcceptsClient: Bool? = nil, leaseDurationSeconds: Int32? = nil,
    managedClusterClientConfigs: [ManagedClusterClientConfig] = [], taints: [ManagedClusterTaint] = []
  ) {
    self.hubAcceptsClient = hubAcceptsClient
    self.leaseDurationSeconds = leaseDurationSeconds
    self.managedClusterClientConfigs = managedClusterClientConfigs
    self.taints = taints
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    hubAcceptsClient = try reader["hubAcceptsClient"].optional()
    leaseDurationSeconds = try reader["leaseDurationSeconds"].optional()
    managedClusterClientConfigs = try reader["managedClusterClientConfigs"].list()
    taints = try reader["taints"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "hubAcceptsClient": hubAcceptsClient?.json,
      "leaseDurationSeconds": leaseDurationSeconds?.json,
      "managedClusterClientConfigs": managedClusterClientConfigs.jsonUnlessEmpty,
      "taints": taints.jsonUnlessEmpty,
    ])
  }
}

/// How a cluster's API server is reached.
public struct ManagedClusterClientConfig: JSONConvertible {
  /// The API server's URL.
  public var url: String
  /// The certificates that the API server's must be signed by, as PEM; decoded from Base64.
  public var caBundle: [UInt8]?

  /// A value of the given fields.
  public init(
    url: String = "", caBundle: [UInt8]? = nil
  ) {
    self.url = url
    self.caBundle = caBundle
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    url = try reader["url"].optional() ?? ""
    caBundle = try reader["caBundle"].base64()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "url": .string(url),
      "caBundle": caBundle.map { .string(Base64.encode($0)) },
    ])
  }
}

/// What keeps placements away from a cluster.
public struct ManagedClusterTaint: JSONConvertible {
  /// The taint's key.
  public var key: String
  /// The taint's value.
  public var value: String?
  /// `NoSelect`, `PreferNoSelect` or `NoSelectIfNew`.
  public var effect: String?
  /// When it was added.
  public var timeAdded: Date?

  /// A value of the given fields.
  public init(
    key: String, value: String? = nil, effect: String? = nil, timeAdded: Date? = nil
  ) {
    self.key = key
    self.value = value
    self.effect = effect
    self.timeAdded = timeAdded
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    key = try reader["key"].string()
    value = try reader["value"].optional()
    effect = try reader["effect"].optional()
    timeAdded = try reader["timeAdded"].optional(Timestamp.self)?.date
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "key": .string(key),
      "value": value?.json,
      "effect": effect?.json,
      "timeAdded": timeAdded.map { Timestamp($0).json },
    ])
  }
}

/// What was observed of a managed cluster.
public struct ManagedClusterStatus: JSONConvertible {
  /// See `ManagedCluster.ConditionType`.
  public var conditions: [Condition]
  /// The cluster's version.
  public var version: ManagedClusterVersion
  /// What the cluster says of itself.
  public var clusterClaims: [ManagedClusterClaim]

  /// A value of the given fields.
  public init(
    conditions: [Condition] = [], version: ManagedClusterVersion = ManagedClusterVersion(),
    clusterClaims: [ManagedClusterClaim] = []
  ) {
    self.conditions = conditions
    self.version = version
    self.clusterClaims = clusterClaims
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
    version = try reader["version"].optional() ?? ManagedClusterVersion()
    clusterClaims = try reader["clusterClaims"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty,
      "version": version.json.unlessEmpty,
      "clusterClaims": clusterClaims.jsonUnlessEmpty,
    ])
  }
}

/// A cluster's version.
public struct ManagedClusterVersion: JSONConvertible {
  /// The version of its Kubernetes.
  public var kubernetes: String?

  /// A value of the given fields.
  public init(
    kubernetes: String? = nil
  ) {
    self.kubernetes = kubernetes
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    kubernetes = try reader["kubernetes"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "kubernetes": kubernetes?.json
    ])
  }
}

/// Something that a cluster says of itself.
public struct ManagedClusterClaim: JSONConvertible {
  /// The claim's name.
  public var name: String
  /// The claim's value.
  public var value: String

  /// A value of the given fields.
  public init(
    name: String, value: String = ""
  ) {
    self.name = name
    self.value = value
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    value = try reader["value"].optional() ?? ""
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "value": .string(value),
    ])
  }
}
