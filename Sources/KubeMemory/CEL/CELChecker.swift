/// A checker that resolves names of an expression and refuses unknown or unsupported ones:
/// variables, functions with their number of arguments, and fields that the schema doesn't have.
/// Types are otherwise checked during the evaluation.
struct CELChecker {
  /// The static knowledge of a value.
  indirect enum Kind {
    case any
    /// A value of a custom resource.
    case schema(CustomResourceSchema, isResource: Bool)
    case list(Kind)
  }

  private var variables: [(name: String, kind: Kind)]
  private(set) var used: Set<String> = []

  init(variables: [(name: String, kind: Kind)]) { self.variables = variables }

  /// The expression with its names resolved.
  mutating func checked(_ expression: CELExpression) throws(CELProblem) -> CELExpression {
    try check(expression).0
  }

  private func problem(_ text: String) -> CELProblem { CELProblem(description: text) }

  private mutating func check(_ expression: CELExpression) throws(CELProblem) -> (CELExpression, Kind) {
    switch expression {
    case .literal, .matches: return (expression, .any)
    case .identifier(let name): return try identifier(name)
    case .select(let target, let field, let isOptional):
      return try select(target, field: field, isOptional: isOptional)
    case .presence(let target, let field):
      let (target, kind) = try check(target)
      _ = try member(field, of: kind)
      return (.presence(target, field: field), .any)
    case .index(let target, let key, let isOptional):
      let (target, kind) = try check(target)
      let (key, _) = try check(key)
      let element = try element(of: kind)
      return (.index(target, key, isOptional: isOptional), isOptional ? .any : element)
    case .call(let function, let arguments): return (try call(function, arguments), .any)
    case .not(let operand): return (.not(try checked(operand)), .any)
    case .negation(let operand): return (.negation(try checked(operand)), .any)
    case .operation(let op, let left, let right):
      return (.operation(op, try checked(left), try checked(right)), .any)
    case .all(let operands): return (.all(try checked(operands)), .any)
    case .any(let operands): return (.any(try checked(operands)), .any)
    case .conditional(let condition, let then, let otherwise):
      return (
        .conditional(try checked(condition), then: try checked(then), otherwise: try checked(otherwise)), .any
      )
    case .list(let elements): return (.list(try checked(elements)), .any)
    case .map(let pairs):
      var result: [CELExpression.Pair] = []
      for pair in pairs {
        result.append(CELExpression.Pair(key: try checked(pair.key), value: try checked(pair.value)))
      }
      return (.map(result), .any)
    case .comprehension(let comprehension): return try check(comprehension)
    }
  }

  private mutating func checked(_ expressions: [CELExpression]) throws(CELProblem) -> [CELExpression] {
    var result: [CELExpression] = []
    for expression in expressions { result.append(try checked(expression)) }
    return result
  }

  // MARK: Names

  private mutating func identifier(_ name: String) throws(CELProblem) -> (CELExpression, Kind) {
    if let variable = variables.last(where: { $0.name == name }) {
      used.insert(name)
      return (.identifier(name), variable.kind)
    }
    if CELValue.typeNames.contains(name) { return (.literal(.type(name)), .any) }
    throw problem("undeclared reference to '\(name)'")
  }

  private mutating func select(_ target: CELExpression, field: String, isOptional: Bool)
    throws(CELProblem)
    -> (CELExpression, Kind)
  {
    if !isOptional, let path = path(target) {
      let name = path + "." + field
      if CELValue.typeNames.contains(name) { return (.literal(.type(name)), .any) }
    }
    let (target, kind) = try check(target)
    let member = try member(field, of: kind)
    return (.select(target, field: field, isOptional: isOptional), isOptional ? .any : member)
  }

  /// The dotted name that an expression denotes, where it doesn't begin with a variable.
  private func path(_ expression: CELExpression) -> String? {
    switch expression {
    case .identifier(let name): variables.contains { $0.name == name } ? nil : name
    case .select(let target, let field, isOptional: false): path(target).map { $0 + "." + field }
    default: nil
    }
  }

  private func member(_ field: String, of kind: Kind) throws(CELProblem) -> Kind {
    switch kind {
    case .any: return .any
    case .list: throw problem("type 'list' does not support field selection")
    case .schema(let schema, let isResource):
      switch schema.member(field, isResource: isResource) {
      case .any: return .any
      case .undefined: throw problem("undefined field '\(field)'")
      case .schema(let schema, let isResource): return .schema(schema, isResource: isResource)
      }
    }
  }

  private func element(of kind: Kind) throws(CELProblem) -> Kind {
    switch kind {
    case .any: return .any
    case .list(let element): return element
    case .schema(let schema, _):
      guard !schema.isCELObject else { throw problem("found no matching overload for '_[_]'") }
      guard let element = schema.element else { return .any }
      return .schema(element, isResource: element.isEmbedded)
    }
  }

  private mutating func check(_ comprehension: CELExpression.Comprehension) throws(CELProblem) -> (
    CELExpression, Kind
  ) {
    var result = comprehension
    let (range, kind) = try check(comprehension.range)
    result.range = range
    var element = Kind.any
    switch (comprehension.macro, kind) {
    case (.bind, _): element = kind
    case (_, .list(let of)): element = of
    case (_, .schema(let schema, _)):
      if let items = schema.listElement { element = .schema(items, isResource: items.isEmbedded) }
    default: break
    }
    variables.append((comprehension.variable, element))
    defer { variables.removeLast() }
    if let condition = comprehension.condition { result.condition = try checked(condition) }
    let (body, of) = try check(comprehension.body)
    result.body = body
    switch comprehension.macro {
    case .filter:
      if case .schema(let schema, _) = kind, schema.listElement == nil {
        return (.comprehension(result), .any)
      }
      return (.comprehension(result), kind)
    case .map: return (.comprehension(result), .list(of))
    case .bind: return (.comprehension(result), of)
    case .all, .exists, .existsOne, .optionalMap: return (.comprehension(result), .any)
    }
  }

  private mutating func call(_ function: CELFunction, _ arguments: [CELExpression]) throws(CELProblem)
    -> CELExpression
  {
    var function = function
    var arguments = arguments
    // The functions `optional.of(x)` and `optional.none()` have a dot in their names.
    if function.isMethod, case .identifier("optional")? = arguments.first {
      function = CELFunction(name: "optional." + function.name, isMethod: false)
      arguments.removeFirst()
    }
    guard let counts = CELFunction.supported[function] else {
      throw problem("the function '\(function.name)' is not supported")
    }
    guard counts.contains(arguments.count) else {
      throw problem("found no matching overload for '\(function.name)'")
    }
    let operands = try checked(arguments)
    if function.name == "matches", case .literal(.string(let text)) = operands[1] {
      do {
        return .matches(operands[0], try RE2Pattern(text))
      } catch {
        throw problem("error parsing regexp: \(error)")
      }
    }
    return .call(function, operands)
  }
}
