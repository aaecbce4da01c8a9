public import KubeCore

/// A document of a YAML stream, with the places of its fields.
public struct YAMLDocument: Sendable {
  /// The document's value; `null` for an empty one.
  public let value: JSONValue
  private let marks: YAMLMarks

  init(value: JSONValue, marks: YAMLMarks) {
    self.value = value
    self.marks = marks
  }

  /// The place where the document's content begins.
  public var location: YAMLLocation { marks.location(of: FieldPath()) }

  /// The place of the field at `path`: its key, or the element of a list.
  ///
  /// A field that the document doesn't have, or that came from an alias, has the place of the
  /// nearest field that contains it. Documents read as JSON only know their beginning.
  public func location(of path: FieldPath) -> YAMLLocation { marks.location(of: path) }

  /// The error for `problem` with its place in the file.
  public func error(_ problem: FieldError) -> YAMLError {
    YAMLError(
      .invalidField, at: location(of: problem.path), problem: "\(problem.path): \(problem.problem)",
      remedy: problem.remedy)
  }
}
