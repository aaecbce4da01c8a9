public import CertificatePolicy
import GatewayAPI
public import GatewayReconcile
import HashTreeCollections
public import KubeCore
import KubeKindsCore
public import KubeKindsDiscovery
public import KubeReconcile

/// A hub's model, filled by watches: the shared objects, each cluster's objects, and counters
/// updated with each object, so that the cost of an event and of a copy doesn't depend on the
/// number of clusters.
public struct HubCache: Sendable {
  /// The effect of a change of the model on plans.
  public typealias Change = ModelChange<ReconcileKey>

  /// The manager's identity.
  public let identity: ManagerIdentity
  private var shared = ObservedObjects()
  private var clusters: TreeDictionary<String, ClusterRecord> = [:]
  /// The numbers of changes: of what clusters' plans share, and of clusters.
  private var revision = PlanRevision(own: 0, shared: 0)
  /// The changes since the last call of ``takeReachabilityChanges()``.
  private var reachability = (areClustersStale: false, hurried: Set<String>())
  private var fleet = FleetFacts()
  /// The fleet's measures, as of the last summary of its health.
  private(set) var measures = FleetMeasures([])
  /// Whether a cluster's summary has changed since the last summary of the fleet's health.
  private(set) var isFleetHealthStale = false
  /// Whether the gateway's API is served.
  private var gateway = GatewayHealth(ObservedObjects(), spec: nil)
  private var places: HubPlaces
  /// The selections that could not be read.
  public private(set) var unobserved: Set<ObjectSelection> = []
  /// The requests that the API server refused.
  public private(set) var refusals: [Refusal] = []
  private var reader = CertificateReader()
  private var certificates = CertificateObservations()
  private var ages = ObservationAges()
  private var serving: ServingObservation?
  private let uptime: @Sendable () -> Duration
  private let reducer = HubReduction()
  /// Certificates that were issued and have not been observed on the hub yet.
  public var issued: [IssuedCertificate] = []
  /// The facts about the installation that the clusters' plans use.
  public private(set) var facts = InstallationFacts()
  private let endpointSlices: ResourceType
  let statusDelay: Duration
  private let asksClusters: Bool
  /// The last valid configuration, which decides the selections.
  private var watched: ClusterGatewayConfiguration.Spec?
  /// The selections that are listed and watched now.
  public private(set) var selections: Set<ObjectSelection> = []
  /// The selections without which no plan is made, unless they are refused.
  public private(set) var requiredSelections: Set<ObjectSelection> = []

  /// Creates a hub of which nothing is known.
  ///
  /// - Parameters:
  ///   - identity: The manager's identity.
  ///   - endpointSlices: EndpointSlices in the version that the API server serves; see
  ///     ``HubRequirements/endpointSlices(_:)``.
  ///   - statusDelay: The time for which a new add-on's status leaves out what is about to change.
  ///   - asksClusters: Whether clusters are probed through the gateway.
  ///   - uptime: The reading of a monotonic clock, by which the ages of observations are measured.
  public init(
    identity: ManagerIdentity, endpointSlices: ResourceType = EndpointSlice.type,
    statusDelay: Duration = .zero, asksClusters: Bool = false,
    uptime: @escaping @Sendable () -> Duration = HubCache.continuousUptime()
  ) {
    self.identity = identity
    self.endpointSlices = endpointSlices
    self.statusDelay = statusDelay
    self.asksClusters = asksClusters
    self.uptime = uptime
    places = HubPlaces(identity: identity)
    select()
  }

  /// Creates a hub that consists of these objects.
  public init(identity: ManagerIdentity, objects: some Sequence<DynamicObject>) {
    self.init(identity: identity)
    for object in objects { _ = insert(object) }
    _ = sumUpFleetHealth()
  }

  /// Returns a function for the time since this call, by the continuous clock.
  public static func continuousUptime() -> @Sendable () -> Duration {
    let start = ContinuousClock.now
    return { ContinuousClock.now - start }
  }

  /// A function that reduces an object to what the model holds of it.
  public var transform: @Sendable (DynamicObject) -> DynamicObject { { [reducer] in reducer.reduce($0) } }

