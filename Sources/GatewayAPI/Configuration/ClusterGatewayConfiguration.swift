public import KubeCore
public import KubeKindsCore

/// What the operator installs as cluster-gateway, and how it reaches the managed clusters.
public struct ClusterGatewayConfiguration: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "proxy.open-cluster-management.io", version: "v1alpha1", kind: "ClusterGatewayConfiguration",
    plural: "clustergatewayconfigurations", isNamespaced: false)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: Spec
  /// What was observed.
  public var status: Status

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: Spec = Spec(), status: Status = Status()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? Spec()
    status = try reader["status"].optional() ?? Status()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

extension ClusterGatewayConfiguration {

  /// What is wanted of the gateway. Reading accepts what may be wrong but has the right JSON types:
  /// `validate()` lists all problems.
  public struct Spec: JSONConvertible {
    /// The image of cluster-gateway.
    public var image: String
    /// The namespace that the gateway runs in.
    public var installNamespace: String
    /// The namespace of the gateway Secrets, one for each cluster.
    public var secretNamespace: String
    /// Who makes the gateway Secrets.
    public var secretManagement: SecretManagement
    /// How the gateway reaches the clusters, and with what rights.
    public var egress: Egress
    /// Which clusters the gateway serves; all when empty.
    public var clusters: Clusters
    /// How many pods the gateway has.
    public var replicas: Int32?
    /// What a pod of the gateway needs and may use.
    public var resources: ResourceRequirements
    /// Where the gateway's pods run.
    public var scheduling: Scheduling
    /// The Secrets in the install namespace with which the image is pulled.
    public var imagePullSecrets: [LocalObjectReference]
    /// The gateway's serving certificates.
    public var certificates: Certificates
    /// How the clusters are asked whether they answer.
    public var health: Health
    /// The gateway's feature gates, merged over the defaults.
    public var featureGates: [String: Bool]
    /// What becomes of fields that others own.
    public var ownership: Ownership

