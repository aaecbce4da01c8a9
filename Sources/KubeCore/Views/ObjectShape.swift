/// What the members of an object must be, for the one check that a view makes of outside data.
///
/// Written as text, which is parsed on the first check: `name:type`, `!` after the name of a required
/// member. A type is one of the scalars below, `@n` for the n-th of the types given, `[T]` for a list and
/// `{T}` for a map with free keys.
public final class ObjectShape: Sendable {
  /// What one value must be.
  indirect enum Check: Sendable {
    case string
    case int32
    case int64
    case double
    case bool
    case bytes
    /// Base64, hidden or not.
    case secret
    /// Text, hidden or not.
    case secretText
    case time
    case quantity
    case intstr
    case any
    case view(any JSONView.Type)
    case value(any JSONConvertible.Type)
    case list(Check)
    case map(Check)
  }

  struct Field: Sendable {
    var name: String
    var check: Check
    var isRequired: Bool
  }

  /// In the order of their names, as an object's members are.
  let fields: [Field]
  private let hasRequired: Bool
  /// Whether a member must not be seen.
  let holdsSecrets: Bool

  /// The shape that `text` says, whose `@n` are `types`.
  public init(_ text: StaticString, _ types: any JSONConvertible.Type...) {
    let fields = text.description.split { $0 == " " || $0 == "\n" }.compactMap { word -> Field? in
      let parts = word.split(separator: ":", maxSplits: 1)
      guard let name = parts.first, let type = parts.last, let check = ObjectShape.check(type, types)
      else { return nil }
      let isRequired = name.last == "!"
      return Field(name: String(isRequired ? name.dropLast() : name), check: check, isRequired: isRequired)
    }
    self.fields = fields.sorted { $0.name.byteOrder(to: $1.name) < 0 }
    hasRequired = fields.contains(where: \.isRequired)
    holdsSecrets = fields.contains { if case .map(.secret) = $0.check { true } else { false } }
  }

  private static func check(_ text: Substring, _ types: [any JSONConvertible.Type]) -> Check? {
    switch text.first {
    case "[": return check(text.dropFirst().dropLast(), types).map { .list($0) }
    case "{": return check(text.dropFirst().dropLast(), types).map { .map($0) }
    case "@":
      guard let index = Int(text.dropFirst()), types.indices.contains(index) else { return nil }
      if let view = types[index] as? any JSONView.Type { return .view(view) }
      return .value(types[index])
    default:
      switch text {
      case "string": return .string
      case "int32": return .int32
      case "int64": return .int64
      case "double": return .double
      case "bool": return .bool
      case "bytes": return .bytes
      case "secret": return .secret
      case "secretText": return .secretText
      case "time", "microtime": return .time
      case "quantity": return .quantity
      case "intstr": return .intstr
      default: return .any
      }
    }
  }

  /// Something that a shape doesn't allow, and where.
  struct Problem {
    private var problem: String
    private var remedy: String?
    /// The way to it, its last step first.
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

    static func expected(_ expected: String, _ found: JSONValue) -> Problem {
      Problem("expected \(expected), found \(found.kindName)")
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

  /// The first member that isn't what it must be; members that the shape doesn't know may be anything.
  func problem(in object: JSONObject) -> Problem? {
    // Both are in the order of names: one walk along both.
    var next = 0
    for member in object {
      var index = next
      while index < fields.count, fields[index].name != member.key { index += 1 }
      guard index < fields.count else { continue }
      if hasRequired, let missing = missing(from: next, to: index) { return missing }
      next = index + 1
      if case .null = member.value {
        if fields[index].isRequired, let missing = missing(from: index, to: next) { return missing }
        continue
      }
      if let problem = ObjectShape.problem(in: member.value, fields[index].check) {
        return problem.at(.field(member.key))
      }
    }
    return hasRequired ? missing(from: next, to: fields.count) : nil
  }

  private func missing(from start: Int, to end: Int) -> Problem? {
    for field in fields[start..<end] where field.isRequired {
      return Problem("is required").at(.field(field.name))
    }
    return nil
  }

  private static func problem(in value: JSONValue, _ check: Check) -> Problem? {
    switch (check, value) {
    case (.string, .string), (.bool, .bool), (.secretText, .string), (.secretText, .secret): return nil
    case (.any, _), (.double, .number), (.intstr, .string): return nil
    case (.int32, .number(let number)), (.intstr, .number(let number)): return integer(number, Int32.self)
    case (.int64, .number(let number)): return integer(number, Int64.self)
    case (.view(let type), .object(let members)): return type.shape.problem(in: members)
    case (.list(let check), .array(let elements)):
      for (index, element) in elements.enumerated() {
        if let problem = problem(in: element, check) { return problem.at(.index(index)) }
      }
      return nil
    case (.map(let check), .object(let members)):
      for member in members where !member.value.isNull {
        if let problem = problem(in: member.value, check) { return problem.at(.key(member.key)) }
      }
      return nil
    case (.value(let type), _): return self.problem(in: value, type)
    case (.time, .string(let text)):
      return Timestamp(rfc3339: text) == nil ? problem(in: value, Timestamp.self) : nil
    case (.bytes, .string(let text)): return Base64.isValid(text) ? nil : notBase64
    case (.secret, .string(let text)): return Base64.isValid(text) ? nil : notBase64
    case (.secret, .secret(let text)): return Base64.isValid(text) ? nil : notBase64
    case (.quantity, .string), (.quantity, .number): return nil
    default: return .expected(check.expected, value)
    }
  }

  private static func problem<Value: JSONConvertible>(in value: JSONValue, _ type: Value.Type) -> Problem? {
    do throws(FieldError) {
      _ = try Value(from: FieldReader(value))
      return nil
    } catch { return Problem(error) }
  }

  private static func integer<Integer: FixedWidthInteger>(_ number: JSONNumber, _ type: Integer.Type)
    -> Problem?
  {
    guard let whole = number.wholeInt64 else { return .expected("an integer", .number(number)) }
    guard Integer(exactly: whole) == nil else { return nil }
    return Problem(
      "\(whole) is out of range", remedy: "use a number from \(Integer.min) to \(Integer.max)")
  }

  private static let notBase64 = Problem(
    "is not Base64", remedy: "encode the bytes with the standard alphabet and padding")
}

extension ObjectShape.Check {
  /// What is wanted, as an error says it.
  fileprivate var expected: String {
    switch self {
    case .string, .bytes, .secret, .secretText, .time, .quantity: "a string"
    case .int32, .int64, .intstr: "an integer"
    case .double: "a number"
    case .bool: "a boolean"
    case .any: "a value"
    case .view, .value, .map: "an object"
    case .list: "a list"
    }
  }
}
