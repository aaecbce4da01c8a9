/// An error that a retry can't resolve: the work is repeated only after a change, or when its plan
/// is to be made again.
///
/// An effect throws it if the object itself asks for something impossible.
public struct TerminalError: DisplayableError, Sendable {
  /// The problem, and its remedy. Must not hold secrets.
  public let description: String
  /// The delay after which the plan of the work is to be made again.
  var requeueAfter: Duration?

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}
