import KubeCore

/// An evaluation of expressions within a budget.
struct CELEvaluation {
  /// The remaining budget: roughly, steps of the evaluation.
  private(set) var budget: Int
  private var variables: [(name: String, value: CELValue)]

  /// The budget of one rule, as on API servers.
  static let ruleBudget = 1_000_000
  /// The budget of all rules of one object.
  static let objectBudget = 10_000_000

  init(_ variables: [(name: String, value: CELValue)], budget: Int = CELEvaluation.ruleBudget) {
    self.variables = variables
    self.budget = budget
  }

  /// Takes `cost` from the budget.
  mutating func charge(_ cost: Int) throws(CELError) {
    budget -= min(cost, budget + 1)
    guard budget >= 0 else { throw .tooCostly }
  }

  /// The value of an expression whose names are resolved.
  mutating func value(_ expression: CELExpression) throws(CELError) -> CELValue {
    try charge(1)
    switch expression {
    case .literal(let value): return value
    case .identifier(let name): return try variable(name)
    case .select(let target, let field, let isOptional):
      return try select(target, field: field, isOptional: isOptional)
    case .presence(let target, let field): return try presence(target, field)
    case .index(let target, let key, let isOptional):
      return try index(target, key: key, isOptional: isOptional)
    case .call(let function, let arguments): return try call(function, arguments)
    case .matches(let target, let pattern): return try matches(target, pattern)
    case .not(let operand): return .bool(!(try bool(operand)))
    case .negation(let operand): return try negated(value(operand))
    case .operation(let op, let left, let right): return try operation(op, left: left, right: right)
    case .all(let operands): return try logical(operands, absorbing: false)
    case .any(let operands): return try logical(operands, absorbing: true)
    case .conditional(let condition, let then, let otherwise):
      return try value(try bool(condition) ? then : otherwise)
    case .list(let elements): return .list(CELList(elements: try values(elements)))
    case .map(let pairs): return try map(pairs)
    case .comprehension(let comprehension): return try evaluate(comprehension)
    }
  }

  private mutating func values(_ expressions: [CELExpression]) throws(CELError) -> [CELValue] {
    var result: [CELValue] = []
    for expression in expressions { result.append(try value(expression)) }
    return result
  }

  private mutating func bool(_ expression: CELExpression) throws(CELError) -> Bool {
    guard case .bool(let bool) = try value(expression) else { throw .noOverload }
    return bool
  }

  private func variable(_ name: String) throws(CELError) -> CELValue {
    guard let variable = variables.last(where: { $0.name == name }) else {
      throw CELError(description: "no such attribute(s): \(name)")
    }
    return variable.value
  }

  // MARK: Members

  private mutating func select(_ target: CELExpression, field: String, isOptional: Bool) throws(CELError)
    -> CELValue
  {
    let target = try value(target)
    if case .optional(let wrapped) = target {
      guard case .map(let map)? = wrapped else { return .optional(nil) }
      return .optional(map[field])
    }
    guard case .map(let map) = target else { throw .noOverload }
    if isOptional { return .optional(map[field]) }
    guard let member = map[field] else { throw .noKey(field) }
    return member
  }

  private mutating func presence(_ target: CELExpression, _ field: String) throws(CELError) -> CELValue {
    switch try value(target) {
    case .map(let map): return .bool(map[field] != nil)
    case .optional(.map(let map)?): return .bool(map[field] != nil)
    case .optional: return .bool(false)
    default: throw .noOverload
    }
  }

  private mutating func index(_ target: CELExpression, key: CELExpression, isOptional: Bool)
    throws(CELError)
    -> CELValue
  {
    var target = try value(target)
    let key = try value(key)
    var isOptional = isOptional
    if case .optional(let wrapped) = target {
      guard let wrapped else { return .optional(nil) }
      target = wrapped
      isOptional = true
    }
    let found = try element(key, of: target)
    if isOptional { return .optional(found) }
    if let found { return found }
    if case .list = target { throw CELError(description: "index out of bounds: \(CELEvaluation.text(key))") }
    throw .noKey(CELEvaluation.text(key))
  }

  private mutating func element(_ key: CELValue, of target: CELValue) throws(CELError) -> CELValue? {
    switch target {
    case .list(let list):
      guard let index = CELEvaluation.index(key) else {
        throw CELError(description: "unsupported index type '\(key.typeName)' in list")
      }
      return list.elements.indices.contains(index) ? list.elements[index] : nil
    case .map(let map) where !map.isObject:
      try charge(map.entries.count / 10)
      return map[key]
    default: throw .noOverload
    }
  }

