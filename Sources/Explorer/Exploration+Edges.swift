import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMStandIns

import struct Foundation.Date

/// What one request, one change of a stand-in's or one event makes of the world, computed once each.
extension Exploration {
  /// What a request's effect depends on.
  struct SendKey: Hashable {
    var node: NodeID
    var patch: PatchID
    var clock: UInt8
    var isFresh: Bool
    var incarnation: UInt8
  }

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

  func event(from node: NodeID, position: Int) -> Edge {
    let key = UInt64(UInt32(node)) << 8 | UInt64(position)
    if let known = eventEdges[key] { return known }
    let edge = graph.event(scenario.events[position], from: node, clock: position + 1)
    eventEdges[key] = edge
    return edge
  }

  func send(_ patch: PatchID, isFresh: Bool, in state: Case) -> Edge {
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
      return server.handle(request, as: Scenario.operatorUser, at: time).status.code
    }
    if edge.code == 403, !scenario.lacksRights {
      edge.violation = "\(patch.operationName) \(patch.target) is forbidden: the generated rights lack it"
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

  /// Has issued what a plan asks for; no number is used again that is in the world, in the one of `before`, which the
  /// operator may go on seeing, or in what is on its way.
  func issue(_ record: Operator.PlanRecord, in state: Case, after before: NodeID? = nil) -> IssuedID {
    guard !record.requests.isEmpty else { return 0 }
    var used = Set(planner.serials(of: state.issued))
    for node in [state.node, before].compactMap({ $0 }) {
      for id in graph[node].ids { used.formUnion(graph.objects[id].traits.serials) }
    }
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

  func plans(on node: NodeID, issued: IssuedID, clock: Int, probes: Probes) -> Operator.Plans {
    let view = view(of: Case(node: node, position: UInt8(clock)))
    return planner.plans(
      view, issued: issued, clock: clock, at: graph.times[clock], probes: probes, &graph.objects)
  }

  // MARK: Probes

  /// The verdicts that the operator keeps once it has this view: none from before the gateway was down, none on a
  /// cluster for which the gateway has no credential.
  func kept(_ probes: Probes, in view: ViewID) -> Probes {
    guard scenario.probes, probes != Probes() else { return probes }
    let (gatewayIsDown, reachable) = planner.targets(view, graph.objects)
    guard !gatewayIsDown else { return Probes() }
    var kept = Probes()
    for cluster in reachable { kept[cluster] = probes[cluster] }
    return kept
  }

  /// The clusters that a probe would find otherwise than the operator has it, each with whether it answers.
  func news(for probes: Probes, in view: ViewID, on node: NodeID, clock: Int) -> [(
    cluster: Int, answers: Bool
  )] {
    guard scenario.probes else { return [] }
    let reached = facts(node, clock: clock).reached.subtracting(silent[clock])
    return planner.targets(view, graph.objects).reachable.compactMap { cluster in
      let answers = reached.contains(planner.names[cluster])
      return probes[cluster] == answers ? nil : (cluster, answers)
    }
  }
}
