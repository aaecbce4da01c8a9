import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport

extension Behavior {
  private static let hold: JSONValue = ["finalizers": ["example.org/hold"]]

  static let deleting: [Behavior] = [
    Behavior("a deletion is a success that names what went") { s in
      let object = try await s.create(configMap("a"))
      let answer = try await s.json(.delete(s.key("a")))
      try expect(answer["kind"], "Status")
      try expect(answer["status"], "Success")
      try expect(answer.value(at: "details", "name"), "a")
      try expect(answer.value(at: "details", "kind"), "configmaps")
      try expect(answer.value(at: "details", "uid"), object.at("metadata", "uid"))
      try expect(try await s.client().find(s.key("a")), nil)
    },
    Behavior("a deletion of what isn't there is NotFound") { s in
      try await s.refused(.notFound, 404, "NotFound") { try await s.delete(s.key("a")) }
    },
    Behavior("a deletion with another uid is a failed precondition") { s in
      try await s.create(configMap("a"))
      let error = try await s.refused(.preconditionFailed, 409, "Conflict") {
        try await s.delete(s.key("a"), DeletionOptions(uid: foreignUID))
      }
      try expect(error.status?.details?.name, "a")
      _ = try await s.read(s.key("a"))
    },
    Behavior("a deletion with another resourceVersion is a Conflict") { s in
      let object = try await s.create(configMap("a"))
      try await s.merge(s.key("a"), ["data": ["a": "2"]])
      try await s.refused(.conflict, 409, "Conflict") {
        try await s.delete(s.key("a"), DeletionOptions(resourceVersion: object.version))
      }
    },
    Behavior("a deletion whose preconditions hold") { s in
      let object = try await s.create(configMap("a"))
      try await s.delete(
        s.key("a"), DeletionOptions(uid: object.metadata.uid, resourceVersion: object.version))
      try expect(try await s.client().find(s.key("a")), nil)
    },
    Behavior("a dry run of a deletion deletes nothing") { s in
      let object = try await s.create(configMap("a"))
      try await s.delete(s.key("a"), DeletionOptions(isDryRun: true))
      try expect(try await s.read(s.key("a")).json, object.json)
    },
    Behavior("a finalizer holds an object until it is removed") { s in
      let object = try await s.create(configMap("a", metadata: hold))
      let pending = try await s.delete(s.key("a"))
      try expect(pending?.metadata.deletionTimestamp != nil, "the answer has no time of deletion")
      try expect(pending?.at("metadata", "deletionGracePeriodSeconds"), 0)
      try expect(pending?.version != object.version, "the version stayed")
      let again = try await s.delete(s.key("a"))
      try expect(again?.version, pending?.version, "the version after a second deletion")
      try await s.merge(s.key("a"), ["metadata": ["finalizers": .null]])
      try expect(try await s.client().find(s.key("a")), nil)
    },
    Behavior("a deletion moves the generation of a kind that has one") { s in
      try await s.create(widget("a", metadata: hold))
      let pending = try await s.delete(s.key("a", Widget.type))
      try expect(pending?.metadata.generation, 2)
    },
    Behavior("no finalizer is added to what is being deleted") { s in
      try await s.create(configMap("a", metadata: hold))
      try await s.delete(s.key("a"))
      try await s.invalid(["metadata.finalizers"]) {
        try await s.merge(
          s.key("a"), ["metadata": ["finalizers": ["example.org/hold", "example.org/more"]]])
      }
    },
    Behavior("what is being deleted can't be created again") { s in
      try await s.create(configMap("a", metadata: hold))
      try await s.delete(s.key("a"))
      try await s.refused(.alreadyExists, 409, "AlreadyExists") { try await s.create(configMap("a")) }
    },
    Behavior("foreground and orphan deletions leave a finalizer of theirs") { s in
      for (name, propagation, finalizer) in [
        ("a", DeletionOptions.Propagation.foreground, "foregroundDeletion"), ("b", .orphan, "orphan"),
      ] {
        try await s.create(configMap(name, metadata: hold))
        let pending = try await s.delete(s.key(name), DeletionOptions(propagation: propagation))
        try expect(pending?.metadata.finalizers, ["example.org/hold", finalizer])
      }
    },
    Behavior("an unknown propagation is invalid") { s in
      try await s.create(configMap("a"))
      let answer = try await s.raw(
        .delete, s.key("a").path(), query: [("propagationPolicy", "Nonsense")])
      try expect(answer.status, 422)
      try expect(
        answer.body?.value(at: "details", "causes")?.array?.first?["field"], "propagationPolicy")
    },
    Behavior("a selection is deleted, and nothing else") { s in
      for name in ["a", "b"] { try await s.create(configMap(name, labels: ["set": "x"])) }
      try await s.create(configMap("c", labels: ["set": "y"]))
      try await s.client().deleteCollection(s.selection(labels: "set=x"))
      try expect(try await s.names(s.selection(labels: "set in (x,y)")), ["c"])
      try await s.client().deleteCollection(s.selection(labels: "set=x"))
    },
    Behavior("a dry run of a collection's deletion deletes nothing") { s in
      try await s.create(configMap("a", labels: ["set": "x"]))
      let answer = try await s.raw(
        .delete, ConfigMap.type.path(namespace: s.namespace),
        query: [("labelSelector", "set=x"), ("dryRun", "All")])
      try expect(answer.status, 200)
      try expect(try await s.names(s.selection(labels: "set=x")), ["a"])
    },
    Behavior("a new object of an old name has another uid") { s in
      let first = try await s.create(configMap("a"))
      try await s.delete(s.key("a"))
      let second = try await s.create(configMap("a"))
      try expect(first.metadata.uid != second.metadata.uid, "the uid is the same")
    },
  ]

