import Foundation
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeTesting
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(5))) struct TransportTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private var deployment: Deployment {
    Deployment(
      metadata: metadata("web"), spec: DeploymentSpec(replicas: 2, selector: selector, template: template()))
  }

  @Test func `the controllers work over a transport as they do on the server`() async throws {
    let cluster = InMemoryCluster(MemoryAPIServer(at: now), automaticGarbageCollection: false)
    let client = KubeClient(cluster, fieldManager: "test")
    _ = try await client.create(deployment)
    var controllers = SimulatedControllers.workloads()
    controllers.all.append(GarbageCollector(kinds: [Deployment.type, ReplicaSet.type, Pod.type]))
    while try await controllers.pass(on: client, at: now) > 0 {}
    #expect(
      try await client.get(Deployment.self, namespace: "default", name: "web").status.availableReplicas == 2)
    try await client.delete(deployment.key)
    while try await controllers.pass(on: client, at: now) > 0 {}
    #expect(await cluster.snapshot.objects(Pod.self).isEmpty)
    try await client.delete(ObjectKey(Namespace.type, name: "kube-public"))
    while try await controllers.pass(on: client, at: now) > 0 {}
    #expect(await cluster.snapshot.object(Namespace.self, name: "kube-public") == nil)
  }

  @Test func `a run is repeated from its recording without a server`() async throws {
    func run(_ transport: some Transport) async throws -> Int {
      let client = KubeClient(transport, fieldManager: "test")
      _ = try await client.create(deployment)
      var passes = 1
      while try await SimulatedControllers.workloads().pass(on: client, at: now) > 0 { passes += 1 }
      return passes
    }
    let recording = RecordingTransport(InMemoryCluster(MemoryAPIServer(at: now)), bodies: .withoutSecrets)
    let passes = try await run(recording)
    let lines = recording.lines
    let replaying = ReplayingTransport(try RecordedExchange.read(lines: lines), comparingBodies: true)
    #expect(try await run(replaying) == passes && passes > 2)
    #expect(replaying.mismatches.isEmpty && replaying.unused.isEmpty, "\(replaying.mismatches)")
  }

  @Test func `a kind that the server doesn't serve counts as empty`() async throws {
    let cluster = InMemoryCluster(MemoryAPIServer(at: now))
    let type = ResourceType(
      group: "example.com", version: "v1", kind: "Website", plural: "websites", isNamespaced: true)
    let controllers = SimulatedControllers([GarbageCollector(kinds: [type])])
    #expect(try await controllers.pass(on: KubeClient(cluster, fieldManager: "test"), at: now) == 0)
  }

  @Test func `what becomes true by another's writes is waited for`() async throws {
    let cluster = InMemoryCluster(MemoryAPIServer(at: now))
    let client = KubeClient(cluster, fieldManager: "test")
    let work = Task { try await SimulatedControllers.workloads().run(on: client, every: .milliseconds(1)) }
    defer { work.cancel() }
    _ = try await client.create(deployment)
    let server = try await cluster.eventually("the Deployment is available") { server in
      server.object(Deployment.self, namespace: "default", name: "web")?.status.availableReplicas == 2
    }
    #expect(server.objects(Pod.self).count == 2)
  }

  @Test func `what never becomes true is reported with what happened`() async throws {
    let cluster = InMemoryCluster(MemoryAPIServer(at: now))
    let secret = Secret(metadata: metadata("key"))
    await cluster.withServer { _ = $0.handle(.create(secret.key, secret.json), at: now) }
    let error = await #expect(throws: ExpectationTimedOut.self) {
      try await cluster.eventually("pigs fly", within: .milliseconds(1)) { _ in false }
    }
    let text = try #require(error).description
    #expect(text.hasPrefix("pigs fly within 0.001 seconds; last written: Secret default/key"), "\(text)")
  }

  @Test func `a task that is cancelled waits no longer`() async {
    let cluster = InMemoryCluster(MemoryAPIServer(at: now))
    let wait = Task { try await cluster.eventually("nothing") { _ in false } }
    wait.cancel()
    let result = await wait.result
    #expect(throws: CancellationError.self) { try result.get() }
  }
}
