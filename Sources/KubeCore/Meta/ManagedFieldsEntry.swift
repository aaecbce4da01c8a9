/// Which fields of an object a manager set, and how (API reference ManagedFieldsEntry v1).
public struct ManagedFieldsEntry: JSONConvertible {
  /// How a manager came to its fields.
  public enum Operation: String, CaseIterable, JSONConvertible {
    /// By server-side apply: the manager states all the fields that it wants.
    case apply = "Apply"
    /// By any other write: the manager is remembered for the fields that it changed.
    case update = "Update"
  }

  /// The manager's name.
  public var manager: String
  /// How it came to the fields.
  public var operation: Operation
  /// The version of the kind in which `fields` are said.
  public var apiVersion: String
  /// When the entry last changed, as the server wrote it.
  public var time: String?
  /// The subresource written to; `nil` for the object itself.
  public var subresource: String?
  /// The fields.
  public var fields: FieldSet

  /// An entry.
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

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    // Read with every write of an object: the reader is asked only about what isn't there as it should be.
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
    fields = try reader["fieldsV1"].optional() ?? FieldSet()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    // In the keys' order.
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
  /// Who set which fields; empty where the server didn't say. Throws at the first entry that can't be read.
  public func managedFields() throws(FieldError) -> [ManagedFieldsEntry] {
    if let managedFieldsEntries { return managedFieldsEntries }
    return try FieldReader(json)["metadata"]["managedFields"].list()
  }

  /// Whether the server said who set which fields: it doesn't where the object was read without them or they
  /// were lost.
  public var hasManagedFields: Bool {
    if let managedFieldsEntries { return !managedFieldsEntries.isEmpty }
    return !(json.value(at: "metadata", "managedFields")?.array ?? []).isEmpty
  }
}
