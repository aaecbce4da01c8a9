import GatewayManager
import GatewayReconcile
import KubeCore

/// Which clusters of a report are shown.
struct StatusView {
  /// Only those of these names; all where it is empty.
  var names: [String] = []
  /// Only those whose labels are selected.
  var selector = LabelSelector()
  /// Only those that aren't healthy, or not to be entered.
  var isUnhealthyOnly = false

  /// Whether every cluster is shown.
  var isWhole: Bool { names.isEmpty && selector.isEmpty && !isUnhealthyOnly }

  /// The clusters of `report` that are shown.
  func clusters(of report: HubReport) -> [ClusterReport] {
    let names = Set(names)
    return report.clusters.filter { cluster in
      (names.isEmpty || names.contains(cluster.name)) && selector.matches(cluster.labels)
        && (!isUnhealthyOnly || cluster.health == .unhealthy || cluster.health == .unknown)
    }
  }

  /// Throws where no cluster bears one of the names.
  func requireClusters(in report: HubReport) throws {
    let known = Set(report.clusters.map(\.name))
    guard let name = names.first(where: { !known.contains($0) }) else { return }
    throw CommandFailure(
      "\(name): there is no such ManagedCluster on the hub; `gateway-manager status` lists those that there are"
    )
  }
}
