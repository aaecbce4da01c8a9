/// The types that the members of an object must have: the one check that a ``JSONView`` makes of
/// outside data.
///
/// Written as text, which is parsed on the first check: `name:type`, with `!` after the name of a
/// required member. A type is one of the scalars below, `@n` for the n-th of the given types, `[T]`
/// for a list and `{T}` for a map with free keys.
public final class ObjectShape: Sendable {
  /// The members' names in order, as in an object.
  private let names: [String]
  private let checks: [ValueCheck]
  /// A number per name, which tells most names apart without a comparison.
  private let marks: [UInt32]
  private let isRequired: [Bool]
  private let hasRequired: Bool
  /// Whether a member is confidential.
  let holdsSecrets: Bool

  /// Creates the shape that `text` describes, whose `@n` are `types`.
  public init(_ text: StaticString, _ types: any JSONConvertible.Type...) {
    let words = text.description.split { $0 == " " || $0 == "\n" }
    let fields = words.compactMap { word -> (name: String, isRequired: Bool, check: ValueCheck)? in
      let parts = word.split(separator: ":", maxSplits: 1)
      guard let name = parts.first, let type = parts.last else { return nil }
      let isRequired = name.last == "!"
      return (String(isRequired ? name.dropLast() : name), isRequired, ValueCheck(type, types))
    }.sorted { $0.name.byteOrder(to: $1.name) < 0 }
    names = fields.map(\.name)
    checks = fields.map(\.check)
    isRequired = fields.map(\.isRequired)
    marks = names.map { ObjectShape.mark($0) }
    hasRequired = isRequired.contains(true)
    holdsSecrets = checks.contains { $0.kind == .map && $0.part?.kind == .secret }
  }

  /// A number that differs for most pairs of different names.
  private static func mark(_ name: String) -> UInt32 {
    let mark = name.utf8.withContiguousStorageIfAvailable { bytes -> UInt32 in
      guard let first = bytes.first, let last = bytes.last else { return 0 }
      let middle = bytes[bytes.count / 2]
      return UInt32(truncatingIfNeeded: bytes.count) << 24 | UInt32(first) << 16 | UInt32(middle) << 8
        | UInt32(last)
    }
    return mark ?? 0
  }

  /// A value that a shape doesn't allow, with its path.
  struct Problem {
    private var problem: String
    private var remedy: String?
    /// The path, its last step first.
    private var steps: [FieldPath.Step] = []

    init(_ problem: String, remedy: String? = nil) {
      self.problem = problem
      self.remedy = remedy
    }

    init(_ error: FieldError) {
      problem = error.problem
      remedy = error.remedy
      steps = error.path.steps.reversed()
    }

    func at(_ step: FieldPath.Step) -> Problem {
      var problem = self
      problem.steps.append(step)
      return problem
    }

    func error(below path: FieldPath) -> FieldError {
      FieldError(path: FieldPath(path.steps + steps.reversed()), problem: problem, remedy: remedy)
    }
  }

  /// The first member of a wrong type; members that the shape doesn't know may have any.
  func problem(in object: JSONObject) -> Problem? {
    // Both are sorted by name: one pass over both.
    var next = 0
    for member in object {
      let mark = ObjectShape.mark(member.key)
      var index = next
      while index < marks.count, marks[index] != mark || names[index] != member.key { index += 1 }
      guard index < marks.count else { continue }
      let isNull = member.value.isNull
      if hasRequired, let missing = missing(from: next, to: isNull ? index + 1 : index) { return missing }
      next = index + 1
      if isNull { continue }
      if let problem = checks[index].problem(in: member.value) { return problem.at(.field(member.key)) }
    }
    return hasRequired ? missing(from: next, to: names.count) : nil
  }

  private func missing(from start: Int, to end: Int) -> Problem? {
    for index in start..<end where isRequired[index] {
      return Problem("is required").at(.field(names[index]))
    }
    return nil
  }
}

/// The required type of one value.
final class ValueCheck: Sendable {
  enum Kind: String {
    case string, int32, int64, double, bool, time, quantity, intstr, any
    case bytes
    /// Base64, concealed or not.
    case secret
    /// Text, concealed or not.
    case secretText
    case view
    case value
    case list
    case map
  }

  let kind: Kind
  /// The check of a list's items or a map's entries.
  let part: ValueCheck?
  private let view: (any JSONView.Type)?
  private let value: (any JSONConvertible.Type)?

