public import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
import HashTreeCollections
public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
public import KubeKindsDiscovery
import KubeKindsRBAC
public import KubeReconcile

/// The hub as the watches have it: what the clusters share, each cluster's objects, and counters kept up to date
/// object by object, so that an event costs the same whatever the number of clusters, and so does a copy.
public struct HubModel: Sendable {
  /// What a change of the model means for plans.
  public typealias Change = ModelChange<ReconcileKey>

  /// Who the manager is.
  public let identity: ManagerIdentity
  private var shared = ObservedObjects()
  private var clusters: TreeDictionary<String, ClusterRecord> = [:]
  /// Counts changes of what clusters' plans share, and changes of clusters.
  private var revision = PlanRevision(own: 0, shared: 0)
  /// The changes since they were last taken.
  private var reachability = (areClustersStale: false, hurried: Set<String>())
  private var fleet = FleetFacts()
  /// What is measured of the fleet, as of the last time that its health was summed up.
  private(set) var measures = FleetMeasures([])
  /// Whether a summary has changed since the fleet's health was last summed up.
  private(set) var isFleetHealthStale = false
  /// Whether the gateway's API is served.
  private var gateway = GatewayHealth(ObservedObjects(), spec: nil)
  private var places: HubPlaces
  /// What could not be read.
  public private(set) var unobserved: Set<ObjectSelection> = []
  /// The requests that the API server refused.
  public private(set) var refusals: [Refusal] = []
  private var reader = CertificateReader()
  private var certificates = CertificateObservations()
  private var sightings = Sightings()
  private var serving: ServingObservation?
  private let uptime: @Sendable () -> Duration
  private let reducer = HubReduction()
  /// Certificates that were issued and have not been seen on the hub yet.
  public var issued: [IssuedCertificate] = []
  /// What the clusters' plans know of the installation.
  public private(set) var facts = InstallationFacts()
  private let endpointSlices: ResourceType
  let statusDelay: Duration
  private let asksClusters: Bool
  /// The configuration that decides what is watched: the last valid one.
  private var watched: ClusterGatewayConfiguration.Spec?
  /// What is listed and watched now.
  public private(set) var selections: Set<ObjectSelection> = []
  /// The selections without which no plan is made, unless they are refused.
  public private(set) var requiredSelections: Set<ObjectSelection> = []

  /// A hub of which nothing is known.
  ///
  /// - Parameters:
  ///   - endpointSlices: EndpointSlices in the version that the API server has; see
  ///     `HubRequirements.endpointSlices(_:)`.
  ///   - statusDelay: How long nothing is said in a new add-on's status that is about to change.
  ///   - asksClusters: Whether clusters are asked whether they answer through the gateway.
  ///   - uptime: The reading of a clock that is never set: for how long certificates have been seen is measured by it.
  public init(
    identity: ManagerIdentity, endpointSlices: ResourceType = EndpointSlice.type,
    statusDelay: Duration = .zero, asksClusters: Bool = false,
    uptime: @escaping @Sendable () -> Duration = HubModel.continuousUptime()
  ) {
    self.identity = identity
    self.endpointSlices = endpointSlices
    self.statusDelay = statusDelay
    self.asksClusters = asksClusters
    self.uptime = uptime
    places = HubPlaces(identity: identity)
    select()
  }

  /// A hub that consists of these objects, read once.
  public init(identity: ManagerIdentity, objects: some Sequence<DynamicObject>) {
    self.init(identity: identity)
    for object in objects { _ = insert(object) }
    _ = sumUpFleetHealth()
  }

  /// The time since now, by the continuous clock.
  public static func continuousUptime() -> @Sendable () -> Duration {
    let start = ContinuousClock.now
    return { ContinuousClock.now - start }
  }

  /// Reduces an object that was read to what is held of it.
  public var reduction: @Sendable (DynamicObject) -> DynamicObject { { [reducer] in reducer.reduce($0) } }

  /// The names of all clusters that are there or left something behind.
  public var clusterNames: [String] { clusters.keys.sorted() }

  /// What was observed of the installation.
  public var installation: InstallationState {
    var certificates = certificates
    var sightings = sightings
    certificates.age(by: &sightings, at: uptime())
    return InstallationState(
      identity: identity, objects: shared, certificates: certificates, issued: issued, fleet: fleet,
      refusals: refusals, serving: serving)
  }

