import HTTPTypes
import KubeCore
import KubeMemory
import Testing

/// The parts of the `scale` subresource that only this server's own documents and limits show; the
/// rest is in the conformance table.
@Suite struct ScaleTests {
  static let path = "/apis/apps/v1/namespaces/default/deployments"

  static func world() -> World {
    var world = World()
    _ = world.post(
      path,
      [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"],
        "spec": [
          "replicas": 2, "selector": ["matchLabels": ["app": "x"]],
          "template": [
            "metadata": ["labels": ["app": "x"]],
            "spec": ["containers": [["name": "c", "image": "i"]]],
          ],
        ],
      ])
    return world
  }

  @Test func `a table of the scale shows the replicas`() {
    var world = ScaleTests.world()
    let answer = world.send(
      .get, ScaleTests.path + "/a/scale",
      headers: [.accept: "application/json;as=Table;v=v1;g=meta.k8s.io"])
    let names = answer.json["columnDefinitions"]?.array?.compactMap { $0["name"]?.string }
    #expect(names == ["Name", "Desired", "Available", "Age"])
    #expect(answer.json["rows"]?.array?.first?["cells"]?.array?.prefix(3) == ["a", 2, 0])
  }

  @Test func `a dry run scales nothing`() {
    var world = ScaleTests.world()
    let answer = world.merge(ScaleTests.path + "/a/scale?dryRun=All", ["spec": ["replicas": 9]])
    #expect(answer.code == 200)
    #expect(answer.json.value(at: "spec", "replicas") == 9)
    #expect(world.get(ScaleTests.path + "/a").json.value(at: "spec", "replicas") == 2)
  }

  @Test func `the scale is in the OpenAPI document`() {
    var world = ScaleTests.world()
    let document = world.get("/openapi/v3/apis/apps/v1").json
    let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"
    let kind = document.value(at: "paths", path, "patch", "x-kubernetes-group-version-kind")
    #expect(kind == ["group": "autoscaling", "version": "v1", "kind": "Scale"])
    #expect(
      document.value(at: "components", "schemas", "io.k8s.api.autoscaling.v1.Scale", "properties", "spec")
        != nil)
  }

  @Test(arguments: [
    #"{"spec":{"replicas":"two"}}"#, #"{"spec":[]}"#, #"{"kind":"Deployment"}"#,
    #"{"metadata":{"name":"b"}}"#,
  ])
  func `a body that isn't a Scale is refused`(patch: String) throws {
    var world = ScaleTests.world()
    let answer = world.merge(ScaleTests.path + "/a/scale", try JSONParser().parse(Array(patch.utf8)))
    #expect(answer.code == 400)
  }

  @Test func `replicas set to null are zero`() {
    var world = ScaleTests.world()
    #expect(world.merge(ScaleTests.path + "/a/scale", ["spec": ["replicas": .null]]).code == 200)
    #expect(world.get(ScaleTests.path + "/a").json.value(at: "spec", "replicas") == 0)
  }
}
