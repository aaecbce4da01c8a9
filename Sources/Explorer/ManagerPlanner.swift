import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsDiscovery
import KubeKindsRBAC
import KubeReconcile
import KubeTesting
import OCMSimulator

/// The number of a set of certificates that were issued together; 0 for none.
typealias IssuedID = Int32

/// The manager's planning: the plans for each view, each computed once.
struct ManagerPlanner {
  private(set) var issued: [[IssuedCertificate]] = [[]]
  /// The managed clusters' names, by number from 1; 0 is the installation.
  private(set) var names: [String] = ["installation"]
  let identity = ManagerIdentity()
  var defect: SeededDefect?
  /// Whether probes are steps of their own; otherwise every cluster counts as reached.
  var probes = false

  private struct PlanKey: Hashable {
    var key: Int
    var clock: UInt8
    var input: Fingerprint
  }
  private var targetsOf: [ViewID: (gatewayIsDown: Bool, reachable: [Int])] = [:]
  private var issuedIDs: [[IssuedCertificate]: IssuedID] = [[]: 0]
  /// The certificates that each plan requests.
  private var requestsOf: [PlanID: [IssuanceRequest]] = [:]
  private var planOf: [PlanKey: PlanID] = [:]
  private var factsOf: [Fingerprint: (InstallationFacts, HubPlaces, [ObjectSelection])] = [:]
  private struct Sorted: Hashable {
    var facts: Fingerprint
    var object: ObjectID
  }
  /// The key of an object under a configuration; `nil` if it isn't seen.
  private var placeOf: [Sorted: ReconcileKey?] = [:]

  mutating func number(of cluster: String) -> Int {
    if let number = names.firstIndex(of: cluster) { return number }
    names.append(cluster)
    return names.count - 1
  }

  /// Forgets the plans, when the manager changes.
  mutating func forget() { planOf = [:] }

  // MARK: Plans

  /// The plans from a view: for the installation, then for the clusters by name.
  mutating func plans(
    _ view: ViewID, issued: IssuedID, probes: Probes, clock: Int, in engine: ExplorationEngine
  ) -> [(key: UInt8, plan: PlanID)] {
    let now = engine.graph.times[clock]
    let hub = sorted(view, engine)
    var input = hub.sharedFingerprint &+ hub.fleetFingerprint
    if issued != 0 { input = input &+ Fingerprint(low: UInt64(issued) &* 0x9E37_79B9_7F4A_7C15, high: 77) }
    let place = PlanKey(key: 0, clock: UInt8(clock), input: input)
    let installation: PlanID
    if let known = planOf[place] {
      installation = known
    } else {
      var state = self.installation(hub, issued: issued, engine)
      defect?.installation(&state)
      var plan = reconcileInstallation(state, at: now)
      defect?.plan(&plan, .installation, state.objects)
      installation = record(plan, from: state.objects, in: engine)
      planOf[place] = installation
    }
    var planned: [(key: UInt8, plan: PlanID)] = [(0, installation)]
    for (name, ids) in hub.clusters {
      let number = number(of: name)
      var input = hub.factsFingerprint
      for id in ids { input = input &+ engine.graph.objects[id].fingerprint }
      let verdict = self.probes ? probes[number] : true
      if let verdict { input = input &+ Fingerprint(low: verdict ? 1 : 2, high: 4711) }
      let place = PlanKey(key: number, clock: UInt8(clock), input: input)
      if let known = planOf[place] {
        planned.append((UInt8(number), known))
        continue
      }
      var state = ClusterState(
        name: name, objects: ObservedObjects(ids.map { engine.graph.objects[$0].object }),
        installation: hub.facts)
      state.objects.unobserved = hub.unobserved
      state.probe = verdict.map { $0 ? .reached : .failed(reason: "it does not answer") }
      defect?.cluster(&state)
      var plan = reconcileCluster(state, at: now)
      defect?.plan(&plan, .cluster(name), state.objects)
      let id = record(plan, from: state.objects, in: engine)
      planOf[place] = id
      planned.append((UInt8(number), id))
    }
    return planned
  }

