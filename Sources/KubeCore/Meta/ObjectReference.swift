/// Any object, by kind and name (API reference ObjectReference v1).
public struct ObjectReference: JSONView {
  /// What the members must be.
  public static let shape = ObjectShape(
    """
    apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string
    uid:string
    """)

  /// The members.
  public var fields: JSONObject

  /// A view over `fields`, unchecked.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The group and version.
  public var apiVersion: String? {
    get { fields.string("apiVersion") }
    set { fields.set("apiVersion", newValue) }
  }
  /// The kind.
  public var kind: String? {
    get { fields.string("kind") }
    set { fields.set("kind", newValue) }
  }
  /// The namespace.
  public var namespace: String? {
    get { fields.string("namespace") }
    set { fields.set("namespace", newValue) }
  }
  /// The name.
  public var name: String? {
    get { fields.string("name") }
    set { fields.set("name", newValue) }
  }
  /// The uid.
  public var uid: String? {
    get { fields.string("uid") }
    set { fields.set("uid", newValue) }
  }
  /// The version of the object that is meant.
  public var resourceVersion: String? {
    get { fields.string("resourceVersion") }
    set { fields.set("resourceVersion", newValue) }
  }
  /// The part of the object that is meant.
  public var fieldPath: String? {
    get { fields.string("fieldPath") }
    set { fields.set("fieldPath", newValue) }
  }

  /// A value of the given fields.
  public init(
    apiVersion: String? = nil, kind: String? = nil, namespace: String? = nil, name: String? = nil,
    uid: String? = nil, resourceVersion: String? = nil, fieldPath: String? = nil
  ) {
    fields = [:]
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.fieldPath = fieldPath
  }
}

/// An object in the same namespace, by name (API reference LocalObjectReference v1).
public struct LocalObjectReference: JSONView {
  /// What the members must be.
  public static let shape = ObjectShape("name:string")

  /// The members.
  public var fields: JSONObject

  /// A view over `fields`, unchecked.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The object's name.
  public var name: String {
    get { fields.string("name") ?? "" }
    set { fields.set("name", newValue) }
  }

  /// A reference to the object of this name.
  public init(name: String) { fields = ["name": .string(name)] }
}
