import Foundation
package import KubeTesting

/// The operator in a scenario, among faults: all distinct cases, by `KubeTesting`'s engine.
public final class Exploration {
  package let scenario: Scenario
  private let engine: ExplorationEngine

  /// An exploration of `scenario` with at most `faults` faults in a history.
  public init(_ scenario: Scenario, faults: Int = 2, defect: SeededDefect? = nil) throws {
    self.scenario = scenario
    let model = GatewayModel(scenario)
    engine = ExplorationEngine(model, in: try scenario.world(), faults: faults)
    if scenario.isSettled { try engine.settle() }
    try engine.changeStart { try scenario.change(&$0, Scenario.epoch) }
    // What is planned before the beginning is as it should be.
    model.planner.defect = defect
    model.planner.forget()
    engine.forgetPlans()
  }

  /// Takes cases until none is left, `limit` cases were met, `seconds` have passed or a violation was found.
  package func run(limit: Int = .max, seconds: Double = .infinity) -> ExplorationReport {
    engine.run(limit: limit, seconds: seconds)
  }

  /// Goes through a history, as `ExplorationReport.Violation.code` gives it, and then on to rest without faults;
  /// returns what is wrong on the way, or `nil`. Throws where the history can't happen.
  public func replay(_ code: String) throws -> String? { try engine.replay(code) }

  /// A test that fails as long as the history leads to a violation.
  package func test(of violation: ExplorationReport.Violation) -> String {
    """
    // \(violation.text)
    @Test func aHistoryOf\(scenario.name.split(separator: "-").map(\.capitalized).joined())() throws {
      let history = \"\"\"
        \(violation.literal(indentation: "    "))
        \"\"\"
      let scenario = try #require(Scenario.all.first { $0.name == "\(scenario.name)" })
      #expect(try Exploration(scenario).replay(history) == nil)
    }
    """
  }

  /// The steps of a violation's history, a line for each.
  package func narrate(_ violation: ExplorationReport.Violation) -> [String] {
    var lines = engine.narrate(violation).enumerated().map { "\($0 + 1). \($1)" }
    if !violation.chain.isEmpty {
      lines.append("and then, without faults:")
      lines += violation.chain.map { "   " + $0 }
    }
    return lines
  }
}
