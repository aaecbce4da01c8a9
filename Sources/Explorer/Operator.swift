import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
public import KubeReconcile

import struct Foundation.Date

typealias PatchID = Int32
typealias PlanID = Int32
typealias ViewID = Int32
typealias IssuedID = Int32

/// A change made to the operator from outside, to see whether the oracle notices.
public struct SeededDefect: Sendable {
  /// What is wrong, in a few words.
  public var name: String
  /// What the installation's plan is made to believe.
  public var installation: @Sendable (inout InstallationState) -> Void
  /// What a cluster's plan is made to believe.
  public var cluster: @Sendable (inout ClusterState) -> Void
  /// What becomes of a plan; the objects are those that it was made from.
  public var plan: @Sendable (inout GatewayPlan, ReconcileKey, ObservedObjects) -> Void

  /// A defect; what is left out is as it should be.
  public init(
    _ name: String, installation: @escaping @Sendable (inout InstallationState) -> Void = { _ in },
    cluster: @escaping @Sendable (inout ClusterState) -> Void = { _ in },
    plan: @escaping @Sendable (inout GatewayPlan, ReconcileKey, ObservedObjects) -> Void = { _, _, _ in }
  ) {
    self.name = name
    self.installation = installation
    self.cluster = cluster
    self.plan = plan
  }
}

/// The operator's thinking: what it sees, what it plans from that, each computed once.
struct Operator {
  struct Patch {
    var patch: ObjectPatch
    var slot: SlotID
    /// The uid of the object that was seen; `nil` where none was.
    var observedUID: String?
    /// Whether it matters that the object is still as it was seen.
    var isTied: Bool
    /// The uids and the numbers of certificates that the patch holds.
    var uids: [String]
    var serials: [Int]
  }

  struct PlanRecord {
    var patches: [PatchID]
    var requests: [CertificateRequest]
    var isAtRest: Bool { patches.isEmpty && requests.isEmpty }
  }

  /// The plans that follow from a view: the installation's first, then the clusters' by their number.
  struct Plans {
    var installation: PlanID
    var clusters: [(key: Int, plan: PlanID)]
  }

  struct View {
    /// What the operator's watches select, by slot.
    var objects: [ObjectID]
    /// The kinds that could not be read.
    var unread: [GroupKind]
    /// What stands for those.
    var unreadFingerprint: Fingerprint
  }

  private(set) var patches: [Patch] = []
  private(set) var plans: [PlanRecord] = []
  private(set) var views: [View] = []
  private(set) var issued: [[IssuedCertificate]] = [[]]
  /// The managed clusters' names, by number from 1; 0 is the installation.
  private(set) var names: [String] = ["installation"]
  /// How many plans were really computed.
  private(set) var computed = 0
  let identity = ManagerIdentity()
  var defect: SeededDefect?
  /// Whether clusters are probed by steps of their own; otherwise each was reached at any time.
  var probes = false

  private struct PatchKey: Hashable {
    var patch: ObjectPatch
    var uid: String?
  }
  private struct PlansKey: Hashable {
    var view: ViewID
    var issued: IssuedID
    var clock: UInt8
    var probes: Probes
  }
  private struct PlanKey: Hashable {
    var key: Int
    var clock: UInt8
    var input: Fingerprint
  }
  private var patchIDs: [PatchKey: PatchID] = [:]
  private var viewIDs: [Fingerprint: ViewID] = [:]
  private var targetsOf: [ViewID: (gatewayIsDown: Bool, reachable: [Int])] = [:]
  private var issuedIDs: [[IssuedCertificate]: IssuedID] = [[]: 0]
  private var plansOf: [PlansKey: Plans] = [:]
  private var planOf: [PlanKey: PlanID] = [:]
  private var factsOf: [Fingerprint: (InstallationFacts, HubPlaces, [ObjectSelection])] = [:]
  private struct Sorted: Hashable {
    var facts: Fingerprint
    var object: ObjectID
  }
  /// Whether an object is seen under a configuration, and whose business it is.
  private var placeOf: [Sorted: ReconcileKey?] = [:]

  mutating func number(of cluster: String) -> Int {
    if let number = names.firstIndex(of: cluster) { return number }
    names.append(cluster)
    return names.count - 1
  }

  /// Forgets the plans, when the operator becomes another.
  mutating func forget() { (planOf, plansOf) = ([:], [:]) }

  // MARK: Views

  /// The view that consists of these objects, those that no watch selects left out.
  mutating func view(_ ids: [ObjectID], unread: Set<GroupKind> = [], _ table: ObjectTable) -> ViewID {
    var unreadFingerprint = Fingerprint.zero
    for kind in unread {
      var fingerprinter = Fingerprinter()
      fingerprinter.combine("\(kind) unread")
      unreadFingerprint = unreadFingerprint &+ fingerprinter.fingerprint
    }
    var fingerprint = unreadFingerprint
    for id in ids { fingerprint = fingerprint &+ table[id].fingerprint }
    if let known = viewIDs[fingerprint] { return known }
    let id = ViewID(views.count)
    views.append(View(objects: ids, unread: Array(unread), unreadFingerprint: unreadFingerprint))
    viewIDs[fingerprint] = id
    return id
  }

