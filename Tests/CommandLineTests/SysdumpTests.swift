import ArgumentParser
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeYAML
import Testing

@testable import gateway_manager

/// The choice of `sysdump`.
@Suite struct SysdumpTests {
  @Test func `clusters that the gateway shouldn't access take no place from those with a problem`()
    async throws
  {
    let time = try #require(Timestamp(rfc3339: PlanTests.early)?.date)
    let objects = try YAMLReader().objects(Array(fixture().text(Fixture.taken).utf8), file: "hub.yaml")
    var report = await HubReport(
      HubCache(identity: ManagerIdentity(), objects: objects.map(\.object)), at: time)
    let sample = try #require(report.clusters.first)
    func clusters(_ names: [String], _ health: ClusterReport.Health) -> [ClusterReport] {
      names.map { name in
        var cluster = sample
        (cluster.name, cluster.health) = (name, health)
        return cluster
      }
    }
    let excluded = (0..<SysdumpCommand.maximumClusters).map { "a\($0)" }
    report.clusters =
      clusters(excluded, .excluded) + clusters(["b"], .healthy) + clusters(["c"], .unknown)
      + clusters(["d"], .unhealthy)
    let selected = try SysdumpCommand.parse([]).selected(of: report)
    #expect(selected.prefix(2) == ["d", "c"])
    #expect(selected.count == SysdumpCommand.maximumClusters && !selected.contains("b"))
    #expect(try SysdumpCommand.parse(["b", "a1"]).selected(of: report) == ["b", "a1"])
  }
}
