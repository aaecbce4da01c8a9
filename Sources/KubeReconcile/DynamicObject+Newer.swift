package import KubeCore

extension DynamicObject {
  /// Whether this is a later version of the same object than `other`. Versions are opaque in old servers and ordered
  /// integers in today's (KEP-5504); what can't be compared counts as not newer.
  package func isNewer(than other: DynamicObject) -> Bool {
    guard metadata.uid == other.metadata.uid, let mine = metadata.resourceVersion.flatMap(UInt64.init),
      let others = other.metadata.resourceVersion.flatMap(UInt64.init)
    else { return false }
    return mine > others
  }
}
