import KubeCore

/// The possible next steps of a case.
extension ExplorationEngine {
  struct Step {
    var action: ExplorationStep
    var state: ExplorationCase
    var violation: String?
  }

  /// All possible next steps.
  func steps(from state: ExplorationCase) -> [Step] {
    var steps: [Step] = []
    let view = view(of: state)
    var state = state
    state.memory = model.retained(state.memory, in: view, self)
    let clock = Int(state.position)
    if clock < world.events.count {
      let edge = event(from: state.node, position: clock)
      var next = state
      next.position += 1
      add(&steps, ExplorationStep(kind: .event), next: moved(next, along: edge), before: state, along: edge)
    }
    for (index, edge) in otherEdges(state.node, clock: clock) {
      add(
        &steps, ExplorationStep(kind: .other, index: UInt8(index)), next: moved(state, along: edge),
        before: state,
        along: edge)
    }
    plan(from: view, state, &steps)
    for (index, memory) in model.observations(
      state.memory, view: view, node: state.node, clock: clock, in: self)
    {
      var next = state
      next.memory = memory
      steps.append(Step(action: ExplorationStep(kind: .observe, index: index), state: next))
    }
    for place in state.flights.indices { send(at: place, state, &steps) }
    if state.faults < maximumFaults { fail(state, &steps) }
    for place in state.held.indices {
      var next = state
      next.held.remove(at: place)
      steps.append(
        Step(action: ExplorationStep(kind: .release, index: state.held[place].channel), state: next))
    }
    return steps
  }

  /// Adds the faults of the controller's process and of its lists.
  private func fail(_ state: ExplorationCase, _ steps: inout [Step]) {
    if !state.flights.isEmpty || model.losesByCrash(state.memory) {
      var next = state
      next.faults += 1
      (next.flights, next.held) = ([], [])
      next.memory = model.memoryAfterCrash(state.memory)
      steps.append(Step(action: ExplorationStep(kind: .crash), state: next))
      // The next leader has everything read. It must perform effects itself.
      let sending = state.flights.filter { !effectsBegan($0) }
      if !sending.isEmpty, !state.flights.contains(where: \.isFormer) {
        next.flights = sending.map { flight in
          var flight = flight
          flight.key += Flight.formerLeader
          return flight
        }
        steps.append(Step(action: ExplorationStep(kind: .depose), state: next))
      }
    }
    if state.held.isEmpty {
      for (index, channel) in world.channels.enumerated() where !channel.unreadKinds.isEmpty {
        var next = state
        next.faults += 1
        next.flights = []
        next.memory = model.memoryAfterCrash(state.memory)
        next.held = [Held(channel: UInt8(index), content: content([]), moved: [], isUnread: true)]
        steps.append(Step(action: ExplorationStep(kind: .misread, index: UInt8(index)), state: next))
      }
    }
  }

  /// Whether all patches of a plan were sent, so that only effects are left.
  private func effectsBegan(_ flight: Flight) -> Bool {
    Int(flight.next) >= planTable.plans[Int(flight.plan)].patches.count
  }

  private func plan(from view: ViewID, _ state: ExplorationCase, _ steps: inout [Step]) {
    for (key, id) in plans(from: view, memory: state.memory, clock: Int(state.position)) {
      guard !state.flights.contains(where: { $0.key == key }) else { continue }
      let record = planTable.plans[Int(id)]
      var next = state
      if record.length == 0 {
        next.memory = model.memory(after: id, of: key, in: state, before: nil, in: self)
        if next.memory == state.memory { continue }
      } else {
        var stale: UInt64 = 0
        for (index, patch) in record.patches.enumerated().prefix(64) where isStale(patch, in: state) {
          stale |= 1 << UInt64(index)
        }
        next.flights.append(Flight(key: key, plan: id, next: 0, stale: stale))
        next.flights.sort { $0.key < $1.key }
      }
      steps.append(Step(action: ExplorationStep(kind: .plan, index: key), state: next))
    }
  }

