import GatewayAPI
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMStandIns

import struct Foundation.Date

/// A hub's whole state, as a number: equal numbers are equal worlds, save resourceVersions.
typealias NodeID = Int32

/// What comes of one step from one world.
struct Edge {
  /// The world after it.
  var node: NodeID
  /// The HTTP status of the step's request; 200 for steps of others.
  var code = 200
  /// Which objects appeared, changed or went.
  var changed: [SlotID] = []
  /// What the step broke.
  var violation: String?
}

/// The worlds that were met and the steps between them, each made once.
struct WorldGraph {
  struct Node {
    var server: MemoryAPIServer
    /// Slot and object of everything that is there, by slot.
    var objects: [UInt64]
    /// The resourceVersions in this copy of the server, in the same order.
    var versions: [UInt32]
    var fingerprint: Fingerprint

    func place(of slot: SlotID) -> Int? {
      var (low, high) = (0, objects.count)
      while low < high {
        let middle = (low + high) / 2
        if SlotID(objects[middle] >> 32) < slot { low = middle + 1 } else { high = middle }
      }
      return low < objects.count && SlotID(objects[low] >> 32) == slot ? low : nil
    }

    func object(at slot: SlotID) -> ObjectID? {
      place(of: slot).map { ObjectID(truncatingIfNeeded: objects[$0]) }
    }

    var ids: some Sequence<ObjectID> { objects.lazy.map { ObjectID(truncatingIfNeeded: $0) } }
  }

  var objects = ObjectTable()
  private(set) var nodes: [Node] = []
  private var byFingerprint: [Fingerprint: NodeID] = [:]
  /// The uids of objects that have gone in some world.
  private(set) var goneUIDs: Set<String> = []
  let standIns: [any SimulatedController]
  let times: [Date]

  private struct StandInKey: Hashable {
    var standIn: Int
    var clock: UInt8
    var interest: Fingerprint
  }
  private var idle: Set<StandInKey> = []

  init(standIns: [any SimulatedController], times: [Date]) {
    self.standIns = standIns
    self.times = times
  }

  /// The kinds that worlds consist of: what the table of managed objects watches, and pods.
  static let types: [GroupKind: ResourceType] = {
    let table = GatewayTable(configuration: OCMHub.tunnelled.defaulted())
    return Dictionary(
      (table.selections.map(\.type) + [Pod.type]).map { ($0.groupKind, $0) }, uniquingKeysWith: { $1 })
  }()

  subscript(id: NodeID) -> Node {
    _read { yield nodes[Int(id)] }
  }

  // MARK: Worlds

  /// The world that is this server, read anew as a whole.
  mutating func node(_ server: MemoryAPIServer) -> NodeID { add(read(server)) }

  private mutating func read(_ server: MemoryAPIServer) -> Node {
    var server = server
    server.compact(through: server.resourceVersion)
    var found: [(UInt64, UInt32)] = []
    for type in WorldGraph.types.values {
      for object in server.objects(type) {
        let slot = objects.slot(type, object.metadata.namespace, object.metadata.name)
        let id = objects.intern(object, at: slot)
        found.append((WorldGraph.pack(slot, id), WorldGraph.version(object)))
      }
    }
    found.sort { $0.0 < $1.0 }
    var fingerprint = Fingerprint.zero
    for (packed, _) in found {
      fingerprint = fingerprint &+ objects[ObjectID(truncatingIfNeeded: packed)].fingerprint
    }
    return Node(server: server, objects: found.map(\.0), versions: found.map(\.1), fingerprint: fingerprint)
  }

  private mutating func add(_ node: Node) -> NodeID {
    if let id = byFingerprint[node.fingerprint] { return id }
    let id = NodeID(nodes.count)
    nodes.append(node)
    byFingerprint[node.fingerprint] = id
    return id
  }

  private static func pack(_ slot: SlotID, _ object: ObjectID) -> UInt64 {
    UInt64(UInt32(slot)) << 32 | UInt64(UInt32(object))
  }

  private static func version(_ object: DynamicObject) -> UInt32 {
    object.metadata.resourceVersion.flatMap { UInt32($0) } ?? 0
  }

  /// The world after `body` was done to it, and after what follows of itself: the endpoints and the aggregator's
  /// verdict.
  mutating func step(
    from id: NodeID, clock: Int, _ body: (inout MemoryAPIServer) -> Int
  ) -> Edge {
    var server = nodes[Int(id)].server
    let before = server.resourceVersion
    let code = body(&server)
    guard server.resourceVersion != before else { return Edge(node: id, code: code) }
    follow(&server, after: before, at: times[clock])
    var touched: [SlotID] = []
    for change in server.changes(after: before) {
      guard let type = WorldGraph.types[change.kind] else { continue }
      let slot = objects.slot(type, change.namespace, change.name)
      if !touched.contains(slot) { touched.append(slot) }
    }
    server.compact(through: server.resourceVersion)
    var node = nodes[Int(id)]
    node.server = server
    var changed: [SlotID] = []
    for slot in touched {
      let old = node.place(of: slot)
      let oldID = old.map { ObjectID(truncatingIfNeeded: node.objects[$0]) }
      let new = server.object(objects.slots[Int(slot)].key)
      let newID = new.map { objects.intern($0, at: slot) }
      if let oldID, newID.map({ objects[$0].traits.uid }) != objects[oldID].traits.uid {
        goneUIDs.insert(objects[oldID].traits.uid)
      }
      switch (old, newID) {
      case (let old?, let newID?):
        node.objects[old] = WorldGraph.pack(slot, newID)
        node.versions[old] = new.map(WorldGraph.version) ?? 0
      case (let old?, nil):
        node.objects.remove(at: old)
        node.versions.remove(at: old)
      case (nil, let newID?):
        let place = node.objects.firstIndex { SlotID($0 >> 32) > slot } ?? node.objects.count
        node.objects.insert(WorldGraph.pack(slot, newID), at: place)
        node.versions.insert(new.map(WorldGraph.version) ?? 0, at: place)
      case (nil, nil): continue
      }
      changed.append(slot)
    }
    var fingerprint = Fingerprint.zero
    for id in node.ids { fingerprint = fingerprint &+ objects[id].fingerprint }
    node.fingerprint = fingerprint
    return Edge(node: add(node), code: code, changed: changed.sorted())
  }

