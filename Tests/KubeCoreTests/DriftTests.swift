import KubeSchemas
import Testing

@testable import KubeCore

@Suite struct DriftTests {
  private let us = FieldOwnership(fieldManager: "cluster-gateway-manager", predecessors: ["addon-manager"])

  private func table(_ group: String, _ kind: String) -> FieldTable {
    FieldTables.builtIn.table(for: GroupKind(group: group, kind: kind))
  }

  /// The fields that we apply to the Go manager's Deployment, without the server's defaults.
  private func desiredDeployment() throws -> JSONValue {
    var json = try JSONValue(parsing: goManagerDeployment)
    json["status"] = nil
    json.set(nil, at: ["metadata", "annotations"])
    for field in ["managedFields", "creationTimestamp", "generation", "resourceVersion", "uid"] {
      json.set(nil, at: ["metadata", field])
    }
    for field in ["progressDeadlineSeconds", "revisionHistoryLimit"] { json.set(nil, at: ["spec", field]) }
    for field in [
      "dnsPolicy", "restartPolicy", "schedulerName", "securityContext", "serviceAccount",
      "terminationGracePeriodSeconds",
    ] {
      json.set(nil, at: ["spec", "template", "spec", field])
    }
    var containers = json.value(at: "spec", "template", "spec", "containers")?.array ?? []
    for index in containers.indices {
      containers[index]["terminationMessagePath"] = nil
      containers[index]["terminationMessagePolicy"] = nil
    }
    json.set(.array(containers), at: ["spec", "template", "spec", "containers"])
    var volumes = json.value(at: "spec", "template", "spec", "volumes")?.array ?? []
    for index in volumes.indices { volumes[index].set(nil, at: ["secret", "defaultMode"]) }
    json.set(.array(volumes), at: ["spec", "template", "spec", "volumes"])
    return json
  }

  @Test
  func `the Go manager's Deployment is adopted once, then an apply drops the defaults and changes nothing`()
    throws
  {
    let table = table("apps", "Deployment")
    let before = try JSONValue(parsing: goManagerDeployment)
    var model = ApplyModel(table, before)
    let desired = try desiredDeployment()
    let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
    let adoption = try #require(drift.adoption)
    #expect(drift.needsApply && drift.conflicts.isEmpty)
    #expect(drift.differences.allSatisfy { $0.kind == .dropped }, "\(drift.differences)")
    #expect(
      drift.differences.contains {
        $0.path.description == "spec.template.spec.containers[apiserver].terminationMessagePath"
      })
    #expect(adoption.count == 2)
    #expect(adoption.last == .replace(path: "/metadata/resourceVersion", "554"))

    model.patch(adoption)
    let entries = try model.entries()
    #expect(entries.map(\.manager) == ["cluster-gateway-manager", "kube-controller-manager"])
    #expect(entries.map(\.operation) == [.apply, .update])
    #expect(entries.first?.time == "2026-11-22T17:08:30Z")
    #expect(try entries.first?.fields == ApplyModel(table, before).entries().first?.fields)
    let afterAdoption = try table.drift(desired: desired, observed: try model.object, ownership: us)
    #expect(afterAdoption.adoption == nil)
    #expect(afterAdoption.differences == drift.differences)

