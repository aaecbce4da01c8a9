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

  private func scene(_ names: String...) throws -> ControllerScene<ConfigMap, Never> {
    var scene = ControllerScene(Self.controller, on: MemoryAPIServer(at: now), at: now)
    for name in names { try scene.create(wish(name)) }
    return scene
  }

  @Test func `an object outside its owner's namespace names the owner, which its changes concern`() throws {
    var scene = try scene("a")
    try scene.runToRest()
    var cache = ControllerCache(Self.controller)
    _ = cache.insert(try #require(scene.server.object(owner)))
    for key in [node, secret] {
      let object = try #require(scene.server.object(key))
      #expect(object.metadata.annotations == ["configmaps/owner": "default/a"])
      #expect(object.metadata.ownerReferences.isEmpty)
      #expect(cache.insert(object).keys == [owner])
      #expect(cache.objects(for: owner)[key] != nil)
    }
    try scene.patch(Node.self, name: "outside", ["metadata": ["labels": ["a": "b"]]])
    #expect(cache.insert(try #require(scene.server.object(node))).keys == [owner])
    #expect(cache.remove(try #require(scene.server.object(secret))).keys == [owner])
  }

  @Test func `an object outside its owner's namespace is removed on request`() throws {
    var scene = try scene("a")
    try scene.runToRest()
    try scene.patch(
      ConfigMap.self, namespace: "default", name: "a", ["metadata": ["labels": ["wish": "less"]]])
    try scene.runToRest()
    #expect(scene.server.object(node) == nil)
    #expect(scene.server.object(secret) != nil)
    #expect(scene.findings.isEmpty && scene.refusals.isEmpty)
  }

  @Test func `the operator's object without an owner is removed on request`() throws {
    var scene = try scene()
    try scene.create(
      Node(metadata: ObjectMeta(name: "outside", labels: [OwnershipRules.managedByLabel: "test"])))
    var wish = wish("a")
    wish.metadata.labels = ["wish": "less"]
    try scene.create(wish)
    try scene.runToRest()
    #expect(scene.server.object(node) == nil)
  }

  @Test func `a finalizer removes what is outside its object's namespace, and nothing of others`() throws {
    var scene = try scene("a")
    let annotations = ["configmaps/owner": "default/a"]
    let foreign = Node(metadata: ObjectMeta(name: "foreign", annotations: annotations))
    try scene.create(foreign)
    try scene.runToRest()
    try scene.delete(ConfigMap.self, namespace: "default", name: "a")
    try scene.runToRest()
    for key in [owner, node, secret] { #expect(scene.server.object(key) == nil, "\(key)") }
    #expect(scene.server.object(foreign.key) != nil)
  }

  @Test func `what one object owns is not another's, until that one is gone`() throws {
    var scene = try scene("a", "b")
    try scene.runToRest()
    func owner() -> String? { scene.server.object(node)?.metadata.annotations["configmaps/owner"] }
    #expect(owner() == "default/a")
    #expect(scene.findings.map(\.code) == [.foreignObject, .foreignObject])
    #expect(
      scene.findings.allSatisfy { $0.problem.contains("belongs to ConfigMap default/a") },
      "\(scene.findings)")
    try scene.delete(ConfigMap.self, namespace: "default", name: "a")
    try scene.runToRest()
    #expect(owner() == "default/b")
    #expect(scene.findings.isEmpty)
  }

  @Test func `no order of events leaves anything outside the namespace behind`() throws {
    let keys = [owner, node, secret]
    let report = ControllerExploration(
      try scene("a"), events: [.init("the owner is deleted") { _ = $0.handle(.delete(keys[0]), at: $1) }],
      faults: 0,
      atRest: { server, _ in keys.contains { server.object($0) != nil } ? "something is left" : nil }
    ).run()
    #expect(report.violation == nil && report.isExhausted, "\(report)")
  }
}
