import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeTransport

extension Behavior {
  static let creating: [Behavior] = [
    Behavior("a new object gets uid, time and resourceVersion") { s in
      let object = try await s.create(configMap("a"))
      try expect(object.metadata.uid?.count, 36)
      try expect(object.metadata.creationTimestamp != nil, "it has no time of creation")
      try expect((UInt64(object.version) ?? 0) > 0, "it has no resourceVersion")
      try expect(object.metadata.namespace, s.namespace)
    },
    Behavior("what exists is AlreadyExists") { s in
      try await s.create(configMap("a"))
      let error = try await s.refused(.alreadyExists, 409, "AlreadyExists") {
        try await s.create(configMap("a"))
      }
      try expect(error.status?.message, "configmaps \"a\" already exists")
      try expect(error.status?.details?.name, "a")
      try expect(error.status?.details?.kind, "configmaps")
    },
    Behavior("in a namespace that isn't there the namespace is NotFound") { s in
      let key = ObjectKey(ConfigMap.type, namespace: s.unique("none"), name: "a")
      let error = try await s.refused(.notFound, 404, "NotFound") {
        _ = try await s.client().create(key, configMap("a"))
      }
      try expect(error.status?.details?.kind, "namespaces")
      try expect(error.status?.details?.name, s.unique("none"))
    },
    Behavior("a generated name begins as wished, and each is another") { s in
      let body = configMap("", metadata: ["generateName": "made-"])
      let first = try await s.create(body)
      let second = try await s.create(body)
      try expect(first.metadata.name.hasPrefix("made-"), "the name is \(first.metadata.name)")
      try expect(first.metadata.name.count, 10)
      try expect(first.metadata.name != second.metadata.name, "both have one name")
    },
    Behavior("uid and times of the sender are replaced") { s in
      let object = try await s.create(
        widget(
          "a",
          metadata: [
            "uid": .string(foreignUID), "generation": 7, "deletionTimestamp": "2020-01-01T00:00:00Z",
            "creationTimestamp": "2020-01-01T00:00:00Z",
          ]))
      try expect(object.metadata.uid != foreignUID, "the uid was kept")
      try expect(object.metadata.generation, 1)
      try expect(object.metadata.deletionTimestamp, nil)
      try expect(object.at("metadata", "creationTimestamp") != "2020-01-01T00:00:00Z", "the time was kept")
    },
    Behavior("a resourceVersion on a new object is an error without a reason") { s in
      let error = try await s.refused(.serverError, 500, nil) {
        try await s.create(configMap("a", metadata: ["resourceVersion": "1"]))
      }
      try expect(error.status?.message, "resourceVersion should not be set on objects to be created")
      try expect(!error.isTransient, "it is to be tried again")
    },
    Behavior("another namespace in the object is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(configMap("a", metadata: ["namespace": "other"]))
      }
    },
    Behavior("another kind in the body is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.client().create(s.key("a"), document(Secret.type, "a"))
      }
    },
    Behavior("another version in the body is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        _ = try await s.client().create(
          s.key("a", Widget.type), document(Widget.older, "a", ["spec": ["size": 1]]))
      }
    },
    Behavior("a built-in object needs no kind in the body, a custom one does") { s in
      let maps = s.key("a").type.path(namespace: s.namespace)
      let made = try await s.raw(.post, maps, body: #"{"metadata":{"name":"a"}}"#)
      try expect(made.status, 201)
      let widgets = Widget.type.path(namespace: s.namespace)
      let refused = try await s.raw(
        .post, widgets, body: #"{"metadata":{"name":"a"},"spec":{"size":1}}"#)
      try expect(refused.status, 400)
      try expect(refused.body?["reason"], "BadRequest")
    },
    Behavior("a body that isn't JSON is BadRequest") { s in
      for body in ["{", "", "[]"] {
        let answer = try await s.raw(.post, ConfigMap.type.path(namespace: s.namespace), body: body)
        try expect(answer.status, 400, body)
        try expect(answer.body?["reason"], "BadRequest")
      }
    },
    Behavior("a body of an unknown type is UnsupportedMediaType") { s in
      let answer = try await s.raw(
        .post, ConfigMap.type.path(namespace: s.namespace), headers: [.contentType: "text/plain"],
        body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#)
      try expect(answer.status, 415)
      try expect(answer.body?["reason"], "UnsupportedMediaType")
    },
    Behavior("a dry run of a creation answers, and stores nothing") { s in
      let object = try await s.client().create(s.key("a"), configMap("a"), isDryRun: true)
      try expect(object.metadata.uid != nil, "the answer has no uid")
      try expect(object.metadata.resourceVersion, nil, "the resourceVersion of what isn't stored")
      try expect(try await s.client().find(s.key("a")), nil)
    },
    Behavior("a dry run refuses what a creation refuses") { s in
      try await s.create(configMap("a"))
      try await s.refused(.alreadyExists, 409, "AlreadyExists") {
        _ = try await s.client().create(s.key("a"), configMap("a"), isDryRun: true)
      }
      try await s.invalid(["metadata.name"]) {
        _ = try await s.client().create(s.key("B"), configMap("B"), isDryRun: true)
      }
    },
    Behavior("a dry run of another kind than All is invalid") { s in
      let answer = try await s.raw(
        .post, ConfigMap.type.path(namespace: s.namespace), query: [("dryRun", "Some")],
        body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#)
      try expect(answer.status, 422)
      try expect(answer.body?["reason"], "Invalid")
      try expect(answer.body?.value(at: "details", "causes")?.array?.first?["field"], "dryRun")
    },
    Behavior("unknown fields are dropped where validation isn't strict") { s in
      let object = try await s.object(
        .create(
          s.key("a", Widget.type), widget("a", ["size": 1, "unknown": 1]),
          options: WriteOptions(fieldValidation: .ignore)))
      try expect(object.at("spec", "unknown"), nil)
    },
    Behavior(
      "strict validation refuses unknown fields", differs: .since(25, "fieldValidation is not known")
    ) { s in
      let error = try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(widget("a", ["size": 1, "unknown": 1]))
      }
      try expect(error.status?.message?.contains("unknown field \"spec.unknown\"") == true, "\(error)")
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(document(ConfigMap.type, "a", ["unknown": 1]))
      }
    },
  ]

  static let validation: [Behavior] = [
    Behavior("a name is a DNS subdomain, and the refusal says which rule") { s in
      let error = try await s.invalid(["metadata.name"]) { try await s.create(configMap("Bad_Name")) }
      try expect(error.status?.details?.name, "Bad_Name")
      try expect(error.status?.details?.kind, "ConfigMap")
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueInvalid"])
      try await s.invalid(["metadata.name"]) { try await s.create(widget("Bad_Name")) }
    },
    Behavior("a name may have 253 characters and no more") { s in
      try await s.create(configMap(String(repeating: "a", count: 253)))
      try await s.invalid(["metadata.name"]) {
        try await s.create(configMap(String(repeating: "a", count: 254)))
      }
    },
    Behavior("a namespace is a DNS label") { s in
      try await s.invalid(["metadata.name"]) {
        try await s.create(document(Namespace.type, "a.b"))
      }
    },
    Behavior("a role's name may hold colons") { s in
      try await s.create(document(Role.type, "system:a", ["rules": []]))
      try await s.invalid(["metadata.name"]) { try await s.create(configMap("system:a")) }
    },
    Behavior("an object without a name is invalid") { s in
      let error = try await s.invalid(["metadata.name"]) { try await s.create(configMap("")) }
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueRequired"])
    },
    Behavior("labels' keys and values follow their rules") { s in
      try await s.invalid(["metadata.labels"]) { try await s.create(configMap("a", labels: ["a b": "c"])) }
      try await s.invalid(["metadata.labels"]) { try await s.create(configMap("a", labels: ["a": "b c"])) }
      try await s.invalid(["metadata.labels"]) {
        try await s.create(configMap("a", labels: ["a": .string(String(repeating: "b", count: 64))]))
      }
    },
    Behavior("a label that is no string is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(configMap("a", labels: ["a": 1]))
      }
    },
    Behavior("finalizers need a qualified name") { s in
      try await s.invalid(["metadata.finalizers[0]"]) {
        try await s.create(configMap("a", metadata: ["finalizers": ["unqualified"]]))
      }
    },
    Behavior("annotations may have 256 KiB together") { s in
      let error = try await s.invalid(["metadata.annotations"]) {
        try await s.create(
          configMap("a", metadata: ["annotations": ["a": .string(String(repeating: "x", count: 262_144))]]))
      }
      try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueTooLong"])
    },
    Behavior("a ConfigMap or Secret may have 1 MiB of data") { s in
      for type in [ConfigMap.type, Secret.type] {
        let text = String(repeating: "x", count: 1_048_577)
        let members: JSONValue =
          type == Secret.type ? ["stringData": ["a": .string(text)]] : ["data": ["a": .string(text)]]
        let error = try await s.refused(.invalid, 422, "Invalid") {
          try await s.create(document(type, "large", members))
        }
        try expect(error.status?.details?.causes.map { $0.reason ?? "" } ?? [], ["FieldValueTooLong"])
      }
    },
    Behavior("a request of more than 3 MiB is RequestEntityTooLarge") { s in
      let error = try await s.refused(.tooLarge, 413, "RequestEntityTooLarge") {
        try await s.create(configMap("a", ["a": .string(String(repeating: "x", count: 3 << 20))]))
      }
      try expect(error.status?.message, "Request entity too large: limit is 3145728")
    },
    Behavior("an object larger than the store takes is refused and not stored") { s in
      let blob = String(repeating: "x", count: 1_638_400)
      do {
        try await s.create(widget("a", ["size": 1, "blob": .string(blob)]))
        throw Mismatch(description: "it was stored")
      } catch let error as KubeError {
        try expect((error.httpStatus ?? 0) >= 400, "\(error)")
      }
      try expect(try await s.client().find(s.key("a", Widget.type)), nil)
    },
    Behavior("an owner reference is complete or invalid") { s in
      let error = try await s.refused(.invalid, 422, "Invalid") {
        try await s.create(
          configMap(
            "a",
            metadata: ["ownerReferences": [["apiVersion": "v1", "kind": "ConfigMap", "name": "", "uid": ""]]])
        )
      }
      let fields = (error.status?.details?.causes ?? []).map { $0.field ?? "" }
      try expect(
        fields.contains { $0.hasSuffix("name") } && fields.contains { $0.hasSuffix("uid") }, "\(error)")
    },
    Behavior("one controller only among the owners") { s in
      func owner(_ name: JSONValue) -> JSONValue {
        ["apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": name, "controller": true]
      }
      try await s.invalid(["metadata.ownerReferences"]) {
        try await s.create(configMap("a", metadata: ["ownerReferences": [owner("x"), owner("y")]]))
      }
    },
    Behavior("a Secret of type tls has its two keys") { s in
      try await s.invalid(["data[tls.crt]", "data[tls.key]"]) {
        try await s.create(document(Secret.type, "a", ["type": "kubernetes.io/tls"]))
      }
    },
    Behavior("a Secret's data that isn't Base64 is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(document(Secret.type, "a", ["data": ["a": "!"]]))
      }
    },
    Behavior("a ConfigMap's data that is no string is BadRequest") { s in
      try await s.refused(.badRequest, 400, "BadRequest") { try await s.create(configMap("a", ["a": 1])) }
    },
    Behavior("a Deployment's selector matches its template") { s in
      var object = deployment("a")
      object.set(["app": "y"], at: ["spec", "selector", "matchLabels"])
      try await s.invalid(["spec.template.metadata.labels"]) { try await s.create(object) }
    },
    Behavior("containers have a name and an image") { s in
      try await s.invalid(["spec.template.spec.containers[0].image"]) {
        try await s.create(deployment("a", containers: [["name": "c"]]))
      }
      try await s.invalid(["spec.template.spec.containers"]) {
        try await s.create(deployment("a", containers: []))
      }
    },
    Behavior("a Service has ports between 1 and 65535") { s in
      try await s.invalid(["spec.ports"]) {
        try await s.create(document(Service.type, "a", ["spec": ["selector": ["a": "b"]]]))
      }
      try await s.invalid(["spec.ports[0].port", "spec.ports[0].targetPort"]) {
        try await s.create(document(Service.type, "a", ["spec": ["ports": [["port": 70000]]]]))
      }
    },
  ]
}
