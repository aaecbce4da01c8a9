/// Under whose name an object's fields are ours.
public struct Ownership: Sendable, Hashable {
  /// The field manager under which we apply.
  public var fieldManager: String
  /// Managers whose fields, set by `Update`, are to become ours: an earlier program that did our work.
  public var predecessors: Set<String>

  /// Fields are ours under `fieldManager`; those of `predecessors` are taken over.
  public init(fieldManager: String, predecessors: Set<String> = []) {
    self.fieldManager = fieldManager
    self.predecessors = predecessors
  }

  /// The name under which `fieldManager` applies to a subresource.
  ///
  /// It has one of its own for each: API servers before 1.22 don't tell in managedFields which subresource an
  /// entry is
  /// about, and one name for both would make each apply drop what the other owns.
  public static func fieldManager(_ fieldManager: String, for subresource: String?) -> String {
    subresource.map { "\(fieldManager)-\($0)" } ?? fieldManager
  }

  /// The same with the name that is used for `subresource`.
  func applying(to subresource: String?) -> Ownership {
    Ownership(
      fieldManager: Ownership.fieldManager(fieldManager, for: subresource), predecessors: predecessors)
  }
}

/// What an observed object lacks to be what we want it to be, and whether a server-side apply would change
/// that.
///
/// Comparing by meaning, and by who owns a field, is what lets an operator write nothing when nothing is to
/// be changed.
public struct Drift: Sendable, Hashable {
  /// A field in which the observed object isn't as desired.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// What is not as desired.
    public enum Kind: Sendable, Hashable {
      /// The object lacks the field.
      case missing
      /// The field has another value.
      case changed
      /// We own the field and no longer want it.
      case dropped
      /// The value is as desired, but the field isn't ours yet.
      case unowned
    }

    /// The field.
    public var path: FieldPath
    /// What is not as desired.
    public var kind: Kind
    /// The value that was observed; `nil` where there is none. A value of a Secret is hidden.
    public var observed: JSONValue?
    /// The value that is desired; `nil` for a dropped field. A value of a Secret is hidden.
    public var desired: JSONValue?
    /// Whether the server will refuse the change: the object has to be made anew.
    public var isImmutable: Bool

    /// What is not as desired, in words: `spec.replicas: is 3, should be 5`.
    public var description: String {
      switch kind {
      case .missing: "\(path): is missing"
      case .changed:
        switch (Difference.short(observed), Difference.short(desired)) {
        case (let observed?, let desired?): "\(path): is \(observed), should be \(desired)"
        default: "\(path): has another value"
        }
      case .dropped: "\(path): is no longer wanted"
      case .unowned: "\(path): is right, but not ours yet"
      }
    }

    /// A scalar short enough for a sentence; `nil` for others and for what must not be seen.
    private static func short(_ value: JSONValue?) -> String? {
      switch value {
      case nil, .object?, .array?, .secret?: nil
      case .null?, .bool?, .number?, .string?:
        value.map(\.description).flatMap { $0.utf8.count <= 80 ? $0 : nil }
      }
    }
  }

  /// A field that we want to change and that another manager applies.
  public struct Conflict: Sendable, Hashable, CustomStringConvertible {
    /// The other manager.
    public var manager: String
    /// The field.
    public var path: FieldPath
    /// The same, as managedFields says it.
    let elements: [FieldSet.Element]

    /// The conflict in words.
    public var description: String { "\(path) is applied by \(manager)" }
  }

  /// Where the observed object isn't as desired, in the order of the fields; after the adoption where there
  /// is one.
  public var differences: [Difference] = []
  /// Fields among the differences that another manager than our predecessors applies: without force the
  /// server refuses the apply.
  public var conflicts: [Conflict] = []
  /// A JSON patch that makes our predecessors' fields ours, to be sent before the apply; it names the
  /// observed resourceVersion. `nil` where
  /// there is nothing to take over, or not before our first apply.
  public var adoption: [JSONPatchOperation]?
  /// The object came without managedFields: values alone were compared.
  public var comparedByValueOnly = false

  /// Whether there is something that an apply of the desired fields would change, once the adoption is done.
  public var needsApply: Bool { !differences.isEmpty }
  /// Whether nothing is to be done.
  public var isNone: Bool { differences.isEmpty && adoption == nil }
  /// What is left of `desired`, the apply configuration that this drift is of, when every field that another
  /// manager
  /// applies is left to it.
  public func yielding(_ desired: JSONValue) -> JSONValue {
    conflicts.reduce(desired) { $0.removing($1.elements[...]) }
  }

  /// Whether a value on the server would change; else ownership alone.
  public var changesValues: Bool { differences.contains { $0.kind == .missing || $0.kind == .changed } }
}