  /// The inputs of the prober: whether the gateway has been down for long, and the clusters that it
  /// should reach.
  mutating func targets(_ view: ViewID, _ engine: ExplorationEngine) -> (
    gatewayIsDown: Bool, reachable: [Int]
  ) {
    if let known = targetsOf[view] { return known }
    let hub = sorted(view, engine)
    let shared = ObservedObjects(hub.shared.map { engine.graph.objects[$0].object })
    var reachable: [Int] = []
    if GatewayHealth(shared, spec: hub.facts.configuration) == .available,
      let namespace = hub.facts.configuration?.secretNamespace
    {
      for (name, ids) in hub.clusters {
        let objects = ObservedObjects(ids.map { engine.graph.objects[$0].object })
        if objects[Secret.type.groupKind, namespace: namespace, name: name] != nil,
          objects[ManagedCluster.type.groupKind, namespace: nil, name: name] != nil
        {
          reachable.append(number(of: name))
        }
      }
    }
    let found = (hub.facts.gatewayIsDown, reachable)
    targetsOf[view] = found
    return found
  }

  /// The installation's state in a view.
  mutating func installation(_ view: ViewID, issued: IssuedID, _ engine: ExplorationEngine)
    -> InstallationState
  {
    let hub = sorted(view, engine)
    return installation(hub, issued: issued, engine)
  }

  private func installation(_ hub: Hub, issued: IssuedID, _ engine: ExplorationEngine) -> InstallationState {
    var objects = ObservedObjects(hub.shared.map { engine.graph.objects[$0].object })
    objects.unobserved = hub.unobserved
    return InstallationState(
      identity: identity, objects: objects, certificates: observations(of: objects, hub),
      issued: self.issued[Int(issued)], fleet: hub.fleet)
  }

  /// The observations of certificates. As much time as the manager waits for may pass between any
  /// two steps: everything seen has been seen for a day, and every known pod was seen to present
  /// the serving certificate.
  private func observations(of objects: ObservedObjects, _ hub: Hub) -> CertificateObservations {
    var observations = SimulatedPKI.observations(
      of: objects, identity: identity, configuration: hub.facts.configuration)
    let day = Duration.seconds(86_400)
    observations.trustedFor = Dictionary(observations.bundle.map { ($0.fingerprint, day) }) { $1 }
    observations.servedFor = day
    for object in objects.all(EndpointSlice.type.groupKind) {
      guard let leaf = observations.serving.leaf, let slice = try? object.decode(EndpointSlice.self) else {
        continue
      }
      for host in slice.endpoints.compactMap(\.addresses.first) {
        for port in slice.ports.compactMap(\.port) {
          let target = EndpointTarget(host: host, port: Int(port), serverName: "")
          observations.endpoints[target.address] = .presents(fingerprint: leaf.fingerprint)
        }
      }
    }
    return observations
  }

  private struct Hub {
    var facts: InstallationFacts
    var factsFingerprint: Fingerprint
    var shared: [ObjectID] = []
    var sharedFingerprint = Fingerprint.zero
    var clusters: [(String, [ObjectID])] = []
    var fleet = FleetFacts()
    var unobserved: Set<ObjectSelection> = []

    var fleetFingerprint: Fingerprint {
      var fingerprinter = Fingerprinter()
      for count in [fleet.clusters, fleet.proxySecrets, fleet.foreignProxySecrets, fleet.uncopied] {
        fingerprinter.combine(UInt64(bitPattern: Int64(count)))
      }
      fingerprinter.combine("\(fleet.health)")
      for (namespace, count) in fleet.credentials.sorted(by: { $0.key < $1.key }) {
        fingerprinter.combine(namespace)
        fingerprinter.combine(UInt64(bitPattern: Int64(count)))
      }
      return fingerprinter.fingerprint
    }
  }

