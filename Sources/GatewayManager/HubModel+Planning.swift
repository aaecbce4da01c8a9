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
    var shown = refusals[.installation] ?? []
    let common = (refusals.filter { $0.key != .installation }.flatMap(\.value) + others)
      .sorted { $0.description < $1.description }
    for refusal in common
    where !shown.contains(where: { $0.verb == refusal.verb && $0.resource == refusal.resource }) {
      shown.append(refusal)
    }
    return setRefusals(shown)
  }

  /// Plans the installation or one cluster.
  public func reconcile(_ key: ReconcileKey, at now: Date) -> GatewayPlan {
    switch key {
    case .installation: reconcileInstallation(installation, at: now)
    case .cluster(let name): reconcileCluster(cluster(name), at: now)
    }
  }
}
