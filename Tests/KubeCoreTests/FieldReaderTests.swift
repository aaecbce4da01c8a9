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

  @Test func `a null among texts by key is an empty text`() throws {
    let reader = FieldReader(["labels": ["vendor": .null, "tier": "x"], "replicas": ["a": .null]])
    #expect(try reader["labels"].map(String.self) == ["vendor": "", "tier": "x"])
    #expect(
      problem { () throws(FieldError) in _ = try reader["replicas"].map(Int.self) }
        == "replicas[a]: is required")
  }

  @Test(
    arguments: [
      ("3", 3), ("3.0", 3), ("-3.00", -3), ("3e0", 3), ("1e+06", 1_000_000), ("1.5e1", 15), ("120E-1", 12),
      ("0.0", 0),
      ("0e5", 0), ("9.223372036854775807e18", Int64.max), ("-9.223372036854775808e18", Int64.min),
      ("1000e-3", 1), ("3.5", nil), ("15e-1", nil), ("9.3e18", nil), ("1e19", nil), ("1e-1", nil),
      ("-0", nil),
      ("1e99999999999999999999", nil), ("0.1e-99999999999999999999", nil), ("9223372036854775808.0", nil),
    ] as [(String, Int64?)])
  func `a whole number is an integer, however it is spelled`(text: String, value: Int64?) throws {
    let number = try #require(JSONNumber(text: text))
    #expect(number.wholeInt64 == value)
    let reader = FieldReader(["replicas": .number(number)])
    if let value {
      #expect(try reader["replicas"].integer(Int64.self) == value)
    } else {
      #expect(
        problem { () throws(FieldError) in _ = try reader["replicas"].integer(Int64.self) }
          == "replicas: expected an integer, found a number")
    }
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
