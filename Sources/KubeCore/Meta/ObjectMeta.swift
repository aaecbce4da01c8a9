/// The metadata of a Kubernetes object (`metadata`, API reference ObjectMeta v1) as a ``JSONView``:
/// members without a property here, such as `managedFields`, are kept.
public struct ObjectMeta: JSONView {
  /// The types of the members. An annotation may be secret, where it repeats a Secret.
  public static let shape = ObjectShape(
    """
    annotations:{secretText} creationTimestamp:time deletionTimestamp:time finalizers:[string]
    generation:int64 labels:{string} name!:string namespace:string ownerReferences:[@0]
    resourceVersion:string uid:string
    """, OwnerReference.self)

  /// The metadata's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The name, unique among the objects of its kind in its namespace.
  public var name: String {
    get { fields.string("name") ?? "" }
    set { fields.set("name", newValue) }
  }
  /// The namespace; `nil` for cluster-scoped kinds.
  public var namespace: String? {
    get { fields.string("namespace") }
    set { fields.set("namespace", newValue) }
  }
  /// The identifier that the server assigned to this object: a later object of the same name has
  /// another one.
  public var uid: String? {
    get { fields.string("uid") }
    set { fields.set("uid", newValue) }
  }
  /// The server's opaque version of the object.
  public var resourceVersion: String? {
    get { fields.string("resourceVersion") }
    set { fields.set("resourceVersion", newValue) }
  }
  /// The number of changes of the desired state.
  public var generation: Int64? {
    get { fields.int64("generation") }
    set { fields.set("generation", newValue) }
  }
  /// The time when the object was created.
  public var creationTimestamp: Date? {
    get { fields.time("creationTimestamp") }
    set { fields.setTime("creationTimestamp", newValue) }
  }
  /// The time when its deletion was requested; finalizers may still delay it.
  public var deletionTimestamp: Date? {
    get { fields.time("deletionTimestamp") }
    set { fields.setTime("deletionTimestamp", newValue) }
  }
  /// The labels.
  public var labels: [String: String] {
    get { fields.stringMap("labels") }
    set { fields.set("labels", newValue) }
  }
  /// The annotations, without those that are secret because they repeat a Secret; setting keeps
  /// these.
  public var annotations: [String: String] {
    get { fields.stringMap("annotations") }
    set {
      let concealed = (fields["annotations"]?.object ?? [:]).compactMapValues { member in
        if case .secret = member.value { member.value } else { nil }
      }
      var entries = JSONObject(newValue.lazy.map { ($0.key, .string($0.value)) })
      for member in concealed where !entries.contains(member.key) { entries[member.key] = member.value }
      fields["annotations"] = entries.isEmpty ? nil : .object(entries)
    }
  }
  /// One label, without making a dictionary of all.
  package func label(_ name: String) -> String? { fields["labels"]?.object?[name]?.string }
  /// One annotation, without making a dictionary of all; `nil` where it is concealed.
  package func annotation(_ name: String) -> String? { fields["annotations"]?.object?[name]?.string }

  /// The objects that this one goes away with.
  public var ownerReferences: [OwnerReference] {
    get { fields.views("ownerReferences") }
    set { fields.set("ownerReferences", newValue) }
  }
  /// The finalizers, which must be removed before the object is deleted.
  public var finalizers: [String] {
    get { fields.strings("finalizers") }
    set { fields.set("finalizers", newValue) }
  }

  /// Creates the metadata of a new object.
  public init(
    name: String, namespace: String? = nil, labels: [String: String] = [:],
    annotations: [String: String] = [:],
    ownerReferences: [OwnerReference] = [], finalizers: [String] = []
  ) {
    fields = ["name": .string(name)]
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
    self.ownerReferences = ownerReferences
    self.finalizers = finalizers
  }
}

/// A reference to an owner, after whose deletion the object is deleted too (API reference
/// OwnerReference v1).
public struct OwnerReference: JSONView {
  /// The types of the members.
  public static let shape = ObjectShape(
    "apiVersion!:string blockOwnerDeletion:bool controller:bool kind!:string name!:string uid!:string")

  /// The reference's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The owner's group and version.
  public var apiVersion: String {
    get { fields.string("apiVersion") ?? "" }
    set { fields.set("apiVersion", newValue) }
  }
  /// The owner's kind.
  public var kind: String {
    get { fields.string("kind") ?? "" }
    set { fields.set("kind", newValue) }
  }
  /// The name of the owner, which is in the same namespace or cluster-scoped.
  public var name: String {
    get { fields.string("name") ?? "" }
    set { fields.set("name", newValue) }
  }
  /// The owner's uid.
  public var uid: String {
    get { fields.string("uid") ?? "" }
    set { fields.set("uid", newValue) }
  }
  /// Whether the owner is the managing controller of this object; at most one owner is.
  public var controller: Bool? {
    get { fields.bool("controller") }
    set { fields.set("controller", newValue) }
  }
  /// Whether a foreground deletion of the owner waits for this object.
  public var blockOwnerDeletion: Bool? {
    get { fields.bool("blockOwnerDeletion") }
    set { fields.set("blockOwnerDeletion", newValue) }
  }

  /// Creates a reference to an owner.
  public init(
    apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil,
    blockOwnerDeletion: Bool? = nil
  ) {
    fields = [
      "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
    ]
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }

  /// The owner's kind, independent of its version.
  public var groupKind: GroupKind { GroupKind(apiVersion: apiVersion, kind: kind) }
}
