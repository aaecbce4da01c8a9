import KubeCore
import Testing

@Suite struct DeleteTests {
  private let path = Sample.configMaps + "/c"

  @Test func `a deletion returns a Status`() {
    var world = World()
    let created = world.post(Sample.configMaps, Sample.configMap("c"))
    let answer = world.delete(path)
    #expect(answer.code == 200)
    #expect(answer.json["status"] == "Success")
    #expect(answer.json["details"] == ["name": "c", "kind": "configmaps", "uid": .string(created.uid ?? "")])
    #expect(world.delete(path).code == 404)
  }

  @Test func `preconditions guard a deletion`() {
    var world = World()
    let created = world.post(Sample.configMaps, Sample.configMap("c"))
    let wrong = world.delete(path, ["preconditions": ["uid": "other"]])
    #expect(wrong.code == 409)
    #expect(wrong.reason == "Conflict")
    #expect(world.delete(path, ["preconditions": ["resourceVersion": "1"]]).code == 409)
    let right: JSONValue = [
      "kind": "DeleteOptions", "apiVersion": "v1",
      "preconditions": [
        "uid": .string(created.uid ?? ""), "resourceVersion": .string(created.version ?? ""),
      ],
    ]
    #expect(world.delete(path, right).code == 200)
  }

  @Test func `finalizers hold an object until they are removed`() {
    var world = World()
    var config = Sample.configMap("c")
    config.set(["x.org/hold"], at: ["metadata", "finalizers"])
    _ = world.post(Sample.configMaps, config)
    let answer = world.delete(path)
    #expect(answer.json.value(at: "metadata", "deletionTimestamp") == world.time(2))
    #expect(world.get(path).code == 200)
    let added = world.merge(path, ["metadata": ["finalizers": ["x.org/hold", "x.org/more"]]])
    #expect(added.code == 422)
    #expect(world.merge(path, ["metadata": ["finalizers": .null]]).code == 200)
    #expect(world.get(path).code == 404)
  }

  @Test func `dependents are deleted after their last owner`() {
    var world = World()
    let owners = ["o1", "o2"].map { world.post(Sample.configMaps, Sample.configMap($0)) }
    var config = Sample.configMap("c")
    config.set(
      .array(
        owners.map { owner in
          [
            "apiVersion": "v1", "kind": "ConfigMap", "name": owner.json.value(at: "metadata", "name") ?? "",
            "uid": .string(owner.uid ?? ""),
          ]
        }), at: ["metadata", "ownerReferences"])
    _ = world.post(Sample.configMaps, config)
    _ = world.delete(Sample.configMaps + "/o1")
    world.collectGarbage()
    #expect(world.get(path).json.value(at: "metadata", "ownerReferences")?.array?.count == 1)
    _ = world.delete(Sample.configMaps + "/o2")
    #expect(world.get(path).code == 200)
    world.collectGarbage()
    #expect(world.get(path).code == 404)
  }

  @Test func `an owner replaced by one of the same name is gone`() {
    var world = World()
    var config = Sample.configMap("c")
    config.set(
      [["apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "long-gone"]],
      at: ["metadata", "ownerReferences"])
    _ = world.post(Sample.configMaps, Sample.configMap("o"))
    _ = world.post(Sample.configMaps, config)
    world.collectGarbage()
    #expect(world.get(path).code == 404)
  }

  @Test func `a foreground deletion waits for dependents`() {
    var world = World()
    let owner = world.post(Sample.configMaps, Sample.configMap("o"))
    var config = Sample.configMap("c")
    config.set(["x.org/hold"], at: ["metadata", "finalizers"])
    config.set(
      [["apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": .string(owner.uid ?? "")]],
      at: ["metadata", "ownerReferences"])
    _ = world.post(Sample.configMaps, config)
    _ = world.delete(Sample.configMaps + "/o?propagationPolicy=Foreground")
    world.collectGarbage()
    #expect(world.get(Sample.configMaps + "/o").code == 200)
    #expect(world.get(path).json.value(at: "metadata", "deletionTimestamp") != nil)
    _ = world.merge(path, ["metadata": ["finalizers": .null]])
    world.collectGarbage()
    #expect(world.get(Sample.configMaps + "/o").code == 404)
  }

  @Test func `an orphaning deletion keeps dependents`() {
    var world = World()
    let owner = world.post(Sample.configMaps, Sample.configMap("o"))
    var config = Sample.configMap("c")
    config.set(
      [["apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": .string(owner.uid ?? "")]],
      at: ["metadata", "ownerReferences"])
    _ = world.post(Sample.configMaps, config)
    _ = world.delete(Sample.configMaps + "/o", ["propagationPolicy": "Orphan"])
    world.collectGarbage()
    #expect(world.get(Sample.configMaps + "/o").code == 404)
    #expect(world.get(path).code == 200)
    #expect(world.get(path).json.value(at: "metadata", "ownerReferences") == nil)
  }

  @Test func `a deleted namespace terminates after its contents`() {
    var world = World()
    _ = world.post(
      "/api/v1/namespaces", ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]])
    _ = world.post("/api/v1/namespaces/n/secrets", Sample.secret("s"))
    let answer = world.delete("/api/v1/namespaces/n")
    #expect(answer.json.value(at: "status", "phase") == "Terminating")
    let refused = world.post("/api/v1/namespaces/n/secrets", Sample.secret("t"))
    #expect(refused.code == 403)
    #expect(
      refused.message
        == "secrets \"t\" is forbidden: unable to create new content in namespace n because it is being terminated"
    )
    world.collectGarbage()
    #expect(world.get("/api/v1/namespaces/n").code == 404)
    #expect(world.get("/api/v1/namespaces/n/secrets/s").code == 404)
  }

  @Test func `a collection is deleted by selector`() {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a", labels: ["x": "1"]))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    let answer = world.delete(Sample.configMaps + "?labelSelector=x=1")
    #expect(answer.json["items"]?.array?.count == 1)
    #expect(world.get(Sample.configMaps).json["items"]?.array?.count == 1)
  }
}
