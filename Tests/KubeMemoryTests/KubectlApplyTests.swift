import KubeCore
import KubeMemory
import Testing

/// From kubectl's client-side apply to its server-side one.
@Suite struct KubectlApplyTests {
  static let path = "/api/v1/namespaces/default/configmaps"

  func map(_ color: String, noted: JSONValue? = nil) -> JSONValue {
    var map: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["color": .string(color)],
    ]
    if let noted {
      map.set(
        .string(JSONWriter().text(noted)),
        at: ["metadata", "annotations", DynamicObject.lastAppliedAnnotation])
    }
    return map
  }

  @Test func `kubectl takes over the fields that its client-side apply recorded`() {
    var world = World()
    _ = world.post(
      KubectlApplyTests.path + "?fieldManager=kubectl-client-side-apply", map("red", noted: map("red")))
    #expect(world.apply(KubectlApplyTests.path + "/a", "somebody", map("blue")).code == 409)
    let answer = world.apply(KubectlApplyTests.path + "/a", "kubectl", map("blue"))
    #expect(answer.code == 200)
    #expect(answer.json.value(at: "data", "color") == "blue")
  }

  @Test func `an unrecorded field is a conflict for kubectl too`() {
    var world = World()
    _ = world.post(
      KubectlApplyTests.path + "?fieldManager=somebody",
      map("red", noted: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]]))
    #expect(world.apply(KubectlApplyTests.path + "/a", "kubectl", map("blue")).code == 409)
  }

  @Test func `a field that changed since it was recorded is a conflict`() {
    var world = World()
    _ = world.post(
      KubectlApplyTests.path + "?fieldManager=kubectl-client-side-apply", map("red", noted: map("red")))
    _ = world.merge(KubectlApplyTests.path + "/a?fieldManager=somebody", ["data": ["color": "green"]])
    let answer = world.apply(KubectlApplyTests.path + "/a", "kubectl", map("blue"))
    #expect(answer.code == 409)
    #expect(answer.json.value(at: "details", "causes")?.array?.count == 1)
  }
}
