import KubeCore

/// The API server's field manager: who owns which fields of an object, and how a write changes
/// that.
///
/// Objects are passed without `metadata.managedFields`; the entries are separate. The functions are
/// pure: the time is an argument.
struct FieldManager {
  typealias Entry = ManagedFieldsEntry

  /// The rules of the kind's fields.
  var table: FieldTable
  /// The version of the request.
  var apiVersion: String
  /// The subresource that is written to.
  var subresource: String?
  /// The members that the kind's objects have before any write: always present, and without an
  /// owner for that.
  var skeleton: JSONValue

  /// The fields without an owner: they identify the object or belong to the server.
  private static let stripped: FieldSet = {
    var set = FieldSet(strippedMetadata.map { [.field("metadata"), .field($0)] })
    set.insert([.field("apiVersion")])
    set.insert([.field("kind")])
    return set
  }()

  private static let strippedMetadata: Set<String> = [
    "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
    "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
  ]

  /// The fields without an owner, and `metadata` itself.
  private static let unowned = stripped.union(FieldSet([[.field("metadata")]]))

  // MARK: Update

  /// The entries after `manager` replaced `live` by `new`: it owns the fields that it added or
  /// changed, and other managers no longer do.
  ///
  /// `entries` are those that the object had, or those that the writer sent. `resettable` are
  /// fields that this kind of write can't change.
  func update(
    live: JSONValue, new: JSONValue, entries: [Entry], manager: String, isCreation: Bool,
    resettable: FieldSet, time: String
  ) -> [Entry] {
    // An object whose entries were reset stays untracked until it is applied.
    if entries.isEmpty && !isCreation { return [] }
    let difference = filtered(
      FieldMerge.compare(withSkeleton(live), to: withSkeleton(new), by: table.root), resettable)
    var rest = taking(difference.changed, removed: difference.removed, from: entries, exceptAt: nil)
    var gained = strip(difference.changed)
    guard !gained.isEmpty else { return sorted(rest) }
    if let index = rest.firstIndex(where: { isEntry($0, manager: manager, operation: .update) }) {
      gained = rest[index].fields.union(gained)
      rest.remove(at: index)
    }
    rest.append(
      Entry(
        manager: manager, operation: .update, apiVersion: apiVersion, time: time, subresource: subresource,
        fields: gained))
    return sorted(capped(rest))
  }

  // MARK: Apply

  /// The result of an apply: the object and its entries.
  struct Applied {
    var object: JSONValue
    var entries: [Entry]
  }

  /// Applies `config`, the whole configuration of `manager`, to `live`.
  ///
  /// Fields that it applied before and now omits are removed, unless another manager owns them.
  /// Throws a conflict where another manager owns a field that would change, unless `force` takes
  /// it over.
  func apply(
    live: JSONValue, config: JSONValue, entries: [Entry], manager: String, force: Bool,
    resettable: FieldSet, time: String
  ) throws(APIFailure) -> Applied {
    var entries = entries
    if entries.isEmpty, live.value(at: "metadata", "uid") != nil {
      // The writer of the existing fields is unknown: they belong to a manager of that name, so
      // that a change requires force.
      entries = update(
        live: .object([:]), new: live, entries: [], manager: "before-first-apply", isCreation: true,
        resettable: FieldSet(), time: time)
    }
    // The object's identity isn't applied; the caller checks it.
    let wanted = withoutStripped(config, resettable)
    let set = strip(table.fieldSet(of: wanted)).subtractingRecursively(resettable)
    let index = entries.firstIndex { isEntry($0, manager: manager, operation: .apply) }
    let previous = index.map { entries[$0] }
    let entry = Entry(
      manager: manager, operation: .apply, apiVersion: apiVersion, time: previous?.time ?? time,
      subresource: subresource, fields: set)
    if let index { entries[index] = entry } else { entries.append(entry) }

    var object = FieldMerge.merge(live, with: wanted, by: table.root)
    // If everything that was applied before is applied again, nothing can be removed.
    if let previous, !previous.fields.isSubset(of: set) {
      object = prune(object, last: previous.fields, entries: entries)
    }
    if entries.count == 1, let previous, previous.fields == set {
      // There are no other managers and nothing is removed: only a change of value matters.
      let isChanged =
        previous.apiVersion != apiVersion
        || FieldMerge.differs(withSkeleton(live), from: withSkeleton(object), by: table.root)
      if isChanged { entries[0].time = time }
      return Applied(object: object, entries: entries.filter { !$0.fields.isEmpty })
    }
    let difference = filtered(
      FieldMerge.compare(withSkeleton(live), to: withSkeleton(object), by: table.root), resettable)
    if !force && !difference.isEmpty {
      let allowed = manager == FieldManager.kubectl ? lastApplied(live) : FieldSet()
      try refuseConflicts(difference.changed, entries: entries, allowed: allowed) {
        isEntry($0, manager: manager, operation: .apply)
      }
    }
    if entries.count > 1 && !difference.isEmpty {
      entries = taking(difference.changed, removed: difference.removed, from: entries) {
        isEntry($0, manager: manager, operation: .apply)
      }
    }
    let isChanged = !difference.isEmpty || previous?.fields != set || previous?.apiVersion != apiVersion
    if isChanged, let index = entries.firstIndex(where: { isEntry($0, manager: manager, operation: .apply) })
    {
      entries[index].time = time
    }
    return Applied(object: object, entries: sorted(entries.filter { !$0.fields.isEmpty }))
  }

