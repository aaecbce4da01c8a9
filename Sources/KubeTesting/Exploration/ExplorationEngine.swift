package import KubeCore
package import KubeMemory

/// A search through all distinct cases to which a world, a model and a number of faults can lead.
///
/// A case is the cluster's state, the number of past events, the plans that are being applied, the
/// controller's memory and its view of each kind, and the number of faults so far. Every transition
/// is one write, one plan, one change of another controller's, one event or one fault. In every
/// case the model's properties must hold, and from every case the cluster must converge to the
/// right state once the faults stop.
///
/// Cases are explored by number of faults and then by number of steps, so the first violation has
/// the fewest faults and, among those, the shortest history.
package final class ExplorationEngine {
  package let world: ExplorationWorld
  package let model: any ExplorationModel
  package var graph: WorldGraph
  package private(set) var planTable = PlanTable()
  package private(set) var start: ExplorationCase
  let maximumFaults: UInt8

  // Cases.
  private var visited: Set<Fingerprint> = []
  private var parents: [Int32] = []
  private var actions: [ExplorationStep] = []
  /// The cases to explore, by number of faults and depth.
  private var pending: [[[(index: Int32, state: ExplorationCase)]]]
  private(set) var report: ExplorationReport

  // Cached results.
  private var contents = NumberedValues<[ObjectID]>()
  private var views: [NodeID: ViewID] = [:]
  var edges: [SendKey: Edge] = [:]
  var otherEdgesOf: [UInt64: [(Int, Edge)]] = [:]
  var eventEdges: [UInt64: Edge] = [:]
  private var plansOf: [PlansKey: [(key: UInt8, plan: PlanID)]] = [:]
  var stepsToConverge: [ChainKey: Int32] = [:]

  private struct PlansKey: Hashable {
    var view: ViewID
    var memory: MemoryID
    var clock: UInt8
  }

  /// Creates an exploration of a model in a world.
  ///
  /// - Parameters:
  ///   - model: The controller.
  ///   - world: The cluster's state at the start, the other controllers, and the events.
  ///   - memory: The controller's memory at the start.
  ///   - maximumFaults: The maximum number of faults in a history.
  package init(
    _ model: any ExplorationModel, in world: ExplorationWorld, memory: MemoryID = 0, maximumFaults: Int
  ) {
    self.model = model
    self.world = world
    self.maximumFaults = UInt8(clamping: max(0, maximumFaults))
    pending = Array(repeating: [], count: Int(self.maximumFaults) + 1)
    report = ExplorationReport(maximumFaults: Int(self.maximumFaults))
    graph = WorldGraph(world, channel: { model.channel(of: $0) })
    start = ExplorationCase(node: graph.node(world.server), position: 0, memory: memory)
  }

  /// Moves the start to where the controller and the others converge. Throws a violation on the
  /// way.
  package func converge() throws {
    var key = ChainKey(node: start.node, clock: 0, memory: start.memory)
    var steps = 0
    while let step = chainStep(key) {
      if let violation = step.violation { throw ExplorationProblem(violation) }
      key = step.next
      steps += 1
      if steps > ExplorationEngine.convergenceLimit { throw ExplorationProblem("it never converges") }
    }
    start.node = key.node
  }

  /// Changes the server at the start, without the controller.
  package func changeStart(_ body: (inout MemoryAPIServer) throws -> Void) rethrows {
    var server = graph[start.node].server
    try body(&server)
    start.node = graph.node(server)
  }

  /// Forgets all plans, when the model changes.
  package func forgetPlans() { (plansOf, stepsToConverge) = ([:], [:]) }

  // MARK: The search

  /// Explores cases until none is left, `maximumCases` cases were found, `seconds` have passed or a
  /// violation was found.
  package func run(maximumCases: Int = .max, seconds: Double = .infinity) -> ExplorationReport {
    let begin = ContinuousClock.now
    enter(start, from: -1, by: ExplorationStep(kind: .event), depth: 0)
    if let found = examine(start) {
      report.violations.append(ExplorationReport.Violation(text: found.text, history: [], chain: found.chain))
    }
    let share = [maximumCases / 3, maximumCases / 3 * 2, maximumCases]
    levels: for level in pending.indices {
      var depth = 0
      let most = level < pending.count - 1 ? share[min(level, 2)] : maximumCases
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
    report.plans = planTable.plans.count
    report.seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    return report
  }

  private func expand(_ state: ExplorationCase, index: Int32, depth: Int) {
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

  /// Adds a case, and returns whether it is new.
  @discardableResult
  private func enter(_ state: ExplorationCase, from parent: Int32, by action: ExplorationStep, depth: Int)
    -> Bool
  {
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

  /// The violation of a case by itself, or on the way from it to convergence.
  func examine(_ state: ExplorationCase) -> (text: String, chain: [String])? {
    let clock = Int(state.position)
    if let violation = model.violation(at: state.node, clock: clock, memory: state.memory, in: self) {
      return (violation, [])
    }
    guard let memory = model.memoryToConverge(from: state) else { return nil }
    return convergenceViolation(from: ChainKey(node: state.node, clock: state.position, memory: memory))
  }

  private func violate(_ text: String, from parent: Int32, by action: ExplorationStep, chain: [String]) {
    var history = [action]
    var index = parent
    while index > 0 {
      history.append(actions[Int(index)])
      index = parents[Int(index)]
    }
    report.violations.append(
      ExplorationReport.Violation(text: text, history: history.reversed(), chain: chain))
  }

  func recordConvergence(_ steps: Int) { report.longestConvergence = max(report.longestConvergence, steps) }

  // MARK: Plans and views

  /// The plans that are made from a view.
  func plans(from view: ViewID, memory: MemoryID, clock: Int) -> [(key: UInt8, plan: PlanID)] {
    let key = PlansKey(view: view, memory: memory, clock: UInt8(clock))
    if let known = plansOf[key] { return known }
    let planned = model.plans(from: view, memory: memory, clock: clock, in: self)
    plansOf[key] = planned
    return planned
  }

  /// Adds a plan of the model's.
  ///
  /// - Parameters:
  ///   - patches: Its patches, each with the uid of the seen object.
  ///   - effects: Descriptions of its effects: each is performed by its own step after the patches.
  ///   - requests: Descriptions of the requests at its end, whose results are in memory at once.
  package func record(
    _ patches: [(patch: ObjectPatch, uid: String?)], effects: [String] = [], requests: [String] = []
  ) -> PlanID {
    planTable.record(
      patches, effects: effects, requests: requests, isTied: { model.isTied($0) }, &graph.objects)
  }

  /// The objects that the controller sees, before any selection.
  func seen(_ state: ExplorationCase) -> [ObjectID] {
    let live = graph[state.node].ids.filter { graph.objects[$0].channel != nil } as [ObjectID]
    if state.held.isEmpty { return live }
    if let all = state.held.first(where: { $0.channel == Held.everything }) {
      return self.objects(seenBy: all)
    }
    let late = Set(state.held.map(\.channel))
    let objects =
      live.filter { !late.contains(graph.objects[$0].channel ?? 0) }
      + state.held.flatMap { self.objects(seenBy: $0) }
    return objects.sorted { graph.objects[$0].slot < graph.objects[$1].slot }
  }

  /// The controller's view in a case.
  package func view(of state: ExplorationCase) -> ViewID {
    if state.held.isEmpty, let known = views[state.node] { return known }
    let unread = Set(
      state.held.filter(\.isUnread).flatMap { world.channels[Int($0.channel)].unreadKinds })
    let ids = seen(state).filter { !unread.contains(graph.objects[$0].object.groupKind) }
    let view = planTable.view(ids, unread: unread, graph.objects)
    if state.held.isEmpty { views[state.node] = view }
    return view
  }

  func content(_ objects: [ObjectID]) -> Int32 { contents.number(of: objects) }

  /// The seen objects of a watch whose events are late.
  package func objects(seenBy held: Held) -> [ObjectID] { contents[held.content] }
}
