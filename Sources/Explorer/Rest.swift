import CertificatePolicy
import KubeCore
import KubeReconcile
import KubeTesting
import OCMStandIns

/// A world without faults: the operator has just started, or is carrying out its one plan.
struct ChainKey: Hashable {
  var node: NodeID
  var clock: UInt8
  var issued: IssuedID
  /// What the operator has found by probing the clusters.
  var probes = Probes()
  /// The plan that is being carried out, and its next patch; none where the plan is negative.
  var plan: PlanID = -1
  var next: UInt8 = 0
  /// Whether the plan is the installation's.
  var isInstallation = false
}

/// From every case, once faults stop, the hub comes to its proper rest.
extension Exploration {
  /// The most steps to rest; a fresh installation takes about 100.
  static let restLimit = 600

  struct ChainStep {
    var next: ChainKey
    var words: String
    var violation: String?
  }

  /// The next step where nothing fails: a plan that was begun is carried out to its end; then the others do their
  /// work; then the operator plans, from what there is. `nil` at rest.
  func chainStep(_ key: ChainKey) -> ChainStep? {
    let clock = Int(key.clock)
    if key.plan >= 0 { return chainSend(key) }
    if let (index, edge) = standInEdges(key.node, clock: clock).first {
      var next = key
      next.node = edge.node
      return ChainStep(next: next, words: graph.standIns[index].name, violation: edge.violation)
    }
    let view = view(of: Case(node: key.node, position: key.clock))
    var key = key
    key.probes = kept(key.probes, in: view)
    let plans = plans(on: key.node, issued: key.issued, clock: clock, probes: key.probes)
    for id in [plans.installation] + plans.clusters.map(\.plan) {
      guard let first = patch(of: id, from: 0, on: key) else { continue }
      var begun = key
      (begun.plan, begun.next, begun.isInstallation) = (id, first, id == plans.installation)
      return chainSend(begun)
    }
    if let (cluster, answers) = news(for: key.probes, in: view, on: key.node, clock: clock).first {
      var next = key
      next.probes[cluster] = answers
      return ChainStep(next: next, words: "the operator probes cluster \(planner.names[cluster])")
    }
    let installation = planner.plans[Int(plans.installation)]
    var next = key
    next.issued = issue(installation, on: key.node, issued: key.issued)
    if next.issued == key.issued {
      guard !installation.requests.isEmpty else { return nil }
      return ChainStep(
        next: next, words: "issue",
        violation: "certificates are asked for again and again: \(installation.requests.map(\.reason))")
    }
    return ChainStep(next: next, words: "issue \(installation.requests.map(\.id).joined(separator: ", "))")
  }

  /// Sends the next patch of the plan that is being carried out.
  private func chainSend(_ key: ChainKey) -> ChainStep {
    let record = planner.plans[Int(key.plan)]
    let patch = record.patches[Int(key.next)]
    let edge = send(patch, isFresh: true, on: key.node, clock: Int(key.clock))
    let words = describe(patch)
    var violation = edge.violation
    let isDelete = planner.patches[Int(patch)].patch.operation == .delete
    let isTaken = edge.code < 300 || isDelete && edge.code == 404
    if !isTaken {
      violation = violation ?? "a write planned from the present state is refused with \(edge.code): \(words)"
    } else if edge.changed.isEmpty, key.next == 0, !planner.patches[Int(patch)].patch.isVerification {
      violation = violation ?? "a write changes nothing and would be planned again: \(words)"
    }
    var next = key
    next.node = edge.node
    if let following = self.patch(of: key.plan, from: Int(key.next) + 1, on: next) {
      next.next = following
    } else {
      next = ChainKey(node: edge.node, clock: key.clock, issued: key.issued, probes: key.probes)
      if key.isInstallation { next.issued = issue(record, on: edge.node, issued: key.issued) }
    }
    return ChainStep(next: next, words: words, violation: violation)
  }

  /// The plan's first patch from `index` on that is sent: where the operator lacks rights, what is forbidden is
  /// passed over with what depends on it.
  private func patch(of plan: PlanID, from index: Int, on key: ChainKey) -> UInt8? {
    let patches = planner.plans[Int(plan)].patches
    guard scenario.lacksRights else { return index < patches.count ? UInt8(index) : nil }
    var refused: Set<ObjectKey> = []
    for (place, id) in patches.enumerated() {
      let patch = planner.patches[Int(id)].patch
      let isHeldUp = refused.contains(patch.target) || patch.dependency.map(refused.contains) ?? false
      if isHeldUp || send(id, isFresh: true, on: key.node, clock: Int(key.clock)).code == 403 {
        refused.insert(patch.target)
      } else if place >= index {
        return UInt8(place)
      }
    }
    return nil
  }

  func describe(_ id: PatchID) -> String {
    let patch = planner.patches[Int(id)].patch
    let part = patch.subresource.map { "/" + $0 } ?? ""
    return "\(patch.operationName) \(patch.target)\(part) (\(patch.reason))"
  }

  /// What is wrong on the way from `key` to rest, or at rest; with the way's steps in words.
  func restViolation(from key: ChainKey) -> (text: String, chain: [String])? {
    var path: [ChainKey] = []
    var words: [String] = []
    var onPath: Set<ChainKey> = []
    var current = key
    var distance: Int32 = 0
    while true {
      if let known = restOf[current] {
        distance = known
        break
      }
      guard onPath.insert(current).inserted else {
        return ("without faults it goes in a circle and never comes to rest", words)
      }
      guard path.count < Exploration.restLimit else {
        return ("no rest within \(Exploration.restLimit) steps without faults", words)
      }
      guard let step = chainStep(current) else {
        let clock = Int(current.clock)
        let lacking =
          scenario.lacksRights && clock < scenario.events.count
          ? oracle.credentialViolations(in: graph[current.node], graph.objects)
          : oracle.shortcomings(
            of: graph[current.node], at: graph.times[clock], silent: silent[clock], graph.objects)
        if !lacking.isEmpty { return ("at rest, " + lacking.joined(separator: "; "), words) }
        restOf[current] = 0
        break
      }
      path.append(current)
      words.append(step.words)
      if let violation = step.violation { return (violation, words) }
      let facts = facts(step.next.node, clock: Int(step.next.clock))
      if let violation = facts.violations.first { return (violation, words) }
      current = step.next
    }
    for key in path.reversed() {
      distance += 1
      restOf[key] = distance
    }
    noteRest(Int(distance))
    return nil
  }
}
