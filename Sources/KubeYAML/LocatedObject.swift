public import KubeCore

/// A Kubernetes object and its place in a file, from ``YAMLReader/objects(_:file:)``.
public struct LocatedObject: Sendable {
  /// The object.
  public let object: DynamicObject
  /// The object's path within its document: empty, or an element of a list's `items`.
  private let base: FieldPath
  private let document: YAMLDocument

  init(object: DynamicObject, base: FieldPath, document: YAMLDocument) {
    self.object = object
    self.base = base
    self.document = document
  }

  /// The place where the object begins.
  public var location: YAMLLocation { document.location(of: base) }

  /// The place of the object's field at `path`, or of the nearest field that contains it.
  public func location(of path: FieldPath) -> YAMLLocation {
    document.location(of: FieldPath(base.steps + path.steps))
  }

  /// The error for `problem`, of a field of this object, with its place in the file.
  public func error(_ problem: FieldError) -> YAMLError {
    YAMLError(
      .invalidField, at: location(of: problem.path), problem: "\(problem.path): \(problem.problem)",
      remedy: problem.remedy)
  }
}
