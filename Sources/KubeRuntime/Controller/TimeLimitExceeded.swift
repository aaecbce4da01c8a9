/// An error: applying a plan took longer than ``ControllerOptions/timeLimit``.
public struct TimeLimitExceeded: DisplayableError, Sendable, Hashable {
  /// The limit.
  public var limit: Duration

  /// The error on one line.
  public var description: String { "the plan was not applied within \(limit)" }
}