  static let garbage: [Behavior] = [
    Behavior("what is owned goes after its owner") { s in
      let owner = try await s.create(configMap("owner"))
      try await s.create(configMap("a", metadata: ["ownerReferences": [reference(to: owner)]]))
      try await s.create(widget("a", metadata: ["ownerReferences": [reference(to: owner)]]))
      try await s.delete(s.key("owner"), DeletionOptions(propagation: .background))
      try await s.isGone(s.key("a"))
      try await s.isGone(s.key("a", Widget.type))
    },
    Behavior("what is owned by a uid that nothing has goes") { s in
      let owner = try await s.create(configMap("owner"))
      try await s.create(
        configMap("a", metadata: ["ownerReferences": [reference(to: owner, uid: foreignUID)]]))
      try await s.isGone(s.key("a"))
      _ = try await s.read(s.key("owner"))
    },
    Behavior("orphans stay, without the reference") { s in
      let owner = try await s.create(configMap("owner"))
      try await s.create(configMap("a", metadata: ["ownerReferences": [reference(to: owner)]]))
      // The collector must know of the dependent before the owner goes.
      try await s.collectorCatchesUp(owner)
      try await s.delete(s.key("owner"), DeletionOptions(propagation: .orphan))
      try await s.isGone(s.key("owner"))
      try expect(try await s.read(s.key("a")).metadata.ownerReferences, [])
    },
    Behavior("a foreground deletion waits for those that block it") { s in
      let owner = try await s.create(configMap("owner"))
      try await s.create(
        configMap(
          "a",
          metadata: [
            "finalizers": ["example.org/hold"], "ownerReferences": [reference(to: owner, blocks: true)],
          ]))
      try await s.collectorCatchesUp(owner)
      try await s.delete(s.key("owner"), DeletionOptions(propagation: .foreground))
      _ = try await s.eventually("the dependent is being deleted") {
        try await s.read(s.key("a")).metadata.deletionTimestamp
      }
      try expect(try await s.read(s.key("owner")).metadata.finalizers, ["foregroundDeletion"])
      try await s.merge(s.key("a"), ["metadata": ["finalizers": .null]])
      try await s.isGone(s.key("owner"))
    },
    Behavior("what has another owner left stays, without the reference to the one that went") { s in
      let first = try await s.create(configMap("first"))
      let second = try await s.create(configMap("second"))
      try await s.create(
        configMap("a", metadata: ["ownerReferences": [reference(to: first), reference(to: second)]]))
      try await s.collectorCatchesUp(first)
      try await s.delete(s.key("first"), DeletionOptions(propagation: .background))
      let left = try await s.eventually("the reference is dropped") { () -> [OwnerReference]? in
        let owners = try await s.read(s.key("a")).metadata.ownerReferences
        return owners.count == 1 ? owners : nil
      }
      try expect(left.first?.name, "second")
    },
    Behavior("a namespace takes nothing more while it goes, and takes its contents along") { s in
      let name = s.unique("gone")
      let namespace = ObjectKey(Namespace.type, name: name)
      try await s.create(document(Namespace.type, name))
      let held = ObjectKey(ConfigMap.type, namespace: name, name: "held")
      _ = try await s.client().create(held, configMap("held", metadata: hold))
      let plain = ObjectKey(Widget.type, namespace: name, name: "plain")
      _ = try await s.client().create(plain, widget("plain"))
      let pending = try await s.delete(namespace)
      try expect(pending?.at("status", "phase"), "Terminating")
      let error = try await s.refused(.forbidden, 403, "Forbidden") {
        let late = ObjectKey(ConfigMap.type, namespace: name, name: "late")
        _ = try await s.client().create(late, configMap("late"))
      }
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["NamespaceTerminating"])
      try await s.isGone(plain)
      _ = try await s.eventually("what is held is being deleted") {
        try await s.read(held).metadata.deletionTimestamp
      }
      _ = try await s.read(namespace)
      try await s.merge(held, ["metadata": ["finalizers": .null]])
      try await s.isGone(namespace)
    },
  ]
}

extension Sandbox {
  /// Waits until the garbage collector knows the ConfigMaps so far, which it processes in their
  /// order: until it has deleted a later one, which is owned by a uid that nothing has.
  fileprivate func collectorCatchesUp(_ owner: DynamicObject, line: Int = #line) async throws {
    let uid = UUID().uuidString.lowercased()
    try await create(
      configMap("sentinel", metadata: ["ownerReferences": [reference(to: owner, uid: uid)]]))
    try await isGone(key("sentinel"), line: line)
  }
}
