import Foundation
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

@testable import gateway_manager

/// The verdicts of `doctor`.
@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
  private func examine(_ server: MemoryAPIServer) async throws -> Examination {
    let clock = ServerClock(InMemoryCluster(server).transport(as: .admin))
    return try await Doctor(
      client: KubeClient(clock, fieldManager: "test"), clock: clock, identity: ManagerIdentity(),
      asksForSelf: true
    ).examine()
  }

  private func checks(_ title: String, _ examination: Examination) -> [Examination.Check] {
    examination.sections.first { $0.title == title }?.checks ?? []
  }

  @Test func `an available API of another gateway is a problem`() async throws {
    var server = try TestHub.server(clusters: [])
    let service = APIService(
      metadata: ObjectMeta(name: GatewayNames.apiService),
      spec: APIServiceSpec(
        group: "cluster.core.oam.dev", version: "v1alpha1",
        service: ServiceReference(namespace: "elsewhere", name: "another-gateway", port: 443),
        groupPriorityMinimum: 5000, versionPriority: 10))
    try server.require(
      .create(service.key, service.json, options: WriteOptions(fieldManager: "test")), at: Date())
    let available = Condition(type: "Available", status: .true, reason: "Passed", message: "")
    try server.require(
      .mergePatch(
        service.key, ["status": ["conditions": [available.json]]], subresource: "status",
        options: WriteOptions(fieldManager: "test")), at: Date())
    let examination = try await examine(server)
    let check = checks("Aggregation", examination).first { $0.title == GatewayNames.apiService }
    #expect(check?.verdict == .bad && check?.code == "ForeignAPIService", "\(examination)")
    #expect(check?.detail.contains("elsewhere/another-gateway") == true)
    #expect(examination.isBad)
  }

  @Test func `credentials that are mounted where they are must exist`() async throws {
    var spec = OCMHub.tunneled
    spec.installNamespace = OCMHub.addOnNamespace
    for credentials in [OCMHub.ProxyCredentials.example, nil] {
      var server = MemoryAPIServer(at: Date())
      try OCMHub(configuration: spec, proxyCredentials: credentials).install(on: &server, at: Date())
      server.setAuthorization(.rbac, at: Date())
      let checks = checks("Proxy credentials", try await examine(server))
      #expect(checks.count == 2)
      #expect(
        checks.allSatisfy { $0.verdict == (credentials == nil ? .bad : .good) }, "\(checks)")
    }
  }

  @Test func `a failed check is the exit code 1`() async throws {
    var server = MemoryAPIServer(at: Date())
    try OCMHub(configuration: OCMHub.tunneled).install(on: &server, at: Date())
    server.setAuthorization(.rbac, at: Date())
    try await TestHub.open(server, as: .admin) { hub in
      let ending = try await Program.run("doctor", "--kubeconfig", hub.kubeconfig())
      ending.expectDiscretion()
      #expect(ending.code == 1, "\(ending.output) \(ending.errors)")
      #expect(ending.output.contains("Proxy credentials\n") && ending.output.contains("  ✘ "))
    }
  }
}
