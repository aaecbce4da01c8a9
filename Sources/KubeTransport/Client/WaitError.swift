public import KubeCore

/// Why a wait has ended without what was waited for. Says the last state that was seen, without the object's content.
public struct WaitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The time was over.
    public static let timedOut = Code("timed out")
  }

  /// What was seen of the object last.
  public enum LastState: Sendable, Hashable {
    /// The server hasn't answered.
    case unknown
    /// There was no such object.
    case absent
    /// The object as it was.
    case object(DynamicObject)
  }

  /// What happened.
  public var code: Code
  /// The object.
  public var key: ObjectKey
  /// How long was waited.
  public var timeout: Duration
  /// What was seen of the object last.
  public var lastState: LastState
  /// What failed last on the way, for people; `nil` where nothing did.
  public var lastFailure: String?

  /// An error.
  public init(
    code: Code, key: ObjectKey, timeout: Duration, lastState: LastState, lastFailure: String? = nil
  ) {
    self.code = code
    self.key = key
    self.timeout = timeout
    self.lastState = lastState
    self.lastFailure = lastFailure
  }

  /// The object, how long was waited, its last state and the last failure.
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

  /// How many conditions are named at most.
  private static let maximumConditions = 16
  /// How many characters of a word of the object's are repeated at most.
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
