import Explorer
import Foundation
import KubeTesting

/// The command line.
struct Arguments: Sendable {
  var faults = 2
  /// The maximum number of cases of each scenario; with half as many again a run took 330 s of CPU
  /// time.
  var limit = 1_000_000
  var names: [String] = []
  var replay: String?
  /// Whether to search for the seeded defects instead.
  var seeksDefects = false

  static let usage = """
    usage: Scripts/explore [--part ci] [--faults N] [--limit CASES] [--scenario NAME]...
           Scripts/explore --scenario NAME --replay 'HISTORY'
           Scripts/explore --defects
    """

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      func value() throws -> String {
        guard let value = rest.popFirst() else { throw Wrong(description: "\(argument) needs a value") }
        return value
      }
      switch argument {
      case "--faults": faults = try Self.number(argument, value())
      case "--limit": limit = try Self.number(argument, value())
      case "--scenario": names.append(try value())
      case "--replay": replay = try value()
      case "--defects": seeksDefects = true
      case "--part":
        guard try value() == "ci" else { throw Wrong(description: "the only part is `ci`") }
        limit = Self.limitOfCI
      default: throw Wrong(description: "unknown argument \(argument)\n\(Self.usage)")
      }
    }
  }

  /// The maximum number of faults to which a scenario is extended.
  static let maximumFaults = 6

  /// The maximum number of cases in CI: less than a minute on two cores.
  static let limitOfCI = 10_000

  private static func number(_ argument: String, _ text: String) throws -> Int {
    guard let number = Int(text), number >= 0 else {
      throw Wrong(description: "\(argument): \(text) is no number")
    }
    return number
  }

  struct Wrong: Error, CustomStringConvertible { var description: String }
}

/// Explores scenarios concurrently, one per core, and prints each when it is done.
func explore(_ scenarios: [Scenario], _ arguments: Arguments) async throws
  -> [(name: String, report: ExplorationReport)]
{
  try await withThrowingTaskGroup(of: (name: String, report: ExplorationReport).self) { group in
    var waiting = scenarios[...]
    func begin() {
      guard let scenario = waiting.popFirst() else { return }
      group.addTask {
        var exploration = try Exploration(scenario, maximumFaults: arguments.faults)
        var report = exploration.run(maximumCases: arguments.limit)
        // What is soon complete is explored with more faults, as long as that completes, too.
        while report.isComplete, report.violations.isEmpty, report.cases <= arguments.limit / 20,
          report.maximumFaults < Arguments.maximumFaults
        {
          let wider = try Exploration(scenario, maximumFaults: report.maximumFaults + 1)
          let more = wider.run(maximumCases: arguments.limit)
          guard more.isComplete || !more.violations.isEmpty else { break }
          (exploration, report) = (wider, more)
        }
        show(report, of: exploration)
        return (scenario.name, report)
      }
    }
    for _ in 0..<2 { begin() }
    var reports: [(name: String, report: ExplorationReport)] = []
    for try await report in group {
      reports.append(report)
      begin()
    }
    return reports
  }
}

/// Searches for each seeded defect and prints the shortest history that leads to it.
func seekDefects(limit: Int) throws {
  var missed = 0
  for trial in SeededDefect.trials {
    let exploration = try Exploration(trial.scenario, defect: trial.defect)
    let report = exploration.run(maximumCases: limit)
    guard let violation = report.violations.first else {
      missed += 1
      print("NOT FOUND: \(trial.defect.name), in \(report.cases) cases of \(trial.scenario.name)")
      continue
    }
    let isExpected = violation.text.contains(trial.words)
    if !isExpected { missed += 1 }
    print(
      "\(trial.defect.name) (\(trial.scenario.name)): found after \(report.cases) cases"
        + (isExpected ? "" : " [not what was expected]") + ": \(violation.text)")
    print(exploration.narrate(violation).map { "    \($0)" }.joined(separator: "\n"))
  }
  if missed > 0 { throw Arguments.Wrong(description: "\(missed) defects were not found as expected") }
}

