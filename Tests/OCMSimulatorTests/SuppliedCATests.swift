import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeKindsDiscovery
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// A person's CA, written in each way during each rotation: it signs after the overlap, nothing
/// that is served loses trust on the way, and `certs` repeats the manager's message.
@Suite struct SuppliedCATests {
  private static let signer = ObjectKey(
    Secret.type, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")

  private func supply(_ way: SuppliedCA, in harness: HubHarness) async throws {
    let made = try CertificateAuthority.create(
      CertificateProfile.ca(commonName: "corporate").request(
        id: "ca", at: harness.clock.now, reason: "test"))
    let observed = try #require(await harness.server.object(Self.signer))
    try await harness.send(
      way.request(
        certificate: SecretBytes(utf8: made.certificatePEM), key: made.privateKeyPEM, into: observed))
  }

  /// Lets minutes pass, and compares the output of `certs` with the manager's message.
  private func pass(minutes: Int, in harness: HubHarness) async throws {
    for _ in 0..<minutes {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
      let model = try await HubLoader(KubeClient(harness.hub, fieldManager: "me")).load()
      let inventory = CertificateInventory(model.installation, at: harness.clock.now)
      let configuration = await harness.server.object(
        ClusterGatewayConfiguration.self, name: "cluster-gateway")
      let reported = configuration?.status.conditions.condition("CertificatesRotating")
      #expect(inventory.phase?.code == reported?.reason)
      #expect(inventory.phase?.message == reported?.message)
      // No problem, whatever rotates.
      #expect(inventory.entries.allSatisfy { $0.problem == nil }, "\(inventory.entries.map(\.problem))")
    }
  }

  /// Only some pairs are tried: the moment matters to the manager, and the way to the API server.
  @Test(
    arguments: zip(
      [SuppliedCA.apply, .apply, .apply, .apply, .mergePatch, .replace], [0, 2, 6, 8, 6, 2]))
  func `it signs after the overlap`(way: SuppliedCA, minutesAfterAnotherWasAskedFor minutes: Int) async throws
  {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.converge()
    if minutes > 0 {
      try await harness.annotate(GatewayAnnotations.rotateCA, "1")
      try await pass(minutes: minutes, in: harness)
    }
    try await supply(way, in: harness)
    try await pass(minutes: 16, in: harness)
    let serving = try #require(
      await harness.server.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert"))
    let leaf = try Certificate.first(pem: try #require(serving.data["tls.crt"]))
    #expect(leaf.facts.issuer == "CN=corporate")
    // An earlier request isn't repeated, and nothing is left of the other rotation.
    let secret = try #require(await harness.server.object(Self.signer))
    let keys = secret.json["data"]?.object.map { $0.map { $0.key } } ?? []
    #expect(Set(keys) == ["ca.crt", "ca.key"])
    let service = await harness.server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
    let bundle = TrustBundle(pem: SecretBytes(try #require(service?.spec.caBundle)))
    #expect(bundle.certificates.map(\.subject) == ["CN=corporate"])
    let configuration = await harness.server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")
    #expect(configuration?.status.conditions.condition("CertificatesRotating")?.status == .false)
  }

  @Test func `garbage that is supplied is named by the condition, and what is served stays`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.converge()
    try await harness.send(
      .mergePatch(
        Self.signer, ["data": ["ca.crt": .string(Base64.encode(Array("garbage".utf8)))]],
        options: WriteOptions(fieldManager: "kubectl")))
    harness.clock.move(bySeconds: 60)
    try await harness.converge()
    let configuration = await harness.server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")
    let conditions = configuration?.status.conditions
    let rotating = conditions?.condition("CertificatesRotating")
    #expect(rotating?.status == .unknown)
    #expect(rotating?.message.contains("cannot be read") ?? false, "\(rotating?.message ?? "")")
    #expect(conditions?.condition("Degraded")?.reason == "CurrentCAUnusable")
    #expect(conditions?.condition("ServingCertificateReady")?.status == .true)
  }

  @Test func `a second request waits for the rotation to end, and the condition says so`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.converge()
    try await harness.annotate(GatewayAnnotations.rotateCA, "1")
    try await pass(minutes: 2, in: harness)
    try await harness.annotate(GatewayAnnotations.rotateCA, "2")
    try await pass(minutes: 1, in: harness)
    func rotating() async -> Condition? {
      await harness.server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")?.status
        .conditions
        .condition("CertificatesRotating")
    }
    #expect(await rotating()?.message.contains("another CA was requested") ?? false)
    try await pass(minutes: 30, in: harness)
    #expect(await rotating()?.status == .false)
    #expect(
      await harness.server.object(Self.signer)?.metadata.annotations[GatewayAnnotations.rotatedFor] == "2")
  }

  /// The ways in which EndpointSlices don't list the gateway's pods.
  enum LostSlices: CaseIterable {
    /// The slices of a Service whose type has changed.
    case empty
    /// One pod is missing.
    case stale
    case absent

    func request(_ key: ObjectKey, _ slice: DynamicObject) -> KubeRequest {
      let endpoints = slice.json["endpoints"]?.array ?? []
      return switch self {
      case .empty: .mergePatch(key, ["endpoints": []])
      case .stale: .mergePatch(key, ["endpoints": .array(Array(endpoints.dropLast()))])
      case .absent: .delete(key)
      }
    }
  }

  @Test(arguments: LostSlices.allCases)
  func `the old CA stays while EndpointSlices don't name every ready pod`(_ lost: LostSlices) async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.converge()
    harness.controllers = SimulatedControllers(
      harness.controllers.all.filter { !($0 is EndpointSliceController) })
    for slice in await harness.server.objects(EndpointSlice.type) {
      let key = ObjectKey(
        EndpointSlice.type, namespace: slice.metadata.namespace, name: slice.metadata.name)
      try await harness.send(lost.request(key, slice))
    }
    try await harness.annotate(GatewayAnnotations.rotateCA, "1")
    for _ in 0..<30 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
    }
    // Unless every pod was probed, the old CA stays.
    let service = await harness.server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
    let bundle = TrustBundle(pem: SecretBytes(try #require(service?.spec.caBundle)))
    #expect(bundle.certificates.count == 2)
  }
}
