/// The way to a field of an object, written as Kubernetes writes it: `spec.egress.type`,
/// `spec.ports[0].port`,
/// `metadata.labels[app.kubernetes.io/name]`.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  /// A step of the way.
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

  /// The path of `steps`.
  public init(_ steps: [Step] = []) { self.steps = steps }

  /// The path of the member names in `dotted`, separated by dots.
  public init(dotted: String) {
    steps = dotted.split(separator: ".").map { .field(String($0)) }
  }

  /// The path one member further.
  public func field(_ name: String) -> FieldPath { FieldPath(steps + [.field(name)]) }
  /// The path one list element further.
  public func index(_ index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }
  /// The path one map entry further.
  public func key(_ key: String) -> FieldPath { FieldPath(steps + [.key(key)]) }

  /// The value in words.
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

/// A field whose value is not acceptable: where it is, what is wrong and what to do.
public struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The field.
  public var path: FieldPath
  /// What is wrong with it.
  public var problem: String
  /// What a person should do about it, where that isn't obvious from the problem.
  public var remedy: String?

  /// An error at `path`.
  public init(path: FieldPath, problem: String, remedy: String? = nil) {
    self.path = path
    self.problem = problem
    self.remedy = remedy
  }

  /// The value in words.
  public var description: String {
    "\(path): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}
