package import GatewayReconcile
package import KubeCore

/// The state of a hub for people: the gateway, its certificates, and every managed cluster.
package struct HubReport: Sendable {
  /// The time of the report.
  package var time: Date
  /// The gateway.
  package var gateway: GatewayReport
  /// The certificates.
  package var certificates: CertificateInventory
  /// The clusters, by name.
  package var clusters: [ClusterReport]

  /// The rights that the reader lacks.
  package var gaps: ReaderGaps { gateway.gaps }

  /// Creates a report on `model`, planned for `now`; clusters are planned concurrently.
  package init(_ model: HubCache, at now: Date) async {
    self.init(
      model, clusters: await HubReport.clusters(model.clusterNames, of: model, at: now), at: now)
  }

  /// Creates a report on `model` from earlier reports on its clusters.
  package init(_ model: HubCache, clusters: [ClusterReport], at now: Date) {
    time = now
    let installation = model.installation
    gateway = GatewayReport(installation, plan: reconcileInstallation(installation, at: now))
    certificates = CertificateInventory(installation, at: now)
    self.clusters = clusters
  }

  /// Returns reports on clusters, in the order of `names`; clusters that have left the hub are left
  /// out.
  package static func clusters(_ names: [String], of model: HubCache, at now: Date) async -> [ClusterReport] {
    let size = 128
    return await withTaskGroup(of: (Int, [ClusterReport]).self) { group in
      for start in stride(from: 0, to: names.count, by: size) {
        let part = names[start..<min(start + size, names.count)]
        group.addTask {
          (
            start,
            part.compactMap { name in
              let state = model.cluster(name)
              return ClusterReport(state, plan: reconcileCluster(state, at: now))
            }
          )
        }
      }
      var parts: [(Int, [ClusterReport])] = []
      for await part in group { parts.append(part) }
      return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
  }
}
