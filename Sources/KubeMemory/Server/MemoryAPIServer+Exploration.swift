package import KubeCore

/// Support for exploring many states: the changes of a step, and equal identities in states that
/// are reached in different ways.
extension MemoryAPIServer {
  /// The objects that were created, changed or deleted after `resourceVersion`, oldest first; one
  /// that changed twice is listed twice.
  package func changes(after resourceVersion: UInt64) -> [(kind: GroupKind, namespace: String?, name: String)]
  {
    history.events(after: resourceVersion).map {
      ($0.groupKind, $0.object.namespace.isEmpty ? nil : $0.object.namespace, $0.object.name)
    }
  }

  /// Makes all further uids depend on `seed` alone, and not on the number of objects created
  /// before.
  package mutating func reseedIdentities(_ seed: UInt64) { identities = IdentitySource(seed: seed) }

  /// The kinds that are served, each in the version in which it is stored, by name.
  package var servedTypes: [ResourceType] {
    registry.kinds.values.map(\.storageType).sorted { $0.description < $1.description }
  }
}