  /// The view's objects by key.
  private mutating func sorted(_ view: ViewID, _ engine: ExplorationEngine) -> Hub {
    let ids = engine.planTable.views[Int(view)].objects
    let factInputs = ids.filter { id in
      let entry = engine.graph.objects[id]
      return entry.channel.flatMap(Channel.init(rawValue:)).map(Channel.factInputs.contains) ?? false
        || [ServiceAccount.type.groupKind, Role.type.groupKind, ConfigMap.type.groupKind]
          .contains(entry.object.groupKind)
    }
    var fingerprint = engine.planTable.views[Int(view)].unreadFingerprint
    let unobserved = Set(
      engine.planTable.views[Int(view)].unread.compactMap { Scenario.types[$0] }.map { ObjectSelection($0) })
    for id in factInputs { fingerprint = fingerprint &+ engine.graph.objects[id].fingerprint }
    let facts: InstallationFacts
    let places: HubPlaces
    let selections: [ObjectSelection]
    if let known = factsOf[fingerprint] {
      (facts, places, selections) = known
    } else {
      var objects = ObservedObjects(factInputs.map { engine.graph.objects[$0].object })
      objects.unobserved = unobserved
      facts = InstallationFacts(InstallationState(identity: identity, objects: objects))
      places = HubPlaces(identity: identity, configuration: facts.configuration, former: facts.former)
      selections =
        GatewayTable(identity: identity, configuration: facts.configuration, former: facts.former).selections
      factsOf[fingerprint] = (facts, places, selections)
    }
    var hub = Hub(facts: facts, factsFingerprint: fingerprint, unobserved: unobserved)
    hub.sharedFingerprint = engine.planTable.views[Int(view)].unreadFingerprint
    var clusters: [String: [ObjectID]] = [:]
    for id in ids {
      let sorted = Sorted(facts: fingerprint, object: id)
      let place: ReconcileKey?
      if let known = placeOf[sorted] {
        place = known
      } else {
        let object = engine.graph.objects[id].object
        place =
          selections.contains { $0.contains(object) } ? places.key(for: object) : nil
        placeOf[sorted] = .some(place)
      }
      switch place {
      case nil: continue
      case .installation:
        hub.shared.append(id)
        hub.sharedFingerprint = hub.sharedFingerprint &+ engine.graph.objects[id].fingerprint
      case .cluster(let name):
        clusters[name, default: []].append(id)
        hub.fleet.count(engine.graph.objects[id].object, in: places)
      }
    }
    hub.clusters = clusters.sorted { $0.key < $1.key }
    if probes {
      hub.fleet.health = FleetHealth(
        clusters.compactMap { name, ids in
          places.summary(of: name, ObservedObjects(ids.map { engine.graph.objects[$0].object })).map {
            (key: name, value: $0)
          }
        })
    }
    if places.mayLackCopies {
      hub.fleet.uncopied = clusters.values.count { ids in
        places.lacksCopy(ObservedObjects(ids.map { engine.graph.objects[$0].object }))
      }
    }
    return hub
  }

  private mutating func record(
    _ plan: GatewayPlan, from objects: ObservedObjects, in engine: ExplorationEngine
  ) -> PlanID {
    let id = engine.record(
      plan.patches.map { ($0, objects[$0.target]?.metadata.uid) },
      requests: plan.issuanceRequests.map { "issue \($0.id): \($0.reason)" })
    if !plan.issuanceRequests.isEmpty { requestsOf[id] = plan.issuanceRequests }
    return id
  }

  /// The certificates that a plan requests.
  func requests(of plan: PlanID) -> [IssuanceRequest] { requestsOf[plan] ?? [] }

  // MARK: Certificates

  mutating func issue(
    _ requests: [IssuanceRequest], from view: ViewID, used: Set<Int>, in engine: ExplorationEngine
  ) -> IssuedID {
    guard !requests.isEmpty else { return 0 }
    var used = used
    let state = installation(view, issued: 0, engine)
    let certificates = SimulatedPKI.issue(requests, for: state) {
      let number = (1...).first { !used.contains($0) } ?? 0
      used.insert(number)
      return number
    }
    if let known = issuedIDs[certificates] { return known }
    let id = IssuedID(issued.count)
    issued.append(certificates)
    issuedIDs[certificates] = id
    return id
  }

  func serials(of id: IssuedID) -> [Int] {
    issued[Int(id)].flatMap { SimulatedPKI.serials(in: $0.certificatePEM) }
  }
}
