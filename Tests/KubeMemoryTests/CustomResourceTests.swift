import KubeCore
import KubeMemory
import Testing

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
    world.collectGarbage()
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
