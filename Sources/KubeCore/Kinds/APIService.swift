/// A group and version that another server serves behind the API server (API reference APIService v1).
public struct APIService: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "apiregistration.k8s.io", version: "v1", kind: "APIService", plural: "apiservices",
    isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: APIServiceSpec
  /// What was observed.
  public var status: APIServiceStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: APIServiceSpec, status: APIServiceStatus = APIServiceStatus()
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
    status = try reader["status"].optional() ?? APIServiceStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// Which server serves a group and version, and how far it is trusted.
public struct APIServiceSpec: JSONConvertible {
  /// The API group.
  public var group: String?
  /// The version.
  public var version: String?
  /// The server's service; without one the API server itself serves the group.
  public var service: ServiceReference?
  /// The certificates that the server's must be signed by, as PEM; decoded from Base64.
  public var caBundle: [UInt8]?
  /// Whether the server's certificate is not verified at all.
  public var insecureSkipTLSVerify: Bool?
  /// The group's priority over others in discovery.
  public var groupPriorityMinimum: Int32
  /// The version's priority over others of its group.
  public var versionPriority: Int32

  /// A value of the given fields.
  public init(
    group: String? = nil, version: String? = nil, service: ServiceReference? = nil, caBundle: [UInt8]? = nil,
    insecureSkipTLSVerify: Bool? = nil, groupPriorityMinimum: Int32, versionPriority: Int32
  ) {
    self.group = group
    self.version = version
    self.service = service
    self.caBundle = caBundle
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.groupPriorityMinimum = groupPriorityMinimum
    self.versionPriority = versionPriority
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    group = try reader["group"].optional()
    version = try reader["version"].optional()
    service = try reader["service"].optional()
    caBundle = try reader["caBundle"].base64()
    insecureSkipTLSVerify = try reader["insecureSkipTLSVerify"].optional()
    groupPriorityMinimum = try reader["groupPriorityMinimum"].required()
    versionPriority = try reader["versionPriority"].required()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "group": group?.json,
      "version": version?.json,
      "service": service?.json,
      "caBundle": caBundle.map { .string(Base64.encode($0)) },
      "insecureSkipTLSVerify": insecureSkipTLSVerify?.json,
      "groupPriorityMinimum": groupPriorityMinimum.json,
      "versionPriority": versionPriority.json,
    ])
  }
}

/// A service of an API server's extension.
public struct ServiceReference: JSONConvertible {
  /// The service's namespace.
  public var namespace: String?
  /// The service's name.
  public var name: String?
  /// The service's port; the server's default is 443.
  public var port: Int32?

  /// A value of the given fields.
  public init(
    namespace: String? = nil, name: String? = nil, port: Int32? = nil
  ) {
    self.namespace = namespace
    self.name = name
    self.port = port
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].optional()
    port = try reader["port"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "namespace": namespace?.json,
      "name": name?.json,
      "port": port?.json,
    ])
  }
}

/// What was observed of an APIService.
public struct APIServiceStatus: JSONConvertible {
  /// `Available`.
  public var conditions: [Condition]

  /// A value of the given fields.
  public init(
    conditions: [Condition] = []
  ) {
    self.conditions = conditions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    conditions = try reader["conditions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "conditions": conditions.jsonUnlessEmpty
    ])
  }
}