  /// What was observed of one cluster.
  public func cluster(_ name: String) -> ClusterState {
    let record = clusters[name]
    return ClusterState(
      name: name, objects: record?.objects ?? ObservedObjects(unobserved: unobserved), installation: facts,
      probe: record?.probe,
      isProbeAwaited: asksClusters && gateway == .available && record?.probe == nil)
  }

  /// Stands for all that a cluster's plan is made from but the time.
  public func revision(of cluster: String) -> PlanRevision {
    PlanRevision(own: clusters[cluster]?.revision ?? 0, shared: revision.shared)
  }

  /// The whole hub.
  public var hub: HubState {
    HubState(installation: installation, clusters: clusterNames.map { cluster($0) })
  }

  /// The table of managed objects, as far as it follows from what is known.
  var table: GatewayTable {
    GatewayTable(
      identity: identity, configuration: facts.configuration, configurationName: facts.configurationName,
      former: facts.former, endpointSlices: endpointSlices)
  }

  /// Records what can't be read.
  mutating func setUnobserved(_ selections: Set<ObjectSelection>) -> Change {
    guard selections != unobserved else { return Change() }
    unobserved = selections
    shared.unobserved = selections
    for name in clusters.keys { clusters[name]?.objects.unobserved = selections }
    revision.shared &+= 1
    var change = readFacts()
    change.keys.insert(.installation)
    change.concernsEveryKey = true
    return change
  }

  /// Records the requests that were refused.
  mutating func setRefusals(_ refusals: [Refusal]) -> Change {
    guard !refusals.elementsEqual(self.refusals, by: { $0.isSameRequest(as: $1) }) else { return Change() }
    self.refusals = refusals
    var change = readFacts()
    change.keys.insert(.installation)
    return change
  }

  /// The object that `key` names, where it is known.
  public func object(_ kind: GroupKind, namespace: String?, name: String) -> DynamicObject? {
    if let object = shared[kind, namespace: namespace, name: name] { return object }
    for place in [namespace, name].compactMap({ $0 }) {
      if let object = clusters[place]?.objects[kind, namespace: namespace, name: name] { return object }
    }
    return nil
  }

  /// Takes in an object that appeared or changed. One that is no newer than what is known is passed over.
  public mutating func insert(_ object: DynamicObject) -> Change {
    let (kind, metadata) = (object.groupKind, object.metadata)
    switch places.key(for: object) {
    case .installation:
      if let old = shared[kind, namespace: metadata.namespace, name: metadata.name],
        !object.isNews(after: old)
      {
        return Change()
      }
      shared.insert(object)
      return changeOfInstallation(kind)
    case .cluster(let name): return insert(object, into: name)
    }
  }

  private mutating func insert(_ object: DynamicObject, into name: String) -> Change {
    let (kind, metadata) = (object.groupKind, object.metadata)
    let fleetBefore = fleet
    var old: DynamicObject?
    var isNews = true
    update(name, kind) { objects in
      old = objects[kind, namespace: metadata.namespace, name: metadata.name]
      isNews = old.map { object.isNews(after: $0) } ?? true
      // The same version comes from a write's answer and from a watch: held once, as the watch holds it.
      if isNews || old.map({ object.isSameVersion(as: $0) }) ?? false {
        objects.insert(object.sharingCredential(of: objects))
      }
      return isNews
    }
    guard isNews else { return Change() }
    // No plan reads what has changed: a plan with this version would be the same.
    if let old, !object.hasNewContent(after: old) { return Change() }
    if let old { fleet.count(old, in: places, by: -1) }
    fleet.count(object, in: places)
    if HubModel.decidesReachability(old, object) { reachability.hurried.insert(name) }
    var change = changeOfCluster(name, from: fleetBefore)
    if HubModel.isUrgent(object, after: old) { change.urgentKeys = change.keys }
    return change
  }

  /// Whether a cluster's plan after this change of an object goes before others: a token has come or was replaced, or the
  /// cluster or its add-on leaves.
  private static func isUrgent(_ object: DynamicObject, after old: DynamicObject?) -> Bool {
    if object.groupKind == Secret.type.groupKind { return old?.json["data"] != object.json["data"] }
    guard object.metadata.deletionTimestamp == nil else { return old?.metadata.deletionTimestamp == nil }
    guard object.groupKind == ManagedCluster.type.groupKind, let old else { return false }
    let accepted = ["spec", "hubAcceptsClient"]
    return old.json.value(at: accepted) != object.json.value(at: accepted)
      || old.metadata.fields["labels"] != object.metadata.fields["labels"]
      || old.metadata.fields["annotations"] != object.metadata.fields["annotations"]
  }

