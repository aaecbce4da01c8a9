import KubeCore

/// An object that is being written to, decoded once from its bytes.
struct LiveObject {
  let stored: StoredObject
  /// The object in the version of the request.
  let json: JSONValue
  /// The object without `metadata.managedFields`.
  let untracked: JSONValue
  /// The entries of its managedFields.
  let entries: [ManagedFieldsEntry]

  init(_ stored: StoredObject, as type: ResourceType) {
    self.stored = stored
    json = stored.json(as: type)
    var rest = json
    rest.set(nil, at: ["metadata", "managedFields"])
    untracked = rest
    entries = stored.entries
  }

  /// The `entries` as JSON; unchanged ones are taken from the stored JSON.
  func json(of entries: [ManagedFieldsEntry]) -> JSONValue? {
    let known = json["metadata"]?["managedFields"]?.array ?? []
    guard !entries.isEmpty else { return nil }
    return .array(
      entries.map { entry in
        guard known.count == self.entries.count,
          let index = self.entries.firstIndex(where: { LiveObject.saysTheSame($0, entry) })
        else { return entry.json }
        var json = known[index]
        json["time"] = entry.time.map { .string($0) }
        return json
      })
  }

  private static func saysTheSame(_ left: ManagedFieldsEntry, _ right: ManagedFieldsEntry) -> Bool {
    left.manager == right.manager && left.operation == right.operation && left.apiVersion == right.apiVersion
      && left.subresource == right.subresource && left.fields == right.fields
  }

  /// Whether `other` has the same owners of the same fields, whatever the times.
  func hasOwnership(_ other: [ManagedFieldsEntry]) -> Bool {
    entries.count == other.count
      && entries.allSatisfy { entry in
        other.contains { LiveObject.saysTheSame($0, entry) }
      }
  }
}
