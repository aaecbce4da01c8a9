import Explorer
import KubeTesting
import Testing

/// The explorer finds seeded defects: each is injected into the manager from outside.
@Suite struct SeededDefectTests {
  @Test(arguments: SeededDefect.trials.indices)
  func `a seeded defect is found with its shortest history`(index: Int) throws {
    let trial = SeededDefect.trials[index]
    let name = trial.defect.name
    let exploration = try Exploration(trial.scenario, defect: trial.defect)
    let report = exploration.run(maximumCases: trial.maximumCases)
    let violation = try #require(report.violations.first, "not found in \(report.cases) cases")
    print(([name + ": " + violation.text] + exploration.narrate(violation)).joined(separator: "\n    "))
    #expect(violation.text.contains(trial.words), "\(violation.text)")
    // The history shows the violation again, and without the defect it is harmless or can't happen.
    let again = try Exploration(trial.scenario, defect: trial.defect).replay(violation.trace)
    #expect(again == violation.text)
    let sound = try? Exploration(trial.scenario).replay(violation.trace)
    #expect(sound == .some(nil) || sound == nil)
  }
}

/// The properties on which the explorer's results rest.
@Suite struct ExplorationTests {
  @Test func `a scenario of one rotation is explored completely without a violation`() throws {
    var scenario = try #require(Scenario.all.first { $0.name == "token-rotates" })
    scenario.events.removeLast()
    let report = try Exploration(scenario, maximumFaults: 1).run()
    #expect(report.violations.map(\.text) == [])
    #expect(report.isComplete)
    #expect(report.casesByFaults.allSatisfy { $0 > 0 })
  }

  @Test func `two runs have the same figures`() throws {
    let scenario = try #require(Scenario.all.first { $0.name == "image-changed" })
    let reports = try (0..<2).map { _ in
      try Exploration(scenario, maximumFaults: 1).run(maximumCases: 3_000)
    }
    #expect(reports[0].casesByFaults == reports[1].casesByFaults)
    #expect(reports[0].transitions == reports[1].transitions)
    #expect(reports[0].worlds == reports[1].worlds)
  }

  @Test func `a history that can't happen is refused`() throws {
    let scenario = try #require(Scenario.all.first { $0.name == "image-changed" })
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("W0") }
    // An instance is deposed only while it sends, and only once.
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("E N") }
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("E P0 N P0 N") }
  }

  /// 128 is the key of the installation's plan of an instance that has lost the lease.
  @Test(arguments: ["E P0 N P0 W128 W0", "E P0 N P0 W0 W128", "E P0 W0 N W128"])
  func `a former leader may send concurrently with the next one`(history: String) throws {
    let scenario = try #require(Scenario.all.first { $0.name == "egress-on" })
    #expect(try Exploration(scenario).replay(history) == nil)
  }
}