  /// Removes the fields of `last`, the manager's former set, that are in no entry's set now.
  private func prune(_ merged: JSONValue, last: FieldSet, entries: [Entry]) -> JSONValue {
    func named(_ set: FieldSet) -> FieldSet { FieldMerge.withNamedFields(set, table.root) }
    let last = named(last)
    let pruned = FieldMerge.remove(last, from: merged, table.root) ?? .object([:])
    let all = named(completeSet(merged))
    // Fields that were pruned although another manager owns them, or a part of them, are restored …
    let owned = named(entries.reduce(FieldSet()) { $0.union($1.fields) })
    let kept = named(completeSet(pruned)).union(owned)
    let backed = FieldMerge.remove(all.subtracting(kept), from: merged, table.root) ?? .object([:])
    // … and so are fields that had no owner before, such as a default beside a dropped field.
    let gone = all.subtracting(named(completeSet(backed))).intersection(last)
    return FieldMerge.remove(gone, from: merged, table.root) ?? .object([:])
  }

  /// The set of every field of `object`, those without an owner included.
  private func completeSet(_ object: JSONValue) -> FieldSet {
    var set = table.fieldSet(of: object)
    for name in ["apiVersion", "kind"] where object[name] != nil { set.insert([.field(name)]) }
    for member in object["metadata"]?.object ?? [:] {
      let path: [FieldSet.Element] = [.field("metadata"), .field(member.key)]
      if FieldManager.stripped.contains(path) { set.insert(path) }
    }
    return set
  }

  /// The default manager of `kubectl apply --server-side`.
  private static let kubectl = "kubectl"

  /// The fields that kubectl's client-side apply recorded and that still have their recorded
  /// values: its server-side apply may take them over without force.
  private func lastApplied(_ live: JSONValue) -> FieldSet {
    guard
      let text = live.value(at: "metadata", "annotations", DynamicObject.lastAppliedAnnotation)?.string,
      let object = try? JSONParser().parse(text), object.object != nil
    else { return FieldSet() }
    let difference = FieldMerge.compare(object, to: live, by: table.root)
    return table.fieldSet(of: object).subtracting(difference.modified).subtracting(difference.removed)
  }

  private func refuseConflicts(
    _ changed: FieldSet, entries: [Entry], allowed: FieldSet, except isOwn: (Entry) -> Bool
  ) throws(APIFailure) {
    var conflicts: [(entry: Entry, paths: [[FieldSet.Element]])] = []
    for entry in entries where !isOwn(entry) {
      let paths = entry.fields.intersection(changed).subtracting(allowed).paths
      if !paths.isEmpty { conflicts.append((entry, paths)) }
    }
    guard !conflicts.isEmpty else { return }
    conflicts.sort { words($0.entry) < words($1.entry) }
    let causes = conflicts.flatMap { conflict in
      conflict.paths.map {
        APIFailure.Cause(
          reason: "FieldManagerConflict", message: "conflict with \(words(conflict.entry))",
          field: FieldMerge.text($0))
      }
    }
    if causes.count == 1 {
      throw .applyConflict(
        "Apply failed with 1 conflict: \(causes[0].message): \(causes[0].field)", causes)
    }
    let lines = conflicts.map { conflict in
      "conflicts with \(words(conflict.entry)):\n"
        + conflict.paths.map { "- " + FieldMerge.text($0) }.joined(separator: "\n")
    }
    throw .applyConflict(
      "Apply failed with \(causes.count) conflicts: " + lines.joined(separator: "\n"), causes)
  }

