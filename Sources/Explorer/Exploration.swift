import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeMemory
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
  private var contents: [[ObjectID]] = []
  private var contentIDs: [[ObjectID]: Int32] = [:]
  private var views: [NodeID: ViewID] = [:]
  private var edges: [SendKey: Edge] = [:]
  private var standInEdgesOf: [UInt64: [(Int, Edge)]] = [:]
  private var eventEdges: [UInt64: Edge] = [:]
  private var factsOf: [UInt64: Oracle.Facts] = [:]
  var restOf: [ChainKey: Int32] = [:]

  private struct SendKey: Hashable {
    var node: NodeID
    var patch: PatchID
    var clock: UInt8
    var isFresh: Bool
    var incarnation: UInt8
  }

  /// An exploration of `scenario` with at most `faults` faults in a history.
  public init(_ scenario: Scenario, faults: Int = 2, defect: SeededDefect? = nil) throws {
    self.scenario = scenario
    maximumFaults = UInt8(clamping: faults)
    pending = Array(repeating: [], count: faults + 1)
    report = ExplorationReport(scenario: scenario.name, faults: faults)
    let standIns = StandIns.everybody(verify: SyntheticPKI.verify).all.filter {
      !($0 is EndpointsController) && !($0 is Aggregator)
    }
    graph = WorldGraph(standIns: standIns, times: scenario.times)
    var node = graph.node(try scenario.begin(Scenario.epoch))
    start = Case(node: node, position: 0)
    for key in scenario.foreign {
      oracle.foreign.insert(graph.objects.slot(key.type, key.namespace, key.name))
    }
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
            report.cut[level] = true
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

  // MARK: Steps

  struct Step {
    var action: Action
    var state: Case
    var violation: String?
  }

  /// Everything that can happen next.
  func steps(from state: Case) -> [Step] {
    var steps: [Step] = []
    let clock = Int(state.position)
    if clock < scenario.events.count {
      let edge = event(from: state.node, position: clock)
      var next = state
      next.position += 1
      add(&steps, Action(kind: .event), moved(next, along: edge), before: state, edge)
    }
    for (index, edge) in standInEdges(state.node, clock: clock) {
      add(
        &steps, Action(kind: .standIn, index: UInt8(index)), moved(state, along: edge), before: state, edge)
    }
    plan(state, &steps)
    for place in state.flights.indices { send(state, place, &steps) }
    let mayFail = state.faults < maximumFaults
    if mayFail, !state.flights.isEmpty || state.issued != 0 {
      var next = state
      next.faults += 1
      (next.flights, next.held, next.issued) = ([], [], 0)
      steps.append(Step(action: Action(kind: .crash), state: next))
    }
    for place in state.held.indices {
      var next = state
      next.held.remove(at: place)
      steps.append(Step(action: Action(kind: .release, index: state.held[place].channel), state: next))
    }
    return steps
  }

  private func plan(_ state: Case, _ steps: inout [Step]) {
    let view = view(of: state)
    let plans = planner.plans(
      view, issued: state.issued, clock: Int(state.position), at: graph.times[Int(state.position)],
      &graph.objects)
    for (key, id) in [(0, plans.installation)] + plans.clusters.map({ ($0.key, $0.plan) }) {
      guard !state.flights.contains(where: { $0.key == UInt8(key) }) else { continue }
      let record = planner.plans[Int(id)]
      if record.isAtRest && (key != 0 || state.issued == 0) { continue }
      var next = state
      if record.patches.isEmpty {
        next.issued = issue(record, in: state)
        if next.issued == state.issued { continue }
      } else {
        var stale: UInt64 = 0
        for (index, patch) in record.patches.enumerated().prefix(64) where isStale(patch, in: state) {
          stale |= 1 << UInt64(index)
        }
        next.flights.append(Flight(key: UInt8(key), plan: id, next: 0, stale: stale))
        next.flights.sort { $0.key < $1.key }
      }
      steps.append(Step(action: Action(kind: .plan, index: UInt8(key)), state: next))
    }
  }

  /// Whether the plan's view of the patch's object is older than the object.
  private func isStale(_ id: PatchID, in state: Case) -> Bool {
    let patch = planner.patches[Int(id)]
    return patch.isTied && state.held.contains { $0.moved.contains(patch.slot) }
  }

  private func send(_ state: Case, _ place: Int, _ steps: inout [Step]) {
    let flight = state.flights[place]
    let patchID = planner.plans[Int(flight.plan)].patches[Int(flight.next)]
    let isFresh = flight.next >= 64 || flight.stale & (1 << UInt64(flight.next)) == 0
    let edge = send(patchID, isFresh: isFresh, in: state)
    let isDelete = planner.patches[Int(patchID)].patch.operation == .delete
    let isTaken = edge.code < 300 || isDelete && edge.code == 404
    var given = state
    given.flights.remove(at: place)
    let action = Action(kind: .send, index: flight.key)
    given = remembering(given, flight, sent: Int(flight.next))
    guard isTaken else {
      add(&steps, action, given, before: state, edge)
      return
    }
    var next = state
    next.flights[place].next += 1
    let isDone = Int(next.flights[place].next) == planner.plans[Int(flight.plan)].patches.count
    if isDone { next.flights.remove(at: place) }
    next = moved(next, along: edge)
    if isDone { next = remembering(next, flight, sent: Int(flight.next) + 1) }
    if isDone, flight.key == 0 { next.issued = issue(planner.plans[Int(flight.plan)], in: next) }
    add(&steps, action, next, before: state, edge)
    guard state.faults < maximumFaults else { return }
    given.faults += 1
    steps.append(Step(action: Action(kind: .refuse, index: flight.key), state: given))
    if !edge.changed.isEmpty {
      steps.append(
        Step(
          action: Action(kind: .lose, index: flight.key), state: moved(given, along: edge),
          violation: edge.violation))
    }
  }

  /// Adds a step, and the same step with the events that it causes held back.
  private func add(
    _ steps: inout [Step], _ action: Action, _ next: Case, before: Case, _ edge: Edge
  ) {
    steps.append(Step(action: action, state: next, violation: edge.violation))
    guard next.faults < maximumFaults, !edge.changed.isEmpty, edge.node != before.node,
      !before.held.contains(where: { $0.channel == Held.everything })
    else { return }
    var channels: Set<UInt8> = []
    for slot in edge.changed {
      let (old, new) = (graph[before.node].object(at: slot), graph[edge.node].object(at: slot))
      guard old != new else { continue }
      for channel in [old, new].compactMap({ $0.flatMap { graph.objects[$0].channel?.rawValue } }) {
        channels.insert(channel)
      }
    }
    channels.subtract(before.held.map(\.channel))
    guard !channels.isEmpty else { return }
    func hold(_ channel: UInt8, _ objects: [ObjectID], _ mark: UInt8, moved: [SlotID]) {
      var late = next
      late.faults += 1
      let slots = Set(objects.map { graph.objects[$0].slot })
      if channel == Held.everything { late.held = [] }
      late.held.append(
        Held(
          channel: channel, content: content(objects),
          moved: Set(moved + edge.changed).filter { slots.contains($0) }.sorted()))
      late.held.sort { $0.channel < $1.channel }
      var action = action
      action.held = mark
      steps.append(Step(action: action, state: late, violation: edge.violation))
    }
    for channel in channels.sorted() {
      let objects = graph[before.node].ids.filter { graph.objects[$0].channel?.rawValue == channel }
      hold(channel, objects, channel + 1, moved: [])
    }
    hold(Held.everything, seen(before), Held.everything, moved: before.held.flatMap(\.moved))
  }

  /// The case after the world has changed along `edge`.
  private func moved(_ state: Case, along edge: Edge) -> Case {
    guard !edge.changed.isEmpty else { return state }
    var next = state
    next.node = edge.node
    for place in next.flights.indices {
      let flight = next.flights[place]
      let patches = planner.plans[Int(flight.plan)].patches
      for index in Int(flight.next)..<max(Int(flight.next), min(patches.count, 64)) {
        let patch = planner.patches[Int(patches[index])]
        if patch.isTied, edge.changed.contains(patch.slot) {
          next.flights[place].stale |= 1 << UInt64(index)
        }
      }
      // What was sent already is of no consequence.
      next.flights[place].stale &= ~((1 << UInt64(min(63, flight.next))) - 1)
    }
    for place in next.held.indices {
      let objects = contents[Int(next.held[place].content)]
      for slot in edge.changed
      where !next.held[place].moved.contains(slot)
        && objects.contains(where: { graph.objects[$0].slot == slot })
      {
        next.held[place].moved.append(slot)
        next.held[place].moved.sort()
      }
    }
    return next
  }

  /// What a plan wrote is known to the operator when the plan ends, however late the watches are.
  private func remembering(_ state: Case, _ flight: Flight, sent: Int) -> Case {
    guard !state.held.isEmpty else { return state }
    var next = state
    for id in planner.plans[Int(flight.plan)].patches.prefix(sent) {
      let patch = planner.patches[Int(id)]
      guard patch.patch.operation != .delete, let written = graph[state.node].object(at: patch.slot) else {
        continue
      }
      let channel = graph.objects[written].channel?.rawValue
      for place in next.held.indices
      where next.held[place].channel == Held.everything || next.held[place].channel == channel {
        var objects = contents[Int(next.held[place].content)]
        objects.removeAll { graph.objects[$0].slot == patch.slot }
        let end = objects.firstIndex { graph.objects[$0].slot > patch.slot } ?? objects.count
        objects.insert(written, at: end)
        next.held[place].content = content(objects)
        next.held[place].moved.removeAll { $0 == patch.slot }
      }
    }
    return next
  }

  // MARK: What is seen

  /// The objects that the operator sees, before any selection.
  private func seen(_ state: Case) -> [ObjectID] {
    let live = graph[state.node].ids.filter { graph.objects[$0].channel != nil }
    if state.held.isEmpty { return live }
    if let all = state.held.first(where: { $0.channel == Held.everything }) {
      return contents[Int(all.content)]
    }
    let late = Set(state.held.map(\.channel))
    let objects =
      live.filter { !late.contains(graph.objects[$0].channel?.rawValue ?? 0) }
      + state.held.flatMap { contents[Int($0.content)] }
    return objects.sorted { graph.objects[$0].slot < graph.objects[$1].slot }
  }

  private func view(of state: Case) -> ViewID {
    if state.held.isEmpty, let known = views[state.node] { return known }
    let view = planner.view(seen(state), graph.objects)
    if state.held.isEmpty { views[state.node] = view }
    return view
  }

  private func content(_ objects: [ObjectID]) -> Int32 {
    if let known = contentIDs[objects] { return known }
    let id = Int32(contents.count)
    contents.append(objects)
    contentIDs[objects] = id
    return id
  }

  // MARK: Edges

  func facts(_ node: NodeID, clock: Int) -> Oracle.Facts {
    let key = UInt64(UInt32(node)) << 8 | UInt64(clock)
    if let known = factsOf[key] { return known }
    let facts = oracle.facts(of: graph[node], at: graph.times[clock], graph.objects)
    factsOf[key] = facts
    return facts
  }

  func standInEdges(_ node: NodeID, clock: Int) -> [(Int, Edge)] {
    let key = UInt64(UInt32(node)) << 8 | UInt64(clock)
    if let known = standInEdgesOf[key] { return known }
    var found = graph.standInSteps(from: node, clock: clock)
    for index in found.indices {
      found[index].1.violation = oracle.violation(
        from: facts(node, clock: clock), to: facts(found[index].1.node, clock: clock),
        by: "a step of the \(graph.standIns[found[index].0].name)")
    }
    standInEdgesOf[key] = found
    return found
  }

  private func event(from node: NodeID, position: Int) -> Edge {
    let key = UInt64(UInt32(node)) << 8 | UInt64(position)
    if let known = eventEdges[key] { return known }
    let edge = graph.event(scenario.events[position], from: node, clock: position + 1)
    eventEdges[key] = edge
    return edge
  }

  private func send(_ patch: PatchID, isFresh: Bool, in state: Case) -> Edge {
    for incarnation in 0..<UInt8(8) {
      let edge = send(patch, isFresh: isFresh, on: state.node, clock: Int(state.position), incarnation)
      guard case .create = planner.patches[Int(patch)].patch.operation, edge.code < 300,
        let object = graph[edge.node].object(at: planner.patches[Int(patch)].slot),
        graph.goneUIDs.contains(graph.objects[object].traits.uid),
        isMentioned(graph.objects[object].traits.uid, in: state)
      else { return edge }
    }
    return send(patch, isFresh: isFresh, on: state.node, clock: Int(state.position), 8)
  }

  func send(_ id: PatchID, isFresh: Bool, on node: NodeID, clock: Int, _ incarnation: UInt8 = 0) -> Edge {
    let key = SendKey(
      node: node, patch: id, clock: UInt8(clock), isFresh: isFresh, incarnation: incarnation)
    if let known = edges[key] { return known }
    let entry = planner.patches[Int(id)]
    let before = graph[node]
    let version = before.place(of: entry.slot).map { before.versions[$0] } ?? 0
    let patch = Exploration.patch(entry.patch, version: isFresh ? String(version) : "1")
    let request = KubeRequest(patch, fieldManager: ManagerIdentity.fieldManager)
    let time = graph.times[clock]
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(UInt64(UInt32(entry.slot)))
    fingerprinter.combine(UInt64(incarnation))
    let seed = fingerprinter.fingerprint.low
    var edge = graph.step(from: node, clock: clock) { server in
      server.reseedIdentities(seed)
      return server.handle(request, at: time).status.code
    }
    if !edge.changed.isEmpty {
      edge.violation =
        oracle.violation(
          of: entry, isFresh: isFresh, from: before, to: graph[edge.node], at: time, graph.objects)
        ?? oracle.violation(
          from: facts(node, clock: clock), to: facts(edge.node, clock: clock),
          by: "\(patch.operationName) \(patch.target)")
    }
    edges[key] = edge
    return edge
  }

  /// The patch with the object's resourceVersion where the plan has a placeholder.
  private static func patch(_ patch: ObjectPatch, version: String) -> ObjectPatch {
    var patch = patch
    if case .uidAndResourceVersion(let uid, ObjectTable.anyVersion) = patch.precondition {
      patch.precondition = .uidAndResourceVersion(uid: uid, resourceVersion: version)
    }
    if case .patch(let operations) = patch.operation {
      let any = JSONValue.string(ObjectTable.anyVersion)
      patch.operation = .patch(
        operations.map { operation in
          switch operation {
          case .add(let path, any): .add(path: path, .string(version))
          case .replace(let path, any): .replace(path: path, .string(version))
          case .test(let path, any): .test(path: path, .string(version))
          default: operation
          }
        })
    }
    return patch
  }

  // MARK: Names that are taken

  /// Whether a uid is still spoken of, though its object has gone.
  private func isMentioned(_ uid: String, in state: Case) -> Bool {
    func speaks(_ id: ObjectID) -> Bool {
      let traits = graph.objects[id].traits
      return traits.uid == uid || traits.mentionedUIDs.contains(uid)
    }
    if graph[state.node].ids.contains(where: speaks) { return true }
    if state.held.contains(where: { contents[Int($0.content)].contains(where: speaks) }) { return true }
    return state.flights.contains { flight in
      planner.plans[Int(flight.plan)].patches.dropFirst(Int(flight.next)).contains {
        planner.patches[Int($0)].observedUID == uid || planner.patches[Int($0)].uids.contains(uid)
      }
    }
  }

  private func issue(_ record: Operator.PlanRecord, in state: Case) -> IssuedID {
    guard !record.requests.isEmpty else { return 0 }
    var used = Set(planner.serials(of: state.issued))
    for id in graph[state.node].ids { used.formUnion(graph.objects[id].traits.serials) }
    for held in state.held {
      for id in contents[Int(held.content)] { used.formUnion(graph.objects[id].traits.serials) }
    }
    for flight in state.flights {
      for id in planner.plans[Int(flight.plan)].patches.dropFirst(Int(flight.next)) {
        used.formUnion(planner.patches[Int(id)].serials)
      }
    }
    return planner.issue(record.requests, from: view(of: state), used: used, graph.objects)
  }

  func issue(_ requests: Operator.PlanRecord, on node: NodeID, issued: IssuedID) -> IssuedID {
    issue(requests, in: Case(node: node, position: 0, issued: issued))
  }

  func plans(on node: NodeID, issued: IssuedID, clock: Int) -> Operator.Plans {
    let view = view(of: Case(node: node, position: UInt8(clock)))
    return planner.plans(view, issued: issued, clock: clock, at: graph.times[clock], &graph.objects)
  }
}
