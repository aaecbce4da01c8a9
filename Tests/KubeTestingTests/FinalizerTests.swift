import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// A finalizer whose effect comes after what the object owns is gone.
@Suite struct FinalizerTests {
  private enum Store: PlanEffect {
    case drop
  }

  /// A controller that keeps a Secret for each ConfigMap with the label `store`.
  private static let stores = Controller(ConfigMap.self, effects: Store.self, fieldManager: "stores") {
    work in
    guard work.object.metadata.labels["store"] == "wanted" else { return }
    work.ensure(Secret(metadata: work.ownedMetadata(suffix: "-key"), type: "Opaque"))
  }
  .owns(Secret.self)
  .finalizer("example.com/store", afterRemoving: Secret.self) { _ in .drop }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let store = ConfigMap(
    metadata: ObjectMeta(name: "a", namespace: "default", labels: ["store": "wanted"]))
  private let secret = ObjectKey(Secret.type, namespace: "default", name: "a-key")

  private func harness() throws -> ControllerHarness<ConfigMap, Store> {
    var harness = ControllerHarness(Self.stores, on: MemoryAPIServer(at: now), at: now)
    try harness.create(store)
    return harness
  }

  @Test func `the effect waits until what the object owns is gone`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    #expect(harness.server.object(secret) != nil)
    try harness.patch(
      Secret.self, namespace: "default", name: "a-key", ["metadata": ["finalizers": ["example.com/held"]]])
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    #expect(harness.performed.isEmpty)
    #expect(harness.server.object(secret)?.metadata.deletionTimestamp != nil)
    try harness.patch(Secret.self, namespace: "default", name: "a-key", ["metadata": ["finalizers": .null]])
    try harness.runUntilConverged()
    #expect(harness.performed == [.drop])
    #expect(harness.server.object(store.key) == nil)
  }

  @Test func `what blocks the effect is reported`() throws {
    var harness = try harness()
    try harness.runUntilConverged()
    try harness.patch(
      Secret.self, namespace: "default", name: "a-key",
      ["metadata": ["finalizers": ["example.com/held"]]])
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    let finding = try #require(harness.findings.first)
    #expect(finding.code == .beingDeleted && finding.object == secret, "\(finding)")
  }

  @Test func `what an object only names is neither deleted nor awaited`() throws {
    let readers = Controller(ConfigMap.self, effects: Store.self, fieldManager: "stores") { work in
      guard work.object.metadata.name == "a" else { return }
      work.ensure(Secret(metadata: work.ownedMetadata(suffix: "-key"), type: "Opaque"))
    }
    .owns(Secret.self)
    .reads(Secret.self) { $0.metadata.name == "b" ? ["a-key"] : [] }
    .finalizer("example.com/store", afterRemoving: Secret.self) { _ in .drop }
    var harness = ControllerHarness(readers, on: MemoryAPIServer(at: now), at: now)
    for name in ["a", "b"] {
      try harness.create(ConfigMap(metadata: ObjectMeta(name: name, namespace: "default")))
    }
    try harness.runUntilConverged()
    try harness.delete(ConfigMap.self, namespace: "default", name: "b")
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "default", name: "b") == nil)
    #expect(harness.server.object(secret) != nil)
  }

  @Test func `a kind that isn't read holds the effect up, and the finding names the remedy`() throws {
    let blind = Controller(ConfigMap.self, effects: Store.self, fieldManager: "stores") { _ in }
      .finalizer("example.com/store", afterRemoving: Secret.self) { _ in .drop }
    var harness = ControllerHarness(blind, on: MemoryAPIServer(at: now), at: now)
    try harness.create(store)
    try harness.runUntilConverged()
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    #expect(harness.performed.isEmpty)
    #expect(harness.findings.first?.remedy == "say .owns(Secret.self)")
  }

  private func explore(
    faults: Int, invariant: @escaping @Sendable (MemoryAPIServer, [Store]) -> String? = { _, _ in nil }
  ) throws -> ControllerExploration<ConfigMap, Store>.Report {
    let (store, secret) = (store.key, secret)
    return ControllerExploration(
      try harness(), events: [.init("the store is deleted") { _ = $0.handle(.delete(store), at: $1) }],
      maximumFaults: faults, invariant: invariant,
      whenConverged: { server, _ in
        server.object(store) == nil && server.object(secret) == nil ? nil : "something is left"
      }
    ).run()
  }

  @Test func `no order performs the effect while what the object owns exists`() throws {
    let secret = secret
    let report = try explore(faults: 0) { server, effects in
      effects.isEmpty || server.object(secret) == nil ? nil : "the store was dropped below its Secret"
    }
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }

  @Test func `no fault leaves anything behind`() throws {
    let report = try explore(faults: 2)
    #expect(report.violation == nil && report.isComplete && report.cases > 100, "\(report)")
  }
}
