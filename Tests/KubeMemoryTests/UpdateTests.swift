import HTTPTypes
import KubeCore
import Testing

@Suite struct UpdateTests {
  private let path = Sample.configMaps + "/c"

  @Test func `a stale replace is a conflict`() {
    var world = World()
    let first = world.post(Sample.configMaps, Sample.configMap("c"))
    _ = world.merge(path, ["data": ["a": "2"]])
    let answer = world.put(path, first.json)
    #expect(answer.code == 409)
    #expect(answer.reason == "Conflict")
    #expect(
      answer.message
        == "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again"
    )
  }

  @Test func `a replace of a missing object is not found and one with another uid a conflict`() {
    var world = World()
    #expect(world.put(path, Sample.configMap("c")).code == 404)
    _ = world.post(Sample.configMaps, Sample.configMap("c"))
    var other = Sample.configMap("c")
    other.set("other", at: ["metadata", "uid"])
    #expect(world.put(path, other).code == 409)
    #expect(world.put(path, Sample.configMap("d")).code == 400)
    #expect(world.put(path, Sample.configMap("c", ["z": "1"])).json["data"] == ["z": "1"])
  }

  @Test func `an APIService forbids unconditional updates`() {
    var world = World()
    let path = "/apis/apiregistration.k8s.io/v1/apiservices"
    let service: JSONValue = [
      "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": ["name": "v1.x.org"],
      "spec": [
        "group": "x.org", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
        "service": ["name": "s", "namespace": "default"],
      ],
    ]
    let created = world.post(path, service)
    #expect(created.json.value(at: "spec", "service", "port") == 443)
    let answer = world.put(path + "/v1.x.org", service)
    #expect(answer.code == 422)
    #expect(
      answer.message?.contains(
        "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update") == true)
    #expect(world.put(path + "/v1.x.org", created.json).version == created.version)
  }

  @Test func `a replace keeps the status and a status replace the spec`() {
    var world = Sample.widgetWorld()
    let created = world.post(Sample.widgets, Sample.widget("w"))
    var changed = created.json
    changed["spec"] = ["size": 5]
    changed["status"] = ["phase": "Done"]
    let status = world.put(Sample.widgets + "/w/status", changed)
    #expect(status.json.value(at: "spec", "size") == 1)
    #expect(status.json.value(at: "status", "phase") == "Done")
    #expect(status.generation == 1)
    changed["status"] = nil
    changed.set(status.json.value(at: "metadata", "resourceVersion"), at: ["metadata", "resourceVersion"])
    let main = world.put(Sample.widgets + "/w", changed)
    #expect(main.json.value(at: "spec", "size") == 5)
    #expect(main.json.value(at: "status", "phase") == "Done")
    #expect(main.generation == 2)
  }

  @Test func `the generation counts changes of the spec only`() {
    var world = World()
    let target = Sample.deployments + "/d"
    #expect(world.apply(target, "a", Sample.deployment("d")).generation == 1)
    #expect(world.merge(target, ["metadata": ["labels": ["l": "1"]]]).generation == 1)
    #expect(world.merge(target + "/status", ["status": ["replicas": 1]]).generation == 1)
    #expect(world.merge(target, ["spec": ["replicas": 3]]).generation == 2)
  }

  @Test func `immutable fields can't be changed`() {
    var world = World()
    _ = world.post(Sample.deployments, Sample.deployment("d"))
    let selector = world.merge(
      Sample.deployments + "/d",
      [
        "spec": [
          "selector": ["matchLabels": ["app": "y"]], "template": ["metadata": ["labels": ["app": "y"]]],
        ]
      ])
    #expect(selector.code == 422)
    #expect(selector.message?.contains("spec.selector: Invalid value") == true)
    #expect(selector.message?.hasSuffix("field is immutable") == true)
    _ = world.post(Sample.secrets, Sample.secret("s"))
    #expect(world.merge(Sample.secrets + "/s", ["type": "other"]).code == 422)
    _ = world.post(Sample.services, Sample.service("s"))
    #expect(world.merge(Sample.services + "/s", ["spec": ["clusterIP": "10.96.9.9"]]).code == 422)
    let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    let binding: JSONValue = [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "b"],
      "roleRef": ["kind": "Role", "name": "r"],
    ]
    let created = world.post(bindings, binding)
    #expect(created.json.value(at: "roleRef", "apiGroup") == "rbac.authorization.k8s.io")
    #expect(
      world.merge(bindings + "/b", ["roleRef": ["name": "other"]]).message?.hasSuffix("cannot change roleRef")
        == true)
  }

  @Test func `a replace without the address keeps it`() {
    var world = World()
    let created = world.post(Sample.services, Sample.service("s"))
    let answer = world.put(Sample.services + "/s", Sample.service("s"))
    #expect(answer.code == 200)
    #expect(answer.version == created.version)
  }

  @Test func `a merge patch removes members that are null`() {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("c", ["a": "1", "b": "2"]))
    #expect(world.merge(path, ["data": ["a": .null]]).json["data"] == ["b": "2"])
  }

  @Test func `a patch without a change keeps the resourceVersion`() {
    var world = World()
    let first = world.post(Sample.configMaps, Sample.configMap("c"))
    #expect(world.merge(path, ["data": ["a": "1"]]).json == first.json)
  }

  @Test func `a patch with a resourceVersion is conditional`() {
    var world = World()
    let first = world.post(Sample.configMaps, Sample.configMap("c"))
    _ = world.merge(path, ["data": ["a": "2"]])
    let stale: JSONValue = [
      ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(first.version ?? "")],
      ["op": "remove", "path": "/data"],
    ]
    #expect(world.jsonPatch(path, stale).code == 409)
    #expect(world.merge(path, ["metadata": ["uid": "other"]]).code == 422)
  }

  @Test func `JSON patches have all six operations`() {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("c", ["a": "1"], labels: ["b/c": "2"]))
    let answer = world.jsonPatch(
      path,
      [
        ["op": "test", "path": "/data/a", "value": "1"],
        ["op": "add", "path": "/data/d", "value": "3"],
        ["op": "copy", "from": "/data/d", "path": "/data/e"],
        ["op": "move", "from": "/metadata/labels/b~1c", "path": "/data/f"],
        ["op": "replace", "path": "/data/a", "value": "9"],
        ["op": "remove", "path": "/data/d"],
      ])
    #expect(answer.json["data"] == ["a": "9", "e": "3", "f": "2"])
    let failed = world.jsonPatch(path, [["op": "test", "path": "/data/a", "value": "1"]])
    #expect(failed.code == 422)
    #expect(world.jsonPatch(path, [["op": "remove", "path": "/data/none"]]).code == 422)
    #expect(world.jsonPatch(path, ["op": "x"]).code == 400)
  }

  @Test func `a patch can grow an object only within limits`() {
    var world = Sample.widgetWorld()
    _ = world.post(Sample.widgets, Sample.widget("w", ["size": 1, "free": ["a": ["b": "c"]]]))
    let doubling: JSONValue = ["op": "copy", "from": "/spec/free", "path": "/spec/free/a/b"]
    let answer = world.jsonPatch(Sample.widgets + "/w", .array(Array(repeating: doubling, count: 200)))
    #expect(answer.code == 422)
    let deepening = (1..<300).map { level -> JSONValue in
      let path = "/spec/free" + String(repeating: "/a", count: level)
      return ["op": "add", "path": .string(path), "value": ["a": [:]]]
    }
    #expect(world.jsonPatch(Sample.widgets + "/w", .array(deepening)).code == 422)
  }

  @Test func `custom resources accept no strategic merge patch`() {
    var world = Sample.widgetWorld()
    let answer = world.send(
      .patch, Sample.widgets + "/w", [:], type: "application/strategic-merge-patch+json")
    #expect(answer.code == 415)
    #expect(answer.reason == "UnsupportedMediaType")
  }
}
