import HashTreeCollections
import KubeCore

/// The objects that belong to reconciled ones through others, such as the Jobs of an owned CronJob.
///
/// Objects are known by their uids, and each is kept until it and all that refer to it are gone:
/// the watches of two kinds are independent, so an object may be observed before the one through
/// which it belongs to others, and stay after it.
struct OwnerChains: Sendable {
  private struct Link: Sendable {
    var key: ObjectKey
    /// The reconciled objects to which it belongs by its own content.
    var owners: Set<ObjectKey>
    /// The uids of the objects through which it belongs to others.
    var parents: Set<String>
    var isPresent = true
  }

  private var links: TreeDictionary<String, Link> = [:]
  /// The uids of the objects that refer to each one, observed or not.
  private var children: TreeDictionary<String, TreeSet<String>> = [:]

  /// Inserts or updates an object; returns the keys of the others whose owners may have changed.
  mutating func insert(_ uid: String, key: ObjectKey, owners: Set<ObjectKey>, parents: Set<String>)
    -> [ObjectKey]
  {
    let old = links[uid]
    links[uid] = Link(key: key, owners: owners, parents: parents)
    for parent in parents { children[parent, default: []].insert(uid) }
    for parent in old?.parents.subtracting(parents) ?? [] { detach(uid, from: parent) }
    return old?.owners == owners && old?.parents == parents ? [] : descendants(of: uid)
  }

  /// Records that an object is gone. What refers to it keeps its owners.
  mutating func remove(_ uid: String) {
    links[uid]?.isPresent = false
    forgetIfUnused(uid)
  }

  /// The keys of the reconciled objects to which an object belongs.
  func owners(of uid: String) -> Set<ObjectKey> {
    var owners: Set<ObjectKey> = []
    var seen: Set<String> = []
    var open = [uid]
    while let next = open.popLast() {
      guard seen.insert(next).inserted, let link = links[next] else { continue }
      owners.formUnion(link.owners)
      open += link.parents
    }
    return owners
  }

  private func descendants(of uid: String) -> [ObjectKey] {
    var keys: [ObjectKey] = []
    var seen: Set<String> = [uid]
    var open = [uid]
    while let next = open.popLast() {
      for child in children[next] ?? [] where seen.insert(child).inserted {
        if let link = links[child], link.isPresent { keys.append(link.key) }
        open.append(child)
      }
    }
    return keys
  }

  private mutating func detach(_ child: String, from parent: String) {
    children[parent]?.remove(child)
    if children[parent]?.isEmpty ?? false { children[parent] = nil }
    forgetIfUnused(parent)
  }

  private mutating func forgetIfUnused(_ uid: String) {
    guard let link = links[uid], !link.isPresent, children[uid] == nil else { return }
    links[uid] = nil
    for parent in link.parents { detach(uid, from: parent) }
  }
}
