import Explorer
import KubeTesting
import Testing

/// The explorer finds what is broken on purpose: each defect is put into the operator from outside.
@Suite struct SeededDefectTests {
  @Test(arguments: SeededDefect.trials.indices)
  func isFoundWithItsShortestHistory(index: Int) throws {
    let trial = SeededDefect.trials[index]
    let name = trial.defect.name
    let exploration = try Exploration(trial.scenario, defect: trial.defect)
    let report = exploration.run(limit: trial.limit)
    let violation = try #require(report.violations.first, "not found in \(report.cases) cases")
    print(([name + ": " + violation.text] + exploration.narrate(violation)).joined(separator: "\n    "))
    #expect(violation.text.contains(trial.words), "\(violation.text)")
    // The same history shows it again, and the operator without the defect comes through or can't even get there.
    let again = try Exploration(trial.scenario, defect: trial.defect).replay(violation.code)
    #expect(again == violation.text)
    let sound = try? Exploration(trial.scenario).replay(violation.code)
    #expect(sound == .some(nil) || sound == nil)
  }
}

/// What the explorer's figures rest on.
@Suite struct ExplorationTests {
  @Test func aScenarioOfOneRotationIsExhaustedAndNothingIsWrong() throws {
    var scenario = try #require(Scenario.all.first { $0.name == "token-rotates" })
    scenario.events.removeLast()
    let report = try Exploration(scenario, faults: 1).run()
    #expect(report.violations.map(\.text) == [])
    #expect(report.isExhausted)
    #expect(report.casesByFaults.allSatisfy { $0 > 0 })
  }

  @Test func twoRunsGiveTheSameFigures() throws {
    let scenario = try #require(Scenario.all.first { $0.name == "image-changed" })
    let reports = try (0..<2).map { _ in try Exploration(scenario, faults: 1).run(limit: 3_000) }
    #expect(reports[0].casesByFaults == reports[1].casesByFaults)
    #expect(reports[0].transitions == reports[1].transitions)
    #expect(reports[0].worlds == reports[1].worlds)
  }

  @Test func aHistoryThatCantHappenIsRefused() throws {
    let scenario = try #require(Scenario.all.first { $0.name == "image-changed" })
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("W0") }
    // Nobody is deposed who sends nothing, and nobody twice.
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("E N") }
    #expect(throws: ExplorationProblem.self) { _ = try Exploration(scenario).replay("E P0 N P0 N") }
  }

  /// 128 is the installation's plan of the instance that has lost the lease.
  @Test(arguments: ["E P0 N P0 W128 W0", "E P0 N P0 W0 W128", "E P0 W0 N W128"])
  func aFormerLeaderMaySendBesideTheNextOne(history: String) throws {
    let scenario = try #require(Scenario.all.first { $0.name == "egress-on" })
    #expect(try Exploration(scenario).replay(history) == nil)
  }
}
