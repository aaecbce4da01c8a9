import HTTPTypes
import KubeCore
import KubeKindsApps
import KubeKindsCoordination
import KubeKindsCore
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  static let replacing: [Behavior] = [
    Behavior("a replace with the resourceVersion that was read moves it on") { s in
      let object = try await s.create(configMap("a"))
      var json = object.json
      json.set("2", at: ["data", "a"])
      let replaced = try await s.replace(json)
      try expect(replaced.at("data", "a"), "2")
      try expect(replaced.metadata.uid, object.metadata.uid)
      try expect((UInt64(replaced.version) ?? 0) > (UInt64(object.version) ?? 0), "the version went back")
    },
    Behavior("a stale resourceVersion is a Conflict") { s in
      let object = try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      let error = try await s.refused(.conflict, 409, "Conflict") { try await s.replace(object.json) }
      try expect(
        error.status?.message,
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
      )
      try expect(error.status?.details?.kind, "configmaps")
    },
    Behavior("a replace of a built-in kind may be unconditional, a custom one may not") { s in
      try await s.create(configMap("a"))
      try await s.replace(configMap("a", ["a": "2"]))
      try await s.create(widget("a"))
      try await s.invalid(["metadata.resourceVersion"]) { try await s.replace(widget("a", ["size": 2])) }
    },
    Behavior("a replace that changes nothing moves nothing") { s in
      let object = try await s.create(configMap("a"))
      try expect(try await s.replace(configMap("a")).version, object.version)
      let custom = try await s.create(widget("a"))
      try expect(try await s.replace(custom.json).version, custom.version)
    },
    Behavior("a replace of what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") { try await s.replace(configMap("a")) }
      try await s.refused(.notFound, 404, "NotFound") { try await s.replace(widget("a")) }
    },
    Behavior("a replace of a Role that isn't there makes it") { s in
      let object = try await s.replace(document(Role.type, "a", ["rules": []]))
      try expect(object.metadata.uid?.count, 36)
      for kind in [ServiceAccount.type, Deployment.type] {
        try await s.refused(.notFound, 404, "NotFound") {
          var object = deployment("a")
          if kind != Deployment.type { object = document(kind, "a") }
          try await s.replace(object)
        }
      }
    },
    Behavior(
      "a replace of a Service that isn't there makes it, if it is valid",
      differs: .since(21, "1.20 answers 404; the exact release isn't known")
    ) { s in
      try await s.invalid(["spec.ports"]) { try await s.replace(document(Service.type, "a")) }
      let object = try await s.replace(document(Service.type, "a", ["spec": ["ports": [["port": 1]]]]))
      try expect(object.metadata.uid?.count, 36)
    },
    Behavior("a replace of a Lease that isn't there makes it") { s in
      let answer = try await s.raw(
        .put, s.key("a", Lease.type).path(),
        body: #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"}}"#)
      try expect(answer.status, 201)
    },
    Behavior("a replace with another uid is a failed precondition") { s in
      try await s.create(configMap("a"))
      try await s.refused(.preconditionFailed, 409, "Conflict") {
        try await s.replace(configMap("a", metadata: ["uid": .string(foreignUID)]))
      }
    },
    Behavior("another name in the body of a replace is BadRequest") { s in
      try await s.create(configMap("a"))
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.client().replace(s.key("a"), with: configMap("b"))
      }
    },
    Behavior("what a replace leaves out is gone") { s in
      try await s.create(configMap("a", ["a": "1", "b": "1"], labels: ["l": "1"]))
      let object = try await s.replace(configMap("a", ["a": "1"]))
      try expect(object.at("data"), ["a": "1"])
      try expect(object.metadata.labels, [:])
    },
    Behavior("a replace keeps uid, time and generation of the server") { s in
      let object = try await s.create(widget("a"))
      var json = object.json
      json.set(9, at: ["metadata", "generation"])
      json.set("2020-01-01T00:00:00Z", at: ["metadata", "creationTimestamp"])
      let replaced = try await s.replace(json)
      try expect(replaced.metadata.generation, 1)
      try expect(replaced.at("metadata", "creationTimestamp"), object.at("metadata", "creationTimestamp"))
    },
    Behavior("immutable fields stay as they are") { s in
      try await s.create(document(Secret.type, "a", ["type": "example.org/one"]))
      try await s.invalid(["type"]) {
        try await s.replace(document(Secret.type, "a", ["type": "example.org/two"]))
      }
      try await s.create(deployment("a"))
      try await s.refused(.invalid, 422, "Invalid") {
        try await s.merge(
          s.key("a", Deployment.type),
          [
            "spec": [
              "selector": ["matchLabels": ["app": "y"]], "template": ["metadata": ["labels": ["app": "y"]]],
            ]
          ])
      }
      func binding(_ role: JSONValue) -> JSONValue {
        document(
          RoleBinding.type, "a",
          [
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role],
            "subjects": [["kind": "ServiceAccount", "name": "a", "namespace": "default"]],
          ])
      }
      try await s.create(binding("one"))
      try await s.invalid(["roleRef"]) { try await s.replace(binding("two")) }
    },
    Behavior("a PUT to a collection, or a POST to an object, is MethodNotAllowed") { s in
      let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#
      let put = try await s.raw(.put, ConfigMap.type.path(namespace: s.namespace), body: body)
      try expect(put.status, 405)
      try expect(put.body?["reason"], "MethodNotAllowed")
      let post = try await s.raw(.post, s.key("a").path(), body: body)
      try expect(post.status, 405)
    },
  ]

  static let patching: [Behavior] = [
    Behavior("a merge patch sets, and removes by null") { s in
      try await s.create(configMap("a", ["a": "1", "b": "1"]))
      let object = try await s.merge(s.key("a"), ["data": ["b": .null, "c": "1"]])
      try expect(object.at("data"), ["a": "1", "c": "1"])
    },
    Behavior("a merge patch replaces lists") { s in
      try await s.create(widget("a", ["size": 1, "tags": ["x", "y"]]))
      let object = try await s.merge(s.key("a", Widget.type), ["spec": ["tags": ["z"]]])
      try expect(object.at("spec", "tags"), ["z"])
    },
    Behavior("a patch that changes nothing moves nothing") { s in
      let object = try await s.create(configMap("a"))
      try expect(try await s.merge(s.key("a"), ["data": ["a": "1"]]).version, object.version)
      try expect(
        try await s.patch(s.key("a"), [.replace(path: "/data/a", "1")]).version, object.version)
    },
    Behavior("a merge patch with a stale resourceVersion is a Conflict") { s in
      let object = try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.merge(
          s.key("a"), ["metadata": ["resourceVersion": .string(object.version)], "data": ["a": "3"]])
      }
    },
    Behavior("a merge patch with another uid is a failed precondition") { s in
      try await s.create(configMap("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) {
        try await s.merge(s.key("a"), ["metadata": ["uid": .string(foreignUID)], "data": ["a": "2"]])
      }
      try expect(try await s.read(s.key("a")).at("data", "a"), "1")
    },
    Behavior("a merge patch with another name is BadRequest") { s in
      try await s.create(configMap("a"))
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.merge(s.key("a"), ["metadata": ["name": "b"]])
      }
    },
    Behavior("a patch of what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") { try await s.merge(s.key("a"), [:]) }
      try await s.refused(.notFound, 404, "NotFound") {
        try await s.patch(s.key("a"), [.remove(path: "/data")])
      }
    },
    Behavior("a JSON patch tests, adds, replaces and removes") { s in
      try await s.create(widget("a", ["size": 1, "tags": ["x", "z"], "note": "n"]))
      let object = try await s.patch(
        s.key("a", Widget.type),
        [
          .test(path: "/spec/size", 1), .replace(path: "/spec/size", 2), .add(path: "/spec/tags/1", "y"),
          .add(path: "/spec/tags/-", "!"), .remove(path: "/spec/note"),
          .add(path: "/metadata/labels", ["a/b": "1"]), .replace(path: "/metadata/labels/a~1b", "2"),
        ])
      try expect(object.at("spec", "size"), 2)
      try expect(object.at("spec", "tags"), ["x", "y", "z", "!"])
      try expect(object.at("spec", "note"), nil)
      try expect(object.metadata.labels, ["a/b": "2"])
    },
    Behavior("a failed test refuses the whole JSON patch") { s in
      try await s.create(configMap("a"))
      try await s.refused(.preconditionFailed, 422, "Invalid") {
        try await s.patch(
          s.key("a"), [.replace(path: "/data/a", "2"), .test(path: "/data/a", "3")])
      }
      try expect(try await s.read(s.key("a")).at("data", "a"), "1")
    },
    Behavior("a uid or resourceVersion in a test is a precondition") { s in
      let object = try await s.create(configMap("a"))
      let target = s.key("a")
      func patch(_ precondition: ObjectPatch.Precondition) -> ObjectPatch {
        ObjectPatch(
          target: target, operation: .patch([.replace(path: "/data/a", "2")]), precondition: precondition,
          reason: "test")
      }
      try await s.refused(.preconditionFailed, 422, "Invalid") {
        try await s.client().apply(patch(.uid(foreignUID)))
      }
      let uid = object.metadata.uid ?? ""
      try await s.client().apply(patch(.uidAndResourceVersion(uid: uid, resourceVersion: object.version)))
      try await s.refused(.preconditionFailed, 422, "Invalid") {
        try await s.client().apply(patch(.uidAndResourceVersion(uid: uid, resourceVersion: object.version)))
      }
    },
    Behavior("removing a member that isn't there is refused") { s in
      try await s.create(configMap("a"))
      try await s.refused(.invalid, 422, "Invalid") {
        try await s.patch(s.key("a"), [.remove(path: "/data/none")])
      }
    },
    Behavior("replacing a member that isn't there adds it, if its parent is there") { s in
      try await s.create(configMap("a"))
      let object = try await s.patch(s.key("a"), [.replace(path: "/data/none", "1")])
      try expect(object.at("data"), ["a": "1", "none": "1"])
      for path in ["/binaryData/none", "/metadata/finalizers/0"] {
        try await s.refused(.invalid, 422, "Invalid") {
          try await s.patch(s.key("a"), [.replace(path: path, "MQ==")])
        }
      }
    },
    Behavior("a JSON patch that is no list is BadRequest") { s in
      try await s.create(configMap("a"))
      let answer = try await s.raw(
        .patch, s.key("a").path(), headers: [.contentType: "application/json-patch+json"], body: "{}")
      try expect(answer.status, 400)
      try expect(answer.body?["reason"], "BadRequest")
    },
    Behavior("a patch of an unknown type is UnsupportedMediaType") { s in
      try await s.create(configMap("a"))
      for type in ["application/json", "text/plain"] {
        let answer = try await s.raw(.patch, s.key("a").path(), headers: [.contentType: type], body: "{}")
        try expect(answer.status, 415, type)
        try expect(answer.body?["reason"], "UnsupportedMediaType")
      }
    },
    Behavior("a custom resource takes no strategic merge patch") { s in
      try await s.create(widget("a"))
      let answer = try await s.raw(
        .patch, s.key("a", Widget.type).path(),
        headers: [.contentType: "application/strategic-merge-patch+json"], body: "{}")
      try expect(answer.status, 415)
    },
    Behavior("force is for apply alone") { s in
      try await s.create(configMap("a"))
      let answer = try await s.raw(
        .patch, s.key("a").path(), query: [("force", "true")],
        headers: [.contentType: "application/merge-patch+json"], body: "{}")
      try expect(answer.status, 422)
      try expect(answer.body?.value(at: "details", "causes")?.array?.first?["field"], "force")
    },
    Behavior("a dry run of a patch answers, and changes nothing") { s in
      let object = try await s.create(configMap("a"))
      let dry = try await s.object(
        .mergePatch(s.key("a"), ["data": ["a": "2"]], options: WriteOptions(isDryRun: true)))
      try expect(dry.at("data", "a"), "2")
      try expect(dry.version, object.version, "the version of what isn't stored")
      try expect(try await s.read(s.key("a")).json, object.json)
    },
    Behavior("a patch that makes the object invalid is refused whole") { s in
      try await s.create(widget("a"))
      try await s.refused(.invalid, 422, "Invalid") {
        try await s.merge(s.key("a", Widget.type), ["spec": ["size": 0]])
      }
      try expect(try await s.read(s.key("a", Widget.type)).at("spec", "size"), 1)
    },
  ]

  static let status: [Behavior] = [
    Behavior("a status in a creation is dropped") { s in
      let object = try await s.create(widget("a", status: ["phase": "Ready"]))
      try expect(object.at("status"), nil)
    },
    Behavior("generation counts changes of the spec, not of the metadata") { s in
      try await s.create(widget("a"))
      let key = s.key("a", Widget.type)
      try expect(try await s.merge(key, ["metadata": ["labels": ["l": "1"]]]).metadata.generation, 1)
      try expect(try await s.merge(key, ["spec": ["size": 2]]).metadata.generation, 2)
      try expect(try await s.merge(key, ["spec": ["size": 2]]).metadata.generation, 2)
    },
    Behavior("a write of the status leaves spec, metadata and generation") { s in
      let object = try await s.create(widget("a"))
      var json = widget("a", ["size": 9], status: ["phase": "Ready"], labels: ["no": "no"])
      json.set(.string(object.version), at: ["metadata", "resourceVersion"])
      let written = try await s.replace(json, subresource: "status")
      try expect(written.at("status", "phase"), "Ready")
      try expect(written.at("spec", "size"), 1)
      try expect(written.metadata.labels, [:])
      try expect(written.metadata.generation, 1)
      try expect(written.version != object.version, "the version stayed")
    },
    Behavior("a write of the object leaves the status") { s in
      try await s.create(widget("a"))
      let key = s.key("a", Widget.type)
      try await s.merge(key, ["status": ["phase": "Ready"]], subresource: "status")
      let object = try await s.merge(key, ["spec": ["size": 2], "status": ["phase": "No"]])
      try expect(object.at("status", "phase"), "Ready")
      try expect(object.metadata.generation, 2)
    },
    Behavior("a stale status is a Conflict") { s in
      let object = try await s.create(widget("a"))
      try await s.merge(s.key("a", Widget.type), ["spec": ["size": 2]])
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.replace(object.json, subresource: "status")
      }
    },
    Behavior("a status of what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") {
        try await s.merge(s.key("a", Widget.type), ["status": ["phase": "Ready"]], subresource: "status")
      }
    },
    Behavior("an invalid status is refused") { s in
      try await s.create(widget("a"))
      try await s.refused(.invalid, 422, "Invalid") {
        try await s.merge(
          s.key("a", Widget.type), ["status": ["conditions": [["type": "Ready", "status": "Maybe"]]]],
          subresource: "status")
      }
    },
    Behavior("a Deployment's generation counts its spec alone") { s in
      try await s.create(deployment("a"))
      let key = s.key("a", Deployment.type)
      try expect(try await s.merge(key, ["metadata": ["labels": ["l": "1"]]]).metadata.generation, 1)
      try expect(try await s.merge(key, ["spec": ["minReadySeconds": 1]]).metadata.generation, 2)
      try expect(
        try await s.merge(key, ["status": ["availableReplicas": 0]], subresource: "status").metadata
          .generation, 2)
    },
    Behavior("kinds without a desired state have no generation") { s in
      try expect(try await s.create(configMap("a")).metadata.generation, nil)
      try expect(try await s.create(document(Role.type, "a", ["rules": []])).metadata.generation, nil)
    },
  ]
}
