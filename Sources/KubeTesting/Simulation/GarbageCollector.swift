public import KubeCore
import KubeKindsCore
public import KubeMemory
public import KubeTransport

/// The garbage collector and the namespace controller of kube-controller-manager: deletes
/// dependents of deleted owners, and the contents of terminating namespaces before the namespaces
/// themselves.
///
/// Over a transport it handles only the given kinds. There it deletes dependents in the background
/// and empties namespaces; finalizers of foreground and orphan deletions are left to a real
/// collector.
public struct GarbageCollector: RequestingController {
  /// The controller's name.
  public let name = "garbage collector"
  /// The kinds of owners and dependents that it reads over a transport.
  public let kinds: [ResourceType]

  /// Creates a collector.
  public init(kinds: [ResourceType] = []) {
    self.kinds = kinds.isEmpty || kinds.contains(Namespace.type) ? kinds : kinds + [Namespace.type]
  }

  /// Executes one step of garbage collection of all kinds; returns whether it changed anything.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> Bool {
    pass(on: &server, at: time) > 0
  }

  /// Executes one step of garbage collection of all kinds; returns the number of changes.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    server.mayHaveGarbage ? server.collectGarbage(at: time) : 0
  }

  /// The deletions of the given kinds' objects whose owners, of the given kinds too, are all
  /// deleted, or whose namespace terminates; and the finalization of empty namespaces.
  public func due(in server: MemoryAPIServer, at time: Date) -> [KubeRequest] {
    let objects = kinds.flatMap { type in server.objects(type).map { (type: type, object: $0) } }
    let uids = Set(objects.compactMap(\.object.metadata.uid))
    let known = Set(kinds.map(\.groupKind))
    let terminating = Set(
      server.objects(Namespace.type).filter { $0.metadata.deletionTimestamp != nil }.map(\.metadata.name))
    var requests: [KubeRequest] = []
    var occupied: Set<String> = []
    for (type, object) in objects where type.isNamespaced || !object.metadata.ownerReferences.isEmpty {
      let namespace = object.metadata.namespace
      if let namespace { occupied.insert(namespace) }
      let owners = object.metadata.ownerReferences
      let isOrphan =
        !owners.isEmpty
        && owners.allSatisfy { owner in
          known.contains(GroupKind(apiVersion: owner.apiVersion, kind: owner.kind))
            && !uids.contains(owner.uid)
        }
      guard isOrphan || namespace.map(terminating.contains) ?? false, object.metadata.deletionTimestamp == nil
      else { continue }
      let key = ObjectKey(type, namespace: namespace, name: object.metadata.name)
      requests.append(
        .delete(key, options: DeletionOptions(uid: object.metadata.uid, propagation: .background)))
    }
    for name in terminating.subtracting(occupied).sorted() {
      let key = ObjectKey(Namespace.type, name: name)
      guard var namespace = server.object(key)?.json else { continue }
      namespace.set(nil, at: ["spec", "finalizers"])
      requests.append(.replace(key, with: namespace, subresource: "finalize"))
    }
    return requests
  }
}
