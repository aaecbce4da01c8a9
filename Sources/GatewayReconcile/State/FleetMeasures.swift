package import KubeCore

/// The metrics of all clusters that the gateway is to access. No plan depends on them.
package struct FleetMeasures: Sendable, Hashable {
  /// A condition of the clusters' ManagedClusterAddOns, and one of its statuses.
  package struct ConditionStatus: Sendable, Hashable {
    /// The condition's type.
    package var condition: String
    /// The status.
    package var status: Condition.Status

    /// A condition and a status.
    package init(condition: String, status: Condition.Status) {
      self.condition = condition
      self.status = status
    }
  }

  /// The number of clusters by condition and status, zeros included.
  package private(set) var clusters: [ConditionStatus: Int] = [:]
  /// The number of clusters for which the gateway has no credential with rights there.
  package private(set) var withoutIdentity = 0
  /// The first expiry of the clusters' tokens, from their ManagedServiceAccounts; at least a second
  /// after the beginning of 1970.
  package private(set) var firstTokenExpiry: Date?

  /// The first time that the metric can hold, in which 0 means that there is no token: a cluster
  /// may report any time.
  private static let earliestExpiry = Date(timeIntervalSince1970: 1)

  /// Creates the metrics of clusters with these summaries.
  package init(_ clusters: some Sequence<ClusterSummary>) {
    for type in ClusterSummary.conditionTypes {
      for status in [Condition.Status.true, .false, .unknown] {
        self.clusters[ConditionStatus(condition: type, status: status)] = 0
      }
    }
    for cluster in clusters {
      for (type, status) in zip(ClusterSummary.conditionTypes, cluster.statuses) {
        guard let status else { continue }
        self.clusters[ConditionStatus(condition: type, status: status), default: 0] += 1
      }
      if !cluster.hasIdentity { withoutIdentity += 1 }
      guard let expiry = cluster.tokenExpiry.map({ max($0, Self.earliestExpiry) }) else { continue }
      firstTokenExpiry = firstTokenExpiry.map { min($0, expiry) } ?? expiry
    }
  }
}
