import KubeCore
import KubeSchemas
import Testing

@Suite struct ExtractionTests {
  static let service = GroupKind(group: "", kind: "Service")

  /// A Service whose fields `fields` the manager `me` has applied; others set the rest.
  func service(_ fields: JSONValue, version: String = "v1", subresource: String? = nil) throws
    -> DynamicObject
  {
    try DynamicObject([
      "apiVersion": "v1", "kind": "Service",
      "metadata": [
        "name": "s", "namespace": "ns", "uid": "u", "resourceVersion": "7", "generation": 2,
        "labels": ["mine": "1", "other": "2"], "annotations": ["note": "theirs"],
        "finalizers": ["a/b", "c/d"],
        "managedFields": [
          .fields([
            "manager": "me", "operation": "Apply", "apiVersion": .string(version), "fieldsType": "FieldsV1",
            "fieldsV1": fields, "subresource": subresource?.json,
          ]),
          [
            "manager": "me", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": ["f:spec": ["f:type": [:]]],
          ],
        ],
      ],
      "spec": [
        "type": "ClusterIP", "clusterIP": "10.0.0.1", "selector": ["app": "x"],
        "ports": [
          ["port": 80, "protocol": "TCP", "name": "http", "targetPort": 8080], ["port": 53, "name": "dns"],
          ["port": 443, "protocol": "TCP", "name": "https"],
        ],
      ],
      "status": ["loadBalancer": [:]],
    ])
  }

  func extract(_ fields: JSONValue, table: FieldTable? = FieldTables.builtIn[Self.service]) throws
    -> JSONValue?
  {
    var json = try service(fields).extract(ownedBy: "me", table: table)?.json
    // The object's identity is always included.
    #expect(json?["apiVersion"] == "v1" && json?["kind"] == "Service")
    #expect(json?.value(at: "metadata", "name") == "s" && json?.value(at: "metadata", "namespace") == "ns")
    for path in [["apiVersion"], ["kind"], ["metadata", "name"], ["metadata", "namespace"]] {
      json?.set(nil, at: path)
    }
    return json
  }

  @Test func `only the manager's own fields are left, with the keys of their list items`() throws {
    let fields: JSONValue = [
      "f:metadata": ["f:labels": ["f:mine": [:]], "f:finalizers": ["v:\"c/d\"": [:]]],
      "f:spec": [
        "f:ports": [
          "k:{\"port\":80,\"protocol\":\"TCP\"}": [".": [:], "f:targetPort": [:]],
          // The protocol that the item leaves out is TCP.
          "k:{\"port\":53,\"protocol\":\"TCP\"}": ["f:name": [:]],
        ],
        "f:selector": [:],
      ],
    ]
    #expect(
      try extract(fields) == [
        "metadata": ["labels": ["mine": "1"], "finalizers": ["c/d"]],
        "spec": [
          "ports": [["port": 80, "protocol": "TCP", "targetPort": 8080], ["port": 53, "name": "dns"]],
          "selector": ["app": "x"],
        ],
      ])
  }

  @Test func `fields that are gone by now are left out`() throws {
    let fields: JSONValue = [
      "f:metadata": ["f:labels": ["f:gone": [:]]],
      "f:spec": ["f:ports": ["k:{\"port\":1,\"protocol\":\"TCP\"}": [".": [:]]], "f:nothing": [:]],
    ]
    #expect(try extract(fields) == ["metadata": ["labels": [:]], "spec": ["ports": []]])
  }

  @Test func `what was applied empty does not take what others put into it`() throws {
    let fields: JSONValue = ["f:metadata": ["f:labels": [:]], "f:spec": ["f:ports": [:], "f:selector": [:]]]
    #expect(
      try extract(fields) == [
        "metadata": ["labels": [:]], "spec": ["ports": [], "selector": ["app": "x"]],
      ])
  }

  @Test func `without a table the managed fields say what is keyed`() throws {
    let fields: JSONValue = [
      "f:spec": [
        "f:ports": ["k:{\"port\":80,\"protocol\":\"TCP\"}": [".": [:], "f:name": [:]]], "f:selector": [:],
      ]
    ]
    #expect(
      try extract(fields, table: nil) == [
        "metadata": [:],
        "spec": ["ports": [["port": 80, "protocol": "TCP", "name": "http"]], "selector": ["app": "x"]],
      ])
  }

  @Test func `who has applied nothing has no fields`() throws {
    let object = try service(["f:spec": ["f:type": [:]]])
    #expect(try object.extract(ownedBy: "other") == nil)
    #expect(try object.extract(ownedBy: "me", subresource: "status") == nil)
    let status = try service(["f:status": ["f:loadBalancer": [:]]], subresource: "status")
    #expect(try status.extract(ownedBy: "me") == nil)
    #expect(
      try status.extract(ownedBy: "me", subresource: "status")?.json["status"] == ["loadBalancer": [:]])
  }

  @Test func `fields said of another version are refused, as applying the rest would delete them`() throws {
    let object = try service(["f:spec": ["f:old": [:]]], version: "v1beta1")
    let error = #expect(throws: FieldError.self) { try object.extract(ownedBy: "me") }
    #expect(error?.problem.contains("v1beta1") == true)
  }

  @Test(arguments: [
    "{\"x:spec\":{}}", "{\"f:spec\":7}", "[]", "{\"f:spec\":{\"k:{}\":{}}}", "{\"f:spec\":{\"i:-1\":{}}}",
  ])
  func `managed fields that can't be read are an error`(_ fields: String) throws {
    let object = try service(JSONParser().parse(fields))
    #expect(throws: FieldError.self) { try object.extract(ownedBy: "me") }
  }

  @Test func `fields of a shape that the object hasn't are left out`() throws {
    let fields: JSONValue = [
      "f:spec": [
        "f:type": ["f:inner": [:]], "f:ports": ["f:port": [:], "i:7": [:], "i:1": [:], "v:80": [:]],
        "f:selector": ["k:{\"a\":1}": [:]],
      ]
    ]
    #expect(
      try extract(fields) == [
        "metadata": [:], "spec": ["ports": [["port": 53, "name": "dns"]], "selector": [:]],
      ])
  }

  @Test func `a Secret's data stay hidden`() throws {
    let secret = try DynamicObject([
      "apiVersion": "v1", "kind": "Secret",
      "metadata": [
        "name": "s",
        "managedFields": [
          [
            "manager": "me", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": ["f:data": ["f:token": [:]]],
          ]
        ],
      ],
      "data": ["token": "aHVudGVyMg==", "other": "aHVudGVyMg=="],
    ])
    let own = try #require(try secret.extract(ownedBy: "me"))
    #expect(own.json["data"]?.object?.count == 1 && !"\(own)".contains("aHVudGVyMg"))
  }
}
