import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsDiscovery
import KubeMemory
import KubeTransport
import OCMSimulator
import Testing

/// A probe of a pod that can't start, such as for a missing image: it has an address and no server.
@Suite(.timeLimit(.minutes(10))) struct UnreadyServerTests {
  private static let stuck = "10.255.0.1:9443"

  /// The servers that a rotation of the CA waits for, where every pod presents the new certificate
  /// but one, for which the probe returns `observation`.
  private func rotation(
    isReady: Bool?, _ observation: EndpointObservation?, others: EndpointObservation? = nil
  ) async throws -> Rotation {
    let harness = try HubHarness(OCMHub.direct)
    try await harness.converge()
    try await harness.send(
      .create(
        ObjectKey(EndpointSlice.type, namespace: "vela-system", name: "more"),
        EndpointSlice(
          metadata: ObjectMeta(
            name: "more", namespace: "vela-system", labels: ["kubernetes.io/service-name": "cluster-gateway"]),
          addressType: "IPv4",
          endpoints: [
            Endpoint(addresses: ["10.255.0.1"], conditions: EndpointConditions(ready: isReady))
          ], ports: [EndpointPort(port: 9443)]
        ).json, options: WriteOptions(fieldManager: "test")))
    try await harness.annotate(GatewayAnnotations.rotateCA, "1")
    try await harness.converge()
    for _ in 0..<10 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
    }
    var installation = try await HubLoader(harness.client).load().installation
    let leaf = try #require(installation.certificates.serving.leaf)
    let servers = try #require(CertificateRotation(installation, at: harness.clock.now)?.servers)
    #expect(servers.map(\.address).contains(Self.stuck) && servers.count > 1)
    for server in servers {
      installation.certificates.endpoints[server.address] = others ?? .presents(fingerprint: leaf.fingerprint)
    }
    installation.certificates.endpoints[Self.stuck] = observation
    installation.certificates.servedFor = .seconds(3600)
    for ca in installation.certificates.bundle {
      installation.certificates.trustedFor[ca.fingerprint] = .seconds(3600)
    }
    return try #require(CertificateRotation(installation, at: harness.clock.now)).rotation
  }

  @Test func `an unready pod that refuses connections is not awaited`() async throws {
    #expect(try await rotation(isReady: false, .notListening).phase == .retiring)
    for isReady in [true, nil] {
      let rotation = try await rotation(isReady: isReady, .notListening)
      #expect(rotation.phase == .awaitingServers(unseen: 1))
      #expect(rotation.unseenServers == [Self.stuck: "it refuses connections"])
    }
  }

  /// Some networks refuse the manager's connections instead of dropping them, which shows nothing.
  @Test func `a refusal shows nothing about a pod that was never seen`() async throws {
    let rotation = try await rotation(isReady: false, .notListening, others: .notListening)
    #expect(rotation.phase.code == "AwaitingServers" && rotation.unseenServers[Self.stuck] != nil)
  }

  @Test func `a pod with a listening server is awaited, ready or not`() async throws {
    for observation: EndpointObservation? in [nil, .unseen(reason: "late"), .presents(fingerprint: "former")]
    {
      #expect(try await rotation(isReady: false, observation).phase == .awaitingServers(unseen: 1))
    }
  }
}
