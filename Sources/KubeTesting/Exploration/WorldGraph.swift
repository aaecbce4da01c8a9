import HTTPTypes
package import KubeCore
package import KubeMemory
import KubeTransport

/// A step from one state to another.
struct Edge {
  /// The state after the step.
  var node: NodeID
  /// The HTTP status of the step's request; 200 for steps of others.
  var code = 200
  /// The objects that were created, changed or deleted.
  var changed: [SlotID] = []
  /// The violation by the step.
  var violation: String?
}

/// A graph of the distinct states of the cluster and the steps between them, each computed once.
package struct WorldGraph {
  package struct Node {
    package var server: MemoryAPIServer
    /// The slot and the object of everything that exists, by slot.
    package var objects: [UInt64]
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

    package func object(at slot: SlotID) -> ObjectID? {
      place(of: slot).map { ObjectID(truncatingIfNeeded: objects[$0]) }
    }

    @inlinable package var ids: LazyMapSequence<[UInt64], ObjectID> {
      objects.lazy.map { ObjectID(truncatingIfNeeded: $0) }
    }
  }

  package var objects: ObjectTable
  package private(set) var nodes: [Node] = []
  private var byFingerprint: [Fingerprint: NodeID] = [:]
  /// The uids of objects that were deleted in some state.
  private(set) var goneUIDs: Set<String> = []
  /// The controllers that act besides the explored one.
  let others: [any SimulatedController]
  private let mirrors: [any RequestingController]
  package let times: [Date]
  private let types: [ResourceType]
  private let typeOf: [GroupKind: ResourceType]
  /// Whether each of the others reads each of the kinds; `nil` if it reads all.
  private let interests: [[Bool]?]
  /// The kinds that the mirrors read.
  private let mirrored: Set<GroupKind>

  private struct OtherKey: Hashable {
    var other: Int
    var clock: UInt8
    var interest: Fingerprint
  }
  private var idle: Set<OtherKey> = []

  init(_ world: ExplorationWorld, channel: @escaping (DynamicObject) -> UInt8?) {
    others = world.others
    mirrors = world.mirrors
    times = world.times
    var seen: Set<ResourceType> = []
    let types = world.types.filter { seen.insert($0).inserted }
    self.types = types
    typeOf = Dictionary(types.map { ($0.groupKind, $0) }, uniquingKeysWith: { $1 })
    interests = others.map { other in
      let kinds = Set(other.kinds.map(\.groupKind))
      return kinds.isEmpty ? nil : types.map { kinds.contains($0.groupKind) }
    }
    mirrored = Set(mirrors.flatMap(\.kinds).map(\.groupKind))
    objects = ObjectTable(types: types, channel: channel)
  }

  @inlinable package subscript(id: NodeID) -> Node {
    _read { yield nodes[Int(id)] }
  }

  // MARK: Worlds

  /// Returns the state of this server.
  mutating func node(_ server: MemoryAPIServer) -> NodeID { add(read(server)) }

  private mutating func read(_ server: MemoryAPIServer) -> Node {
    var server = server
    server.compact(through: server.resourceVersion)
    var found: [(UInt64, UInt32)] = []
    for type in types {
      for object in server.objects(type) {
        let slot = objects.slot(type, namespace: object.metadata.namespace, name: object.metadata.name)
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

  /// Returns the state after `body` has changed the server and the mirrors have acted.
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
      guard let type = typeOf[change.kind] else { continue }
      let slot = objects.slot(type, namespace: change.namespace, name: change.name)
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
      if let oldID, newID.map({ objects[$0].uid }) != objects[oldID].uid {
        goneUIDs.insert(objects[oldID].uid)
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

  /// Runs the mirrors until none has anything left to do.
  private func follow(_ server: inout MemoryAPIServer, after version: UInt64?, at time: Date) {
    if let version {
      let kinds = Set(server.changes(after: version).map(\.kind))
      guard !kinds.isDisjoint(with: mirrored) else { return }
    }
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

  /// Sends another controller's request, and returns whether it changed anything. The uid of a
  /// created object is derived from the request.
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

  /// Returns the state after an event, which may replace the whole server.
  mutating func event(_ event: ExplorationWorld.Event, from id: NodeID, clock: Int) -> Edge {
    var server = nodes[Int(id)].server
    let time = times[clock]
    var fingerprinter = Fingerprinter()
    fingerprinter.combine(UInt64(clock))
    server.reseedIdentities(fingerprinter.fingerprint.low)
    do {
      try event.change(&server, time)
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
        let uid = objects[ObjectID(truncatingIfNeeded: packed)].uid
        if place.map({ objects[ObjectID(truncatingIfNeeded: there.objects[$0])].uid }) != uid {
          goneUIDs.insert(uid)
        }
      }
    }
    return Edge(node: add(new), changed: changed.sorted())
  }

  // MARK: The others' steps

  /// Returns the next step of each other controller: its index and the state after it.
  mutating func otherSteps(from id: NodeID, clock: Int) -> [(Int, Edge)] {
    var found: [(Int, Edge)] = []
    for index in others.indices {
      let place = OtherKey(other: index, clock: UInt8(clock), interest: interest(of: index, in: id))
      if idle.contains(place) { continue }
      let (other, time) = (others[index], times[clock])
      var fingerprinter = Fingerprinter()
      fingerprinter.combine(UInt64(index))
      fingerprinter.combine(nodes[Int(id)].fingerprint.low)
      let seed = fingerprinter.fingerprint.low
      // One without kinds, such as the garbage collector, sends no requests, but changes the server itself.
      let requesting = interests[index] == nil ? nil : other as? any RequestingController
      let edge = step(from: id, clock: clock) { server in
        if let requesting {
          for request in requesting.due(in: server, at: time)
          where WorldGraph.send(request, to: &server, at: time) { break }
        } else {
          server.reseedIdentities(seed)
          _ = other.step(on: &server, at: time)
        }
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

  /// The fingerprint of the inputs of another controller's next step.
  private func interest(of other: Int, in id: NodeID) -> Fingerprint {
    let reads = interests[other]
    var sum = Fingerprint.zero
    for id in nodes[Int(id)].ids {
      let entry = objects[id]
      if reads?[entry.kind] ?? true { sum = sum &+ entry.fingerprint }
    }
    return sum
  }
}
