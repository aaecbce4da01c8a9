import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// `certs` on files and on a hub behind TLS.
@Suite struct CertsTests {
  private func certs(_ arguments: String...) async throws -> Ending {
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", fixture().text(Fixture.taken))
    let ending = try await Program.run(["certs", "-f", file] + arguments)
    try fixture().expectNoSecrets(in: ending)
    return ending
  }

  @Test func `every certificate is shown with its signer and its next action`() async throws {
    let ending = try await certs("--at", PlanTests.early)
    #expect(ending.code == 0, "\(ending.output) \(ending.errors)")
    for words in [
      "NotRotating", "CA in force", "signed by itself", "Serving certificate",
      "cluster-gateway.vela-system.svc", "next: renewed at 2027-", "next: a new CA is created at 203", "━",
      "┄",
      "valid for",
    ] {
      #expect(ending.output.contains(words), "\(words): \(ending.output)")
    }
  }

  @Test func `the JSON output has the fields of every certificate`() async throws {
    let document = try await certs("-o", "json", "--at", PlanTests.early).json()
    let certificates = document["certificates"]?.array ?? []
    #expect(certificates.compactMap { $0["role"]?.string }.prefix(2) == ["ca", "serving"])
    for certificate in certificates {
      for key in ["subject", "signedBy", "notBefore", "notAfter", "nextAction"] {
        #expect(certificate[key]?.string?.isEmpty == false, "\(key)")
      }
    }
    #expect(document["phase"] == "NotRotating")
  }

  @Test func `an expired certificate is a problem`() async throws {
    let ending = try await certs("--at", "2029-01-01T00:00:00Z")
    #expect(ending.code == 1)
    #expect(ending.output.contains("expired"))
  }

  /// A name's control characters are shown escaped.
  @Test(arguments: [["certs"], ["plan"]]) func `terminal commands in certificates are escaped`(
    _ command: [String]
  )
    async throws
  {
    let hostile = "\u{1B}]0;title\u{07}\u{1B}[2J\u{08}\u{9B}31m\u{7F}"
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: hostile)
        .request(id: "ca", at: Fixture.issued, reason: "test"))
    let serving = try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "gateway", dnsNames: ["gateway"])
        .request(id: "serving", issuer: ca.facts.leaf, at: Fixture.issued, reason: "test"),
      signedBy: CertificateAuthority(ca))
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "hub.yaml",
      try fixture().text(
        Fixture.taken,
        [
          "SERVING_CHAIN": serving.certificatePEM,
          "SERVING_KEY": try #require(serving.privateKeyPEM.exposedText()),
        ]))
    let ending = try await Program.run(command + ["-f", file, "--at", PlanTests.early])
    for output in [ending.output, ending.errors] {
      let controls = output.unicodeScalars.filter {
        $0.properties.generalCategory == .control && $0 != "\n"
      }
      #expect(controls.isEmpty, "\(controls.map { String($0.value, radix: 16) })")
    }
    // RFC 4514 escapes the older ones.
    let shown = #"CN=\1B]0\;title\07\1B[2J\08\u{9b}31m"#
    #expect((ending.output + ending.errors).contains(shown), "\(ending.output)\(ending.errors)")
  }

  @Test func `rotate sets the annotation that the manager handles`() async throws {
    try await TestHub.open(try TestHub.server(), as: .admin) { hub in
      let kubeconfig = try hub.kubeconfig()
      let ending = try await Program.run("certs", "rotate", "--ca", "--kubeconfig", kubeconfig)
      #expect(ending.code == 0, "\(ending.errors)")
      let server = await hub.server
      let configuration = server.object(ClusterGatewayConfiguration.self, name: "cluster-gateway")
      #expect(configuration?.metadata.annotations[GatewayAnnotations.rotateCA]?.isEmpty == false)
      #expect(configuration?.metadata.annotations[GatewayAnnotations.rotateServing] == nil)
      // The probe works on the hub's own port.
      let chain = try ServerInspection.presentedChain(
        host: "127.0.0.1", port: hub.number, serverName: "localhost", timeout: .seconds(10))
      #expect(!chain.isEmpty)
    }
  }

  /// A hub on which a manager of this identity has begun to rotate the CA.
  private func rotatingHub(_ identity: ManagerIdentity) async throws -> MemoryAPIServer {
    let now = Date()
    var server = MemoryAPIServer(at: now)
    try OCMHub().install(on: &server, at: now)
    let namespace = Namespace(metadata: ObjectMeta(name: identity.namespace))
    try server.require(.create(namespace.key, namespace.json), at: now)
    let hub = InMemoryCluster(server)
    var rounds = ConvergenceRounds(
      KubeClient(hub, fieldManager: ManagerIdentity.fieldManager), identity: identity)
    for round in 0..<12 {
      if round == 8 {
        let annotations: JSONValue = .object([GatewayAnnotations.rotateCA: "1"])
        try await hub.withServer {
          try $0.require(
            .mergePatch(
              ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
              ["metadata": ["annotations": annotations]], options: WriteOptions(fieldManager: "test")),
            at: now)
        }
      }
      _ = try await rounds.next(at: now)
      await hub.withServer { _ = SimulatedControllers.ocmHub().converge(on: &$0, at: now) }
    }
    return await hub.snapshot
  }

  @Test func `rotate finds the CA of a manager in another namespace`() async throws {
    let identity = ManagerIdentity(namespace: "ops", signerSecretName: "signer")
    try await TestHub.open(try await rotatingHub(identity), as: .admin) { hub in
      let ending = try await Program.run([
        "certs", "rotate", "--ca", "--kubeconfig", hub.kubeconfig(), "-n", "ops", "--signer-secret-name",
        "signer",
      ])
      #expect(ending.code == 0, "\(ending.errors)")
      #expect(ending.output.contains("once the current rotation has ended"), "\(ending.output)")
    }
  }
}
