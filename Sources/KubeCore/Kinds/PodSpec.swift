/// What runs in a pod and where (API reference PodSpec v1).
public struct PodSpec: JSONConvertible {
  /// The containers.
  public var containers: [Container]
  /// The containers that run to their end before the others start.
  public var initContainers: [Container]
  /// The volumes that containers can mount.
  public var volumes: [Volume]
  /// The identity that the containers act under.
  public var serviceAccountName: String?
  /// Whether the identity's token is mounted.
  public var automountServiceAccountToken: Bool?
  /// The labels that a node must have.
  public var nodeSelector: [String: String]
  /// Rules by which nodes are preferred or required.
  public var affinity: JSONValue?
  /// Taints of nodes that the pod puts up with.
  public var tolerations: [JSONValue]
  /// How pods spread over failure domains.
  public var topologySpreadConstraints: [JSONValue]
  /// The pod's priority.
  public var priorityClassName: String?
  /// The Secrets with which images are pulled.
  public var imagePullSecrets: [LocalObjectReference]
  /// What the pod's processes may do.
  public var securityContext: JSONValue?
  /// Whether the pod shares the node's network.
  public var hostNetwork: Bool?
  /// How names are resolved.
  public var dnsPolicy: String?
  /// When containers are restarted.
  public var restartPolicy: String?
  /// Which scheduler places the pod.
  public var schedulerName: String?
  /// How long processes may take to end.
  public var terminationGracePeriodSeconds: Int64?

  /// A value of the given fields.
  public init(
    containers: [Container] = [], initContainers: [Container] = [], volumes: [Volume] = [],
    serviceAccountName: String? = nil, automountServiceAccountToken: Bool? = nil,
    nodeSelector: [String: String] = [:], affinity: JSONValue? = nil, tolerations: [JSONValue] = [],
    topologySpreadConstraints: [JSONValue] = [], priorityClassName: String? = nil,
    imagePullSecrets: [LocalObjectReference] = [], securityContext: JSONValue? = nil,
    hostNetwork: Bool? = nil, dnsPolicy: String? = nil, restartPolicy: String? = nil,
    schedulerName: String? = nil, terminationGracePeriodSeconds: Int64? = nil
  ) {
    self.containers = containers
    self.initContainers = initContainers
    self.volumes = volumes
    self.serviceAccountName = serviceAccountName
    self.automountServiceAccountToken = automountServiceAccountToken
    self.nodeSelector = nodeSelector
    self.affinity = affinity
    self.tolerations = tolerations
    self.topologySpreadConstraints = topologySpreadConstraints
    self.priorityClassName = priorityClassName
    self.imagePullSecrets = imagePullSecrets
    self.securityContext = securityContext
    self.hostNetwork = hostNetwork
    self.dnsPolicy = dnsPolicy
    self.restartPolicy = restartPolicy
    self.schedulerName = schedulerName
    self.terminationGracePeriodSeconds = terminationGracePeriodSeconds
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    containers = try reader["containers"].list()
    initContainers = try reader["initContainers"].list()
    volumes = try reader["volumes"].list()
    serviceAccountName = try reader["serviceAccountName"].optional()
    automountServiceAccountToken = try reader["automountServiceAccountToken"].optional()
    nodeSelector = try reader["nodeSelector"].map()
    affinity = try reader["affinity"].optional()
    tolerations = try reader["tolerations"].list()
    topologySpreadConstraints = try reader["topologySpreadConstraints"].list()
    priorityClassName = try reader["priorityClassName"].optional()
    imagePullSecrets = try reader["imagePullSecrets"].list()
    securityContext = try reader["securityContext"].optional()
    hostNetwork = try reader["hostNetwork"].optional()
    dnsPolicy = try reader["dnsPolicy"].optional()
    restartPolicy = try reader["restartPolicy"].optional()
    schedulerName = try reader["schedulerName"].optional()
    terminationGracePeriodSeconds = try reader["terminationGracePeriodSeconds"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "containers": containers.jsonUnlessEmpty,
      "initContainers": initContainers.jsonUnlessEmpty,
      "volumes": volumes.jsonUnlessEmpty,
      "serviceAccountName": serviceAccountName?.json,
      "automountServiceAccountToken": automountServiceAccountToken?.json,
      "nodeSelector": nodeSelector.jsonUnlessEmpty,
      "affinity": affinity?.json,
      "tolerations": tolerations.jsonUnlessEmpty,
      "topologySpreadConstraints": topologySpreadConstraints.jsonUnlessEmpty,
      "priorityClassName": priorityClassName?.json,
      "imagePullSecrets": imagePullSecrets.jsonUnlessEmpty,
      "securityContext": securityContext?.json,
      "hostNetwork": hostNetwork?.json,
      "dnsPolicy": dnsPolicy?.json,
      "restartPolicy": restartPolicy?.json,
      "schedulerName": schedulerName?.json,
      "terminationGracePeriodSeconds": terminationGracePeriodSeconds?.json,
    ])
  }
}

/// An object in the same namespace, by name.
public struct LocalObjectReference: JSONConvertible {
  /// The object's name.
  public var name: String

  /// A value of the given fields.
  public init(
    name: String
  ) {
    self.name = name
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name)
    ])
  }
}
