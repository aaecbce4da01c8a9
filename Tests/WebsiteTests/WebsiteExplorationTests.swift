import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing
import Website

/// The website operator with every crash, lost answer, refusal, stale view and former leader, up to
/// two of them.
@Suite struct WebsiteExplorationTests {
  private func explore(
    _ controller: Controller<Website, DNSChange>, faults: Int = 2, others: [any SimulatedController] = []
  ) throws -> ControllerExploration<Website, DNSChange>.Report {
    var start = try ControllerHarness(controller, definitions: [Website.definition], at: now, others: others)
    try start.create(site)
    return ControllerExploration(
      start, events: [.init("the website is deleted") { _ = $0.handle(.delete(site.key), at: $1) }],
      maximumFaults: faults,
      whenConverged: { server, effects in
        if server.object(site.key) != nil { return "the website is still there" }
        return effects.isEmpty || effects.last == .withdraw(host: site.spec.host)
          ? nil : "the DNS record is left"
      }
    ).run()
  }

  @Test func `no fault leaves a DNS record behind`() throws {
    let report = try explore(Website.controller)
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }

  @Test func `no order in which the pods come leaves a DNS record behind`() throws {
    let report = try explore(Website.controller, faults: 0, others: [DirectDeploymentController()])
    #expect(report.violation == nil && report.isComplete && report.cases > 100, "\(report)")
  }

  @Test func `a record that is published without a finalizer is found to be left behind`() throws {
    let careless = Controller(Website.self, effects: DNSChange.self, fieldManager: "website-operator") {
      site in
      _ = site.perform(.publish(host: site.object.spec.host))
    }
    let violation = try #require(try explore(careless).violation)
    #expect(violation.problem == "the DNS record is left", "\(violation)")
  }

  @Test func `a controller that makes what it doesn't own is found to lack the right`() throws {
    let blind = Controller(Website.self, effects: DNSChange.self, fieldManager: "website-operator") { site in
      site.ensure(
        ConfigMap(
          metadata: ObjectMeta(
            name: site.object.metadata.name + "-\(site.performed.count)",
            namespace: site.object.metadata.namespace), data: ["at": "\(site.now)"]))
    }
    let violation = try #require(try explore(blind).violation)
    #expect(violation.problem.contains("say .owns(ConfigMap.self)"), "\(violation)")
  }
}

private let now = Date(timeIntervalSince1970: 1_800_000_000)
private let site = Website(
  metadata: ObjectMeta(name: "shop", namespace: "default"),
  spec: .init(host: "shop.example.com", image: "shop:1"))
