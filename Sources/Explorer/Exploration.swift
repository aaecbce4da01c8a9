import KubeCore
package import KubeTesting

/// An exploration of the manager in a scenario with faults: of all distinct cases, by
/// `KubeTesting`'s engine.
public final class Exploration {
  package let scenario: Scenario
  private let engine: ExplorationEngine

  /// Creates an exploration of `scenario` with at most `maximumFaults` faults in a history.
  public init(_ scenario: Scenario, maximumFaults: Int = 2, defect: SeededDefect? = nil) throws {
    self.scenario = scenario
    let model = GatewayModel(scenario)
    engine = ExplorationEngine(model, in: try scenario.world(), maximumFaults: maximumFaults)
    if scenario.startsConverged { try engine.converge() }
    try engine.changeStart { try scenario.change(&$0, Scenario.epoch) }
    // The seeded defect starts with the exploration, so the converged start is without it.
    model.planner.defect = defect
    model.planner.forget()
    engine.forgetPlans()
  }

  /// Explores cases until none is left, `maximumCases` cases were found, `seconds` have passed or a
  /// violation was found.
  package func run(maximumCases: Int = .max, seconds: Double = .infinity) -> ExplorationReport {
    engine.run(maximumCases: maximumCases, seconds: seconds)
  }

  /// Repeats a history in the form of `ExplorationReport.Violation.trace` and continues without
  /// faults until it converges. Returns the violation on the way, or `nil`. Throws if the history
  /// can't happen.
  public func replay(_ trace: String) throws -> String? { try engine.replay(trace) }

  /// The source of a test that fails as long as the history leads to a violation.
  package func test(of violation: ExplorationReport.Violation) -> String {
    """
    // \(violation.text)
    @Test func `a history of \(scenario.name) goes well`() throws {
      let history = \"\"\"
        \(violation.literal(indentation: "    "))
        \"\"\"
      let scenario = try #require(Scenario.all.first { $0.name == "\(scenario.name)" })
      #expect(try Exploration(scenario).replay(history) == nil)
    }
    """
  }

  /// The descriptions of a violation's steps.
  package func narrate(_ violation: ExplorationReport.Violation) -> [String] {
    var lines = engine.narrate(violation).enumerated().map { "\($0 + 1). \($1)" }
    if !violation.chain.isEmpty {
      lines.append("and then, without faults:")
      lines += violation.chain.map { "   " + $0 }
    }
    return lines
  }
}
