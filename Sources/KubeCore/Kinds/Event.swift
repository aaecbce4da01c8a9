public import struct Foundation.Date

/// Something worth telling people about an object (API reference Event v1).
public struct Event: KubeObject {
  /// How the API serves this kind.
  public static let type = ResourceType(
    group: "", version: "v1", kind: "Event", plural: "events", isNamespaced: true)

  /// The object's metadata.
  public var metadata: ObjectMeta
  /// The object.
  public var involvedObject: ObjectReference
  /// What happened, as one CamelCase word.
  public var reason: String?
  /// What happened, for people.
  public var message: String?
  /// `Normal` or `Warning`.
  public var type: String?
  /// Who says it, in the older form.
  public var source: EventSource
  /// When it was first seen.
  public var firstTimestamp: Date?
  /// When it was last seen.
  public var lastTimestamp: Date?
  /// How often it was seen.
  public var count: Int32?
  /// When it happened; microseconds.
  public var eventTime: Date?
  /// What was done or failed.
  public var action: String?
  /// Another object that has to do with it.
  public var related: ObjectReference?
  /// Who says it, such as `example.com/controller`.
  public var reportingComponent: String?
  /// Which instance of it, such as a pod's name.
  public var reportingInstance: String?

  /// A value of the given fields.
  public init(
    metadata: ObjectMeta, involvedObject: ObjectReference, reason: String? = nil, message: String? = nil,
    type: String? = nil, source: EventSource = EventSource(), firstTimestamp: Date? = nil,
    lastTimestamp: Date? = nil, count: Int32? = nil, eventTime: Date? = nil, action: String? = nil,
    related: ObjectReference? = nil, reportingComponent: String? = nil, reportingInstance: String? = nil
  ) {
    self.metadata = metadata
    self.involvedObject = involvedObject
    self.reason = reason
    self.message = message
    self.type = type
    self.source = source
    self.firstTimestamp = firstTimestamp
    self.lastTimestamp = lastTimestamp
    self.count = count
    self.eventTime = eventTime
    self.action = action
    self.related = related
    self.reportingComponent = reportingComponent
    self.reportingInstance = reportingInstance
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    metadata = try reader["metadata"].required()
    involvedObject = try reader["involvedObject"].required()
    reason = try reader["reason"].optional()
    message = try reader["message"].optional()
    type = try reader["type"].optional()
    source = try reader["source"].optional() ?? EventSource()
    firstTimestamp = try reader["firstTimestamp"].optional(Timestamp.self)?.date
    lastTimestamp = try reader["lastTimestamp"].optional(Timestamp.self)?.date
    count = try reader["count"].optional()
    eventTime = try reader["eventTime"].optional(Timestamp.self)?.date
    action = try reader["action"].optional()
    related = try reader["related"].optional()
    reportingComponent = try reader["reportingComponent"].optional()
    reportingInstance = try reader["reportingInstance"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    document([
      "involvedObject": involvedObject.json,
      "reason": reason?.json,
      "message": message?.json,
      "type": type?.json,
      "source": source.json.unlessEmpty,
      "firstTimestamp": firstTimestamp.map { Timestamp($0).json },
      "lastTimestamp": lastTimestamp.map { Timestamp($0).json },
      "count": count?.json,
      "eventTime": eventTime.map { .string(Timestamp($0).microseconds) },
      "action": action?.json,
      "related": related?.json,
      "reportingComponent": reportingComponent?.json,
      "reportingInstance": reportingInstance?.json,
    ])
  }
}

/// Who reports an event.
public struct EventSource: JSONConvertible {
  /// The component.
  public var component: String?
  /// The node that it runs on.
  public var host: String?

  /// A value of the given fields.
  public init(
    component: String? = nil, host: String? = nil
  ) {
    self.component = component
    self.host = host
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    component = try reader["component"].optional()
    host = try reader["host"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "component": component?.json,
      "host": host?.json,
    ])
  }
}

/// Any object, by kind and name (API reference ObjectReference v1).
public struct ObjectReference: JSONConvertible {
  /// The group and version.
  public var apiVersion: String?
  /// The kind.
  public var kind: String?
  /// The namespace.
  public var namespace: String?
  /// The name.
  public var name: String?
  /// The uid.
  public var uid: String?
  /// The version of the object that is meant.
  public var resourceVersion: String?
  /// The part of the object that is meant.
  public var fieldPath: String?

  /// A value of the given fields.
  public init(
    apiVersion: String? = nil, kind: String? = nil, namespace: String? = nil, name: String? = nil,
    uid: String? = nil, resourceVersion: String? = nil, fieldPath: String? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.fieldPath = fieldPath
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    apiVersion = try reader["apiVersion"].optional()
    kind = try reader["kind"].optional()
    namespace = try reader["namespace"].optional()
    name = try reader["name"].optional()
    uid = try reader["uid"].optional()
    resourceVersion = try reader["resourceVersion"].optional()
    fieldPath = try reader["fieldPath"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "apiVersion": apiVersion?.json,
      "kind": kind?.json,
      "namespace": namespace?.json,
      "name": name?.json,
      "uid": uid?.json,
      "resourceVersion": resourceVersion?.json,
      "fieldPath": fieldPath?.json,
    ])
  }
}
