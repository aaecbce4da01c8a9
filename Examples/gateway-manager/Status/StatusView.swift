import GatewayManager
import GatewayReconcile
import KubeCore

/// The selection of the clusters of a report.
struct StatusView {
  /// The names of the clusters to show; empty for all.
  var names: [String] = []
  /// The selector of the clusters' labels.
  var selector = LabelSelector()
  /// Whether healthy clusters, and those that the gateway shouldn't access, are left out.
  var isUnhealthyOnly = false

  /// Whether every cluster is shown.
  var isWhole: Bool { names.isEmpty && selector.isEmpty && !isUnhealthyOnly }

  /// The selected clusters of `report`.
  func clusters(of report: HubReport) -> [ClusterReport] {
    let names = Set(names)
    return report.clusters.filter { cluster in
      (names.isEmpty || names.contains(cluster.name)) && selector.matches(cluster.labels)
        && (!isUnhealthyOnly || cluster.health == .unhealthy || cluster.health == .unknown)
    }
  }

  /// Throws if no cluster has one of the names.
  func requireClusters(in report: HubReport) throws {
    let known = Set(report.clusters.map(\.name))
    guard let name = names.first(where: { !known.contains($0) }) else { return }
    throw CommandFailure(
      "\(name): there is no such ManagedCluster on the hub; `gateway-manager status` lists those that there are"
    )
  }
}
