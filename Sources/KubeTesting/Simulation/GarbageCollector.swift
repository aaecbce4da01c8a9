public import KubeCore
import KubeKindsCore
public import KubeMemory
public import KubeTransport

public import struct Foundation.Date

/// The garbage collector and the namespace controller of kube-controller-manager: dependents of deleted owners go, and
/// the contents of terminating namespaces, then these.
///
/// Over a transport it looks at the given kinds alone. There it deletes dependents in the background and empties
/// namespaces; finalizers of foreground and orphan deletions are left to a real collector.
public struct GarbageCollector: RequestingController {
  /// The controller's name.
  public let name = "garbage collector"
  /// The kinds of owners and dependents that it looks at over a transport.
  public let kinds: [ResourceType]

  /// A collector.
  public init(kinds: [ResourceType] = []) {
    self.kinds = kinds.isEmpty || kinds.contains(Namespace.type) ? kinds : kinds + [Namespace.type]
  }

  /// One step of garbage collection, of all kinds.
  public func step(on server: inout MemoryAPIServer, at time: Date) -> Bool {
    pass(on: &server, at: time) > 0
  }

  /// One step of garbage collection, of all kinds; returns how many changes it made.
  public func pass(on server: inout MemoryAPIServer, at time: Date) -> Int {
    server.mayHaveGarbage ? server.collectGarbage(at: time) : 0
  }

  /// Deletions of the given kinds' objects whose owners, of the given kinds too, are all gone, or whose namespace
  /// terminates; and the end of namespaces in which none is left.
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
        .delete(key, options: DeleteOptions(uid: object.metadata.uid, propagation: .background)))
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
