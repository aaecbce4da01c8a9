import HTTPTypes
import KubeCore
import KubeMemory
import Testing

/// Strategic merge patches of built-in kinds.
@Suite struct StrategicMergeTests {
  static let path = "/apis/apps/v1/namespaces/default/deployments"

  func world() -> World {
    var world = World()
    _ = world.post(
      StrategicMergeTests.path,
      [
        "metadata": ["name": "d", "finalizers": ["example.com/a", "example.com/b"]],
        "spec": [
          "selector": ["matchLabels": ["app": "d"]],
          "template": [
            "metadata": ["labels": ["app": "d"]],
            "spec": [
              "containers": [
                [
                  "name": "one", "image": "one:1",
                  "env": [["name": "A", "value": "1"], ["name": "B", "value": "2"]],
                  "ports": [["containerPort": 80]],
                ], ["name": "two", "image": "two:1"],
              ],
              "volumes": [["name": "v", "emptyDir": [:]]],
              "tolerations": [["key": "a", "operator": "Exists"]],
            ],
          ],
        ],
      ])
    return world
  }

  func patch(_ world: inout World, _ patch: JSONValue) -> World.Answer {
    world.send(
      .patch, StrategicMergeTests.path + "/d", patch, type: "application/strategic-merge-patch+json")
  }

  func pod(_ spec: JSONValue) -> JSONValue { ["spec": ["template": ["spec": spec]]] }

  func containers(_ answer: World.Answer) -> [JSONValue] {
    answer.json.value(at: "spec", "template", "spec", "containers")?.array ?? []
  }

  func names(_ list: JSONValue?) -> [String] { (list?.array ?? []).compactMap { $0["name"]?.string } }

  @Test func `items of a keyed list are merged by their key`() {
    var world = world()
    let answer = patch(
      &world, pod(["containers": [["name": "two", "image": "two:2"], ["name": "three", "image": "x"]]]))
    #expect(answer.code == 200)
    #expect(containers(answer).map { $0["image"] } == ["one:1", "two:2", "x"])
    #expect(answer.generation == 2)
  }

  @Test func `an item is deleted by a directive`() {
    var world = world()
    let answer = patch(&world, pod(["containers": [["name": "one", "$patch": "delete"]]]))
    #expect(containers(answer).map { $0["name"] } == ["two"])
  }

  @Test func `a nested list is merged too`() {
    var world = world()
    let answer = patch(
      &world,
      pod([
        "containers": [
          ["name": "one", "env": [["name": "B", "$patch": "delete"], ["name": "C", "value": "3"]]]
        ]
      ]))
    #expect(containers(answer).first?["env"] == [["name": "A", "value": "1"], ["name": "C", "value": "3"]])
    #expect(containers(answer).first?["image"] == "one:1")
  }

  @Test func `a list is replaced by a directive`() {
    var world = world()
    let answer = patch(
      &world, pod(["containers": [["name": "new", "image": "n"], ["$patch": "replace"]]]))
    #expect(containers(answer).map { $0["name"] } == ["new"])
  }

  @Test func `an object is replaced by a directive`() {
    var world = world()
    let answer = patch(&world, ["spec": ["strategy": ["$patch": "replace", "type": "Recreate"]]])
    #expect(answer.json.value(at: "spec", "strategy") == ["type": "Recreate"])
  }

  @Test func `a list without a key is replaced as a whole`() {
    var world = world()
    let answer = patch(&world, pod(["tolerations": [["key": "b", "operator": "Exists"]]]))
    #expect(
      answer.json.value(at: "spec", "template", "spec", "tolerations") == [
        ["key": "b", "operator": "Exists"]
      ])
  }

  @Test func `members that aren't retained are removed`() {
    var world = world()
    let answer = patch(
      &world,
      pod(["volumes": [["name": "v", "$retainKeys": ["name", "configMap"], "configMap": ["name": "c"]]]]))
    let volume = answer.json.value(at: "spec", "template", "spec", "volumes")?.array?.first
    #expect(volume?["emptyDir"] == nil)
    #expect(volume?.value(at: "configMap", "name") == "c")
    let wrong = patch(
      &world, pod(["volumes": [["name": "v", "$retainKeys": ["name"], "secret": ["secretName": "s"]]]]))
    #expect(wrong.code == 422)
  }

  @Test func `plain values are added to a set and deleted from it`() {
    var world = world()
    let answer = patch(
      &world,
      [
        "metadata": [
          "$deleteFromPrimitiveList/finalizers": ["example.com/a"], "finalizers": ["example.com/c"],
        ]
      ])
    #expect(answer.json.value(at: "metadata", "finalizers") == ["example.com/b", "example.com/c"])
  }

  @Test func `the order of elements can be set`() {
    var world = world()
    let answer = patch(
      &world,
      pod([
        "$setElementOrder/containers": [["name": "three"], ["name": "one"]],
        "containers": [["name": "three", "image": "x"]],
      ]))
    // `two`, which the order doesn't name, keeps its place after `one`.
    #expect(names(.array(containers(answer))) == ["three", "one", "two"])
  }

  @Test func `null deletes a member`() {
    var world = world()
    let answer = patch(&world, pod(["volumes": .null]))
    #expect(answer.code == 200)
    #expect(answer.json.value(at: "spec", "template", "spec", "volumes") == nil)
  }

  @Test func `the merge key of ports is their number`() {
    var world = world()
    let answer = patch(
      &world,
      pod(["containers": [["name": "one", "ports": [["containerPort": 80, "name": "web"]]]]]))
    let ports = containers(answer).first?["ports"]
    #expect(ports == [["containerPort": 80, "protocol": "TCP", "name": "web"]])
  }

  @Test(arguments: [
    ["spec": ["$patch": "mirror"]] as JSONValue,
    ["spec": ["template": ["spec": ["containers": [["image": "nameless"]]]]]],
    ["metadata": ["$deleteFromPrimitiveList/finalizers": "all"]], [],
  ]) func `an inconsistent patch is refused`(_ document: JSONValue) {
    var world = world()
    let answer = patch(&world, document)
    #expect(answer.code == 400 || answer.code == 500 && answer.message?.contains("merge key: name") == true)
  }

  @Test func `a patch without a change writes nothing`() {
    var world = world()
    let before = world.server.resourceVersion
    let answer = patch(&world, pod(["containers": [["name": "one", "image": "one:1"]]]))
    #expect(answer.code == 200)
    #expect(world.server.resourceVersion == before)
  }
}
