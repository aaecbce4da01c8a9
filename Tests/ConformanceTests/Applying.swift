import HTTPTypes
import KubeCore
import KubeTransport

extension Behavior {
  static let applying: [Behavior] = [
    Behavior("an apply makes what isn't there") { s in
      let answer = try await s.raw(
        .patch, s.key("a").path(), query: [("fieldManager", "m1")],
        headers: [.contentType: "application/apply-patch+yaml"],
        body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"}}"#)
      try expect(answer.status, 201)
      try expect(answer.body?.value(at: "data", "a"), "1")
    },
    Behavior("an apply that changes nothing moves nothing") { s in
      let object = try await s.apply(configMap("a"), as: "m1")
      try expect(try await s.apply(configMap("a"), as: "m1").json, object.json)
      let custom = try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1")
      try expect(try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1").json, custom.json)
    },
    Behavior("an apply needs a manager, of 128 bytes at most") { s in
      try await s.invalid(["fieldManager"]) {
        _ = try await s.object(.apply(s.key("a"), configMap("a"), fieldManager: ""))
      }
      try await s.invalid(["fieldManager"]) {
        try await s.apply(configMap("a"), as: String(repeating: "m", count: 129))
      }
    },
    Behavior("managedFields in an apply are BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.apply(
          configMap("a", metadata: ["managedFields": [["manager": "m", "operation": "Apply"]]]), as: "m1")
      }
    },
    Behavior("an apply in another version than the path's is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.object(
          .apply(
            s.key("a", Widget.type), document(Widget.older, "a", ["spec": ["size": 1]]), fieldManager: "m1"))
      }
    },
    Behavior("an apply under another name is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.object(.apply(s.key("a"), configMap("b"), fieldManager: "m1"))
      }
    },
    Behavior("a uid of what isn't there is a failed precondition") { s in
      try await s.refused(.preconditionFailed, 409, "Conflict") {
        try await s.apply(configMap("a", metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
      try expect(try await s.client().find(s.key("a")), nil)
    },
    Behavior("a resourceVersion alone of what isn't there makes it") { s in
      let object = try await s.apply(configMap("a", metadata: ["resourceVersion": "1"]), as: "m1")
      try expect(object.at("data", "a"), "1")
    },
    Behavior("an apply with another uid is a failed precondition") { s in
      try await s.create(configMap("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) {
        try await s.apply(configMap("a", ["b": "1"], metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
      try await s.create(widget("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) {
        try await s.apply(widget("a", metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
    },
    Behavior("an apply with a stale resourceVersion is a Conflict") { s in
      let object = try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.apply(
          configMap("a", ["b": "1"], metadata: ["resourceVersion": .string(object.version)]), as: "m1")
      }
    },
    Behavior("an unknown field in an apply is an error without a reason") { s in
      let error = try await s.refused(.serverError, 500, nil) {
        try await s.apply(widget("a", ["size": 1, "unknown": 1]), as: "m1")
      }
      try expect(
        error.status?.message?.contains(".spec.unknown: field not declared in schema") == true, "\(error)")
      try expect(!error.isTransient, "it is to be tried again")
    },
    Behavior("two items of one key in an apply are an error without a reason") { s in
      let error = try await s.refused(.serverError, 500, nil) {
        try await s.apply(
          widget("a", ["size": 1, "parts": [["name": "x"], ["name": "x", "value": "1"]]]), as: "m1")
      }
      try expect(
        error.status?.message?.contains("duplicate entries for key [name=\"x\"]") == true, "\(error)")
      try await s.refused(.serverError, 500, nil) {
        try await s.apply(deployment("a", containers: [container("c"), container("c")]), as: "m1")
      }
    },
    Behavior("an apply that makes the object invalid is refused") { s in
      try await s.invalid(["spec.size"]) { try await s.apply(widget("a", ["size": 0]), as: "m1") }
      try await s.invalid(["metadata.name"]) { try await s.apply(configMap("A"), as: "m1") }
    },
    Behavior("an apply to what is being deleted is taken") { s in
      try await s.create(configMap("a", metadata: ["finalizers": ["example.org/hold"]]))
      try await s.delete(s.key("a"))
      let object = try await s.apply(configMap("a", ["b": "1"]), as: "m1")
      try expect(object.at("data", "b"), "1")
      try expect(object.metadata.deletionTimestamp != nil, "it is no longer being deleted")
    },
    Behavior("a dry run of an apply answers, and changes nothing") { s in
      let object = try await s.create(configMap("a"))
      let dry = try await s.apply(configMap("a", ["b": "1"]), as: "m1", isDryRun: true)
      try expect(dry.at("data"), ["a": "1", "b": "1"])
      try expect(try await s.read(s.key("a")).json, object.json)
    },
    Behavior("a patch of the library's with a uid acts on no other object") { s in
      let target = s.key("a")
      let object = try await s.create(configMap("a"))
      let patch = ObjectPatch(
        target: target, operation: .apply(configMap("a", ["b": "1"]), force: true),
        precondition: .uid(object.metadata.uid ?? ""), reason: "test")
      try await s.client().apply(patch)
      try await s.delete(target)
      try await s.refused(.preconditionFailed, 409, "Conflict") { try await s.client().apply(patch) }
      try await s.create(configMap("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) { try await s.client().apply(patch) }
    },
    Behavior("a generation moves with an applied spec, and only then") { s in
      try await s.apply(widget("a"), as: "m1")
      try expect(
        try await s.apply(widget("a", labels: ["l": "1"]), as: "m1").metadata.generation, 1)
      try expect(
        try await s.apply(widget("a", ["size": 2], labels: ["l": "1"]), as: "m1").metadata.generation, 2)
    },
  ]

  static let statusApplying: [Behavior] = [
    Behavior("a status apply writes the status alone") { s in
      try await s.apply(widget("a"), as: "m1")
      let object = try await s.apply(
        widget("a", ["size": 1], status: ["phase": "Ready"]), as: "m1-status", subresource: "status")
      try expect(object.at("status", "phase"), "Ready")
      try expect(object.at("spec", "size"), 1)
      try expect(object.metadata.generation, 1)
      let again = try await s.apply(
        widget("a", ["size": 1], status: ["phase": "Ready"]), as: "m1-status", subresource: "status")
      try expect(again.version, object.version)
    },
    Behavior("a main apply leaves the status") { s in
      try await s.create(widget("a"))
      try await s.merge(s.key("a", Widget.type), ["status": ["phase": "Ready"]], subresource: "status")
      let object = try await s.apply(widget("a", status: ["phase": "No"]), as: "m1", force: true)
      try expect(object.at("status", "phase"), "Ready")
    },
    Behavior("a status apply to what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") {
        try await s.apply(widget("a", status: ["phase": "Ready"]), as: "m1", subresource: "status")
      }
    },
    Behavior("conditions of several managers stand side by side") { s in
      func conditions(_ types: String...) -> JSONValue {
        ["conditions": .array(types.map { ["type": .string($0), "status": "True"] })]
      }
      try await s.create(widget("a"))
      try await s.apply(widget("a", status: conditions("One")), as: "m1", subresource: "status")
      let both = try await s.apply(
        widget("a", status: conditions("Two")), as: "m2", subresource: "status")
      try expect((both.at("status", "conditions")?.array ?? []).map { $0["type"] }, ["One", "Two"])
      let one = try await s.apply(widget("a", status: [:]), as: "m2", subresource: "status")
      try expect((one.at("status", "conditions")?.array ?? []).map { $0["type"] }, ["One"])
    },
    Behavior("a conflict over a condition names its type") { s in
      func ready(_ status: JSONValue) -> JSONValue { ["conditions": [["type": "Ready", "status": status]]] }
      try await s.create(widget("a"))
      try await s.apply(widget("a", status: ready("True")), as: "m1", subresource: "status")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", status: ready("False")), as: "m2", subresource: "status")
      }
      try expect(
        error.applyConflicts.map(\.field), [#".status.conditions[type="Ready"].status"#])
    },
    Behavior("a custom resource's status is written whatever the uid, and the client says so") { s in
      try await s.create(widget("a"))
      let patch = ObjectPatch(
        target: s.key("a", Widget.type), subresource: "status",
        operation: .apply(widget("a", status: ["phase": "Ready"]), force: true),
        precondition: .uid(foreignUID), reason: "test")
      do {
        try await s.client().apply(patch)
        throw Mismatch(description: "it passed for the object that was meant")
      } catch let error as KubeError {
        try expect(error.code, .preconditionFailed)
        try expect(error.mayHaveTakenEffect, "the error says that nothing was written")
      }
      try expect(try await s.read(s.key("a", Widget.type)).at("status", "phase"), "Ready")
    },
    Behavior(
      "one manager has an entry for each subresource",
      differs: .since(22, "managedFields have no subresource: an apply to each takes the other's fields away")
    ) { s in
      try await s.apply(widget("a"), as: "m1")
      let object = try await s.apply(
        widget("a", status: ["phase": "Ready"]), as: "m1", subresource: "status")
      try expect(Set(try object.managedFields().map { $0.subresource ?? "" }), ["", "status"])
      let again = try await s.apply(widget("a"), as: "m1")
      try expect(again.at("status", "phase"), "Ready")
      try expect(again.version, object.version)
    },
    Behavior(
      "a main apply doesn't come to own the status",
      differs: .since(22, "the status is dropped, but its owner is recorded")
    ) { s in
      let object = try await s.apply(widget("a", status: ["phase": "Ready"]), as: "m1")
      try expect(try object.fields(of: "m1"), ["f:spec": ["f:size": [:]]])
    },
  ]
}
