import KubeCore

/// Who owns which fields of one object, and what a write makes of it: the field manager of the API server.
///
/// Objects come without `metadata.managedFields`; the entries are beside them. Pure: the time is an argument.
struct FieldManager {
  typealias Entry = ManagedFieldsEntry

  /// The rules of the kind's fields.
  var table: FieldTable
  /// The version that the request is in.
  var apiVersion: String
  /// The subresource written to.
  var subresource: String?
  /// The kind's objects as they are before anybody set anything: members that are always there, which nobody
  /// owns by their being there.
  var skeleton: JSONValue

  /// Fields that nobody owns: they name the object or are the server's.
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

  /// The same, and `metadata` itself.
  private static let unowned = stripped.union(FieldSet([[.field("metadata")]]))

  // MARK: Update

  /// The entries after `manager` replaced `live` by `new`: what it added or changed is its own, and no longer
  /// others'.
  ///
  /// `entries` are those that the object had, or those that the writer put into it. `resettable` are fields
  /// that this way of writing
  /// can't change.
  func update(
    live: JSONValue, new: JSONValue, entries: [Entry], manager: String, isCreation: Bool,
    resettable: FieldSet, time: String
  ) -> [Entry] {
    // An object whose entries were reset stays untracked until it is applied.
    if entries.isEmpty && !isCreation { return [] }
    let difference = filtered(
      FieldMerge.compare(withSkeleton(live), withSkeleton(new), table.root), resettable)
    var rest = taking(difference.changed, removed: difference.removed, from: entries, exceptAt: nil)
    var gained = strip(difference.changed)
    guard !gained.isEmpty else { return sorted(rest) }
    if let index = rest.firstIndex(where: { isEntry($0, manager, .update) }) {
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

  /// What an apply gives: the object, and the entries.
  struct Applied {
    var object: JSONValue
    var entries: [Entry]
  }

  /// Lays `config`, all that `manager` wants, over `live`.
  ///
  /// What it applied before and now leaves out goes, unless another manager owns it. Throws a conflict where
  /// another owns
  /// a field that would change, unless `force` takes it over.
  func apply(
    live: JSONValue, config: JSONValue, entries: [Entry], manager: String, force: Bool,
    resettable: FieldSet, time: String
  ) throws(APIFailure) -> Applied {
    var entries = entries
    if entries.isEmpty, live.value(at: "metadata", "uid") != nil {
      // Nobody knows who wrote what is there: it belongs to a manager of that name, so that a change needs
      // force.
      entries = update(
        live: .object([:]), new: live, entries: [], manager: "before-first-apply", isCreation: true,
        resettable: FieldSet(), time: time)
    }
    // Metadata that names the object isn't applied but is checked by the caller.
    let wanted = withoutStripped(config, resettable)
    let set = strip(table.fieldSet(of: wanted)).subtractingRecursively(resettable)
    let index = entries.firstIndex { isEntry($0, manager, .apply) }
    let previous = index.map { entries[$0] }
    let entry = Entry(
      manager: manager, operation: .apply, apiVersion: apiVersion, time: previous?.time ?? time,
      subresource: subresource, fields: set)
    if let index { entries[index] = entry } else { entries.append(entry) }

    var object = FieldMerge.merge(live, wanted, table.root)
    // Where everything applied before is applied again, nothing can have to go.
    if let previous, !previous.fields.isSubset(of: set) {
      object = prune(object, last: previous.fields, entries: entries)
    }
    if entries.count == 1, let previous, previous.fields == set {
      // Nobody else has a say, and nothing goes: all that matters is whether anything changed.
      let isChanged =
        previous.apiVersion != apiVersion
        || FieldMerge.differs(withSkeleton(live), withSkeleton(object), table.root)
      if isChanged { entries[0].time = time }
      return Applied(object: object, entries: entries.filter { !$0.fields.isEmpty })
    }
    let difference = filtered(
      FieldMerge.compare(withSkeleton(live), withSkeleton(object), table.root), resettable)
    if !force && !difference.isEmpty {
      let allowed = manager == FieldManager.kubectl ? lastApplied(live) : FieldSet()
      try refuseConflicts(difference.changed, entries, allowed) { isEntry($0, manager, .apply) }
    }
    if entries.count > 1 && !difference.isEmpty {
      entries = taking(difference.changed, removed: difference.removed, from: entries) {
        isEntry($0, manager, .apply)
      }
    }
    let isChanged = !difference.isEmpty || previous?.fields != set || previous?.apiVersion != apiVersion
    if isChanged, let index = entries.firstIndex(where: { isEntry($0, manager, .apply) }) {
      entries[index].time = time
    }
    return Applied(object: object, entries: sorted(entries.filter { !$0.fields.isEmpty }))
  }

  /// Removes what is in `last`, the manager's former set, and in no entry's set now.
  private func prune(_ merged: JSONValue, last: FieldSet, entries: [Entry]) -> JSONValue {
    func named(_ set: FieldSet) -> FieldSet { FieldMerge.withNamedFields(set, table.root) }
    let last = named(last)
    let pruned = FieldMerge.remove(last, from: merged, table.root) ?? .object([:])
    let all = named(completeSet(merged))
    // What pruning took although somebody owns it, or a part of it, comes back …
    let owned = named(entries.reduce(FieldSet()) { $0.union($1.fields) })
    let kept = named(completeSet(pruned)).union(owned)
    let backed = FieldMerge.remove(all.subtracting(kept), from: merged, table.root) ?? .object([:])
    // … and what nobody owned before either, such as a default beside a dropped field.
    let gone = all.subtracting(named(completeSet(backed))).intersection(last)
    return FieldMerge.remove(gone, from: merged, table.root) ?? .object([:])
  }

  /// The set of every field of `object`, what nobody can own included.
  private func completeSet(_ object: JSONValue) -> FieldSet {
    var set = table.fieldSet(of: object)
    for name in ["apiVersion", "kind"] where object[name] != nil { set.insert([.field(name)]) }
    for member in object["metadata"]?.object ?? [:] {
      let path: [FieldSet.Element] = [.field("metadata"), .field(member.key)]
      if FieldManager.stripped.contains(path) { set.insert(path) }
    }
    return set
  }

  /// The manager that kubectl applies as, unless it is told another name.
  private static let kubectl = "kubectl"

  /// The fields that kubectl's client-side apply noted and that still are as it noted them: its server-side apply may
  /// take them over without force.
  private func lastApplied(_ live: JSONValue) -> FieldSet {
    guard
      let text = live.value(at: "metadata", "annotations", DynamicObject.lastAppliedAnnotation)?.string,
      let object = try? JSONParser().parse(text), object.object != nil
    else { return FieldSet() }
    let difference = FieldMerge.compare(object, live, table.root)
    return table.fieldSet(of: object).subtracting(difference.modified).subtracting(difference.removed)
  }

  private func refuseConflicts(
    _ changed: FieldSet, _ entries: [Entry], _ allowed: FieldSet, except isOwn: (Entry) -> Bool
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

  /// A manager as conflict messages name it.
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

  /// An applier is the same in whatever version it applies; one who updates is another in each.
  private func isEntry(_ entry: Entry, _ manager: String, _ operation: Entry.Operation) -> Bool {
    entry.manager == manager && entry.operation == operation && entry.subresource == subresource
      && (operation == .apply || entry.apiVersion == apiVersion)
  }

  /// `entries` without the fields that changed hands or are gone; entries without fields vanish.
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

  /// `object` with the members of `skeleton` that it lacks.
  private static func underlay(_ skeleton: JSONValue, _ object: JSONValue) -> JSONValue {
    guard case .object(let below) = skeleton, !below.isEmpty, case .object(var members) = object else {
      return object
    }
    for member in below {
      members[member.key] = members[member.key].map { underlay(member.value, $0) } ?? member.value
    }
    return .object(members)
  }

  /// At most ten managers that update are kept apart; the oldest become one, as the real server has it.
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

  /// The server's order of entries.
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
