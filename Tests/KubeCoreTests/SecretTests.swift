import KubeCore
import Testing

@Suite struct SecretBytesTests {
  private let secret = SecretBytes(utf8: "hunter2")

  @Test func `no way of printing shows the bytes`() {
    var dumped = ""
    dump(secret, to: &dumped)
    dump(["x": JSONValue.secret(secret)], to: &dumped)
    let nested: [JSONValue] = [["data": ["password": .secret(secret)]]]
    let texts = [
      secret.description, secret.debugDescription, "\(secret)", String(reflecting: secret),
      String(describing: secret),
      dumped, "\(nested)", String(reflecting: nested), "\(Optional(secret) as Any)",
      "\(Mirror(reflecting: secret).children.map { "\($0)" })",
      "\(ObjectPatch.Operation.create(["data": ["a": .secret(secret)]]))",
    ]
    for text in texts {
      #expect(!text.contains("hunter2"))
      #expect(!text.contains("104, 117, 110"))
    }
    #expect(secret.description == "<7 secret bytes>")
  }

  @Test func `the bytes are reached where that is asked for`() {
    #expect(secret.exposedText() == "hunter2")
    #expect(secret.exposed() == Array("hunter2".utf8))
    #expect(secret.withExposedBytes { $0.count } == 7)
    #expect(SecretBytes([0xFF]).exposedText() == nil)
  }

  @Test func `equal bytes are equal secrets`() {
    #expect(secret == SecretBytes(utf8: "hunter2"))
    #expect(secret != SecretBytes(utf8: "hunter3"))
    #expect(secret != SecretBytes(utf8: "hunter"))
    #expect(Set([secret, SecretBytes(utf8: "hunter2")]).count == 1)
    #expect(SecretBytes([]).isEmpty)
    #expect(SecretBytes([]) == SecretBytes(utf8: ""))
  }
}

@Suite struct DynamicObjectTests {
  private let secret: JSONValue = [
    "apiVersion": "v1", "kind": "Secret",
    "metadata": [
      "name": "s",
      "annotations": [
        DynamicObject.lastAppliedAnnotation: "{\"data\":{\"token\":\"aHVudGVyMg==\"}}",
        "other": "seen",
      ],
    ],
    "data": ["token": "aHVudGVyMg==", "odd": ["aHVudGVyMg=="], "none": nil],
    "stringData": ["token": "hunter2"],
  ]

  @Test func `the data of a Secret is hidden, the annotation that repeats it too`() throws {
    let object = try DynamicObject(secret)
    var text = "\(object) \(object.json)"
    dump(object, to: &text)
    #expect(!text.contains("aHVudGVyMg"))
    #expect(!text.contains("hunter2"))
    #expect(object.metadata.annotations == ["other": "seen"])
    guard case .secret(let token)? = object.json.value(at: "data", "token") else {
      Issue.record("the token is not hidden")
      return
    }
    #expect(token.exposedText() == "aHVudGVyMg==")
    let revealed = JSONWriter(secrets: .revealed).text(object.json)
    #expect(revealed.contains("hunter2"))
  }

  @Test func `data that is no object is hidden as well`() throws {
    var document = secret
    document["data"] = ["hunter2"]
    document["stringData"] = "hunter2"
    #expect(!"\(try DynamicObject(document))".contains("hunter2"))
  }

  @Test func `other kinds are kept as they are`() throws {
    var document = secret
    document["kind"] = "ConfigMap"
    let object = try DynamicObject(document)
    #expect(object.json == document)
    #expect(object.groupKind == GroupKind(group: "", kind: "ConfigMap"))
    #expect(!object.hasManagedFields)
  }

  @Test(
    arguments: [
      [], ["apiVersion": "v1", "kind": "X"], ["apiVersion": 1, "kind": "X", "metadata": ["name": "a"]],
      ["kind": "X", "metadata": ["name": "a"]], ["apiVersion": "v1", "kind": "X", "metadata": []],
      ["apiVersion": "v1", "kind": "X", "metadata": [:]],
      ["apiVersion": "v1", "kind": "X", "metadata": ["name": "a", "labels": ["a": 1]]], "text", nil,
    ] as [JSONValue])
  func `what is no object is refused`(document: JSONValue) {
    #expect(throws: FieldError.self) { try DynamicObject(document) }
  }
}
