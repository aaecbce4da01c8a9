/// A parser of the Common Expression Language that expands macros.
struct CELParser {
  private let tokens: [CELLexer.Token]
  private var index = 0
  /// The current nesting depth.
  private var nesting = 0

  /// The maximum nesting depth of expressions.
  static let maximumDepth = 100

  /// An expression and its nesting depth.
  private struct Part {
    var expression: CELExpression
    var depth = 1
  }

  /// Parses `text`.
  static func parse(_ text: String) throws(CELProblem) -> CELExpression {
    var lexer = try CELLexer(text)
    var parser = CELParser(tokens: try lexer.tokens())
    let part = try parser.conditional()
    guard parser.peek == .end else { throw parser.unexpected() }
    return part.expression
  }

  private init(tokens: [CELLexer.Token]) { self.tokens = tokens }

  private var peek: CELLexer.Token { index < tokens.count ? tokens[index] : .end }

  private mutating func skip(_ symbol: String) -> Bool {
    guard peek == .symbol(symbol) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ symbol: String) throws(CELProblem) {
    guard skip(symbol) else { throw unexpected() }
  }

  private func unexpected() -> CELProblem {
    switch peek {
    case .end: CELProblem(description: "syntax error: unexpected end of the expression")
    case .identifier(let name): CELProblem(description: "syntax error: unexpected '\(name)'")
    case .symbol(let symbol): CELProblem(description: "syntax error: unexpected '\(symbol)'")
    default: CELProblem(description: "syntax error: unexpected literal")
    }
  }

  /// The expression of these parts, one level deeper than the deepest of them.
  private func joined(_ expression: CELExpression, _ parts: [Part]) throws(CELProblem) -> Part {
    let depth = parts.reduce(0) { max($0, $1.depth) } + 1
    guard depth <= CELParser.maximumDepth else { throw tooDeep }
    return Part(expression: expression, depth: depth)
  }

  private var tooDeep: CELProblem { CELProblem(description: "the expression nests too deeply") }

  // MARK: Operators

  private mutating func conditional() throws(CELProblem) -> Part {
    nesting += 1
    guard nesting <= CELParser.maximumDepth else { throw tooDeep }
    defer { nesting -= 1 }
    let condition = try binary(above: 0)
    guard skip("?") else { return condition }
    let then = try binary(above: 0)
    try expect(":")
    let otherwise = try conditional()
    return try joined(
      .conditional(condition.expression, then: then.expression, otherwise: otherwise.expression),
      [condition, then, otherwise])
  }

  private func precedence() -> Int? {
    switch peek {
    case .symbol("||"): 1
    case .symbol("&&"): 2
    case .symbol("=="), .symbol("!="), .symbol("<"), .symbol("<="), .symbol(">"), .symbol(">="),
      .identifier("in"):
      3
    case .symbol("+"), .symbol("-"): 4
    case .symbol("*"), .symbol("/"), .symbol("%"): 5
    default: nil
    }
  }

  /// Parses operators that bind more strongly than `least`.
  private mutating func binary(above least: Int) throws(CELProblem) -> Part {
    var left = try unary()
    while let precedence = precedence(), precedence > least {
      if precedence <= 2 {
        left = try logical(left, precedence)
        continue
      }
      let name: String
      switch peek {
      case .symbol(let symbol): name = symbol
      case .identifier(let word): name = word
      default: throw unexpected()
      }
      guard let op = CELExpression.Operator(rawValue: name) else { throw unexpected() }
      index += 1
      let right = try binary(above: precedence)
      left = try joined(.operation(op, left.expression, right.expression), [left, right])
    }
    return left
  }

  /// The expression of `left` and all operands that the same logical operator joins to it; their
  /// number doesn't add depth.
  private mutating func logical(_ left: Part, _ precedence: Int) throws(CELProblem) -> Part {
    var parts = [left]
    while skip(precedence == 1 ? "||" : "&&") { parts.append(try binary(above: precedence)) }
    let operands = parts.map(\.expression)
    return try joined(precedence == 1 ? .any(operands) : .all(operands), parts)
  }

  private mutating func unary() throws(CELProblem) -> Part {
    nesting += 1
    guard nesting <= CELParser.maximumDepth else { throw tooDeep }
    defer { nesting -= 1 }
    if skip("!") {
      let operand = try unary()
      return try joined(.not(operand.expression), [operand])
    }
    if skip("-") {
      // The least integer has no positive counterpart.
      if case .integer(let magnitude) = peek, magnitude == UInt64(Int64.max) + 1 {
        index += 1
        return try members(of: Part(expression: .literal(.int(.min))))
      }
      let operand = try unary()
      return try joined(.negation(operand.expression), [operand])
    }
    let primary = try primary()
    return try members(of: primary)
  }

  // MARK: Members

  private mutating func members(of part: Part) throws(CELProblem) -> Part {
    var part = part
    while true {
      if skip(".") {
        let isOptional = skip("?")
        guard case .identifier(let name) = peek else { throw unexpected() }
        index += 1
        if !isOptional, skip("(") {
          part = try method(name, of: part, arguments(until: ")"))
        } else {
          part = try joined(.select(part.expression, field: name, isOptional: isOptional), [part])
        }
      } else if skip("[") {
        let isOptional = skip("?")
        let key = try conditional()
        try expect("]")
        part = try joined(.index(part.expression, key.expression, isOptional: isOptional), [part, key])
      } else {
        return part
      }
    }
  }

