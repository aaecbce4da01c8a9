/// One aspect of an object's state (API reference Condition v1, and the kinds' own conditions
/// before it).
public struct Condition: JSONView {
  /// Whether the aspect holds.
  public enum Status: String, CaseIterable, JSONConvertible {
    case `true` = "True"
    case `false` = "False"
    case unknown = "Unknown"
  }

  /// The types of the members.
  public static let shape = ObjectShape(
    """
    lastHeartbeatTime:time lastProbeTime:time lastTransitionTime:time lastUpdateTime:time message:string
    observedGeneration:int64 reason:string status!:@0 type!:string
    """, Status.self)

  /// The condition's members.
  public var fields: JSONObject

  /// Creates a view over `fields` without a check.
  public init(unchecked fields: JSONObject) { self.fields = fields }

  /// The aspect, such as `Available`.
  public var type: String {
    get { fields.string("type") ?? "" }
    set { fields.set("type", newValue) }
  }
  /// Whether it holds.
  public var status: Status {
    get { fields.value("status") ?? .unknown }
    set { fields.set("status", newValue) }
  }
  /// The reason as one CamelCase word, for programs.
  public var reason: String {
    get { fields.string("reason") ?? "" }
    set { fields.set("reason", newValue) }
  }
  /// The reason as a message for people.
  public var message: String {
    get { fields.string("message") ?? "" }
    set { fields.set("message", newValue) }
  }
  /// The time when ``status`` last changed, in whole seconds.
  public var lastTransitionTime: Date? {
    get { fields.time("lastTransitionTime") }
    set { fields.setTime("lastTransitionTime", newValue) }
  }
  /// The time when the condition was last written, for kinds that record it.
  public var lastUpdateTime: Date? {
    get { fields.time("lastUpdateTime") }
    set { fields.setTime("lastUpdateTime", newValue) }
  }
  /// The time of the last probe, for kinds that record it.
  public var lastProbeTime: Date? {
    get { fields.time("lastProbeTime") }
    set { fields.setTime("lastProbeTime", newValue) }
  }
  /// The time when a node last reported the aspect.
  public var lastHeartbeatTime: Date? {
    get { fields.time("lastHeartbeatTime") }
    set { fields.setTime("lastHeartbeatTime", newValue) }
  }
  /// The generation of the object that the condition describes.
  public var observedGeneration: Int64? {
    get { fields.int64("observedGeneration") }
    set { fields.set("observedGeneration", newValue) }
  }

  /// Creates a condition.
  public init(
    type: String, status: Status, reason: String, message: String, lastTransitionTime: Date? = nil,
    observedGeneration: Int64? = nil
  ) {
    fields = [
      "message": .string(message), "reason": .string(reason), "status": status.json, "type": .string(type),
    ]
    self.lastTransitionTime = lastTransitionTime
    self.observedGeneration = observedGeneration
  }
}

extension Sequence<Condition> {
  /// The condition of this type; `nil` where there is none.
  public func condition(_ type: String) -> Condition? { first { $0.type == type } }

  /// Whether there is a condition of this type with the status `True`.
  public func isTrue(_ type: String) -> Bool { condition(type)?.status == .true }
}
