import HTTPTypes
import KubeCore
import KubeTransport

extension Behaviour {
  static let applying: [Behaviour] = [
    Behaviour("an apply makes what isn't there") { s in
      let answer = try await s.raw(
        .patch, s.key("a").path(), query: [("fieldManager", "m1")],
        headers: [.contentType: "application/apply-patch+yaml"],
        body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1"}}"#)
      try expect(answer.status, 201)
      try expect(answer.body?.value(at: "data", "a"), "1")
    },
    Behaviour("an apply that changes nothing moves nothing") { s in
      let object = try await s.apply(configMap("a"), as: "m1")
      try expect(try await s.apply(configMap("a"), as: "m1").json, object.json)
      let custom = try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1")
      try expect(try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1").json, custom.json)
    },
    Behaviour("an apply needs a manager, of 128 bytes at most") { s in
      try await s.invalid(["fieldManager"]) {
        _ = try await s.object(.apply(s.key("a"), configMap("a"), fieldManager: ""))
      }
      try await s.invalid(["fieldManager"]) {
        try await s.apply(configMap("a"), as: String(repeating: "m", count: 129))
      }
    },
    Behaviour("managedFields in an apply are BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.apply(
          configMap("a", metadata: ["managedFields": [["manager": "m", "operation": "Apply"]]]), as: "m1")
      }
    },
    Behaviour("an apply in another version than the path's is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.object(
          .apply(
            s.key("a", Widget.type), document(Widget.older, "a", ["spec": ["size": 1]]), fieldManager: "m1"))
      }
    },
    Behaviour("an apply under another name is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.object(.apply(s.key("a"), configMap("b"), fieldManager: "m1"))
      }
    },
    Behaviour("a uid of what isn't there is a failed precondition") { s in
      try await s.refused(.preconditionFailed, 409, "Conflict") {
        try await s.apply(configMap("a", metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
      try expect(try await s.client().findDynamic(s.key("a")), nil)
    },
    Behaviour("a resourceVersion alone of what isn't there makes it") { s in
      let object = try await s.apply(configMap("a", metadata: ["resourceVersion": "1"]), as: "m1")
      try expect(object.at("data", "a"), "1")
    },
    Behaviour("an apply with another uid is a failed precondition") { s in
      try await s.create(configMap("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) {
        try await s.apply(configMap("a", ["b": "1"], metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
      try await s.create(widget("a"))
      try await s.invalid(["metadata.uid"], .preconditionFailed) {
        try await s.apply(widget("a", metadata: ["uid": .string(foreignUID)]), as: "m1")
      }
    },
    Behaviour("an apply with a stale resourceVersion is a Conflict") { s in
      let object = try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.apply(
          configMap("a", ["b": "1"], metadata: ["resourceVersion": .string(object.version)]), as: "m1")
      }
    },
    Behaviour("an unknown field in an apply is an error without a reason") { s in
      let error = try await s.refused(.serverError, 500, nil) {
        try await s.apply(widget("a", ["size": 1, "unknown": 1]), as: "m1")
      }
      try expect(
        error.status?.message?.contains(".spec.unknown: field not declared in schema") == true, "\(error)")
      try expect(!error.isTransient, "it is to be tried again")
    },
    Behaviour("two items of one key in an apply are an error without a reason") { s in
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
    Behaviour("an apply that makes the object invalid is refused") { s in
      try await s.invalid(["spec.size"]) { try await s.apply(widget("a", ["size": 0]), as: "m1") }
      try await s.invalid(["metadata.name"]) { try await s.apply(configMap("A"), as: "m1") }
    },
    Behaviour("an apply to what is being deleted is taken") { s in
      try await s.create(configMap("a", metadata: ["finalizers": ["example.org/hold"]]))
      try await s.delete(s.key("a"))
      let object = try await s.apply(configMap("a", ["b": "1"]), as: "m1")
      try expect(object.at("data", "b"), "1")
      try expect(object.metadata.deletionTimestamp != nil, "it is no longer being deleted")
    },
    Behaviour("a dry run of an apply answers, and changes nothing") { s in
      let object = try await s.create(configMap("a"))
      let dry = try await s.apply(configMap("a", ["b": "1"]), as: "m1", isDryRun: true)
      try expect(dry.at("data"), ["a": "1", "b": "1"])
      try expect(try await s.read(s.key("a")).json, object.json)
    },
    Behaviour("a patch of the library's with a uid acts on no other object") { s in
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
    Behaviour("a generation moves with an applied spec, and only then") { s in
      try await s.apply(widget("a"), as: "m1")
      try expect(
        try await s.apply(widget("a", labels: ["l": "1"]), as: "m1").metadata.generation, 1)
      try expect(
        try await s.apply(widget("a", ["size": 2], labels: ["l": "1"]), as: "m1").metadata.generation, 2)
    },
  ]

  static let ownership: [Behaviour] = [
    Behaviour("an applier owns what it applies, and not the defaults") { s in
      let object = try await s.apply(configMap("a", ["a": "1"], labels: ["l": "1"]), as: "m1")
      try expect(try object.managers(), ["m1/Apply"])
      try expect(
        try object.fields(of: "m1"), ["f:data": ["f:a": [:]], "f:metadata": ["f:labels": ["f:l": [:]]]])
      let custom = try await s.apply(widget("a"), as: "m1")
      try expect(custom.at("spec", "mode"), "Slow")
      try expect(try custom.fields(of: "m1"), ["f:spec": ["f:size": [:]]])
    },
    Behaviour("a creator owns what it sets, the map itself too") { s in
      let object = try await s.create(configMap("a", ["a": "1"]), as: "u1")
      try expect(try object.managers(), ["u1/Update"])
      try expect(try object.fields(of: "u1"), ["f:data": [".": [:], "f:a": [:]]])
    },
    Behaviour("a conflict names each manager and field") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(configMap("a", ["a": "2", "b": "2"]), as: "m2")
      }
      try expect(
        error.applyConflicts,
        [.init(manager: "m1", field: ".data.a"), .init(manager: "m1", field: ".data.b")])
      try expect(
        error.status?.message,
        "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .data.a\n- .data.b")
      try expect(error.status?.details?.causes.map { $0.reason ?? "" }.first, "FieldManagerConflict")
    },
    Behaviour("a conflict with one who updates says so") { s in
      try await s.create(configMap("a"), as: "u1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(configMap("a", ["a": "2"]), as: "m1")
      }
      try expect(error.applyConflicts, [.init(manager: "u1", field: ".data.a")])
      try expect(error.status?.message?.contains("\"u1\" using v1") == true, "\(error)")
    },
    Behaviour("force takes fields over") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let object = try await s.apply(configMap("a", ["a": "2"]), as: "m2", force: true)
      try expect(object.at("data"), ["a": "2", "b": "1"])
      try expect(try object.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      try expect(try object.fields(of: "m2"), ["f:data": ["f:a": [:]]])
    },
    Behaviour("the same value is shared without force") { s in
      try await s.apply(configMap("a"), as: "m1")
      let object = try await s.apply(configMap("a"), as: "m2")
      try expect(try object.managers(), ["m1/Apply", "m2/Apply"])
    },
    Behaviour("a dropped field goes") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"], labels: ["l": "1"]), as: "m1")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "1"])
      try expect(object.metadata.labels, [:])
    },
    Behaviour("a dropped field that another owns stays") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      try await s.apply(configMap("a", ["b": "1"]), as: "m2")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "1", "b": "1"])
      try expect(try object.fields(of: "m2"), ["f:data": ["f:b": [:]]])
    },
    Behaviour("a field that another updated is the other's, and stays when dropped") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let updated = try await s.merge(s.key("a"), ["data": ["a": "2"]], as: "u1")
      try expect(try updated.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      let object = try await s.apply(configMap("a", ["b": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "2", "b": "1"])
    },
    Behaviour("an update that removes a field takes it from its owner") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let object = try await s.merge(s.key("a"), ["data": ["a": .null]], as: "u1")
      try expect(try object.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      try expect(try object.managers(), ["m1/Apply"])
    },
    Behaviour("an applied list by key has items of several managers") { s in
      try await s.apply(widget("a", ["size": 1, "parts": [["name": "x", "value": "1"]]]), as: "m1")
      let both = try await s.apply(
        widget("a", ["size": 1, "parts": [["name": "y", "value": "2"]]]), as: "m2")
      try expect(both.at("spec", "parts"), [["name": "x", "value": "1"], ["name": "y", "value": "2"]])
      try expect(
        try both.fields(of: "m2")?.value(at: "f:spec", "f:parts"),
        [#"k:{"name":"y"}"#: [".": [:], "f:name": [:], "f:value": [:]]])
      let one = try await s.apply(widget("a", ["size": 1]), as: "m2")
      try expect(one.at("spec", "parts"), [["name": "x", "value": "1"]])
    },
    Behaviour("a conflict in a list by key names the item") { s in
      try await s.apply(widget("a", ["size": 1, "parts": [["name": "x", "value": "1"]]]), as: "m1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", ["size": 1, "parts": [["name": "x", "value": "2"]]]), as: "m2")
      }
      try expect(
        error.applyConflicts, [.init(manager: "m1", field: #".spec.parts[name="x"].value"#)])
    },
    Behaviour("an applied set has values of several managers") { s in
      try await s.apply(widget("a", ["size": 1, "tags": ["x", "y"]]), as: "m1")
      try await s.apply(widget("a", ["size": 1, "tags": ["y", "z"]]), as: "m2")
      let object = try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1")
      try expect(Set(object.at("spec", "tags")?.array ?? []), ["x", "y", "z"])
      try expect(
        try object.fields(of: "m1")?.value(at: "f:spec", "f:tags"), [#"v:"x""#: [:]])
    },
    Behaviour("a plain list is one field") { s in
      try await s.apply(widget("a", ["size": 1, "steps": ["x", "y"]]), as: "m1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", ["size": 1, "steps": ["x", "z"]]), as: "m2")
      }
      try expect(error.applyConflicts, [.init(manager: "m1", field: ".spec.steps")])
    },
    Behaviour("containers are merged by name, and go when dropped") { s in
      try await s.apply(deployment("a", containers: [container("c"), container("d")]), as: "m1")
      let object = try await s.apply(deployment("a", containers: [container("c")]), as: "m1")
      let containers = object.at("spec", "template", "spec", "containers")?.array ?? []
      try expect(containers.map { $0["name"] }, ["c"])
      try expect(object.metadata.generation, 2)
    },
    Behaviour("a default that an applier states and drops is the default again") { s in
      try await s.apply(deployment("a", replicas: 3), as: "m1")
      let object = try await s.apply(deployment("a", replicas: nil), as: "m1")
      try expect(object.at("spec", "replicas"), 1)
      try await s.apply(deployment("a", replicas: 0), as: "m1")
    },
    Behaviour("an equal quantity spelled otherwise is the same desired state") { s in
      try await s.apply(deployment("a", containers: [container("c", cpu: "0.1")]), as: "m1")
      let object = try await s.apply(deployment("a", containers: [container("c", cpu: "100m")]), as: "m1")
      try expect(object.metadata.generation, 1)
    },
    Behaviour("another manager's entry, moved by a JSON patch, is the applier's own") { s in
      let old = try await s.create(widget("a", ["size": 1, "note": "n"]), as: "old")
      let entries = (old.at("metadata", "managedFields")?.array ?? []).map { entry -> JSONValue in
        var entry = entry
        entry["manager"] = "new"
        entry["operation"] = "Apply"
        return entry
      }
      let moved = try await s.patch(
        s.key("a", Widget.type),
        [
          .replace(path: "/metadata/managedFields", .array(entries)),
          .replace(path: "/metadata/resourceVersion", .string(old.version)),
        ], as: "new")
      try expect(try moved.managers(), ["new/Apply"])
      try expect(moved.metadata.generation, 1)
      let object = try await s.apply(widget("a"), as: "new")
      try expect(object.at("spec", "note"), nil, "what was dropped after the move")
      try expect(try object.managers(), ["new/Apply"])
    },
    Behaviour("a move of entries with a stale resourceVersion is a Conflict") { s in
      let old = try await s.create(configMap("a"), as: "old")
      try await s.merge(s.key("a"), ["data": ["a": "2"]], as: "old")
      var entry = old.at("metadata", "managedFields")?.array?.first ?? [:]
      entry["operation"] = "Apply"
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.patch(
          s.key("a"),
          [
            .replace(path: "/metadata/managedFields", [entry]),
            .replace(path: "/metadata/resourceVersion", .string(old.version)),
          ], as: "new")
      }
    },
    Behaviour("what an applier doesn't take over by a move stays when it drops it") { s in
      try await s.create(configMap("a", ["a": "1", "b": "1"]), as: "old")
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "new")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "new")
      try expect(object.at("data"), ["a": "1", "b": "1"])
    },
    Behaviour("managedFields are reset by an empty list, and kept by null") { s in
      try await s.create(configMap("a"), as: "u1")
      let kept = try await s.merge(s.key("a"), ["metadata": ["managedFields": .null]], as: "u1")
      try expect(try kept.managers(), ["u1/Update"])
      let reset = try await s.merge(s.key("a"), ["metadata": ["managedFields": []]], as: "u1")
      try expect(reset.hasManagedFields, false)
      try await s.create(configMap("b"), as: "u1")
      let replaced = try await s.replace(configMap("b", metadata: ["managedFields": []]))
      try expect(replaced.hasManagedFields, false)
    },
    Behaviour("managedFields are reset by one empty entry") { s in
      try await s.create(configMap("a"), as: "u1")
      let reset = try await s.merge(s.key("a"), ["metadata": ["managedFields": [[:]]]], as: "u1")
      try expect(reset.hasManagedFields, false)
    },
    Behaviour("after a reset what is there belongs to before-first-apply") { s in
      try await s.create(configMap("a"), as: "u1")
      try await s.merge(s.key("a"), ["metadata": ["managedFields": [[:]]]])
      try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(configMap("a", ["a": "2"]), as: "m1")
      }
      let object = try await s.apply(configMap("a"), as: "m1")
      try expect(try object.managers(), ["before-first-apply/Update", "m1/Apply"])
    },
    Behaviour("finalizers and owners are sets of several managers") { s in
      let owner = try await s.create(configMap("owner"))
      try await s.apply(configMap("a", metadata: ["finalizers": ["example.org/one"]]), as: "m1")
      let object = try await s.apply(
        configMap(
          "a", metadata: ["finalizers": ["example.org/two"], "ownerReferences": [reference(to: owner)]]),
        as: "m2")
      try expect(Set(object.metadata.finalizers), ["example.org/one", "example.org/two"])
      let less = try await s.apply(configMap("a"), as: "m2")
      try expect(less.metadata.finalizers, ["example.org/one"])
      try expect(less.metadata.ownerReferences, [])
      try await s.apply(configMap("a"), as: "m1")
    },
    Behaviour("applied in another version, the entry moves to it") { s in
      try await s.apply(widget("a"), as: "m1")
      let object = try await s.apply(document(Widget.older, "a", ["spec": ["size": 2]]), as: "m1")
      try expect(try object.managedFields().map(\.apiVersion), [Widget.older.apiVersion])
    },
  ]

  static let statusApplying: [Behaviour] = [
    Behaviour("a status apply writes the status alone") { s in
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
    Behaviour("a main apply leaves the status") { s in
      try await s.create(widget("a"))
      try await s.merge(s.key("a", Widget.type), ["status": ["phase": "Ready"]], subresource: "status")
      let object = try await s.apply(widget("a", status: ["phase": "No"]), as: "m1", force: true)
      try expect(object.at("status", "phase"), "Ready")
    },
    Behaviour("a status apply to what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") {
        try await s.apply(widget("a", status: ["phase": "Ready"]), as: "m1", subresource: "status")
      }
    },
    Behaviour("conditions of several managers stand side by side") { s in
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
    Behaviour("a conflict over a condition names its type") { s in
      func ready(_ status: JSONValue) -> JSONValue { ["conditions": [["type": "Ready", "status": status]]] }
      try await s.create(widget("a"))
      try await s.apply(widget("a", status: ready("True")), as: "m1", subresource: "status")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", status: ready("False")), as: "m2", subresource: "status")
      }
      try expect(
        error.applyConflicts.map(\.field), [#".status.conditions[type="Ready"].status"#])
    },
    Behaviour("a custom resource's status is written whatever the uid, and the client says so") { s in
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
    Behaviour(
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
    Behaviour(
      "a main apply doesn't come to own the status",
      differs: .since(22, "the status is dropped, but its owner is recorded")
    ) { s in
      let object = try await s.apply(widget("a", status: ["phase": "Ready"]), as: "m1")
      try expect(try object.fields(of: "m1"), ["f:spec": ["f:size": [:]]])
    },
  ]
}
