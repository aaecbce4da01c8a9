/// A program that runs in a pod (API reference Container v1).
public struct Container: JSONConvertible {
  /// The container's name.
  public var name: String
  /// The image's reference.
  public var image: String?
  /// `Always`, `IfNotPresent` or `Never`.
  public var imagePullPolicy: String?
  /// The program, in place of the image's entry point.
  public var command: [String]
  /// The program's arguments.
  public var args: [String]
  /// Environment variables.
  public var env: [EnvVar]
  /// The ports that the program listens on.
  public var ports: [ContainerPort]
  /// What it needs and what it may use at most.
  public var resources: ResourceRequirements
  /// Where volumes appear in its file system.
  public var volumeMounts: [VolumeMount]
  /// What the program may do.
  public var securityContext: JSONValue?
  /// How to see that it must be restarted.
  public var livenessProbe: JSONValue?
  /// How to see that it can serve.
  public var readinessProbe: JSONValue?
  /// How to see that it has started.
  public var startupProbe: JSONValue?
  /// The file with the program's last words.
  public var terminationMessagePath: String?
  /// Where last words are taken from.
  public var terminationMessagePolicy: String?

  /// A value of the given fields.
  public init(
    name: String, image: String? = nil, imagePullPolicy: String? = nil, command: [String] = [],
    args: [String] = [], env: [EnvVar] = [], ports: [ContainerPort] = [],
    resources: ResourceRequirements = ResourceRequirements(), volumeMounts: [VolumeMount] = [],
    securityContext: JSONValue? = nil, livenessProbe: JSONValue? = nil, readinessProbe: JSONValue? = nil,
    startupProbe: JSONValue? = nil, terminationMessagePath: String? = nil,
    terminationMessagePolicy: String? = nil
  ) {
    self.name = name
    self.image = image
    self.imagePullPolicy = imagePullPolicy
    self.command = command
    self.args = args
    self.env = env
    self.ports = ports
    self.resources = resources
    self.volumeMounts = volumeMounts
    self.securityContext = securityContext
    self.livenessProbe = livenessProbe
    self.readinessProbe = readinessProbe
    self.startupProbe = startupProbe
    self.terminationMessagePath = terminationMessagePath
    self.terminationMessagePolicy = terminationMessagePolicy
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    image = try reader["image"].optional()
    imagePullPolicy = try reader["imagePullPolicy"].optional()
    command = try reader["command"].list()
    args = try reader["args"].list()
    env = try reader["env"].list()
    ports = try reader["ports"].list()
    resources = try reader["resources"].optional() ?? ResourceRequirements()
    volumeMounts = try reader["volumeMounts"].list()
    securityContext = try reader["securityContext"].optional()
    livenessProbe = try reader["livenessProbe"].optional()
    readinessProbe = try reader["readinessProbe"].optional()
    startupProbe = try reader["startupProbe"].optional()
    terminationMessagePath = try reader["terminationMessagePath"].optional()
    terminationMessagePolicy = try reader["terminationMessagePolicy"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "image": image?.json,
      "imagePullPolicy": imagePullPolicy?.json,
      "command": command.jsonUnlessEmpty,
      "args": args.jsonUnlessEmpty,
      "env": env.jsonUnlessEmpty,
      "ports": ports.jsonUnlessEmpty,
      "resources": resources.json.unlessEmpty,
      "volumeMounts": volumeMounts.jsonUnlessEmpty,
      "securityContext": securityContext?.json,
      "livenessProbe": livenessProbe?.json,
      "readinessProbe": readinessProbe?.json,
      "startupProbe": startupProbe?.json,
      "terminationMessagePath": terminationMessagePath?.json,
      "terminationMessagePolicy": terminationMessagePolicy?.json,
    ])
  }
}

/// A port that a container listens on.
public struct ContainerPort: JSONConvertible {
  /// The port's name, which services can refer to.
  public var name: String?
  /// The port.
  public var containerPort: Int32
  /// `TCP`, `UDP` or `SCTP`; the server's default is `TCP`.
  public var `protocol`: String?

  /// A value of the given fields.
  public init(
    name: String? = nil, containerPort: Int32, protocol: String? = nil
  ) {
    self.name = name
    self.containerPort = containerPort
    self.protocol = `protocol`
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].optional()
    containerPort = try reader["containerPort"].required()
    `protocol` = try reader["protocol"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": name?.json,
      "containerPort": containerPort.json,
      "protocol": `protocol`?.json,
    ])
  }
}

/// An environment variable.
public struct EnvVar: JSONConvertible {
  /// The variable's name.
  public var name: String
  /// The value.
  public var value: String?
  /// Where the value comes from otherwise.
  public var valueFrom: EnvVarSource?

  /// A value of the given fields.
  public init(
    name: String, value: String? = nil, valueFrom: EnvVarSource? = nil
  ) {
    self.name = name
    self.value = value
    self.valueFrom = valueFrom
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].string()
    value = try reader["value"].optional()
    valueFrom = try reader["valueFrom"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "value": value?.json,
      "valueFrom": valueFrom?.json,
    ])
  }
}

/// Where the value of an environment variable comes from.
public struct EnvVarSource: JSONConvertible {
  /// A field of the pod.
  public var fieldRef: ObjectFieldSelector?
  /// An entry of a ConfigMap.
  public var configMapKeyRef: JSONValue?
  /// An entry of a Secret, by name and key.
  public var secretKeyRef: JSONValue?

  /// A value of the given fields.
  public init(
    fieldRef: ObjectFieldSelector? = nil, configMapKeyRef: JSONValue? = nil, secretKeyRef: JSONValue? = nil
  ) {
    self.fieldRef = fieldRef
    self.configMapKeyRef = configMapKeyRef
    self.secretKeyRef = secretKeyRef
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    fieldRef = try reader["fieldRef"].optional()
    configMapKeyRef = try reader["configMapKeyRef"].optional()
    secretKeyRef = try reader["secretKeyRef"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "fieldRef": fieldRef?.json,
      "configMapKeyRef": configMapKeyRef?.json,
      "secretKeyRef": secretKeyRef?.json,
    ])
  }
}

/// A field of the pod that an environment variable takes its value from.
public struct ObjectFieldSelector: JSONConvertible {
  /// The version in which `fieldPath` is written.
  public var apiVersion: String?
  /// The field, such as `metadata.namespace`.
  public var fieldPath: String

  /// A value of the given fields.
  public init(
    apiVersion: String? = nil, fieldPath: String
  ) {
    self.apiVersion = apiVersion
    self.fieldPath = fieldPath
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    apiVersion = try reader["apiVersion"].optional()
    fieldPath = try reader["fieldPath"].string()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "apiVersion": apiVersion?.json,
      "fieldPath": .string(fieldPath),
    ])
  }
}

/// What a container needs and what it may use at most (API reference ResourceRequirements v1).
public struct ResourceRequirements: JSONConvertible {
  /// What is set aside for it, by resource, as quantities (`100m`, `200Mi`).
  public var requests: [String: String]
  /// What it may use at most, by resource, as quantities.
  public var limits: [String: String]

  /// A value of the given fields.
  public init(
    requests: [String: String] = [:], limits: [String: String] = [:]
  ) {
    self.requests = requests
    self.limits = limits
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    requests = try reader["requests"].map(QuantityText.self).mapValues(\.text)
    limits = try reader["limits"].map(QuantityText.self).mapValues(\.text)
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "requests": requests.jsonUnlessEmpty,
      "limits": limits.jsonUnlessEmpty,
    ])
  }
}
