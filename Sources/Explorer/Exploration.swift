import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMStandIns

import struct Foundation.Date

/// Walks through all distinct cases that a scenario and a number of faults can lead to.
///
/// A case is the hub's state, the scenario's position, the plans that are being carried out, the certificates that
/// were issued, what the operator sees of each kind, and the number of faults so far. Every transition is one
/// write, one plan, one change of a stand-in's, one event or one fault. In every case the oracle's properties must
/// hold, and from every case the hub must come to its proper rest once the faults stop.
///
/// Cases are taken by number of faults and then by number of steps, so the first violation has the fewest faults
/// and, among those, the shortest history.
public final class Exploration {
  let scenario: Scenario
  var graph: WorldGraph
  var planner = Operator()
  var oracle = Oracle()
  /// The clusters that don't answer, by the number of events that have happened.
  let silent: [Set<String>]
  private(set) var start: Case
  let maximumFaults: UInt8

  // Cases.
  private var visited: Set<Fingerprint> = []
  private var parents: [Int32] = []
  private var actions: [Action] = []
  /// What is still to be taken, by faults and depth.
  private var pending: [[[(index: Int32, state: Case)]]]
  private(set) var report: ExplorationReport

  // What was computed once.
  var contents: [[ObjectID]] = []
  var contentIDs: [[ObjectID]: Int32] = [:]
  var views: [NodeID: ViewID] = [:]
  var edges: [SendKey: Edge] = [:]
  var standInEdgesOf: [UInt64: [(Int, Edge)]] = [:]
  var eventEdges: [UInt64: Edge] = [:]
  var factsOf: [UInt64: Oracle.Facts] = [:]
  var restOf: [ChainKey: Int32] = [:]

  /// An exploration of `scenario` with at most `faults` faults in a history.
  public init(_ scenario: Scenario, faults: Int = 2, defect: SeededDefect? = nil) throws {
    self.scenario = scenario
    silent = scenario.silent
    maximumFaults = UInt8(clamping: faults)
    pending = Array(repeating: [], count: faults + 1)
    report = ExplorationReport(scenario: scenario.name, faults: faults)
    let standIns = SimulatedControllers.ocmHub(verify: SyntheticPKI.verify).all.filter {
      !($0 is EndpointSliceController) && !($0 is Aggregator)
    }
    graph = WorldGraph(standIns: standIns, times: scenario.times)
    var node = graph.node(try scenario.begin(Scenario.epoch))
    start = Case(node: node, position: 0)
    for key in scenario.foreign {
      oracle.foreign.insert(graph.objects.slot(key.type, key.namespace, key.name))
    }
    oracle.replaceable = Set(scenario.replaceable.map { "\($0.namespace ?? "")/\($0.name)" })
    oracle.unserved = scenario.unserved
    (planner.probes, oracle.sumsUpHealth) = (scenario.probes, scenario.probes)
    if scenario.isSettled {
      var key = ChainKey(node: node, clock: 0, issued: 0)
      var steps = 0
      while let step = chainStep(key) {
        if let violation = step.violation { throw ExplorationProblem(violation) }
        key = step.next
        steps += 1
        if steps > Exploration.restLimit { throw ExplorationProblem("\(scenario.name) never comes to rest") }
      }
      node = key.node
    }
    var server = graph[node].server
    try scenario.change(&server, Scenario.epoch)
    node = graph.node(server)
    self.start = Case(node: node, position: 0)
    planner.defect = defect
    planner.forget()
    restOf = [:]
  }

  // MARK: The walk

  /// Takes cases until none is left, `limit` cases were met, `seconds` have passed or a violation was found.
  public func run(limit: Int = .max, seconds: Double = .infinity) -> ExplorationReport {
    let begin = ContinuousClock.now
    enter(start, from: -1, by: Action(kind: .event), depth: 0)
    if let found = examine(start) {
      report.violations.append(ExplorationReport.Violation(text: found.text, history: [], chain: found.chain))
    }
    let share = [limit / 3, limit / 3 * 2, limit]
    levels: for level in pending.indices {
      var depth = 0
      let most = level < pending.count - 1 ? share[min(level, 2)] : limit
      while depth < pending[level].count {
        let layer = pending[level][depth]
        pending[level][depth] = []
        for (place, item) in layer.enumerated() {
          let isOver =
            visited.count >= most
            || place % 256 == 0 && (ContinuousClock.now - begin) > .seconds(min(seconds, 1e9))
          if isOver || !report.violations.isEmpty {
            report.cut[level] = depth
            report.left += layer.count - place
            continue levels
          }
          expand(item.state, index: item.index, depth: depth)
        }
        depth += 1
      }
    }
    report.cases = visited.count
    report.worlds = graph.nodes.count
    report.plans = planner.computed
    report.seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    return report
  }

  private func expand(_ state: Case, index: Int32, depth: Int) {
    for step in steps(from: state) {
      report.transitions += 1
      let entered = enter(step.state, from: index, by: step.action, depth: depth + 1)
      if let violation = step.violation {
        violate(violation, from: index, by: step.action, chain: [])
        return
      }
      guard entered else { continue }
      if let found = examine(step.state) {
        violate(found.text, from: index, by: step.action, chain: found.chain)
        return
      }
    }
  }

  /// Takes a case in; whether it is new.
  @discardableResult
  private func enter(_ state: Case, from parent: Int32, by action: Action, depth: Int) -> Bool {
    guard visited.insert(state.fingerprint).inserted else { return false }
    let index = Int32(parents.count)
    parents.append(parent)
    actions.append(action)
    let level = Int(state.faults)
    while pending[level].count <= depth { pending[level].append([]) }
    pending[level][depth].append((index, state))
    report.deepest = max(report.deepest, depth)
    report.casesByFaults[level] += 1
    return true
  }

  /// What is wrong with a case by itself, or with what follows from it without faults.
  func examine(_ state: Case) -> (text: String, chain: [String])? {
    let facts = facts(state.node, clock: Int(state.position))
    if let violation = facts.violations.first { return (violation, []) }
    return restViolation(from: ChainKey(node: state.node, clock: state.position, issued: 0))
  }

  private func violate(_ text: String, from parent: Int32, by action: Action, chain: [String]) {
    var history = [action]
    var index = parent
    while index > 0 {
      history.append(actions[Int(index)])
      index = parents[Int(index)]
    }
    report.violations.append(
      ExplorationReport.Violation(text: text, history: history.reversed(), chain: chain))
  }

  func noteRest(_ steps: Int) { report.longestRest = max(report.longestRest, steps) }
}
