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
    let selected = selected(of: report)
    guard isUnhealthyOnly else { return selected }
    return selected.filter { $0.health == .unhealthy || $0.health == .unknown }
  }

  /// The selected clusters that are left out although the gateway doesn't access them.
  func excludedClusters(of report: HubReport) -> [ClusterReport] {
    isUnhealthyOnly ? selected(of: report).filter { $0.health == .excluded } : []
  }

  private func selected(of report: HubReport) -> [ClusterReport] {
    let names = Set(names)
    return report.clusters.filter { cluster in
      (names.isEmpty || names.contains(cluster.name)) && selector.matches(cluster.labels)
    }
  }

  /// Whether the manager hasn't stopped, the gateway and the selected clusters have no problem, and
  /// those with one of `probes` have answered; `nil` if the reader lacks the right to see that.
  func isHealthy(
    _ report: HubReport, lease: ManagerLease? = nil, probes: [String: ProbeAttempt] = [:]
  ) -> Bool? {
    let gateway = report.gateway
    let outcomes = Set(clusters(of: report).compactMap { probes[$0.name]?.outcome })
    let clusters = clusters(of: report).filter { $0.health != .healthy && $0.health != .excluded }
    let isGatewayUnknown = if case .unknown = gateway.health { true } else { false }
    if clusters.contains(where: { $0.reason != ClusterReport.notReadable })
      || !gateway.isHealthy && !isGatewayUnknown || lease?.isRunning(at: report.time) == false
      || !outcomes.isSubset(of: [.answered, .forbidden])
    {
      return false
    }
    return isGatewayUnknown || report.gaps.hidesClusters || !clusters.isEmpty || outcomes.contains(.forbidden)
      ? nil : true
  }

  /// Throws if no cluster has one of the names, or if that can't be read.
  func requireClusters(in report: HubReport) throws {
    if let name = names.first, report.gaps.hidesClusters {
      throw CommandFailure(
        "\(name.orQuotes): whether there is such a ManagedCluster is not known: \(report.gaps.rightsToClusters)"
      )
    }
    let known = Set(report.clusters.map(\.name))
    guard let name = names.first(where: { !known.contains($0) }) else { return }
    throw CommandFailure(
      "\(name.orQuotes): there is no such ManagedCluster on the hub; `gateway-manager status` lists those that there are"
    )
  }
}
