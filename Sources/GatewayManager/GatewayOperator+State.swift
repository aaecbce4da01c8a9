import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeReconcile
import KubeRuntime

extension GatewayOperator {
  /// Requests that are no patch of a plan, by what they are for.
  enum Request: Hashable {
    case event(namespace: String)
    case gatewayProbe
    case clusterProbe
    case healthReport
  }

  struct State {
    var model: HubModel
    /// What is watched, with what each watch has delivered.
    var stores: [ObjectSelection: ObjectStore] = [:]
    /// What must be watched for a plan to be made from the whole view.
    var required: Set<ObjectSelection>
    /// The watches that have delivered a first list.
    var synced: Set<ObjectSelection> = []
    /// The watches that the API server refuses.
    var refused: Set<ObjectSelection> = []
    /// The configuration that decides what is watched: the last valid one.
    var watched: ClusterGatewayConfiguration.Spec?
    var refusals: [ReconcileKey: [Refusal]] = [:]
    /// What was refused besides plans' patches.
    var otherRefusals: [Request: Refusal] = [:]
    var findings: [ReconcileKey: [Finding]] = [:]
    var failures: [ReconcileKey: String] = [:]
    var writes = 0
    /// The clusters that were asked for their health.
    var asked: Set<String> = []
    /// The servers that the newest plan wants to be looked at.
    var looks: [ServerLook] = []
    /// The gateway that the newest plan wants to be asked, and the one that was asked last.
    var servingProbe: ServingProbe?
    var askedGateway: ServingProbe?

    var isSynced: Bool { required.isSubset(of: synced.union(refused)) }
  }
}

extension GatewayOperator.State {
  /// Decides what is watched, and must be for a plan, by what is known; returns all of it. A configuration
  /// that is missing or invalid tears nothing down: what was watched is watched on.
  mutating func select(endpointSlices: ResourceType) -> Set<ObjectSelection> {
    watched = model.facts.configuration ?? watched
    let table = GatewayTable(
      identity: model.identity, configuration: watched, configurationName: model.facts.configurationName,
      former: model.facts.former, endpointSlices: endpointSlices)
    // At once, and not when the watches begin: no plan is made in between without what they will bring.
    required = Set(table.requiredSelections)
    let selections = Set(table.selections)
    refused.formIntersection(selections)
    return selections
  }

  /// Records what was refused of a plan. What a plan that broke off did not get to is as it was.
  mutating func record(_ outcome: PlanApplier.Outcome, of key: ReconcileKey) -> HubModel.Change {
    let isWhole = outcome.failure?.isRefusal ?? true
    let earlier = isWhole ? [] : (refusals[key] ?? []).filter { !outcome.refusals.contains($0) }
    let all = earlier + outcome.refusals
    refusals[key] = all.isEmpty ? nil : all
    return shareRefusals()
  }

  /// Passes what is refused on to the model.
  mutating func shareRefusals() -> HubModel.Change {
    // Of what many clusters have in common the first is enough.
    var shown = refusals[.installation] ?? []
    let others = (refusals.filter { $0.key != .installation }.flatMap(\.value) + otherRefusals.values)
      .sorted { $0.description < $1.description }
    for refusal in others
    where !shown.contains(where: { $0.verb == refusal.verb && $0.resource == refusal.resource }) {
      shown.append(refusal)
    }
    return model.setRefusals(shown)
  }

  /// Draws one object's change into the model. An object is gone when no watch has it any more.
  mutating func take(
    _ change: ObjectStore.Change, of selection: ObjectSelection
  ) -> HubModel.Change {
    if let new = change.new { return model.insert(new) }
    guard let old = change.old else { return HubModel.Change() }
    let (kind, metadata) = (old.groupKind, old.metadata)
    let isHeld = stores.contains { other, store in
      other != selection && other.type.groupKind == kind
        && store.object(namespace: metadata.namespace, name: metadata.name) != nil
    }
    if isHeld { return HubModel.Change() }
    return model.remove(kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid)
  }
}
