/// The path of a field of an object in Kubernetes' notation: `spec.egress.type`,
/// `spec.ports[0].port`, `metadata.labels[app.kubernetes.io/name]`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  /// A step of the path.
  public enum Step: Sendable, Hashable {
    /// A member of an object.
    case field(String)
    /// An element of a list, counted from 0.
    case index(Int)
    /// An entry of a map with free keys, such as a label.
    case key(String)
  }

  /// The steps from the object's root.
  public var steps: [Step]

  /// Creates the path of `steps`.
  public init(_ steps: [Step] = []) { self.steps = steps }

  /// Creates the path of the member names in `dotted`, separated by dots.
  public init(dotted: String) {
    steps = dotted.split(separator: ".").map { .field(String($0)) }
  }

  /// This path extended by a member.
  public func field(_ name: String) -> FieldPath { FieldPath(steps + [.field(name)]) }
  /// This path extended by a list element.
  public func index(_ index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }
  /// This path extended by a map entry.
  public func key(_ key: String) -> FieldPath { FieldPath(steps + [.key(key)]) }

  /// The path in Kubernetes' notation.
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .field(let name): text += text.isEmpty ? name : "." + name
      case .index(let index): text += "[\(index)]"
      case .key(let key): text += "[\(key)]"
      }
    }
    return text.isEmpty ? "(root)" : text
  }
}

/// A field with an invalid value: its path, the problem and the remedy.
public struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The field.
  public var path: FieldPath
  /// The problem, for people.
  public var problem: String
  /// The remedy, where it isn't obvious from the problem.
  public var remedy: String?

  /// An error at `path`.
  public init(path: FieldPath, problem: String, remedy: String? = nil) {
    self.path = path
    self.problem = problem
    self.remedy = remedy
  }

  /// The path, the problem and the remedy as one sentence.
  public var description: String {
    "\(path): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}
