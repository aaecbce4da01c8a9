import Foundation
import GatewayAPI
import GatewayReconcile
import HubModel
import KubeCore
import KubeKindsApps
import KubeReconcile
import KubeSchemas

@MainActor
func measureReconcile(_ harness: Harness) async throws {
  for clusters in [200, 1_000, 3_500] {
    let hub = try Hub(clusters: clusters)
    let state = hub.model.hub
    await harness.time("Plan of the whole hub at rest, \(clusters) clusters", "ms", scale: 1e3) {
      consume(reconcile(state, at: Hub.now))
    }
    await harness.time("Report on the whole hub at rest, \(clusters) clusters", "ms", scale: 1e3) {
      consume(await HubReport(hub.model, at: Hub.now))
    }
    try await measureReading(harness, hub)
    try await measureEvents(harness, hub)
    guard clusters == 200 else { continue }

    await harness.rate("Plan of one cluster at rest", "plans/s", amount: Double(clusters)) {
      for cluster in state.clusters { consume(reconcileCluster(cluster, at: Hub.now)) }
    }
    await harness.rate("Plan of the installation at rest", "plans/s", amount: 50) {
      for _ in 0..<50 { consume(reconcileInstallation(state.installation, at: Hub.now)) }
    }
    try await measureDrift(harness, hub)
  }
}

/// What it costs to read the hub's objects of lists as the API server writes them, into a model.
@MainActor
private func measureReading(_ harness: Harness, _ hub: Hub) async throws {
  let lists = hub.model.selections.map { selection in
    let objects = hub.server.objects(selection.type, namespace: selection.namespace).filter(
      selection.contains)
    return JSONWriter(secrets: .revealed).bytes(["items": .array(objects.map(\.json))])
  }
  let size = lists.reduce(0) { $0 + $1.count }
  harness.figure("Lists of the hub, \(hub.model.clusterNames.count) clusters", "MB", Double(size) / 1e6)
  try await harness.time(
    "Lists of the hub read into a model, \(hub.model.clusterNames.count) clusters", "ms", scale: 1e3
  ) {
    var model = HubModel(identity: ManagerIdentity())
    for list in lists {
      for item in try JSONParser().parse(list)["items"]?.array ?? [] {
        _ = model.insert(try DynamicObject(item))
      }
    }
    consume(model)
  }
}

/// What one event costs the model, the cluster's state cut out for its plan included; also where a worker plans from a
/// copy of the model meanwhile.
@MainActor
private func measureEvents(_ harness: Harness, _ hub: Hub) async throws {
  try await measureEvents(harness, hub, isCopied: false)
  try await measureEvents(harness, hub, isCopied: true)
}

@MainActor
private func measureEvents(_ harness: Harness, _ hub: Hub, isCopied: Bool) async throws {
  let names = hub.model.clusterNames
  var model = hub.model
  var version = 10_000_000
  try await harness.time(
    "Event of one cluster taken in\(isCopied ? " beside a copy" : ""), \(names.count) clusters", "µs",
    scale: 1e6, count: 1_000
  ) {
    for number in 0..<1_000 {
      let copy = isCopied ? model : nil
      let name = names[number * 7 % names.count]
      guard
        let object = model.object(
          ManagedClusterAddOn.type.groupKind, namespace: name, name: "cluster-gateway")
      else { fatalError("no add-on") }
      version += 1
      var json = object.json
      json.set(.string("\(version)"), at: ["metadata", "resourceVersion"])
      let change = model.insert(try DynamicObject(json))
      guard change.keys == [.cluster(name)] else { fatalError("another change: \(change)") }
      consume(model.cluster(name))
      consume(copy)
    }
  }
}

@MainActor
private func measureDrift(_ harness: Harness, _ hub: Hub) async throws {
  let kind = Deployment.type.groupKind
  guard let desired = hub.desired[kind],
    let observed = hub.model.installation.objects.all(kind).first
  else { fatalError("no Deployment") }
  let table = FieldTables.builtIn.table(for: kind)
  let ownership = Ownership(fieldManager: ManagerIdentity.fieldManager)
  guard try table.drift(desired: desired, observed: observed, ownership: ownership).isNone else {
    fatalError("the Deployment drifted")
  }
  try await harness.rate("Drift of the gateway's Deployment, none found", "per s", amount: 200) {
    for _ in 0..<200 { consume(try table.drift(desired: desired, observed: observed, ownership: ownership)) }
  }
}
