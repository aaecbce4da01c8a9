import KubeCore
import Testing

/// One promise of the Kubernetes API, and how to see that a server keeps it.
struct Behaviour: Sendable, CustomTestStringConvertible {
  /// What today's Kubernetes does and older releases don't.
  struct Difference: Sendable {
    /// The first minor release of Kubernetes 1 of which the behaviour is expected.
    var minor: Int
    /// What older ones do instead.
    var why: String

    static func since(_ minor: Int, _ why: String) -> Difference { Difference(minor: minor, why: why) }
  }

  /// The promise, as a sentence.
  var name: String
  /// Which servers don't keep it; on these the body must fail, so that the list stays true.
  var differs: Difference?
  /// Whether nothing else may run against the same server meanwhile: it makes the server forget.
  var isExclusive: Bool
  /// Throws where the promise is broken.
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

  static let all: [Behaviour] =
    reading + lists + pages + creating + validation + replacing + patching + status + applying + ownership
    + statusApplying + scaling + deleting + garbage + watching + definitions + defaults + discovery + tokens
    + rulesOfKinds + authorization + escalation + authentication + reviews + spellings
    + everyKind
}

/// A broken promise: what was expected, what there was, and where.
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
