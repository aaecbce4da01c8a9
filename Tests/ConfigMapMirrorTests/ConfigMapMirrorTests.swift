import ConfigMapMirror
import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import Logging
import Testing

/// The operator of the article "Test your own operator", on a server in this process.
@Suite(.timeLimit(.minutes(5))) struct ConfigMapMirrorTests {
  private let mirror = configMapMirror(from: "default", to: "kube-public")
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func original(_ name: String, labels: [String: String] = ["mirror": "true"]) -> ConfigMap {
    ConfigMap(
      metadata: ObjectMeta(name: name, namespace: "default", labels: labels), data: ["color": "blue"])
  }

  @Test func `a copy is made, repaired, and goes with its original`() throws {
    var harness = ControllerHarness(mirror, on: MemoryAPIServer(at: now), at: now)
    try harness.create(original("a"))
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "a")?.data == ["color": "blue"])
    try harness.patch(ConfigMap.self, namespace: "kube-public", name: "a", ["data": ["color": "red"]])
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "a")?.data == ["color": "blue"])
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "a") == nil)
  }

  @Test func `what isn't labeled has no copy`() throws {
    var harness = ControllerHarness(mirror, on: MemoryAPIServer(at: now), at: now)
    try harness.create(original("plain", labels: [:]))
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "plain") == nil)
    try harness.patch(
      ConfigMap.self, namespace: "default", name: "plain", ["metadata": ["labels": ["mirror": "true"]]])
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "plain") != nil)
    try harness.patch(
      ConfigMap.self, namespace: "default", name: "plain", ["metadata": ["labels": ["mirror": .null]]])
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "plain") == nil)
  }

  @Test func `its rights on ConfigMaps hold in the two namespaces alone`() {
    let rights = mirror.rights.filter { $0.rule.resources.contains("configmaps") }
    #expect(Set(rights.map(\.namespace)) == ["default", "kube-public"])
    let inSource = rights.filter { $0.namespace == "default" }.flatMap(\.rule.verbs)
    #expect(inSource == ["list", "watch"])
  }

  @Test func `another's ConfigMap of the name is left alone`() throws {
    var harness = ControllerHarness(mirror, on: MemoryAPIServer(at: now), at: now)
    var foreign = original("a")
    foreign.metadata.namespace = "kube-public"
    foreign.data = ["color": "green"]
    try harness.create(foreign)
    try harness.create(original("a"))
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "kube-public", name: "a")?.data == ["color": "green"])
    #expect(harness.findings.map(\.code) == [.foreignObject])
  }

  @Test func `no fault leaves a copy behind`() throws {
    var harness = ControllerHarness(mirror, on: MemoryAPIServer(at: now), at: now)
    try harness.create(original("a"))
    let report = ControllerExploration(
      harness,
      events: [
        .init("the original is deleted") { _ = $0.handle(.delete(original("a").key), at: $1) }
      ],
      whenConverged: { server, _ in
        server.object(ConfigMap.self, namespace: "kube-public", name: "a") == nil ? nil : "the copy is left"
      }
    ).run()
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }

  @Test func `a running operator makes a copy, and repairs it`() async throws {
    let cluster = InMemoryCluster()
    let client = KubeClient(cluster, fieldManager: "test")
    let runner = ControllerRunner(mirror, client: client, logger: Logger(label: "mirror"))
    let work = Task { try await runner.run() }
    defer { work.cancel() }
    let copy = ObjectKey(ConfigMap.type, namespace: "kube-public", name: "a")
    for color in ["blue", "red"] {
      if color == "blue" {
        _ = try await client.create(original("a"))
      } else {
        _ = try await client.object(.mergePatch(copy, ["data": ["color": "red"]]))
      }
      try await cluster.eventually("the copy is blue") { server in
        server.object(ConfigMap.self, namespace: "kube-public", name: "a")?.data == ["color": "blue"]
      }
    }
    try await client.delete(original("a").key)
    try await cluster.eventually("the copy is gone") { $0.object(copy) == nil }
  }
}
