import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

import struct Foundation.Date

/// Objects as tables, as `kubectl get` requests them.
@Suite struct TableTests {
  static let accept: HTTPFields = [
    .accept:
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
  ]

  func table(_ world: inout World, _ target: String) -> World.Answer {
    world.send(.get, target, headers: TableTests.accept)
  }

  func columns(_ table: JSONValue) -> [String] {
    (table["columnDefinitions"]?.array ?? []).compactMap { $0["name"]?.string }
  }

  func cells(_ table: JSONValue) -> [[JSONValue]] {
    (table["rows"]?.array ?? []).map { $0["cells"]?.array ?? [] }
  }

  static let definition: JSONValue = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": "things.example.com"],
    "spec": [
      "group": "example.com", "scope": "Namespaced",
      "names": ["kind": "Thing", "plural": "things"],
      "versions": [
        [
          "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
          "schema": [
            "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
          ],
          "additionalPrinterColumns": [
            [
              "name": "Available", "type": "string",
              "jsonPath": ".status.conditions[?(@.type==\"Available\")].status",
            ], ["name": "URL", "type": "string", "jsonPath": ".spec.urls[*].url", "priority": 1],
            ["name": "Size", "type": "integer", "jsonPath": ".spec.size"],
            ["name": "Since", "type": "date", "jsonPath": ".spec.since"],
            ["name": "Note", "type": "string", "jsonPath": ".metadata.annotations.example\\.com/note"],
          ],
        ], ["name": "v1alpha1", "served": true, "storage": false],
      ],
    ],
  ]

  @Test func `a list is a table of names and the kind's columns`() {
    var world = World()
    _ = world.post(
      "/api/v1/namespaces/default/configmaps",
      ["metadata": ["name": "a", "labels": ["x": "y"]], "data": ["one": "1", "two": "2"]])
    world.seconds += 90
    let answer = table(&world, "/api/v1/namespaces/default/configmaps")
    #expect(answer.code == 200)
    #expect(answer.json["kind"] == "Table")
    #expect(answer.json["apiVersion"] == "meta.k8s.io/v1")
    #expect(columns(answer.json) == ["Name", "Data", "Age"])
    #expect(cells(answer.json) == [["a", 2, "91s"]])
    #expect(answer.version == String(world.server.resourceVersion))
    let object = answer.json["rows"]?.array?.first?["object"]
    #expect(object?["kind"] == "PartialObjectMetadata")
    #expect(object?.value(at: "metadata", "labels", "x") == "y")
    #expect(object?["data"] == nil)
  }

  @Test func `one object is a table too`() {
    var world = World()
    let answer = table(&world, "/api/v1/namespaces/default")
    #expect(columns(answer.json) == ["Name", "Status", "Age"])
    #expect(cells(answer.json).first?.prefix(2) == ["default", "Active"])
  }

  @Test func `includeObject determines the rows' objects`() {
    var world = World()
    let whole = table(&world, "/api/v1/namespaces?includeObject=Object")
    #expect(whole.json["rows"]?.array?.first?["object"]?["kind"] == "Namespace")
    let none = table(&world, "/api/v1/namespaces?includeObject=None")
    #expect(none.json["rows"]?.array?.first?["object"] == .null)
    #expect(table(&world, "/api/v1/namespaces?includeObject=Some").code == 400)
  }

  @Test func `an unknown representation is refused`() {
    var world = World()
    #expect(
      world.send(
        .get, "/api/v1/namespaces", headers: [.accept: "application/json;as=Picture;v=v1;g=meta.k8s.io"]
      ).code == 406)
    let answer = world.send(
      .get, "/api/v1/namespaces",
      headers: [.accept: "application/json;as=Picture;v=v1;g=meta.k8s.io, application/json"])
    #expect(answer.json["kind"] == "NamespaceList")
  }

  @Test func `a custom resource shows its printer columns`() {
    var world = World()
    #expect(
      world.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", TableTests.definition).code == 201
    )
    let path = "/apis/example.com/v1/namespaces/default/things"
    let thing: JSONValue = [
      "apiVersion": "example.com/v1", "kind": "Thing",
      "metadata": ["name": "a", "annotations": ["example.com/note": "mind"]],
      "spec": [
        "size": 3, "urls": [["url": "https://a"], ["url": "https://b"]], "since": "2023-11-14T22:00:00Z",
      ],
    ]
    #expect(world.post(path, thing).code == 201)
    _ = world.merge(
      path + "/a/status",
      [
        "status": [
          "conditions": [["type": "Other", "status": "False"], ["type": "Available", "status": "True"]]
        ]
      ])
    let answer = table(&world, path)
    #expect(columns(answer.json) == ["Name", "Available", "URL", "Size", "Since", "Note"])
    #expect(cells(answer.json) == [["a", "True", "https://a", 3, "13m", "mind"]])
    let priorities = (answer.json["columnDefinitions"]?.array ?? []).map { $0["priority"] }
    #expect(priorities == [0, 0, 1, 0, 0, 0])
    // A version without columns shows the age.
    let older = table(&world, "/apis/example.com/v1alpha1/namespaces/default/things")
    #expect(columns(older.json) == ["Name", "Age"])
  }

  @Test func `a cell without a value of its type is null`() {
    var world = World()
    _ = world.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", TableTests.definition)
    let path = "/apis/example.com/v1/namespaces/default/things"
    _ = world.post(
      path,
      [
        "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "a"],
        "spec": ["size": "many", "since": "yesterday", "urls": []],
      ])
    #expect(
      cells(table(&world, path).json) == [["a", .null, .null, .null, "<invalid>", .null]])
  }

  @Test func `a watch sends the columns once`() throws {
    var world = World()
    let answer = world.send(
      .get,
      "/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=\(world.server.resourceVersion)",
      headers: TableTests.accept)
    var watch = try #require(answer.watch)
    for name in ["a", "b"] {
      _ = world.post("/api/v1/namespaces/default/configmaps", ["metadata": ["name": .string(name)]])
    }
    let time = Date(timeIntervalSince1970: world.seconds + 60)
    let events = try world.server.events(for: &watch, at: time).map { try JSONParser().parse($0) }
    #expect(events.map { $0["type"] } == ["ADDED", "ADDED"])
    let tables = events.map { $0["object"] ?? .null }
    #expect(tables.map(columns) == [["Name", "Data", "Age"], []])
    #expect(tables.map(cells) == [[["a", 0, "61s"]], [["b", 0, "60s"]]])
  }

  @Test func `a Pod's state is one word`() {
    var world = World()
    func pod(_ status: JSONValue) -> [JSONValue] {
      let path = "/api/v1/namespaces/default/pods"
      _ = world.post(
        path,
        [
          "metadata": ["name": "p"],
          "spec": ["containers": [["name": "c", "image": "i"], ["name": "d", "image": "i"]]],
        ])
      _ = world.merge(path + "/p/status", ["status": status])
      let row = cells(table(&world, path).json).first ?? []
      _ = world.delete(path + "/p")
      return Array(row.prefix(4).dropFirst())
    }
    #expect(pod([:]) == ["0/2", "Pending", "0"])
    let running: JSONValue = ["name": "c", "ready": true, "restartCount": 0, "state": ["running": [:]]]
    let crashing: JSONValue = [
      "name": "d", "ready": false, "restartCount": 4, "state": ["waiting": ["reason": "CrashLoopBackOff"]],
      "lastState": ["terminated": ["exitCode": 1, "finishedAt": "2023-11-14T22:13:20Z"]],
    ]
    let row = pod(["phase": "Running", "containerStatuses": [running, crashing]])
    #expect(row.prefix(2) == ["1/2", "CrashLoopBackOff"])
    #expect(row.last?.string?.hasPrefix("4 (") == true)
    #expect(
      pod([
        "phase": "Pending", "initContainerStatuses": [["state": ["waiting": ["reason": "ErrImagePull"]]]],
      ]) == ["0/2", "Init:ErrImagePull", "0"])
  }

  @Test(arguments: [
    (
      "deployments", "apps/v1",
      ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]
    ),
    ("services", "v1", ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector"]),
    ("leases", "coordination.k8s.io/v1", ["Name", "Holder", "Age"]),
    ("roles", "rbac.authorization.k8s.io/v1", ["Name", "Created At"]),
    (
      "rolebindings", "rbac.authorization.k8s.io/v1",
      ["Name", "Role", "Age", "Users", "Groups", "ServiceAccounts"]
    ), ("secrets", "v1", ["Name", "Type", "Data", "Age"]),
  ]) func `the columns are those of a real server`(_ plural: String, _ version: String, _ expected: [String])
  {
    var world = World()
    let root = version.contains("/") ? "/apis/" : "/api/"
    let answer = table(&world, "\(root)\(version)/namespaces/default/\(plural)")
    #expect(columns(answer.json) == expected)
    #expect(cells(answer.json).isEmpty)
  }

  @Test func `a Service shows its addresses and ports`() {
    var world = World()
    let path = "/api/v1/namespaces/default/services"
    _ = world.post(
      path,
      [
        "metadata": ["name": "s"],
        "spec": [
          "selector": ["b": "2", "a": "1"], "clusterIP": "10.96.0.9",
          "ports": [["port": 80], ["port": 53, "protocol": "UDP", "name": "dns"]],
        ],
      ])
    #expect(
      cells(table(&world, path).json).first?.filter { $0 != "1s" }
        == ["s", "ClusterIP", "10.96.0.9", "<none>", "80/TCP,53/UDP", "a=1,b=2"])
  }
}
