/// A parser of RE2's syntax as in Go's `regexp` (package regexp/syntax, flags Perl).
struct RE2Parser {
  /// A part of a pattern.
  indirect enum Node {
    case set(ScalarSet)
    case assertion(RE2Pattern.Assertion)
    case sequence([Node])
    case choice([Node])
    /// A repetition with a minimum and an optional maximum.
    case repetition(Node, Int, Int?)
  }

  private struct Flags {
    var ignoresCase = false
    var isMultiLine = false
    var dotTakesAll = false
  }

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var flags = Flags()
  private var depth = 0

  /// The maximum nesting depth of groups.
  static let maximumDepth = 100
  /// The maximum count of a repetition, as in Go.
  static let maximumCount = 1_000

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The whole pattern.
  mutating func pattern() throws(RE2Pattern.Problem) -> Node {
    let node = try choice()
    guard peek == nil else { throw problem("unexpected )") }
    return node
  }

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private func peek(_ offset: Int) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  private mutating func take() -> Unicode.Scalar? {
    guard let scalar = peek else { return nil }
    index += 1
    return scalar
  }

  private mutating func skip(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars.count - index >= wanted.count, Array(scalars[index..<index + wanted.count]) == wanted else {
      return false
    }
    index += wanted.count
    return true
  }

  private func problem(_ text: String) -> RE2Pattern.Problem { RE2Pattern.Problem(description: text) }

  // MARK: Structure

