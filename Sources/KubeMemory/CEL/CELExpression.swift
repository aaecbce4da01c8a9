/// A parsed expression of the Common Expression Language.
indirect enum CELExpression: Sendable {
  case literal(CELValue)
  case identifier(String)
  /// The selection `a.b`, or `a.?b`.
  case select(CELExpression, field: String, isOptional: Bool)
  /// The test `has(a.b)`.
  case presence(CELExpression, field: String)
  /// The index `a[b]`, or `a[?b]`.
  case index(CELExpression, CELExpression, isOptional: Bool)
  case call(CELFunction, [CELExpression])
  /// The match `a.matches('…')` with a constant pattern.
  case matches(CELExpression, RE2Pattern)
  case not(CELExpression)
  case negation(CELExpression)
  case operation(Operator, CELExpression, CELExpression)
  /// The conjunction `a && b && …`.
  case all([CELExpression])
  /// The disjunction `a || b || …`.
  case any([CELExpression])
  case conditional(CELExpression, then: CELExpression, otherwise: CELExpression)
  case list([CELExpression])
  case map([Pair])
  case comprehension(Comprehension)

  enum Operator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case remainder = "%"
  }

  /// An entry of a map literal.
  struct Pair: Sendable {
    var key: CELExpression
    var value: CELExpression
  }

  /// A macro over the elements of a list or the keys of a map.
  struct Comprehension: Sendable {
    enum Macro: String, Sendable {
      case all
      case exists
      case existsOne = "exists_one"
      case filter
      case map
      /// The macro `a.optMap(x, e)`: over the value of an optional, if any.
      case optionalMap = "optMap"
      /// The macro `cel.bind(x, a, e)`: over one value.
      case bind
    }

    var macro: Macro
    var range: CELExpression
    var variable: String
    /// The condition on elements that `map` keeps; all without one.
    var condition: CELExpression?
    var body: CELExpression
  }
}

/// A function or method.
struct CELFunction: Sendable, Hashable {
  var name: String
  /// Whether the first argument precedes the name and a dot.
  var isMethod: Bool
}

/// The reason why an expression can't be evaluated: it doesn't parse, or contains an unknown or
/// unsupported name.
struct CELProblem: Error, Hashable, CustomStringConvertible {
  var description: String
}

/// An error of an evaluation, in the wording of cel-go.
struct CELError: Error, Hashable, CustomStringConvertible {
  var description: String
  /// Whether it ends the evaluation; `||` and `&&` absorb other errors.
  var isFinal = false

  static let noOverload = CELError(description: "no such overload")
  static let integerOverflow = CELError(description: "integer overflow")
  static let unsignedOverflow = CELError(description: "unsigned integer overflow")
  static let durationOverflow = CELError(description: "duration overflow")
  static let timestampOverflow = CELError(description: "timestamp overflow")
  static let divisionByZero = CELError(description: "division by zero")
  static let modulusByZero = CELError(description: "modulus by zero")
  static let tooCostly = CELError(
    description: "operation cancelled: actual cost limit exceeded", isFinal: true)

  static func noKey(_ key: String) -> CELError { CELError(description: "no such key: \(key)") }
  static func conversion(_ value: CELValue, to type: String) -> CELError {
    CELError(description: "type conversion error from '\(value.typeName)' to '\(type)'")
  }
}
