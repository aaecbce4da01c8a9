/// Some of the addresses behind a service (API reference EndpointSlice v1).
public struct EndpointSlice: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices",
    isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// `IPv4`, `IPv6` or `FQDN`.
  public var addressType: String
  /// The addresses, with what is known of them.
  public var endpoints: [Endpoint]
  /// The ports of every endpoint.
  public var ports: [EndpointPort]

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, addressType: String, endpoints: [Endpoint] = [], ports: [EndpointPort] = []
  ) {
    self.metadata = metadata
    self.addressType = addressType
    self.endpoints = endpoints
    self.ports = ports
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    addressType = try reader["addressType"].string()
    endpoints = try reader["endpoints"].list()
    ports = try reader["ports"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "addressType": .string(addressType),
      "endpoints": endpoints.jsonUnlessEmpty,
      "ports": ports.jsonUnlessEmpty,
    ])
  }
}

/// A pod behind a service.
public struct Endpoint: JSONConvertible {
  /// Its addresses; clients use the first.
  public var addresses: [String]
  /// Its state.
  public var conditions: EndpointConditions
  /// Its host name.
  public var hostname: String?
  /// The node that it runs on.
  public var nodeName: String?
  /// The pod.
  public var targetRef: ObjectReference?
  /// The zone that it runs in.
  public var zone: String?

  /// A value of the given fields.
  public init(
    addresses: [String] = [], conditions: EndpointConditions = EndpointConditions(), hostname: String? = nil,
    nodeName: String? = nil, targetRef: ObjectReference? = nil, zone: String? = nil
  ) {
    self.addresses = addresses
    self.conditions = conditions
    self.hostname = hostname
    self.nodeName = nodeName
    self.targetRef = targetRef
    self.zone = zone
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    addresses = try reader["addresses"].list()
    conditions = try reader["conditions"].optional() ?? EndpointConditions()
    hostname = try reader["hostname"].optional()
    nodeName = try reader["nodeName"].optional()
    targetRef = try reader["targetRef"].optional()
    zone = try reader["zone"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "addresses": addresses.json,
      "conditions": conditions.json.unlessEmpty,
      "hostname": hostname?.json,
      "nodeName": nodeName?.json,
      "targetRef": targetRef?.json,
      "zone": zone?.json,
    ])
  }
}

/// The state of an endpoint; absent values are unknown.
public struct EndpointConditions: JSONConvertible {
  /// Whether it can take traffic.
  public var ready: Bool?
  /// The same, even while it is being terminated.
  public var serving: Bool?
  /// Whether it is being terminated.
  public var terminating: Bool?

  /// A value of the given fields.
  public init(
    ready: Bool? = nil, serving: Bool? = nil, terminating: Bool? = nil
  ) {
    self.ready = ready
    self.serving = serving
    self.terminating = terminating
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    ready = try reader["ready"].optional()
    serving = try reader["serving"].optional()
    terminating = try reader["terminating"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "ready": ready?.json,
      "serving": serving?.json,
      "terminating": terminating?.json,
    ])
  }
}

/// A port of endpoints.
public struct EndpointPort: JSONConvertible {
  /// The service port's name.
  public var name: String?
  /// The port.
  public var port: Int32?
  /// `TCP`, `UDP` or `SCTP`.
  public var `protocol`: String?
  /// The application protocol.
  public var appProtocol: String?

  /// A value of the given fields.
  public init(
    name: String? = nil, port: Int32? = nil, protocol: String? = nil, appProtocol: String? = nil
  ) {
    self.name = name
    self.port = port
    self.protocol = `protocol`
    self.appProtocol = appProtocol
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].optional()
    port = try reader["port"].optional()
    `protocol` = try reader["protocol"].optional()
    appProtocol = try reader["appProtocol"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": name?.json,
      "port": port?.json,
      "protocol": `protocol`?.json,
      "appProtocol": appProtocol?.json,
    ])
  }
}