    try model.apply(desired, by: us.fieldManager)
    #expect(try table.drift(desired: desired, observed: try model.object, ownership: us).isNone)
    #expect(model.json["spec"] == before["spec"])
    #expect(
      model.json.value(at: "metadata", "ownerReferences") == before.value(at: "metadata", "ownerReferences"))
  }

  @Test func `a flag that we drop after adopting is one dropped or changed field`() throws {
    let table = table("apps", "Deployment")
    var desired = try desiredDeployment()
    desired.set(2, at: ["spec", "replicas"])
    desired.set(["matchLabels": ["other": "x"]], at: ["spec", "selector"])
    let drift = try table.drift(
      desired: desired, observed: DynamicObject(JSONValue(parsing: goManagerDeployment)), ownership: us)
    let changed = drift.differences.filter { $0.kind == .changed }
    #expect(
      changed.map(\.description) == ["spec.replicas: is 3, should be 2", "spec.selector: has another value"])
    #expect(changed.map(\.isImmutable) == [false, true])
  }

  private let addOn: JSONValue = [
    "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
    "metadata": [
      "name": "cluster-gateway", "namespace": "cluster1", "uid": "u", "resourceVersion": "9",
      "ownerReferences": [["apiVersion": "x/v1beta1", "kind": "K", "name": "n", "uid": "1"]],
      "managedFields": [
        [
          "apiVersion": "addon.open-cluster-management.io/v1alpha1", "fieldsType": "FieldsV1",
          "manager": "addon-manager",
          "operation": "Update", "subresource": "status", "time": "2026-11-22T17:08:30Z",
          "fieldsV1": [
            "f:status": [
              "f:conditions": [
                ".": [:],
                "k:{\"type\":\"RegistrationApplied\"}": [
                  ".": [:], "f:reason": [:], "f:status": [:], "f:type": [:],
                ],
              ], "f:gone": [:],
            ]
          ],
        ],
        [
          "apiVersion": "addon.open-cluster-management.io/v1alpha1", "fieldsType": "FieldsV1",
          "manager": "addon-manager",
          "operation": "Update", "time": "2026-11-22T17:09:23Z",
          "fieldsV1": [
            "f:metadata": ["f:ownerReferences": [:]], "f:spec": [".": [:], "f:installNamespace": [:]],
          ],
        ],
      ],
    ],
    "spec": [:],
    "status": ["conditions": [["type": "RegistrationApplied", "status": "True", "reason": "R"]]],
  ]

  private let addOnTable = FieldTable(["status.conditions": .listMap(keys: ["type"])])

  @Test func `an entry in another version goes after our first apply, and what it alone owned stays`() throws
  {
    let desired: JSONValue = [
      "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
      "metadata": [
        "name": "cluster-gateway", "namespace": "cluster1",
        "ownerReferences": [["apiVersion": "x/v1beta1", "kind": "K", "name": "n", "uid": "1"]],
      ],
    ]
    var model = ApplyModel(addOnTable, addOn)
    let first = try addOnTable.drift(desired: desired, observed: try model.object, ownership: us)
    #expect(first.adoption == nil)
    #expect(first.differences.map(\.kind) == [.unowned])

    try model.apply(desired, by: us.fieldManager)
    let second = try addOnTable.drift(desired: desired, observed: try model.object, ownership: us)
    let adoption = try #require(second.adoption)
    // If its fields were adopted, those that we don't desire would be removed, such as owner
    // references.
    #expect(second.differences.isEmpty)
    model.patch(adoption)
    let entries = try model.entries()
    #expect(entries.map(\.manager) == ["addon-manager", "cluster-gateway-manager"])
    #expect(entries.map(\.subresource) == ["status", nil])
    #expect(entries.last?.fields.contains([.field("spec"), .field("installNamespace")]) == false)
    #expect(try addOnTable.drift(desired: desired, observed: try model.object, ownership: us).isNone)
  }

  @Test func `what we created is ours as it stands, and is adopted only when it is to change`() throws {
    let desired: JSONValue = [
      "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
      "metadata": ["name": "a", "namespace": "b", "labels": ["x": "1", "y": "2"]],
    ]
    var created = desired
    created.set(
      [
        [
          "apiVersion": "addon.open-cluster-management.io/v1beta1", "fieldsType": "FieldsV1",
          "manager": "cluster-gateway-manager", "operation": "Update", "time": "2026-11-22T17:09:23Z",
          "fieldsV1": ["f:metadata": ["f:labels": [".": [:], "f:x": [:], "f:y": [:]]]],
        ]
      ], at: ["metadata", "managedFields"])
    var model = ApplyModel(addOnTable, created)
    #expect(try addOnTable.drift(desired: desired, observed: try model.object, ownership: us).isNone)

    var fewer = desired
    fewer.set(["x": "1"], at: ["metadata", "labels"])
    let drift = try addOnTable.drift(desired: fewer, observed: try model.object, ownership: us)
    #expect(drift.differences.map(\.kind) == [.dropped])
    model.patch(try #require(drift.adoption))
    try model.apply(fewer, by: us.fieldManager)
    #expect(try model.object.metadata.labels == ["x": "1"])
    #expect(try addOnTable.drift(desired: fewer, observed: try model.object, ownership: us).isNone)
  }

  @Test func `a status entry is renamed together with its version`() throws {
    let desired: JSONValue = [
      "apiVersion": "addon.open-cluster-management.io/v1beta1", "kind": "ManagedClusterAddOn",
      "metadata": ["name": "cluster-gateway", "labels": ["not": "looked at"]],
      "status": ["conditions": [["type": "RegistrationApplied", "status": "True", "reason": "R"]]],
    ]
    var model = ApplyModel(addOnTable, addOn)
    let drift = try addOnTable.drift(
      desired: desired, observed: try model.object, ownership: us, subresource: "status")
    model.patch(try #require(drift.adoption))
    #expect(!drift.needsApply, "\(drift.differences)")
    let entry = try #require(try model.entries().first)
    #expect(entry.apiVersion == "addon.open-cluster-management.io/v1beta1")
    #expect(
      entry.operation == .apply && entry.subresource == "status" && entry.time == "2026-11-22T17:08:30Z")
    #expect(!entry.fields.contains([.field("status"), .field("gone")]))
    #expect(
      try addOnTable.drift(desired: desired, observed: try model.object, ownership: us, subresource: "status")
        .isNone)
  }

  @Test func `our own status entry of another version gets ours`() throws {
    var json = addOn
    var list = json.value(at: "metadata", "managedFields")?.array ?? []
    list[0]["manager"] = "cluster-gateway-manager-status"
    list[0]["operation"] = "Apply"
    json.set(.array(list), at: ["metadata", "managedFields"])
    let desired: JSONValue = [
      "apiVersion": "addon.open-cluster-management.io/v1beta1",
      "status": ["conditions": [["type": "RegistrationApplied", "status": "False", "reason": "R"]]],
    ]
    let drift = try addOnTable.drift(
      desired: desired, observed: DynamicObject(json), ownership: us, subresource: "status")
    #expect(drift.adoption != nil)
    #expect(
      drift.differences.map(\.description)
        == [#"status.conditions[RegistrationApplied].status: is "True", should be "False""#])
  }

  @Test func `a status of which nothing is wanted any more is a dropped field, and then no drift`() throws {
    let desired: JSONValue = ["apiVersion": "example.com/v1", "kind": "Site", "metadata": ["name": "a"]]
    func entry(_ manager: String, _ operation: String, _ fields: JSONValue) -> JSONValue {
      [
        "apiVersion": "example.com/v1", "fieldsType": "FieldsV1", "manager": .string(manager),
        "operation": .string(operation), "fieldsV1": fields,
      ]
    }
    let user = entry("user", "Update", ["f:spec": ["f:host": [:]]])
    let own = entry("cluster-gateway-manager-status", "Apply", ["f:status": ["f:note": [:]]])
    func drift(_ status: JSONValue?, _ entries: JSONValue) throws -> Drift {
      var observed = desired
      observed["spec"] = ["host": "a"]
      observed["status"] = status
      observed.set(entries, at: ["metadata", "managedFields"])
      return try FieldTable().drift(
        desired: desired, observed: DynamicObject(observed), ownership: us, subresource: "status")
    }
    let before = try drift(["note": "ready"], [user, own])
    #expect(before.differences.map(\.description) == ["status.note: is no longer wanted"])
    for status in [nil, [:], ["phase": "of another manager"]] as [JSONValue?] {
      let after = try drift(status, [user])
      #expect(after.isNone, "\(after.differences)")
    }
  }

  @Test func `a field that another manager applies with another value is a conflict`() throws {
    let table = table("", "Service")
    let service: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s", "uid": "u", "resourceVersion": "1"],
    ]
    let desired: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s"],
      "spec": ["ports": [["port": 443, "targetPort": 9443]], "selector": ["a": "b"]],
    ]
    var model = ApplyModel(table, service)
    try model.apply(
      [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s"],
        "spec": [
          "ports": [["port": 443, "protocol": "TCP", "targetPort": 8080]], "selector": ["a": "c"],
          "type": "ClusterIP",
        ],
      ], by: "gitops")
    let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
    #expect(
      drift.conflicts.map(\.description) == [
        "spec.ports[port=443,protocol=TCP].targetPort is applied by gitops",
        "spec.selector is applied by gitops",
      ])
    // The rest after the other manager's fields are left to it.
    let yielded = drift.yielding(desired)
    #expect(yielded["spec"] == ["ports": [["port": 443]]])
    #expect(try table.drift(desired: yielded, observed: try model.object, ownership: us).conflicts.isEmpty)
    try model.apply(desired, by: us.fieldManager)
    #expect(try table.drift(desired: desired, observed: try model.object, ownership: us).isNone)
  }

  @Test func `what is left when a whole map is left to another manager has no empty map`() throws {
    let table = table("", "Service")
    let service: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s", "uid": "u", "resourceVersion": "1"],
    ]
    let desired: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s", "labels": ["app": "ours"]],
      "spec": ["type": "ClusterIP"],
    ]
    var model = ApplyModel(table, service)
    try model.apply(desired, by: us.fieldManager)
    try model.apply(
      [
        "apiVersion": "v1", "kind": "Service",
        "metadata": ["name": "s", "labels": ["app": "theirs", "more": "theirs"]],
      ], by: "gitops")
    let drift = try table.drift(desired: desired, observed: try model.object, ownership: us)
    let yielded = drift.yielding(desired)
    #expect(yielded["metadata"] == ["name": "s"])
    let rest = try table.drift(desired: yielded, observed: try model.object, ownership: us)
    #expect(!rest.differences.contains { $0.kind == .missing || $0.kind == .changed })
  }

  @Test func `the values of a Secret are compared and never shown`() throws {
    let table = table("", "Secret")
    let observed = try DynamicObject([
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"],
      "data": ["token": "b2xk", "same": "c2FtZQ=="],
    ])
    let desired: JSONValue = [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "type": "Opaque",
      "data": ["token": "bmV3", "same": "c2FtZQ==", "extra": .secret(SecretBytes(utf8: "bW9yZQ=="))],
    ]
    let drift = try table.drift(desired: desired, observed: observed, ownership: us)
    #expect(
      drift.differences.map(\.description) == ["data.extra: is missing", "data.token: has another value"])
    var text = "\(drift)"
    dump(drift, to: &text)
    for secret in ["b2xk", "bmV3", "bW9yZQ"] { #expect(!text.contains(secret)) }
  }

  @Test func `roleRef and subjects are equal whether or not the API group is spelled out`() throws {
    let table = table("rbac.authorization.k8s.io", "RoleBinding")
    let observed = try DynamicObject([
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": "b"],
      "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
      "subjects": [
        ["kind": "ServiceAccount", "name": "s", "namespace": "n"],
        ["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "u"],
      ],
    ])
    var desired: JSONValue = [
      "roleRef": ["kind": "Role", "name": "r"],
      "subjects": [
        ["apiGroup": "", "kind": "ServiceAccount", "name": "s", "namespace": "n"],
        ["kind": "User", "name": "u"],
      ],
    ]
    #expect(try table.drift(desired: desired, observed: observed, ownership: us).isNone)
    desired.set("other", at: ["roleRef", "name"])
    let drift = try table.drift(desired: desired, observed: observed, ownership: us)
    #expect(drift.differences.map(\.isImmutable) == [true])
  }

  @Test func `an owner reference that names another version is a change`() throws {
    let desired: JSONValue = [
      "metadata": ["ownerReferences": [["apiVersion": "x/v1alpha1", "kind": "K", "name": "n", "uid": "1"]]]
    ]
    let drift = try addOnTable.drift(desired: desired, observed: DynamicObject(addOn), ownership: us)
    #expect(drift.differences.map(\.description) == ["metadata.ownerReferences[1]: has another value"])
  }

  @Test func `managedFields that can't be read are an error with its place`() throws {
    var json = addOn
    json.set(
      [["manager": "a", "operation": "Update", "fieldsV1": ["x": [:]]]], at: ["metadata", "managedFields"])
    let error = try #require(throws: FieldError.self) {
      try addOnTable.drift(desired: [:], observed: DynamicObject(json), ownership: us)
    }
    #expect(error.path.description == "metadata.managedFields[0].fieldsV1.x")
  }
}
