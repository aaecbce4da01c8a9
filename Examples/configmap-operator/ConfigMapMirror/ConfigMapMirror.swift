public import KubeCore
public import KubeKindsCore
import KubeRuntime
public import KubeTransport
public import Logging

/// An operator: every ConfigMap labelled `mirror=true` in one namespace has a copy in another.
public struct ConfigMapMirror: Sendable {
  let client: KubeClient
  let (source, target): (String, String)
  let logger: Logger

  /// An operator that keeps the copies of `source`'s ConfigMaps in `target`.
  public init(_ client: KubeClient, from source: String, to target: String, logger: Logger) {
    (self.client, self.source, self.target, self.logger) = (client, source, target, logger)
  }

  /// Works until the task is cancelled.
  public func run() async throws {
    let queue = WorkQueue<String>()
    let store = ObjectStore(onChanges: { changes in
      for key in changes.compactMap(\.key) { queue.add(key.name) }
    })
    let mirrored = ResourceSelection(ConfigMap.type, labelSelector: "mirror=true")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Reflector(client, mirrored, into: store, logger: logger).run() }
      try await store.waitUntilSynced()
      await queue.process(workers: 2, onFailure: { logger.warning("\($0): \($1)") }) { name in
        let original = try store.object(namespace: source, name: name)?.decode(ConfigMap.self)
        let copy = try store.object(namespace: target, name: name)?.decode(ConfigMap.self)
        if let patch = plan(name, original, copy) { try await client.apply(patch) }
        return nil
      }
      group.cancelAll()
    }
  }

  /// What is to be done for the ConfigMap called `name`; `nil` where all is as it should be. Pure.
  public func plan(_ name: String, _ original: ConfigMap?, _ copy: ConfigMap?) -> ObjectPatch? {
    let key = ObjectKey(ConfigMap.type, namespace: target, name: name)
    let metadata = ObjectMeta(name: name, namespace: target, labels: ["mirror": "true"])
    let wanted = original.map { ConfigMap(metadata: metadata, data: $0.data).json }
    switch (wanted, copy?.metadata.uid) {
    case (let wanted?, nil):
      return ObjectPatch(
        target: key, operation: .create(wanted), precondition: .absent, reason: "it has no copy")
    case (let wanted?, let uid?) where copy?.data != original?.data:
      return ObjectPatch(
        target: key, operation: .apply(wanted, force: true), precondition: .uid(uid),
        reason: "the copy differs")
    case (nil, let uid?):
      return ObjectPatch(
        target: key, operation: .delete, precondition: .uid(uid), reason: "the original is gone")
    default: return nil
    }
  }
}
