/// A selection of objects by the values of some fields, like the `fieldSelector` parameter of a
/// list or watch request: `metadata.name=x,status.phase!=Failed`. All its terms must hold; without
/// terms it selects everything.
public struct FieldSelector: Sendable, Hashable, CustomStringConvertible {
  /// One condition on a field.
  public struct Term: Sendable, Hashable {
    /// The field, as names separated by dots.
    public var field: String
    /// Whether the field must have the value (`=`) or must not have it (`!=`).
    public var isEqual: Bool
    /// The value.
    public var value: String

    /// Creates a term.
    public init(_ field: String, isEqual: Bool = true, _ value: String) {
      self.field = field
      self.isEqual = isEqual
      self.value = value
    }
  }

  /// The conditions.
  public var terms: [Term]

  /// Creates a selector of these terms.
  public init(_ terms: [Term] = []) { self.terms = terms }

  /// The objects of this name.
  public static func name(_ name: String) -> FieldSelector { FieldSelector([Term("metadata.name", name)]) }

  /// Parses the parameter's notation: terms `field=value`, `field==value` or `field!=value`
  /// separated by commas, in which a backslash precedes a comma, an equals sign or a backslash that
  /// belongs to the value. Throws for any other text.
  public init(query: String) throws(FieldError) {
    terms = []
    func failure(_ problem: String) -> FieldError {
      FieldError(
        path: FieldPath(dotted: "fieldSelector"), problem: "\(problem) in \"\(query)\"",
        remedy: "write it like metadata.name=x,status.phase!=Failed")
    }
    /// A character, and whether it had no backslash before it.
    var characters: [(character: Unicode.Scalar, isBare: Bool)] = []
    var isEscaped = false
    for scalar in query.unicodeScalars {
      if isEscaped {
        guard scalar == "," || scalar == "=" || scalar == "\\" else {
          throw failure("a backslash before neither a comma, an equals sign nor a backslash")
        }
        characters.append((scalar, false))
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        characters.append((scalar, true))
      }
    }
    guard !isEscaped else { throw failure("a backslash at the end") }
    for part in characters.split(whereSeparator: { $0.isBare && $0.character == "," }) {
      guard let equals = part.firstIndex(where: { $0.isBare && $0.character == "=" }) else {
        throw failure("a term without an equals sign")
      }
      var field = part[..<equals]
      var value = part[(equals + 1)...]
      let isEqual = field.last?.character != "!"
      if !isEqual { field = field.dropLast() }
      if isEqual, let first = value.first, first.isBare, first.character == "=" { value = value.dropFirst() }
      guard !field.isEmpty, !value.contains(where: { $0.isBare && $0.character == "=" }) else {
        throw failure("a term that isn't field=value")
      }
      func text(_ part: ArraySlice<(character: Unicode.Scalar, isBare: Bool)>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: part.lazy.map(\.character))
        return String(text)
      }
      terms.append(Term(text(field), isEqual: isEqual, text(value)))
    }
  }

  /// The selector in the parameter's notation.
  public var query: String {
    terms.map { term in
      var value = String.UnicodeScalarView()
      for scalar in term.value.unicodeScalars {
        if scalar == "," || scalar == "=" || scalar == "\\" { value.append("\\") }
        value.append(scalar)
      }
      return term.field + (term.isEqual ? "=" : "!=") + String(value)
    }.joined(separator: ",")
  }

  /// The same as ``query``.
  public var description: String { query }

  /// Whether `object` is selected: each field is looked up by its path; strings, numbers and
  /// booleans are compared as text, and an absent field as the empty text.
  public func matches(_ object: JSONValue) -> Bool {
    terms.allSatisfy { term in
      let value = object.value(at: term.field.split(separator: ".").map(String.init))
      let text: String
      switch value {
      case .string(let string)?: text = string
      case .number(let number)?: text = number.text
      case .bool(let bool)?: text = bool ? "true" : "false"
      case nil, .null?, .secret?, .array?, .object?: text = ""
      }
      return (text == term.value) == term.isEqual
    }
  }
}
