import HashTreeCollections
import KubeCore

/// A relation of reconciled objects to others, which is followed in both directions.
struct KeyRelation: Sendable {
  private var targets: TreeDictionary<ObjectKey, TreeSet<ObjectKey>> = [:]
  private var sources: TreeDictionary<ObjectKey, TreeSet<ObjectKey>> = [:]

  /// The objects to which `source` is related.
  func targets(of source: ObjectKey) -> TreeSet<ObjectKey> { targets[source] ?? [] }

  /// The reconciled objects that are related to `target`.
  func sources(of target: ObjectKey) -> TreeSet<ObjectKey> { sources[target] ?? [] }

  mutating func relate(_ source: ObjectKey, to target: ObjectKey) {
    targets[source, default: []].insert(target)
    sources[target, default: []].insert(source)
  }

  mutating func separate(_ source: ObjectKey, from target: ObjectKey) {
    targets[source]?.remove(target)
    if targets[source]?.isEmpty ?? false { targets[source] = nil }
    sources[target]?.remove(source)
    if sources[target]?.isEmpty ?? false { sources[target] = nil }
  }
}
