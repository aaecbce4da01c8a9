public import struct Foundation.Date

/// What every Kubernetes object says of itself (`metadata`, API reference ObjectMeta v1).
public struct ObjectMeta: JSONConvertible {
  /// The name, unique among the objects of its kind in its namespace.
  public var name: String
  /// The namespace; `nil` for cluster-scoped kinds.
  public var namespace: String?
  /// Chosen by the server for this very object: another object of the same name has another.
  public var uid: String?
  /// The server's opaque version of the object.
  public var resourceVersion: String?
  /// Counts changes of the desired state.
  public var generation: Int64?
  /// When the object was made.
  public var creationTimestamp: Date?
  /// When its deletion was asked for; finalizers may still hold it.
  public var deletionTimestamp: Date?
  /// Labels.
  public var labels: [String: String]
  /// Annotations.
  public var annotations: [String: String]
  /// The objects that this one goes away with.
  public var ownerReferences: [OwnerReference]
  /// What must happen before the object may go.
  public var finalizers: [String]

  /// Metadata of an object that is to be made.
  public init(
    name: String, namespace: String? = nil, labels: [String: String] = [:],
    annotations: [String: String] = [:],
    ownerReferences: [OwnerReference] = [], finalizers: [String] = []
  ) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
    self.ownerReferences = ownerReferences
    self.finalizers = finalizers
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    name = try reader["name"].string()
    namespace = try reader["namespace"].optional()
    uid = try reader["uid"].optional()
    resourceVersion = try reader["resourceVersion"].optional()
    generation = try reader["generation"].optional()
    creationTimestamp = try reader["creationTimestamp"].optional(Timestamp.self)?.date
    deletionTimestamp = try reader["deletionTimestamp"].optional(Timestamp.self)?.date
    labels = try reader["labels"].map()
    // The annotation of client-side apply may hold a whole Secret, and is hidden then: skip what isn't plain
    // text.
    annotations = [:]
    for member in reader["annotations"].value?.object ?? [:] {
      annotations[member.key] = member.value.isNull ? "" : member.value.string
    }
    ownerReferences = try reader["ownerReferences"].list()
    finalizers = try reader["finalizers"].list()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "name": .string(name),
      "namespace": namespace?.json,
      "uid": uid?.json,
      "resourceVersion": resourceVersion?.json,
      "generation": generation?.json,
      "creationTimestamp": creationTimestamp.map { Timestamp($0).json },
      "deletionTimestamp": deletionTimestamp.map { Timestamp($0).json },
      "labels": labels.jsonUnlessEmpty,
      "annotations": annotations.jsonUnlessEmpty,
      "ownerReferences": ownerReferences.jsonUnlessEmpty,
      "finalizers": finalizers.jsonUnlessEmpty,
    ])
  }
}

/// An object that another goes away with (API reference OwnerReference v1).
public struct OwnerReference: JSONConvertible {
  /// The owner's group and version.
  public var apiVersion: String
  /// The owner's kind.
  public var kind: String
  /// The owner's name, in the same namespace or cluster-scoped.
  public var name: String
  /// The owner's uid.
  public var uid: String
  /// Whether the owner manages this object; at most one owner does.
  public var controller: Bool?
  /// Whether a foreground deletion of the owner waits for this object.
  public var blockOwnerDeletion: Bool?

  /// A reference to an owner.
  public init(
    apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil,
    blockOwnerDeletion: Bool? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    apiVersion = try reader["apiVersion"].string()
    kind = try reader["kind"].string()
    name = try reader["name"].string()
    uid = try reader["uid"].string()
    controller = try reader["controller"].optional()
    blockOwnerDeletion = try reader["blockOwnerDeletion"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "apiVersion": .string(apiVersion),
      "kind": .string(kind),
      "name": .string(name),
      "uid": .string(uid),
      "controller": controller?.json,
      "blockOwnerDeletion": blockOwnerDeletion?.json,
    ])
  }

  /// The owner's kind, whatever the version.
  public var groupKind: GroupKind { GroupKind(apiVersion: apiVersion, kind: kind) }
}