extension FieldTable {
  /// What `observed` lacks to be as `desired`, our whole apply configuration of it.
  ///
  /// With managedFields an apply is needed where a desired field is missing or differs by meaning, where our
  /// Apply entry owns a
  /// field that is no longer desired, and where a desired field isn't ours yet. Fields that we neither desire
  /// nor own are other managers' or the
  /// server's, and ignored. Without managedFields values alone are compared.
  ///
  /// With a `subresource` of `status` the desired status alone counts, without a subresource all but it.
  /// Throws where managedFields can't be read.
  public func drift(
    desired: JSONValue, observed: DynamicObject, ownership: Ownership, subresource: String? = nil
  ) throws(FieldError) -> Drift {
    let ownership = ownership.applying(to: subresource)
    let apiVersion = desired["apiVersion"]?.string ?? observed.apiVersion
    let entries = try observed.managedFields()
    if isSettled(
      desired: desired, observed: observed, entries: entries, apiVersion: apiVersion, ownership: ownership,
      subresource: subresource)
    {
      return Drift()
    }
    var wanted = FieldTable.owned(desired)
    if subresource == "status" {
      wanted = .fields(["status": desired["status"]])
    } else if subresource == nil {
      // An apply to the object itself doesn't reach its status.
      wanted["status"] = nil
    }
    // The data of a Secret must not be seen, on either side.
    if observed.groupKind == GroupKind(group: "", kind: "Secret") {
      wanted = DynamicObject.concealingSecretData(wanted)
    }
    var drift = Drift()
    var ours: FieldSet?
    var applied = FieldSet()
    // What we created, we own by an Update entry: as good as an Apply entry for as long as nothing changes.
    let created = entries.filter {
      $0.operation == .update && $0.manager == ownership.fieldManager && $0.subresource == subresource
    }
    if entries.isEmpty {
      drift.comparedByValueOnly = true
    } else {
      let plan = adoption(
        of: ownership.predecessors, entries, observed: observed, apiVersion: apiVersion, ownership: ownership,
        subresource: subresource)
      drift.adoption = plan.patch
      applied = plan.ours
      ours = created.reduce(plan.ours) { $0.union($1.fields) }
    }
    var comparison = Comparison(table: self)
    comparison.compare(wanted, observed.json, root, owned: ours.map { .fields($0) } ?? .anything)
    if let ours {
      var dropped = FieldTable.dropped(applied, FieldTable.fields(of: wanted, root) ?? FieldSet())
      if !created.isEmpty {
        // A creation owns what the server filled in, too: that was never desired, and isn't dropped.
        let filledIn = FieldTable.fields(of: fillingDefaults(in: wanted), root) ?? FieldSet()
        dropped = dropped.union(FieldTable.dropped(ours.subtracting(applied), filledIn))
      }
      comparison.report(dropped: dropped, in: observed.json)
    }
    if !created.isEmpty && !comparison.found.isEmpty {
      // An apply beside an Update entry of our own would leave us what we drop, for ever.
      drift.adoption =
        adoption(
          of: ownership.predecessors.union([ownership.fieldManager]), entries, observed: observed,
          apiVersion: apiVersion, ownership: ownership, subresource: subresource
        ).patch
    }
    drift.differences = comparison.found.map(\.difference)
    for (path, difference) in comparison.found
    where difference.kind == .changed || difference.kind == .missing {
      for entry in entries
      where entry.operation == .apply && entry.manager != ownership.fieldManager
        && !ownership.predecessors.contains(entry.manager)
        && entry.fields.covers(path)
      {
        drift.conflicts.append(Drift.Conflict(manager: entry.manager, path: difference.path, elements: path))
      }
    }
    return drift
  }
}

extension FieldSet {
  /// Whether the field at `path`, one that contains it as a whole or one inside it is in the set.
  func covers(_ path: some Collection<Element>) -> Bool {
    guard let first = path.first else { return false }
    let children = children(of: first)
    let rest = path.dropFirst()
    if rest.isEmpty { return contains(first) || !children.isEmpty }
    if contains(first) && children.isEmpty { return true }
    return children.covers(rest)
  }
}

/// The walk through desired and observed values side by side.
private struct Comparison {
  /// What of the place that the walk has reached is ours.
  enum Owned {
    /// Ownership isn't asked: everything counts as ours.
    case anything
    /// These fields below the place.
    case fields(FieldSet)
    /// The place itself, or one that contains it, as a whole.
    case whole

    /// What of the member or item `element` is ours.
    func below(_ element: FieldSet.Element) -> Owned {
      guard case .fields(let set) = self else { return self }
      let children = set.children(of: element)
      return set.contains(element) && children.isEmpty ? .whole : .fields(children)
    }

    /// Whether the place as one field is ours. A server whose schema is finer than our table says it field by
    /// field.
    var isOwned: Bool {
      if case .fields(let set) = self { return !set.isEmpty }
      return true
    }
  }

  let table: FieldTable
  var found: [(path: [FieldSet.Element], difference: Drift.Difference)] = []
  private var path: [FieldSet.Element] = []

  init(table: FieldTable) { self.table = table }

