/// Identical pods, rolled over when their template changes (API reference Deployment v1).
public struct Deployment: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "apps", version: "v1", kind: "Deployment", plural: "deployments", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: DeploymentSpec
  /// What was observed.
  public var status: DeploymentStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: DeploymentSpec, status: DeploymentStatus = DeploymentStatus()
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
    status = try reader["status"].optional() ?? DeploymentStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// What a deployment should run (API reference DeploymentSpec v1).
public struct DeploymentSpec: JSONConvertible {
  /// How many pods; the server's default is 1.
  public var replicas: Int32?
  /// Which pods are the deployment's; it can't be changed.
  public var selector: LabelSelector
  /// How new pods take the place of old ones.
  public var strategy: DeploymentStrategy?
  /// The pods.
  public var template: PodTemplateSpec
  /// How long a pod must be ready before it counts as available.
  public var minReadySeconds: Int32?
  /// How many old ReplicaSets are kept.
  public var revisionHistoryLimit: Int32?
  /// After how many seconds without progress a roll-over counts as failed.
  public var progressDeadlineSeconds: Int32?
  /// Whether roll-overs are held back.
  public var paused: Bool?

  /// A value of the given fields.
  public init(
    replicas: Int32? = nil, selector: LabelSelector, strategy: DeploymentStrategy? = nil,
    template: PodTemplateSpec, minReadySeconds: Int32? = nil, revisionHistoryLimit: Int32? = nil,
    progressDeadlineSeconds: Int32? = nil, paused: Bool? = nil
  ) {
    self.replicas = replicas
    self.selector = selector
    self.strategy = strategy
    self.template = template
    self.minReadySeconds = minReadySeconds
    self.revisionHistoryLimit = revisionHistoryLimit
    self.progressDeadlineSeconds = progressDeadlineSeconds
    self.paused = paused
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    replicas = try reader["replicas"].optional()
    selector = try reader["selector"].required()
    strategy = try reader["strategy"].optional()
    template = try reader["template"].required()
    minReadySeconds = try reader["minReadySeconds"].optional()
    revisionHistoryLimit = try reader["revisionHistoryLimit"].optional()
    progressDeadlineSeconds = try reader["progressDeadlineSeconds"].optional()
    paused = try reader["paused"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "replicas": replicas?.json,
      "selector": selector.json,
      "strategy": strategy?.json,
      "template": template.json,
      "minReadySeconds": minReadySeconds?.json,
      "revisionHistoryLimit": revisionHistoryLimit?.json,
      "progressDeadlineSeconds": progressDeadlineSeconds?.json,
      "paused": paused?.json,
    ])
  }
}

/// How new pods take the place of old ones.
public struct DeploymentStrategy: JSONConvertible {
  /// `RollingUpdate` or `Recreate`.
  public var type: String?
  /// Limits of a rolling update.
  public var rollingUpdate: RollingUpdateDeployment?

  /// A value of the given fields.
  public init(
    type: String? = nil, rollingUpdate: RollingUpdateDeployment? = nil
  ) {
    self.type = type
    self.rollingUpdate = rollingUpdate
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    type = try reader["type"].optional()
    rollingUpdate = try reader["rollingUpdate"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "type": type?.json,
      "rollingUpdate": rollingUpdate?.json,
    ])
  }
}

/// Limits of a rolling update.
public struct RollingUpdateDeployment: JSONConvertible {
  /// How many pods may be missing meanwhile, as a number or a percentage.
  public var maxUnavailable: IntOrString?
  /// How many pods there may be too many meanwhile, as a number or a percentage.
  public var maxSurge: IntOrString?

  /// A value of the given fields.
  public init(
    maxUnavailable: IntOrString? = nil, maxSurge: IntOrString? = nil
  ) {
    self.maxUnavailable = maxUnavailable
    self.maxSurge = maxSurge
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    maxUnavailable = try reader["maxUnavailable"].optional()
    maxSurge = try reader["maxSurge"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "maxUnavailable": maxUnavailable?.json,
      "maxSurge": maxSurge?.json,
    ])
  }
}

/// What was observed of a deployment (API reference DeploymentStatus v1). Counts that are absent are 0.
public struct DeploymentStatus: JSONConvertible {
  /// The generation that this was said of.
  public var observedGeneration: Int64?
  /// How many pods there are.
  public var replicas: Int32?
  /// How many of them follow the current template.
  public var updatedReplicas: Int32?
  /// How many of them are ready.
  public var readyReplicas: Int32?
  /// How many of them have been ready for `minReadySeconds`.
  public var availableReplicas: Int32?
  /// How many more must become available.
  public var unavailableReplicas: Int32?
  /// `Available`, `Progressing`, `ReplicaFailure`.
  public var conditions: [Condition]

  /// A value of the given fields.
  public init(
    observedGeneration: Int64? = nil, replicas: Int32? = nil, updatedReplicas: Int32? = nil,
    readyReplicas: Int32? = nil, availableReplicas: Int32? = nil, unavailableReplicas: Int32? = nil,
    conditions: [Condition] = []
  ) {
    self.observedGeneration = observedGeneration
    self.replicas = replicas
    self.updatedReplicas = updatedReplicas
    self.readyReplicas = readyReplicas
    self.availableReplicas = availableReplicas
    self.unavailableReplicas = unavailableReplicas
    self.conditions = conditions
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    observedGeneration = try reader["observedGeneration"].optional()
    replicas = try reader["replicas"].optional()
    updatedReplicas = try reader["updatedReplicas"].optional()
    readyReplicas = try reader["readyReplicas"].optional()
    availableReplicas = try reader["availableReplicas"].optional()
    unavailableReplicas = try reader["unavailableReplicas"].optional()
    conditions = try reader["conditions"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "observedGeneration": observedGeneration?.json,
      "replicas": replicas?.json,
      "updatedReplicas": updatedReplicas?.json,
      "readyReplicas": readyReplicas?.json,
      "availableReplicas": availableReplicas?.json,
      "unavailableReplicas": unavailableReplicas?.json,
      "conditions": conditions.jsonUnlessEmpty,
    ])
  }
}
