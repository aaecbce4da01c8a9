/// The clusters of a hub by how they do, so that thousands fit on a page.
package struct FleetReport: Sendable, Hashable {
  /// Clusters with the same trouble.
  package struct Group: Sendable, Hashable {
    /// How they do.
    package var health: ClusterReport.Health
    /// Why they aren't healthy.
    package var reason: String
    /// What the first of them says.
    package var message: String
    /// Their names, sorted.
    package var names: [String]
  }

  /// How many clusters there are.
  package private(set) var count = 0
  /// How many of them are healthy.
  package private(set) var healthy = 0
  /// How many of them the gateway is to enter.
  package private(set) var entered = 0
  /// The others: unhealthy ones first, the largest groups first.
  package private(set) var groups: [Group] = []

  /// Whether every cluster that the gateway is to enter is healthy.
  package var isHealthy: Bool { healthy == entered }

  /// The counts for people: `2 of 3 healthy, 1 not entered`.
  package var summary: String {
    let excluded = count - entered
    let text = "\(healthy) of \(entered) healthy"
    return excluded == 0 ? text : "\(text), \(excluded) \(ClusterReport.Health.excluded.text)"
  }

  /// The clusters of `reports`.
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
