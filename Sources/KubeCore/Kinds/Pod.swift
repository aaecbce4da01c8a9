public import struct Foundation.Date

/// Containers that run together (API reference Pod v1).
public struct Pod: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "Pod", plural: "pods", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// What is wanted.
  public var spec: PodSpec
  /// What was observed.
  public var status: PodStatus

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, spec: PodSpec = PodSpec(), status: PodStatus = PodStatus()
  ) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    spec = try reader["spec"].optional() ?? PodSpec()
    status = try reader["status"].optional() ?? PodStatus()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "spec": spec.json,
      "status": status.json.unlessEmpty,
    ])
  }
}

/// The metadata of the pods that a template makes.
public struct PodTemplateMeta: JSONConvertible {
  /// The pods' labels.
  public var labels: [String: String]
  /// The pods' annotations.
  public var annotations: [String: String]

  /// A value of the given fields.
  public init(
    labels: [String: String] = [:], annotations: [String: String] = [:]
  ) {
    self.labels = labels
    self.annotations = annotations
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    labels = try reader["labels"].map()
    annotations = try reader["annotations"].map()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "labels": labels.jsonUnlessEmpty,
      "annotations": annotations.jsonUnlessEmpty,
    ])
  }
}

/// From what a workload makes its pods (API reference PodTemplateSpec v1).
public struct PodTemplateSpec: JSONConvertible {
  /// The pods' metadata.
  public var metadata: PodTemplateMeta
  /// The pods' specification.
  public var spec: PodSpec

  /// A value of the given fields.
  public init(
    metadata: PodTemplateMeta = PodTemplateMeta(), spec: PodSpec = PodSpec()
  ) {
    self.metadata = metadata
    self.spec = spec
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].optional() ?? PodTemplateMeta()
    spec = try reader["spec"].optional() ?? PodSpec()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "metadata": metadata.json.unlessEmpty,
      "spec": spec.json,
    ])
  }
}

/// What was observed of a pod (API reference PodStatus v1).
public struct PodStatus: JSONConvertible {
  /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
  public var phase: String?
  /// The pod's conditions, such as `Ready`.
  public var conditions: [Condition]
  /// Why the pod is in its phase, as a word.
  public var reason: String?
  /// Why the pod is in its phase, for people.
  public var message: String?
  /// The node's address.
  public var hostIP: String?
  /// The pod's address.
  public var podIP: String?
  /// When the kubelet took the pod on.
  public var startTime: Date?
  /// The containers, one by one.
  public var containerStatuses: [ContainerStatus]

  /// A value of the given fields.
  public init(
    phase: String? = nil, conditions: [Condition] = [], reason: String? = nil, message: String? = nil,
    hostIP: String? = nil, podIP: String? = nil, startTime: Date? = nil,
    containerStatuses: [ContainerStatus] = []
  ) {
    self.phase = phase
    self.conditions = conditions
    self.reason = reason
    self.message = message
    self.hostIP = hostIP
    self.podIP = podIP
    self.startTime = startTime
    self.containerStatuses = containerStatuses
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    phase = try reader["phase"].optional()
    conditions = try reader["conditions"].list()
    reason = try reader["reason"].optional()
    message = try reader["message"].optional()
    hostIP = try reader["hostIP"].optional()
    podIP = try reader["podIP"].optional()
    startTime = try reader["startTime"].optional(Timestamp.self)?.date
    containerStatuses = try reader["containerStatuses"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "phase": phase?.json,
      "conditions": conditions.jsonUnlessEmpty,
      "reason": reason?.json,
      "message": message?.json,
      "hostIP": hostIP?.json,
      "podIP": podIP?.json,
      "startTime": startTime.map { Timestamp($0).json },
      "containerStatuses": containerStatuses.jsonUnlessEmpty,
    ])
  }
}

/// What was observed of a container (API reference ContainerStatus v1).
public struct ContainerStatus: JSONConvertible {
  /// The container's name.
  public var name: String
  /// Whether it passes its readiness probe.
  public var ready: Bool?
  /// Whether it has started.
  public var started: Bool?
  /// How often it was restarted.
  public var restartCount: Int32?
  /// The image that it runs.
  public var image: String?
  /// The image's digest.
  public var imageID: String?
  /// What it does now: `running`, `waiting` or `terminated`, with details.
  public var state: JSONValue?
  /// What it did before it was last restarted.
  public var lastState: JSONValue?

  /// A value of the given fields.
  public init(
    name: String, ready: Bool? = nil, started: Bool? = nil, restartCount: Int32? = nil, image: String? = nil,
    imageID: String? = nil, state: JSONValue? = nil, lastState: JSONValue? = nil
  ) {
    self.name = name
    self.ready = ready
    self.started = started
    self.restartCount = restartCount
    self.image = image
    self.imageID = imageID
    self.state = state
    self.lastState = lastState
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    ready = try reader["ready"].optional()
    started = try reader["started"].optional()
    restartCount = try reader["restartCount"].optional()
    image = try reader["image"].optional()
    imageID = try reader["imageID"].optional()
    state = try reader["state"].optional()
    lastState = try reader["lastState"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "ready": ready?.json,
      "started": started?.json,
      "restartCount": restartCount?.json,
      "image": image?.json,
      "imageID": imageID?.json,
      "state": state?.json,
      "lastState": lastState?.json,
    ])
  }
}
