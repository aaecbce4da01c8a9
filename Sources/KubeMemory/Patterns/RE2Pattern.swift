/// A regular expression in RE2's syntax, which Go's `regexp` and therefore the API server and CEL
/// use.
///
/// It only tests for a match, so that the automaton needs no captures: the time is linear in the
/// text's length for every pattern. Syntax that RE2 doesn't have, such as look-ahead and
/// back-references, is refused; scripts (`\p{Greek}`) are the only part of RE2 that isn't
/// supported.
struct RE2Pattern: Sendable {
  /// The reason why a pattern can't be parsed.
  struct Problem: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  /// A condition on a position between two scalars.
  enum Assertion: Sendable {
    case textStart
    case textEnd
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary
  }

  enum Instruction: Sendable {
    case match
    /// Consumes a scalar of a set.
    case take(Int, next: Int)
    case assert(Assertion, next: Int)
    case jump(Int)
    case split(Int, Int)
  }

  /// The pattern's source text.
  let text: String
  private let instructions: [Instruction]
  private let sets: [ScalarSet]
  private let isAnchored: Bool

  /// The maximum number of instructions of an automaton.
  static let maximumInstructions = 10_000

  /// Parses `text`.
  init(_ text: String) throws(Problem) {
    self.text = text
    var parser = RE2Parser(text)
    let node = try parser.pattern()
    var compiler = RE2Compiler()
    try compiler.add(node)
    compiler.instructions.append(.match)
    instructions = compiler.instructions
    sets = compiler.sets
    if case .assert(.textStart, _)? = instructions.first { isAnchored = true } else { isAnchored = false }
  }

  /// Whether `text` contains a match; the pattern's anchors decide whether it must be the whole
  /// text.
  func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var current = Threads(count: instructions.count)
    var next = Threads(count: instructions.count)
    for index in 0...scalars.count {
      let place = Place(
        before: index > 0 ? scalars[index - 1] : nil, after: index < scalars.count ? scalars[index] : nil)
      if index == 0 || !isAnchored {
        if follow(0, at: place, &current) { return true }
      } else if current.waiting.isEmpty {
        return false
      }
      guard let scalar = place.after else { return false }
      let following = Place(before: scalar, after: index + 1 < scalars.count ? scalars[index + 1] : nil)
      next.clear()
      for state in current.waiting {
        guard case .take(let set, let target) = instructions[state], sets[set].contains(scalar) else {
          continue
        }
        if follow(target, at: following, &next) { return true }
      }
      swap(&current, &next)
    }
    return false
  }

  /// A position in the text with its neighbors.
  private struct Place {
    var before: Unicode.Scalar?
    var after: Unicode.Scalar?

    func satisfies(_ assertion: Assertion) -> Bool {
      switch assertion {
      case .textStart: before == nil
      case .textEnd: after == nil
      case .lineStart: before == nil || before == "\n"
      case .lineEnd: after == nil || after == "\n"
      case .wordBoundary: isWordBoundary
      case .noWordBoundary: !isWordBoundary
      }
    }

    private var isWordBoundary: Bool { isWord(before) != isWord(after) }

    private func isWord(_ scalar: Unicode.Scalar?) -> Bool {
      guard let scalar else { return false }
      return ScalarSet.word.contains(scalar)
    }
  }

  /// The states of the automaton that wait for a scalar.
  private struct Threads {
    var waiting: [Int] = []
    private var stamps: [Int]
    private var stamp = 1
    var pending: [Int] = []

    init(count: Int) { stamps = Array(repeating: 0, count: count) }

    mutating func clear() {
      waiting.removeAll(keepingCapacity: true)
      stamp += 1
    }

    /// Adds the state; returns whether it is new.
    mutating func visit(_ state: Int) -> Bool {
      guard stamps[state] != stamp else { return false }
      stamps[state] = stamp
      return true
    }
  }

  /// Adds the states that are reached from `state` without a scalar; returns whether that is a
  /// match.
  private func follow(_ state: Int, at place: Place, _ threads: inout Threads) -> Bool {
    threads.pending.append(state)
    while let state = threads.pending.popLast() {
      guard threads.visit(state) else { continue }
      switch instructions[state] {
      case .match:
        threads.pending.removeAll()
        return true
      case .take: threads.waiting.append(state)
      case .assert(let assertion, let next): if place.satisfies(assertion) { threads.pending.append(next) }
      case .jump(let next): threads.pending.append(next)
      case .split(let one, let other):
        threads.pending.append(other)
        threads.pending.append(one)
      }
    }
    return false
  }
}

/// A compiler of parsed patterns to automata.
struct RE2Compiler {
  var instructions: [RE2Pattern.Instruction] = []
  var sets: [ScalarSet] = []
  /// The number of added nodes; repetitions of nothing create no instructions.
  private var steps = 0

  mutating func add(_ node: RE2Parser.Node) throws(RE2Pattern.Problem) {
    steps += 1
    guard instructions.count < RE2Pattern.maximumInstructions, steps < 10 * RE2Pattern.maximumInstructions
    else {
      throw RE2Pattern.Problem(description: "expression too large")
    }
    switch node {
    case .set(let set):
      sets.append(set)
      instructions.append(.take(sets.count - 1, next: instructions.count + 1))
    case .assertion(let assertion): instructions.append(.assert(assertion, next: instructions.count + 1))
    case .sequence(let nodes): for node in nodes { try add(node) }
    case .choice(let nodes): try addChoice(nodes)
    case .repetition(let node, let least, let most): try addRepetition(of: node, least, most)
    }
  }

  private mutating func addChoice(_ nodes: [RE2Parser.Node]) throws(RE2Pattern.Problem) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard index < nodes.count - 1 else {
        try add(node)
        break
      }
      let split = instructions.count
      instructions.append(.jump(0))
      try add(node)
      jumps.append(instructions.count)
      instructions.append(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func addRepetition(of node: RE2Parser.Node, _ least: Int, _ most: Int?)
    throws(RE2Pattern.Problem)
  {
    for _ in 0..<least { try add(node) }
    guard let most else {
      let split = instructions.count
      instructions.append(.jump(0))
      try add(node)
      instructions.append(.jump(split))
      instructions[split] = .split(split + 1, instructions.count)
      return
    }
    var splits: [Int] = []
    for _ in least..<max(least, most) {
      splits.append(instructions.count)
      instructions.append(.jump(0))
      try add(node)
    }
    for split in splits { instructions[split] = .split(split + 1, instructions.count) }
  }
}
