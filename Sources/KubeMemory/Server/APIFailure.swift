import KubeCore

/// The refusal of a request as a `Status` object (API reference Status v1).
struct APIFailure: Error {
  /// A field that a refusal is about (API reference StatusCause v1).
  struct Cause: Equatable {
    var reason: String
    var message: String
    var field: String
  }

  var code: Int
  var reason: String
  var message: String
  var details: JSONValue?
  /// The token with which a list that can't continue consistently may continue inconsistently.
  var continueToken: String?

  /// The `Status` object.
  var json: JSONValue {
    .fields([
      "apiVersion": "v1", "kind": "Status",
      "metadata": .fields(["continue": continueToken.map { .string($0) }]), "status": "Failure",
      "message": .string(message),
      "reason": reason.isEmpty ? nil : .string(reason),
      "details": details,
      "code": .integer(code),
    ])
  }

  private static func details(
    _ type: ResourceType, kind: String? = nil, name: String?, causes: [Cause] = []
  ) -> JSONValue {
    .fields([
      "name": name.flatMap { $0.isEmpty ? nil : .string($0) },
      "group": type.group.isEmpty ? nil : .string(type.group),
      "kind": .string(kind ?? type.plural),
      "causes": causes.isEmpty ? nil : .array(causes.map(\.json)),
    ])
  }

  static func notFound(_ type: ResourceType, _ name: String) -> APIFailure {
    APIFailure(
      code: 404, reason: "NotFound", message: "\(type.qualifiedPlural) \"\(name)\" not found",
      details: details(type, name: name))
  }

  /// The refusal of an unknown path.
  static let pathNotFound = APIFailure(
    code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])

  static let methodNotAllowed = APIFailure(
    code: 405, reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource", details: [:])

  static func alreadyExists(_ type: ResourceType, _ name: String) -> APIFailure {
    APIFailure(
      code: 409, reason: "AlreadyExists", message: "\(type.qualifiedPlural) \"\(name)\" already exists",
      details: details(type, name: name))
  }

  static func conflict(_ type: ResourceType, name: String, problem: String) -> APIFailure {
    APIFailure(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(type.qualifiedPlural) \"\(name)\": \(problem)",
      details: details(type, name: name))
  }

  /// The refusal of an outdated resourceVersion.
  static func modified(_ type: ResourceType, _ name: String) -> APIFailure {
    conflict(
      type, name: name,
      problem: "the object has been modified; please apply your changes to the latest version and try again")
  }

  /// The refusal of an apply to fields that others own; as on the real server, without `name` or
  /// `kind` in the details.
  static func applyConflict(_ message: String, _ causes: [Cause]) -> APIFailure {
    APIFailure(
      code: 409, reason: "Conflict", message: message,
      details: ["causes": .array(causes.map(\.json))])
  }

  static func forbidden(_ type: ResourceType, name: String, problem: String, causes: [Cause] = [])
    -> APIFailure
  {
    APIFailure(
      code: 403, reason: "Forbidden", message: "\(type.qualifiedPlural) \"\(name)\" is forbidden: \(problem)",
      details: details(type, name: name, causes: causes))
  }

  static func invalid(_ type: ResourceType, name: String, causes: [Cause]) -> APIFailure {
    let texts = causes.map { "\($0.field): \($0.message)" }
    let list = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    return APIFailure(
      code: 422, reason: "Invalid", message: "\(type.groupKind) \"\(name)\" is invalid: \(list)",
      details: details(type, kind: type.kind, name: name, causes: causes))
  }

  /// The refusal of an invalid query option.
  static func invalidOption(_ kind: String, _ cause: Cause) -> APIFailure {
    APIFailure(
      code: 422, reason: "Invalid",
      message: "\(kind).meta.k8s.io \"\" is invalid: \(cause.field): \(cause.message)",
      details: [
        "group": "meta.k8s.io", "kind": .string(kind), "causes": [cause.json],
      ])
  }

  static let notAcceptable = APIFailure(
    code: 406, reason: "NotAcceptable",
    message: "only the following media types are accepted: application/json", details: [:])

  static func badRequest(_ problem: String) -> APIFailure {
    APIFailure(code: 400, reason: "BadRequest", message: problem)
  }

  static func unsupportedMediaType(_ problem: String) -> APIFailure {
    APIFailure(code: 415, reason: "UnsupportedMediaType", message: problem)
  }

  static func tooLarge(_ problem: String) -> APIFailure {
    APIFailure(code: 413, reason: "RequestEntityTooLarge", message: problem)
  }

  static func expired(_ problem: String) -> APIFailure {
    APIFailure(code: 410, reason: "Expired", message: problem)
  }

  static func internalError(_ problem: String) -> APIFailure {
    APIFailure(
      code: 500, reason: "InternalError", message: "Internal error occurred: \(problem)",
      details: ["causes": [["message": .string(problem)]]])
  }

  /// An error that the real server doesn't classify: HTTP 500 without a reason.
  static func unclassified(_ problem: String) -> APIFailure {
    APIFailure(code: 500, reason: "", message: problem)
  }
}

extension APIFailure.Cause {
  var json: JSONValue {
    ["reason": .string(reason), "message": .string(message), "field": .string(field)]
  }

  static func invalid(_ field: String, value: String, problem: String) -> APIFailure.Cause {
    APIFailure.Cause(
      reason: "FieldValueInvalid", message: "Invalid value: \(value): \(problem)", field: field)
  }

  static func required(_ field: String, _ problem: String = "") -> APIFailure.Cause {
    APIFailure.Cause(
      reason: "FieldValueRequired", message: "Required value" + (problem.isEmpty ? "" : ": \(problem)"),
      field: field)
  }

  static func unsupported(_ field: String, value: String, supported: [String]) -> APIFailure.Cause {
    let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
    return APIFailure.Cause(
      reason: "FieldValueNotSupported",
      message: "Unsupported value: \(value): supported values: \(list)", field: field)
  }

  static func tooLong(_ field: String, _ maximum: Int) -> APIFailure.Cause {
    APIFailure.Cause(
      reason: "FieldValueTooLong", message: "Too long: may not be more than \(maximum) bytes", field: field)
  }

  static func tooMany(_ field: String, count: Int, maximum: Int64) -> APIFailure.Cause {
    APIFailure.Cause(
      reason: "FieldValueTooMany", message: "Too many: \(count): must have at most \(maximum) items",
      field: field)
  }

  /// The cause for a value of another type or format than the schema's.
  static func typeInvalid(_ field: String, value: String, expected: String) -> APIFailure.Cause {
    let place = field.isEmpty ? "(root)" : field
    return APIFailure.Cause(
      reason: "FieldValueTypeInvalid",
      message: "Invalid value: \(value): \(place) in body must be of type \(expected): \(value)",
      field: field.isEmpty ? "<nil>" : field)
  }

  static func forbidden(_ field: String, _ problem: String) -> APIFailure.Cause {
    APIFailure.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(problem)", field: field)
  }
}
