import KubeCore

/// A state on the way to convergence, without faults: the controller sees everything and applies at
/// most one plan.
struct ChainKey: Hashable {
  var node: NodeID
  var clock: UInt8
  var memory: MemoryID
  /// The plan that is being applied, and its next patch or effect; negative if there is none.
  var plan: PlanID = -1
  var next: UInt8 = 0
  /// The key of the plan.
  var key: UInt8 = 0
}

/// The property that from every case, once faults stop, the cluster converges to the right state.
extension ExplorationEngine {
  /// The maximum number of steps to converge; a fresh installation of the gateway takes about 100.
  static let convergenceLimit = 600

  struct ChainStep {
    var next: ChainKey
    var words: String
    var violation: String?
  }

  /// The next step without faults: a started plan is applied to its end; then the other controllers
  /// act; then the controller plans, with everything seen. `nil` once converged.
  func chainStep(_ key: ChainKey) -> ChainStep? {
    let clock = Int(key.clock)
    if key.plan >= 0 { return chainSend(key) }
    if let (index, edge) = otherEdges(key.node, clock: clock).first {
      var next = key
      next.node = edge.node
      return ChainStep(next: next, words: graph.others[index].name, violation: edge.violation)
    }
    let view = view(of: ExplorationCase(node: key.node, position: key.clock))
    var key = key
    key.memory = model.retained(key.memory, in: view, self)
    let planned = plans(from: view, memory: key.memory, clock: clock)
    for (owner, id) in planned {
      guard let first = next(of: id, from: 0, on: key) else { continue }
      var begun = key
      (begun.plan, begun.next, begun.key) = (id, first, owner)
      return chainSend(begun)
    }
    let observations = model.observations(key.memory, view: view, node: key.node, clock: clock, in: self)
    if let (index, memory) = observations.first {
      var next = key
      next.memory = memory
      return ChainStep(next: next, words: "the controller observes \(model.name(ofObservation: index))")
    }
    for (owner, id) in planned {
      let requests = planTable.plans[Int(id)].requests
      var next = key
      let state = ExplorationCase(node: key.node, position: key.clock, memory: key.memory)
      next.memory = model.memory(after: id, of: owner, in: state, before: nil, in: self)
      if next.memory != key.memory {
        return ChainStep(next: next, words: requests.joined(separator: ", "))
      }
      guard requests.isEmpty else {
        return ChainStep(
          next: next, words: "requests",
          violation: divergence("it asks again and again to \(requests.joined(separator: ", "))"))
      }
    }
    return nil
  }

  private func divergence(_ problem: String) -> String { "the controller does not converge: \(problem)" }

  /// Sends the next patch of the plan that is being applied, or performs its next effect.
  private func chainSend(_ key: ChainKey) -> ChainStep {
    let record = planTable.plans[Int(key.plan)]
    guard Int(key.next) < record.patches.count else { return chainPerform(key) }
    let patch = record.patches[Int(key.next)]
    let edge = send(patch, isFresh: true, on: key.node, clock: Int(key.clock))
    let words = describe(patch)
    var violation = edge.violation
    let isDelete = planTable.patches[Int(patch)].patch.operation == .delete
    let isTaken = edge.code < 300 || isDelete && edge.code == 404
    if !isTaken {
      violation =
        violation
        ?? divergence("a write planned from the present state is refused with \(edge.code): \(words)")
    } else if edge.changed.isEmpty, key.next == 0, !planTable.patches[Int(patch)].patch.isVerification {
      violation = violation ?? divergence("a write changes nothing and would be planned again: \(words)")
    }
    var following = key
    following.node = edge.node
    if let next = self.next(of: key.plan, from: Int(key.next) + 1, on: following) {
      following.next = next
    } else {
      following = ended(following)
      let state = ExplorationCase(node: edge.node, position: key.clock, memory: key.memory)
      following.memory = model.memory(after: key.plan, of: key.key, in: state, before: nil, in: self)
    }
    return ChainStep(next: following, words: words, violation: violation)
  }

  /// Performs the next effect of the plan that is being applied.
  private func chainPerform(_ key: ChainKey) -> ChainStep {
    let record = planTable.plans[Int(key.plan)]
    let effect = Int(key.next) - record.patches.count
    var following = key
    following.memory = model.memory(
      key.memory, afterEffect: effect, of: key.plan, key: key.key, isNoted: true, in: self)
    following.next += 1
    if Int(following.next) >= record.length { following = ended(following) }
    return ChainStep(next: following, words: record.effects[effect])
  }

  private func ended(_ key: ChainKey) -> ChainKey {
    ChainKey(node: key.node, clock: key.clock, memory: key.memory)
  }

  /// The plan's first patch from `index` on that will be sent, or else its next effect. Where the
  /// controller lacks rights, forbidden patches are skipped with those that depend on them.
  private func next(of plan: PlanID, from index: Int, on key: ChainKey) -> UInt8? {
    let record = planTable.plans[Int(plan)]
    guard world.lacksRights else { return index < record.length ? UInt8(index) : nil }
    var refused: Set<ObjectKey> = []
    for (place, id) in record.patches.enumerated() {
      let patch = planTable.patches[Int(id)].patch
      let isHeldUp = refused.contains(patch.target) || patch.dependency.map(refused.contains) ?? false
      if isHeldUp || send(id, isFresh: true, on: key.node, clock: Int(key.clock)).code == 403 {
        refused.insert(patch.target)
      } else if place >= index {
        return UInt8(place)
      }
    }
    return refused.isEmpty && index < record.length ? UInt8(index) : nil
  }

  /// The violation on the way from `key` to convergence, or once converged, with descriptions of
  /// the steps.
  func convergenceViolation(from key: ChainKey) -> (text: String, chain: [String])? {
    var path: [ChainKey] = []
    var words: [String] = []
    var onPath: Set<ChainKey> = []
    var current = key
    var distance: Int32 = 0
    while true {
      if let known = stepsToConverge[current] {
        distance = known
        break
      }
      guard onPath.insert(current).inserted else {
        return (divergence("without faults it goes in a circle"), words)
      }
      guard path.count < ExplorationEngine.convergenceLimit else {
        return (
          divergence("it has not converged after \(ExplorationEngine.convergenceLimit) steps without faults"),
          words
        )
      }
      guard let step = chainStep(current) else {
        let lacking = model.violationWhenConverged(
          at: current.node, clock: Int(current.clock), memory: current.memory, in: self)
        if let lacking { return (lacking, words) }
        stepsToConverge[current] = 0
        break
      }
      path.append(current)
      words.append(step.words)
      if let violation = step.violation { return (violation, words) }
      let violation = model.violation(
        at: step.next.node, clock: Int(step.next.clock), memory: step.next.memory, in: self)
      if let violation { return (violation, words) }
      current = step.next
    }
    for key in path.reversed() {
      distance += 1
      stepsToConverge[key] = distance
    }
    recordConvergence(Int(distance))
    return nil
  }
}