  // MARK: Plans

  /// What is planned from a view.
  mutating func plans(
    _ view: ViewID, issued: IssuedID, clock: Int, at now: Date, probes: Probes, _ table: inout ObjectTable
  ) -> Plans {
    let key = PlansKey(view: view, issued: issued, clock: UInt8(clock), probes: probes)
    if let known = plansOf[key] { return known }
    let hub = sorted(view, table)
    var input = hub.sharedFingerprint &+ hub.fleetFingerprint
    if issued != 0 { input = input &+ Fingerprint(low: UInt64(issued) &* 0x9E37_79B9_7F4A_7C15, high: 77) }
    let place = PlanKey(key: 0, clock: UInt8(clock), input: input)
    let installation: PlanID
    if let known = planOf[place] {
      installation = known
    } else {
      var state = self.installation(hub, issued: issued, table)
      defect?.installation(&state)
      var plan = reconcileInstallation(state, at: now)
      defect?.plan(&plan, .installation, state.objects)
      installation = record(plan, state.objects, &table)
      planOf[place] = installation
    }
    var clusters: [(key: Int, plan: PlanID)] = []
    for (name, ids) in hub.clusters {
      let number = number(of: name)
      var input = hub.factsFingerprint
      for id in ids { input = input &+ table[id].fingerprint }
      let verdict = self.probes ? probes[number] : true
      if let verdict { input = input &+ Fingerprint(low: verdict ? 1 : 2, high: 4711) }
      let place = PlanKey(key: number, clock: UInt8(clock), input: input)
      if let known = planOf[place] {
        clusters.append((number, known))
        continue
      }
      var state = ClusterState(
        name: name, objects: ObservedObjects(ids.map { table[$0].object }), installation: hub.facts)
      state.objects.unobserved = hub.unobserved
      state.probe = verdict.map { $0 ? .reached : .failed(reason: "it does not answer") }
      defect?.cluster(&state)
      var plan = reconcileCluster(state, at: now)
      defect?.plan(&plan, .cluster(name), state.objects)
      let id = record(plan, state.objects, &table)
      planOf[place] = id
      clusters.append((number, id))
    }
    let result = Plans(installation: installation, clusters: clusters)
    plansOf[key] = result
    return result
  }

  /// What the prober goes by: whether the gateway has been down for long, and the clusters that it should reach.
  mutating func targets(_ view: ViewID, _ table: ObjectTable) -> (gatewayIsDown: Bool, reachable: [Int]) {
    if let known = targetsOf[view] { return known }
    let hub = sorted(view, table)
    let shared = ObservedObjects(hub.shared.map { table[$0].object })
    var reachable: [Int] = []
    if GatewayHealth(shared, spec: hub.facts.configuration) == .available,
      let namespace = hub.facts.configuration?.secretNamespace
    {
      for (name, ids) in hub.clusters {
        let objects = ObservedObjects(ids.map { table[$0].object })
        if objects[Secret.type.groupKind, namespace, name] != nil,
          objects[ManagedCluster.type.groupKind, nil, name] != nil
        {
          reachable.append(number(of: name))
        }
      }
    }
    let found = (hub.facts.gatewayIsDown, reachable)
    targetsOf[view] = found
    return found
  }

  /// The installation's state as a view has it.
  mutating func installation(_ view: ViewID, issued: IssuedID, _ table: ObjectTable) -> InstallationState {
    let hub = sorted(view, table)
    return installation(hub, issued: issued, table)
  }

