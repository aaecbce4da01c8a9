import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport

/// The edges between states: one request, one change of another controller's or one event, each
/// computed once.
extension ExplorationEngine {
  /// The inputs that determine a request's effect.
  struct SendKey: Hashable {
    var node: NodeID
    var patch: PatchID
    var clock: UInt8
    var isFresh: Bool
    var incarnation: UInt8
  }

  func otherEdges(_ node: NodeID, clock: Int) -> [(Int, Edge)] {
    let key = UInt64(UInt32(node)) << 8 | UInt64(clock)
    if let known = otherEdgesOf[key] { return known }
    var found = graph.otherSteps(from: node, clock: clock)
    for index in found.indices {
      found[index].1.violation = model.violation(
        from: node, to: found[index].1.node, clock: clock,
        by: "a step of the \(graph.others[found[index].0].name)", in: self)
    }
    otherEdgesOf[key] = found
    return found
  }

  func event(from node: NodeID, position: Int) -> Edge {
    let key = UInt64(UInt32(node)) << 8 | UInt64(position)
    if let known = eventEdges[key] { return known }
    let edge = graph.event(world.events[position], from: node, clock: position + 1)
    eventEdges[key] = edge
    return edge
  }

  func send(_ patch: PatchID, isFresh: Bool, in state: ExplorationCase) -> Edge {
    for incarnation in 0..<UInt8(8) {
      let edge = send(patch, isFresh: isFresh, on: state.node, clock: Int(state.position), incarnation)
      guard case .create = planTable.patches[Int(patch)].patch.operation, edge.code < 300,
        let object = graph[edge.node].object(at: planTable.patches[Int(patch)].slot),
        graph.goneUIDs.contains(graph.objects[object].uid),
        isMentioned(graph.objects[object].uid, in: state)
      else { return edge }
    }
    return send(patch, isFresh: isFresh, on: state.node, clock: Int(state.position), 8)
  }

  func send(_ id: PatchID, isFresh: Bool, on node: NodeID, clock: Int, _ incarnation: UInt8 = 0) -> Edge {
    let key = SendKey(
      node: node, patch: id, clock: UInt8(clock), isFresh: isFresh, incarnation: incarnation)
    if let known = edges[key] { return known }
    let entry = planTable.patches[Int(id)]
    let version = graph[node].place(of: entry.slot).map { graph[node].versions[$0] } ?? 0
    let patch = ExplorationEngine.patch(entry.patch, version: isFresh ? String(version) : "1")
    let request = KubeRequest(patch, fieldManager: world.fieldManager)
    let (time, user) = (graph.times[clock], world.user)
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(UInt64(UInt32(entry.slot)))
    fingerprinter.combine(UInt64(incarnation))
    let seed = fingerprinter.fingerprint.low
    var edge = graph.step(from: node, clock: clock) { server in
      server.reseedIdentities(seed)
      guard let user else { return server.handle(request, at: time).status.code }
      return server.handle(request, as: user, at: time).status.code
    }
    if edge.code == 403, !world.lacksRights {
      edge.violation = "\(patch.operationName) \(patch.target) is forbidden: the controller's rights lack it"
    }
    if !edge.changed.isEmpty {
      edge.violation =
        model.violation(of: entry, isFresh: isFresh, from: node, to: edge.node, clock: clock, in: self)
        ?? model.violation(
          from: node, to: edge.node, clock: clock, by: "\(patch.operationName) \(patch.target)", in: self)
    }
    edges[key] = edge
    return edge
  }

  /// The patch with the object's resourceVersion instead of the plan's placeholder.
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

  /// Whether a uid is still referenced after the deletion of its object.
  private func isMentioned(_ uid: String, in state: ExplorationCase) -> Bool {
    func speaks(_ id: ObjectID) -> Bool {
      graph.objects[id].uid == uid || model.mentions(uid, id, in: self)
    }
    if graph[state.node].ids.contains(where: speaks) { return true }
    if state.held.contains(where: { self.objects(seenBy: $0).contains(where: speaks) }) { return true }
    return state.flights.contains { flight in
      planTable.plans[Int(flight.plan)].patches.dropFirst(Int(flight.next)).contains {
        planTable.patches[Int($0)].observedUID == uid || planTable.patches[Int($0)].uids.contains(uid)
      }
    }
  }
}