func row(_ cells: [String]) -> String {
  cells.enumerated().map { index, cell in
    let padding = String(repeating: " ", count: max(0, (index == 0 ? 28 : 11) - cell.count))
    return index == 0 ? cell + padding : padding + cell
  }.joined()
}

func show(_ report: ExplorationReport, of exploration: Exploration) {
  let levels = zip(report.casesByFaults, report.cut).map { "\($0)\($1 == nil ? "" : "…")" }
  var text = row(
    [
      exploration.scenario.name, "\(report.worlds)", "\(report.cases)", "\(report.transitions)",
      "\(report.plans)",
    ]
      + [
        "\(report.deepest)", "\(report.longestConvergence)", String(format: "%.1f", report.seconds),
        "\(report.violations.count)",
      ])
  text += "  " + levels.joined(separator: " + ")
  for violation in report.violations {
    text += "\n  violation after \(violation.length) steps: \(violation.text)\n"
    text += exploration.narrate(violation).map { "    \($0)\n" }.joined()
    text += exploration.test(of: violation).split(separator: "\n", omittingEmptySubsequences: false)
      .map { "  \($0)\n" }.joined()
  }
  print(text)
  // Also into a file or a pipe at once.
  fflush(nil)
}

/// Prints which scenarios were explored completely, and how far the others were explored.
func summarize(_ reports: [(name: String, report: ExplorationReport)]) {
  let complete = reports.filter(\.report.isComplete)
  print("complete: \(complete.count) of \(reports.count)")
  for (name, report) in complete { print("  \(name), with at most \(report.maximumFaults) faults") }
  guard complete.count < reports.count else { return }
  print("cut at the limit (marked …): \(reports.count - complete.count); gone on from were")
  for (name, report) in reports where !report.isComplete {
    let parts = report.cut.enumerated().map { faults, steps in
      let which = faults == 1 ? "1 fault" : "\(faults) faults"
      return steps.map { "those with \(which) after fewer than \($0) steps" } ?? "all with \(which)"
    }
    print("  \(name): \(parts.joined(separator: ", "))")
  }
}

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  let known = Scenario.all.map(\.name)
  for name in arguments.names where !known.contains(name) {
    throw Arguments.Wrong(
      description: "there is no scenario \(name); there are \(known.joined(separator: ", "))")
  }
  let scenarios = Scenario.all.filter { arguments.names.isEmpty || arguments.names.contains($0.name) }
  if arguments.seeksDefects {
    try seekDefects(limit: arguments.limit)
  } else if let history = arguments.replay {
    var violations = 0
    for scenario in scenarios {
      let violation = try Exploration(scenario, maximumFaults: arguments.faults).replay(history)
      if violation != nil { violations += 1 }
      print("\(scenario.name): \(violation ?? "nothing is wrong")")
    }
    if violations > 0 { throw Arguments.Wrong(description: "there are violations") }
  } else {
    let clock = ContinuousClock()
    let begin = clock.now
    print(
      row(["scenario", "worlds", "cases", "steps", "plans", "deepest", "converged", "seconds", "violations"])
        + "  cases with 0 + 1 + … faults")
    let reports = try await explore(scenarios, arguments)
    let milliseconds = Double((clock.now - begin) / .milliseconds(1))
    let total = reports.reduce(into: (cases: 0, worlds: 0, steps: 0, plans: 0, violations: 0)) {
      sum, explored in
      let report = explored.report
      sum.cases += report.cases
      sum.worlds += report.worlds
      sum.steps += report.transitions
      sum.plans += report.plans
      sum.violations += report.violations.count
    }
    print(
      """
      \(reports.count) scenarios with up to \(arguments.faults) faults, more where that is soon complete: \(total.cases) distinct cases over \
      \(total.worlds) distinct states of the hub, \(total.steps) transitions, \(total.plans) plans computed, \
      deepest history \(reports.map(\.report.deepest).max() ?? 0) steps, \(String(format: "%.1f", milliseconds / 1000)) s, \
      \(total.violations) violations.
      """)
    summarize(reports)
    if total.violations > 0 { throw Arguments.Wrong(description: "there are violations") }
  }
} catch {
  print("error: \(error)")
  exit(1)
}
