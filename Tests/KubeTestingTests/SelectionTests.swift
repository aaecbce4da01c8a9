import Foundation
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import Testing

/// The objects that a controller reads, where it limits them.
@Suite struct SelectionTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func base(namespace: String? = nil) -> Controller<Namespace, Never> {
    Controller(Namespace.self, fieldManager: "test", namespace: namespace) { _ in }
  }

  @Test func `each kind is read in its own namespace and with its labels alone`() {
    let controller = base().owns(ConfigMap.self, namespace: "copies")
      .watches(ConfigMap.self, namespace: "originals", labels: ["mirror": "true"]) { _ in [] }
      .reads(Secret.self, namespace: "keys", labels: ["for": "mirror"]) { _ in ["key"] }
    #expect(
      Set(controller.selections) == [
        ObjectSelection(Namespace.type), ObjectSelection(ConfigMap.type, namespace: "copies"),
        ObjectSelection(ConfigMap.type, namespace: "originals", labels: ["mirror": "true"]),
        ObjectSelection(Secret.type, namespace: "keys", labels: ["for": "mirror"]),
      ])
    func namespaces(_ resource: String) -> Set<String?> {
      Set(controller.rights.filter { $0.rule.resources.contains(resource) }.map(\.namespace))
    }
    #expect(namespaces("configmaps") == ["copies", "originals"])
    #expect(namespaces("secrets") == ["keys"])
    #expect(namespaces("namespaces") == [nil])
  }

  @Test func `a controller of a cluster-scoped kind may be limited to a namespace's objects of others`() {
    let controller = base(namespace: "here").owns(ConfigMap.self).owns(Node.self)
      .owns(Secret.self, namespace: "there")
    #expect(
      Set(controller.selections) == [
        ObjectSelection(Namespace.type), ObjectSelection(ConfigMap.type, namespace: "here"),
        ObjectSelection(Node.type), ObjectSelection(Secret.type, namespace: "there"),
      ])
  }

  @Test func `of the fields that other managers set by Update nothing is kept`() throws {
    func entry(_ manager: String, _ operation: String) -> JSONValue {
      [
        "manager": .string(manager), "operation": .string(operation), "apiVersion": "v1",
        "fieldsType": "FieldsV1", "fieldsV1": ["f:data": ["f:a": [:]]],
      ]
    }
    let entries = [entry("kubectl", "Update"), entry("helm", "Apply"), entry("test", "Apply")]
    let object = try DynamicObject([
      "apiVersion": "v1", "kind": "ConfigMap", "data": ["a": "b"],
      "metadata": ["name": "a", "namespace": "default", "managedFields": .array(entries)],
    ])
    let kept = try ControllerCache(base()).transform(object).managedFields()
    #expect(kept.map(\.manager) == ["kubectl", "helm", "test"])
    #expect(kept.map(\.fields.isEmpty) == [true, false, false])
  }

  @Test func `an object is read in another namespace than the one that names it`() throws {
    let controller = Controller(ConfigMap.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "a" else { return }
      let key = work.observed(Secret.self, namespace: "keys", name: "key")
      work.ensure(
        ServiceAccount(metadata: work.ownedMetadata(labels: ["key": key == nil ? "absent" : "present"])))
    }
    .owns(ServiceAccount.self)
    .reads(Secret.self, namespace: "keys") { $0.metadata.name == "a" ? ["key"] : [] }
    var harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    func label() -> String? {
      harness.object(ServiceAccount.self, namespace: "default", name: "a")?.metadata.labels["key"]
    }
    try harness.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    try harness.create(Namespace(metadata: ObjectMeta(name: "keys")))
    try harness.runUntilConverged()
    #expect(label() == "absent")
    try harness.create(Secret(metadata: ObjectMeta(name: "key", namespace: "keys")))
    try harness.runUntilConverged()
    #expect(label() == "present")
  }

  @Test func `an object in a namespace that isn't observed is a finding with the remedy`() throws {
    let controller = Controller(Namespace.self, fieldManager: "test") { work in
      guard work.object.metadata.name == "default" else { return }
      work.ensure(ConfigMap(metadata: ObjectMeta(name: "ensured", namespace: "default")))
    }
    .owns(ConfigMap.self, namespace: "kube-public")
    let harness = ControllerHarness(controller, on: MemoryAPIServer(at: now), at: now)
    let finding = try #require(harness.findings.first)
    #expect(finding.problem.contains("configmaps in namespace default"), "\(finding)")
    #expect(finding.remedy == "say .owns(ConfigMap.self, namespace: \"default\")", "\(finding)")
  }
}
