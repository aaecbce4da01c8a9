import Foundation
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

@Suite struct CreateAndReadTests {
  @Test func `a created object gets a uid, a time and a resourceVersion`() {
    var world = World()
    let answer = world.post(Sample.configMaps, Sample.configMap("c"))
    #expect(answer.code == 201)
    #expect(answer.uid?.count == 36)
    #expect(answer.json.value(at: "metadata", "creationTimestamp") == world.time(1))
    #expect(answer.version == String(world.server.resourceVersion))
    #expect(answer.generation == nil)
  }

  @Test func `equal requests give equal bytes`() {
    var one = World()
    var other = World()
    #expect(
      one.post(Sample.configMaps, Sample.configMap("c")).json
        == other.post(Sample.configMaps, Sample.configMap("c")).json)
  }

  @Test func `a copy is an independent server`() {
    var world = World()
    var copy = world
    _ = copy.post(Sample.configMaps, Sample.configMap("c"))
    #expect(copy.get(Sample.configMaps + "/c").code == 200)
    #expect(world.get(Sample.configMaps + "/c").code == 404)
  }

  @Test func `a missing object is not found with the server's message`() {
    var world = World()
    let answer = world.get(Sample.secrets + "/x")
    #expect(answer.code == 404)
    #expect(answer.message == "secrets \"x\" not found")
    #expect(answer.json["details"] == ["name": "x", "kind": "secrets"])
    #expect(world.get(Sample.deployments + "/x").message == "deployments.apps \"x\" not found")
  }

  @Test func `a second creation already exists`() {
    var world = World()
    _ = world.post(Sample.secrets, Sample.secret("s"))
    let answer = world.post(Sample.secrets, Sample.secret("s"))
    #expect(answer.code == 409)
    #expect(answer.reason == "AlreadyExists")
    #expect(answer.message == "secrets \"s\" already exists")
  }

  @Test func `a namespace must exist`() {
    var world = World()
    let answer = world.post("/api/v1/namespaces/nowhere/secrets", Sample.secret("s"))
    #expect(answer.code == 404)
    #expect(answer.message == "namespaces \"nowhere\" not found")
  }

  @Test func `generateName gives different names`() {
    var world = World()
    var config = Sample.configMap("")
    config["metadata"] = ["generateName": "c-"]
    let names = (0..<2).map { _ in
      world.post(Sample.configMaps, config).json.value(at: "metadata", "name")?.string ?? ""
    }
    #expect(names[0] != names[1])
    #expect(names.allSatisfy { $0.hasPrefix("c-") && $0.count == 7 })
  }

  @Test func `invalid names are refused`() {
    var world = World()
    for name in ["", "A", "a_b", "-a", "a..b", String(repeating: "a", count: 254)] {
      let answer = world.post(Sample.configMaps, Sample.configMap(name))
      #expect(answer.code == 422, "\(name)")
      #expect(answer.reason == "Invalid")
    }
    let answer = world.post(
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
      ["apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "system:x"]])
    #expect(answer.code == 201)
  }

  @Test func `the body must have the path's kind`() {
    var world = World()
    #expect(world.post(Sample.secrets, Sample.configMap("c")).code == 400)
    var other = Sample.secret("s")
    other["apiVersion"] = "v2"
    #expect(world.post(Sample.secrets, other).code == 400)
    var elsewhere = Sample.secret("s")
    elsewhere.set("kube-system", at: ["metadata", "namespace"])
    #expect(world.post(Sample.secrets, elsewhere).code == 400)
  }

  @Test func `stringData becomes data`() {
    var world = World()
    var secret = Sample.secret("s")
    secret["stringData"] = ["b": "top"]
    let answer = world.post(Sample.secrets, secret)
    #expect(answer.json["data"] == ["b": "dG9w", "token": "dG9w"])
    #expect(answer.json["stringData"] == nil)
    #expect(answer.json["type"] == "Opaque")
  }

  @Test func `unknown paths and subresources are not served`() {
    var world = World()
    for path in [
      "/apis/none/v1/things", "/api/v2/secrets", "/api/v1/nothings", Sample.secrets + "/s/status",
      "/openapi/v2", "/", "/apis/apps/v2/deployments", "/api/v1/namespaces/default/namespaces",
    ] {
      #expect(world.get(path).code == 404, "\(path)")
    }
    #expect(world.send(.post, Sample.secrets + "/s", Sample.secret("s")).code == 405)
    #expect(world.send(.put, Sample.secrets, Sample.secret("s")).code == 405)
  }

  @Test func `discovery lists the kinds`() {
    var world = Sample.widgetWorld()
    let groups = world.get("/apis").json["groups"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(groups.contains("example.org") && groups.contains("apps"))
    let resources = world.get("/apis/example.org/v1").json["resources"]?.array?.compactMap {
      $0["name"]?.string
    }
    #expect(resources == ["widgets", "widgets/status"])
    #expect(world.get("/apis/example.org").json.value(at: "preferredVersion", "version") == "v1")
    #expect(world.get("/version").json["major"] == "1")
    #expect(world.get("/readyz").json == "ok")
  }

  @Test func `discovery comes aggregated where the client asks for that first`() throws {
    var world = Sample.widgetWorld()
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    let older = aggregated.replacing("v=v2;", with: "v=v2beta1;")
    func kind(_ accept: String) -> JSONValue? {
      world.send(.get, "/apis", headers: [.accept: accept]).json["kind"]
    }
    #expect(kind("\(aggregated),\(older),application/json") == "APIGroupDiscoveryList")
    #expect(kind("\(older), \(aggregated)") == "APIGroupDiscoveryList")
    for accept in ["\(older),application/json", "application/json,\(aggregated)", "*/*", ";=,", ""] {
      #expect(kind(accept) == "APIGroupList", "\(accept)")
    }
    let core = world.send(.get, "/api", headers: [.accept: aggregated]).json["items"]?.array ?? []
    #expect(core.count == 1 && core.first?["metadata"] == [:])
    let groups = world.send(.get, "/apis", headers: [.accept: aggregated]).json["items"]?.array ?? []
    let group = try #require(groups.first { $0.value(at: "metadata", "name") == "example.org" })
    let versions = group["versions"]?.array ?? []
    #expect(versions.map { $0["version"] } == ["v1", "v1beta1"])
    #expect(
      versions.first?["resources"] == [
        [
          "resource": "widgets", "responseKind": ["group": "", "version": "", "kind": "Widget"],
          "scope": "Namespaced", "singularResource": "widget",
          "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
          "subresources": [
            [
              "subresource": "status", "responseKind": ["group": "", "version": "", "kind": "Widget"],
              "verbs": ["get", "patch", "update"],
            ]
          ],
        ]
      ])
  }

  @Test func `a list is sorted and has a resourceVersion`() {
    var world = World()
    for name in ["b", "a", "c"] { _ = world.post(Sample.configMaps, Sample.configMap(name)) }
    let list = world.get("/api/v1/configmaps")
    #expect(list.json["kind"] == "ConfigMapList")
    #expect(list.version == String(world.server.resourceVersion))
    let items = list.json["items"]?.array ?? []
    #expect(items.compactMap { $0.value(at: "metadata", "name")?.string } == ["a", "b", "c"])
    #expect(items.allSatisfy { $0["kind"] == nil })
  }

  @Test func `selectors filter lists`() {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a", labels: ["x": "1", "y": "1"]))
    _ = world.post(Sample.configMaps, Sample.configMap("b", labels: ["x": "2"]))
    _ = world.post(Sample.configMaps, Sample.configMap("c"))
    func names(_ query: String) -> String {
      let items = world.get(Sample.configMaps + "?" + query).json["items"]?.array ?? []
      return items.compactMap { $0.value(at: "metadata", "name")?.string }.joined()
    }
    #expect(names("labelSelector=x=1") == "a")
    #expect(names("labelSelector=x!=1") == "bc")
    #expect(names("labelSelector=x in (1,2),!y") == "b")
    #expect(names("labelSelector=x notin (1)") == "bc")
    #expect(names("labelSelector=x") == "ab")
    #expect(names("fieldSelector=metadata.name=c") == "c")
    #expect(names("fieldSelector=metadata.name!=c,metadata.namespace=default") == "ab")
    #expect(world.get(Sample.configMaps + "?fieldSelector=data.a=1").code == 400)
    #expect(world.get(Sample.configMaps + "?labelSelector=a in (b").code == 400)
  }

  @Test func `the pages of a list show one state`() {
    var world = World()
    for name in ["a", "b", "c"] { _ = world.post(Sample.configMaps, Sample.configMap(name)) }
    let first = world.get(Sample.configMaps + "?limit=2")
    let token = first.json.value(at: "metadata", "continue")?.string ?? ""
    #expect(first.json.value(at: "metadata", "remainingItemCount") == 1)
    _ = world.delete(Sample.configMaps + "/c")
    _ = world.post(Sample.configMaps, Sample.configMap("d"))
    let second = world.get(Sample.configMaps + "?limit=2&continue=" + token)
    #expect(
      (second.json["items"]?.array ?? []).compactMap { $0.value(at: "metadata", "name")?.string } == ["c"])
    #expect(second.version == first.version)
    world.server.compact(through: world.server.resourceVersion)
    #expect(world.get(Sample.configMaps + "?limit=2&continue=" + token).code == 410)
    #expect(world.get(Sample.configMaps + "?limit=2&continue=nonsense").code == 400)
  }

  @Test func `metadata alone are served on request`() {
    var world = World()
    _ = world.post(Sample.secrets, Sample.secret("s"))
    let accept: HTTPFields = [.accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]
    let list = world.send(.get, Sample.secrets, headers: accept)
    #expect(list.json["kind"] == "PartialObjectMetadataList")
    #expect(list.json["items"]?.array?.first?["data"] == nil)
  }

  @Test func `a dry run changes nothing`() {
    var world = World()
    #expect(world.post(Sample.configMaps + "?dryRun=All", Sample.configMap("c")).code == 201)
    #expect(world.get(Sample.configMaps + "/c").code == 404)
  }

  @Test func `bodies and objects beyond the limits are refused`() {
    var world = World(limits: .init(requestBytes: 4000, objectBytes: 2000))
    let large = Sample.configMap("c", ["a": .string(String(repeating: "x", count: 3000))])
    #expect(world.post(Sample.configMaps, large).code == 413)
    let huge = Sample.configMap("c", ["a": .string(String(repeating: "x", count: 5000))])
    #expect(world.post(Sample.configMaps, huge).code == 413)
  }

  @Test func `no bytes crash the server`() {
    var world = Sample.widgetWorld()
    _ = world.apply(Sample.widgets + "/w", "a", Sample.widget("w"))
    _ = world.post(Sample.configMaps, Sample.configMap("c"))
    let bodies: [String] = [
      "", "null", "[]", "{}", "0", "\"x\"", "{\"kind\":1}", "[[[[", "{\"metadata\":[]}", "[{}]", "[null]",
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":[]}"#,
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","labels":[1],"annotations":3}}"#,
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","labels":{"a":1}}}"#,
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","ownerReferences":[1,{}]},"data":[]}"#,
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","managedFields":[{"fieldsV1":[]}]}}"#,
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","finalizers":"x","resourceVersion":7}}"#,
      #"{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"parts":[1,null,{}],"tags":{}}}"#,
      #"{"apiVersion":"example.org/v1","kind":"Widget","metadata":null,"spec":[],"status":1}"#,
      #"[{"op":"add","path":"/metadata/finalizers/-","value":"x"},{"op":"move","from":"/","path":""}]"#,
      #"[{"op":"remove","path":""}]"#, #"[{"op":"replace","path":"","value":1}]"#, "\u{FF}\u{0}",
    ]
    for body in bodies {
      for path in [
        Sample.configMaps, Sample.configMaps + "/c", Sample.widgets, Sample.widgets + "/w",
        Sample.widgets + "/w/status",
        Sample.widgets + "/new",
      ] {
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
          for type in [
            "application/json", "application/apply-patch+yaml", "application/merge-patch+json",
            "application/json-patch+json", "text/plain",
          ] {
            var copy = world
            let answer = copy.send(
              method, path + "?fieldManager=a&force=1", type: type, bytes: Array(body.utf8))
            #expect((200..<600).contains(answer.code))
          }
        }
      }
    }
  }
}

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
    world.settle()
    #expect(world.get(path).json.value(at: "metadata", "ownerReferences")?.array?.count == 1)
    _ = world.delete(Sample.configMaps + "/o2")
    #expect(world.get(path).code == 200)
    world.settle()
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
    world.settle()
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
    world.settle()
    #expect(world.get(Sample.configMaps + "/o").code == 200)
    #expect(world.get(path).json.value(at: "metadata", "deletionTimestamp") != nil)
    _ = world.merge(path, ["metadata": ["finalizers": .null]])
    world.settle()
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
    world.settle()
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
    world.settle()
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

