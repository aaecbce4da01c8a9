import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport

/// Functions that the controllers of workloads share.
enum Workload {
  /// The field manager of their writes.
  static let manager = "kube-controller-manager"
  static let options = WriteOptions(fieldManager: manager)

  /// The hash that identifies pods of one template.
  static func hash(of template: PodTemplateSpec) -> String {
    String(SHA256.hexadecimal(JSONWriter().bytes(template.json)).prefix(10))
  }

  /// The objects of a kind that `owner` controls.
  static func owned<Kind: KubeObject>(
    _ kind: Kind.Type = Kind.self, by owner: ObjectMeta, in server: MemoryAPIServer
  ) -> [Kind] {
    server.objects(kind, namespace: owner.namespace).filter { object in
      object.metadata.ownerReferences.contains { $0.uid == owner.uid }
    }
  }

  /// The request that creates a pod of `template` for `owner`; `nil` where that has no uid.
  static func create<Owner: KubeObject>(
    pod name: String, of owner: Owner, from template: PodTemplateSpec, labels: [String: String] = [:],
    change: (inout PodSpec) -> Void = { _ in }
  ) -> KubeRequest? {
    guard let reference = owner.ownerReference(controller: true, blockOwnerDeletion: true) else { return nil }
    var spec = template.spec
    change(&spec)
    let pod = Pod(
      metadata: ObjectMeta(
        name: name, namespace: owner.metadata.namespace,
        labels: template.metadata.labels.merging(labels) { $1 },
        annotations: template.metadata.annotations, ownerReferences: [reference]), spec: spec)
    return .create(pod.key, pod.json, options: options)
  }

  /// The request that deletes an object conditionally on the observed version.
  static func delete<Kind: KubeObject>(_ object: Kind) -> KubeRequest {
    .delete(object.key, options: DeletionOptions(uid: object.metadata.uid, propagation: .background))
  }

  /// The first `count` unused names `prefix-0`, `prefix-1`, ….
  static func names(_ prefix: String, count: Int, taken: Set<String>) -> [String] {
    guard count > 0 else { return [] }
    let names = (0..<(count + taken.count)).lazy.map { "\(prefix)-\($0)" }
    return Array(names.filter { !taken.contains($0) }.prefix(count))
  }
}

extension Pod {
  var isReady: Bool { status.conditions.isTrue("Ready") }
  /// Whether its containers have ended permanently.
  var isFinished: Bool { ["Succeeded", "Failed"].contains(status.phase ?? "") }
  var isLiving: Bool { metadata.deletionTimestamp == nil && !isFinished }
}

extension LabelSelector {
  /// Whether the selector has no requirements.
  var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }
}