  /// Whether the plan's view of the patch's object is older than the object.
  private func isStale(_ id: PatchID, in state: ExplorationCase) -> Bool {
    let patch = planTable.patches[Int(id)]
    return patch.isTied && state.held.contains { $0.moved.contains(patch.slot) }
  }

  private func send(at place: Int, _ state: ExplorationCase, _ steps: inout [Step]) {
    let flight = state.flights[place]
    guard !effectsBegan(flight) else { return perform(at: place, state, &steps) }
    let record = planTable.plans[Int(flight.plan)]
    let patchID = record.patches[Int(flight.next)]
    let isFresh = flight.next >= 64 || flight.stale & (1 << UInt64(flight.next)) == 0
    let edge = send(patchID, isFresh: isFresh, in: state)
    if edge.code == 403, world.lacksRights {
      skip(at: place, state, &steps, isFault: false)
      return
    }
    let isDelete = planTable.patches[Int(patchID)].patch.operation == .delete
    let isTaken = edge.code < 300 || isDelete && edge.code == 404
    var given = state
    given.flights.remove(at: place)
    let action = ExplorationStep(kind: .send, index: flight.key)
    given = remembering(given, flight, sent: Int(flight.next))
    guard isTaken else {
      add(&steps, action, next: given, before: state, along: edge)
      return
    }
    var next = state
    next.flights[place].advance()
    let isSent = effectsBegan(next.flights[place])
    if isSent, isOver(next.flights[place]) { next.flights.remove(at: place) }
    next = moved(next, along: edge)
    if isSent { next = remembering(next, flight, sent: Int(flight.next) + 1) }
    if isSent, !flight.isFormer {
      next.memory = model.memory(
        after: flight.plan, of: flight.key, in: next, before: state.node, in: self)
    }
    add(&steps, action, next: next, before: state, along: edge)
    // A failed request of a former leader is the same as an earlier stop.
    guard state.faults < maximumFaults, !flight.isFormer else { return }
    given.faults += 1
    steps.append(Step(action: ExplorationStep(kind: .refuse, index: flight.key), state: given))
    skip(at: place, state, &steps)
    if !edge.changed.isEmpty {
      steps.append(
        Step(
          action: ExplorationStep(kind: .lose, index: flight.key), state: moved(given, along: edge),
          violation: edge.violation))
    }
  }

  /// Whether nothing of the plan is left to do.
  private func isOver(_ flight: Flight) -> Bool {
    let record = planTable.plans[Int(flight.plan)]
    let length = flight.isFormer || flight.isCurtailed ? record.patches.count : record.length
    return Int(flight.next) >= length
  }

  /// Adds the next effect's outcomes: performed, failed, or performed without the controller's
  /// record of it.
  private func perform(at place: Int, _ state: ExplorationCase, _ steps: inout [Step]) {
    let flight = state.flights[place]
    let effect = Int(flight.next) - planTable.plans[Int(flight.plan)].patches.count
    func memory(isNoted: Bool) -> MemoryID {
      model.memory(
        state.memory, afterEffect: effect, of: flight.plan, key: flight.key, isNoted: isNoted, in: self)
    }
    var next = state
    next.flights[place].advance()
    if isOver(next.flights[place]) { next.flights.remove(at: place) }
    next.memory = memory(isNoted: true)
    steps.append(Step(action: ExplorationStep(kind: .send, index: flight.key), state: next))
    guard state.faults < maximumFaults else { return }
    var given = state
    given.faults += 1
    given.flights.remove(at: place)
    steps.append(Step(action: ExplorationStep(kind: .refuse, index: flight.key), state: given))
    given.memory = memory(isNoted: false)
    steps.append(Step(action: ExplorationStep(kind: .lose, index: flight.key), state: given))
  }

