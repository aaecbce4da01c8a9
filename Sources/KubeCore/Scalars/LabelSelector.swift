/// A selection of objects by their labels (API reference LabelSelector v1). All its requirements
/// must hold; without requirements it selects everything.
public struct LabelSelector: JSONConvertible {
  /// One condition on a label.
  public struct Requirement: JSONConvertible {
    /// The comparison of a label.
    public enum Operator: String, CaseIterable, JSONConvertible {
      /// The label exists with one of the values.
      case `in` = "In"
      /// The label doesn't exist, or has none of the values.
      case notIn = "NotIn"
      /// The label exists.
      case exists = "Exists"
      /// The label doesn't exist.
      case doesNotExist = "DoesNotExist"
    }

    /// The label's key.
    public var key: String
    /// The comparison.
    public var `operator`: Operator
    /// The values to compare with; empty for ``Operator/exists`` and ``Operator/doesNotExist``.
    public var values: [String]

    /// Creates a requirement.
    public init(_ key: String, _ operator: Operator, values: [String] = []) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }

    /// Decodes the requirement; throws for the first field that is missing or of a wrong type, and
    /// for values that the operator doesn't take.
    public init(from reader: FieldReader) throws(FieldError) {
      try reader.requireObject()
      key = try reader["key"].string()
      self.operator = try reader["operator"].required()
      values = try reader["values"].list()
      let takesValues = self.operator == .in || self.operator == .notIn
      if takesValues == values.isEmpty {
        throw reader["values"].failure(
          "\(self.operator.rawValue) takes \(takesValues ? "at least one value" : "no values")")
      }
    }

    /// The JSON form, without absent and empty fields.
    public var json: JSONValue {
      .fields(["key": .string(key), "operator": self.operator.json, "values": values.jsonUnlessEmpty])
    }

    /// Whether an object with these labels meets the requirement.
    public func matches(_ labels: [String: String]) -> Bool {
      switch self.operator {
      case .in: labels[key].map(values.contains) ?? false
      case .notIn: !(labels[key].map(values.contains) ?? false)
      case .exists: labels[key] != nil
      case .doesNotExist: labels[key] == nil
      }
    }
  }

  /// Labels that must have these values.
  public var matchLabels: [String: String]
  /// Further requirements.
  public var matchExpressions: [Requirement]

  /// Creates a selector.
  public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Decodes the value; throws for the first field that is missing or of a wrong type.
  public init(from reader: FieldReader) throws(FieldError) {
    // A string in its place would otherwise become a selector without requirements, which selects
    // everything.
    try reader.requireObject(orAbsent: true)
    matchLabels = try reader["matchLabels"].map()
    matchExpressions = try reader["matchExpressions"].list()
  }

  /// The JSON form, without absent and empty fields.
  public var json: JSONValue {
    .fields([
      "matchLabels": matchLabels.jsonUnlessEmpty,
      "matchExpressions": matchExpressions.jsonUnlessEmpty,
    ])
  }

  /// Whether the selector selects every object.
  public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

  /// Whether an object with these labels is selected.
  public func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value }
      && matchExpressions.allSatisfy { $0.matches(labels) }
  }
}

extension LabelSelector {
  /// The selector in the notation of the `labelSelector` parameter of a list or watch request:
  /// `a=b,c in (x,y),!d`.
  public var query: String {
    var terms = matchLabels.map { "\($0.key)=\($0.value)" }.sorted()
    for requirement in matchExpressions {
      let values = "(" + requirement.values.joined(separator: ",") + ")"
      switch requirement.operator {
      case .in: terms.append("\(requirement.key) in \(values)")
      case .notIn: terms.append("\(requirement.key) notin \(values)")
      case .exists: terms.append(requirement.key)
      case .doesNotExist: terms.append("!" + requirement.key)
      }
    }
    return terms.joined(separator: ",")
  }

  /// Parses the notation of the `labelSelector` parameter: `a=b`, `a==b`, `a!=b`, `a in (x,y)`,
  /// `a notin (x)`, `a`, `!a`, separated by commas. Throws for any other text, the comparisons `<`
  /// and `>` included.
  public init(query: String) throws(FieldError) {
    self.init()
    var scanner = SelectorScanner(query)
    guard !scanner.isAtEnd else { return }
    repeat {
      if scanner.skip("!") {
        matchExpressions.append(Requirement(try scanner.key(), .doesNotExist))
        continue
      }
      let key = try scanner.key()
      if scanner.skip("!=") {
        matchExpressions.append(Requirement(key, .notIn, values: [try scanner.value()]))
      } else if scanner.skip("==") || scanner.skip("=") {
        let value = try scanner.value()
        if matchLabels[key] == nil {
          matchLabels[key] = value
        } else {
          matchExpressions.append(Requirement(key, .in, values: [value]))
        }
      } else if scanner.skipWord("in") {
        matchExpressions.append(Requirement(key, .in, values: try scanner.values()))
      } else if scanner.skipWord("notin") {
        matchExpressions.append(Requirement(key, .notIn, values: try scanner.values()))
      } else {
        matchExpressions.append(Requirement(key, .exists))
      }
    } while scanner.skip(",")
    guard scanner.isAtEnd else { throw scanner.failure("expected a comma or the end") }
  }
}

/// A scanner of a label selector's text.
private struct SelectorScanner {
  private let text: String
  private var rest: Substring.UTF8View

  init(_ text: String) {
    self.text = text
    rest = Substring(text).utf8
  }

  private mutating func skipSpace() {
    while let byte = rest.first, byte == 0x20 || byte == 0x09 { rest = rest.dropFirst() }
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return rest.isEmpty
    }
  }

  func failure(_ problem: String) -> FieldError {
    FieldError(
      path: FieldPath(dotted: "labelSelector"),
      problem: "\(problem) at byte \(text.utf8.count - rest.count) of \"\(text)\"",
      remedy: "write it like a=b,c in (x,y),!d")
  }

  mutating func skip(_ symbol: StaticString) -> Bool {
    skipSpace()
    let symbol = symbol.description.utf8
    guard rest.starts(with: symbol) else { return false }
    rest = rest.dropFirst(symbol.count)
    return true
  }

  /// Parses letters, digits and `-_./`, possibly none.
  private mutating func word() -> String {
    skipSpace()
    let word = rest.prefix { byte in
      NameRules.isAlphanumeric(byte) || "-_./".utf8.contains(byte)
    }
    rest = rest.dropFirst(word.count)
    return String(decoding: word, as: UTF8.self)
  }

  mutating func skipWord(_ wanted: String) -> Bool {
    let mark = rest
    if word() == wanted { return true }
    rest = mark
    return false
  }

  mutating func key() throws(FieldError) -> String {
    let key = word()
    if let reason = NameRules.labelKeyProblem(key) { throw failure("the key \"\(key)\" \(reason)") }
    return key
  }

  mutating func value() throws(FieldError) -> String {
    let value = word()
    if let reason = NameRules.labelValueProblem(value) { throw failure("the value \"\(value)\" \(reason)") }
    return value
  }

  mutating func values() throws(FieldError) -> [String] {
    guard skip("(") else { throw failure("expected \"(\"") }
    var values: [String] = []
    repeat { values.append(try value()) } while skip(",")
    guard skip(")") else { throw failure("expected \")\"") }
    return values
  }
}
