import CertificatePolicy
import KubeCore
import OCMStandIns

/// A world without faults: the operator has just started, or holds only what it has just issued.
struct ChainKey: Hashable {
  var node: NodeID
  var clock: UInt8
  var issued: IssuedID
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

  /// The next step where nothing fails: the others' work first, then the operator's, one write at a time, each
  /// planned from what there is; `nil` at rest.
  func chainStep(_ key: ChainKey) -> ChainStep? {
    let clock = Int(key.clock)
    if let (index, edge) = standInEdges(key.node, clock: clock).first {
      var next = key
      next.node = edge.node
      return ChainStep(next: next, words: graph.standIns[index].name, violation: edge.violation)
    }
    let plans = plans(on: key.node, issued: key.issued, clock: clock)
    let installation = planner.plans[Int(plans.installation)]
    for id in [plans.installation] + plans.clusters.map(\.plan) {
      guard let patch = planner.plans[Int(id)].patches.first else { continue }
      let edge = send(patch, isFresh: true, on: key.node, clock: clock)
      var next = key
      next.node = edge.node
      let words = describe(patch)
      var violation = edge.violation
      if edge.code >= 300 {
        violation =
          violation ?? "a write planned from the present state is refused with \(edge.code): \(words)"
      } else if edge.changed.isEmpty {
        violation = violation ?? "a write changes nothing and would be planned again: \(words)"
      }
      return ChainStep(next: next, words: words, violation: violation)
    }
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
        let lacking = oracle.shortcomings(of: graph[current.node], at: graph.times[clock], graph.objects)
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
