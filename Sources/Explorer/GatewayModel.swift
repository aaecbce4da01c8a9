import CertificatePolicy
import GatewayTesting
import KubeCore
import KubeTesting
import OCMSimulator

/// The results of probes in the manager's memory, one bit for each cluster's number.
struct Probes: Hashable {
  var reached: UInt32 = 0
  var failed: UInt32 = 0

  /// The result for a cluster; `nil` if it wasn't probed.
  subscript(cluster: Int) -> Bool? {
    get { reached & bit(cluster) != 0 ? true : failed & bit(cluster) != 0 ? false : nil }
    set {
      reached &= ~bit(cluster)
      failed &= ~bit(cluster)
      if newValue == true { reached |= bit(cluster) }
      if newValue == false { failed |= bit(cluster) }
    }
  }

  private func bit(_ cluster: Int) -> UInt32 { cluster < 32 ? 1 << UInt32(cluster) : 0 }
}

/// The model of the manager in a scenario: its plans, the certificates and probe results in
/// its memory, and the invariants.
///
/// The installation's key is 0; a cluster's is its number.
final class GatewayModel: ExplorationModel {
  private struct Memory: Hashable {
    var issued: IssuedID = 0
    /// The results of probing the clusters.
    var probes = Probes()
  }

  /// A state of the hub, examined once.
  private final class State {
    let hub: HubFacts
    let violation: String?

    init(_ hub: HubFacts, _ invariants: HubInvariants) {
      self.hub = hub
      violation = invariants.violations(in: hub).first
    }
  }

  private let scenario: Scenario
  /// The clusters that don't answer, by the number of events that have happened.
  private let silent: [Set<String>]
  var planner = ManagerPlanner()
  private var invariants = HubInvariants()
  private var memories = NumberedValues<Memory>()
  private var facts: [ObjectFacts] = []
  private var serialsOf: [PatchID: [Int]] = [:]
  private var states: [UInt64: State] = [:]

  init(_ scenario: Scenario) {
    self.scenario = scenario
    silent = scenario.silent
    _ = memories.number(of: Memory())
    invariants.foreign = Set(scenario.foreign)
    invariants.replaceable = Set(scenario.replaceable.map { "\($0.namespace ?? "")/\($0.name)" })
    invariants.unserved = scenario.unserved
    (planner.probes, invariants.summarizesHealth) = (scenario.probes, scenario.probes)
  }

  // MARK: Objects

  func channel(of object: DynamicObject) -> UInt8? { Channel(object)?.rawValue }

  /// The facts about every state of an object so far.
  private func facts(_ engine: ExplorationEngine) -> [ObjectFacts] {
    while facts.count < engine.graph.objects.entries.count {
      facts.append(ObjectFacts(engine.graph.objects.entries[facts.count].object))
    }
    return facts
  }

  func mentions(_ uid: String, _ object: ObjectID, in engine: ExplorationEngine) -> Bool {
    facts(engine)[Int(object)].mentionedUIDs.contains(uid)
  }

  /// True for kinds whose change from an older view could do harm.
  func isTied(_ patch: ObjectPatch) -> Bool {
    switch patch.operation {
    case .apply, .patch:
      patch.subresource == nil
        && ["Secret", "Deployment", "APIService"].contains(patch.target.type.kind)
    case .create, .delete: false
    }
  }

  // MARK: Planning

  func plans(from view: ViewID, memory: MemoryID, clock: Int, in engine: ExplorationEngine)
    -> [(key: UInt8, plan: PlanID)]
  {
    let memory = memories[memory]
    return planner.plans(view, issued: memory.issued, probes: memory.probes, clock: clock, in: engine)
  }

  func name(of key: UInt8) -> String {
    key == 0 ? "the installation" : "cluster \(planner.names[Int(key)])"
  }

  // MARK: Memory

  /// Issues the certificates that a plan requests. A serial number isn't used if it occurs in the
  /// world, in the one before, which the manager may still see, or in a pending patch.
  func memory(
    after plan: PlanID, of key: UInt8, in state: ExplorationCase, before: NodeID?,
    in engine: ExplorationEngine
  ) -> MemoryID {
    var memory = memories[state.memory]
    let requests = planner.requests(of: plan)
    guard key == 0, memory.issued != 0 || !requests.isEmpty else { return state.memory }
    memory.issued = requests.isEmpty ? 0 : issue(requests, in: state, before: before, engine)
    return memories.number(of: memory)
  }

  private func issue(
    _ requests: [IssuanceRequest], in state: ExplorationCase, before: NodeID?, _ engine: ExplorationEngine
  ) -> IssuedID {
    let facts = facts(engine)
    var used = Set(planner.serials(of: memories[state.memory].issued))
    for node in [state.node, before].compactMap({ $0 }) {
      for id in engine.graph[node].ids { used.formUnion(facts[Int(id)].serials) }
    }
    for held in state.held {
      for id in engine.objects(seenBy: held) { used.formUnion(facts[Int(id)].serials) }
    }
    for flight in state.flights {
      for id in engine.planTable.plans[Int(flight.plan)].patches.dropFirst(Int(flight.next)) {
        used.formUnion(serials(of: id, engine))
      }
    }
    return planner.issue(requests, from: engine.view(of: state), used: used, in: engine)
  }

