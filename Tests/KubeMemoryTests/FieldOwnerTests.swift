import KubeCore
import Testing

@Suite struct FieldOwnerTests {
  private let path = Sample.configMaps + "/c"

  @Test func `one JSON patch transfers a predecessor's entry`() {
    var world = World()
    let created = world.post(
      Sample.configMaps + "?fieldManager=old", Sample.configMap("c", ["a": "1", "b": "1"]))
    let renamed = (created.json.value(at: "metadata", "managedFields")?.array ?? []).map { entry in
      var entry = entry
      entry["manager"] = "new"
      entry["operation"] = "Apply"
      return entry
    }
    let patched = world.jsonPatch(
      path + "?fieldManager=new",
      [
        ["op": "replace", "path": "/metadata/managedFields", "value": .array(renamed)],
        ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(created.version ?? "")],
      ])
    #expect(patched.code == 200)
    #expect(patched.owners == ["new/Apply": ["f:data": [".": [:], "f:a": [:], "f:b": [:]]]])
    let applied = world.apply(path, "new", Sample.configMap("c", ["a": "1"]))
    #expect(applied.json["data"] == ["a": "1"])
    #expect(applied.owners == ["new/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test func `one empty entry resets all owners`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c"))
    let reset = world.jsonPatch(path, [["op": "replace", "path": "/metadata/managedFields", "value": [[:]]]])
    #expect(reset.owners == [:])
    // The existing fields have no particular owner from then on.
    let answer = world.apply(path, "b", Sample.configMap("c", ["b": "1"]))
    #expect(answer.json["data"] == ["a": "1", "b": "1"])
    #expect(
      answer.owners == [
        "b/Apply": ["f:data": ["f:b": [:]]],
        "before-first-apply/Update": ["f:data": [".": [:], "f:a": [:]]],
      ])
  }

  @Test func `an empty list of entries resets them, null doesn't`() {
    var world = World()
    let first = world.apply(path, "a", Sample.configMap("c"))
    let kept = world.merge(path, ["metadata": ["managedFields": .null]])
    #expect(kept.json == first.json)
    let reset = world.merge(path, ["metadata": ["managedFields": []]])
    #expect(reset.owners.isEmpty)
  }

  @Test func `owner references are owned by uid`() {
    var world = World()
    var config = Sample.configMap("c")
    config["data"] = nil
    config.set(
      [["apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u1"]],
      at: ["metadata", "ownerReferences"])
    let answer = world.apply(path, "a", config)
    #expect(answer.owners == ["a/Apply": ["f:metadata": ["f:ownerReferences": ["k:{\"uid\":\"u1\"}": [:]]]]])
    let dropped = world.apply(path, "a", ["apiVersion": "v1", "kind": "ConfigMap"])
    #expect(dropped.json.value(at: "metadata", "ownerReferences") == nil)
  }

  @Test func `items of a set have owners of their own`() {
    var world = Sample.widgetWorld()
    let target = Sample.widgets + "/w"
    _ = world.apply(target, "a", Sample.widget("w", ["size": 1, "tags": ["x", "y"]]))
    let second = world.apply(target, "b", Sample.widget("w", ["size": 1, "tags": ["y", "z"]]))
    #expect(second.json.value(at: "spec", "tags")?.array?.count == 3)
    let third = world.apply(target, "a", Sample.widget("w"))
    #expect(third.json.value(at: "spec", "tags") == ["y", "z"])
    #expect(
      third.owners["b/Apply"] == ["f:spec": ["f:size": [:], "f:tags": ["v:\"y\"": [:], "v:\"z\"": [:]]]])
  }

  @Test func `applying in another version keeps one entry`() {
    var world = Sample.widgetWorld()
    _ = world.apply(Sample.widgets + "/w", "a", Sample.widget("w", ["size": 1, "note": "n"]))
    var config = Sample.widget("w")
    config["apiVersion"] = "example.org/v1beta1"
    let answer = world.apply("/apis/example.org/v1beta1/namespaces/default/widgets/w", "a", config)
    #expect(answer.json.value(at: "spec", "note") == nil)
    #expect(
      answer.json.value(at: "metadata", "managedFields")?.array?.map { $0["apiVersion"] } == [
        "example.org/v1beta1"
      ])
  }
}
