import KubeCore

/// Describing and repeating histories.
extension ExplorationEngine {
  /// Repeats a history in the form of ``ExplorationReport/Violation/trace`` and continues without
  /// faults until it converges. Returns the violation on the way, or `nil`. Throws if the history
  /// can't happen.
  package func replay(_ trace: String) throws -> String? {
    var state = start
    if let violation = examine(state)?.text { return violation }
    for (place, text) in trace.split(separator: " ").enumerated() {
      guard let action = ExplorationStep(symbol: text),
        let step = steps(from: state).first(where: { $0.action == action })
      else { throw ExplorationProblem("step \(place + 1), \(text), can't happen there") }
      state = step.state
      if let violation = step.violation ?? examine(state)?.text { return violation }
    }
    return nil
  }

  /// The descriptions of a violation's steps.
  package func narrate(_ violation: ExplorationReport.Violation) -> [String] {
    var state = start
    var lines: [String] = []
    for action in violation.history {
      lines.append(words(action, in: state))
      guard let step = steps(from: state).first(where: { $0.action == action }) else {
        return lines + ["which can't happen there"]
      }
      state = step.state
    }
    return lines
  }

  func describe(_ id: PatchID) -> String {
    let patch = planTable.patches[Int(id)].patch
    let part = patch.subresource.map { "/" + $0 } ?? ""
    return "\(patch.operationName) \(patch.target)\(part) (\(patch.reason))"
  }

  private func words(_ action: ExplorationStep, in state: ExplorationCase) -> String {
    func owner(_ key: UInt8) -> String {
      let number = key % Flight.formerLeader
      return model.name(of: number) + (key >= Flight.formerLeader ? ", by the former leader" : "")
    }
    func next() -> String {
      guard let flight = state.flights.first(where: { $0.key == action.index }) else { return "nothing" }
      let plan = planTable.plans[Int(flight.plan)]
      let index = Int(flight.next)
      return index < plan.patches.count
        ? describe(plan.patches[index]) : "effect \(plan.effects[index - plan.patches.count])"
    }
    func channel(_ raw: UInt8) -> String {
      raw == Held.everything ? "all kinds" : world.channels[Int(raw)].name
    }
    var text =
      switch action.kind {
      case .event:
        Int(state.position) < world.events.count ? world.events[Int(state.position)].name : "nothing"
      case .other: "the \(graph.others[Int(action.index)].name) makes its next change"
      case .plan: "the controller plans \(owner(action.index))"
      case .send: "done for \(owner(action.index)): \(next())"
      case .refuse: "failed for \(owner(action.index)): \(next())"
      case .skip: "refused for its content, and skipped, for \(owner(action.index)): \(next())"
      case .lose: "done, but the answer is lost, for \(owner(action.index)): \(next())"
      case .crash: "the controller crashes"
      case .depose: "another instance becomes the leader; the former one continues to send"
      case .misread: "the controller starts again, and \(channel(action.index)) are answered with no list"
      case .observe: "the controller observes \(model.name(ofObservation: action.index))"
      case .release: "the late events of \(channel(action.index)) arrive"
      }
    if action.held != 0 {
      let raw = action.held == Held.everything ? action.held : action.held - 1
      text += "; from here on the events of \(channel(raw)) are late"
    }
    return text
  }
}

extension ExplorationReport.Violation {
  /// The trace as lines of a Swift string literal, each at most 90 characters long and indented by
  /// `indentation`.
  package func literal(indentation: String) -> String {
    var lines = [""]
    for step in trace.split(separator: " ") {
      if lines[lines.count - 1].count + step.count > 90 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + step
    }
    return lines.joined(separator: " \\\n" + indentation)
  }
}
