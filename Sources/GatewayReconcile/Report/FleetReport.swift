/// The clusters of a hub, grouped by health, so that thousands fit on a page.
package struct FleetReport: Sendable, Hashable {
  /// The clusters with the same problem.
  package struct Group: Sendable, Hashable {
    /// Their health.
    package var health: ClusterReport.Health
    /// The reason why they aren't healthy.
    package var reason: String
    /// The message of the first of them.
    package var message: String
    /// Their names, sorted.
    package var names: [String]
  }

  /// The number of clusters.
  package private(set) var count = 0
  /// The number of healthy clusters.
  package private(set) var healthy = 0
  /// The number of clusters that the gateway should access.
  package private(set) var entered = 0
  /// The clusters that aren't healthy: unhealthy ones first, then the largest groups first.
  package private(set) var groups: [Group] = []

  /// Whether every cluster that the gateway should access is healthy.
  package var isHealthy: Bool { healthy == entered }

  /// The counts for people: `2 of 3 healthy, 1 excluded`.
  package var summary: String {
    let excluded = count - entered
    let text = "\(healthy) of \(entered) healthy"
    return excluded == 0 ? text : "\(text), \(excluded) \(ClusterReport.Health.excluded.text)"
  }

  /// Creates the report on the clusters of `reports`.
  package init(_ reports: some Sequence<ClusterReport>) {
    var groups: [Key: Group] = [:]
    for report in reports {
      count += 1
      if report.health != .excluded { entered += 1 }
      guard report.health != .healthy else {
        healthy += 1
        continue
      }
      let isExcluded = report.health == .excluded
      let key = Key(
        health: report.health, reason: report.reason, message: isExcluded ? report.message : "")
      groups[
        key,
        default: Group(health: report.health, reason: report.reason, message: report.message, names: [])
      ].names.append(report.name)
    }
    self.groups = groups.values.map { group in
      var group = group
      group.names.sort()
      return group
    }.sorted { left, right in
      (FleetReport.rank(left.health), -left.names.count, left.reason, left.message)
        < (FleetReport.rank(right.health), -right.names.count, right.reason, right.message)
    }
  }

  private struct Key: Hashable {
    var health: ClusterReport.Health
    var reason: String
    var message: String
  }

  private static func rank(_ health: ClusterReport.Health) -> Int {
    switch health {
    case .unhealthy: 0
    case .unknown: 1
    case .excluded: 2
    case .healthy: 3
    }
  }
}
