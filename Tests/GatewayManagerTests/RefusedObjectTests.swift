import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization
import Testing

/// An object that the server refuses, as an admission webhook does, doesn't block the others.
@Suite(.timeLimit(.minutes(10))) struct RefusedObjectTests {
  /// A hub that refuses writes, by default those of Deployments.
  private struct RefusingHub: Transport {
    let hub: InMemoryCluster
    var status = 403
    var refuses: @Sendable (KubeRequest) -> Bool = { $0.path.contains("deployments") }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      guard request.isWrite, refuses(request) else { return try await hub.send(request) }
      let body = """
        {"kind":"Status","apiVersion":"v1","status":"Failure","message":"admission webhook denied the request",\
        "reason":"\(status == 403 ? "Forbidden" : "InternalError")","code":\(status)}
        """
      return KubeResponse(
        status: .init(code: status), headers: [.contentType: "application/json"],
        body: ResponseBody(Array(body.utf8)))
    }
  }

  /// A hub with an APIService of an earlier installation: a new one would wait for the pods.
  private static func server(at time: Date) throws -> MemoryAPIServer {
    var server = MemoryAPIServer(at: time)
    try OCMHub(configuration: OCMHub.direct).install(on: &server, at: time)
    let addOn = try #require(
      server.object(ClusterManagementAddOn.self, name: ManagerIdentity.addOnName)?.ownerReference())
    let service = APIService(
      metadata: ObjectMeta(name: "v1alpha1.cluster.core.oam.dev", ownerReferences: [addOn]),
      spec: APIServiceSpec(
        group: "cluster.core.oam.dev", version: "v1alpha1",
        service: ServiceReference(namespace: "vela-system", name: "cluster-gateway", port: 9443),
        groupPriorityMinimum: 5000, versionPriority: 10))
    try server.require(
      .create(service.key, service.json, options: WriteOptions(fieldManager: "addon-manager")), at: time)
    return server
  }

  @Test(arguments: [403, 500], [true, false])
  func `certificates are issued and published while other writes are refused`(status: Int, live: Bool)
    async throws
  {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    let server = try Self.server(at: time)
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    let client = KubeClient(
      RefusingHub(hub: hub, status: status), fieldManager: ManagerIdentity.fieldManager,
      clock: HastyClock(factor: 50))
    if live {
      let manager = GatewayOperator(
        client, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
      let running = Task { await manager.run() }
      defer { running.cancel() }
      // A busy machine may be slow; that must not fail the test.
      for _ in 0..<6000 {
        let server = await hub.snapshot
        let service = server.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")
        let leaf = server.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert")
        if leaf != nil, service?.spec.caBundle?.isEmpty == false { break }
        try await Task.sleep(for: .milliseconds(10))
      }
    } else {
      var rounds = ConvergenceRounds(client)
      for _ in 0..<5 { #expect(try await rounds.next(at: time).outcome.failure?.isRefusal == true) }
    }
    let end = await hub.snapshot
    let secret = try #require(
      end.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert"))
    #expect(try Certificate.chain(pem: try #require(secret.data["tls.crt"])).isEmpty == false)
    let service = try #require(end.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev"))
    #expect(service.spec.caBundle?.isEmpty == false)
  }

  /// A refused write of the configuration is reported, and doesn't stop renewing and copying.
  @Test(arguments: [403, 500])
  func `a ConfigMap that is refused holds nothing else up`(status: Int) async throws {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    var server = try Self.server(at: time)
    try Registration().join("one", on: &server, at: time)
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    let refusing = RefusingHub(hub: hub, status: status) { $0.path.contains("configmaps") }
    let manager = GatewayOperator(
      KubeClient(refusing, fieldManager: ManagerIdentity.fieldManager, clock: HastyClock(factor: 50)),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let running = Task { await manager.run() }
    defer { running.cancel() }
    func isDone() async -> Bool {
      let server = await hub.snapshot
      return server.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert") != nil
        && server.object(ManagedServiceAccount.self, namespace: "one", name: "cluster-gateway") != nil
        && manager.report().findings.contains { $0.code == "WriteRejected" }
    }
    for _ in 0..<6000 where await !isDone() { try await Task.sleep(for: .milliseconds(10)) }
    #expect(await isDone(), "\(manager.report())")
  }

  /// It ends each plan, in which the status is otherwise the last write.
  @Test func `a request that keeps failing is reported on the configuration`() async throws {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    let hub = InMemoryCluster(try Self.server(at: time), automaticGarbageCollection: false, now: { time })
    let manager = GatewayOperator(
      KubeClient(
        RefusingHub(hub: hub, status: 504), fieldManager: ManagerIdentity.fieldManager,
        clock: HastyClock(factor: 50)),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let running = Task { await manager.run() }
    defer { running.cancel() }
    func degraded() async -> Condition? {
      let configuration = await hub.snapshot.object(
        ClusterGatewayConfiguration.self, name: ManagerIdentity.addOnName)
      return configuration?.status.conditions.condition("Degraded")
    }
    for _ in 0..<6000 where await degraded()?.reason != "RequestFailing" {
      try await Task.sleep(for: .milliseconds(10))
    }
    let condition = await degraded()
    #expect(condition?.status == .true && condition?.reason == "RequestFailing", "\(manager.report())")
  }

  /// A CA whose key can't be stored would stay trusted for years, and each attempt would add
  /// another.
  @Test(arguments: [403, 500]) func `a CA whose Secret is refused is not trusted`(status: Int)
    async throws
  {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    let server = try Self.server(at: time)
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { time })
    let signer = ManagerIdentity().signerSecretName
    let refusing = RefusingHub(hub: hub, status: status) { request in
      request.path.contains("secrets")
        && String(decoding: request.body?.exposed() ?? [], as: UTF8.self).contains(signer)
    }
    func rounds(_ transport: any Transport) -> ConvergenceRounds {
      ConvergenceRounds(KubeClient(transport, fieldManager: ManagerIdentity.fieldManager))
    }
    func trusted() async -> [UInt8] {
      await hub.snapshot.object(APIService.self, name: "v1alpha1.cluster.core.oam.dev")?.spec.caBundle ?? []
    }
    var refused = rounds(refusing)
    for _ in 0..<6 { _ = try await refused.next(at: time) }
    #expect(await trusted() == [])
    let end = await hub.snapshot
    #expect(end.object(Secret.self, namespace: "vela-system", name: "cluster-gateway-tls-cert") == nil)
    // Once writes are accepted there is one CA, and no trace of the others.
    var accepted = rounds(hub)
    for _ in 0..<5 { _ = try await accepted.next(at: time) }
    #expect(try Certificate.chain(pem: SecretBytes(await trusted())).count == 1)
  }

  /// A new certificate for each attempt would be a loop without a pause: issuing leads to a plan at
  /// once.
  @Test func `a CA that is refused is tried again with the same certificate`() async throws {
    let time = Date(timeIntervalSince1970: 1_796_083_200)
    let hub = InMemoryCluster(try Self.server(at: time), automaticGarbageCollection: false, now: { time })
    let signer = ManagerIdentity().signerSecretName
    let tries = Mutex<[String]>([])
    let refusing = RefusingHub(hub: hub) { request in
      let body = try? JSONParser().parse(request.body?.exposed() ?? [])
      guard request.path.contains("secrets"), body?.value(at: "metadata", "name")?.string == signer else {
        return false
      }
      let certificate = body?.value(at: "data", .init(SignerKey.certificate))?.string ?? ""
      tries.withLock { $0.append(certificate) }
      return true
    }
    let manager = GatewayOperator(
      KubeClient(refusing, fieldManager: ManagerIdentity.fieldManager, clock: HastyClock(factor: 50)),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { time })
    let running = Task { await manager.run() }
    for _ in 0..<6000 where tries.withLock({ $0.count }) < 5 {
      try await Task.sleep(for: .milliseconds(10))
    }
    running.cancel()
    await running.value
    let made = tries.withLock { $0 }
    #expect(made.count >= 5 && Set(made).count == 1 && made.first != "")
  }

  @Test func `a request that cannot be fulfilled does not block the others`() throws {
    let now = Date(timeIntervalSince1970: 1_796_083_200)
    let requests = [
      CertificateProfile.ca(commonName: "").request(id: "broken", at: now, reason: "test"),
      CertificateProfile.ca(commonName: "ca").request(id: "good", at: now, reason: "test"),
    ]
    let made = CertificateIssuer.issue(requests, for: InstallationState())
    #expect(made.issued.map(\.request.id) == ["good"])
    #expect(made.failure?.description.contains("broken") == true)
  }
}
