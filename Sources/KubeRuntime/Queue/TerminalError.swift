/// An error that a retry can't resolve: the work is repeated only after a change.
///
/// An effect throws it if the object itself asks for something impossible.
public struct TerminalError: Error, Sendable, CustomStringConvertible {
  /// The problem, and its remedy.
  public let description: String

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}
