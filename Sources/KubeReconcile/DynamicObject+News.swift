package import KubeCore

extension DynamicObject {
  /// Whether this may be news to one who knows `known`: it is another object, or a later version. Versions are opaque in
  /// old servers and ordered integers in today's (KEP-5504); what can't be compared counts as news.
  package func isNews(after known: DynamicObject) -> Bool {
    guard metadata.uid == known.metadata.uid, let mine = metadata.resourceVersion,
      let other = known.metadata.resourceVersion
    else { return true }
    if mine == other { return false }
    guard let mine = UInt64(mine), let other = UInt64(other) else { return true }
    return mine > other
  }
}