    /// A value of the given fields.
    public init(
      image: String = "", installNamespace: String = "", secretNamespace: String = "",
      secretManagement: SecretManagement = SecretManagement(), egress: Egress = Egress(),
      clusters: Clusters = Clusters(), replicas: Int32? = nil,
      resources: ResourceRequirements = ResourceRequirements(), scheduling: Scheduling = Scheduling(),
      imagePullSecrets: [LocalObjectReference] = [], certificates: Certificates = Certificates(),
      health: Health = Health(), featureGates: [String: Bool] = [:], ownership: Ownership = Ownership()
    ) {
      self.image = image
      self.installNamespace = installNamespace
      self.secretNamespace = secretNamespace
      self.secretManagement = secretManagement
      self.egress = egress
      self.clusters = clusters
      self.replicas = replicas
      self.resources = resources
      self.scheduling = scheduling
      self.imagePullSecrets = imagePullSecrets
      self.certificates = certificates
      self.health = health
      self.featureGates = featureGates
      self.ownership = ownership
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      image = try reader["image"].optional() ?? ""
      installNamespace = try reader["installNamespace"].optional() ?? ""
      secretNamespace = try reader["secretNamespace"].optional() ?? ""
      secretManagement = try reader["secretManagement"].optional() ?? SecretManagement()
      egress = try reader["egress"].optional() ?? Egress()
      clusters = try reader["clusters"].optional() ?? Clusters()
      replicas = try reader["replicas"].optional()
      resources = try reader["resources"].optional() ?? ResourceRequirements()
      scheduling = try reader["scheduling"].optional() ?? Scheduling()
      imagePullSecrets = try reader["imagePullSecrets"].list()
      certificates = try reader["certificates"].optional() ?? Certificates()
      health = try reader["health"].optional() ?? Health()
      featureGates = try reader["featureGates"].map()
      ownership = try reader["ownership"].optional() ?? Ownership()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "image": .string(image),
        "installNamespace": .string(installNamespace),
        "secretNamespace": .string(secretNamespace),
        "secretManagement": secretManagement.json.unlessEmpty,
        "egress": egress.json,
        "clusters": clusters.json.unlessEmpty,
        "replicas": replicas?.json,
        "resources": resources.json.unlessEmpty,
        "scheduling": scheduling.json.unlessEmpty,
        "imagePullSecrets": imagePullSecrets.jsonUnlessEmpty,
        "certificates": certificates.json.unlessEmpty,
        "health": health.json.unlessEmpty,
        "featureGates": featureGates.jsonUnlessEmpty,
        "ownership": ownership.json.unlessEmpty,
      ])
    }
  }

  /// What was observed of the gateway.
  public struct Status: JSONConvertible {
    /// The generation that the status was said of.
    public var lastObservedGeneration: Int64?
    /// See `ClusterGatewayConfiguration.ConditionType`.
    public var conditions: [Condition]

    /// A value of the given fields.
    public init(
      lastObservedGeneration: Int64? = nil, conditions: [Condition] = []
    ) {
      self.lastObservedGeneration = lastObservedGeneration
      self.conditions = conditions
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      lastObservedGeneration = try reader["lastObservedGeneration"].optional()
      conditions = try reader["conditions"].list()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "lastObservedGeneration": lastObservedGeneration?.json,
        "conditions": conditions.jsonUnlessEmpty,
      ])
    }
  }

  /// Who makes the gateway Secrets.
  public struct SecretManagement: JSONConvertible {
    /// Who.
    public var type: SecretManagementType?
    /// The identity on the clusters.
    public var managedServiceAccount: ManagedServiceAccountReference?

    /// A value of the given fields.
    public init(
      type: SecretManagementType? = nil, managedServiceAccount: ManagedServiceAccountReference? = nil
    ) {
      self.type = type
      self.managedServiceAccount = managedServiceAccount
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      type = try reader["type"].optional()
      managedServiceAccount = try reader["managedServiceAccount"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "type": type?.json,
        "managedServiceAccount": managedServiceAccount?.json,
      ])
    }
  }

  /// The ManagedServiceAccount whose tokens the gateway uses.
  public struct ManagedServiceAccountReference: JSONConvertible {
    /// Its name in every cluster's namespace.
    public var name: String?

    /// A value of the given fields.
    public init(
      name: String? = nil
    ) {
      self.name = name
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      name = try reader["name"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "name": name?.json
      ])
    }
  }

  /// Which clusters a gateway serves.
  public struct Clusters: JSONConvertible {
    /// The labels of their ManagedClusters; all clusters when absent.
    public var selector: LabelSelector?

    /// A value of the given fields.
    public init(
      selector: LabelSelector? = nil
    ) {
      self.selector = selector
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      selector = try reader["selector"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "selector": selector?.json
      ])
    }
  }

  /// Where the gateway's pods run.
  public struct Scheduling: JSONConvertible {
    /// The labels that a node must have.
    public var nodeSelector: [String: String]
    /// Taints of nodes that the pods put up with.
    public var tolerations: [JSONValue]
    /// Rules by which nodes are preferred or required.
    public var affinity: JSONValue?
    /// The pods' priority.
    public var priorityClassName: String?
    /// How the pods spread over failure domains.
    public var topologySpreadConstraints: [JSONValue]

    /// A value of the given fields.
    public init(
      nodeSelector: [String: String] = [:], tolerations: [JSONValue] = [], affinity: JSONValue? = nil,
      priorityClassName: String? = nil, topologySpreadConstraints: [JSONValue] = []
    ) {
      self.nodeSelector = nodeSelector
      self.tolerations = tolerations
      self.affinity = affinity
      self.priorityClassName = priorityClassName
      self.topologySpreadConstraints = topologySpreadConstraints
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      nodeSelector = try reader["nodeSelector"].map()
      tolerations = try reader["tolerations"].list()
      affinity = try reader["affinity"].optional()
      priorityClassName = try reader["priorityClassName"].optional()
      topologySpreadConstraints = try reader["topologySpreadConstraints"].list()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "nodeSelector": nodeSelector.jsonUnlessEmpty,
        "tolerations": tolerations.jsonUnlessEmpty,
        "affinity": affinity?.json,
        "priorityClassName": priorityClassName?.json,
        "topologySpreadConstraints": topologySpreadConstraints.jsonUnlessEmpty,
      ])
    }
  }

  /// What becomes of fields that another Apply manager owns, such as a GitOps tool.
  public struct Ownership: JSONConvertible {
    /// Whether they are taken over; otherwise they are reported.
    public var force: Bool?

    /// A value of the given fields.
    public init(
      force: Bool? = nil
    ) {
      self.force = force
    }

    /// Reads the fields; throws at the first one that is missing or of a wrong type.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      force = try reader["force"].optional()
    }

    /// The value as JSON; absent and empty fields are left out.
    public var json: JSONValue {
      .fields([
        "force": force?.json
      ])
    }
  }

}
