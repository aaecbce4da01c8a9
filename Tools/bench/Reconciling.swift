import Allocator
import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsApps
import KubeReconcile
import KubeSchemas

@MainActor
func measureReconcile(_ harness: Harness) async throws {
  let hub = try Hub(clusters: 20)
  let state = hub.model.hub
  await harness.rate("Plan of one converged cluster", unit: "plans/s", amount: 200) {
    for _ in 0..<10 { for cluster in state.clusters { consume(reconcileCluster(cluster, at: Hub.now)) } }
  }
  await harness.rate("Plan of the converged installation", unit: "plans/s", amount: 50) {
    for _ in 0..<50 { consume(reconcileInstallation(state.installation, at: Hub.now)) }
  }
  try await measureDrift(harness, hub)
  for clusters in [1_000, 10_000] {
    let model = try hub.model(clusters: clusters)
    let state = model.hub
    let plan = reconcile(state, at: Hub.now)
    guard plan.patches.isEmpty else { fatalError("not converged: \(plan.patches[0])") }
    await harness.time(
      "Plan of the whole converged hub, \(clusters) clusters", unit: "ms", scale: 1e3,
      target: clusters == 10_000 ? .atMost(500) : nil
    ) {
      consume(reconcile(state, at: Hub.now))
    }
    await harness.time("Report on the whole converged hub, \(clusters) clusters", unit: "ms", scale: 1e3) {
      consume(await HubReport(model, at: Hub.now))
    }
  }
  for clusters in [100, 1_000, 10_000, 100_000] {
    try await measureEvents(harness, hub, clusters: clusters)
  }
}

/// Measures the cost of one event: its object is reduced and inserted into the model, and the input
/// of its plan is copied.
@MainActor
private func measureEvents(_ harness: Harness, _ hub: Hub, clusters: Int) async throws {
  guard let name = hub.model.clusterNames.last,
    let text = hub.documents(of: name).first(where: {
      $0.value(at: "metadata", "name") == "cluster-gateway" && $0["kind"] == "ManagedClusterAddOn"
    }).map({ JSONWriter().text($0) })
  else { fatalError("no add-on") }
  let before = Int(allocated_bytes())
  var model = try hub.model(clusters: clusters)
  harness.figure(
    "Memory of a cluster's objects, \(clusters) clusters", unit: "KB",
    value: Double(Int(allocated_bytes()) - before) / 1024 / Double(clusters))
  var version = 10_000_000
  let count = 1_000
  let documents = try (0..<count).map { number in
    try JSONParser().parse(
      text.replacingOccurrences(of: name, with: "many-\(number * 7 % clusters)"))
  }
  try await harness.time(
    "Event of one cluster taken in, \(clusters) clusters", unit: "µs", scale: 1e6, count: count,
    target: .atMost(30)
  ) {
    for number in 0..<count {
      version += 1
      var json = documents[number]
      json.set(.string("\(version)"), at: ["metadata", "resourceVersion"])
      json.set(.string("\(version)"), at: ["metadata", "annotations", "changed"])
      let change = model.insert(model.transform(try DynamicObject(json)))
      let name = "many-\(number * 7 % clusters)"
      guard change.keys == [.cluster(name)] else { fatalError("another change: \(change)") }
      consume(model.planner(for: .cluster(name)))
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
  let ownership = FieldOwnership(fieldManager: ManagerIdentity.fieldManager)
  guard try table.drift(desired: desired, observed: observed, ownership: ownership).isNone else {
    fatalError("the Deployment drifted")
  }
  try await harness.rate("Drift of the gateway's Deployment, none found", unit: "per s", amount: 200) {
    for _ in 0..<200 { consume(try table.drift(desired: desired, observed: observed, ownership: ownership)) }
  }
}