  private mutating func arguments(until end: String) throws(CELProblem) -> [Part] {
    var parts: [Part] = []
    while !skip(end) {
      parts.append(try conditional())
      if !skip(",") {
        try expect(end)
        break
      }
    }
    return parts
  }

  private func method(_ name: String, of target: Part, _ arguments: [Part]) throws(CELProblem) -> Part {
    let parts = [target] + arguments
    if case .identifier("cel") = target.expression, name == "bind", arguments.count == 3 {
      let range = arguments[1].expression
      return try comprehension(
        .bind, over: range, variable: arguments[0], condition: nil, body: arguments[2], parts: parts)
    }
    if let macro = macro(name) {
      switch (macro, arguments.count) {
      case (.map, 3):
        return try comprehension(
          macro, over: target.expression, variable: arguments[0], condition: arguments[1].expression,
          body: arguments[2], parts: parts)
      case (_, 2):
        return try comprehension(
          macro, over: target.expression, variable: arguments[0], condition: nil, body: arguments[1],
          parts: parts)
      default: break
      }
    }
    return try joined(.call(CELFunction(name: name, isMethod: true), parts.map(\.expression)), parts)
  }

  private func macro(_ name: String) -> CELExpression.Comprehension.Macro? {
    if name == "existsOne" { return .existsOne }
    guard name != "bind" else { return nil }
    return CELExpression.Comprehension.Macro(rawValue: name)
  }

  private func comprehension(
    _ macro: CELExpression.Comprehension.Macro, over range: CELExpression, variable: Part,
    condition: CELExpression?, body: Part, parts: [Part]
  ) throws(CELProblem) -> Part {
    guard case .identifier(let name) = variable.expression else {
      throw CELProblem(description: "syntax error: \(macro.rawValue) needs a variable's name")
    }
    return try joined(
      .comprehension(
        CELExpression.Comprehension(
          macro: macro, range: range, variable: name, condition: condition, body: body.expression)), parts)
  }

  // MARK: Primaries

  private mutating func primary() throws(CELProblem) -> Part {
    let token = peek
    index += 1
    switch token {
    case .integer(let value):
      guard let value = Int64(exactly: value) else {
        throw CELProblem(description: "syntax error: invalid int literal")
      }
      return Part(expression: .literal(.int(value)))
    case .unsigned(let value): return Part(expression: .literal(.uint(value)))
    case .double(let value): return Part(expression: .literal(.double(value)))
    case .string(let value): return Part(expression: .literal(.string(value)))
    case .bytes(let value): return Part(expression: .literal(.bytes(value)))
    case .identifier(let name): return try named(name)
    case .symbol("("):
      let part = try conditional()
      try expect(")")
      return part
    case .symbol("["):
      let parts = try arguments(until: "]")
      return try joined(.list(parts.map(\.expression)), parts)
    case .symbol("{"): return try map()
    case .symbol, .end:
      index -= 1
      throw unexpected()
    }
  }

  private mutating func named(_ name: String) throws(CELProblem) -> Part {
    switch name {
    case "true": return Part(expression: .literal(.bool(true)))
    case "false": return Part(expression: .literal(.bool(false)))
    case "null": return Part(expression: .literal(.null))
    default: break
    }
    guard !CELName.reserved.contains(name) else {
      throw CELProblem(description: "syntax error: reserved identifier: \(name)")
    }
    guard skip("(") else { return Part(expression: .identifier(name)) }
    let parts = try arguments(until: ")")
    if name == "has", parts.count == 1 {
      guard case .select(let target, let field, isOptional: false) = parts[0].expression else {
        throw CELProblem(description: "syntax error: invalid argument to has() macro")
      }
      return try joined(.presence(target, field: field), parts)
    }
    return try joined(.call(CELFunction(name: name, isMethod: false), parts.map(\.expression)), parts)
  }

  private mutating func map() throws(CELProblem) -> Part {
    var parts: [Part] = []
    var pairs: [CELExpression.Pair] = []
    while !skip("}") {
      let key = try conditional()
      try expect(":")
      let value = try conditional()
      parts += [key, value]
      pairs.append(CELExpression.Pair(key: key.expression, value: value.expression))
      if !skip(",") {
        try expect("}")
        break
      }
    }
    return try joined(.map(pairs), parts)
  }
}

/// Names of fields in expressions.
enum CELName {
  /// Reserved words, which can't be names.
  static let reserved: Set<String> = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
    "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
  ]

  /// A property's name in expressions (Kubernetes' escaping: `__dot__`, `__dash__`, `__slash__`,
  /// `__underscores__`, `__namespace__`); `nil` for one that they can't select.
  static func escaped(_ name: String) -> String? {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return nil }
    if reserved.contains(name) { return "__\(name)__" }
    var result = ""
    var rest = Substring(name)
    while let character = rest.popFirst() {
      switch character {
      case ".": result += "__dot__"
      case "-": result += "__dash__"
      case "/": result += "__slash__"
      case "_" where rest.first == "_":
        rest.removeFirst()
        result += "__underscores__"
      case _ where character == "_" || character.isASCII && (character.isLetter || character.isNumber):
        result.append(character)
      default: return nil
      }
    }
    return result
  }
}
