import HTTPTypes
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeTransport

extension Behavior {
  private static let mergePatch = "application/merge-patch+json"
  private static let jsonPatch = "application/json-patch+json"

  /// Sends a PATCH of the ConfigMap `a`.
  private static func patch(_ s: Sandbox, _ mediaType: String, _ body: JSONValue) async throws
    -> (status: Int, body: JSONValue?)
  {
    try await s.raw(
      .patch, ["api", "v1", "namespaces", s.namespace, "configmaps", "a"],
      headers: [.contentType: mediaType, .accept: "application/json"], body: JSONWriter().text(body))
  }

  /// The data of a Secret in plain text: typed objects hide it.
  private static func data(_ s: Sandbox, _ name: String) async throws -> JSONValue? {
    try await s.raw(.get, ["api", "v1", "namespaces", s.namespace, "secrets", name]).body?["data"]
  }

  private static func owner(_ kind: String, apiVersion: String = "v1") -> JSONValue {
    ["apiVersion": .string(apiVersion), "kind": .string(kind), "name": "o", "uid": "u"]
  }

  /// The server's spelling of values, and the spellings that it refuses.
  static let spellings: [Behavior] = [
    Behavior("Base64 is stored in its one spelling: no line breaks, no stray bits") { s in
      try await s.create(
        document(Secret.type, "a", ["data": ["a": "QUJD\nREVG\r\n", "b": "QR==", "c": "QQ==\n"]]))
      try expect(try await data(s, "a"), ["a": "QUJDREVG", "b": "QQ==", "c": "QQ=="])
      let map = try await s.create(document(ConfigMap.type, "a", ["binaryData": ["a": "QUJD\nREVG"]]))
      try expect(map.at("binaryData"), ["a": "QUJDREVG"])
      try await s.apply(document(Secret.type, "b", ["data": ["a": "QUJD\nREVG", "b": "QR=="]]))
      try expect(try await data(s, "b"), ["a": "QUJDREVG", "b": "QQ=="])
      try await s.refused(.badRequest, 400, "BadRequest") {
        try await s.create(document(Secret.type, "c", ["data": ["a": "QUJD REVG"]]))
      }
    },
    Behavior("null among data is an empty value") { s in
      try await s.create(document(Secret.type, "a", ["data": ["a": .null, "b": ""]]))
      try expect(try await data(s, "a"), ["a": "", "b": ""])
      let map = try await s.create(
        document(ConfigMap.type, "a", ["data": ["a": .null], "binaryData": ["b": .null]]))
      try expect(map.at("data"), ["a": ""])
      try expect(map.at("binaryData"), ["b": ""])
      try await s.create(document(Secret.type, "b", ["stringData": ["a": .null]]))
      try expect(try await data(s, "b"), ["a": ""])
    },
    Behavior("keys of data could be files' names, and are in data or in binaryData") { s in
      for key in ["a/b", "..", "..a", String(repeating: "a", count: 254)] {
        try await s.invalid(["data[\(key)]"]) { try await s.create(configMap("a", .object([key: "1"]))) }
      }
      try await s.invalid(["binaryData[a/b]"]) {
        try await s.create(document(ConfigMap.type, "a", ["binaryData": ["a/b": "QQ=="]]))
      }
      try await s.invalid(["data[a/b]"]) {
        try await s.create(document(Secret.type, "a", ["data": ["a/b": "QQ=="]]))
      }
      try await s.invalid(["data[a]"]) {
        try await s.create(document(ConfigMap.type, "a", ["data": ["a": "1"], "binaryData": ["a": "QQ=="]]))
      }
    },
    Behavior("a generateName is one that names can begin with") { s in
      for (prefix, name) in [(String(repeating: "a", count: 254), ""), ("A_", "a")] {
        try await s.invalid(["metadata.generateName"]) {
          try await s.create(configMap(name, metadata: ["generateName": .string(prefix)]))
        }
      }
      let made = try await s.create(configMap("", metadata: ["generateName": "a.b-"]))
      try expect(made.metadata.name.hasPrefix("a.b-"), "the name is \(made.metadata.name)")
    },
    Behavior("an Event owns nothing, and who owns twice owns once") { s in
      try await s.invalid(["metadata.ownerReferences"]) {
        try await s.create(configMap("a", metadata: ["ownerReferences": [owner("Event")]]))
      }
      let twice: JSONValue = ["ownerReferences": [owner("ConfigMap"), owner("ConfigMap")]]
      let made = try await s.create(configMap("a", metadata: twice))
      try expect(made.at("metadata", "ownerReferences"), [owner("ConfigMap")])
      try await s.create(configMap("b"))
      let merged = try await s.merge(s.key("b"), ["metadata": twice])
      try expect(merged.at("metadata", "ownerReferences"), [owner("ConfigMap")])
    },
    Behavior("orphanDependents and propagationPolicy aren't given together") { s in
      try await s.create(configMap("a"))
      let path = ["api", "v1", "namespaces", s.namespace, "configmaps", "a"]
      let body =
        #"{"kind":"DeleteOptions","apiVersion":"v1","orphanDependents":true,"propagationPolicy":"Orphan"}"#
      let (status, answer) = try await s.raw(.delete, path, body: body)
      try expect(status, 422, "the status")
      try expect(answer?.value(at: "details", "causes")?.array?.first?["field"], "propagationPolicy")
      let query = [("orphanDependents", "false"), ("propagationPolicy", "Background")]
      try expect(try await s.raw(.delete, path, query: query).status, 422, "in the query")
      try expect(try await s.raw(.delete, path, query: [("orphanDependents", "false")]).status, 200, "alone")
    },
    Behavior("an APIService is verified by its caBundle or not at all") { s in
      let group = "\(s.namespace).example.org"
      try await s.invalid(["spec.insecureSkipTLSVerify"]) {
        try await s.create(
          document(
            APIService.type, "v1.\(group)",
            [
              "spec": [
                "group": .string(group), "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
                "insecureSkipTLSVerify": true, "caBundle": "QQ==",
                "service": ["namespace": .string(s.namespace), "name": "b"],
              ]
            ]))
      }
    },
    Behavior("an operation of a JSON patch that says too little is found out when it is applied") { s in
      try await s.create(configMap("a"))
      for operation: JSONValue in [
        ["op": "frob", "path": "/data/a"], ["path": "/data/a"], ["op": "add", "value": "x"],
        ["op": "move", "path": "/data/b"], ["op": .null, "path": "/data/a"],
      ] {
        let (status, body) = try await patch(s, jsonPatch, [operation])
        try expect(status, 422, "the status of \(operation)")
        try expect(body?["reason"], "Invalid")
      }
      try expect(try await patch(s, jsonPatch, ["x"]).status, 400, "no operation")
      try expect(try await patch(s, jsonPatch, ["op": "add"]).status, 400, "no list")
      let added = try await patch(s, jsonPatch, [["op": "add", "path": "/data/b"]])
      try expect(added.status, 200, "without a value")
      try expect(added.body?["data"], ["a": "1", "b": ""])
      let test: JSONValue = ["op": "test", "path": "/data/a", "value": "1"]
      let long = try await patch(s, jsonPatch, .array(Array(repeating: test, count: 10_001)))
      try expect(long.status, 413, "too many")
      try expect(long.body?["reason"], "RequestEntityTooLarge")
    },
    Behavior(
      "an operation of a JSON patch with a member of another type is BadRequest",
      differs: .since(21, "1.20 finds it out when it is applied; the exact release isn't known")
    ) { s in
      try await s.create(configMap("a"))
      func refused(_ operation: JSONValue, _ problem: String) async throws {
        let (status, body) = try await patch(s, jsonPatch, [["op": "remove", "path": "/none"], operation])
        try expect(status, 400, "the status of \(operation)")
        try expect(body?["message"], .string("error decoding patch: json: cannot unmarshal \(problem)"))
      }
      for (value, kind): (JSONValue, String) in [
        (3, "number"), (true, "bool"), (["x"], "array"), ([:], "object"),
      ] {
        try await refused(
          ["op": value, "path": "/data/a"],
          "\(kind) into Go struct field jsonPatchOp.op of type string")
      }
      try await refused(
        ["op": "add", "path": 3], "number into Go struct field jsonPatchOp.path of type string")
      try await refused("x", "string into Go value of type handlers.jsonPatchOp")
    },
    Behavior("a patch doesn't change kind or apiVersion") { s in
      try await s.create(configMap("a"))
      for body: JSONValue in [["kind": "Secret"], ["apiVersion": "v2"], ["apiVersion": "apps/v1"]] {
        let (status, answer) = try await patch(s, mergePatch, body)
        try expect(status, 422, "the status of \(body)")
        try expect(answer?.value(at: "details", "causes")?.array?.first?["field"], "patch")
      }
      try expect(try await patch(s, mergePatch, ["kind": .null]).status, 200, "without a kind")
      let strategic = try await patch(s, "application/strategic-merge-patch+json", ["kind": "Secret"])
      try expect(strategic.status, 200, "a strategic merge patch")
      try expect(strategic.body?["kind"], "ConfigMap")
      try await s.create(widget("w"))
      try await s.invalid(["kind"]) { try await s.merge(s.key("w", Widget.type), ["kind": "Other"]) }
      try await s.invalid(["apiVersion"]) {
        try await s.merge(s.key("w", Widget.type), ["apiVersion": "x/v9"])
      }
      try await s.invalid(["patch"]) { try await s.merge(s.key("w", Widget.type), ["kind": .null]) }
    },
    Behavior("managedFields that can't be read are passed over, or reset the entries") { s in
      func entries(_ name: String, _ entry: JSONValue) async throws -> JSONValue? {
        try await s.create(configMap(name))
        return try await s.merge(
          s.key(name), ["metadata": ["managedFields": [entry]]]
        ).at("metadata", "managedFields")
      }
      var entry: JSONValue = [
        "manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": ["f:data": ["f:a": [:]]],
      ]
      try expect(try await entries("a", entry)?.array?.first?["manager"], "x")
      try expect(
        try await entries("b", ["manager": "x", "operation": "Foo"])?.array?.first?["manager"], "conformance")
      entry["fieldsType"] = "Other"
      try expect(try await entries("c", entry)?.array?.first?["manager"], "conformance")
      entry["fieldsType"] = "FieldsV1"
      entry["fieldsV1"] = ["q:z": [:]]
      try expect(try await entries("d", entry), nil)
    },
    Behavior(
      "managedFields with an unknown operation are passed over",
      differs: .since(21, "1.20 refuses them with 422; the exact release isn't known")
    ) { s in
      let entry: JSONValue = [
        "manager": "x", "operation": "Foo", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": ["f:data": [:]],
      ]
      try await s.create(configMap("a"))
      let object = try await s.merge(s.key("a"), ["metadata": ["managedFields": [entry]]])
      try expect(try object.managers(), ["conformance/Update"])
    },
  ]
}
