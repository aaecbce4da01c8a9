package import KubeCore

extension DynamicObject {
  /// Whether this object is another one than `known`, a later version of it, or the same version
  /// with other content: after a change of its definition an API server drops or adds fields of a
  /// custom resource without a new version.
  ///
  /// Resource versions are opaque in old servers and ordered integers in today's (KEP-5504);
  /// versions that can't be compared count as later.
  package func isNewer(than known: DynamicObject) -> Bool {
    guard metadata.uid == known.metadata.uid, let mine = metadata.resourceVersion,
      let other = known.metadata.resourceVersion
    else { return true }
    if mine == other { return apiVersion == known.apiVersion && json != known.json }
    guard let mine = UInt64(mine), let other = UInt64(other) else { return true }
    return mine > other
  }

  /// Whether this version is later than `resourceVersion`, such as a list's; versions that can't be
  /// compared aren't.
  package func isLater(than resourceVersion: String) -> Bool {
    guard let mine = metadata.resourceVersion.flatMap({ UInt64($0) }), let other = UInt64(resourceVersion)
    else { return false }
    return mine > other
  }

  /// Whether this object differs from `known`, an earlier version of it, in more than its resource
  /// version and the times in its managedFields. Both must be reduced in the same way.
  package func hasNewContent(after known: DynamicObject) -> Bool {
    guard metadata.uid == known.metadata.uid, apiVersion == known.apiVersion,
      let entries = try? managedFields(), let knownEntries = try? known.managedFields()
    else { return true }
    func content(_ json: JSONValue) -> JSONObject? {
      var metadata = json["metadata"]?.object
      metadata?["resourceVersion"] = nil
      metadata?["managedFields"] = nil
      return metadata
    }
    return content(json) != content(known.json)
      || json.object?.filter { $0.key != "metadata" } != known.json.object?.filter { $0.key != "metadata" }
      || !entries.elementsEqual(knownEntries) { left, right in
        left.manager == right.manager && left.operation == right.operation
          && left.apiVersion == right.apiVersion && left.subresource == right.subresource
          && left.fields == right.fields
      }
  }

  /// Whether this is the same version of the same object.
  package func isSameVersion(as known: DynamicObject) -> Bool {
    metadata.uid == known.metadata.uid && metadata.resourceVersion != nil
      && metadata.resourceVersion == known.metadata.resourceVersion
  }
}
