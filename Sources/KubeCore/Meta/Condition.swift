public import struct Foundation.Date

/// One aspect of an object's state (API reference Condition v1).
public struct Condition: JSONConvertible {
  /// Whether the aspect holds.
  public enum Status: String, CaseIterable, JSONConvertible {
    case `true` = "True"
    case `false` = "False"
    case unknown = "Unknown"
  }

  /// The aspect, such as `Available`.
  public var type: String
  /// Whether it holds.
  public var status: Status
  /// Why, as one CamelCase word for programs.
  public var reason: String
  /// Why, for people.
  public var message: String
  /// When `status` last changed; whole seconds.
  public var lastTransitionTime: Date?
  /// The generation of the object that this was said of.
  public var observedGeneration: Int64?

  /// A condition.
  public init(
    type: String, status: Status, reason: String, message: String, lastTransitionTime: Date? = nil,
    observedGeneration: Int64? = nil
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.lastTransitionTime = lastTransitionTime
    self.observedGeneration = observedGeneration
  }

  /// Reads the fields; throws at the first one that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    type = try reader["type"].string()
    status = try reader["status"].required()
    reason = try reader["reason"].optional() ?? ""
    message = try reader["message"].optional() ?? ""
    lastTransitionTime = try reader["lastTransitionTime"].optional(Timestamp.self)?.date
    observedGeneration = try reader["observedGeneration"].optional()
  }

  /// The value as JSON; absent and empty fields are left out.
  public var json: JSONValue {
    .fields([
      "type": .string(type),
      "status": status.json,
      "reason": .string(reason),
      "message": .string(message),
      "lastTransitionTime": lastTransitionTime.map { Timestamp($0).json },
      "observedGeneration": observedGeneration?.json,
    ])
  }
}

extension Sequence<Condition> {
  /// The condition of this type, where there is one.
  public func condition(_ type: String) -> Condition? { first { $0.type == type } }

  /// Whether the condition of this type is there and `True`.
  public func isTrue(_ type: String) -> Bool { condition(type)?.status == .true }
}