  /// The serial numbers of the certificates in a patch.
  private func serials(of patch: PatchID, _ engine: ExplorationEngine) -> [Int] {
    if let known = serialsOf[patch] { return known }
    let body = engine.planTable.patches[Int(patch)].patch.body
    var serials: [Int] = []
    for (_, value) in body["data"]?.object.map({ $0.map { ($0.key, $0.value) } }) ?? [] {
      let encoded = JSONWriter(secrets: .revealed).text(value).dropFirst().dropLast()
      if let bytes = Base64.decode(String(encoded)) {
        serials += SimulatedPKI.serials(in: String(decoding: bytes, as: UTF8.self))
      }
    }
    if let bundle = body.value(at: "spec", "caBundle")?.string, let bytes = Base64.decode(bundle) {
      serials += SimulatedPKI.serials(in: String(decoding: bytes, as: UTF8.self))
    }
    serialsOf[patch] = serials
    return serials
  }

  func memoryAfterCrash(_ memory: MemoryID) -> MemoryID { 0 }

  /// Probe results are soon found again.
  func losesByCrash(_ memory: MemoryID) -> Bool { memories[memory].issued != 0 }

  func memoryToConverge(from state: ExplorationCase) -> MemoryID? { 0 }

  /// Removes results from before a downtime of the gateway, and those of clusters for which the
  /// gateway has no credential.
  func retained(_ memory: MemoryID, in view: ViewID, _ engine: ExplorationEngine) -> MemoryID {
    guard scenario.probes else { return memory }
    var kept = memories[memory]
    let probes = kept.probes
    guard probes != Probes() else { return memory }
    let (gatewayIsDown, reachable) = planner.targets(view, engine)
    kept.probes = Probes()
    if !gatewayIsDown {
      for cluster in reachable { kept.probes[cluster] = probes[cluster] }
    }
    return memories.number(of: kept)
  }

  /// The clusters for which a probe's result would differ from the manager's memory.
  func observations(_ memory: MemoryID, view: ViewID, node: NodeID, clock: Int, in engine: ExplorationEngine)
    -> [(index: UInt8, memory: MemoryID)]
  {
    guard scenario.probes else { return [] }
    let reached = state(node, clock: clock, engine).hub.reached.subtracting(silent[clock])
    return planner.targets(view, engine).reachable.compactMap { cluster in
      let answers = reached.contains(planner.names[cluster])
      var next = memories[memory]
      guard next.probes[cluster] != answers else { return nil }
      next.probes[cluster] = answers
      return (UInt8(cluster), memories.number(of: next))
    }
  }

  func name(ofObservation index: UInt8) -> String { "cluster \(planner.names[Int(index)])" }

  // MARK: Properties

  private func state(_ node: NodeID, clock: Int, _ engine: ExplorationEngine) -> State {
    let key = UInt64(UInt32(node)) << 8 | UInt64(clock)
    if let known = states[key] { return known }
    let facts = facts(engine)
    let objects = engine.graph[node].ids.map { facts[Int($0)] }
    let state = State(HubFacts(objects, at: engine.graph.times[clock]), invariants)
    states[key] = state
    return state
  }

  func violation(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine) -> String? {
    state(node, clock: clock, engine).violation
  }

  func violation(
    from node: NodeID, to next: NodeID, clock: Int, by actor: @autoclosure () -> String,
    in engine: ExplorationEngine
  ) -> String? {
    let (before, after) = (state(node, clock: clock, engine), state(next, clock: clock, engine))
    return invariants.violations(from: before.hub, to: after.hub).first.map { "\($0), by \(actor())" }
  }

  func violation(
    of patch: PlanTable.Patch, isFresh: Bool, from node: NodeID, to next: NodeID, clock: Int,
    in engine: ExplorationEngine
  ) -> String? {
    let (old, new) = (engine.graph[node].object(at: patch.slot), engine.graph[next].object(at: patch.slot))
    guard old != new else { return nil }
    let facts = facts(engine)
    return invariants.violation(
      of: patch, isFresh: isFresh, on: old.map { facts[Int($0)] }, leaving: new.map { facts[Int($0)] })
  }

  func violationWhenConverged(at node: NodeID, clock: Int, memory: MemoryID, in engine: ExplorationEngine)
    -> String?
  {
    let hub = state(node, clock: clock, engine).hub
    let lacking =
      scenario.lacksRights && clock < scenario.events.count
      ? invariants.credentialViolations(in: hub)
      : invariants.violations(whenConverged: hub, silent: silent[clock])
    return lacking.isEmpty ? nil : "when converged, " + lacking.joined(separator: "; ")
  }
}
