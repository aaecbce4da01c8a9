public import KubeCore

/// The failure of a wait, with the last state that was observed and without the object's content.
public struct WaitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The timeout has passed.
    public static let timedOut = Code("timed out")
  }

  /// The last observed state of the object.
  public enum LastState: Sendable, Hashable {
    /// The server hasn't answered yet.
    case unknown
    /// The object didn't exist.
    case absent
    /// The object existed.
    case object(DynamicObject)
  }

  /// The kind of failure.
  public var code: Code
  /// The object.
  public var key: ObjectKey
  /// The timeout of the wait.
  public var timeout: Duration
  /// The last observed state of the object.
  public var lastState: LastState
  /// The last transient failure, for people; `nil` where there was none.
  public var lastFailure: String?

  /// Creates an error.
  public init(
    code: Code, key: ObjectKey, timeout: Duration, lastState: LastState, lastFailure: String? = nil
  ) {
    self.code = code
    self.key = key
    self.timeout = timeout
    self.lastState = lastState
    self.lastFailure = lastFailure
  }

  /// The object, the timeout, its last state and the last failure.
  public var description: String {
    var text = "\(key): \(code) after \(timeout): "
    switch lastState {
    case .unknown: text += "the server has not said whether it exists"
    case .absent: text += "it does not exist"
    case .object(let object): text += "last seen at \(Self.summary(object))"
    }
    if let lastFailure { text += "; the last failure: \(lastFailure)" }
    return text
  }

  /// The maximum number of conditions in the description.
  private static let maximumConditions = 16
  /// The maximum length of a word of the object's in the description, in characters.
  private static let maximumWord = 64

  private static func summary(_ object: DynamicObject) -> String {
    func word(_ value: JSONValue?) -> String? { value?.string.map { String($0.prefix(maximumWord)) } }
    let metadata = object.metadata
    var parts = ["resourceVersion \(word(metadata.resourceVersion?.json) ?? "unknown")"]
    if let generation = metadata.generation { parts.append("generation \(generation)") }
    if metadata.deletionTimestamp != nil {
      let finalizers = metadata.finalizers.prefix(maximumConditions).map { $0.prefix(maximumWord) }
      parts.append(
        finalizers.isEmpty
          ? "being deleted" : "being deleted, held by the finalizers \(finalizers.joined(separator: ", "))")
    }
    if let phase = word(object.json.value(at: "status", "phase")) { parts.append("phase \(phase)") }
    let conditions = object.json.value(at: "status", "conditions")?.array ?? []
    for condition in conditions.prefix(maximumConditions) {
      guard let type = word(condition["type"]), let status = word(condition["status"]) else { continue }
      parts.append("\(type)=\(status)" + (word(condition["reason"]).map { " (\($0))" } ?? ""))
    }
    return parts.joined(separator: ", ")
  }
}
