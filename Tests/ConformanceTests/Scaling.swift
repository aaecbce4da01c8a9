import HTTPTypes
import KubeCore
import KubeKindsAPIExtensions
import KubeKindsApps
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  /// The client that sends the `scale` subresource to a server.
  private static func scale(
    _ s: Sandbox, _ method: HTTPRequest.Method, _ type: ResourceType = Deployment.type, _ name: String = "a",
    _ body: JSONValue? = nil, as mediaType: String = "application/json", force: Bool = false
  ) async throws -> (status: Int, body: JSONValue) {
    let answer = try await s.raw(
      method,
      ["apis", type.group, type.version, "namespaces", s.namespace, type.plural, name, "scale"],
      query: mediaType == apply ? [("fieldManager", "scaler"), ("force", String(force))] : [],
      headers: [.contentType: mediaType, .accept: "application/json"],
      body: body.map { JSONWriter().text($0) })
    return (answer.status, try unwrap(answer.body, "the answer's body"))
  }

  private static let merge = "application/merge-patch+json"
  private static let apply = "application/apply-patch+yaml"

  private static func scaleObject(
    _ s: Sandbox, _ name: String, replicas: JSONValue, _ metadata: JSONValue = [:]
  ) -> JSONValue {
    var scale: JSONValue = [
      "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata, "spec": ["replicas": replicas],
    ]
    scale.set(.string(name), at: ["metadata", "name"])
    scale.set(.string(s.namespace), at: ["metadata", "namespace"])
    return scale
  }

  /// A custom kind of the sandbox with the subresource.
  private static func servedKind(_ s: Sandbox) async throws -> ResourceType {
    let type = ResourceType(
      group: "\(s.namespace).example.org", version: "v1", kind: "Fleet", plural: "fleets", isNamespaced: true)
    var definition = Widget.definition(group: type.group, kind: type.kind, plural: type.plural)
    var versions = definition.value(at: "spec", "versions")?.array ?? []
    for index in versions.indices {
      versions[index].set(
        [
          "specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size",
          "labelSelectorPath": ".status.selector",
        ], at: ["subresources", "scale"])
      for (field, kind) in [("size", "integer"), ("selector", "string")] as [(String, JSONValue)] {
        versions[index].set(
          ["type": kind],
          at: ["schema", "openAPIV3Schema", "properties", "status", "properties", field])
      }
      // So that an object without replicas can be.
      versions[index].set(nil, at: ["schema", "openAPIV3Schema", "properties", "spec", "required"])
    }
    definition.set(.array(versions), at: ["spec", "versions"])
    try await s.create(definition)
    try await ServerPool.waitUntilServed(type, s.client())
    return type
  }

  private static func create(_ s: Sandbox, _ type: ResourceType, _ spec: JSONValue) async throws
    -> DynamicObject
  {
    try await s.eventually("an object is taken") {
      do {
        return try await s.client().create(
          s.key("a", type), document(type, "a", ["spec": spec]))
      } catch let error as KubeError where error.code == .notFound {
        return nil
      }
    }
  }

  static let scaling: [Behavior] = [
    Behavior("a Deployment's scale shows its replicas and whom it selects") { s in
      let object = try await s.create(deployment("a"))
      let (status, scale) = try await scale(s, .get)
      try expect(status, 200)
      try expect(scale["apiVersion"], "autoscaling/v1")
      try expect(scale["kind"], "Scale")
      try expect(scale["spec"], [:])
      try expect(scale["status"]?["selector"], "app=x")
      try expect(scale["status"]?["replicas"], 0)
      try expect(scale.value(at: "metadata", "uid"), object.at("metadata", "uid"))
      try expect(scale.value(at: "metadata", "managedFields"), nil)
    },
    Behavior("a selector's requirements are in order") { s in
      var object = deployment("a")
      object.set(
        [
          "matchLabels": ["app": "x"],
          "matchExpressions": [
            ["key": "zone", "operator": "NotIn", "values": ["b", "a"]], ["key": "app", "operator": "Exists"],
            ["key": "area", "operator": "DoesNotExist"],
            ["key": "app", "operator": "In", "values": ["x", "w"]],
          ],
        ], at: ["spec", "selector"])
      try await s.create(object)
      try expect(
        try await scale(s, .get).body.value(at: "status", "selector"),
        "app=x,app,app in (w,x),!area,zone notin (a,b)")
    },
    Behavior("a merge patch of the scale changes the replicas and the generation") { s in
      try await s.create(deployment("a"))
      let (status, scale) = try await scale(s, .patch, body(3), merge)
      try expect(status, 200)
      try expect(scale.value(at: "spec", "replicas"), 3)
      let object = try await s.read(s.key("a", Deployment.type))
      try expect(object.at("spec", "replicas"), 3)
      try expect(object.at("metadata", "generation"), 2)
      try expect(
        scale.value(at: "metadata", "resourceVersion")?.string != nil, "the scale has no resourceVersion")
    },
    Behavior("a JSON patch of the scale") { s in
      try await s.create(deployment("a", replicas: 1))
      let operations: JSONValue = [["op": "replace", "path": "/spec/replicas", "value": 0]]
      let answer = try await scale(
        s, .patch, Deployment.type, "a", operations, as: "application/json-patch+json")
      try expect(answer.status, 200)
      try expect(try await s.read(s.key("a", Deployment.type)).at("spec", "replicas"), 0)
    },
    Behavior("a scale can be replaced, and takes nothing else with it") { s in
      try await s.create(deployment("a"))
      let scale = try await scale(
        s, .put, Deployment.type, "a", scaleObject(s, "a", replicas: 2, ["labels": ["new": "label"]]))
      try expect(scale.status, 200)
      let object = try await s.read(s.key("a", Deployment.type))
      try expect(object.at("spec", "replicas"), 2)
      try expect(object.at("metadata", "labels"), nil)
    },
    Behavior("a scale of an older version, or of another object, is a conflict") { s in
      let object = try await s.create(deployment("a"))
      try await s.merge(s.key("a", Deployment.type), ["metadata": ["labels": ["a": "b"]]])
      let version = object.at("metadata", "resourceVersion") ?? ""
      for metadata in [["resourceVersion": version], ["uid": "00000000-0000-0000-0000-000000000000"]] {
        let answer = try await scale(
          s, .put, Deployment.type, "a",
          scaleObject(s, "a", replicas: 2, .object(JSONObject(metadata.map { ($0, $1) }))))
        try expect(answer.status, 409)
        try expect(answer.body["reason"], "Conflict")
      }
      try expect(try await s.read(s.key("a", Deployment.type)).at("spec", "replicas"), 0)
    },
    Behavior("replicas aren't negative") { s in
      try await s.create(deployment("a"))
      let (status, body) = try await scale(s, .patch, body(-1), merge)
      try expect(status, 422)
      try expect(body.value(at: "details", "kind"), "Scale")
      try expect(body.value(at: "details", "group"), "autoscaling")
      try expect(body.value(at: "details", "causes")?.array?.first?["field"], "spec.replicas")
    },
    Behavior("a scale is neither created nor deleted, and only objects that are there have one") { s in
      try await s.create(deployment("a"))
      try expect(
        try await scale(s, .post, Deployment.type, "a", scaleObject(s, "a", replicas: 1)).status, 405)
      try expect(try await scale(s, .delete).status, 405)
      try expect(try await scale(s, .get, Deployment.type, "missing").status, 404)
      try expect(try await scale(s, .get, Role.type, "a").status, 404)
    },
    Behavior("the body of a PUT is a Scale") { s in
      try await s.create(deployment("a"))
      try expect(try await scale(s, .put, Deployment.type, "a", deployment("a", replicas: 4)).status, 400)
    },
    Behavior(
      "who scales owns the replicas",
      differs: .since(22, "a subresource's fields aren't tracked by themselves")
    ) { s in
      try await s.create(deployment("a"))
      _ = try await scale(s, .patch, body(3), merge)
      let entries = try await s.read(s.key("a", Deployment.type)).at("metadata", "managedFields")?.array ?? []
      let entry = entries.first { $0["subresource"] == "scale" }
      try expect(entry?["fieldsV1"], ["f:spec": ["f:replicas": [:]]])
      try expect(entry?["apiVersion"], "apps/v1")
      try expect(entry?["operation"], "Update")
    },
    Behavior(
      "a scale can be applied, and who applied the object keeps the rest",
      differs: .since(22, "a scale can't be applied")
    ) { s in
      try await s.apply(deployment("a"), as: "author")
      let refused = try await scale(
        s, .patch, Deployment.type, "a", scaleObject(s, "a", replicas: 5), as: apply)
      try expect(refused.status, 409)
      try expect(refused.body.value(at: "details", "causes")?.array?.first?["field"], ".spec.replicas")
      let forced = try await scale(
        s, .patch, Deployment.type, "a", scaleObject(s, "a", replicas: 5), as: apply, force: true)
      try expect(forced.status, 200)
      try await s.apply(deployment("a", replicas: nil), as: "author")
      try expect(try await s.read(s.key("a", Deployment.type)).at("spec", "replicas"), 5)
      let answer = try await scale(
        s, .patch, Deployment.type, "a", scaleObject(s, "a", replicas: 5), as: apply)
      try expect(answer.status, 200)
      try expect(answer.body["kind"], "Scale")
      try expect(try await s.read(s.key("a", Deployment.type)).at("spec", "replicas"), 5)
    },
    Behavior(
      "replicas without an owner are those of before-first-apply",
      differs: .since(22, "a scale can't be applied")
    ) { s in
      try await s.apply(deployment("a", replicas: nil), as: "author")
      let refused = try await scale(
        s, .patch, Deployment.type, "a", scaleObject(s, "a", replicas: 5), as: apply)
      try expect(refused.status, 409)
      let cause = refused.body.value(at: "details", "causes")?.array?.first
      try expect(cause?["field"], ".spec.replicas")
      try expect(
        cause?["message"]?.string?.hasPrefix(
          "conflict with \"before-first-apply\" with subresource \"scale\"") == true, "\(cause ?? .null)")
      let forced = try await scale(
        s, .patch, Deployment.type, "a", scaleObject(s, "a", replicas: 5), as: apply, force: true)
      try expect(forced.status, 200)
      let object = try await s.read(s.key("a", Deployment.type))
      try expect(object.at("spec", "replicas"), 5)
      try expect(try object.managers().contains("before-first-apply/Update"), false)
    },
    Behavior("the scale subresource is discovered") { s in
      let list = try await s.json(.raw(path: "/apis/apps/v1"))
      let entry = list["resources"]?.array?.first { $0["name"] == "deployments/scale" }
      try expect(entry?["kind"], "Scale")
      try expect(entry?["group"], "autoscaling")
      try expect(entry?["version"], "v1")
      try expect(
        Set((entry?["verbs"]?.array ?? []).compactMap(\.string)), ["get", "patch", "update"])
    },
    Behavior("a custom resource's scale is where its definition says") { s in
      let type = try await servedKind(s)
      _ = try await create(s, type, ["size": 2])
      let answer = try await scale(s, .get, type)
      try expect(answer.status, 200)
      try expect(answer.body.value(at: "spec", "replicas"), 2)
      try expect(answer.body["status"], ["replicas": 0])
      try expect(try await scale(s, .patch, type, "a", body(5), as: merge).status, 200)
      try expect(try await s.read(s.key("a", type)).at("spec", "size"), 5)
      try await s.merge(
        s.key("a", type), ["status": ["size": 4, "selector": "a=b"]], subresource: "status")
      try expect(
        try await scale(s, .get, type).body["status"], ["replicas": 4, "selector": "a=b"])
      try await s.delete(s.key("fleets.\(type.group)", CustomResourceDefinition.type))
    },
    Behavior("a custom resource that asks for no replicas has no scale") { s in
      let type = try await servedKind(s)
      _ = try await create(s, type, [:])
      let answer = try await scale(s, .get, type)
      try expect(answer.status, 500)
      try expect(answer.body["reason"], "InternalError")
      try await s.delete(s.key("fleets.\(type.group)", CustomResourceDefinition.type))
    },
    Behavior("a schema's bounds hold for the replicas, too") { s in
      let type = try await servedKind(s)
      _ = try await create(s, type, ["size": 2])
      let answer = try await scale(s, .patch, type, "a", body(0), as: merge)
      try expect(answer.status, 422)
      try expect(answer.body.value(at: "details", "causes")?.array?.first?["field"], "spec.size")
      try await s.delete(s.key("fleets.\(type.group)", CustomResourceDefinition.type))
    },
    Behavior("a definition's replicas lie below spec and status") { s in
      for (wanted, observed) in [("", ".status.n"), (".status.n", ".status.n"), (".spec.n", ".spec.n")] {
        var definition = Widget.definition(group: "\(s.namespace).example.org")
        var versions = definition.value(at: "spec", "versions")?.array ?? []
        versions[0].set(
          ["specReplicasPath": .string(wanted), "statusReplicasPath": .string(observed)],
          at: ["subresources", "scale"])
        definition.set(.array(versions), at: ["spec", "versions"])
        try await s.refused(.invalid, 422, "Invalid") { try await s.create(definition) }
      }
    },
  ]

  private static func body(_ replicas: Int) -> JSONValue { ["spec": ["replicas": .integer(replicas)]] }

  private static func scale(
    _ s: Sandbox, _ method: HTTPRequest.Method, _ body: JSONValue, _ mediaType: String
  ) async throws -> (status: Int, body: JSONValue) {
    try await scale(s, method, Deployment.type, "a", body, as: mediaType)
  }
}
