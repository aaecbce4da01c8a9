public import KubeCore

public import struct Foundation.Date

/// A service account on a managed cluster whose token is reported to the hub, in the cluster's namespace.
public struct ManagedServiceAccount: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "authentication.open-cluster-management.io", version: "v1beta1", kind: "ManagedServiceAccount",
    plural: "managedserviceaccounts", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ManagedServiceAccountSpec
  /// What was observed.
  public var status: ManagedServiceAccountStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ManagedServiceAccountSpec = ManagedServiceAccountSpec(),
    status: ManagedServiceAccountStatus = ManagedServiceAccountStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ManagedServiceAccountSpec()
    status = try reader["status"].optional() ?? ManagedServiceAccountStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// What is wanted of a reported service account.
public struct ManagedServiceAccountSpec: JSONConvertible {
  /// How its token is renewed.
  public var rotation: ManagedServiceAccountRotation
  /// After how many seconds the object goes.
  public var ttlSecondsAfterCreation: Int32?

  /// A value of the given fields.
  public init(
    rotation: ManagedServiceAccountRotation = ManagedServiceAccountRotation(),
    ttlSecondsAfterCreation: Int32? = nil
  ) {
    self.rotation = rotation
    self.ttlSecondsAfterCreation = ttlSecondsAfterCreation
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    rotation = try reader["rotation"].optional() ?? ManagedServiceAccountRotation()
    ttlSecondsAfterCreation = try reader["ttlSecondsAfterCreation"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "rotation": rotation.json.unlessEmpty,
      "ttlSecondsAfterCreation": ttlSecondsAfterCreation?.json,
    ])
  }
}

/// How a reported token is renewed.
public struct ManagedServiceAccountRotation: JSONConvertible {
  /// Whether it is renewed; the server's default is true.
  public var enabled: Bool?
  /// How long a token is asked to be valid, as a Go duration; stored as spelled.
  public var validity: String?

  /// A value of the given fields.
  public init(
    enabled: Bool? = nil, validity: String? = nil
  ) {
    self.enabled = enabled
    self.validity = validity
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    enabled = try reader["enabled"].optional()
    validity = try reader["validity"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "enabled": enabled?.json,
      "validity": validity?.json,
    ])
  }
}

/// What was observed of a reported service account.
public struct ManagedServiceAccountStatus: JSONConvertible {
  /// See `ManagedServiceAccount.ConditionType`.
  public var conditions: [Condition]
  /// When the reported token ends.
  public var expirationTimestamp: Date?
  /// The Secret with the token, in the same namespace.
  public var tokenSecretRef: TokenSecretReference?

  /// A value of the given fields.
  public init(
    conditions: [Condition] = [], expirationTimestamp: Date? = nil,
    tokenSecretRef: TokenSecretReference? = nil
  ) {
    self.conditions = conditions
    self.expirationTimestamp = expirationTimestamp
    self.tokenSecretRef = tokenSecretRef
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
    expirationTimestamp = try reader["expirationTimestamp"].optional(Timestamp.self)?.date
    tokenSecretRef = try reader["tokenSecretRef"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty,
      "expirationTimestamp": expirationTimestamp.map { Timestamp($0).json },
      "tokenSecretRef": tokenSecretRef?.json,
    ])
  }
}

/// The Secret with a reported token.
public struct TokenSecretReference: JSONConvertible {
  /// The Secret's name.
  public var name: String
  /// When the token was last renewed.
  public var lastRefreshTimestamp: Date?

  /// A value of the given fields.
  public init(
    name: String, lastRefreshTimestamp: Date? = nil
  ) {
    self.name = name
    self.lastRefreshTimestamp = lastRefreshTimestamp
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    lastRefreshTimestamp = try reader["lastRefreshTimestamp"].optional(Timestamp.self)?.date
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "lastRefreshTimestamp": lastRefreshTimestamp.map { Timestamp($0).json },
    ])
  }
}