@Suite struct WatchTests {
  private func watch(_ world: inout World, _ query: String) -> WatchSubscription? {
    world.get(Sample.configMaps + "?watch=true&" + query).watch
  }

  @Test func `a watch without a resourceVersion begins with the existing objects`() throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    var subscription = try #require(watch(&world, ""))
    #expect(world.poll(&subscription) == ["ADDED a"])
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    _ = world.merge(Sample.configMaps + "/a", ["data": ["a": "2"]])
    _ = world.delete(Sample.configMaps + "/b")
    #expect(world.poll(&subscription) == ["ADDED b", "MODIFIED a", "DELETED b"])
    #expect(world.poll(&subscription) == [])
  }

  @Test func `a watch from a resourceVersion returns later changes`() throws {
    var world = World()
    let first = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    _ = world.post(Sample.secrets, Sample.secret("s"))
    var subscription = try #require(watch(&world, "resourceVersion=" + (first.version ?? "")))
    #expect(world.poll(&subscription) == ["ADDED b"])
  }

  @Test func `an object that leaves the selection is a deletion for the watcher`() throws {
    var world = World()
    var subscription = try #require(watch(&world, "labelSelector=x=1"))
    #expect(world.poll(&subscription) == [])
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.merge(Sample.configMaps + "/a", ["metadata": ["labels": ["x": "1"]]])
    _ = world.merge(Sample.configMaps + "/a", ["data": ["a": "3"]])
    _ = world.merge(Sample.configMaps + "/a", ["metadata": ["labels": ["x": "2"]]])
    _ = world.delete(Sample.configMaps + "/a")
    #expect(world.poll(&subscription) == ["ADDED a", "MODIFIED a", "DELETED a"])
  }

  @Test func `a watch from before the history ends with 410`() throws {
    var world = World(limits: .init(history: 10))
    let first = world.post(Sample.configMaps, Sample.configMap("a"))
    for value in 0..<200 { _ = world.merge(Sample.configMaps + "/a", ["data": ["a": .string("\(value)")]]) }
    var subscription = try #require(watch(&world, "resourceVersion=" + (first.version ?? "")))
    #expect(world.poll(&subscription) == ["ERROR 410"])
    #expect(subscription.isFinished)
    #expect(world.poll(&subscription) == [])
  }

  @Test func `a streaming list ends its initial events with a bookmark`() throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    #expect(world.get(Sample.configMaps + "?watch=true&" + query).code == 422)
    // A watch of the ordinary kind has nothing that a match could be about.
    #expect(world.get(Sample.configMaps + "?watch=true&resourceVersionMatch=NotOlderThan").code == 422)
    var subscription = try #require(watch(&world, query + "&allowWatchBookmarks=true"))
    let lines = world.server.events(for: &subscription)
    #expect(lines.count == 2)
    let last = try JSONParser().parse(lines[1])
    #expect(last["type"] == "BOOKMARK")
    #expect(last["object"]?.value(at: "metadata", "annotations", "k8s.io/initial-events-end") == "true")
  }

  @Test(arguments: ["", "resourceVersion=0&"])
  func `a watch that begins with what is there marks its end for those who take bookmarks`(
    version: String
  ) throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    var subscription = try #require(watch(&world, version + "allowWatchBookmarks=true"))
    #expect(world.poll(&subscription) == ["ADDED a", "BOOKMARK "])
    var plain = try #require(watch(&world, version + "allowWatchBookmarks=false"))
    #expect(world.poll(&plain) == ["ADDED a"])
  }

  @Test func `a watch of one name sees no other`() throws {
    var world = World()
    var subscription = try #require(watch(&world, "fieldSelector=metadata.name=a"))
    _ = world.poll(&subscription)
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    #expect(world.poll(&subscription) == ["ADDED a"])
  }
}

