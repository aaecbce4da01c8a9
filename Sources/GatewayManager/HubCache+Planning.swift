import GatewayAPI
public import GatewayReconcile
public import KubeCore
public import KubeReconcile

extension HubCache: ControllerModel {
  /// The installation, and every cluster that exists or has objects left on the hub.
  public var keys: [ReconcileKey] { [.installation] + clusterNames.map { .cluster($0) } }

  /// Removes a deleted object.
  public mutating func remove(_ object: DynamicObject) -> Change {
    remove(
      object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name,
      uid: object.metadata.uid)
  }

  /// Records what can't be read. Once everything that plans need is known, the fleet's health is
  /// summarized.
  public mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> Change {
    var change = setUnobserved(refused)
    if requiredSelections.isSubset(of: listed.union(refused)) { change.formUnion(sumUpFleetHealth()) }
    return change
  }

  /// Records the refused requests. Of the same request for many clusters the first is enough.
  public mutating func setRefusals(_ refusals: [ReconcileKey: [Refusal]], others: [Refusal]) -> Change {
    let own = refusals[.installation] ?? []
    let known = Set(own.map(Request.init))
    var first: [Request: Refusal] = [:]
    func record(_ refusal: Refusal) {
      let request = Request(refusal)
      guard !known.contains(request) else { return }
      if let earlier = first[request], !refusal.precedes(earlier) { return }
      first[request] = refusal
    }
    for (key, refusals) in refusals where key != .installation { refusals.forEach(record) }
    others.forEach(record)
    return setRefusals(own + first.values.sorted { $0.description < $1.description })
  }

  /// The request that refusals of many clusters have in common.
  private struct Request: Hashable {
    var verb: String
    var type: ResourceType
    var subresource: String?
    var isContended: Bool

    init(_ refusal: Refusal) {
      verb = refusal.verb
      type = refusal.target.type
      subresource = refusal.subresource
      isContended = refusal.cause == .contended
    }
  }

  /// Plans the installation or one cluster.
  public func reconcile(_ key: ReconcileKey, at now: Date) -> GatewayPlan {
    switch key {
    case .installation: reconcileInstallation(installation, at: now)
    case .cluster(let name): HubCache.plan(cluster(name), at: now, statusDelay: statusDelay)
    }
  }

  /// Plans one cluster. While the add-on is young, a status that is about to change is left out:
  /// each write of it would be followed by another at once.
  private static func plan(_ state: ClusterState, at now: Date, statusDelay: Duration) -> GatewayPlan {
    var plan = reconcileCluster(state, at: now)
    guard statusDelay > .zero, plan.patches.contains(where: \.isProvisional),
      let addOn = state.objects[
        ManagedClusterAddOn.type.groupKind, namespace: state.name, name: ManagerIdentity.addOnName],
      let made = addOn.metadata.creationTimestamp
    else { return plan }
    let wait = min(statusDelay, statusDelay - .seconds(now.timeIntervalSince(made)))
    guard wait > .zero else { return plan }
    plan.patches.removeAll(where: \.isProvisional)
    plan.requeue(after: wait)
    return plan
  }

  /// Returns a function that plans `key`, and holds only what that plan needs.
  public func planner(for key: ReconcileKey) -> @Sendable (Date) -> GatewayPlan {
    switch key {
    case .installation:
      let state = installation
      return { reconcileInstallation(state, at: $0) }
    case .cluster(let name):
      let (state, statusDelay) = (cluster(name), statusDelay)
      return { HubCache.plan(state, at: $0, statusDelay: statusDelay) }
    }
  }

  /// The revision of a cluster that has objects; `nil` for the installation, whose certificates'
  /// ages change by themselves.
  public func revision(of key: ReconcileKey) -> PlanRevision? {
    switch key {
    case .installation: nil
    case .cluster(let name): revision(of: name)
    }
  }
}

extension Refusal {
  /// Whether it is the one to show of two refusals of the same request: a fixed order, so that the
  /// choice is stable.
  fileprivate func precedes(_ other: Refusal) -> Bool {
    (target.namespace ?? "", target.name) < (other.target.namespace ?? "", other.target.name)
  }
}
