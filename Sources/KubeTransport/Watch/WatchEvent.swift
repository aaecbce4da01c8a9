public import KubeCore

/// One event of a watch (API reference WatchEvent v1).
public enum WatchEvent: Sendable, Hashable {
  /// The object was created, or now matches the selection.
  case added(DynamicObject)
  /// The object was changed.
  case modified(DynamicObject)
  /// The object was deleted, or no longer matches the selection; this is its last state.
  case deleted(DynamicObject)
  /// Nothing else changed up to this version of the list. With `endsInitialEvents` a streaming list
  /// is complete (KEP-3157).
  case bookmark(resourceVersion: String, endsInitialEvents: Bool = false)
  /// The watch can't continue, for the reason in the status.
  case error(Status)

  /// Decodes an event. Throws if it isn't one, or if its object isn't of the `expected` kind.
  init(_ json: JSONValue, expecting expected: AnswerKind? = nil) throws(FieldError) {
    let reader = FieldReader(json)
    let object = reader["object"]
    let type = try reader["type"].string()
    if type == "ERROR" {
      try AnswerKind(apiVersion: "v1", kind: "Status").require(of: object)
    } else {
      try expected?.require(of: object)
    }
    switch type {
    case "ADDED": self = .added(try DynamicObject(object.required()))
    case "MODIFIED": self = .modified(try DynamicObject(object.required()))
    case "DELETED": self = .deleted(try DynamicObject(object.required()))
    case "BOOKMARK":
      let metadata = object["metadata"]
      let mark = try metadata["annotations"]["k8s.io/initial-events-end"].optional(String.self)
      self = .bookmark(
        resourceVersion: try metadata["resourceVersion"].string(), endsInitialEvents: mark == "true")
    case "ERROR": self = .error(try object.required())
    default: throw reader["type"].failure("is not a type of event")
    }
  }
}
