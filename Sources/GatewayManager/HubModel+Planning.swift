import GatewayAPI
public import GatewayReconcile
public import KubeCore
public import KubeReconcile

public import struct Foundation.Date

extension HubModel: ControllerModel {
  /// The installation, and every cluster that is there or left something behind.
  public var keys: [ReconcileKey] { [.installation] + clusterNames.map { .cluster($0) } }

  /// Takes an object out that is gone.
  public mutating func remove(_ object: DynamicObject) -> Change {
    remove(
      object.groupKind, namespace: object.metadata.namespace, name: object.metadata.name,
      uid: object.metadata.uid)
  }

  /// Records what can't be read. Once all is known that plans need, the fleet's health is summed up.
  public mutating func setObserved(
    listed: Set<ObjectSelection>, refused: Set<ObjectSelection>
  ) -> Change {
    var change = setUnobserved(refused)
    if requiredSelections.isSubset(of: listed.union(refused)) { change.formUnion(sumUpFleetHealth()) }
    return change
  }

  /// Records the requests that are refused. Of what many clusters have in common the first is enough.
  public mutating func setRefusals(_ refusals: [ReconcileKey: [Refusal]], others: [Refusal]) -> Change {
    let own = refusals[.installation] ?? []
    let known = Set(own.map(Request.init))
    var first: [Request: Refusal] = [:]
    func take(_ refusal: Refusal) {
      let request = Request(refusal)
      guard !known.contains(request) else { return }
      if let earlier = first[request], !refusal.precedes(earlier) { return }
      first[request] = refusal
    }
    for (key, refusals) in refusals where key != .installation { refusals.forEach(take) }
    others.forEach(take)
    return setRefusals(own + first.values.sorted { $0.description < $1.description })
  }

  /// What refusals of many clusters have in common.
  private struct Request: Hashable {
    var verb: String
    var type: ResourceType
    var subresource: String?

    init(_ refusal: Refusal) {
      verb = refusal.verb
      type = refusal.target.type
      subresource = refusal.subresource
    }
  }

  /// Plans the installation or one cluster.
  public func reconcile(_ key: ReconcileKey, at now: Date) -> GatewayPlan {
    switch key {
    case .installation: reconcileInstallation(installation, at: now)
    case .cluster(let name): HubModel.plan(cluster(name), at: now, statusDelay: statusDelay)
    }
  }

  /// Plans one cluster, without a status that is about to change while the add-on is young: each write of it would be
  /// followed by another at once.
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

  /// Plans from what the key's plan needs, and holds nothing else of the model.
  public func planner(for key: ReconcileKey) -> @Sendable (Date) -> GatewayPlan {
    switch key {
    case .installation:
      let state = installation
      return { reconcileInstallation(state, at: $0) }
    case .cluster(let name):
      let (state, statusDelay) = (cluster(name), statusDelay)
      return { HubModel.plan(state, at: $0, statusDelay: statusDelay) }
    }
  }

  /// Of a cluster; how old certificates are is part of the installation, and changes by itself.
  public func revision(of key: ReconcileKey) -> PlanRevision? {
    switch key {
    case .installation: nil
    case .cluster(let name): revision(of: name)
    }
  }
}

extension Refusal {
  /// Whether it is the one to show of two refusals of the same request: always the same one of those that there are.
  fileprivate func precedes(_ other: Refusal) -> Bool {
    (target.namespace ?? "", target.name) < (other.target.namespace ?? "", other.target.name)
  }
}
