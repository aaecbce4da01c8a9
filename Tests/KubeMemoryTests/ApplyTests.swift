import HTTPTypes
import KubeCore
import KubeMemory
import Testing

@Suite struct ApplyTests {
  private let path = Sample.configMaps + "/c"

  @Test func `an apply to a missing object creates it and owns its fields`() {
    var world = World()
    let answer = world.apply(path, "a", Sample.configMap("c"))
    #expect(answer.code == 201)
    #expect(
      answer.json.value(at: "metadata", "managedFields") == [
        [
          "manager": "a", "operation": "Apply", "apiVersion": "v1", "time": world.time(1),
          "fieldsType": "FieldsV1", "fieldsV1": ["f:data": ["f:a": [:]]],
        ]
      ])
  }

  @Test func `an apply of the same configuration changes nothing`() {
    var world = World()
    let first = world.apply(path, "a", Sample.configMap("c"))
    let second = world.apply(path, "a", Sample.configMap("c"))
    #expect(second.code == 200)
    #expect(second.json == first.json)
    #expect(world.server.resourceVersion == UInt64(first.version ?? ""))
  }

  @Test func `an apply with an unnormalized quantity changes nothing`() {
    var world = World()
    let target = Sample.deployments + "/d"
    let first = world.apply(target, "a", Sample.deployment("d"))
    #expect(first.code == 201)
    let containers = first.json.value(at: "spec", "template", "spec", "containers")?.array
    #expect(containers?.first?.value(at: "resources", "requests", "cpu") == "100m")
    let second = world.apply(target, "a", Sample.deployment("d"))
    #expect(second.json == first.json)
  }

  @Test func `an equal quantity in another spelling changes only the resourceVersion`() {
    var world = World()
    let target = Sample.deployments + "/d"
    func requests(_ memory: JSONValue) -> JSONValue {
      var deployment = Sample.deployment("d")
      deployment.set(
        [["name": "main", "image": "x:1", "resources": ["requests": ["memory": memory]]]],
        at: ["spec", "template", "spec", "containers"])
      return deployment
    }
    let first = world.apply(target, "a", requests("1Ki"))
    let second = world.apply(target, "a", requests("1024"))
    #expect(second.version != first.version)
    #expect(second.generation == first.generation)
    #expect(second.owners == first.owners)
    #expect(
      second.json.value(at: "metadata", "managedFields") == first.json.value(at: "metadata", "managedFields"))
  }

  @Test func `a field that the applier drops is removed`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c", ["a": "1", "b": "2"]))
    let answer = world.apply(path, "a", Sample.configMap("c", ["b": "2"]))
    #expect(answer.json["data"] == ["b": "2"])
    #expect(answer.owners == ["a/Apply": ["f:data": ["f:b": [:]]]])
  }

  @Test func `a dropped field that another manager also owns stays`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c", ["a": "1", "b": "2"]))
    _ = world.apply(path, "b", Sample.configMap("c", ["a": "1"]))
    let answer = world.apply(path, "a", Sample.configMap("c", ["b": "2"]))
    #expect(answer.json["data"] == ["a": "1", "b": "2"])
    #expect(answer.owners == ["a/Apply": ["f:data": ["f:b": [:]]], "b/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test func `changing another applier's field is a conflict with manager and field`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c"))
    let answer = world.apply(path, "b", Sample.configMap("c", ["a": "2"]))
    #expect(answer.code == 409)
    #expect(answer.reason == "Conflict")
    #expect(answer.message == "Apply failed with 1 conflict: conflict with \"a\": .data.a")
    #expect(
      answer.json["details"] == [
        "causes": [
          ["reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".data.a"]
        ]
      ])
    #expect(world.get(path).json["data"] == ["a": "1"])
  }

  @Test func `a conflict with an updater has its version and time`() {
    var world = World()
    _ = world.post(Sample.configMaps + "?fieldManager=u", Sample.configMap("c"))
    let answer = world.apply(path, "b", Sample.configMap("c", ["a": "2"]))
    let time = world.time(1).string ?? ""
    #expect(
      answer.message == "Apply failed with 1 conflict: conflict with \"u\" using v1 at \(time): .data.a")
  }

  @Test func `several conflicts are listed by manager`() {
    var world = World()
    _ = world.apply(path, "x", Sample.configMap("c", ["a": "1"]))
    _ = world.apply(path, "y", Sample.configMap("c", ["b": "1"]))
    let answer = world.apply(path, "z", Sample.configMap("c", ["a": "2", "b": "2"]))
    #expect(
      answer.message
        == "Apply failed with 2 conflicts: conflicts with \"x\":\n- .data.a\nconflicts with \"y\":\n- .data.b"
    )
  }

  @Test func `force takes the field over`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c", ["a": "1", "b": "1"]))
    let answer = world.apply(path, "b", Sample.configMap("c", ["a": "2"]), force: true)
    #expect(answer.json["data"] == ["a": "2", "b": "1"])
    #expect(answer.owners == ["a/Apply": ["f:data": ["f:b": [:]]], "b/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test func `applying the same value shares the field`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c"))
    let answer = world.apply(path, "b", Sample.configMap("c"))
    #expect(answer.code == 200)
    #expect(answer.owners == ["a/Apply": ["f:data": ["f:a": [:]]], "b/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test func `an update owns the fields that it changes`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c", ["a": "1", "b": "1"]))
    let answer = world.merge(path + "?fieldManager=u", ["data": ["a": "2", "c": "3"]])
    #expect(
      answer.owners == [
        "a/Apply": ["f:data": ["f:b": [:]]], "u/Update": ["f:data": ["f:a": [:], "f:c": [:]]],
      ])
  }

  @Test func `an update that removes fields empties their entry`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c"))
    let answer = world.merge(path + "?fieldManager=u", ["data": .null])
    #expect(answer.owners == [:])
    #expect(answer.json.value(at: "metadata", "managedFields") == nil)
  }

  @Test func `a creation owns its fields, with dots for new containers`() {
    var world = World()
    let answer = world.post(Sample.configMaps + "?fieldManager=u", Sample.configMap("c", labels: ["l": "1"]))
    #expect(
      answer.owners == [
        "u/Update": [
          "f:data": [".": [:], "f:a": [:]], "f:metadata": ["f:labels": [".": [:], "f:l": [:]]],
        ]
      ])
  }

  @Test func `a Deployment's creation is recorded as by a real server`() {
    var world = World()
    let answer = world.post(Sample.deployments + "?fieldManager=u", Sample.deployment("d"))
    #expect(
      answer.owners["u/Update"] == [
        "f:spec": [
          "f:progressDeadlineSeconds": [:], "f:replicas": [:], "f:revisionHistoryLimit": [:],
          "f:selector": [:],
          "f:strategy": [
            "f:rollingUpdate": [".": [:], "f:maxSurge": [:], "f:maxUnavailable": [:]], "f:type": [:],
          ],
          "f:template": [
            "f:metadata": ["f:labels": [".": [:], "f:app": [:]]],
            "f:spec": [
              "f:containers": [
                "k:{\"name\":\"main\"}": [
                  ".": [:], "f:image": [:], "f:imagePullPolicy": [:], "f:name": [:],
                  "f:resources": [".": [:], "f:requests": [".": [:], "f:cpu": [:]]],
                  "f:terminationMessagePath": [:], "f:terminationMessagePolicy": [:],
                ]
              ],
              "f:dnsPolicy": [:], "f:restartPolicy": [:], "f:schedulerName": [:], "f:securityContext": [:],
              "f:terminationGracePeriodSeconds": [:],
            ],
          ],
        ]
      ])
  }

  @Test func `addresses that the server allocates have no owner`() {
    var world = World()
    let answer = world.post(Sample.services + "?fieldManager=u", Sample.service("s"))
    #expect(
      answer.owners["u/Update"] == [
        "f:spec": [
          "f:internalTrafficPolicy": [:],
          "f:ports": [
            ".": [:],
            "k:{\"port\":443,\"protocol\":\"TCP\"}": [
              ".": [:], "f:port": [:], "f:protocol": [:], "f:targetPort": [:],
            ],
          ], "f:selector": [:], "f:sessionAffinity": [:], "f:type": [:],
        ]
      ])
    #expect(answer.json.value(at: "spec", "clusterIP")?.string?.hasPrefix("10.96.") == true)
  }

  @Test func `two appliers share a keyed list`() {
    var world = World()
    let target = Sample.services + "/s"
    _ = world.apply(target, "a", Sample.service("s", ports: [["port": 443, "name": "https"]]))
    var second = Sample.service("s", ports: [["port": 80, "name": "http"]])
    second.set(nil, at: ["spec", "selector"])
    let answer = world.apply(target, "b", second)
    #expect(answer.code == 200)
    #expect(
      answer.owners["b/Apply"] == [
        "f:spec": [
          "f:ports": ["k:{\"port\":80,\"protocol\":\"TCP\"}": [".": [:], "f:name": [:], "f:port": [:]]]
        ]
      ])
    #expect(answer.json.value(at: "spec", "ports")?.array?.count == 2)
    var third = second
    third["spec"] = [:]
    let dropped = world.apply(target, "b", third)
    #expect(dropped.json.value(at: "spec", "ports")?.array?.count == 1)
  }

  @Test func `a dropped container is removed with its defaults`() {
    var world = World()
    let target = Sample.deployments + "/d"
    var two = Sample.deployment("d")
    two.set(
      [["name": "main", "image": "x:1"], ["name": "side", "image": "y:1"]],
      at: ["spec", "template", "spec", "containers"])
    _ = world.apply(target, "a", two)
    let answer = world.apply(target, "a", Sample.deployment("d"))
    let names = answer.json.value(at: "spec", "template", "spec", "containers")?.array?.map { $0["name"] }
    #expect(names == ["main"])
  }

  @Test func `defaults stay when their sibling fields are dropped`() {
    var world = World()
    let target = Sample.deployments + "/d"
    var config = Sample.deployment("d")
    config.set(5, at: ["spec", "minReadySeconds"])
    _ = world.apply(target, "a", config)
    let answer = world.apply(target, "a", Sample.deployment("d"))
    #expect(answer.json.value(at: "spec", "minReadySeconds") == nil)
    #expect(answer.json.value(at: "spec", "replicas") == 1)
    #expect(answer.json.value(at: "spec", "progressDeadlineSeconds") == 600)
  }

  @Test func `an apply with the uid of a missing object is a conflict`() {
    var world = World()
    var config = Sample.configMap("c")
    config.set("11111111-1111-4111-8111-111111111111", at: ["metadata", "uid"])
    let answer = world.apply(path, "a", config)
    #expect(answer.code == 409)
    #expect(answer.reason == "Conflict")
    #expect(answer.message?.contains("uid mismatch") == true)
    #expect(world.get(path).code == 404)
  }

  @Test func `an apply with only a resourceVersion creates a missing object`() {
    var world = World()
    var config = Sample.configMap("c")
    config.set("1", at: ["metadata", "resourceVersion"])
    #expect(world.apply(path, "a", config).code == 201)
  }

  @Test func `a wrong uid is refused as immutable`() {
    var world = World()
    _ = world.apply(path, "a", Sample.configMap("c"))
    var config = Sample.configMap("c")
    config.set("other", at: ["metadata", "uid"])
    let answer = world.apply(path, "a", config)
    #expect(answer.code == 422)
    #expect(answer.reason == "Invalid")
    #expect(answer.message?.hasSuffix("metadata.uid: Invalid value: \"other\": field is immutable") == true)
  }

  @Test func `the right uid and resourceVersion are accepted`() {
    var world = World()
    let first = world.apply(path, "a", Sample.configMap("c"))
    var config = Sample.configMap("c", ["a": "2"])
    config.set(first.json.value(at: "metadata", "uid"), at: ["metadata", "uid"])
    config.set(first.json.value(at: "metadata", "resourceVersion"), at: ["metadata", "resourceVersion"])
    let second = world.apply(path, "a", config)
    #expect(second.code == 200)
    #expect(second.owners == ["a/Apply": ["f:data": ["f:a": [:]]]])
    config.set("9", at: ["data", "a"])
    let stale = world.apply(path, "a", config)
    #expect(stale.code == 409)
    #expect(
      stale.message
        == "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again"
    )
  }

  @Test func `a duplicate list key is an error without a reason`() {
    var world = World()
    let answer = world.apply(
      Sample.services + "/s", "a",
      Sample.service("s", ports: [["port": 1, "name": "a"], ["port": 1, "name": "b"]]))
    #expect(answer.code == 500)
    #expect(answer.reason == nil)
    #expect(answer.message?.contains("duplicate entries for key [port=1,protocol=\"TCP\"]") == true)
  }

  @Test func `an unknown field is an error without a reason`() {
    var world = Sample.widgetWorld()
    let answer = world.apply(Sample.widgets + "/w", "a", Sample.widget("w", ["size": 1, "sise": 2]))
    #expect(answer.code == 500)
    #expect(answer.reason == nil)
    #expect(answer.message?.contains(".spec.sise: field not declared in schema") == true)
  }

  @Test func `an apply requires a manager`() {
    var world = World()
    let answer = world.send(
      .patch, path, Sample.configMap("c"), type: "application/apply-patch+yaml")
    #expect(answer.code == 422)
    #expect(answer.message?.contains("fieldManager: Required value") == true)
  }

  @Test func `an apply in YAML is refused with a message`() {
    var world = World()
    let answer = world.send(
      .patch, path + "?fieldManager=a", type: "application/apply-patch+yaml",
      bytes: Array("kind: ConfigMap".utf8))
    #expect(answer.code == 415)
    #expect(answer.message?.contains("as JSON only") == true)
  }

  @Test func `managedFields can't be applied`() {
    var world = World()
    var config = Sample.configMap("c")
    config.set([], at: ["metadata", "managedFields"])
    #expect(world.apply(path, "a", config).message == "metadata.managedFields must be nil")
  }
}