@Suite struct CustomResourceTests {
  @Test func `a definition is established and served at once`() {
    var world = Sample.widgetWorld()
    let definition = world.get(Sample.definitions + "/widgets.example.org")
    let conditions = definition.json.value(at: "status", "conditions")?.array ?? []
    #expect(conditions.contains { $0["type"] == "Established" && $0["status"] == "True" })
    #expect(world.post(Sample.widgets, Sample.widget("w")).code == 201)
  }

  @Test func `defaults are filled in and unknown fields pruned`() {
    var world = Sample.widgetWorld()
    let spec: JSONValue = [
      "size": 2, "unknown": 1, "free": ["any": ["thing": 1]], "extra": ["k": "v"],
      "parts": [["name": "p", "odd": 1]],
    ]
    let answer = world.post(Sample.widgets, Sample.widget("w", spec))
    #expect(
      answer.json["spec"] == [
        "size": 2, "mode": "Slow", "free": ["any": ["thing": 1]], "extra": ["k": "v"],
        "parts": [["name": "p"]],
      ])
    #expect(answer.generation == 1)
  }

  @Test func `strict validation refuses unknown fields`() {
    var world = Sample.widgetWorld()
    let answer = world.post(
      Sample.widgets + "?fieldValidation=Strict", Sample.widget("w", ["size": 1, "x": 1]))
    #expect(answer.code == 400)
    #expect(answer.message == "strict decoding error: unknown field \"spec.x\"")
  }

  @Test func `values are validated by the schema`() {
    var world = Sample.widgetWorld()
    let wrong: [JSONValue] = [
      [:], ["size": "1"], ["size": 0], ["size": 1, "mode": "Medium"], ["size": 1, "parts": [["value": "v"]]],
      [],
    ]
    for spec in wrong {
      let answer = world.post(Sample.widgets, Sample.widget("w", spec))
      #expect(answer.code == 422, "\(spec)")
    }
    let missing = world.post(Sample.widgets, Sample.widget("w", [:]))
    #expect(missing.message == "Widget.example.org \"w\" is invalid: spec.size: Required value")
  }

  @Test func `every version shows the same object`() {
    var world = Sample.widgetWorld()
    let created = world.post(Sample.widgets, Sample.widget("w"))
    let beta = world.get("/apis/example.org/v1beta1/namespaces/default/widgets/w")
    #expect(beta.json["apiVersion"] == "example.org/v1beta1")
    #expect(beta.uid == created.uid)
    let list = world.get("/apis/example.org/v1beta1/widgets")
    #expect(list.json["items"]?.array?.first?["apiVersion"] == "example.org/v1beta1")
  }

  @Test func `a deleted definition is removed with its objects`() {
    var world = Sample.widgetWorld()
    _ = world.post(Sample.widgets, Sample.widget("w"))
    _ = world.delete(Sample.definitions + "/widgets.example.org")
    world.settle()
    #expect(world.get(Sample.definitions + "/widgets.example.org").code == 404)
    #expect(world.get(Sample.widgets + "/w").code == 404)
    #expect(world.get("/apis/example.org/v1").code == 404)
  }

  @Test func `a kind can be registered without a definition`() {
    var world = World()
    world.server.register(
      ResourceType(group: "example.org", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)
    )
    #expect(world.post(Sample.widgets, Sample.widget("w", ["anything": 1])).code == 201)
  }
}