  /// Adds the refusal of the next patch for its content. Patches of other objects follow unless
  /// they depend on it, and the plan's requests are made, but no effect is performed.
  private func skip(at place: Int, _ state: ExplorationCase, _ steps: inout [Step], isFault: Bool = true) {
    let flight = state.flights[place]
    let record = planTable.plans[Int(flight.plan)]
    var refused = [planTable.patches[Int(record.patches[Int(flight.next)])].patch.target]
    var next = state
    if isFault { next.faults += 1 }
    for (index, id) in record.patches.enumerated().prefix(64).dropFirst(Int(flight.next) + 1) {
      let patch = planTable.patches[Int(id)].patch
      guard refused.contains(patch.target) || patch.dependency.map(refused.contains) ?? false else {
        continue
      }
      refused.append(patch.target)
      next.flights[place].withheld |= 1 << UInt64(index)
    }
    next.flights[place].advance()
    next.flights[place].isCurtailed = !record.effects.isEmpty
    if isOver(next.flights[place]) {
      next.flights.remove(at: place)
      if !flight.isFormer {
        next.memory = model.memory(after: flight.plan, of: flight.key, in: next, before: nil, in: self)
      }
    } else {
      // Patches that weren't sent have no consequences.
      next.flights[place].stale &= ~((1 << UInt64(min(63, next.flights[place].next))) - 1)
    }
    steps.append(Step(action: ExplorationStep(kind: .skip, index: flight.key), state: next))
  }

  /// Adds a step, and the same step with its events held back.
  private func add(
    _ steps: inout [Step], _ action: ExplorationStep, next: ExplorationCase, before: ExplorationCase,
    along edge: Edge
  ) {
    steps.append(Step(action: action, state: next, violation: edge.violation))
    guard next.faults < maximumFaults, !edge.changed.isEmpty, edge.node != before.node,
      !before.held.contains(where: { $0.channel == Held.everything })
    else { return }
    var channels: Set<UInt8> = []
    for slot in edge.changed {
      let (old, new) = (graph[before.node].object(at: slot), graph[edge.node].object(at: slot))
      guard old != new else { continue }
      for channel in [old, new].compactMap({ $0.flatMap { graph.objects[$0].channel } }) {
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
      let objects = graph[before.node].ids.filter { graph.objects[$0].channel == channel } as [ObjectID]
      hold(channel, objects, channel + 1, moved: [])
    }
    guard !before.held.contains(where: \.isUnread) else { return }
    hold(Held.everything, seen(before), Held.everything, moved: before.held.flatMap(\.moved))
  }

  /// The case after `edge`.
  private func moved(_ state: ExplorationCase, along edge: Edge) -> ExplorationCase {
    guard !edge.changed.isEmpty else { return state }
    var next = state
    next.node = edge.node
    for place in next.flights.indices {
      let flight = next.flights[place]
      let patches = planTable.plans[Int(flight.plan)].patches
      for index in Int(flight.next)..<max(Int(flight.next), min(patches.count, 64)) {
        let patch = planTable.patches[Int(patches[index])]
        if patch.isTied, edge.changed.contains(patch.slot) {
          next.flights[place].stale |= 1 << UInt64(index)
        }
      }
      // Patches that were already sent have no further consequences.
      next.flights[place].stale &= ~((1 << UInt64(min(63, flight.next))) - 1)
    }
    for place in next.held.indices {
      let objects = self.objects(seenBy: next.held[place])
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

  /// The case in which the controller knows its plan's writes, as it does when the plan ends,
  /// however late the watches are; a former leader's writes aren't known.
  private func remembering(_ state: ExplorationCase, _ flight: Flight, sent: Int) -> ExplorationCase {
    guard !state.held.isEmpty, !flight.isFormer else { return state }
    var next = state
    for id in planTable.plans[Int(flight.plan)].patches.prefix(sent) {
      let patch = planTable.patches[Int(id)]
      guard patch.patch.operation != .delete, let written = graph[state.node].object(at: patch.slot) else {
        continue
      }
      let channel = graph.objects[written].channel
      for place in next.held.indices
      where !next.held[place].isUnread
        && (next.held[place].channel == Held.everything || next.held[place].channel == channel)
      {
        var objects = self.objects(seenBy: next.held[place])
        objects.removeAll { graph.objects[$0].slot == patch.slot }
        let end = objects.firstIndex { graph.objects[$0].slot > patch.slot } ?? objects.count
        objects.insert(written, at: end)
        next.held[place].content = content(objects)
        next.held[place].moved.removeAll { $0 == patch.slot }
      }
    }
    return next
  }
}