  mutating func compare(_ desired: JSONValue, _ observed: JSONValue?, _ node: FieldTable.Node, owned: Owned) {
    switch FieldTable.shape(desired, node) {
    case .leaf:
      compareLeaf(desired, observed, node, owned: owned, isMapEntry: false)
    case .object(let members):
      guard observed == nil || observed?.isNull == true || observed?.object != nil else {
        return report(.changed, observed: observed, desired: desired)
      }
      for member in members {
        let element = FieldSet.Element.field(member.key)
        let below = node.member(member.key)
        path.append(element)
        if case .leaf = FieldTable.shape(member.value, below) {
          compareLeaf(
            member.value, present(observed?[member.key], or: below, in: observed?.object, node, member.key),
            below, owned: owned.below(element), isMapEntry: node.isMapEntry(member.key))
        } else {
          compare(member.value, observed?[member.key], below, owned: owned.below(element))
        }
        path.removeLast()
      }
    case .items(let items):
      for item in items {
        path.append(item.element)
        let other = observed.flatMap { FieldTable.child(item.element, of: $0, node) }
        if let other {
          compare(item.value, other, node.items, owned: owned.below(item.element))
        } else {
          report(.missing, observed: nil, desired: item.value)
        }
        path.removeLast()
      }
    }
  }

  /// The observed member, or the default that the server derives for it from its siblings.
  private func present(
    _ value: JSONValue?, or rules: FieldTable.Node, in object: JSONObject?, _ node: FieldTable.Node,
    _ key: String
  ) -> JSONValue? {
    if value != nil || !rules.defaults.contains(where: \.isDependent) { return value }
    return object.flatMap { FieldTable.fillingDependentDefaults($0, node)[key] }
  }

  private mutating func compareLeaf(
    _ desired: JSONValue, _ observed: JSONValue?, _ node: FieldTable.Node, owned: Owned, isMapEntry: Bool
  ) {
    if !table.equal(desired, observed, node, isMapEntry: isMapEntry) {
      report(observed == nil ? .missing : .changed, observed: observed, desired: desired)
    } else if let observed, !owned.isOwned, !FieldTable.isEmpty(desired), !FieldTable.isEmpty(observed) {
      report(.unowned, observed: observed, desired: desired)
    }
  }

  private mutating func report(_ kind: Drift.Difference.Kind, observed: JSONValue?, desired: JSONValue?) {
    found.append(
      (
        path,
        Drift.Difference(
          path: FieldPath(path), kind: kind, observed: observed, desired: desired,
          isImmutable: (kind == .changed) && table.isImmutable(path))
      ))
  }

  /// Reports fields that are ours and no longer wanted.
  mutating func report(dropped: FieldSet, in observed: JSONValue) {
    for leaf in dropped.leaves {
      path = leaf
      report(.dropped, observed: table.value(at: leaf, in: observed), desired: nil)
    }
    path = []
  }
}

extension FieldTable {
  /// Whether a value says nothing that would have to be ours.
  static func isEmpty(_ value: JSONValue) -> Bool {
    switch value {
    case .null: true
    case .object(let object): object.isEmpty
    case .array(let array): array.isEmpty
    case .bool, .number, .string, .secret: false
    }
  }

  /// The fields of `ours` that are not in `desired`. A field of `desired` stands for those below it, and one
  /// below for that above it: our
  /// table and the server's schema may see a list or object as a whole in different places.
  static func dropped(_ ours: FieldSet, _ desired: FieldSet) -> FieldSet {
    var result = FieldSet()
    for element in ours.unorderedElements {
      let wanted = desired.children(of: element)
      if desired.contains(element) && wanted.isEmpty { continue }
      let children = ours.children(of: element)
      if ours.contains(element) && !desired.contains(element) && wanted.isEmpty { result.insert([element]) }
      result.insert(dropped(children, wanted), below: element)
    }
    return result
  }
}

extension JSONValue {
  /// The value without the field at `path`; a list item that is named by its keys goes as a whole with its
  /// last step. What is empty by that goes, too: an empty object or list is a value, and nobody's wish.
  fileprivate func removing(_ path: ArraySlice<FieldSet.Element>) -> JSONValue {
    guard let first = path.first else { return self }
    let rest = path.dropFirst()
    switch (self, first) {
    case (.object(var members), .field(let name)):
      guard let child = members[name] else { return self }
      let remainder = child.removing(rest)
      let isEmptied = remainder != child && FieldTable.isEmpty(remainder)
      members[name] = rest.isEmpty || isEmptied ? nil : remainder
      return .object(members)
    case (.array(let items), .key(let keys)):
      return .array(
        items.compactMap { item in
          // A key that the item leaves out has its default, which is the one that was found.
          guard keys.allSatisfy({ item[$0.key] == nil || item[$0.key] == $0.value }) else { return item }
          return rest.isEmpty ? nil : item.removing(rest)
        })
    case (.array(let items), .value(let value)):
      return .array(items.filter { $0 != value })
    default: return self
    }
  }
}