  private static func index(_ value: CELValue) -> Int? {
    switch value {
    case .int(let number): Int(exactly: number)
    case .uint(let number): Int(exactly: number)
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }

  /// A key as it is shown in errors.
  private static func text(_ key: CELValue) -> String {
    (try? CELConversion.string(key)).map { text in
      if case .string(let text) = text { return text }
      return key.typeName
    } ?? key.typeName
  }

  private mutating func map(_ pairs: [CELExpression.Pair]) throws(CELError) -> CELValue {
    var entries: [CELMap.Entry] = []
    for pair in pairs {
      let key = try value(pair.key)
      switch key {
      case .bool, .int, .uint, .double, .string: break
      default: throw CELError(description: "unsupported key type: \(key.typeName)")
      }
      guard !entries.contains(where: { $0.key == key }) else {
        throw CELError(description: "insert failed: key \(CELEvaluation.text(key)) already exists")
      }
      entries.append(CELMap.Entry(key: key, value: try value(pair.value)))
    }
    return .map(CELMap(entries))
  }

  // MARK: Logic

  /// The result of `&&` and `||`: an operand that decides the result does so whatever errors the
  /// other operands have.
  private mutating func logical(_ operands: [CELExpression], absorbing: Bool) throws(CELError) -> CELValue {
    var failure: CELError?
    for operand in operands {
      do {
        if try bool(operand) == absorbing { return .bool(absorbing) }
      } catch {
        if error.isFinal { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return .bool(!absorbing)
  }

  private mutating func matches(_ target: CELExpression, _ pattern: RE2Pattern) throws(CELError) -> CELValue {
    guard case .string(let text) = try value(target) else { throw .noOverload }
    try charge(text.utf8.count / 10 * (pattern.text.utf8.count / 4 + 1))
    return .bool(pattern.matches(text))
  }

  // MARK: Macros

  private mutating func evaluate(_ comprehension: CELExpression.Comprehension) throws(CELError) -> CELValue {
    let range = try value(comprehension.range)
    let depth = variables.count
    defer { variables.removeLast(variables.count - depth) }
    switch comprehension.macro {
    case .bind:
      variables.append((comprehension.variable, range))
      return try value(comprehension.body)
    case .optionalMap:
      guard case .optional(let wrapped) = range else { throw .noOverload }
      guard let wrapped else { return range }
      variables.append((comprehension.variable, wrapped))
      return .optional(try value(comprehension.body))
    case .all, .exists, .existsOne, .filter, .map: break
    }
    let elements: [CELValue]
    switch range {
    case .list(let list): elements = list.elements
    case .map(let map): elements = map.entries.map(\.key)
    default: throw .noOverload
    }
    variables.append((comprehension.variable, .null))
    switch comprehension.macro {
    case .all: return try quantified(comprehension, elements, absorbing: false)
    case .exists: return try quantified(comprehension, elements, absorbing: true)
    case .existsOne: return .bool(try taken(comprehension, elements).count == 1)
    default: return .list(CELList(elements: try taken(comprehension, elements)))
    }
  }

  private mutating func quantified(
    _ comprehension: CELExpression.Comprehension, _ elements: [CELValue], absorbing: Bool
  ) throws(CELError) -> CELValue {
    var failure: CELError?
    for element in elements {
      variables[variables.count - 1].value = element
      do {
        if try bool(comprehension.body) == absorbing { return .bool(absorbing) }
      } catch {
        if error.isFinal { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return .bool(!absorbing)
  }

  /// The elements that `filter`, `map` and `exists_one` keep.
  private mutating func taken(_ comprehension: CELExpression.Comprehension, _ elements: [CELValue])
    throws(CELError) -> [CELValue]
  {
    var result: [CELValue] = []
    for element in elements {
      variables[variables.count - 1].value = element
      if comprehension.macro == .map {
        if let condition = comprehension.condition, !(try bool(condition)) { continue }
        result.append(try value(comprehension.body))
      } else if try bool(comprehension.body) {
        result.append(element)
      }
    }
    return result
  }

  // MARK: Calls

  private mutating func call(_ function: CELFunction, _ expressions: [CELExpression]) throws(CELError)
    -> CELValue
  {
    if function.name == "orValue" || function.name == "or", function.isMethod {
      guard case .optional(let wrapped) = try value(expressions[0]) else { throw .noOverload }
      if let wrapped { return function.name == "or" ? .optional(wrapped) : wrapped }
      return try value(expressions[1])
    }
    return try call(function, values(expressions))
  }

  private mutating func operation(
    _ op: CELExpression.Operator, left: CELExpression, right: CELExpression
  ) throws(CELError) -> CELValue {
    let left = try value(left)
    let right = try value(right)
    switch op {
    case .equal, .notEqual:
      try charge(CELEvaluation.comparisonCost(left, right))
      return .bool((left == right) == (op == .equal))
    case .contained: return try contained(left, in: right)
    case .less, .lessOrEqual, .greater, .greaterOrEqual: return try ordered(op, left: left, right: right)
    case .plus, .minus, .times, .divided, .remainder: return try arithmetic(op, left: left, right: right)
    }
  }

  private mutating func contained(_ value: CELValue, in range: CELValue) throws(CELError) -> CELValue {
    switch range {
    case .list(let list):
      try charge(list.elements.count)
      return .bool(list.elements.contains(value))
    case .map(let map) where !map.isObject:
      try charge(map.entries.count / 10)
      return .bool(map[value] != nil)
    default: throw .noOverload
    }
  }

  private func ordered(_ op: CELExpression.Operator, left: CELValue, right: CELValue) throws(CELError)
    -> CELValue
  {
    guard let order = left.order(to: right) else {
      if case .double(let number) = left, number.isNaN { return .bool(false) }
      if case .double(let number) = right, number.isNaN { return .bool(false) }
      throw .noOverload
    }
    switch op {
    case .less: return .bool(order == .less)
    case .lessOrEqual: return .bool(order != .greater)
    case .greater: return .bool(order == .greater)
    default: return .bool(order != .less)
    }
  }

  /// The approximate steps of a comparison: sets and maps compare each element with each.
  static func comparisonCost(_ left: CELValue, _ right: CELValue) -> Int {
    switch (left, right) {
    case (.string(let a), .string(let b)): min(a.utf8.count, b.utf8.count) / 10
    case (.list(let a), .list(let b)) where a.elements.count == b.elements.count:
      a.kind == .atomic
        ? zip(a.elements, b.elements).reduce(0) { $0 + 1 + comparisonCost($1.0, $1.1) }
        : a.elements.count * b.elements.count
    case (.map(let a), .map(let b)) where a.entries.count == b.entries.count:
      zip(a.entries, b.entries).reduce(a.entries.count * b.entries.count / 10) {
        $0 + 1 + comparisonCost($1.0.value, $1.1.value)
      }
    default: 0
    }
  }
}
