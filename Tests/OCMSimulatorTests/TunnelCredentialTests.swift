import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport
import OCMSimulator
import Testing

/// cluster-proxy's credentials, which the gateway's pods load when they start: with one that can't
/// be loaded they wouldn't start.
@Suite(.timeLimit(.minutes(10))) struct TunnelCredentialTests {
  private static let client = ObjectKey(
    Secret.type, namespace: OCMHub.addOnNamespace, name: "proxy-client")
  private static let ca = ObjectKey(
    Secret.type, namespace: OCMHub.addOnNamespace, name: "proxy-server-ca")

  struct Broken: Sendable, CustomTestStringConvertible {
    var name: String
    var key: ObjectKey
    var data: [String: String?]
    var says: String
    var testDescription: String { name }
  }

  static var broken: [Broken] {
    get throws {
      let other = try pair(for: 30)
      return [
        Broken(
          name: "no certificate", key: client, data: ["tls.crt": "new"], says: "certificate cannot be read"),
        Broken(
          name: "another's key", key: client, data: ["tls.key": other.key],
          says: "private key does not belong"),
        Broken(
          name: "neither", key: client, data: ["tls.crt": nil, "tls.key": nil],
          says: "there is no certificate"),
        Broken(
          name: "no CA", key: ca, data: ["ca.crt": "new"],
          says: "no certificate that can be read"
        ),
      ]
    }
  }

  /// A client certificate that is valid for so many days from `time`, and its key, in PEM.
  private static func pair(
    for days: Int, at time: Date = HubHarness.Clock().now
  ) throws -> (certificate: String, key: String) {
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "cluster-proxy").request(id: "ca", at: time, reason: "test"))
    let issued = try CertificateIssuer.issue(
      CertificateProfile.client(commonName: "proxy-client", validity: .seconds(days * 86_400)).request(
        id: "client", issuer: ca.facts.leaf, at: time, reason: "test"),
      signedBy: CertificateAuthority(ca))
    return (issued.certificatePEM, try #require(issued.privateKeyPEM.exposedText()))
  }

  private func send(_ data: [String: String?], to key: ObjectKey, in harness: HubHarness) async throws {
    let encoded = data.map { name, text in
      (name, text.map { JSONValue.string(Base64.encode(Array($0.utf8))) } ?? .null)
    }
    try await harness.send(
      .mergePatch(
        key, ["data": .object(JSONObject(encoded))], options: WriteOptions(fieldManager: "cluster-proxy")))
  }

  private func copy(of key: ObjectKey, in harness: HubHarness) async -> Secret? {
    await harness.server.object(Secret.self, namespace: "vela-system", name: key.name)
  }

  @Test(arguments: try broken)
  func `a credential that can't be loaded doesn't replace one that can`(_ broken: Broken) async throws {
    let harness = try HubHarness(OCMHub.tunneled)
    try await harness.join("one")
    try await harness.converge()
    let before = try #require(await copy(of: broken.key, in: harness))

    try await send(broken.data, to: broken.key, in: harness)
    try await harness.converge()
    #expect(await copy(of: broken.key, in: harness)?.data == before.data)
    let finding = try #require(harness.lastPlan.findings.first { $0.object == broken.key })
    #expect(finding.code == "ProxyCredentialsUnusable")
    #expect(finding.problem.contains(broken.says), "\(finding.problem)")
    #expect(finding.problem.contains("the earlier one stays in vela-system"))
    try await harness.expectServed(["one"])

    let ca = OCMHub.ProxyCredentials.example.ca["ca.crt"]?.exposedText()
    let good = try Self.pair(for: 30)
    try await send(["tls.crt": good.certificate, "tls.key": good.key], to: Self.client, in: harness)
    try await send(["ca.crt": ca], to: Self.ca, in: harness)
    try await harness.converge()
    #expect(!harness.lastPlan.findings.contains { $0.object == broken.key })
    #expect(await copy(of: Self.client, in: harness)?.data["tls.crt"] == SecretBytes(utf8: good.certificate))
  }

  @Test func `a fresh hub doesn't get a credential that it can't load`() async throws {
    let harness = try HubHarness(OCMHub.tunneled)
    try await send(["tls.crt": "new"], to: Self.client, in: harness)
    try await harness.converge()
    #expect(await copy(of: Self.client, in: harness) == nil)
    #expect(
      harness.lastPlan.findings.contains {
        $0.code == "ProxyCredentialsUnusable" && $0.problem.hasSuffix("it isn't copied")
      })
  }

  @Test(arguments: [OCMHub.addOnNamespace, "vela-system"])
  func `missing credentials are reported, whether or not they would be copied`(namespace: String) async throws
  {
    var spec = OCMHub.tunneled
    spec.egress.clusterProxy?.credentials.namespace = namespace
    let harness = try HubHarness(spec)
    for key in [Self.client, Self.ca] { try await harness.send(.delete(key)) }
    try await harness.converge()
    let missing = harness.lastPlan.findings.filter { $0.code == "ProxyCredentialsMissing" }
    #expect(
      Set(missing.compactMap(\.object))
        == Set([Self.client, Self.ca].map { ObjectKey(Secret.type, namespace: namespace, name: $0.name) }))
  }

  @Test func `a credential that expires is reported in time`() async throws {
    let harness = try HubHarness(OCMHub.tunneled)
    try await harness.join("one")
    let short = try Self.pair(for: 30)
    try await send(["tls.crt": short.certificate, "tls.key": short.key], to: Self.client, in: harness)
    try await harness.converge()
    #expect(!harness.lastPlan.findings.contains { $0.object == Self.client })
    // The plan's requeue times are early enough for the expiry.
    let end = HubHarness.Clock().now.addingTimeInterval(30 * 86_400)
    while harness.clock.now < end {
      let wait = try #require(harness.lastPlan.requeueAfter)
      harness.clock.move(bySeconds: Double(max(1, wait.components.seconds)))
      try await harness.converge()
    }
    #expect(harness.clock.now.timeIntervalSince(end) < 60)
    let finding = try #require(harness.lastPlan.findings.first { $0.object == Self.client })
    #expect(finding.code == "ProxyCredentialsUnfit")
    #expect(finding.problem.contains("expired"), "\(finding.problem)")
    #expect(await copy(of: Self.client, in: harness)?.data["tls.crt"] == SecretBytes(utf8: short.certificate))
  }
}