@Suite struct LoadTests {
  @Test func `a loaded dump is unchanged`() throws {
    var world = World()
    let entry: JSONValue = [
      "manager": "m", "operation": "Apply", "apiVersion": "x.org/v1", "fieldsType": "FieldsV1",
      "fieldsV1": ["f:spec": ["f:a": [:]]],
    ]
    let policy: JSONValue = [
      "apiVersion": "x.org/v1", "kind": "Policy",
      "metadata": [
        "name": "p", "namespace": "n", "uid": "u", "resourceVersion": "500", "managedFields": [entry],
      ], "spec": ["a": 1],
    ]
    let secret: JSONValue = [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "n"],
      "data": ["token": "dG9w"],
    ]
    world.server.load(
      [try DynamicObject(policy), try DynamicObject(secret)], at: Date(timeIntervalSince1970: 1_700_000_000))
    let answer = world.get("/apis/x.org/v1/namespaces/n/policies/p")
    #expect(answer.json.value(at: "metadata", "managedFields") == [entry])
    #expect(answer.uid == "u")
    #expect(answer.version == "500")
    #expect(world.get("/api/v1/namespaces/n/secrets/s").json.value(at: "data", "token") == "dG9w")
    #expect(world.server.resourceVersion == 501)
    let next = world.merge("/apis/x.org/v1/namespaces/n/policies/p", ["spec": ["a": 2]])
    #expect(next.version == "502")
  }
}

