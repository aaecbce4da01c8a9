/// A failure that trying again doesn't mend: the work comes back when something changes, and not before.
///
/// What performs an effect throws it where the object itself asks for what can't be had.
public struct TerminalError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and what to change.
  public let description: String

  /// A failure with these words.
  public init(_ description: String) { self.description = description }
}
