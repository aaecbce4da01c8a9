public import KubeCore

/// A document of a YAML stream, and where its fields stand.
public struct YAMLDocument: Sendable {
  /// What the document says; `null` for an empty one.
  public let value: JSONValue
  private let marks: YAMLMarks

  init(value: JSONValue, marks: YAMLMarks) {
    self.value = value
    self.marks = marks
  }

  /// Where the document's content begins.
  public var location: YAMLLocation { marks.location(of: FieldPath()) }

  /// Where the field at `path` stands: its key, or the element of a list.
  ///
  /// A field that the document doesn't have, or got through an alias, is placed at the nearest one around
  /// it. Documents read as JSON know their beginning only.
  public func location(of path: FieldPath) -> YAMLLocation { marks.location(of: path) }

  /// `problem` with the place where it stands in the file.
  public func error(_ problem: FieldError) -> YAMLError {
    YAMLError(
      at: location(of: problem.path), problem: "\(problem.path): \(problem.problem)", remedy: problem.remedy)
  }
}
