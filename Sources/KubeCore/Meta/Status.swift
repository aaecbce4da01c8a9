/// One of the causes of a refusal, such as one invalid field (API reference StatusCause v1).
public struct StatusCause: JSONConvertible {
  /// The reason as one word, for programs.
  public var reason: String?
  /// The reason as a message, for people.
  public var message: String?
  /// The field, in the API's path notation.
  public var field: String?

  /// Creates a value with these fields.
  public init(
    reason: String? = nil, message: String? = nil, field: String? = nil
  ) {
    self.reason = reason
    self.message = message
    self.field = field
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    reason = try reader["reason"].optional()
    message = try reader["message"].optional()
    field = try reader["field"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "reason": reason?.json,
      "message": message?.json,
      "field": field?.json,
    ])
  }
}

/// Details of a refusal (API reference StatusDetails v1).
public struct StatusDetails: JSONConvertible {
  /// The name of the object, or of what the refusal is about instead.
  public var name: String?
  /// The object's group.
  public var group: String?
  /// The object's kind or plural.
  public var kind: String?
  /// The object's uid.
  public var uid: String?
  /// The individual causes.
  public var causes: [StatusCause]
  /// The number of seconds to wait before another attempt.
  public var retryAfterSeconds: Int32?

  /// Creates a value with these fields.
  public init(
    name: String? = nil, group: String? = nil, kind: String? = nil, uid: String? = nil,
    causes: [StatusCause] = [], retryAfterSeconds: Int32? = nil
  ) {
    self.name = name
    self.group = group
    self.kind = kind
    self.uid = uid
    self.causes = causes
    self.retryAfterSeconds = retryAfterSeconds
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    name = try reader["name"].optional()
    group = try reader["group"].optional()
    kind = try reader["kind"].optional()
    uid = try reader["uid"].optional()
    causes = try reader["causes"].list()
    retryAfterSeconds = try reader["retryAfterSeconds"].optional()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "name": name?.json,
      "group": group?.json,
      "kind": kind?.json,
      "uid": uid?.json,
      "causes": causes.jsonUnlessEmpty,
      "retryAfterSeconds": retryAfterSeconds?.json,
    ])
  }
}

/// The API server's response where it isn't an object: a refusal with its reason, or a success
/// without content (API reference Status v1).
public struct Status: JSONConvertible {
  /// `Success` or `Failure`.
  public var status: String?
  /// The message, for people.
  public var message: String?
  /// The reason as one word, such as `NotFound`, `Conflict`, `AlreadyExists` or `Invalid`.
  public var reason: String?
  /// Details of the refusal.
  public var details: StatusDetails?
  /// The HTTP status code.
  public var code: Int?
  /// After a page's token has expired: a token for the rest of the list in its current state
  /// (`metadata.continue`).
  public var continueToken: String?

  /// Creates a value with these fields.
  public init(
    status: String? = nil, message: String? = nil, reason: String? = nil, details: StatusDetails? = nil,
    code: Int? = nil, continueToken: String? = nil
  ) {
    self.status = status
    self.message = message
    self.reason = reason
    self.details = details
    self.code = code
    self.continueToken = continueToken
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    try reader.requireObject()
    status = try reader["status"].optional()
    message = try reader["message"].optional()
    reason = try reader["reason"].optional()
    details = try reader["details"].optional()
    code = try reader["code"].optional()
    continueToken = try reader["metadata"]["continue"].optional()
    if continueToken?.isEmpty == true { continueToken = nil }
  }

  /// The JSON form with `apiVersion` and `kind`, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "apiVersion": "v1",
      "kind": "Status",
      "metadata": .fields(["continue": continueToken?.json]),
      "status": status?.json,
      "message": message?.json,
      "reason": reason?.json,
      "details": details?.json.unlessEmpty,
      "code": code?.json,
    ])
  }
}