  /// Takes an object out that is gone.
  public mutating func remove(_ kind: GroupKind, namespace: String?, name: String, uid: String? = nil)
    -> Change
  {
    guard let old = object(kind, namespace: namespace, name: name), uid == nil || uid == old.metadata.uid
    else {
      return Change()
    }
    let fleetBefore = fleet
    switch places.key(for: old) {
    case .installation:
      shared.remove(kind, namespace: namespace, name: name)
      return changeOfInstallation(kind)
    case .cluster(let cluster):
      // A verdict reached with a credential says nothing about the next one.
      if kind == Secret.type.groupKind, namespace == facts.configuration?.secretNamespace {
        clusters[name]?.probe = nil
      }
      update(cluster, kind) { objects in
        objects.remove(kind, namespace: namespace, name: name)
        return true
      }
      fleet.count(old, in: places, by: -1)
      if clusters[cluster]?.objects.isEmpty ?? false { clusters[cluster] = nil }
      var change = changeOfCluster(cluster, from: fleetBefore)
      change.urgentKeys = change.keys
      return change
    }
  }

  /// The clusters that the gateway should be able to reach: it is available, and has a credential for them.
  public var reachableClusters: Set<String> {
    guard gateway == .available else { return [] }
    return Set(clusters.lazy.filter { $0.value.hasCredential }.map(\.key))
  }

  /// The changes of which clusters should be reachable, and how, since the last call.
  mutating func takeReachabilityChanges() -> ReachabilityChanges {
    defer { reachability = (false, []) }
    return ReachabilityChanges(
      clusters: reachability.areClustersStale ? reachableClusters : nil, hurried: reachability.hurried)
  }

  /// Whether the difference between two states of an object may change whether its cluster is reached.
  private static func decidesReachability(_ old: DynamicObject?, _ new: DynamicObject) -> Bool {
    func status(_ object: DynamicObject?, _ condition: String) -> JSONValue? {
      object?.json.value(at: "status", "conditions")?.array?.first { $0["type"]?.string == condition }?[
        "status"]
    }
    switch new.groupKind {
    case Secret.type.groupKind: return old?.json["data"] != new.json["data"]
    case ManifestWork.type.groupKind: return status(old, "Applied") != status(new, "Applied")
    case ManagedCluster.type.groupKind:
      let type = ManagedCluster.ConditionType.available
      return status(old, type) != status(new, type)
    default: return false
    }
  }

  /// Notes the result of reaching a cluster; `nil` where nothing can be said.
  public mutating func note(_ probe: ProbeResult?, of cluster: String) -> Change {
    guard let record = clusters[cluster], record.probe != probe else { return Change() }
    clusters[cluster]?.probe = probe
    countChange(of: cluster)
    return Change(keys: [.cluster(cluster)])
  }

  /// Notes the result of looking at the gateway's pods while `leaf` was in the serving Secret.
  public mutating func note(_ looks: [String: ServerSighting], since leaf: CertificateFacts?) -> Change {
    // What was seen before the certificate changed says nothing about what is presented now.
    guard certificates.serving.leaf == leaf else { return Change() }
    let before = certificates.looks
    certificates.looks.merge(looks) { $1 }
    return certificates.looks == before ? Change() : Change(keys: [.installation])
  }

  /// Notes what the gateway itself has answered. That nothing works through it isn't believed while a cluster has
  /// just been reached.
  public mutating func note(_ observation: ServingObservation) -> Change {
    guard observation != serving,
      observation.serves || !clusters.values.contains(where: { $0.probe == .reached })
    else {
      return Change()
    }
    serving = observation
    return Change(keys: [.installation])
  }

  /// Changes the objects of a cluster, and what is counted of them where `body` returns that an object of `kind` changed.
  private mutating func update(
    _ name: String, _ kind: GroupKind, _ body: (inout ObservedObjects) -> Bool
  ) {
    let (places, number) = (places, revision.own &+ 1)
    var count = ClusterRecord.Consequences()
    func change(_ record: inout ClusterRecord) {
      guard body(&record.objects) else { return }
      record.revision = number
      count = record.recount(kind, of: name, in: places)
    }
    change(&clusters[name, default: ClusterRecord(unobserved: unobserved)])
    revision.own = number
    fleet.uncopied += count.uncopied
    if count.reachability { reachability.areClustersStale = true }
    if count.health { isFleetHealthStale = true }
  }

