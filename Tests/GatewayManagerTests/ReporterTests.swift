import Foundation
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTransport
import Logging
import Testing

@testable import GatewayManager

/// The gauges of missing rights and of certificates.
@Suite(.timeLimit(.minutes(5))) struct ReporterTests {
  private let metrics = PrometheusMetrics(descriptions: [])

  /// The values by series of the metrics with a name that begins like this.
  private func values(_ prefix: String) -> [String: Double] {
    let samples = metrics.text.split(separator: "\n").filter { $0.hasPrefix(prefix) }.map { line in
      line.split(separator: " ").map(String.init)
    }
    return Dictionary(samples.map { ($0.first ?? "", $0.last.flatMap(Double.init) ?? .nan) }) { $1 }
  }

  @Test func `a right is missing until no request is refused for want of it`() {
    let reporter = RefusalReporter(
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), metrics: metrics)
    func report(_ names: [String], cause: Refusal.Cause = .rightsMissing) -> [Double] {
      let refusals = names.map { name in
        Refusal(
          verb: "create", target: ObjectKey(Secret.type, namespace: "ops", name: name), cause: cause,
          message: "")
      }
      reporter.report(writes: refusals, watches: [], on: nil, by: nil)
      return Array(values("gateway_rights_missing{").values)
    }
    #expect(report(["a"]) == [1])
    #expect(
      values("gateway_rights_missing{").keys.first
        == #"gateway_rights_missing{resource="secrets",resource_namespace="ops",verb="create"}"#)
    #expect(report(["a", "b"]) == [1])
    #expect(report(["b"]) == [1])
    #expect(report(["c"]) == [1])
    #expect(report(["c"], cause: .rejected) == [0])
    #expect(report([]) == [0])
  }

  @Test func `certificates that are gone have no times`() async throws {
    let hub = InMemoryCluster(try await ReportHub.shared.value, now: { ReportHub.time })
    let installation = try await HubLoader(KubeClient(hub, fieldManager: "test")).load().installation
    let reporter = CertificateReporter(metrics: metrics)
    reporter.report(installation, at: ReportHub.time, by: nil)
    let before = values("gateway_certificate_")
    #expect(before.count == 6)
    #expect(
      before[#"gateway_certificate_not_after_timestamp_seconds{certificate="serving"}"#]
        .map { $0 > ReportHub.time.timeIntervalSince1970 } == true, "\(before)")
    reporter.report(InstallationState(), at: ReportHub.time, by: nil)
    let after = values("gateway_certificate_")
    #expect(after.keys == before.keys && after.values.allSatisfy { $0 == 0 }, "\(after)")
  }

  /// A scrape adds these labels, and renames those of a metric that bear such a name.
  @Test func `no metric has a label that Prometheus gives its targets`() {
    let ofTargets: Set = ["job", "instance", "namespace", "pod", "service", "endpoint", "container", "node"]
    for metric in GatewayMetrics.descriptions {
      #expect(ofTargets.isDisjoint(with: metric.labels), "\(metric.name)")
    }
  }
}
