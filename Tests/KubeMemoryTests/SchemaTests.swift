import KubeCore
import KubeMemory
import Testing

/// The values that a CustomResourceDefinition's schema refuses, and the messages.
///
/// The expectations for all but CEL rules were compared by hand with Kubernetes 1.20.2, and follow
/// newer versions where their wording differs (lengths, numbers of entries, the index of a list's
/// element). Those for CEL rules were read from the API server's sources and tests, and not
/// compared with a running one.
@Suite struct SchemaTests {
  /// A world that serves widgets whose `spec` has the given schema.
  static func world(_ spec: JSONValue, root: JSONValue = [:]) throws -> World {
    var schema: JSONValue = root
    schema["type"] = "object"
    schema["properties"] = ["spec": spec]
    let definition: JSONValue = [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": "widgets.example.org"],
      "spec": [
        "group": "example.org", "scope": "Namespaced", "names": ["kind": "Widget", "plural": "widgets"],
        "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]],
      ],
    ]
    var world = World()
    let created = world.post(Sample.definitions, definition)
    try #require(created.code == 201 && created.warnings.isEmpty, "\(created.warnings)")
    return world
  }

  /// `field: message` of each cause of a refusal; none where the object is taken.
  static func causes(_ answer: World.Answer) -> [String] {
    if answer.code < 300 { return [] }
    return (answer.json.value(at: "details", "causes")?.array ?? []).map {
      "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")"
    }
  }

  /// A schema of `spec.x`, a value for it, and the expected problems.
  struct Case: Sendable, CustomTestStringConvertible {
    var schema: JSONValue
    var value: JSONValue
    var causes: [String]

    init(_ schema: JSONValue, _ value: JSONValue, _ causes: String...) {
      self.schema = schema
      self.value = value
      self.causes = causes
    }

    var testDescription: String { "\(value) as \(schema)" }
  }

  private static let notChecked =
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
  private static let alternatives: JSONValue = [
    "type": "object", "properties": ["a": ["type": "string"], "b": ["type": "string"]],
    "oneOf": [["required": ["a"]], ["required": ["b"]]],
  ]
  private static let quantity: JSONValue = [
    "x-kubernetes-int-or-string": true, "anyOf": [["type": "integer"], ["type": "string"]],
    "pattern": "^[0-9]+%?$",
  ]

  static let cases: [Case] = [
    Case(["type": "string", "pattern": "^[a-z]+$"], "ab"),
    Case(
      ["type": "string", "pattern": "^[a-z]+$"], "A1",
      "spec.x: Invalid value: \"A1\": spec.x in body should match '^[a-z]+$'"),
    Case(
      ["type": "string", "pattern": "^[a-z]+$", "maxLength": 2], "A1B",
      "spec.x: Too long: may not be more than 2 bytes"),
    Case(["type": "string", "format": "date-time"], "2026-11-29T13:45:06Z"),
    Case(
      ["type": "string", "format": "date-time"], "now",
      "spec.x: Invalid value: \"now\": spec.x in body must be of type date-time: \"now\""),
    Case(["type": "string", "format": "anything"], "now"),
    Case(["type": "integer", "format": "int32"], 4_294_967_296),
    Case(["type": "integer", "multipleOf": 5], 10),
    Case(
      ["type": "integer", "multipleOf": 5], 11,
      "spec.x: Invalid value: 11: spec.x in body should be a multiple of 5"),
    Case(["type": "number", "multipleOf": 0.1.json], 0.3.json),
    Case(
      ["type": "number", "multipleOf": 0.1.json], 0.35.json,
      "spec.x: Invalid value: 0.35: spec.x in body should be a multiple of 0.1"),
    Case(["type": "integer", "minimum": 1, "exclusiveMinimum": true], 2),
    Case(
      ["type": "integer", "minimum": 1, "exclusiveMinimum": true], 1,
      "spec.x: Invalid value: 1: spec.x in body should be greater than 1"),
    Case(
      ["type": "integer", "maximum": 1, "exclusiveMaximum": true], 1,
      "spec.x: Invalid value: 1: spec.x in body should be less than 1"),
    Case(
      ["type": "integer", "maximum": 1], 2,
      "spec.x: Invalid value: 2: spec.x in body should be less than or equal to 1"),
    Case(quantity, "5%"), Case(quantity, 5),
    Case(quantity, "x%", "spec.x: Invalid value: \"x%\": spec.x in body should match '^[0-9]+%?$'"),
    Case(
      quantity, true,
      "spec.x: Invalid value: \"boolean\": spec.x in body must be of type integer,string: \"boolean\"",
      "<nil>: Invalid value: \"\": \"spec.x\" must validate at least one schema (anyOf)",
      "spec.x: Invalid value: \"boolean\": spec.x in body must be of type integer: \"boolean\""),
    Case(
      ["type": "string", "anyOf": [["maxLength": 1], ["pattern": "^ab"]]], "xyz",
      "<nil>: Invalid value: \"\": \"spec.x\" must validate at least one schema (anyOf)",
      "spec.x: Too long: may not be more than 1 bytes"),
    Case(["type": "string", "anyOf": [["maxLength": 1], ["pattern": "^ab"]]], "abc"),
    Case(alternatives, ["a": ""]), Case(alternatives, ["b": ""]),
    Case(
      alternatives, [:],
      "<nil>: Invalid value: \"\": \"spec.x\" must validate one and only one schema (oneOf). Found none valid",
      "spec.x.a: Required value"),
    Case(
      alternatives, ["a": "", "b": ""],
      "<nil>: Invalid value: \"\": \"spec.x\" must validate one and only one schema (oneOf). Found 2 valid alternatives"
    ),
    Case(
      ["type": "string", "allOf": [["minLength": 2], ["pattern": "^a"]]], "b",
      "spec.x: Invalid value: \"b\": spec.x in body should be at least 2 chars long",
      "spec.x: Invalid value: \"b\": spec.x in body should match '^a'",
      "<nil>: Invalid value: \"\": \"spec.x\" must validate all the schemas (allOf). None validated"),
    Case(
      ["type": "string", "allOf": [["minLength": 2], ["pattern": "^a"]]], "a",
      "spec.x: Invalid value: \"a\": spec.x in body should be at least 2 chars long",
      "<nil>: Invalid value: \"\": \"spec.x\" must validate all the schemas (allOf)"),
    Case(["type": "string", "not": ["enum": ["a"]]], "b"),
    Case(
      ["type": "string", "not": ["enum": ["a"]]], "a",
      "<nil>: Invalid value: \"\": \"spec.x\" must not validate the schema (not)"),
    Case(
      ["type": "object", "additionalProperties": ["type": "string", "pattern": "^a"], "maxProperties": 2],
      ["p": "b", "q": "a"], "spec.x.p: Invalid value: \"b\": spec.x.p in body should match '^a'"),
    Case(
      ["type": "object", "additionalProperties": ["type": "string", "pattern": "^a"], "maxProperties": 1],
      ["p": "b", "q": "a"], "spec.x: Too many: 2: must have at most 1 items"),
    Case(
      ["type": "object", "additionalProperties": ["type": "string"], "minProperties": 1], [:],
      "spec.x: Invalid value: 1: spec.x in body should have at least 1 properties"),
    Case(
      ["type": "array", "items": ["type": "string", "pattern": "^a"], "minItems": 3], ["a", "b"],
      "spec.x[1]: Invalid value: \"b\": spec.x[1] in body should match '^a'",
      "spec.x: Invalid value: 2: spec.x in body should have at least 3 items"),
    Case(
      ["type": "string", "minLength": 3, "enum": ["abc"]], "b",
      "spec.x: Invalid value: \"b\": spec.x in body should be at least 3 chars long",
      "spec.x: Unsupported value: \"b\": supported values: \"abc\""),
    Case(
      ["type": "array", "items": ["type": "string", "pattern": "^a"]], ["a", "b"],
      "spec.x[1]: Invalid value: \"b\": spec.x[1] in body should match '^a'"),
    // Rules
    Case(["type": "integer", "x-kubernetes-validations": [["rule": "self < 3"]]], 2),
    Case(
      ["type": "integer", "x-kubernetes-validations": [["rule": " self < 3 "]]], 3,
      "spec.x: Invalid value: 3: failed rule: self < 3"),
    Case(
      ["type": "integer", "x-kubernetes-validations": [["rule": "self < 3", "message": "too many\n"]]], 3,
      "spec.x: Invalid value: 3: too many"),
    Case(
      [
        "type": "integer",
        "x-kubernetes-validations": [
          ["rule": "self < 3", "message": "m", "messageExpression": "'at most 2, not ' + string(self)"]
        ],
      ], 3, "spec.x: Invalid value: 3: at most 2, not 3"),
    Case(
      [
        "type": "integer",
        "x-kubernetes-validations": [
          ["rule": "self < 3", "message": "m", "messageExpression": "string(1 / 0)"]
        ],
      ], 3, "spec.x: Invalid value: 3: m"),
    Case(
      ["type": "integer", "x-kubernetes-validations": [["rule": "6 / self > 1", "message": "m"]]], 0,
      "spec.x: Invalid value: \"integer\": division by zero evaluating rule: m"),
    Case(
      ["x-kubernetes-int-or-string": true, "x-kubernetes-validations": [["rule": "self > 1"]]], "a",
      "spec.x: Invalid value: \"\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self > 1"
    ),
    Case(
      [
        "type": "object",
        "properties": ["a": ["type": "object", "properties": ["b c": ["type": "integer"]]]],
        "x-kubernetes-validations": [
          ["rule": "false", "message": "m", "fieldPath": ".a['b c']", "reason": "FieldValueForbidden"],
          ["rule": "has(self.a)", "message": "n", "fieldPath": ".a", "reason": "FieldValueRequired"],
          ["rule": "false", "message": "o"],
        ],
      ], [:], "spec.x.a.b c: Forbidden: m", "spec.x.a: Required value: n", "spec.x: Invalid value: o"),
    Case(
      [
        "type": "object",
        "additionalProperties": [
          "type": "string",
          "x-kubernetes-validations": [
            ["rule": "self != 'b'", "message": "m", "reason": "FieldValueDuplicate"]
          ],
        ],
      ], ["p": "b", "q": "a"], "spec.x[p]: Duplicate value: \"b\""),
    Case(
      [
        "type": "array",
        "items": ["type": "string", "x-kubernetes-validations": [["rule": "self != 'b'", "message": "m"]]],
      ],
      ["a", "b"], "spec.x[1]: Invalid value: \"b\": m"),
    Case(
      [
        "type": "object", "required": ["a"], "properties": ["a": ["type": "integer"]],
        "x-kubernetes-validations": [["rule": "self.a > 1"]],
      ], [:], "spec.x.a: Required value", notChecked),
    Case(
      [
        "type": "string", "pattern": "^a",
        "x-kubernetes-validations": [["rule": "self.size() > 2", "message": "m"]],
      ], "b",
      "spec.x: Invalid value: \"b\": spec.x in body should match '^a'", "spec.x: Invalid value: \"b\": m"),
    Case(["type": "integer", "nullable": true, "x-kubernetes-validations": [["rule": "false"]]], .null),
    Case(
      [
        "type": "object", "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-validations": [
          ["rule": "self.kind == 'A' && self.metadata.name.startsWith('a')", "message": "m"]
        ],
      ],
      ["apiVersion": "v1", "kind": "A", "metadata": ["name": "b"], "more": 1], "spec.x: Invalid value: m"),
    // A rule of OCM's ManifestWork.
    Case(
      [
        "type": "object", "properties": ["type": ["type": "string"], "condition": ["type": "string"]],
        "x-kubernetes-validations": [
          [
            "rule": "self.type != 'CEL' || self.condition != \"\"",
            "message": "Condition is required for CEL rules",
          ]
        ],
      ], ["type": "CEL", "condition": ""], "spec.x: Invalid value: Condition is required for CEL rules"),
  ]

  @Test(arguments: cases) func `a schema refuses a value in the API server's words`(_ example: Case) throws {
    var world = try SchemaTests.world(["type": "object", "properties": ["x": example.schema]])
    let answer = world.post(Sample.widgets, Sample.widget("w", ["x": example.value]))
    #expect(SchemaTests.causes(answer) == example.causes)
    #expect(answer.code == (example.causes.isEmpty ? 201 : 422))
  }

  @Test func `a rule at the root sees the object's name, and its failure has no field`() throws {
    var world = try SchemaTests.world(
      ["type": "object", "properties": ["x": ["type": "string"]]],
      root: ["x-kubernetes-validations": [["rule": "self.metadata.name == self.spec.x", "message": "m"]]])
    #expect(SchemaTests.causes(world.post(Sample.widgets, Sample.widget("w", ["x": "w"]))) == [])
    #expect(
      SchemaTests.causes(world.post(Sample.widgets, Sample.widget("v", ["x": "w"]))) == [
        "<nil>: Invalid value: m"
      ])
  }

  @Test func `a transition rule is evaluated on an update, where the value can be found again`() throws {
    let fixed: JSONValue = [["rule": "self == oldSelf", "message": "fixed"]]
    var world = try SchemaTests.world([
      "type": "object",
      "properties": [
        "x": ["type": "string", "x-kubernetes-validations": fixed],
        "list": ["type": "array", "items": ["type": "string", "x-kubernetes-validations": fixed]],
        "map": [
          "type": "object", "additionalProperties": ["type": "string", "x-kubernetes-validations": fixed],
        ],
        "keyed": [
          "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
          "items": [
            "type": "object", "required": ["k"],
            "properties": ["k": ["type": "string"], "v": ["type": "string"]],
            "x-kubernetes-validations": fixed,
          ],
        ],
      ],
    ])
    let before: JSONValue = [
      "x": "a", "list": ["a"], "map": ["p": "a"], "keyed": [["k": "a", "v": "1"], ["k": "b", "v": "2"]],
    ]
    #expect(world.post(Sample.widgets, Sample.widget("w", before)).code == 201)
    func causes(_ patch: JSONValue) -> [String] {
      var copy = world
      return SchemaTests.causes(copy.merge(Sample.widgets + "/w", ["spec": patch]))
    }
    #expect(causes(["x": "b"]) == ["spec.x: Invalid value: \"b\": fixed"])
    #expect(causes(["x": .null]) == [])
    #expect(causes(["list": ["b"]]) == [])
    #expect(causes(["map": ["p": "b", "q": "c"]]) == ["spec.map[p]: Invalid value: \"b\": fixed"])
    #expect(causes(["keyed": [["k": "b", "v": "2"], ["k": "a", "v": "1"], ["k": "c"]]]) == [])
    #expect(causes(["keyed": [["k": "b", "v": "3"]]]) == ["spec.keyed[0]: Invalid value: fixed"])
  }

  @Test func `a rule with an optional old value is evaluated at creation, too`() throws {
    var world = try SchemaTests.world([
      "type": "object",
      "properties": [
        "x": [
          "type": "integer",
          "x-kubernetes-validations": [
            ["rule": "self > oldSelf.orValue(0)", "optionalOldSelf": true, "message": "must grow"]
          ],
        ]
      ],
    ])
    #expect(
      SchemaTests.causes(world.post(Sample.widgets, Sample.widget("w", ["x": 0]))) == [
        "spec.x: Invalid value: 0: must grow"
      ])
    #expect(world.post(Sample.widgets, Sample.widget("w", ["x": 1])).code == 201)
    #expect(
      SchemaTests.causes(world.merge(Sample.widgets + "/w", ["spec": ["x": 1]])) == [
        "spec.x: Invalid value: 1: must grow"
      ])
    #expect(world.merge(Sample.widgets + "/w", ["spec": ["x": 2]]).code == 200)
  }

  @Test func `a rule that came later refuses what is changed, and leaves alone what is as it was`() throws {
    let spec: JSONValue = [
      "type": "object", "properties": ["x": ["type": "integer"], "y": ["type": "integer"]],
    ]
    var world = try SchemaTests.world(spec)
    #expect(world.post(Sample.widgets, Sample.widget("w", ["x": 1, "y": 1])).code == 201)
    let rules: JSONValue = [["rule": "self > 1", "message": "m"]]
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/x/x-kubernetes-validations"
    let changed = world.jsonPatch(
      Sample.definitions + "/widgets.example.org", [["op": "add", "path": .string(path), "value": rules]])
    #expect(changed.code == 200)
    #expect(world.merge(Sample.widgets + "/w", ["spec": ["y": 2]]).code == 200)
    #expect(
      SchemaTests.causes(world.merge(Sample.widgets + "/w", ["spec": ["x": 0]])) == [
        "spec.x: Invalid value: 0: m"
      ])
    #expect(world.merge(Sample.widgets + "/w", ["spec": ["x": 2]]).code == 200)
  }

  @Test func `rules that cost too much end the validation`() throws {
    let loop = "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c > 0)))"
    var world = try SchemaTests.world([
      "type": "object", "properties": ["list": ["type": "array", "items": ["type": "integer"]]],
      "x-kubernetes-validations": [
        ["rule": .string(loop), "message": "m"], ["rule": "false", "message": "never"],
      ],
    ])
    let list = JSONValue.array((1...200).map { .integer($0) })
    #expect(
      SchemaTests.causes(world.post(Sample.widgets, Sample.widget("w", ["list": list]))) == [
        "spec: Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: m"
      ])
  }
}

extension Double {
  fileprivate var json: JSONValue { JSONNumber(text: String(self)).map { .number($0) } ?? .null }
}
