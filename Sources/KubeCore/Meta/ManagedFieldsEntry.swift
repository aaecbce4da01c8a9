/// The fields of an object that a manager set by one operation (API reference ManagedFieldsEntry
/// v1).
public struct ManagedFieldsEntry: JSONConvertible {
  /// The operation by which a manager became the owner of its fields.
  public enum Operation: String, CaseIterable, JSONConvertible {
    /// A server-side apply: the manager states all the fields that it wants.
    case apply = "Apply"
    /// Any other write: the manager owns the fields that it changed.
    case update = "Update"
  }

  /// The manager's name.
  public var manager: String
  /// The operation that made it their owner.
  public var operation: Operation
  /// The version of the kind that ``fields`` refer to.
  public var apiVersion: String
  /// The time when the entry last changed, as the server wrote it.
  public var time: String?
  /// The subresource written to; `nil` for the object itself.
  public var subresource: String?
  /// The fields.
  public var fields: FieldSet

  /// Creates an entry.
  public init(
    manager: String, operation: Operation, apiVersion: String, time: String? = nil,
    subresource: String? = nil, fields: FieldSet
  ) {
    self.manager = manager
    self.operation = operation
    self.apiVersion = apiVersion
    self.time = time
    self.subresource = subresource
    self.fields = fields
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try self.init(from: reader) { _ in true }
  }

  /// Decodes the value; its fields are left out, unread, if `readsFields` is false of the rest.
  init(from reader: FieldReader, readsFields: (ManagedFieldsEntry) -> Bool) throws(FieldError) {
    // Decoded at every write of an object, so the reader is used only for errors.
    let object = reader.value?.object ?? [:]
    func text(_ name: String) throws(FieldError) -> String? {
      if case .string(let text)? = object[name] { return text }
      return object.contains(name) ? try reader[name].optional() : nil
    }
    manager = try text("manager") ?? ""
    switch try text("operation") {
    case "Apply"?: operation = .apply
    case "Update"?: operation = .update
    default: operation = try reader["operation"].required()
    }
    apiVersion = try text("apiVersion") ?? ""
    time = try text("time")
    subresource = try text("subresource")
    if subresource == "" { subresource = nil }
    if let type = try text("fieldsType"), type != "FieldsV1" {
      throw reader["fieldsType"].failure("\"\(type)\" is not known", remedy: "the one known is FieldsV1")
    }
    fields = FieldSet()
    if readsFields(self), let read: FieldSet = try reader["fieldsV1"].optional() { fields = read }
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    // In the order of the keys.
    var members: [JSONObject.Member] = []
    members.reserveCapacity(7)
    func add(_ key: String, _ value: JSONValue) {
      members.append(JSONObject.Member(key: key, value: value))
    }
    add("apiVersion", .string(apiVersion))
    add("fieldsType", "FieldsV1")
    add("fieldsV1", fields.json)
    add("manager", .string(manager))
    add("operation", .string(operation.rawValue))
    if let subresource { add("subresource", .string(subresource)) }
    if let time { add("time", .string(time)) }
    return .object(JSONObject(sorted: members))
  }
}

extension DynamicObject {
  /// Decodes the managed fields; empty where the server sent none. Throws for the first invalid
  /// entry.
  public func managedFields() throws(FieldError) -> [ManagedFieldsEntry] {
    if let managedFieldsEntries { return managedFieldsEntries }
    return try FieldReader(json)["metadata"]["managedFields"].list()
  }

  /// Whether the object has managed fields: it has none where they were removed or not read.
  public var hasManagedFields: Bool {
    if let managedFieldsEntries { return !managedFieldsEntries.isEmpty }
    return !(json.value(at: "metadata", "managedFields")?.array ?? []).isEmpty
  }
}