  private func installation(_ hub: Hub, issued: IssuedID, _ table: ObjectTable) -> InstallationState {
    var objects = ObservedObjects(hub.shared.map { table[$0].object })
    objects.unobserved = hub.unobserved
    return InstallationState(
      identity: identity, objects: objects,
      certificates: SyntheticPKI.observations(
        of: objects, identity: identity, installNamespace: hub.facts.configuration?.installNamespace),
      issued: self.issued[Int(issued)], fleet: hub.fleet)
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

  /// The view's objects, each with whose business it is.
  private mutating func sorted(_ view: ViewID, _ table: ObjectTable) -> Hub {
    let ids = views[Int(view)].objects
    let decisive = ids.filter { id in
      let entry = table[id]
      return [.addOn, .configuration, .deployment, .apiService].contains(entry.channel)
        || [ServiceAccount.type.groupKind, Role.type.groupKind, ConfigMap.type.groupKind]
          .contains(entry.object.groupKind)
    }
    var fingerprint = views[Int(view)].unreadFingerprint
    let unobserved = Set(
      views[Int(view)].unread.compactMap { WorldGraph.types[$0] }.map { ObjectSelection($0) })
    for id in decisive { fingerprint = fingerprint &+ table[id].fingerprint }
    let facts: InstallationFacts
    let places: HubPlaces
    let selections: [ObjectSelection]
    if let known = factsOf[fingerprint] {
      (facts, places, selections) = known
    } else {
      var objects = ObservedObjects(decisive.map { table[$0].object })
      objects.unobserved = unobserved
      facts = InstallationFacts(InstallationState(identity: identity, objects: objects))
      places = HubPlaces(identity: identity, configuration: facts.configuration, former: facts.former)
      selections =
        GatewayTable(
          identity: identity, configuration: facts.configuration,
          configurationName: facts.configurationName, former: facts.former
        ).selections
      factsOf[fingerprint] = (facts, places, selections)
    }
    var hub = Hub(facts: facts, factsFingerprint: fingerprint, unobserved: unobserved)
    hub.sharedFingerprint = views[Int(view)].unreadFingerprint
    var clusters: [String: [ObjectID]] = [:]
    for id in ids {
      let sorted = Sorted(facts: fingerprint, object: id)
      let place: ReconcileKey?
      if let known = placeOf[sorted] {
        place = known
      } else {
        let object = table[id].object
        place =
          selections.contains { $0.contains(object) } ? places.key(for: object) : nil
        placeOf[sorted] = .some(place)
      }
      switch place {
      case nil: continue
      case .installation:
        hub.shared.append(id)
        hub.sharedFingerprint = hub.sharedFingerprint &+ table[id].fingerprint
      case .cluster(let name):
        clusters[name, default: []].append(id)
        hub.fleet.count(table[id].object, in: places)
      }
    }
    hub.clusters = clusters.sorted { $0.key < $1.key }
    if probes {
      hub.fleet.health = FleetHealth(
        clusters.compactMap { name, ids in
          places.summary(of: name, ObservedObjects(ids.map { table[$0].object })).map {
            (key: name, value: $0)
          }
        })
    }
    if places.mayLackCopies {
      hub.fleet.uncopied = clusters.values.count { ids in
        places.lacksCopy(ObservedObjects(ids.map { table[$0].object }))
      }
    }
    return hub
  }

  private mutating func record(_ plan: GatewayPlan, _ objects: ObservedObjects, _ table: inout ObjectTable)
    -> PlanID
  {
    computed += 1
    let ids = plan.patches.map { patch -> PatchID in
      let uid = objects[patch.target]?.metadata.uid
      let key = PatchKey(patch: patch, uid: uid)
      if let known = patchIDs[key] { return known }
      var serials: [Int] = []
      for (_, value) in patch.body["data"]?.object.map({ $0.map { ($0.key, $0.value) } }) ?? [] {
        let encoded = JSONWriter(secrets: .revealed).text(value).dropFirst().dropLast()
        if let bytes = Base64.decode(String(encoded)) {
          serials += SyntheticPKI.serials(in: String(decoding: bytes, as: UTF8.self))
        }
      }
      if let bundle = patch.body.value(at: "spec", "caBundle")?.string, let bytes = Base64.decode(bundle) {
        serials += SyntheticPKI.serials(in: String(decoding: bytes, as: UTF8.self))
      }
      let id = PatchID(patches.count)
      patches.append(
        Patch(
          patch: patch, slot: table.slot(patch.target.type, patch.target.namespace, patch.target.name),
          observedUID: uid, isTied: Operator.isTied(patch), uids: Operator.uids(in: patch.body),
          serials: serials))
      patchIDs[key] = id
      return id
    }
    plans.append(PlanRecord(patches: ids, requests: plan.certificateRequests))
    return PlanID(plans.count - 1)
  }

  /// Whether it matters to the patch that its object is still as it was seen: by its precondition, or because
  /// the kind is one on which an older view could do harm.
  private static func isTied(_ patch: ObjectPatch) -> Bool {
    if case .uidAndResourceVersion = patch.precondition { return true }
    switch patch.operation {
    case .apply, .patch:
      return patch.subresource == nil
        && ["Secret", "Deployment", "APIService"].contains(patch.target.type.kind)
    case .create, .delete: return false
    }
  }

  private static func uids(in value: JSONValue) -> [String] {
    switch value {
    case .array(let elements): return elements.flatMap { uids(in: $0) }
    case .object(let members):
      return members.flatMap { member -> [String] in
        if member.key == "uid" || member.key == "value", let uid = member.value.string { return [uid] }
        return uids(in: member.value)
      }
    default: return []
    }
  }

  // MARK: Certificates

  mutating func issue(
    _ requests: [CertificateRequest], from view: ViewID, used: Set<Int>, _ table: ObjectTable
  ) -> IssuedID {
    guard !requests.isEmpty else { return 0 }
    var used = used
    let state = installation(view, issued: 0, table)
    let certificates = SyntheticPKI.issue(requests, for: state) {
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
    issued[Int(id)].flatMap { SyntheticPKI.serials(in: $0.certificatePEM) }
  }
}
