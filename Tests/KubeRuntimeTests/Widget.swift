import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport

/// A kind that owns a ConfigMap, and something outside the cluster.
struct Widget: KubeObject {
  static let type = ResourceType(
    group: "example.com", version: "v1", kind: "Widget", plural: "widgets", isNamespaced: true)

  var metadata: ObjectMeta
  var size: String

  init(_ name: String, size: String = "small") {
    metadata = ObjectMeta(name: name, namespace: "default")
    self.size = size
  }

  init(from reader: FieldReader) throws(FieldError) {
    metadata = try reader["metadata"].required()
    size = try reader["spec"]["size"].required()
  }

  var json: JSONValue { document(["spec": ["size": .string(size)]]) }

  var configMap: ObjectKey { ObjectKey(ConfigMap.type, namespace: "default", name: metadata.name) }

  static let definition: JSONValue = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": .string(type.qualifiedPlural)],
    "spec": [
      "group": .string(type.group), "scope": "Namespaced",
      "names": ["kind": .string(type.kind), "plural": .string(type.plural)],
      "versions": [
        [
          "name": .string(type.version), "served": true, "storage": true,
          "schema": [
            "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
          ],
        ]
      ],
    ],
  ]

  /// An action for widgets outside the cluster.
  enum Effect: PlanEffect {
    case make(size: String)
    case scrap(size: String)
  }

  static let controller = Controller(Widget.self, effects: Effect.self, fieldManager: "widgets") { work in
    let widget = work.object
    work.ensure(
      ConfigMap(
        metadata: ObjectMeta(name: widget.metadata.name, namespace: widget.metadata.namespace),
        data: ["size": widget.size]))
    guard work.perform(.make(size: widget.size)) else { return }
    let isThere = work.observed(ConfigMap.self, name: widget.metadata.name) != nil
    work.setCondition(
      "Ready", isThere ? .true : .false, reason: isThere ? "Made" : "NotMade", message: "see the ConfigMap")
  }
  .owns(ConfigMap.self).finalizer("example.com/widgets") { .scrap(size: $0.size) }
}

extension InMemoryCluster {
  /// A cluster with these widgets.
  static func withWidgets(_ widgets: Widget...) async throws -> InMemoryCluster {
    var server = MemoryAPIServer()
    server.register(Widget.type)
    let cluster = InMemoryCluster(server)
    for widget in widgets { _ = try await KubeClient(cluster, fieldManager: "user").create(widget) }
    return cluster
  }

  func object(_ key: ObjectKey) -> DynamicObject? { snapshot.object(key) }

  /// Whether a widget's ConfigMap exists and its condition says so.
  func isReady(_ widget: Widget) -> Bool {
    let conditions = object(widget.key)?.json.value(at: "status", "conditions")?.array ?? []
    return object(widget.configMap)?.json.value(at: "data", "size")?.string == widget.size
      && conditions.contains { $0["type"] == "Ready" && $0["status"] == "True" }
  }
}

/// A transport with another answer to some requests; `nil` for the cluster's.
struct InterceptedTransport: Transport {
  let base: any Transport
  var intercept: @Sendable (KubeRequest) async throws -> KubeResponse?

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    if let response = try await intercept(request) { return response }
    return try await base.send(request)
  }
}
