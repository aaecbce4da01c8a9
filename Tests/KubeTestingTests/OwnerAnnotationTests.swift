import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import Testing

/// Objects outside their owner's namespace, which can't have an owner reference to it.
@Suite struct OwnerAnnotationTests {
  /// A controller that makes a Node and a Secret in another namespace for each ConfigMap with the
  /// label `wish`; with `less` it removes the Node.
  private static let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
    guard let wish = work.object.metadata.labels["wish"] else { return }
    work.ensure(Secret(metadata: ObjectMeta(name: "outside", namespace: "kube-public"), type: "Opaque"))
    if wish == "less" {
      work.remove(Node.self, name: "outside", because: "it is unwanted")
    } else {
      work.ensure(Node(metadata: ObjectMeta(name: "outside")))
    }
  }
  .owns(Node.self).owns(Secret.self)
  .finalizer("example.com/outside", removing: Node.self, Secret.self)

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let owner = ObjectKey(ConfigMap.type, namespace: "default", name: "a")
  private let node = ObjectKey(Node.type, name: "outside")
  private let secret = ObjectKey(Secret.type, namespace: "kube-public", name: "outside")

  private func wish(_ name: String) -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: name, namespace: "default", labels: ["wish": "all"]))
  }

  private func harness(_ names: String...) throws -> ControllerHarness<ConfigMap, Never> {
    var harness = ControllerHarness(Self.controller, on: MemoryAPIServer(at: now), at: now)
    for name in names { try harness.create(wish(name)) }
    return harness
  }

  @Test func `an object outside its owner's namespace names the owner, which its changes concern`() throws {
    var harness = try harness("a")
    try harness.runUntilConverged()
    var cache = ControllerCache(Self.controller)
    _ = cache.insert(try #require(harness.server.object(owner)))
    for key in [node, secret] {
      let object = try #require(harness.server.object(key))
      #expect(object.metadata.annotations == ["configmaps/owner": "default/a"])
      #expect(object.metadata.ownerReferences.isEmpty)
      #expect(cache.insert(object).keys == [owner])
      #expect(cache.objects(for: owner)[key] != nil)
    }
    try harness.patch(Node.self, name: "outside", ["metadata": ["labels": ["a": "b"]]])
    #expect(cache.insert(try #require(harness.server.object(node))).keys == [owner])
    #expect(cache.remove(try #require(harness.server.object(secret))).keys == [owner])
  }

  @Test func `an object outside its owner's namespace is removed on request`() throws {
    var harness = try harness("a")
    try harness.runUntilConverged()
    try harness.patch(
      ConfigMap.self, namespace: "default", name: "a", ["metadata": ["labels": ["wish": "less"]]])
    try harness.runUntilConverged()
    #expect(harness.server.object(node) == nil)
    #expect(harness.server.object(secret) != nil)
    #expect(harness.findings.isEmpty && harness.refusals.isEmpty)
  }

  @Test func `the operator's object without an owner is removed on request`() throws {
    var harness = try harness()
    try harness.create(
      Node(metadata: ObjectMeta(name: "outside", labels: [OwnershipRules.managedByLabel: "test"])))
    var wish = wish("a")
    wish.metadata.labels = ["wish": "less"]
    try harness.create(wish)
    try harness.runUntilConverged()
    #expect(harness.server.object(node) == nil)
  }

  @Test func `an object that another kind's object controls is not removed`() throws {
    var harness = try harness()
    try harness.create(Namespace(metadata: ObjectMeta(name: "another")))
    let another = try #require(harness.server.object(Namespace(metadata: ObjectMeta(name: "another")).key))
    var outside = Node(metadata: ObjectMeta(name: "outside", labels: [OwnershipRules.managedByLabel: "test"]))
    outside.metadata.ownerReferences = [
      OwnerReference(
        apiVersion: "v1", kind: "Namespace", name: "another", uid: another.metadata.uid ?? "",
        controller: true)
    ]
    try harness.create(outside)
    var wish = wish("a")
    wish.metadata.labels = ["wish": "less"]
    try harness.create(wish)
    try harness.runUntilConverged()
    #expect(harness.server.object(node) != nil)
    #expect(harness.findings.map(\.code) == [.foreignObject])
  }

  @Test func `a finalizer removes what is outside its object's namespace, and nothing of others`() throws {
    var harness = try harness("a")
    let annotations = ["configmaps/owner": "default/a"]
    let foreign = Node(metadata: ObjectMeta(name: "foreign", annotations: annotations))
    try harness.create(foreign)
    try harness.runUntilConverged()
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    for key in [owner, node, secret] { #expect(harness.server.object(key) == nil, "\(key)") }
    #expect(harness.server.object(foreign.key) != nil)
  }

  @Test func `what one object owns is not another's, until that one is gone`() throws {
    var harness = try harness("a", "b")
    try harness.runUntilConverged()
    func owner() -> String? { harness.server.object(node)?.metadata.annotations["configmaps/owner"] }
    #expect(owner() == "default/a")
    #expect(harness.findings.map(\.code) == [.foreignObject, .foreignObject])
    #expect(
      harness.findings.allSatisfy { $0.problem.contains("belongs to ConfigMap default/a") },
      "\(harness.findings)")
    try harness.delete(ConfigMap.self, namespace: "default", name: "a")
    try harness.runUntilConverged()
    #expect(owner() == "default/b")
    #expect(harness.findings.isEmpty)
  }

  @Test func `no order of events leaves anything outside the namespace behind`() throws {
    let keys = [owner, node, secret]
    let report = ControllerExploration(
      try harness("a"), events: [.init("the owner is deleted") { _ = $0.handle(.delete(keys[0]), at: $1) }],
      maximumFaults: 0,
      whenConverged: { server, _ in keys.contains { server.object($0) != nil } ? "something is left" : nil }
    ).run()
    #expect(report.violation == nil && report.isComplete, "\(report)")
  }
}
