import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTransport
import OCMSimulator
import Testing

/// The reason why a rotation of the CA waits is reported by the manager, which probes the pods,
/// and repeated by a process that only reads the hub.
@Suite(.timeLimit(.minutes(10))) struct ReportedMessageTests {
  @Test func `a process that only reads the hub repeats what the manager waits for`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    try await harness.annotate(GatewayAnnotations.rotateCA, "1")
    var words: [String] = []
    var earliest: [Date?] = []
    let asked = harness.clock.now
    for _ in 0..<90 {
      harness.clock.move(bySeconds: 10)
      try await harness.converge()
      // A new process without an endpoint probe.
      let model = try await HubLoader(KubeClient(harness.hub, fieldManager: "me")).load()
      let inventory = CertificateInventory(model.installation, at: harness.clock.now)
      if inventory.rotation?.rotation.phase.code == "PropagatingTrustBundle" {
        let next = try #require(inventory.entries.first { $0.role == .nextCA })
        earliest.append(next.nextActionAt)
      }
      guard inventory.rotation?.rotation.phase.code == "AwaitingServers", let phase = inventory.phase,
        phase.code == "AwaitingServers"
      else { continue }
      let word = phase.message
      words.append(word)
      let configuration = await harness.server.object(
        ClusterGatewayConfiguration.self, name: "cluster-gateway")
      #expect(configuration?.status.conditions.condition("CertificatesRotating")?.message == word)
      // It doesn't change the message.
      let plan = reconcileInstallation(model.installation, at: harness.clock.now)
      let kinds = plan.patches.map(\.target.type.kind)
      #expect(!kinds.contains("ClusterGatewayConfiguration"))
      #expect(!plan.findings.contains { $0.problem.contains("not probed") })
    }
    // The wait isn't five minutes from each reading.
    let times = Set(earliest.compactMap { $0 })
    #expect(earliest.count > 20 && times.count == 1)
    #expect(times.allSatisfy { (300...330).contains($0.timeIntervalSince(asked)) })
    #expect(words.contains { $0.contains(":9443; the first: it presents another certificate)") }, "\(words)")
    #expect(
      await harness.server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")?
        .status.conditions.condition("CertificatesRotating")?.reason == "NotRotating")
  }

  @Test func `a leaf certificate that expires with its CA is replaced with it`() async throws {
    var configuration = OCMHub.direct
    (configuration.certificates.validity, configuration.certificates.caValidity) = ("2400h", "2520h")
    let harness = try HubHarness(configuration)
    try await harness.converge()
    // Another leaf certificate, when the CA has less time left than a leaf's validity.
    harness.clock.move(bySeconds: 20 * 86_400)
    try await harness.annotate(GatewayAnnotations.rotateServing, "1")
    try await harness.converge()
    let model = try await HubLoader(harness.client).load()
    let inventory = CertificateInventory(model.installation, at: harness.clock.now)
    let serving = try #require(inventory.entries.first { $0.role == .serving })
    #expect(serving.nextAction == "reissued when the next CA signs, which is about to be created")
    let renewal = try #require(inventory.rotation?.rotation.ca.renewAt)
    #expect(serving.nextActionAt == renewal && renewal < (serving.facts?.notAfter ?? .distantPast))
  }
}