@Suite struct HubTests {
  private func request(
    _ method: HTTPRequest.Method, _ path: String, _ query: [KubeRequest.QueryItem] = [],
    _ body: JSONValue? = nil
  )
    -> KubeRequest
  {
    KubeRequest(
      method: method, path: path.split(separator: "/").map { String($0) }, query: query,
      body: body.map { SecretBytes(JSONWriter().bytes($0)) })
  }

  @Test func `a watch streams writes`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    _ = try await cluster.send(request(.post, Sample.configMaps, [], Sample.configMap("a")))
    _ = try await cluster.send(request(.delete, Sample.configMaps + "/a"))
    var types: [String] = []
    for try await chunk in response.body {
      types.append(try JSONParser().parse(chunk)["type"]?.string ?? "")
      if types.count == 2 { break }
    }
    #expect(types == ["ADDED", "DELETED"])
  }

  @Test func `garbage is collected after each write`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    _ = try await cluster.send(
      request(
        .post, "/api/v1/namespaces", [], ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]])
    )
    _ = try await cluster.send(request(.delete, "/api/v1/namespaces/n"))
    let response = try await cluster.send(request(.get, "/api/v1/namespaces/n"))
    #expect(response.status.code == 404)
  }

  @Test func `a watch begins with any number of objects for a reader of any speed`() async throws {
    let (cluster, count) = (
      InMemoryCluster(now: { Date(timeIntervalSince1970: 0) }), InMemoryCluster.watchBuffer + 100
    )
    let posts = (0..<count).map { request(.post, Sample.configMaps, [], Sample.configMap("a\($0)")) }
    await cluster.withServer { server in
      for post in posts { _ = server.handle(post, at: Date(timeIntervalSince1970: 0)) }
    }
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    // Later changes are sent after the initial objects, which are sent in their original state.
    _ = try await cluster.send(request(.delete, Sample.configMaps + "/a0"))
    var types: [String] = []
    for try await chunk in response.body {
      types.append(try JSONParser().parse(chunk)["type"]?.string ?? "")
      if types.count == count + 1 { break }
    }
    #expect(types == Array(repeating: "ADDED", count: count) + ["DELETED"])
  }

  @Test func `the watch of a reader that falls too far behind is ended`() async throws {
    let (cluster, count) = (
      InMemoryCluster(now: { Date(timeIntervalSince1970: 0) }), InMemoryCluster.watchBuffer + 100
    )
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    let posts = (0..<count).map { request(.post, Sample.configMaps, [], Sample.configMap("a\($0)")) }
    await cluster.withServer { server in
      for post in posts { _ = server.handle(post, at: Date(timeIntervalSince1970: 0)) }
    }
    var seen = 0
    for try await _ in response.body { seen += 1 }
    #expect(seen == InMemoryCluster.watchBuffer)
  }

  @Test func `ended watches end their bodies`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    await cluster.endWatches()
    var count = 0
    for try await _ in response.body { count += 1 }
    #expect(count == 0)
  }

  @Test func `changes of the server value itself reach watches`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    let post = request(.post, Sample.configMaps, [], Sample.configMap("a"))
    await cluster.withServer { _ = $0.handle(post, at: Date(timeIntervalSince1970: 0)) }
    var first: JSONValue?
    for try await chunk in response.body {
      first = try JSONParser().parse(chunk)["type"]
      break
    }
    #expect(first == "ADDED")
  }
}
