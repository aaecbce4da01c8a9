import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeReconcile

/// The last valid configuration, kept in a ConfigMap. It stays in force while the configuration on
/// the hub is missing or invalid, so that certificates are still renewed, tokens copied and
/// clusters detached.
struct KeptConfiguration: Hashable {
  /// The configuration's name.
  var name: String
  /// The configuration's UID; `nil` in records of earlier releases.
  var uid: String?
  /// The generation of the spec.
  var generation: Int64?
  /// The spec as a person wrote it.
  var spec: JSONValue

  private enum Key {
    static let name = "name"
    static let uid = "uid"
    static let generation = "generation"
    static let spec = "spec.json"
  }

  /// Creates the record of a configuration.
  init(_ configuration: DynamicObject) {
    name = configuration.metadata.name
    uid = configuration.metadata.uid
    generation = configuration.metadata.generation
    spec = KeptConfiguration.normalized(configuration.json["spec"] ?? .null)
  }

  /// The value as the API server stores it: a whole number is an integer.
  private static func normalized(_ value: JSONValue) -> JSONValue {
    switch value {
    case .number(let number): number.wholeInt64.map { .integer($0) } ?? value
    case .array(let elements): .array(elements.map { normalized($0) })
    case .object(let object): .object(JSONObject(object.map { ($0.key, normalized($0.value)) }))
    default: value
    }
  }

  /// Reads the record on a hub; `nil` if there is none, or it can't be decoded.
  init?(_ objects: ObservedObjects) {
    guard let data = KeptConfiguration.configMap(in: objects)?.json["data"],
      let name = data[Key.name]?.string,
      let text = data[Key.spec]?.string, let spec = try? JSONParser().parse(Array(text.utf8))
    else { return nil }
    self.name = name
    self.spec = spec
    uid = data[Key.uid]?.string
    generation = data[Key.generation]?.string.flatMap { Int64($0) }
  }

  /// The manager's ConfigMap with the record.
  private static func configMap(in objects: ObservedObjects) -> DynamicObject? {
    objects.all(ConfigMap.type.groupKind).first {
      $0.metadata.name == ManagerIdentity.effectiveConfigurationName && ManagerIdentity.owns($0)
    }
  }

  /// Whether the record was kept for the add-on with `uid`, and isn't deleted with a former one.
  static func belongs(to uid: String?, in objects: ObservedObjects) -> Bool {
    guard let metadata = configMap(in: objects)?.metadata, metadata.deletionTimestamp == nil else {
      return false
    }
    return metadata.ownerReferences.contains { $0.uid == uid }
  }

  /// Whether the record could be read.
  static func isObserved(in objects: ObservedObjects) -> Bool {
    objects.isObserved(ObjectSelection(ConfigMap.type))
  }

  /// The configuration with ``spec``.
  var object: DynamicObject? {
    try? DynamicObject([
      "apiVersion": .string(ClusterGatewayConfiguration.type.apiVersion),
      "kind": .string(ClusterGatewayConfiguration.type.kind),
      "metadata": ["name": .string(name)], "spec": spec,
    ])
  }

  /// The problems of an observed configuration that has lost fields of this record by a change of
  /// its CustomResourceDefinition, not by an edit: the API server drops them from what it stores
  /// and from what it answers, so that the spec seems to be another without a new generation.
  func losses(in observed: DynamicObject, definition: DynamicObject?) -> [FieldError] {
    guard observed.metadata.name == name else { return [] }
    let root = FieldPath().field("spec")
    var lost: [FieldPath] = []
    if uid != nil, observed.metadata.uid == uid, observed.metadata.generation == generation {
      lost = KeptConfiguration.members(of: spec, missingIn: observed.json["spec"] ?? [:], at: root)
    }
    let dropped = definition.map {
      ClusterGatewayConfiguration.fields(of: ["spec": spec], droppedBy: $0.json)
    }
    if let dropped, dropped.isEmpty {
      // A write by any client, such as of the status, has stored the configuration without them.
      return lost.map {
        FieldError(
          path: $0, problem: "was set and was lost while another CustomResourceDefinition was on the hub",
          remedy: "apply the configuration again")
      }
    }
    return (lost.isEmpty ? dropped ?? [] : lost).map {
      FieldError(
        path: $0, problem: "was set and is dropped by the hub's CustomResourceDefinition",
        remedy: "apply what `gateway-manager manifests --part definition` prints")
    }
  }

  /// The paths of the members that `other` lacks.
  private static func members(
    of value: JSONValue, missingIn other: JSONValue, at path: FieldPath
  ) -> [FieldPath] {
    guard let members = value.object, let others = other.object else { return [] }
    return members.flatMap { member in
      let path = path.field(member.key)
      return others[member.key].map { KeptConfiguration.members(of: member.value, missingIn: $0, at: path) }
        ?? [path]
    }
  }

  /// The ConfigMap with the record.
  func configMap(in namespace: String, owner: OwnerReference) -> ConfigMap {
    ConfigMap(
      metadata: ObjectMeta(
        name: ManagerIdentity.effectiveConfigurationName, namespace: namespace,
        labels: ManagerIdentity.labels, ownerReferences: [owner]),
      data: [
        Key.name: name, Key.uid: uid, Key.spec: JSONWriter().text(spec),
        Key.generation: generation.map { String($0) },
      ].compactMapValues { $0 })
  }
}
