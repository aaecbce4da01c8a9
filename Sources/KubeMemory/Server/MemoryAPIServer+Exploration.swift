package import KubeCore

/// What a program needs that walks through many worlds: to see what a step changed, and to have steps that come
/// by different ways to the same world give the same identities.
extension MemoryAPIServer {
  /// Which objects appeared, changed or went after `resourceVersion`, oldest first; one that changed twice is
  /// named twice.
  package func changes(after resourceVersion: UInt64) -> [(kind: GroupKind, namespace: String?, name: String)]
  {
    history.events(after: resourceVersion).map {
      ($0.groupKind, $0.object.namespace.isEmpty ? nil : $0.object.namespace, $0.object.name)
    }
  }

  /// Lets the uids from here on follow from `seed` alone, and not from how many objects were made before.
  package mutating func reseedIdentities(_ seed: UInt64) { identities = IdentitySource(seed: seed) }

  /// The kinds that are served, each in the version in which it is stored, by name.
  package var servedTypes: [ResourceType] {
    registry.kinds.values.map(\.storageType).sorted { $0.description < $1.description }
  }
}