  /// Controllers that only mirror what is there act at once: endpoints, and the aggregator's verdict on them.
  private func follow(_ server: inout MemoryAPIServer, after version: UInt64?, at time: Date) {
    if let version {
      let kinds = Set(server.changes(after: version).map(\.kind))
      guard !kinds.isDisjoint(with: WorldGraph.mirrored) else { return }
    }
    let mirrors: [any RequestingController] = [
      EndpointSliceController(), Aggregator(verify: SyntheticPKI.verify),
    ]
    for _ in 0..<8 {
      var made = 0
      for mirror in mirrors {
        for request in mirror.due(in: server, at: time) {
          made += WorldGraph.send(request, to: &server, at: time) ? 1 : 0
        }
      }
      if made == 0 { return }
    }
  }

  private static let mirrored: Set<GroupKind> = [
    Service.type.groupKind, Pod.type.groupKind, EndpointSlice.type.groupKind, APIService.type.groupKind,
    Secret.type.groupKind,
  ]

  /// Sends somebody's request; whether it changed anything. The uid of what it makes follows from the request.
  static func send(_ request: KubeRequest, to server: inout MemoryAPIServer, at time: Date) -> Bool {
    let before = server.resourceVersion
    if request.method == .post {
      var fingerprinter = Fingerprinter()
      for part in request.path { fingerprinter.combine(part) }
      request.body?.withExposedBytes { fingerprinter.combine($0) }
      server.reseedIdentities(fingerprinter.fingerprint.low)
    }
    _ = server.handle(request, at: time)
    return server.resourceVersion != before
  }

  /// The world after an event, which may be another hub altogether.
  mutating func event(_ event: Scenario.Event, from id: NodeID, clock: Int) -> Edge {
    var server = nodes[Int(id)].server
    let time = times[clock]
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(UInt64(clock))
    server.reseedIdentities(fingerprinter.fingerprint.low)
    do {
      try event.happen(&server, time)
    } catch {
      return Edge(node: id, violation: "the event \(event.name) can't happen: \(error)")
    }
    follow(&server, after: nil, at: time)
    let (old, new) = (nodes[Int(id)], read(server))
    var changed: Set<SlotID> = []
    for (here, there) in [(old, new), (new, old)] {
      for (packed, version) in zip(here.objects, here.versions) {
        let slot = SlotID(packed >> 32)
        let place = there.place(of: slot)
        if place.map({ there.objects[$0] == packed && there.versions[$0] == version }) ?? false { continue }
        changed.insert(slot)
        let uid = objects[ObjectID(truncatingIfNeeded: packed)].traits.uid
        if place.map({ objects[ObjectID(truncatingIfNeeded: there.objects[$0])].traits.uid }) != uid {
          goneUIDs.insert(uid)
        }
      }
    }
    return Edge(node: add(new), changed: changed.sorted())
  }

  // MARK: The others' steps

  /// What each of the others would do next: the stand-in's number and the world after it.
  mutating func standInSteps(from id: NodeID, clock: Int) -> [(Int, Edge)] {
    var found: [(Int, Edge)] = []
    for index in standIns.indices {
      let place = StandInKey(
        standIn: index, clock: UInt8(clock), interest: interest(of: standIns[index].name, in: id))
      if idle.contains(place) { continue }
      let (standIn, time) = (standIns[index], times[clock])
      let edge = step(from: id, clock: clock) { server in
        let requests = (standIn as? any RequestingController)?.due(in: server, at: time) ?? []
        for request in requests where WorldGraph.send(request, to: &server, at: time) { return 200 }
        // The garbage collector acts by requests over a transport alone.
        _ = standIn.step(on: &server, at: time)
        return 200
      }
      if edge.changed.isEmpty || edge.node == id {
        idle.insert(place)
        continue
      }
      found.append((index, edge))
    }
    return found
  }

  /// What a stand-in's next step depends on.
  private func interest(of standIn: String, in id: NodeID) -> Fingerprint {
    let kinds = WorldGraph.interests[standIn]
    var sum = Fingerprint.zero
    for id in nodes[Int(id)].ids {
      let entry = objects[id]
      if kinds?.contains(entry.object.kind) ?? true { sum = sum &+ entry.fingerprint }
    }
    return sum
  }

  private static let interests: [String: Set<String>] = [
    "registration": ["ManagedCluster", "ManagedClusterAddOn", "ManifestWork"],
    "addon-manager": ["ClusterManagementAddOn", "ManagedClusterAddOn", "ManifestWork"],
    "managed-serviceaccount agent": ["ManagedServiceAccount", "Secret"],
    "work agent": ["ManifestWork"],
    "deployment controller": ["Deployment", "Pod", "Secret", "APIService"],
  ]
}
