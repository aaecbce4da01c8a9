import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport
import OCMSimulator
import Testing

/// A CA that a person writes to the signer Secret.
@Suite(.timeLimit(.minutes(10))) struct StoredCATests {
  private static let signer = ObjectKey(
    Secret.type, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")

  /// The CA of a clock that was far ahead, or written by a person.
  @Test func `a next CA that is not valid for years is replaced when another is requested`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    try await store(
      .ca(commonName: "future"), from: harness.clock.now.addingTimeInterval(4000 * 86_400), asNext: true,
      in: harness)
    try await harness.converge()
    let model = try await HubLoader(harness.client).load()
    let entry = try #require(
      CertificateInventory(model.installation, at: harness.clock.now).entries.first {
        $0.role == .nextCA
      })
    #expect(entry.problem?.contains("not valid before") == true)

    try await harness.annotate(GatewayAnnotations.rotateCA, "1")
    for _ in 0..<20 {
      try await harness.converge()
      harness.clock.move(bySeconds: 60)
    }
    try await harness.converge()
    try await harness.expectServed(["one"])
    let object = await harness.server.object(
      Secret.self, namespace: "open-cluster-management-addon", name: "cluster-gateway-signer")
    let signer = try #require(object)
    #expect(Set(signer.data.keys) == ["ca.crt", "ca.key"])
    #expect(
      try Certificate.first(pem: try #require(signer.data["ca.crt"])).facts.isValid(at: harness.clock.now))
    let service = await harness.server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
    #expect(try Certificate.chain(pem: SecretBytes(try #require(service?.spec.caBundle))).count == 1)
  }

  /// Replaces the CA in force and any next one, or the next one alone, with another.
  private func store(
    _ profile: CertificateProfile, from time: Date, asNext: Bool = false, in harness: HubHarness
  ) async throws {
    let made = try CertificateAuthority.create(profile.request(id: "ca", at: time, reason: "test"))
    try await store(made.certificatePEM, made, asNext: asNext, in: harness)
  }

  /// Replaces it with a certificate for the same key.
  private func store(
    _ certificatePEM: String, _ made: IssuedCertificate, asNext: Bool = false, in harness: HubHarness
  ) async throws {
    let certificate = JSONValue.string(Base64.encode(Array(certificatePEM.utf8)))
    let key = JSONValue.string(Base64.encode(Array(try #require(made.privateKeyPEM.exposedText()).utf8)))
    let data: JSONValue =
      asNext
      ? ["next-ca.crt": certificate, "next-ca.key": key]
      : ["ca.crt": certificate, "ca.key": key, "next-ca.crt": .null, "next-ca.key": .null]
    try await harness.send(
      .mergePatch(Self.signer, ["data": data], options: WriteOptions(fieldManager: "kubectl")))
  }

  private func serving(_ harness: HubHarness) async throws -> Secret {
    try #require(
      await harness.server.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert"))
  }

  /// The bundle is checked after every write: it trusts all that the pods may present.
  @Test func `another CA is rotated in after the Secret was deleted, and the certificate in use goes on`()
    async throws
  {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    let before = try await serving(harness)
    try await harness.send(.delete(Self.signer))
    try await harness.converge()
    #expect(await harness.server.object(Self.signer) != nil)
    #expect(try await serving(harness).data == before.data)
    try await harness.expectServed(["one"])
    for _ in 0..<20 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
    }
    try await harness.expectServed(["one"])
    let after = try await serving(harness)
    let issuers = try [before, after].map {
      try Certificate.first(pem: try #require($0.data["tls.crt"])).facts.authorityKeyIdentifier
    }
    #expect(issuers.first != issuers.last)
    let service = await harness.server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
    #expect(try Certificate.chain(pem: SecretBytes(try #require(service?.spec.caBundle))).count == 1)
  }

  @Test func `a CA that clients would refuse signs nothing, and a good one is used`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    let before = try await serving(harness)

    try await store(
      .ca(commonName: "corporate", permittedDNSDomains: ["example.org"]), from: harness.clock.now,
      in: harness)
    for _ in 0..<20 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
      #expect(try await serving(harness).data == before.data)
      try await harness.expectServed(["one"])
    }
    let finding = try #require(harness.lastPlan.findings.first { $0.object == Self.signer })
    #expect(finding.code == "CurrentCAUnusable")
    #expect(finding.problem.contains("permitted subtree violation"), "\(finding.problem)")

    try await store(
      .ca(
        commonName: "corporate", permittedDNSDomains: ["svc", "vela-system", "cluster-gateway"]),
      from: harness.clock.now, in: harness)
    for _ in 0..<20 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
    }
    try await harness.expectServed(["one"])
    #expect(!harness.lastPlan.findings.contains { $0.object == Self.signer })
    let leaf = try Certificate.first(pem: try #require(try await serving(harness).data["tls.crt"]))
    #expect(leaf.facts.issuer == "CN=corporate")
  }

  @Test func `one that an API server can't read signs nothing, and leaves the bundle`() async throws {
    let harness = try HubHarness(OCMHub.direct, stepsBetweenRounds: 3, podLag: 90)
    try await harness.join("one")
    try await harness.converge()
    let before = try await serving(harness)
    let service = ObjectKey(APIService.type, name: "v1alpha1.cluster.core.oam.dev")
    func bundle() async throws -> SecretBytes {
      SecretBytes(
        try #require(await harness.server.object(APIService.self, name: service.name)?.spec.caBundle))
    }
    let published = try await bundle()

    let made = try CertificateAuthority.create(
      CertificateProfile.ca(commonName: "corporate").request(
        id: "ca", at: harness.clock.now, reason: "test"))
    var der = try Certificate.first(pem: made.certificatePEM).der
    // The serial number, of twenty octets, becomes negative.
    let place = try #require(der.indices.first { der[$0...].starts(with: [0x02, 0x14]) })
    der[place + 2] |= 0x80
    let flawed = "-----BEGIN CERTIFICATE-----\n\(Base64.encode(der))\n-----END CERTIFICATE-----\n"
    try await store(flawed, made, in: harness)
    // As an earlier version would have written it.
    let text = try #require(published.exposedText()) + flawed
    try await harness.send(
      .mergePatch(
        service, ["spec": ["caBundle": .string(Base64.encode(Array(text.utf8)))]],
        options: WriteOptions(fieldManager: "kubectl")))
    for _ in 0..<20 {
      harness.clock.move(bySeconds: 60)
      try await harness.converge()
      #expect(try await serving(harness).data == before.data)
      try await harness.expectServed(["one"])
    }
    #expect(try await bundle() == published)
    let finding = try #require(harness.lastPlan.findings.first { $0.object == Self.signer })
    #expect(finding.code == "CurrentCAUnusable")
    #expect(finding.problem.contains("the serial number is negative"), "\(finding.problem)")
    #expect(finding.remedy.contains("crypto/x509"))
  }
}