  private mutating func countChange(of cluster: String) {
    revision.own &+= 1
    clusters[cluster]?.revision = revision.own
  }

  /// Sums up how the clusters do. Not done with every event: each sum is a write of the configuration's status.
  package mutating func sumUpFleetHealth() -> Change {
    guard isFleetHealthStale else { return Change() }
    isFleetHealthStale = false
    let summaries = clusters.compactMap { name, record in record.summary.map { (key: name, value: $0) } }
    measures = FleetMeasures(summaries.map(\.value))
    let health = FleetHealth(summaries)
    guard health != fleet.health else { return Change() }
    fleet.health = health
    return Change(keys: [.installation])
  }

  private mutating func readFacts() -> Change {
    let (before, gatewayBefore) = (facts, gateway)
    facts = InstallationFacts(installation)
    gateway = GatewayHealth(shared, spec: facts.configuration)
    if gateway != gatewayBefore { reachability.areClustersStale = true }
    // What was answered before the gateway went down says nothing about what is answered after it.
    if facts.gatewayIsDown, !before.gatewayIsDown {
      for name in clusters.keys { clusters[name]?.probe = nil }
    }
    guard facts != before else { return Change() }
    revision.shared &+= 1
    let isElsewhere =
      facts.configuration != before.configuration || facts.former != before.former
      || facts.configurationName != before.configurationName
    if isElsewhere { select() }
    return Change(concernsEveryKey: true, changesSelections: isElsewhere)
  }

  /// Decides what is watched, and must be for a plan, by what is known. A configuration that is missing or invalid tears
  /// nothing down: what was watched is watched on.
  private mutating func select() {
    watched = facts.configuration ?? watched
    let table = GatewayTable(
      identity: identity, configuration: watched, configurationName: facts.configurationName,
      former: facts.former, endpointSlices: endpointSlices)
    selections = Set(table.selections)
    requiredSelections = Set(table.requiredSelections)
  }

  /// What the facts about the installation follow from; of other kinds an event costs nothing but the plan.
  private static let decisive: Set<GroupKind> = [
    ClusterManagementAddOn.type.groupKind, ClusterGatewayConfiguration.type.groupKind,
    Deployment.type.groupKind, APIService.type.groupKind, ServiceAccount.type.groupKind,
    Role.type.groupKind, ConfigMap.type.groupKind,
  ]

  private mutating func changeOfInstallation(_ kind: GroupKind) -> Change {
    var change = Change(keys: [.installation])
    if HubModel.decisive.contains(kind) { change.formUnion(readFacts()) }
    let places = HubPlaces(identity: identity, configuration: facts.configuration, former: facts.former)
    if places != self.places { repartition(places) }
    readCertificates()
    return change
  }

  private func changeOfCluster(_ name: String, from fleetBefore: FleetFacts) -> Change {
    // Of the clusters, the installation's plan depends on the counters alone.
    fleet.matters(after: fleetBefore)
      ? Change(keys: [.cluster(name), .installation]) : Change(keys: [.cluster(name)])
  }

  private mutating func readCertificates() {
    let before = certificates
    certificates = reader.observations(
      of: shared, identity: identity, configuration: facts.configuration)
    if certificates.serving.leaf == before.serving.leaf { certificates.looks = before.looks }
    certificates.age(by: &sightings, at: uptime())
  }

  /// Sorts every object by other places.
  private mutating func repartition(_ places: HubPlaces) {
    let everything = shared.everything + clusters.values.flatMap(\.objects.everything)
    let probes = clusters.compactMap { name, record in record.probe.map { (name, $0) } }
    self.places = places
    shared = ObservedObjects(unobserved: unobserved)
    clusters = [:]
    revision.shared &+= 1
    reachability.areClustersStale = true
    isFleetHealthStale = true
    fleet = FleetFacts(health: fleet.health)
    for object in everything {
      switch places.key(for: object) {
      case .installation: shared.insert(object)
      case .cluster(let name):
        update(name, object.groupKind) { objects in
          objects.insert(object)
          return true
        }
        fleet.count(object, in: places)
      }
    }
    for (name, probe) in probes { clusters[name]?.probe = probe }
  }
}