  /// A manager in conflict messages.
  private func words(_ entry: Entry) -> String {
    var text = JSONWriter().text(.string(entry.manager))
    if let subresource = entry.subresource {
      text += " with subresource " + JSONWriter().text(.string(subresource))
    }
    if entry.operation == .update {
      text += " using \(entry.apiVersion)" + (entry.time.map { " at \($0)" } ?? "")
    }
    return text
  }

  // MARK: Parts

  /// An applier is the same in every version; an updater is another one in each.
  private func isEntry(_ entry: Entry, manager: String, operation: Entry.Operation) -> Bool {
    entry.manager == manager && entry.operation == operation && entry.subresource == subresource
      && (operation == .apply || entry.apiVersion == apiVersion)
  }

  /// The `entries` without the fields that changed their owner or are gone; entries without fields
  /// are removed.
  private func taking(
    _ changed: FieldSet, removed: FieldSet, from entries: [Entry], exceptAt isOwn: ((Entry) -> Bool)?
  ) -> [Entry] {
    entries.compactMap { entry in
      if isOwn?(entry) == true { return entry }
      var entry = entry
      entry.fields = entry.fields.subtracting(changed).subtracting(removed)
      return entry.fields.isEmpty ? nil : entry
    }
  }

  private func filtered(_ difference: FieldMerge.Difference, _ resettable: FieldSet) -> FieldMerge.Difference
  {
    if difference.isEmpty { return difference }
    return FieldMerge.Difference(
      added: strip(difference.added).subtractingRecursively(resettable),
      removed: strip(difference.removed).subtractingRecursively(resettable),
      modified: strip(difference.modified).subtractingRecursively(resettable))
  }

  private func strip(_ set: FieldSet) -> FieldSet {
    set.subtracting(FieldManager.unowned)
  }

  private func withoutStripped(_ config: JSONValue, _ resettable: FieldSet) -> JSONValue {
    guard let members = config.object else { return config }
    return .object(
      members.compactMapValues { member in
        if resettable.contains(.field(member.key)) { return nil }
        guard member.key == "metadata", let metadata = member.value.object, !metadata.isEmpty else {
          return member.value
        }
        let rest = JSONObject(sorted: metadata.filter { !FieldManager.strippedMetadata.contains($0.key) })
        return rest.isEmpty ? nil : .object(rest)
      })
  }

  private func withSkeleton(_ object: JSONValue) -> JSONValue {
    skeleton.object?.isEmpty == true ? object : FieldManager.underlay(skeleton, object)
  }

  /// The object with those members of `skeleton` that it lacks.
  private static func underlay(_ skeleton: JSONValue, _ object: JSONValue) -> JSONValue {
    guard case .object(let below) = skeleton, !below.isEmpty, case .object(var members) = object else {
      return object
    }
    for member in below {
      members[member.key] = members[member.key].map { underlay(member.value, $0) } ?? member.value
    }
    return .object(members)
  }

  /// The entries with at most ten updating managers; as on the real server, the oldest are merged
  /// into one.
  private func capped(_ entries: [Entry]) -> [Entry] {
    guard entries.count > FieldManager.maximumUpdaters else { return entries }
    var updaters = entries.filter { $0.operation == .update }
    guard updaters.count > FieldManager.maximumUpdaters else { return entries }
    updaters.sort { ($0.time ?? "", $0.manager) < ($1.time ?? "", $1.manager) }
    var result = entries
    for entry in updaters.prefix(updaters.count - FieldManager.maximumUpdaters + 1) {
      result.removeAll { $0 == entry }
      if let index = result.firstIndex(where: {
        $0.manager == "ancient-changes" && $0.apiVersion == entry.apiVersion
      }) {
        result[index].fields = result[index].fields.union(entry.fields)
      } else {
        var merged = entry
        merged.manager = "ancient-changes"
        merged.subresource = nil
        result.append(merged)
      }
    }
    return result
  }

  static let maximumUpdaters = 10

  /// The entries in the server's order.
  private func sorted(_ entries: [Entry]) -> [Entry] {
    guard entries.count > 1 else { return entries }
    return entries.sorted { left, right in
      if left.operation != right.operation { return left.operation.rawValue < right.operation.rawValue }
      if left.time != right.time { return left.time ?? "" < right.time ?? "" }
      if left.manager != right.manager { return left.manager < right.manager }
      if left.apiVersion != right.apiVersion { return left.apiVersion < right.apiVersion }
      return left.subresource ?? "" < right.subresource ?? ""
    }
  }
}
