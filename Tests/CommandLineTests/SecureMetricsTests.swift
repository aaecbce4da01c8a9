import CertificatePolicy
import Foundation
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeKindsCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// `run --metrics-secure` on a hub with RBAC.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SecureMetricsTests {
  private static let prometheus = ObjectKey(ServiceAccount.type, namespace: "default", name: "prometheus")

  /// A hub where the manager has the rights of `manifests --metrics-secure`, and Prometheus that
  /// of reading the metrics; and the tokens of Prometheus and of another account.
  private func hub() async throws -> (server: MemoryAPIServer, reader: String, stranger: String) {
    let now = Date()
    var server = try TestHub.server(clusters: ["one"])
    let manifests = try await Program.run("manifests", "--metrics-secure", "--part", "rbac")
    #expect(manifests.code == 0, "\(manifests.errors)")
    let wanted = ["cluster-gateway-manager-metrics-reader"]
    let reviews = RequiredRight(
      namespace: nil,
      rule: PolicyRule(verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"]),
      reasons: [])
    let manager = ObjectKey(
      ServiceAccount.type, namespace: OCMHub.addOnNamespace, name: "cluster-gateway-manager")
    for object in [reviews].roles(named: "reviews", for: manager) {
      try create(try DynamicObject(object.json), on: &server, at: now)
    }
    for object in try Repository.parse(manifests.output) where wanted.contains(object.metadata.name) {
      try create(object, on: &server, at: now)
    }
    let binding = ClusterRoleBinding(
      metadata: ObjectMeta(name: "prometheus"),
      subjects: [RBACSubject(kind: "ServiceAccount", name: Self.prometheus.name, namespace: "default")],
      roleRef: RoleRef(
        apiGroup: ClusterRole.type.group, kind: ClusterRole.type.kind,
        name: "cluster-gateway-manager-metrics-reader"))
    try create(try DynamicObject(binding.json), on: &server, at: now)
    let stranger = ObjectKey(ServiceAccount.type, namespace: "default", name: "stranger")
    let tokens = (
      try token(of: Self.prometheus, on: &server, at: now), try token(of: stranger, on: &server, at: now)
    )
    return (server, tokens.0, tokens.1)
  }

  private func create(_ object: DynamicObject, on server: inout MemoryAPIServer, at now: Date) throws {
    let types = [ClusterRole.type, ClusterRoleBinding.type]
    let type = try #require(types.first { $0.groupKind == object.groupKind })
    try server.require(.create(ObjectKey(type, name: object.metadata.name), object.json), at: now)
  }

  /// Creates an account, and a token of it.
  private func token(
    of account: ObjectKey, on server: inout MemoryAPIServer, at now: Date
  ) throws -> String {
    let metadata = ObjectMeta(name: account.name, namespace: account.namespace)
    try server.require(.create(account, ServiceAccount(metadata: metadata).json), at: now)
    let request: JSONValue = [
      "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:],
    ]
    let response = server.handle(
      .create(account, request, subresource: "token"), as: .admin, at: now)
    let answer = try JSONParser().parse(response.body)
    return try #require(answer.value(at: "status", "token")?.string)
  }

  /// The answer of `/metrics`; `nil` while nothing listens there that `trust` accepts.
  private func metrics(
    _ port: Int, token: String?, trust: TLSTrust
  ) async throws -> (status: Int, text: String)? {
    var configuration = ClientConfiguration(
      server: try ServerURL("https://127.0.0.1:\(port)"), trust: trust)
    if let token { configuration.authentication = .bearer(.inline(SecretBytes(utf8: token))) }
    let transport = try await HTTPTransport(configuration)
    var answer: (Int, String)?
    if let response = try? await transport.send(KubeRequest(method: .get, path: ["metrics"])) {
      var bytes: [UInt8] = []
      for try await chunk in response.body { bytes += chunk }
      answer = (response.status.code, String(decoding: bytes, as: UTF8.self))
    }
    await transport.shutdown()
    return answer
  }

  @Test(arguments: [true, false])
  func `only those who may read the metrics get them`(hasOwnCertificate: Bool) async throws {
    let (server, reader, stranger) = try await hub()
    let folder = try TemporaryFolder()
    let ca = try CertificateIssuer.issue(
      CertificateProfile.ca(commonName: "ca").request(id: "ca", at: Date(), reason: "test"))
    let serving = try CertificateIssuer.issue(
      CertificateProfile.serving(commonName: "metrics", dnsNames: [], ipAddresses: ["127.0.0.1"])
        .request(id: "metrics", issuer: ca.facts.chain.first, at: Date(), reason: "test"),
      signedBy: CertificateAuthority(ca))
    try folder.write("tls.crt", serving.certificatePEM)
    try folder.write("tls.key", serving.privateKeyPEM.exposed())
    let trust =
      hasOwnCertificate
      ? TLSTrust.caBundle(.inline(SecretBytes(utf8: ca.certificatePEM))) : .insecureSkipVerification
    try await TestHub.open(server) { hub in
      let (port, probes) = (try MetricsTests.freePort(), try MetricsTests.freePort())
      let program = try Program(
        [
          "run", "--kubeconfig", try hub.kubeconfig(), "--metrics-secure",
          "--metrics-bind-address", "127.0.0.1:\(port)",
          "--health-probe-bind-address", "127.0.0.1:\(probes)",
        ] + (hasOwnCertificate ? ["--metrics-cert-dir", folder.path] : []))
      var answer: (status: Int, text: String)?
      while program.isRunning, answer == nil {
        try await Task.sleep(for: .milliseconds(50))
        answer = try await metrics(port, token: reader, trust: trust)
      }
      #expect(answer?.status == 200, "\(program.errors.suffix(2000))")
      #expect(answer?.text.contains("leader_election_master_status") == true)
      #expect(try await metrics(port, token: nil, trust: trust)?.status == 401)
      #expect(try await metrics(port, token: "a-wrong-token", trust: trust)?.status == 401)
      #expect(try await metrics(port, token: stranger, trust: trust)?.status == 403)
      if hasOwnCertificate {
        let other = TLSTrust.caBundle(.inline(SecretBytes(utf8: try TestHub.makeCA())))
        #expect(try await metrics(port, token: reader, trust: other) == nil)
      }
      program.send(SIGTERM)
      let ending = await program.wait()
      #expect(ending.code == 0, "\(ending.errors.suffix(2000))")
      for secret in [reader, stranger, "a-wrong-token", "PRIVATE KEY"] {
        #expect(!ending.errors.contains(secret) && !ending.output.contains(secret))
      }
    }
  }

  @Test func `a folder without a certificate is named`() async throws {
    try await TestHub.open(try TestHub.server(clusters: [])) { hub in
      let folder = try TemporaryFolder()
      let ending = try await Program([
        "run", "--kubeconfig", try hub.kubeconfig(), "--metrics-secure", "--metrics-cert-dir", folder.path,
      ]).wait()
      #expect(ending.code == 1)
      #expect(ending.errors.contains(folder.path + "/tls.crt: unreadable file"), "\(ending.errors)")
    }
  }
}
