/// A stable address in front of pods (API reference Service v1).
public struct Service: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "Service", plural: "services", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: ServiceSpec

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: ServiceSpec = ServiceSpec()
  ) {
    self.metadata = metadata
    self.spec = spec
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? ServiceSpec()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json
    ])
  }
}

/// What a service does (API reference ServiceSpec v1).
public struct ServiceSpec: JSONConvertible {
  /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`; the server's default is `ClusterIP`.
  public var type: String?
  /// The virtual address; `None` for a headless service.
  public var clusterIP: String?
  /// The virtual addresses of all address families.
  public var clusterIPs: [String]
  /// The ports.
  public var ports: [ServicePort]
  /// The labels of the pods behind the service.
  public var selector: [String: String]
  /// The address families.
  public var ipFamilies: [String]
  /// Whether one or two address families are wanted.
  public var ipFamilyPolicy: String?
  /// Which pods serve traffic from inside the cluster.
  public var internalTrafficPolicy: String?
  /// Whether a client stays with one pod.
  public var sessionAffinity: String?
  /// Whether pods that aren't ready are listed too.
  public var publishNotReadyAddresses: Bool?

  /// A value of the given fields.
  public init(
    type: String? = nil, clusterIP: String? = nil, clusterIPs: [String] = [], ports: [ServicePort] = [],
    selector: [String: String] = [:], ipFamilies: [String] = [], ipFamilyPolicy: String? = nil,
    internalTrafficPolicy: String? = nil, sessionAffinity: String? = nil,
    publishNotReadyAddresses: Bool? = nil
  ) {
    self.type = type
    self.clusterIP = clusterIP
    self.clusterIPs = clusterIPs
    self.ports = ports
    self.selector = selector
    self.ipFamilies = ipFamilies
    self.ipFamilyPolicy = ipFamilyPolicy
    self.internalTrafficPolicy = internalTrafficPolicy
    self.sessionAffinity = sessionAffinity
    self.publishNotReadyAddresses = publishNotReadyAddresses
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    type = try reader["type"].optional()
    clusterIP = try reader["clusterIP"].optional()
    clusterIPs = try reader["clusterIPs"].list()
    ports = try reader["ports"].list()
    selector = try reader["selector"].map()
    ipFamilies = try reader["ipFamilies"].list()
    ipFamilyPolicy = try reader["ipFamilyPolicy"].optional()
    internalTrafficPolicy = try reader["internalTrafficPolicy"].optional()
    sessionAffinity = try reader["sessionAffinity"].optional()
    publishNotReadyAddresses = try reader["publishNotReadyAddresses"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "type": type?.json,
      "clusterIP": clusterIP?.json,
      "clusterIPs": clusterIPs.jsonUnlessEmpty,
      "ports": ports.jsonUnlessEmpty,
      "selector": selector.jsonUnlessEmpty,
      "ipFamilies": ipFamilies.jsonUnlessEmpty,
      "ipFamilyPolicy": ipFamilyPolicy?.json,
      "internalTrafficPolicy": internalTrafficPolicy?.json,
      "sessionAffinity": sessionAffinity?.json,
      "publishNotReadyAddresses": publishNotReadyAddresses?.json,
    ])
  }
}

/// A port of a service.
public struct ServicePort: JSONConvertible {
  /// The port's name; needed where there are several.
  public var name: String?
  /// The port on the service's address.
  public var port: Int32
  /// The port of the pods, by number or by name; the same as `port` when absent.
  public var targetPort: IntOrString?
  /// `TCP`, `UDP` or `SCTP`; the server's default is `TCP`.
  public var `protocol`: String?
  /// The application protocol, as a hint.
  public var appProtocol: String?
  /// The port on every node.
  public var nodePort: Int32?

  /// A value of the given fields.
  public init(
    name: String? = nil, port: Int32, targetPort: IntOrString? = nil, protocol: String? = nil,
    appProtocol: String? = nil, nodePort: Int32? = nil
  ) {
    self.name = name
    self.port = port
    self.targetPort = targetPort
    self.protocol = `protocol`
    self.appProtocol = appProtocol
    self.nodePort = nodePort
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].optional()
    port = try reader["port"].required()
    targetPort = try reader["targetPort"].optional()
    `protocol` = try reader["protocol"].optional()
    appProtocol = try reader["appProtocol"].optional()
    nodePort = try reader["nodePort"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": name?.json,
      "port": port.json,
      "targetPort": targetPort?.json,
      "protocol": `protocol`?.json,
      "appProtocol": appProtocol?.json,
      "nodePort": nodePort?.json,
    ])
  }
}
