import KubeCore
import KubeSchemas
import Testing

@Suite struct FieldTableTests {
  private func table(_ group: String, _ kind: String) -> FieldTable {
    FieldTables.builtIn.table(for: GroupKind(group: group, kind: kind))
  }

  @Test func `a real Update's fields are those of the object, as far as it set them`() throws {
    let object = try DynamicObject(JSONValue(parsing: goManagerDeployment))
    let table = table("apps", "Deployment")
    var json = object.json
    json["status"] = nil
    json.set(nil, at: ["metadata", "annotations"])
    let recorded = try object.managedFields()[0].fields
    #expect(table.fieldSet(of: json).leaves == recorded.leaves)
    #expect(table.existing(recorded, in: json) == recorded)
    var less = json
    less.set(nil, at: ["spec", "replicas"])
    less.set([], at: ["metadata", "ownerReferences"])
    #expect(
      recorded.subtracting(table.existing(recorded, in: less)).leaves.map { FieldPath($0).description }
        == ["metadata.ownerReferences[d50b21dc-4a06-4da1-b421-cd17d4c648cb]", "spec.replicas"])
  }

  @Test func `an apply's fields are recorded as structured-merge-diff does`() throws {
    let set = table("", "Service").fieldSet(of: [
      "apiVersion": "v1", "kind": "Service",
      "metadata": [
        "name": "s", "namespace": "n", "uid": "u", "labels": ["a": "b"], "annotations": [:],
        "finalizers": ["f"],
        "ownerReferences": [["apiVersion": "v1", "kind": "K", "name": "o", "uid": "1"]],
      ],
      "spec": [
        "selector": ["a": "b"], "ports": [["port": 443, "targetPort": "https"]], "externalIPs": ["1.2.3.4"],
      ],
    ])
    #expect(
      set.json == [
        "f:metadata": [
          "f:annotations": [:], "f:finalizers": ["v:\"f\"": [:]], "f:labels": ["f:a": [:]],
          "f:ownerReferences": ["k:{\"uid\":\"1\"}": [:]],
        ],
        "f:spec": [
          "f:externalIPs": [:],
          "f:ports": [
            "k:{\"port\":443,\"protocol\":\"TCP\"}": [".": [:], "f:port": [:], "f:targetPort": [:]]
          ],
          "f:selector": [:],
        ],
      ])
  }

  @Test func `the server's defaults are filled in, those that follow from others too`() throws {
    let deployment = table("apps", "Deployment").fillingDefaults(in: [
      "spec": [
        "template": [
          "spec": [
            "serviceAccountName": "sa",
            "containers": [
              [
                "name": "a", "image": "i:1", "ports": [["containerPort": 1]],
                "readinessProbe": ["httpGet": ["port": 1]],
              ]
            ],
            "volumes": [["name": "v", "secret": ["secretName": "s"]]],
          ]
        ]
      ]
    ])
    #expect(
      deployment["spec"] == [
        "progressDeadlineSeconds": 600, "replicas": 1, "revisionHistoryLimit": 10,
        "strategy": [
          "type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"],
        ],
        "template": [
          "spec": [
            "containers": [
              [
                "name": "a", "image": "i:1", "imagePullPolicy": "IfNotPresent",
                "ports": [["containerPort": 1, "protocol": "TCP"]],
                "readinessProbe": [
                  "failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1,
                  "httpGet": ["path": "/", "port": 1, "scheme": "HTTP"],
                ], "resources": [:],
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
              ]
            ], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
            "securityContext": [:], "serviceAccount": "sa", "serviceAccountName": "sa",
            "terminationGracePeriodSeconds": 30,
            "volumes": [["name": "v", "secret": ["secretName": "s", "defaultMode": 420]]],
          ]
        ],
      ])
    let recreate = table("apps", "Deployment").fillingDefaults(in: [
      "spec": ["strategy": ["type": "Recreate"]]
    ])
    #expect(recreate.value(at: "spec", "strategy") == ["type": "Recreate"])
    let service = table("", "Service").fillingDefaults(in: ["spec": ["ports": [["port": 443]]]])
    #expect(
      service["spec"] == [
        "internalTrafficPolicy": "Cluster", "ports": [["port": 443, "protocol": "TCP", "targetPort": 443]],
        "sessionAffinity": "None", "type": "ClusterIP",
      ])
  }

  @Test(arguments: [
    ("a", "Always"), ("a:latest", "Always"), ("r:5000/a", "Always"), ("r:5000/a:1", "IfNotPresent"),
    ("a@sha256:0", "IfNotPresent"), ("a:latest@sha256:0", "Always"), ("", "Always"),
  ])
  func `the pull policy follows the image's tag`(image: String, policy: String) {
    let pod = table("", "Pod").fillingDefaults(in: [
      "spec": ["containers": [["name": "a", "image": .string(image)]]]
    ])
    #expect(pod.value(at: "spec", "containers")?.array?.first?["imagePullPolicy"] == .string(policy))
  }

  @Test func `filling in defaults twice is filling them in once`() {
    var generator = SeededGenerator(seed: 30)
    let table = table("apps", "Deployment")
    for _ in 0..<50 {
      let once = table.fillingDefaults(in: .randomDeployment(using: &generator))
      #expect(table.fillingDefaults(in: once) == once)
      #expect(table.equal(once, once))
    }
  }

  @Test func `values are equal by meaning`() {
    let table = FieldTable(["cpu": .quantity, "for": .duration, "at": .timestamp, "l[].mode": .default(420)])
    func equal(_ left: JSONValue?, _ right: JSONValue?, _ field: String) -> Bool {
      table.equal(left, right, at: [.field(field)]) && table.equal(right, left, at: [.field(field)])
    }
    #expect(equal("0.1", "100m", "cpu") && equal("1024Mi", "1Gi", "cpu") && equal(1, "1", "cpu"))
    #expect(!equal("1", "1m", "cpu") && !equal("1", "x", "cpu") && !equal("1", nil, "cpu"))
    #expect(equal("4320h", "4320h0m0s", "for") && !equal("1h", "1m", "for"))
    #expect(equal("2026-11-22T17:08:30Z", "2026-11-22T18:08:30.000+01:00", "at"))
    #expect(
      equal([["a": 1]], [["a": 1, "mode": 420]], "l") && !equal([["a": 1]], [["a": 1, "mode": 1]], "l"))
    #expect(equal(nil, [:], "x") && equal(.null, [], "x") && equal([:], [], "x") && !equal(nil, "", "x"))
    #expect(!equal("0.1", "100m", "x") && !equal(1, "1", "x") && !equal(true, "true", "x"))
    #expect(equal(.string("a"), .secret(SecretBytes(utf8: "a")), "x"))
    #expect(!table.equal(["metadata": ["labels": ["a": ""]]], ["metadata": ["labels": [:]]]))
  }

  @Test func `immutable fields are known, with what they contain`() {
    let table = table("apps", "Deployment")
    #expect(table.isImmutable([.field("spec"), .field("selector"), .field("matchLabels")]))
    #expect(!table.isImmutable([.field("spec"), .field("replicas")]))
  }

  @Test func `a custom resource's schema makes a table`() {
    let table = FieldTable(openAPISchema: [
      "type": "object",
      "properties": [
        "metadata": ["type": "object"],
        "spec": [
          "type": "object",
          "properties": [
            "rotation": [
              "type": "object", "default": ["enabled": true],
              "properties": [
                "enabled": ["type": "boolean", "default": true],
                "validity": ["type": "string", "default": "1h"],
              ],
            ],
            "items": ["type": "array", "items": ["type": "object"]],
            "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
            "ref": [
              "type": "object", "x-kubernetes-map-type": "atomic", "properties": ["name": ["type": "string"]],
            ],
            "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
            "map": ["type": "object", "additionalProperties": ["type": "object"]],
          ],
        ],
        "status": [
          "type": "object",
          "properties": [
            "conditions": [
              "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
              "items": ["type": "object", "properties": ["type": ["type": "string"]]],
            ]
          ],
        ],
      ],
    ])
    let object: JSONValue = [
      "metadata": ["name": "n", "ownerReferences": [["uid": "1", "name": "o"]]],
      "spec": [
        "items": [["a": 1]], "free": ["x": ["y": [1]]], "ref": ["name": "n"], "tags": ["a"],
        "map": ["k": ["v": 1]],
      ],
      "status": ["conditions": [["type": "A", "status": "True"]]],
    ]
    #expect(
      table.fieldSet(of: object).json == [
        "f:metadata": ["f:ownerReferences": ["k:{\"uid\":\"1\"}": [:]]],
        "f:spec": [
          "f:free": ["f:x": [".": [:], "f:y": [:]]], "f:items": [:],
          "f:map": ["f:k": [".": [:], "f:v": [:]]],
          "f:ref": [:], "f:tags": ["v:\"a\"": [:]],
        ],
        "f:status": ["f:conditions": ["k:{\"type\":\"A\"}": [".": [:], "f:status": [:], "f:type": [:]]]],
      ])
    #expect(
      table.fillingDefaults(in: ["spec": [:]]) == ["spec": ["rotation": ["enabled": true, "validity": "1h"]]])
  }

  @Test func `a schema that makes no sense is no crash`() {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<300 {
      let schema = JSONValue.random(depth: 4, using: &generator)
      let table = FieldTable(openAPISchema: [
        "properties": ["spec": schema, "x": ["x-kubernetes-list-type": schema, "items": schema]]
      ])
      let object: JSONValue = [
        "spec": .random(depth: 4, using: &generator), "x": .random(depth: 3, using: &generator),
      ]
      _ = table.fieldSet(of: object)
      _ = table.fillingDefaults(in: object)
      #expect(table.equal(object, object))
    }
    var deep: JSONValue = ["type": "string"]
    for _ in 0..<200 { deep = ["properties": ["a": deep]] }
    var value: JSONValue = 1
    for _ in 0..<200 { value = ["a": value] }
    #expect(FieldTable(openAPISchema: deep).fieldSet(of: value).leaves.count == 1)
  }

  @Test func `every built-in kind shares the rules of metadata`() {
    let object: JSONValue = [
      "metadata": ["finalizers": ["a"], "labels": ["x": "y"], "ownerReferences": [["uid": "1"]]]
    ]
    let expected: JSONValue = [
      "f:metadata": [
        "f:finalizers": ["v:\"a\"": [:]], "f:labels": ["f:x": [:]],
        "f:ownerReferences": ["k:{\"uid\":\"1\"}": [:]],
      ]
    ]
    for kind in FieldTables.builtIn.kinds.union([GroupKind(group: "unknown", kind: "Kind")]) {
      #expect(FieldTables.builtIn.table(for: kind).fieldSet(of: object).json == expected)
    }
    #expect(FieldTables.builtIn.kinds.count == KubernetesSchema.document.kinds.count)
  }
}