  /// Creates the check that `text` describes; an unknown type is not checked.
  init(_ text: Substring, _ types: [any JSONConvertible.Type]) {
    var view: (any JSONView.Type)?
    var value: (any JSONConvertible.Type)?
    switch text.first {
    case "[", "{":
      kind = text.first == "[" ? .list : .map
      part = ValueCheck(text.dropFirst().dropLast(), types)
    case "@":
      part = nil
      if let index = Int(text.dropFirst()), types.indices.contains(index) {
        view = types[index] as? any JSONView.Type
        value = types[index]
      }
      assert(value != nil, "a shape has a type for \(text)")
      kind = view != nil ? .view : value != nil ? .value : .any
    default:
      part = nil
      let named: Kind? = text == "microtime" ? .time : Kind(rawValue: String(text))
      assert(named != nil, "a shape knows no type \(text)")
      kind = named ?? .any
    }
    self.view = view
    self.value = value
  }

  func problem(in value: JSONValue) -> ObjectShape.Problem? {
    switch value {
    case .object(let members):
      switch kind {
      case .view: return view?.shape.problem(in: members)
      case .value: return self.value.flatMap { ValueCheck.problem(in: value, $0) }
      case .map:
        guard let part else { return nil }
        for member in members where !member.value.isNull {
          if let problem = part.problem(in: member.value) { return problem.at(.key(member.key)) }
        }
        return nil
      case .any: return nil
      default: return unexpected(value)
      }
    case .array(let elements):
      guard kind == .list, let part else { return kind == .any ? nil : unexpected(value) }
      for index in elements.indices {
        if let problem = part.problem(in: elements[index]) { return problem.at(.index(index)) }
      }
      return nil
    case .string(let text):
      switch kind {
      case .string, .secretText, .quantity, .intstr, .any: return nil
      case .time: return Timestamp(rfc3339: text) == nil ? ValueCheck.problem(in: value, Timestamp.self) : nil
      case .bytes, .secret: return Base64.isValid(text) ? nil : ValueCheck.notBase64
      case .value: return self.value.flatMap { ValueCheck.problem(in: value, $0) }
      default: return unexpected(value)
      }
    case .secret(let text):
      switch kind {
      case .secretText, .any: return nil
      case .secret: return Base64.isValid(text) ? nil : ValueCheck.notBase64
      default: return unexpected(value)
      }
    case .number(let number):
      switch kind {
      case .double, .quantity, .any: return nil
      case .int32, .intstr: return ValueCheck.integer(number, Int32.self)
      case .int64: return ValueCheck.integer(number, Int64.self)
      case .value: return self.value.flatMap { ValueCheck.problem(in: value, $0) }
      default: return unexpected(value)
      }
    case .bool: return kind == .bool || kind == .any ? nil : unexpected(value)
    case .null: return kind == .any ? nil : unexpected(value)
    }
  }

  private static func problem<Value: JSONConvertible>(in value: JSONValue, _ type: Value.Type)
    -> ObjectShape.Problem?
  {
    do throws(FieldError) {
      _ = try Value(from: FieldReader(value))
      return nil
    } catch { return ObjectShape.Problem(error) }
  }

  private static func integer<Integer: FixedWidthInteger>(_ number: JSONNumber, _ type: Integer.Type)
    -> ObjectShape.Problem?
  {
    guard let whole = number.wholeInt64 else {
      return ObjectShape.Problem("expected an integer, found a number")
    }
    guard Integer(exactly: whole) == nil else { return nil }
    return ObjectShape.Problem(
      "\(whole) is out of range", remedy: "use a number from \(Integer.min) to \(Integer.max)")
  }

  private static let notBase64 = ObjectShape.Problem(
    "is not Base64", remedy: "encode the bytes with the standard alphabet and padding")

  private func unexpected(_ value: JSONValue) -> ObjectShape.Problem? {
    let expected =
      switch kind {
      case .string, .bytes, .secret, .secretText, .time, .quantity: "a string"
      case .int32, .int64, .intstr: "an integer"
      case .double: "a number"
      case .bool: "a boolean"
      case .any: "a value"
      case .view, .value, .map: "an object"
      case .list: "a list"
      }
    return ObjectShape.Problem("expected \(expected), found \(value.kindName)")
  }
}
