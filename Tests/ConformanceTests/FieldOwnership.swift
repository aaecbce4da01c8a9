import KubeCore
import KubeTransport

extension Behavior {
  static let ownership: [Behavior] = [
    Behavior("an applier owns what it applies, and not the defaults") { s in
      let object = try await s.apply(configMap("a", ["a": "1"], labels: ["l": "1"]), as: "m1")
      try expect(try object.managers(), ["m1/Apply"])
      try expect(
        try object.fields(of: "m1"), ["f:data": ["f:a": [:]], "f:metadata": ["f:labels": ["f:l": [:]]]])
      let custom = try await s.apply(widget("a"), as: "m1")
      try expect(custom.at("spec", "mode"), "Slow")
      try expect(try custom.fields(of: "m1"), ["f:spec": ["f:size": [:]]])
    },
    Behavior("a creator owns what it sets, the map itself too") { s in
      let object = try await s.create(configMap("a", ["a": "1"]), as: "u1")
      try expect(try object.managers(), ["u1/Update"])
      try expect(try object.fields(of: "u1"), ["f:data": [".": [:], "f:a": [:]]])
    },
    Behavior("a conflict names each manager and field") { s in
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
    Behavior("a conflict with one who updates says so") { s in
      try await s.create(configMap("a"), as: "u1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(configMap("a", ["a": "2"]), as: "m1")
      }
      try expect(error.applyConflicts, [.init(manager: "u1", field: ".data.a")])
      try expect(error.status?.message?.contains("\"u1\" using v1") == true, "\(error)")
    },
    Behavior("force takes fields over") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let object = try await s.apply(configMap("a", ["a": "2"]), as: "m2", force: true)
      try expect(object.at("data"), ["a": "2", "b": "1"])
      try expect(try object.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      try expect(try object.fields(of: "m2"), ["f:data": ["f:a": [:]]])
    },
    Behavior("the same value is shared without force") { s in
      try await s.apply(configMap("a"), as: "m1")
      let object = try await s.apply(configMap("a"), as: "m2")
      try expect(try object.managers(), ["m1/Apply", "m2/Apply"])
    },
    Behavior("a dropped field goes") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"], labels: ["l": "1"]), as: "m1")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "1"])
      try expect(object.metadata.labels, [:])
    },
    Behavior("a dropped field that another owns stays") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      try await s.apply(configMap("a", ["b": "1"]), as: "m2")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "1", "b": "1"])
      try expect(try object.fields(of: "m2"), ["f:data": ["f:b": [:]]])
    },
    Behavior("a field that another updated is the other's, and stays when dropped") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let updated = try await s.merge(s.key("a"), ["data": ["a": "2"]], as: "u1")
      try expect(try updated.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      let object = try await s.apply(configMap("a", ["b": "1"]), as: "m1")
      try expect(object.at("data"), ["a": "2", "b": "1"])
    },
    Behavior("an update that removes a field takes it from its owner") { s in
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "m1")
      let object = try await s.merge(s.key("a"), ["data": ["a": .null]], as: "u1")
      try expect(try object.fields(of: "m1"), ["f:data": ["f:b": [:]]])
      try expect(try object.managers(), ["m1/Apply"])
    },
    Behavior("an applied list by key has items of several managers") { s in
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
    Behavior("a conflict in a list by key names the item") { s in
      try await s.apply(widget("a", ["size": 1, "parts": [["name": "x", "value": "1"]]]), as: "m1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", ["size": 1, "parts": [["name": "x", "value": "2"]]]), as: "m2")
      }
      try expect(
        error.applyConflicts, [.init(manager: "m1", field: #".spec.parts[name="x"].value"#)])
    },
    Behavior("an applied set has values of several managers") { s in
      try await s.apply(widget("a", ["size": 1, "tags": ["x", "y"]]), as: "m1")
      try await s.apply(widget("a", ["size": 1, "tags": ["y", "z"]]), as: "m2")
      let object = try await s.apply(widget("a", ["size": 1, "tags": ["x"]]), as: "m1")
      try expect(Set(object.at("spec", "tags")?.array ?? []), ["x", "y", "z"])
      try expect(
        try object.fields(of: "m1")?.value(at: "f:spec", "f:tags"), [#"v:"x""#: [:]])
    },
    Behavior("a plain list is one field") { s in
      try await s.apply(widget("a", ["size": 1, "steps": ["x", "y"]]), as: "m1")
      let error = try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(widget("a", ["size": 1, "steps": ["x", "z"]]), as: "m2")
      }
      try expect(error.applyConflicts, [.init(manager: "m1", field: ".spec.steps")])
    },
    Behavior("containers are merged by name, and go when dropped") { s in
      try await s.apply(deployment("a", containers: [container("c"), container("d")]), as: "m1")
      let object = try await s.apply(deployment("a", containers: [container("c")]), as: "m1")
      let containers = object.at("spec", "template", "spec", "containers")?.array ?? []
      try expect(containers.map { $0["name"] }, ["c"])
      try expect(object.metadata.generation, 2)
    },
    Behavior("a default that an applier states and drops is the default again") { s in
      try await s.apply(deployment("a", replicas: 3), as: "m1")
      let object = try await s.apply(deployment("a", replicas: nil), as: "m1")
      try expect(object.at("spec", "replicas"), 1)
      try await s.apply(deployment("a", replicas: 0), as: "m1")
    },
    Behavior("an equal quantity spelled otherwise is the same desired state") { s in
      try await s.apply(deployment("a", containers: [container("c", cpu: "0.1")]), as: "m1")
      let object = try await s.apply(deployment("a", containers: [container("c", cpu: "100m")]), as: "m1")
      try expect(object.metadata.generation, 1)
    },
    Behavior("another manager's entry, moved by a JSON patch, is the applier's own") { s in
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
    Behavior("a move of entries with a stale resourceVersion is a Conflict") { s in
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
    Behavior("what an applier doesn't take over by a move stays when it drops it") { s in
      try await s.create(configMap("a", ["a": "1", "b": "1"]), as: "old")
      try await s.apply(configMap("a", ["a": "1", "b": "1"]), as: "new")
      let object = try await s.apply(configMap("a", ["a": "1"]), as: "new")
      try expect(object.at("data"), ["a": "1", "b": "1"])
    },
    Behavior("managedFields are reset by an empty list, and kept by null") { s in
      try await s.create(configMap("a"), as: "u1")
      let kept = try await s.merge(s.key("a"), ["metadata": ["managedFields": .null]], as: "u1")
      try expect(try kept.managers(), ["u1/Update"])
      let reset = try await s.merge(s.key("a"), ["metadata": ["managedFields": []]], as: "u1")
      try expect(reset.hasManagedFields, false)
      try await s.create(configMap("b"), as: "u1")
      let replaced = try await s.replace(configMap("b", metadata: ["managedFields": []]))
      try expect(replaced.hasManagedFields, false)
    },
    Behavior("managedFields are reset by one empty entry") { s in
      try await s.create(configMap("a"), as: "u1")
      let reset = try await s.merge(s.key("a"), ["metadata": ["managedFields": [[:]]]], as: "u1")
      try expect(reset.hasManagedFields, false)
    },
    Behavior("after a reset what is there belongs to before-first-apply") { s in
      try await s.create(configMap("a"), as: "u1")
      try await s.merge(s.key("a"), ["metadata": ["managedFields": [[:]]]])
      try await s.refused(.applyConflict, 409, "Conflict") {
        try await s.apply(configMap("a", ["a": "2"]), as: "m1")
      }
      let object = try await s.apply(configMap("a"), as: "m1")
      try expect(try object.managers(), ["before-first-apply/Update", "m1/Apply"])
    },
    Behavior("finalizers and owners are sets of several managers") { s in
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
    Behavior("applied in another version, the entry moves to it") { s in
      try await s.apply(widget("a"), as: "m1")
      let object = try await s.apply(document(Widget.older, "a", ["spec": ["size": 2]]), as: "m1")
      try expect(try object.managedFields().map(\.apiVersion), [Widget.older.apiVersion])
    },
  ]
}
