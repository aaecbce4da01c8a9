/// A reference to an object by kind and name (API reference ObjectReference v1).
public struct ObjectReference: JSONView {
  /// The types of the members.
  public static let shape = ObjectShape(
    """
    apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string
    uid:string
    """)

  /// The reference's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
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
  /// The resourceVersion of the object.
  public var resourceVersion: String? {
    get { fields.string("resourceVersion") }
    set { fields.set("resourceVersion", newValue) }
  }
  /// The path of a part of the object.
  public var fieldPath: String? {
    get { fields.string("fieldPath") }
    set { fields.set("fieldPath", newValue) }
  }

  /// Creates a value with these fields.
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

/// A reference by name to an object in the same namespace (API reference LocalObjectReference v1).
public struct LocalObjectReference: JSONView {
  /// The types of the members.
  public static let shape = ObjectShape("name:string")

  /// The reference's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The object's name.
  public var name: String {
    get { fields.string("name") ?? "" }
    set { fields.set("name", newValue) }
  }

  /// Creates a reference to the object of this name.
  public init(name: String) { fields = ["name": .string(name)] }
}
