/// The result of an exploration, and its extent.
package struct ExplorationReport: Sendable {
  /// A violated property, and the shortest history that leads to it.
  package struct Violation: Sendable {
    /// The violated property.
    package var text: String
    /// The steps of the history.
    var history: [ExplorationStep]
    /// Descriptions of the steps without faults that follow, if the property is violated only then.
    package var chain: [String]

    /// The history as `--replay` reads it.
    package var trace: String { history.map(\.symbol).joined(separator: " ") }
    /// The number of steps of the history.
    package var length: Int { history.count }
  }

  /// The number of distinct cases.
  package var cases = 0
  /// The number of distinct cases by their number of faults.
  package var casesByFaults: [Int]
  /// The number of steps up to which all cases were explored before the limit was reached, for each
  /// number of faults; `nil` if all were.
  package var cut: [Int?]
  /// The number of cases that were found but not explored.
  package var left = 0
  /// The number of distinct states of the cluster.
  package var worlds = 0
  /// The number of steps.
  package var transitions = 0
  /// The number of computed plans.
  package var plans = 0
  /// The maximum number of steps in a history.
  package var deepest = 0
  /// The maximum number of steps to converge without faults.
  package var longestConvergence = 0
  /// The duration, in seconds.
  package var seconds = 0.0
  /// The violations.
  package var violations: [Violation] = []

  /// Whether nothing is left to explore with that many faults.
  package var isComplete: Bool { cut.allSatisfy { $0 == nil } }
  /// The maximum number of faults in a history.
  package var maximumFaults: Int { casesByFaults.count - 1 }

  init(maximumFaults: Int) {
    casesByFaults = Array(repeating: 0, count: maximumFaults + 1)
    cut = Array(repeating: nil, count: maximumFaults + 1)
  }
}

/// The reason why an exploration can't begin, or a history can't happen.
package struct ExplorationProblem: Error, CustomStringConvertible {
  /// The problem, for people.
  package var description: String
  package init(_ description: String) { self.description = description }
}
