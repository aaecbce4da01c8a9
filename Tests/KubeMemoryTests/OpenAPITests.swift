import HTTPTypes
import KubeCore
import KubeMemory
import Testing

/// The documents with which clients check fields and explain kinds.
@Suite struct OpenAPITests {
  @Test func `the index has a document per group and version`() throws {
    var world = World()
    let index = world.get("/openapi/v3").json
    let paths = try #require(index["paths"]?.object)
    #expect(paths["api/v1"] != nil && paths["apis/apps/v1"] != nil)
    let address = try #require(paths["apis/apps/v1"]?["serverRelativeURL"]?.string)
    let document = world.get(address).json
    let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    let patch = document.value(at: "paths", path, "patch")
    let parameters = (patch?["parameters"]?.array ?? []).compactMap { $0["name"]?.string }
    #expect(parameters.contains("fieldValidation"))
    #expect(patch?["x-kubernetes-group-version-kind"]?["kind"] == "Deployment")
    #expect(world.get("/openapi/v3/apis/nowhere/v1").code == 404)
  }

  @Test func `every reference resolves`() throws {
    var world = Sample.widgetWorld()
    for group in ["api/v1", "apis/apps/v1", "apis/example.org/v1", "apis/rbac.authorization.k8s.io/v1"] {
      let document = world.get("/openapi/v3/\(group)").json
      let schemas = try #require(document.value(at: "components", "schemas")?.object)
      var pending = [document]
      while let next = pending.popLast() {
        if let reference = next["$ref"]?.string {
          let name = reference.split(separator: "/").last.map { String($0) } ?? ""
          #expect(schemas[name] != nil, "\(reference)")
        }
        pending += next.array ?? next.object?.map(\.value) ?? []
      }
    }
  }

  @Test func `the address of a document changes with it`() {
    var world = World()
    let before = world.get("/openapi/v3").json.value(at: "paths", "apis/example.org/v1")
    _ = world.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Sample.definition)
    let after = world.get("/openapi/v3").json.value(at: "paths", "apis/example.org/v1")
    #expect(before == nil && after != nil)
  }

  @Test func `an unknown field of a built-in kind is dropped or refused`() {
    var world = World()
    var deployment = Sample.deployment("d")
    deployment.set(3, at: ["spec", "replica"])
    let path = "/apis/apps/v1/namespaces/default/deployments"
    let strict = world.post(path + "?fieldValidation=Strict", deployment)
    #expect(strict.code == 400)
    #expect(strict.message == #"strict decoding error: unknown field "spec.replica""#)
    let ignored = world.post(path, deployment)
    #expect(ignored.code == 201)
    #expect(ignored.json.value(at: "spec", "replica") == nil)
  }

  @Test func `a value of a wrong type is refused`() {
    var world = World()
    var deployment = Sample.deployment("d")
    deployment.set("many", at: ["spec", "replicas"])
    let answer = world.post("/apis/apps/v1/namespaces/default/deployments", deployment)
    #expect(answer.code == 400)
    #expect(answer.message?.contains("DeploymentSpec.spec.replicas of type int32") == true)
  }

  @Test func `an access review has the correct answer`() {
    var world = World()
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    let before = world.server.resourceVersion
    let answer = world.post(
      path, ["kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"])
    #expect(answer.code == 201)
    #expect(answer.json.value(at: "status", "allowed") == true)
    #expect(world.server.resourceVersion == before)
    #expect(world.get(path).code == 405)
    #expect(world.post(path, ["kind": "Pod"]).code == 400)
  }
}
