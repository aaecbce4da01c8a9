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
import KubeRuntime

/// The hub as the watches have it: what the clusters share, each cluster's objects, and counters kept up to date
/// object by object, so that an event costs the same whatever the number of clusters, and so does a copy.
public struct HubModel: Sendable {
  /// What a change of the model means for plans.
  public typealias Change = ModelChange<ReconcileKey>

  /// Who the manager is.
  public let identity: ManagerIdentity
  private var shared = ObservedObjects()
  private var clusters: TreeDictionary<String, ObservedObjects> = [:]
  private var probes: TreeDictionary<String, ProbeResult> = [:]
  /// The clusters that are there and have a gateway Secret.
  private var withCredential: TreeSet<String> = []
  /// The changes since they were last taken.
  private var reachability = (areClustersStale: false, hurried: Set<String>())
  private var fleet = FleetFacts()
  /// What each cluster on which the add-on is enabled adds to the fleet's health.
  private var summaries: TreeDictionary<String, ClusterSummary> = [:]
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
  /// Certificates that were issued and have not been seen on the hub yet.
  public var issued: [IssuedCertificate] = []
  /// What the clusters' plans know of the installation.
  public private(set) var facts = InstallationFacts()
  private let endpointSlices: ResourceType
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
  ///   - uptime: The reading of a clock that is never set: for how long certificates have been seen is measured by it.
  public init(
    identity: ManagerIdentity, endpointSlices: ResourceType = EndpointSlice.type,
    uptime: @escaping @Sendable () -> Duration = HubModel.continuousUptime()
  ) {
    self.identity = identity
    self.endpointSlices = endpointSlices
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
    ClusterState(
      name: name, objects: clusters[name] ?? ObservedObjects(unobserved: unobserved), installation: facts,
      probe: probes[name])
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
    for name in clusters.keys { clusters[name]?.unobserved = selections }
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
    if let object = shared[kind, namespace, name] { return object }
    for place in [namespace, name].compactMap({ $0 }) {
      if let object = clusters[place]?[kind, namespace, name] { return object }
    }
    return nil
  }

  /// Takes in an object that appeared or changed. One that is no newer than what is known is passed over.
  public mutating func insert(_ object: DynamicObject) -> Change {
    let old = self.object(object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name)
    if let old, !object.isNews(after: old) { return Change() }
    let fleetBefore = fleet
    if let old { take(old) }
    let key = place(object)
    if case .cluster(let name) = key, HubModel.decidesReachability(old, object) {
      reachability.hurried.insert(name)
    }
    return change(of: object.groupKind, at: key, from: fleetBefore)
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
    let key = self.key(for: old)
    take(old)
    if case .cluster(let cluster) = key, clusters[cluster]?.isEmpty ?? true {
      clusters[cluster] = nil
      probes[cluster] = nil
      setSummary(nil, of: cluster)
    }
    // A verdict reached with a credential says nothing about the next one.
    if kind == Secret.type.groupKind, namespace == facts.configuration?.secretNamespace { probes[name] = nil }
    return change(of: kind, at: key, from: fleetBefore)
  }

  /// The clusters that the gateway should be able to reach: it is available, and has a credential for them.
  public var reachableClusters: Set<String> {
    gateway == .available ? Set(withCredential) : []
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
    guard clusters[cluster] != nil, probes[cluster] != probe else { return Change() }
    probes[cluster] = probe
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
    guard observation != serving, observation.serves || !probes.values.contains(.reached) else {
      return Change()
    }
    serving = observation
    return Change(keys: [.installation])
  }

  private mutating func take(_ object: DynamicObject) {
    let (kind, metadata) = (object.groupKind, object.metadata)
    switch key(for: object) {
    case .installation: shared.remove(kind, namespace: metadata.namespace, name: metadata.name)
    case .cluster(let name):
      changeCluster(name) { $0.remove(kind, namespace: metadata.namespace, name: metadata.name) }
      fleet.count(object, in: places, by: -1)
    }
  }

  private func key(for object: DynamicObject) -> ReconcileKey { places.key(for: object) }

  @discardableResult
  private mutating func place(_ object: DynamicObject) -> ReconcileKey {
    let key = self.key(for: object)
    switch key {
    case .installation: shared.insert(object)
    case .cluster(let name):
      changeCluster(name) { $0.insert(object) }
      fleet.count(object, in: places)
    }
    return key
  }

  /// Changes the objects of a cluster, and counts whether it lacks a copy of its gateway Secret.
  private mutating func changeCluster(_ name: String, _ body: (inout ObservedObjects) -> Void) {
    let before = places.lacksCopy(clusters[name])
    body(&clusters[name, default: ObservedObjects(unobserved: unobserved)])
    let after = places.lacksCopy(clusters[name])
    fleet.uncopied += (after ? 1 : 0) - (before ? 1 : 0)
    let hasCredential = places.hasCredential(of: name, clusters[name])
    if hasCredential != withCredential.contains(name) {
      if hasCredential { withCredential.insert(name) } else { withCredential.remove(name) }
      reachability.areClustersStale = true
    }
    setSummary(clusters[name].flatMap { places.summary(of: name, $0) }, of: name)
  }

  private mutating func setSummary(_ summary: ClusterSummary?, of name: String) {
    guard summaries[name] != summary else { return }
    summaries[name] = summary
    isFleetHealthStale = true
  }

  /// Sums up how the clusters do. Not done with every event: each sum is a write of the configuration's status.
  mutating func sumUpFleetHealth() -> Change {
    guard isFleetHealthStale else { return Change() }
    isFleetHealthStale = false
    measures = FleetMeasures(summaries.values)
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
    if facts.gatewayIsDown, !before.gatewayIsDown { probes = [:] }
    guard facts != before else { return Change() }
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

  private mutating func change(
    of kind: GroupKind, at key: ReconcileKey, from fleetBefore: FleetFacts
  ) -> Change {
    var change = Change(keys: [key])
    switch key {
    case .installation:
      if HubModel.decisive.contains(kind) { change.formUnion(readFacts()) }
      let places = HubPlaces(
        identity: identity, configuration: facts.configuration, former: facts.former)
      if places != self.places { repartition(places) }
      readCertificates()
    case .cluster:
      // Of the clusters, the installation's plan depends on the counters alone.
      if fleet != fleetBefore { change.keys.insert(.installation) }
    }
    return change
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
    let everything = shared.everything + clusters.values.flatMap(\.everything)
    self.places = places
    shared = ObservedObjects(unobserved: unobserved)
    clusters = [:]
    summaries = [:]
    withCredential = []
    reachability.areClustersStale = true
    isFleetHealthStale = true
    fleet = FleetFacts(health: fleet.health)
    for object in everything { place(object) }
  }
}

/// The changes of which clusters are to be asked for their health.
package struct ReachabilityChanges: Sendable, Hashable {
  /// The clusters that should be reachable, where they have changed.
  package var clusters: Set<String>?
  /// Those whose token, rights or own availability have changed.
  package var hurried: Set<String> = []
}
