import KubeCore
import Testing

/// A documented behavior of the Kubernetes API, and a test of it.
struct Behavior: Sendable, CustomTestStringConvertible {
  /// A behavior of recent Kubernetes that older releases don't have.
  struct Difference: Sendable {
    /// The first minor release of Kubernetes 1 with the behavior.
    var minor: Int
    /// The behavior of older releases.
    var why: String

    static func since(_ minor: Int, _ why: String) -> Difference { Difference(minor: minor, why: why) }
  }

  /// The behavior, as a sentence.
  var name: String
  /// The servers without the behavior: there the body must fail, so that the list stays true.
  var differs: Difference?
  /// Whether the body must run alone on its server, because it makes the server forget its history.
  var isExclusive: Bool
  /// Throws if the server behaves differently.
  var body: @Sendable (Sandbox) async throws -> Void

  init(
    _ name: String, differs: Difference? = nil, isExclusive: Bool = false,
    body: @escaping @Sendable (Sandbox) async throws -> Void
  ) {
    self.name = name
    self.differs = differs
    self.isExclusive = isExclusive
    self.body = body
  }

  var testDescription: String { name }

  static let all: [Behavior] =
    reading + lists + pages + creating + validation + replacing + patching + status + applying + ownership
    + statusApplying + scaling + deleting + garbage + watching + definitions + defaults + discovery + tokens
    + rulesOfKinds + authorization + escalation + authentication + reviews + spellings
    + everyKind
}

/// The error of a different behavior: the expectation, the observation and the source location.
struct Mismatch: Error, CustomStringConvertible {
  var description: String
}

func expect(
  _ actual: JSONValue?, _ expected: JSONValue?, _ what: String = "", line: Int = #line,
  file: String = #fileID
) throws(Mismatch) {
  guard actual != expected else { return }
  func text(_ value: JSONValue?) -> String { value.map(\.description) ?? "nothing" }
  throw Mismatch(
    description: "\(file):\(line): \(what) is \(text(actual)) instead of \(text(expected))")
}

func expect<Value: Equatable>(
  _ actual: Value, _ expected: Value, _ what: String = "", line: Int = #line, file: String = #fileID
) throws(Mismatch) {
  guard actual != expected else { return }
  throw Mismatch(description: "\(file):\(line): \(what) is \(actual) instead of \(expected)")
}

func expect(_ condition: Bool, _ what: String, line: Int = #line, file: String = #fileID) throws(Mismatch) {
  guard !condition else { return }
  throw Mismatch(description: "\(file):\(line): \(what)")
}

func unwrap<Value>(
  _ value: Value?, _ what: String, line: Int = #line, file: String = #fileID
) throws(Mismatch) -> Value {
  guard let value else { throw Mismatch(description: "\(file):\(line): \(what) is missing") }
  return value
}
