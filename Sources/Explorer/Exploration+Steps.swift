import KubeCore
import KubeReconcile

/// What can happen next in a case.
extension Exploration {
  struct Step {
    var action: Action
    var state: Case
    var violation: String?
  }

  /// Everything that can happen next.
  func steps(from state: Case) -> [Step] {
    var steps: [Step] = []
    let view = view(of: state)
    var state = state
    state.probes = kept(state.probes, in: view)
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
    for (cluster, answers) in news(for: state.probes, in: view, on: state.node, clock: clock) {
      var next = state
      next.probes[cluster] = answers
      steps.append(Step(action: Action(kind: .probe, index: UInt8(cluster)), state: next))
    }
    for place in state.flights.indices { send(state, place, &steps) }
    let mayFail = state.faults < maximumFaults
    if mayFail, !state.flights.isEmpty || state.issued != 0 {
      var next = state
      next.faults += 1
      (next.flights, next.held, next.issued, next.probes) = ([], [], 0, Probes())
      steps.append(Step(action: Action(kind: .crash), state: next))
      // Whoever comes after it has seen nothing yet, and so sees everything as it is.
      if !state.flights.isEmpty, !state.flights.contains(where: \.isFormer) {
        next.flights = state.flights.map { flight in
          var flight = flight
          flight.key += Flight.formerLeader
          return flight
        }
        steps.append(Step(action: Action(kind: .depose), state: next))
      }
    }
    if mayFail, scenario.serverLies, state.held.isEmpty {
      for channel in Channel.allCases where !channel.kinds.isEmpty {
        var next = state
        next.faults += 1
        (next.flights, next.issued, next.probes) = ([], 0, Probes())
        next.held = [Held(channel: channel.rawValue, content: content([]), moved: [], isUnread: true)]
        steps.append(Step(action: Action(kind: .misread, index: channel.rawValue), state: next))
      }
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
      probes: state.probes, &graph.objects)
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
    if edge.code == 403, scenario.lacksRights {
      skip(state, place, &steps, isFault: false)
      return
    }
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
    next.flights[place].advance()
    let isDone = Int(next.flights[place].next) == planner.plans[Int(flight.plan)].patches.count
    if isDone { next.flights.remove(at: place) }
    next = moved(next, along: edge)
    if isDone { next = remembering(next, flight, sent: Int(flight.next) + 1) }
    if isDone, flight.key == 0 {
      next.issued = issue(planner.plans[Int(flight.plan)], in: next, after: state.node)
    }
    add(&steps, action, next, before: state, edge)
    // That a former leader's request fails is as if it had stopped before.
    guard state.faults < maximumFaults, !flight.isFormer else { return }
    given.faults += 1
    steps.append(Step(action: Action(kind: .refuse, index: flight.key), state: given))
    skip(state, place, &steps)
    if !edge.changed.isEmpty {
      steps.append(
        Step(
          action: Action(kind: .lose, index: flight.key), state: moved(given, along: edge),
          violation: edge.violation))
    }
  }

  /// The next patch is refused for what it is; those of other objects follow it, unless they depend on it, and what was
  /// asked for is issued.
  private func skip(_ state: Case, _ place: Int, _ steps: inout [Step], isFault: Bool = true) {
    let flight = state.flights[place]
    let record = planner.plans[Int(flight.plan)]
    var refused = [planner.patches[Int(record.patches[Int(flight.next)])].patch.target]
    var next = state
    if isFault { next.faults += 1 }
    for (index, id) in record.patches.enumerated().prefix(64).dropFirst(Int(flight.next) + 1) {
      let patch = planner.patches[Int(id)].patch
      guard refused.contains(patch.target) || patch.dependency.map(refused.contains) ?? false else {
        continue
      }
      refused.append(patch.target)
      next.flights[place].withheld |= 1 << UInt64(index)
    }
    next.flights[place].advance()
    if Int(next.flights[place].next) >= record.patches.count {
      next.flights.remove(at: place)
      if flight.key == 0 { next.issued = issue(record, in: next) }
    } else {
      // What was not sent is of no consequence any more.
      next.flights[place].stale &= ~((1 << UInt64(min(63, next.flights[place].next))) - 1)
    }
    steps.append(Step(action: Action(kind: .skip, index: flight.key), state: next))
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
    guard !before.held.contains(where: \.isUnread) else { return }
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

  /// What a plan wrote is known to the operator when the plan ends, however late the watches are; what a former leader
  /// wrote is not.
  private func remembering(_ state: Case, _ flight: Flight, sent: Int) -> Case {
    guard !state.held.isEmpty, !flight.isFormer else { return state }
    var next = state
    for id in planner.plans[Int(flight.plan)].patches.prefix(sent) {
      let patch = planner.patches[Int(id)]
      guard patch.patch.operation != .delete, let written = graph[state.node].object(at: patch.slot) else {
        continue
      }
      let channel = graph.objects[written].channel?.rawValue
      for place in next.held.indices
      where !next.held[place].isUnread
        && (next.held[place].channel == Held.everything || next.held[place].channel == channel)
      {
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

  func view(of state: Case) -> ViewID {
    if state.held.isEmpty, let known = views[state.node] { return known }
    let unread = Set(
      state.held.filter(\.isUnread).flatMap { Channel(rawValue: $0.channel)?.kinds ?? [] })
    let ids = seen(state).filter { !unread.contains(graph.objects[$0].object.groupKind) }
    let view = planner.view(ids, unread: unread, graph.objects)
    if state.held.isEmpty { views[state.node] = view }
    return view
  }

  func content(_ objects: [ObjectID]) -> Int32 {
    if let known = contentIDs[objects] { return known }
    let id = Int32(contents.count)
    contents.append(objects)
    contentIDs[objects] = id
    return id
  }
}
