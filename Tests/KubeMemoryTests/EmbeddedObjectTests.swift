import HTTPTypes
import KubeCore
import KubeMemory
import KubeSchemas
import Testing

/// Objects inside others, such as a StatefulSet's claim templates, say what they are.
///
/// What is expected was compared with Kubernetes 1.20.2, which has no strict validation.
@Suite struct EmbeddedObjectTests {
  private static let path = "/apis/apps/v1/namespaces/default/statefulsets"
  private static let typed: JSONValue = ["apiVersion": "v1", "kind": "PersistentVolumeClaim"]

  private static func set(_ name: String, _ template: JSONValue) -> JSONValue {
    var template = template
    template["metadata"] = ["name": "data"]
    template["spec"] = [
      "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
    ]
    return [
      "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": .string(name)],
      "spec": [
        "serviceName": "db", "selector": ["matchLabels": ["app": "db"]],
        "template": [
          "metadata": ["labels": ["app": "db"]],
          "spec": ["containers": [["name": "db", "image": "db"]]],
        ],
        "volumeClaimTemplates": [template],
      ],
    ]
  }

  private func template(_ answer: World.Answer) -> JSONValue? {
    answer.json.value(at: "spec", "volumeClaimTemplates")?.array?.first
  }

  @Test(arguments: [[:], typed, ["apiVersion": "v2", "kind": "Pod"]] as [JSONValue])
  func `a claim template is stored as a PersistentVolumeClaim, whatever it says that it is`(
    template: JSONValue
  ) {
    var world = World()
    let created = world.post(Self.path + "?fieldValidation=Strict", Self.set("a", template))
    #expect(created.code == 201, "\(created.message ?? "")")
    let applied = world.send(
      .patch, Self.path + "/b?fieldManager=me&fieldValidation=Strict", Self.set("b", template),
      type: "application/apply-patch+yaml")
    #expect(applied.code == 201, "\(applied.message ?? "")")
    for answer in [created, applied] {
      let stored = self.template(answer)
      #expect(stored?["apiVersion"] == "v1" && stored?["kind"] == "PersistentVolumeClaim")
      #expect(stored?.value(at: "spec", "volumeMode") == "Filesystem")
      #expect(stored?.value(at: "status", "phase") == "Pending")
    }
  }

  @Test func `what isn't a kind's has no kind`() {
    var world = World()
    var set = Self.set("a", Self.typed)
    set.set("v1", at: ["spec", "template", "apiVersion"])
    let refused = world.post(Self.path + "?fieldValidation=Strict", set)
    #expect(refused.code == 400)
    #expect(
      refused.message == #"strict decoding error: unknown field "spec.template.apiVersion""#)
  }

  @Test func `a kind is a text`() {
    var world = World()
    let refused = world.post(Self.path, Self.set("a", ["apiVersion": 3]))
    #expect(refused.code == 400, "\(refused.message ?? "")")
  }

  @Test func `a claim template that doesn't say what it is hasn't drifted`() throws {
    var world = World()
    let desired = Self.set("a", [:])
    let applied = world.send(
      .patch, Self.path + "/a?fieldManager=me", desired, type: "application/apply-patch+yaml")
    let table = try #require(FieldTables.builtIn[GroupKind(group: "apps", kind: "StatefulSet")])
    let drift = try table.drift(
      desired: desired, observed: DynamicObject(applied.json), ownership: FieldOwnership(fieldManager: "me"))
    #expect(drift.isNone, "\(drift.differences)")
  }

  @Test func `the OpenAPI document says that it has a kind`() {
    var world = World()
    let document = world.get("/openapi/v3/apis/apps/v1").json
    let claim = document.value(
      at: "components", "schemas", "io.k8s.api.core.v1.PersistentVolumeClaim", "properties", "kind")
    #expect(claim?["type"] == "string")
  }
}
