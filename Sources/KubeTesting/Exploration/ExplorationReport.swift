/// What an exploration found and how far it got.
package struct ExplorationReport: Sendable {
  /// Something that must not happen, and the shortest way to it.
  package struct Violation: Sendable {
    /// What is wrong.
    package var text: String
    /// The steps to it.
    var history: [ExplorationStep]
    /// The steps without faults that follow, where it shows only then; in words.
    package var chain: [String]

    /// The history as `--replay` reads it.
    package var code: String { history.map(\.code).joined(separator: " ") }
    /// How many steps there are to it.
    package var length: Int { history.count }
  }

  /// How many different cases were met.
  package var cases = 0
  /// How many of them by their number of faults.
  package var casesByFaults: [Int]
  /// By number of faults, where the limit was reached before all cases had been gone on from: the number of steps up
  /// to which they had been; `nil` where there was nothing left.
  package var cut: [Int?]
  /// How many cases were met but not gone on from.
  package var left = 0
  /// How many different worlds were met.
  package var worlds = 0
  /// How many steps were taken.
  package var transitions = 0
  /// How many plans were computed.
  package var plans = 0
  /// The most steps in a history.
  package var deepest = 0
  /// The most steps that it took to come to rest without faults.
  package var longestRest = 0
  /// How long it took.
  package var seconds = 0.0
  /// What must not happen and does.
  package var violations: [Violation] = []

  /// Whether nothing is left to be explored with that many faults.
  package var isExhausted: Bool { cut.allSatisfy { $0 == nil } }
  /// The most faults in a history.
  package var faults: Int { casesByFaults.count - 1 }

  init(faults: Int) {
    casesByFaults = Array(repeating: 0, count: faults + 1)
    cut = Array(repeating: nil, count: faults + 1)
  }
}

/// The reason why an exploration can't begin, or a history can't happen.
package struct ExplorationProblem: Error, CustomStringConvertible {
  /// What is wrong.
  package var description: String
  package init(_ description: String) { self.description = description }
}
