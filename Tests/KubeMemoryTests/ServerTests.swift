import Foundation
import HTTPTypes
import KubeCore
import KubeMemory
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
    let answer = one.post(Sample.configMaps, Sample.configMap("c"))
    #expect(answer.code == 201)
    #expect(answer.body == other.post(Sample.configMaps, Sample.configMap("c")).body)
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
