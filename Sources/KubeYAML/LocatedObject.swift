public import KubeCore

/// A Kubernetes object and where in a file it was found.
public struct LocatedObject: Sendable {
  /// The object.
  public let object: DynamicObject
  /// The way to the object within its document: empty, or an element of a list's `items`.
  private let base: FieldPath
  private let document: YAMLDocument

  init(object: DynamicObject, base: FieldPath, document: YAMLDocument) {
    self.object = object
    self.base = base
    self.document = document
  }

  /// Where the object begins.
  public var location: YAMLLocation { document.location(of: base) }

  /// Where the object's field at `path` stands, or the nearest one around it.
  public func location(of path: FieldPath) -> YAMLLocation {
    document.location(of: FieldPath(base.steps + path.steps))
  }

  /// `problem`, of a field of this object, with the place where it stands in the file.
  public func error(_ problem: FieldError) -> YAMLError {
    YAMLError(
      at: location(of: problem.path), problem: "\(problem.path): \(problem.problem)", remedy: problem.remedy)
  }
}