  /// The names of all clusters that exist or have objects left on the hub.
  public var clusterNames: [String] { clusters.keys.sorted() }

  /// The observed state of the installation.
  public var installation: InstallationState {
    var certificates = certificates
    var ages = ages
    certificates.age(by: &ages, at: uptime())
    return InstallationState(
      identity: identity, objects: shared, certificates: certificates, issued: issued, fleet: fleet,
      refusals: refusals, serving: serving)
  }

  /// The observed state of one cluster.
  public func cluster(_ name: String) -> ClusterState {
    let record = clusters[name]
    return ClusterState(
      name: name, objects: record?.objects ?? ObservedObjects(unobserved: unobserved), installation: facts,
      probe: record?.probe,
      isProbeAwaited: asksClusters && gateway == .available && record?.probe == nil)
  }

  /// The revision of everything that a cluster's plan is made from except the time; `nil` for a
  /// cluster that has no objects on the hub.
  public func revision(of cluster: String) -> PlanRevision? {
    clusters[cluster].map { PlanRevision(own: $0.revision, shared: revision.shared) }
  }

  /// The whole hub.
  public var hub: HubState {
    HubState(installation: installation, clusters: clusterNames.map { cluster($0) })
  }

  /// The table of managed objects, as far as it is known.
  var table: GatewayTable {
    GatewayTable(
      identity: identity, configuration: facts.configuration, former: facts.former,
      endpointSlices: endpointSlices)
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

  /// The object with this kind and name; `nil` if it isn't known.
  public func object(_ kind: GroupKind, namespace: String?, name: String) -> DynamicObject? {
    if let object = shared[kind, namespace: namespace, name: name] { return object }
    for place in [namespace, name].compactMap({ $0 }) {
      if let object = clusters[place]?.objects[kind, namespace: namespace, name: name] { return object }
    }
    return nil
  }

  /// Inserts or updates an object. An object that is no newer than the known one is ignored.
  public mutating func insert(_ object: DynamicObject) -> Change {
    let (kind, metadata) = (object.groupKind, object.metadata)
    switch places.key(for: object) {
    case .installation:
      if let old = shared[kind, namespace: metadata.namespace, name: metadata.name],
        !object.isNewer(than: old)
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
    update(name, kind: kind) { objects in
      old = objects[kind, namespace: metadata.namespace, name: metadata.name]
      isNews = old.map { object.isNewer(than: $0) } ?? true
      // The same version comes from a write's answer and from a watch: the watch's is kept.
      if isNews || old.map({ object.isSameVersion(as: $0) }) ?? false {
        objects.insert(object.sharingCredential(of: objects))
      }
      return isNews
    }
    guard isNews else { return Change() }
    // No plan reads the changed fields: a plan with this version would be the same.
    if let old, !object.hasNewContent(after: old) { return Change() }
    if let old { fleet.count(old, in: places, by: -1) }
    fleet.count(object, in: places)
    if HubCache.decidesReachability(old, object) { reachability.hurried.insert(name) }
    var change = changeOfCluster(name, from: fleetBefore)
    if HubCache.isUrgent(object, after: old) { change.urgentKeys = change.keys }
    return change
  }

  /// Removes a deleted object.
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
        clusters[cluster]?.probe = nil
      }
      update(cluster, kind: kind) { objects in
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

  /// The clusters that the gateway should reach: it is available, and has a credential for them.
  public var reachableClusters: Set<String> {
    guard gateway == .available else { return [] }
    return Set(clusters.lazy.filter { $0.value.hasCredential }.map(\.key))
  }

  /// Returns the changes of the reachable clusters since the last call.
  mutating func takeReachabilityChanges() -> ReachabilityChanges {
    defer { reachability = (false, []) }
    return ReachabilityChanges(
      clusters: reachability.areClustersStale ? reachableClusters : nil, hurried: reachability.hurried)
  }

  /// Records the result of probing a cluster; `nil` if nothing is known. After a 503, which a
  /// broken pod of the gateway answers for every cluster, the gateway is probed again.
  public mutating func record(_ probe: ProbeResult?, of cluster: String) -> Change {
    guard let record = clusters[cluster], record.probe != probe else { return Change() }
    clusters[cluster]?.probe = probe
    countChange(of: cluster)
    let isDoubted = probe == .serviceUnavailable && serving?.serves ?? false
    if isDoubted { serving = nil }
    return Change(keys: isDoubted ? [.cluster(cluster), .installation] : [.cluster(cluster)])
  }

  /// Records the result of probing the gateway's pods while `leaf` was in the serving Secret.
  public mutating func record(_ endpoints: [String: EndpointObservation], since leaf: CertificateFacts?)
    -> Change
  {
    // Observations from before the certificate changed say nothing about the one presented now.
    guard certificates.serving.leaf == leaf else { return Change() }
    let before = certificates.endpoints
    certificates.endpoints.merge(endpoints) { $1 }
    return certificates.endpoints == before ? Change() : Change(keys: [.installation])
  }

  /// Records whether the gateway itself serves, `nil` if that isn't clear yet; the verdict on other
  /// pods is dropped, as their number may return. A failure is ignored while the last probe of some
  /// cluster succeeded, unless that of another was answered with 503, too.
  public mutating func record(_ serves: Bool?, by probe: ServingProbe) -> Change {
    let before = serving
    if serving?.probe != probe { serving = nil }
    let probes = clusters.values.lazy.map(\.probe)
    if let serves, serves || probes.contains(.serviceUnavailable) || !probes.contains(.reached) {
      serving = ServingObservation(probe: probe, serves: serves)
    }
    return serving == before ? Change() : Change(keys: [.installation])
  }

  /// Changes the objects of a cluster, and the counters if `body` returns that an object of `kind`
  /// has changed.
  private mutating func update(
    _ name: String, kind: GroupKind, _ body: (inout ObservedObjects) -> Bool
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

  /// Summarizes the clusters' health. Not called for every event: each summary is a write of the
  /// configuration's status.
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
    // Answers from before the gateway went down say nothing about those after it.
    if facts.gatewayIsDown, !before.gatewayIsDown {
      for name in clusters.keys { clusters[name]?.probe = nil }
    }
    guard facts != before else { return Change() }
    revision.shared &+= 1
    let isElsewhere =
      facts.configuration != before.configuration || facts.former != before.former
    if isElsewhere { select() }
    return Change(concernsEveryKey: true, changesSelections: isElsewhere)
  }

  /// Chooses the selections that are watched, and those that plans require. With a configuration
  /// that is missing or invalid the selections stay.
  private mutating func select() {
    watched = facts.configuration ?? watched
    let table = GatewayTable(
      identity: identity, configuration: watched, former: facts.former, endpointSlices: endpointSlices)
    selections = Set(table.selections)
    requiredSelections = Set(table.requiredSelections)
  }

  private mutating func changeOfInstallation(_ kind: GroupKind) -> Change {
    var change = Change(keys: [.installation])
    if HubCache.factInputs.contains(kind) { change.formUnion(readFacts()) }
    let places = HubPlaces(identity: identity, configuration: facts.configuration, former: facts.former)
    if places != self.places { repartition(places) }
    readCertificates()
    return change
  }

  private func changeOfCluster(_ name: String, from fleetBefore: FleetFacts) -> Change {
    // The installation's plan depends only on the counters over the clusters.
    fleet.matters(after: fleetBefore)
      ? Change(keys: [.cluster(name), .installation]) : Change(keys: [.cluster(name)])
  }

  private mutating func readCertificates() {
    let before = certificates
    certificates = reader.observations(
      of: shared, identity: identity, configuration: facts.configuration)
    if certificates.serving.leaf == before.serving.leaf { certificates.endpoints = before.endpoints }
    certificates.age(by: &ages, at: uptime())
  }

  /// Distributes every object according to other places.
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
        update(name, kind: object.groupKind) { objects in
          objects.insert(object)
          return true
        }
        fleet.count(object, in: places)
      }
    }
    for (name, probe) in probes { clusters[name]?.probe = probe }
  }
}