  private mutating func choice() throws(RE2Pattern.Problem) -> Node {
    var alternatives: [Node] = []
    repeat { alternatives.append(try sequence()) } while skip("|")
    return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  private mutating func sequence() throws(RE2Pattern.Problem) -> Node {
    var nodes: [Node] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      if let node = try atom() {
        nodes.append(try repeated(node))
      } else if let last = nodes.popLast() {
        // Flags match nothing: a quantifier after them repeats the node before them.
        nodes.append(try repeated(last))
      }
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// The node that a quantifier can follow; `nil` where only flags were set.
  private mutating func atom() throws(RE2Pattern.Problem) -> Node? {
    switch peek {
    case "(":
      index += 1
      return try group()
    case "[":
      index += 1
      return .set(try characterClass())
    case ".":
      index += 1
      return .set(flags.dotTakesAll ? .all : .line)
    case "^":
      index += 1
      return .assertion(flags.isMultiLine ? .lineStart : .textStart)
    case "$":
      index += 1
      return .assertion(flags.isMultiLine ? .lineEnd : .textEnd)
    case "*", "+", "?": throw problem("missing argument to repetition operator")
    case "{":
      guard try count() == nil else { throw problem("missing argument to repetition operator") }
      index += 1
      return try literal("{")
    case "\\":
      index += 1
      return try escape()
    default:
      guard let scalar = take() else { return nil }
      return try literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) throws(RE2Pattern.Problem) -> Node {
    .set(try folded(ScalarSet(scalar)))
  }

  /// The set with the other cases, where case is ignored.
  private func folded(_ set: ScalarSet) throws(RE2Pattern.Problem) -> ScalarSet {
    guard flags.ignoresCase else { return set }
    var set = set
    guard set.foldCase() else { throw problem("the class is too large to ignore case") }
    return set
  }

  private mutating func repeated(_ node: Node) throws(RE2Pattern.Problem) -> Node {
    guard let (least, most) = try count() else { return node }
    if peek == "?" { index += 1 }  // Lazy or greedy, it matches the same texts.
    let before = index
    guard try count() == nil else { throw problem("invalid nested repetition operator") }
    index = before
    return .repetition(node, least, most)
  }

  /// The count of a quantifier; a `{` that doesn't begin one is a character.
  private mutating func count() throws(RE2Pattern.Problem) -> (Int, Int?)? {
    switch peek {
    case "*":
      index += 1
      return (0, nil)
    case "+":
      index += 1
      return (1, nil)
    case "?":
      index += 1
      return (0, 1)
    case "{":
      let start = index
      index += 1
      guard let least = number() else {
        index = start
        return nil
      }
      var most: Int? = least
      if peek == "," {
        index += 1
        most = peek == "}" ? nil : number()
        if most == nil && peek != "}" {
          index = start
          return nil
        }
      }
      guard peek == "}" else {
        index = start
        return nil
      }
      index += 1
      guard least <= RE2Parser.maximumCount, (most ?? least) <= RE2Parser.maximumCount,
        (most ?? least) >= least
      else { throw problem("invalid repeat count") }
      return (least, most)
    default: return nil
    }
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = peek, ("0"..."9").contains(scalar) {
      value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 100_000)
      index += 1
    }
    return value
  }

  private mutating func group() throws(RE2Pattern.Problem) -> Node? {
    let outer = flags
    if skip("?") {
      if skip("P<") || peek == "<" && peek(1) != "=" && peek(1) != "!" && skip("<") {
        try groupName()
      } else if try setFlags() {
        return nil
      }
    }
    depth += 1
    guard depth <= RE2Parser.maximumDepth else { throw problem("expression nests too deeply") }
    let node = try choice()
    guard skip(")") else { throw problem("missing closing )") }
    depth -= 1
    flags = outer
    return node
  }

  private mutating func groupName() throws(RE2Pattern.Problem) {
    var isEmpty = true
    while let scalar = take() {
      if scalar == ">" && !isEmpty { return }
      guard ScalarSet.word.contains(scalar) else { break }
      isEmpty = false
    }
    throw problem("invalid named capture")
  }

  /// Parses `flags)` or `flags:`; returns whether it was the former, which holds until the
  /// enclosing group ends.
  private mutating func setFlags() throws(RE2Pattern.Problem) -> Bool {
    var value = true
    while let scalar = take() {
      switch scalar {
      case "i": flags.ignoresCase = value
      case "m": flags.isMultiLine = value
      case "s": flags.dotTakesAll = value
      case "U": break  // Lazy or greedy, it matches the same texts.
      case "-" where value: value = false
      case ":": return false
      case ")": return true
      default: throw problem("invalid or unsupported Perl syntax")
      }
    }
    throw problem("missing closing )")
  }

  // MARK: Escapes

  private mutating func escape() throws(RE2Pattern.Problem) -> Node {
    switch peek {
    case "A":
      index += 1
      return .assertion(.textStart)
    case "z":
      index += 1
      return .assertion(.textEnd)
    case "b":
      index += 1
      return .assertion(.wordBoundary)
    case "B":
      index += 1
      return .assertion(.noWordBoundary)
    case "Q":
      index += 1
      var nodes: [Node] = []
      while let scalar = peek {
        if skip("\\E") { break }
        nodes.append(try literal(scalar))
        index += 1
      }
      return .sequence(nodes)
    default: break
    }
    var set = ScalarSet()
    if try perlClass(into: &set) { return .set(set) }
    return try literal(escapedScalar())
  }

  /// Parses `d`, `pL` and the like after a backslash, if present.
  private mutating func perlClass(into set: inout ScalarSet) throws(RE2Pattern.Problem) -> Bool {
    let named: ScalarSet
    switch peek {
    case "d", "D": named = .digit
    case "s", "S": named = .space
    case "w", "W": named = .word
    case "p", "P": return try unicodeClass(into: &set)
    default: return false
    }
    let isNegated = take().map { ("A"..."Z").contains($0) } ?? false
    set.insert(try folded(named), isNegated: isNegated)
    return true
  }

  private mutating func unicodeClass(into set: inout ScalarSet) throws(RE2Pattern.Problem) -> Bool {
    var isNegated = take() == "P"
    var name = ""
    if skip("{") {
      if skip("^") { isNegated.toggle() }
      while let scalar = take(), scalar != "}" { name.unicodeScalars.append(scalar) }
    } else if let scalar = take() {
      name.unicodeScalars.append(scalar)
    }
    if name == "Any" {
      set.insert(.all, isNegated: isNegated)
      return true
    }
    guard let categories = ScalarSet.categories(named: name), !flags.ignoresCase else {
      throw problem("the Unicode class \(name) is not supported")
    }
    set.insert(ScalarSet.Categories(categories: categories, isNegated: isNegated))
    return true
  }

  /// The scalar of an escape after its backslash.
  private mutating func escapedScalar() throws(RE2Pattern.Problem) -> Unicode.Scalar {
    guard let scalar = take() else { throw problem("trailing backslash at end of expression") }
    switch scalar {
    case "a": return "\u{07}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "x": return try hexadecimal()
    case "0"..."7":
      // A single digit except 0 would be a back-reference.
      guard scalar == "0" || peek.map({ ("0"..."7").contains($0) }) == true else { break }
      var value = scalar.value - 0x30
      for _ in 0..<2 {
        guard let digit = peek, ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 0x30
        index += 1
      }
      if let octal = Unicode.Scalar(value) { return octal }
    default:
      let isLetterOrDigit = ScalarSet.word.contains(scalar) && scalar != "_"
      if scalar.isASCII && !isLetterOrDigit { return scalar }
    }
    throw problem("invalid escape sequence: `\\\(scalar)`")
  }

  private mutating func hexadecimal() throws(RE2Pattern.Problem) -> Unicode.Scalar {
    let isBraced = skip("{")
    var value: UInt32 = 0
    var count = 0
    while isBraced || count < 2, let scalar = peek, scalar.isASCII,
      let digit = Character(scalar).hexDigitValue
    {
      value = value * 16 + UInt32(digit)
      guard value <= ScalarSet.highest else { break }
      count += 1
      index += 1
    }
    guard count > 0, isBraced ? skip("}") : count == 2, let scalar = Unicode.Scalar(value) else {
      throw problem("invalid escape sequence: `\\x`")
    }
    return scalar
  }

  // MARK: Classes

  private mutating func characterClass() throws(RE2Pattern.Problem) -> ScalarSet {
    var set = ScalarSet()
    let isNegated = skip("^")
    var isFirst = true
    while isFirst || peek != "]" {
      isFirst = false
      guard let scalar = peek else { throw problem("missing closing ]") }
      if scalar == "[", peek(1) == ":", try posixClass(into: &set) { continue }
      if scalar == "\\" {
        index += 1
        if try perlClass(into: &set) { continue }
        index -= 1
      }
      let low = try classScalar()
      var high = low
      if peek == "-", let end = peek(1), end != "]" {
        index += 1
        high = try classScalar()
      }
      guard low <= high else { throw problem("invalid character class range") }
      set.insert(try folded(ScalarSet(low.value...high.value)))
    }
    index += 1
    set.isNegated = isNegated
    return set
  }

  private mutating func classScalar() throws(RE2Pattern.Problem) -> Unicode.Scalar {
    guard let scalar = take() else { throw problem("missing closing ]") }
    return scalar == "\\" ? try escapedScalar() : scalar
  }

  private mutating func posixClass(into set: inout ScalarSet) throws(RE2Pattern.Problem) -> Bool {
    let start = index
    index += 2
    let isNegated = skip("^")
    var name = ""
    while let scalar = peek, ("a"..."z").contains(scalar) {
      name.unicodeScalars.append(scalar)
      index += 1
    }
    guard skip(":]") else {
      index = start
      return false
    }
    guard let named = ScalarSet.posix[name] else { throw problem("invalid character class range") }
    set.insert(try folded(named), isNegated: isNegated)
    return true
  }
}
