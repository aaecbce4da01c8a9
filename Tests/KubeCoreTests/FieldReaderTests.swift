import KubeCore
import Testing

@Suite struct FieldReaderTests {
  private func problem(_ body: () throws(FieldError) -> Void) -> String? {
    do throws(FieldError) {
      try body()
      return nil
    } catch { return error.description }
  }

  @Test func `an error says where, what and the remedy`() {
    let reader = FieldReader(["spec": ["ports": [["port": "x"]], "n": 300, "limits": ["cpu": 1]]])
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"]["missing"]["name"].string() }
        == "spec.missing.name: is required")
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"]["ports"].string() }
        == "spec.ports: expected a string, found a list")
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"]["n"].integer(Int8.self) }
        == "spec.n: 300 is out of range; use a number from -128 to 127")
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"]["limits"].map(String.self) }
        == "spec.limits[cpu]: expected a string, found a number")
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"]["ports"].list(String.self) }
        == "spec.ports[0]: expected a string, found an object")
    #expect(
      problem { () throws(FieldError) in _ = try reader["spec"].list(String.self) }
        == "spec: expected a list, found an object")
    #expect(problem { () throws(FieldError) in try reader["spec"]["n"].requireObject() } != nil)
    #expect(problem { () throws(FieldError) in try reader["nothing"].requireObject(orAbsent: true) } == nil)
  }

  @Test func `null is as good as absent`() throws {
    let reader = FieldReader(["a": .null, "b": []])
    #expect(try reader["a"].optional(String.self) == nil)
    #expect(try reader["a"].list(String.self) == [])
    #expect(try reader["a"].map(String.self) == [:])
    #expect(!reader["a"].isPresent)
    #expect(throws: FieldError.self) { try reader["a"].required(String.self) }
  }

  @Test func `an unknown name of an enumeration is answered with the known ones`() {
    let reader = FieldReader("Perhaps", at: FieldPath(dotted: "status.conditions").index(2).field("status"))
    #expect(
      problem { () throws(FieldError) in _ = try reader.required(Condition.Status.self) }
        == "status.conditions[2].status: \"Perhaps\" is not a known value; use one of: True, False, Unknown")
  }

  @Test func `unknown fields are named`() {
    let reader = FieldReader(["spec": ["a": 1, "b": 2]])
    #expect(reader["spec"].unknownFields(besides: ["a"]).map(\.description) == ["spec.b"])
  }

  @Test func `metadata and conditions are read and written back`() throws {
    let metadata: JSONValue = [
      "name": "n", "namespace": "ns", "uid": "u", "resourceVersion": "7", "generation": 3,
      "creationTimestamp": "2026-11-22T17:08:30Z", "deletionTimestamp": "2026-11-23T17:08:30Z",
      "labels": ["a": "b"],
      "annotations": ["c": "d"], "finalizers": ["f"],
      "ownerReferences": [
        [
          "apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1", "controller": true,
          "blockOwnerDeletion": false,
        ]
      ],
    ]
    #expect(try ObjectMeta(from: FieldReader(metadata)).json == metadata)
    let condition: JSONValue = [
      "type": "Available", "status": "True", "reason": "R", "message": "m",
      "lastTransitionTime": "2026-11-22T17:08:30Z", "observedGeneration": 4,
    ]
    #expect(try Condition(from: FieldReader(condition)).json == condition)
    let conditions = [try Condition(from: FieldReader(condition))]
    #expect(conditions.isTrue("Available"))
    #expect(!conditions.isTrue("Degraded"))
  }

  @Test func `an apply's body carries its preconditions`() {
    let key = ObjectKey(
      ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets", isNamespaced: true),
      namespace: "a",
      name: "b")
    func body(_ operation: ObjectPatch.Operation, _ precondition: ObjectPatch.Precondition) -> JSONValue {
      ObjectPatch(target: key, operation: operation, precondition: precondition, reason: "").body
    }
    #expect(
      body(
        .apply(["metadata": ["name": "b"]], force: true),
        .uidAndResourceVersion(uid: "u", resourceVersion: "1"))
        == ["metadata": ["name": "b", "uid": "u", "resourceVersion": "1"]])
    #expect(body(.delete, .uid("u"))["preconditions"] == ["uid": "u"])
    #expect(
      body(.patch([.replace(path: "/a", 1), .remove(path: "/b")]), .uid("u"))
        == [
          ["op": "test", "path": "/metadata/uid", "value": "u"], ["op": "replace", "path": "/a", "value": 1],
          ["op": "remove", "path": "/b"],
        ])
    #expect(key.description == "Secret a/b")
  }
}
