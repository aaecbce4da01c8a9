/// What an exploration found and how far it got.
public struct ExplorationReport: Sendable {
  /// Something that must not happen, and the shortest way to it.
  public struct Violation: Sendable {
    /// What is wrong.
    public var text: String
    /// The steps to it.
    var history: [Action]
    /// The steps without faults that follow, where it shows only then; in words.
    public var chain: [String]

    /// The history as `--replay` reads it.
    public var code: String { history.map(\.code).joined(separator: " ") }
    /// How many steps there are to it.
    public var length: Int { history.count }
  }

  /// The scenario's name.
  public var scenario: String
  /// How many different cases were met.
  public var cases = 0
  /// How many of them by their number of faults.
  public var casesByFaults: [Int]
  /// By number of faults, where the limit was reached before all cases had been gone on from: the number of steps up
  /// to which they had been; `nil` where there was nothing left.
  public var cut: [Int?]
  /// How many cases were met but not gone on from.
  public var left = 0
  /// How many different states of the hub were met.
  public var worlds = 0
  /// How many steps were taken.
  public var transitions = 0
  /// How many plans were computed.
  public var plans = 0
  /// The most steps in a history.
  public var deepest = 0
  /// The most steps that it took to come to rest without faults.
  public var longestRest = 0
  /// How long it took.
  public var seconds = 0.0
  /// What must not happen and does.
  public var violations: [Violation] = []

  /// Whether nothing is left to be explored with that many faults.
  public var isExhausted: Bool { cut.allSatisfy { $0 == nil } }
  /// The most faults in a history.
  public var faults: Int { casesByFaults.count - 1 }

  init(scenario: String, faults: Int) {
    self.scenario = scenario
    casesByFaults = Array(repeating: 0, count: faults + 1)
    cut = Array(repeating: nil, count: faults + 1)
  }
}

/// Why an exploration can't begin.
public struct ExplorationProblem: Error, CustomStringConvertible {
  /// What is wrong.
  public var description: String
  init(_ description: String) { self.description = description }
}
