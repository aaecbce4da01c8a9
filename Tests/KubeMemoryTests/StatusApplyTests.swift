import KubeCore
import Testing

@Suite struct StatusApplyTests {
  @Test func `the status in an apply to the object is ignored`() {
    var world = Sample.widgetWorld()
    var config = Sample.widget("w")
    config["status"] = ["phase": "Done"]
    let answer = world.apply(Sample.widgets + "/w", "a", config)
    #expect(answer.json["status"] == nil)
    #expect(answer.owners == ["a/Apply": ["f:spec": ["f:size": [:]]]])
  }

  @Test func `an apply to the status applies only the status`() {
    var world = Sample.widgetWorld()
    let first = world.apply(Sample.widgets + "/w", "a", Sample.widget("w"))
    let config: JSONValue = [
      "apiVersion": "example.org/v1", "kind": "Widget", "metadata": ["name": "w", "labels": ["l": "1"]],
      "spec": ["size": 9], "status": ["conditions": [["type": "Ready", "status": "True"]]],
    ]
    let answer = world.apply(Sample.widgets + "/w/status", "a", config)
    #expect(answer.code == 200)
    #expect(answer.json.value(at: "metadata", "labels") == nil)
    #expect(answer.json.value(at: "spec", "size") == 1)
    #expect(answer.generation == first.generation)
    #expect(
      answer.owners == [
        "a/Apply": ["f:spec": ["f:size": [:]]],
        "a/Apply/status": [
          "f:status": [
            "f:conditions": ["k:{\"type\":\"Ready\"}": [".": [:], "f:status": [:], "f:type": [:]]]
          ]
        ],
      ])
  }

  @Test func `an empty apply to the status removes only the applier's conditions`() {
    var world = Sample.widgetWorld()
    _ = world.apply(Sample.widgets + "/w", "a", Sample.widget("w"))
    func status(_ type: JSONValue) -> JSONValue {
      [
        "apiVersion": "example.org/v1", "kind": "Widget",
        "status": ["conditions": [["type": type, "status": "True"]]],
      ]
    }
    _ = world.apply(Sample.widgets + "/w/status", "a", status("Mine"))
    _ = world.apply(Sample.widgets + "/w/status", "b", status("Theirs"))
    let answer = world.apply(
      Sample.widgets + "/w/status", "a", ["apiVersion": "example.org/v1", "kind": "Widget", "status": [:]])
    #expect(answer.json.value(at: "status", "conditions") == [["type": "Theirs", "status": "True"]])
  }

  @Test func `a wrong uid in an apply to a custom resource's status is ignored`() {
    var world = Sample.widgetWorld()
    _ = world.apply(Sample.widgets + "/w", "a", Sample.widget("w"))
    let config: JSONValue = [
      "apiVersion": "example.org/v1", "kind": "Widget", "metadata": ["uid": "other"],
      "status": ["phase": "Done"],
    ]
    let answer = world.apply(Sample.widgets + "/w/status", "a", config)
    #expect(answer.code == 200)
    #expect(answer.json.value(at: "status", "phase") == "Done")
  }

  @Test func `an apply to a missing object's status is not found`() {
    var world = Sample.widgetWorld()
    #expect(world.apply(Sample.widgets + "/w/status", "a", Sample.widget("w")).code == 404)
  }
}
