import Foundation
import KubeCore
import KubeReconcile
import KubeTesting
import OCMStandIns

extension Exploration {
  /// Goes through a history, as `ExplorationReport.Violation.code` gives it, and then on to rest without faults;
  /// returns what is wrong on the way, or `nil`. Throws where the history can't happen (any more).
  public func replay(_ code: String) throws -> String? {
    var state = start
    if let violation = examine(state)?.text { return violation }
    for (place, text) in code.split(separator: " ").enumerated() {
      guard let action = Action(code: text),
        let step = steps(from: state).first(where: { $0.action == action })
      else { throw ExplorationProblem("step \(place + 1), \(text), can't happen there") }
      state = step.state
      if let violation = step.violation ?? examine(state)?.text { return violation }
    }
    return nil
  }

  /// A test that fails as long as the history leads to a violation.
  public func test(of violation: ExplorationReport.Violation) -> String {
    let history = violation.code.split(separator: " ")
    var lines = [""]
    for step in history {
      if lines[lines.count - 1].count + step.count > 90 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + step
    }
    let text = lines.joined(separator: " \\\n    ")
    return """
      // \(violation.text)
      @Test func aHistoryOf\(scenario.name.split(separator: "-").map(\.capitalized).joined())() throws {
        let history = \"\"\"
          \(text)
          \"\"\"
        let scenario = try #require(Scenario.all.first { $0.name == "\(scenario.name)" })
        #expect(try Exploration(scenario).replay(history) == nil)
      }
      """
  }

  /// A violation's history in words, a line for each step.
  public func narrate(_ violation: ExplorationReport.Violation) -> [String] {
    var state = start
    var lines: [String] = []
    for action in violation.history {
      lines.append("\(lines.count + 1). " + words(action, in: state))
      guard let step = steps(from: state).first(where: { $0.action == action }) else {
        return lines + ["which can't happen there"]
      }
      state = step.state
    }
    if !violation.chain.isEmpty {
      lines.append("and then, without faults:")
      lines += violation.chain.map { "   " + $0 }
    }
    return lines
  }

  private func words(_ action: Action, in state: Case) -> String {
    func owner(_ key: UInt8) -> String {
      let number = Int(key % Flight.formerLeader)
      return (number == 0 ? "the installation" : "cluster \(planner.names[number])")
        + (key >= Flight.formerLeader ? ", by the former leader" : "")
    }
    func patch() -> String {
      guard let flight = state.flights.first(where: { $0.key == action.index }) else { return "nothing" }
      return describe(planner.plans[Int(flight.plan)].patches[Int(flight.next)])
    }
    func channel(_ raw: UInt8) -> String {
      raw == Held.everything ? "all kinds" : Channel(rawValue: raw)?.name ?? "?"
    }
    var text =
      switch action.kind {
      case .event:
        Int(state.position) < scenario.events.count ? scenario.events[Int(state.position)].name : "nothing"
      case .standIn: "the \(graph.standIns[Int(action.index)].name) makes its next change"
      case .plan: "the operator plans \(owner(action.index))"
      case .send: "sent for \(owner(action.index)): \(patch())"
      case .refuse: "refused for \(owner(action.index)): \(patch())"
      case .skip: "refused for what it is, and passed over, for \(owner(action.index)): \(patch())"
      case .lose: "done, but the answer is lost, for \(owner(action.index)): \(patch())"
      case .crash: "the operator crashes"
      case .depose: "another instance becomes the leader; the former one goes on sending"
      case .misread: "the operator starts again, and \(channel(action.index)) are answered with no list"
      case .probe: "the operator probes cluster \(planner.names[Int(action.index)])"
      case .release: "the late events of \(channel(action.index)) arrive"
      }
    if action.held != 0 {
      let raw = action.held == Held.everything ? action.held : action.held - 1
      text += "; from here on the events of \(channel(raw)) are late"
    }
    return text
  }
}
