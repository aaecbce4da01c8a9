extension FieldTable {
  /// The conversion of the `Update` entries of `managers` in managedFields into the field
  /// manager's, and the set of fields that it owns afterwards (KEP-555, client-go's `csaupgrade`).
  ///
  /// An entry in `apiVersion` is renamed in place, or merged into the field manager's Apply entry.
  /// Fields recorded in another version can be adopted only beside an Apply entry: the first apply
  /// in `apiVersion` creates one, and then the other entry is removed. Fields that it alone owned
  /// stay without an owner: if they were adopted, the next apply would remove them, owner
  /// references included. An entry for a subresource is renamed together with its version: the
  /// server refuses an apply to a subresource in one version over an entry in another.
  func adoption(
    of managers: Set<String>, _ entries: [ManagedFieldsEntry], observed: DynamicObject, apiVersion: String,
    ownership: FieldOwnership, subresource: String?
  ) -> (owned: FieldSet, patch: [JSONPatchOperation]?) {
    func isOwn(_ entry: ManagedFieldsEntry) -> Bool {
      entry.operation == .apply && entry.manager == ownership.fieldManager
        && (entry.subresource == subresource || entry.subresource == nil)
    }
    var place = entries.firstIndex(where: isOwn)
    let mayConvert = place != nil || subresource != nil
    let adopted = entries.indices.filter { index in
      let entry = entries[index]
      return entry.operation == .update && managers.contains(entry.manager)
        && entry.subresource == subresource && (mayConvert || entry.apiVersion == apiVersion)
    }
    let isOutdated = subresource != nil && place.map { entries[$0].apiVersion != apiVersion } ?? false
    guard let position = place ?? adopted.first, !adopted.isEmpty || isOutdated else {
      return (place.map { entries[$0].fields } ?? FieldSet(), nil)
    }
    place = position
    var entry = entries[position]
    entry.manager = ownership.fieldManager
    entry.operation = .apply
    func fields(_ entry: ManagedFieldsEntry) -> FieldSet {
      entry.apiVersion == apiVersion ? entry.fields : existing(entry.fields, in: observed.json)
    }
    if subresource != nil { entry.fields = fields(entry) }
    for index in adopted
    where index != position && (subresource != nil || entries[index].apiVersion == apiVersion) {
      entry.fields = entry.fields.union(fields(entries[index]))
    }
    if subresource != nil { entry.apiVersion = apiVersion }
    // The other entries stay what they are; their places are those of the version that the patch names.
    func path(_ index: Int) -> String { "/metadata/managedFields/\(index)" }
    var patch: [JSONPatchOperation] = [.replace(path: path(position), entry.json)]
    patch += adopted.reversed().filter { $0 != position }.map { .remove(path: path($0)) }
    if let version = observed.metadata.resourceVersion {
      patch.append(.replace(path: "/metadata/resourceVersion", .string(version)))
    }
    return (entry.fields, patch)
  }
}
