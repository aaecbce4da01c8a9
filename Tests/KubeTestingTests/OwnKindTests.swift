import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// A controller that creates objects of the kind that it reconciles.
@Suite struct OwnKindTests {
  private static let twins = Controller(ConfigMap.self, fieldManager: "twins") { work in
    guard work.object.metadata.labels["twin"] == "wanted" else { return }
    let metadata = ObjectMeta(
      name: work.object.metadata.name + "-twin", namespace: work.object.metadata.namespace)
    work.ensure(ConfigMap(metadata: metadata, data: work.object.data))
  }.owns(ConfigMap.self)

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func configMap(_ name: String, labels: [String: String] = [:]) -> ConfigMap {
    ConfigMap(
      metadata: ObjectMeta(name: name, namespace: "default", labels: labels), data: ["color": "blue"])
  }

  @Test func `what an object owns of its own kind is put back`() throws {
    var harness = ControllerHarness(Self.twins, on: MemoryAPIServer(at: now), at: now)
    try harness.create(configMap("a", labels: ["twin": "wanted"]))
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "default", name: "a-twin")?.data == ["color": "blue"])
    try harness.delete(ConfigMap.self, namespace: "default", name: "a-twin")
    try harness.runUntilConverged()
    #expect(harness.object(ConfigMap.self, namespace: "default", name: "a-twin") != nil)
  }

  @Test func `a change of what an object owns of its own kind concerns both`() throws {
    var harness = ControllerHarness(Self.twins, on: MemoryAPIServer(at: now), at: now)
    try harness.create(configMap("a", labels: ["twin": "wanted"]))
    try harness.runUntilConverged()
    var cache = ControllerCache(Self.twins)
    let objects = ["a", "a-twin"].compactMap {
      harness.server.object(ObjectKey(ConfigMap.type, namespace: "default", name: $0))
    }
    let keys = objects.map { ObjectKey(ConfigMap.type, namespace: "default", name: $0.metadata.name) }
    try #require(keys.count == 2)
    #expect(cache.insert(objects[0]).keys == [keys[0]])
    #expect(cache.insert(objects[1]).keys == Set(keys))
    #expect(cache.remove(objects[1]).keys == Set(keys))
    #expect(cache.objects(for: keys[0]).everything.count == 1)
  }

  @Test func `what an object owns is put back where others of the kind are named`() throws {
    let both = Controller(Namespace.self, fieldManager: "both") { work in
      guard work.object.metadata.name == "default" else { return }
      work.ensure(ConfigMap(metadata: ObjectMeta(name: "owned", namespace: "default"), data: ["a": "b"]))
    }.owns(ConfigMap.self).reads(ConfigMap.self) { _ in ["named"] }
    var cache = ControllerCache(both)
    var harness = ControllerHarness(both, on: MemoryAPIServer(at: now), at: now)
    try harness.runUntilConverged()
    let space = ObjectKey(Namespace.type, name: "default")
    let owned = ObjectKey(ConfigMap.type, namespace: "default", name: "owned")
    let namespace = try #require(harness.server.object(space))
    _ = cache.insert(try #require(harness.server.object(owned)))
    _ = cache.insert(namespace)
    // An event of the owner keeps the relation.
    #expect(cache.objects(for: space)[owned] != nil)
    #expect(cache.remove(try #require(harness.server.object(owned))).keys.contains(space))
  }
}
