/// A field manager, and the managers whose fields it takes over.
public struct FieldOwnership: Sendable, Hashable {
  /// The field manager of the applies.
  public var fieldManager: String
  /// Managers whose `Update` fields are adopted: those of earlier programs that managed the same
  /// objects.
  public var predecessors: Set<String>

  /// Creates the ownership of `fieldManager`, which adopts the fields of `predecessors`.
  public init(fieldManager: String, predecessors: Set<String> = []) {
    self.fieldManager = fieldManager
    self.predecessors = predecessors
  }

  /// The name that `fieldManager` applies to a subresource with.
  ///
  /// Each subresource has a name of its own: API servers before 1.22 don't record in managedFields
  /// which subresource an entry is about, and with a shared name each apply would drop the fields
  /// of the other.
  public static func fieldManager(_ fieldManager: String, for subresource: String?) -> String {
    subresource.map { "\(fieldManager)-\($0)" } ?? fieldManager
  }

  /// This ownership with the field manager's name for `subresource`.
  func applying(to subresource: String?) -> FieldOwnership {
    FieldOwnership(
      fieldManager: FieldOwnership.fieldManager(fieldManager, for: subresource), predecessors: predecessors)
  }
}

/// The difference between an observed object and its desired fields, and whether a server-side
/// apply would change it.
///
/// ``FieldTable/drift(desired:observed:ownership:subresource:)`` computes it. Values are compared
/// by meaning and fields by owner, so that a converged operator writes nothing.
public struct Drift: Sendable, Hashable {
  /// A field in which the observed object isn't as desired.
  public struct Difference: Sendable, Hashable, CustomStringConvertible {
    /// The kind of a difference.
    public enum Kind: Sendable, Hashable {
      /// The object lacks the field.
      case missing
      /// The field has another value.
      case changed
      /// The manager owns the field, which is no longer desired.
      case dropped
      /// The value is as desired, but the manager doesn't own the field.
      case unowned
    }

    /// The field.
    public var path: FieldPath
    /// The kind of the difference.
    public var kind: Kind
    /// The observed value; `nil` where there is none. A Secret's value is concealed.
    public var observed: JSONValue?
    /// The desired value; `nil` for a dropped field. A Secret's value is concealed.
    public var desired: JSONValue?
    /// Whether the server will refuse the change, so that the object must be deleted and created
    /// again.
    public var isImmutable: Bool

    /// The difference as a sentence for messages: `spec.replicas: is 3, should be 5`.
    public var description: String {
      switch kind {
      case .missing: "\(path): is missing"
      case .changed:
        switch (Difference.short(observed), Difference.short(desired)) {
        case (let observed?, let desired?): "\(path): is \(observed), should be \(desired)"
        default: "\(path): has another value"
        }
      case .dropped: "\(path): is no longer wanted"
      case .unowned: "\(path): has the desired value, but another owner"
      }
    }

    /// The text of a scalar short enough for a sentence; `nil` for other values and for secrets.
    private static func short(_ value: JSONValue?) -> String? {
      switch value {
      case nil, .object?, .array?, .secret?: nil
      case .null?, .bool?, .number?, .string?:
        value.map(\.description).flatMap { $0.utf8.count <= 80 ? $0 : nil }
      }
    }
  }

  /// A field that is to be changed and that another manager owns by server-side apply.
  public struct Conflict: Sendable, Hashable, CustomStringConvertible {
    /// The other manager.
    public var manager: String
    /// The field.
    public var path: FieldPath
    /// The field in managedFields' notation.
    let elements: [FieldSet.Element]

    /// The conflict as a sentence for messages.
    public var description: String { "\(path) is applied by \(manager)" }
  }

  /// The differences in the order of the fields, as they will be after the ``adoption`` if there is
  /// one.
  public var differences: [Difference] = []
  /// The fields among the ``differences`` that another manager than the predecessors applies: the
  /// server refuses an apply without force.
  public var conflicts: [Conflict] = []
  /// A JSON patch that transfers the predecessors' fields to the manager, to be sent before the
  /// apply; it tests the observed resourceVersion. `nil` where there is nothing to adopt, or not
  /// before the manager's first apply.
  public var adoption: [JSONPatchOperation]?
  /// Whether the object came without managedFields, so that only values were compared.
  public var comparedByValueOnly = false

  /// Whether an apply of the desired fields would change the object, once the ``adoption`` is done.
  public var needsApply: Bool { !differences.isEmpty }
  /// Whether the object needs neither an apply nor an ``adoption``.
  public var isNone: Bool { differences.isEmpty && adoption == nil }

  /// The part of `desired`, the apply configuration that this drift was computed for, that remains
  /// when every field with a ``Conflict`` is left to its other manager.
  public func yielding(_ desired: JSONValue) -> JSONValue {
    conflicts.reduce(desired) { $0.removing($1.elements[...]) }
  }
}

extension FieldTable {
  /// The drift of `observed` from `desired`, the whole apply configuration.
  ///
  /// With managedFields an apply is needed where a desired field is missing or differs by meaning,
  /// where the manager's Apply entry owns a field that is no longer desired, and where the manager
  /// doesn't own a desired field yet. Other fields belong to other managers or the server and are
  /// ignored. Without managedFields only values are compared.
  ///
  /// With the `subresource` `status` only the desired status counts, without a subresource
  /// everything else. Throws a ``FieldError`` where managedFields can't be read.
  public func drift(
    desired: JSONValue, observed: DynamicObject, ownership: FieldOwnership, subresource: String? = nil
  ) throws(FieldError) -> Drift {
    let ownership = ownership.applying(to: subresource)
    let apiVersion = desired["apiVersion"]?.string ?? observed.apiVersion
    let entries = try observed.managedFields()
    if isUnchanged(
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
    // A Secret's data is concealed on both sides.
    if observed.groupKind == GroupKind(group: "", kind: "Secret") {
      wanted = DynamicObject.concealingSecretData(wanted)
    }
    var drift = Drift()
    var owned: FieldSet?
    var applied = FieldSet()
    // The Update entry of the create serves as an Apply entry for as long as nothing changes.
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
      applied = plan.owned
      owned = created.reduce(plan.owned) { $0.union($1.fields) }
    }
    var comparison = Comparison(table: self)
    if !FieldTable.isEmpty(wanted) {
      comparison.compare(wanted, with: observed.json, by: root, owned: owned.map { .fields($0) } ?? .anything)
    }
    if let owned {
      var dropped = FieldTable.dropped(applied, FieldTable.fields(of: wanted, root) ?? FieldSet())
      if !created.isEmpty {
        // A create also owns the defaults that the server filled in: they were never desired, so
        // they aren't dropped.
        let filledIn = FieldTable.fields(of: fillingDefaults(in: wanted), root) ?? FieldSet()
        dropped = dropped.union(FieldTable.dropped(owned.subtracting(applied), filledIn))
      }
      comparison.report(dropped: dropped, in: observed.json)
    }
    if !created.isEmpty && !comparison.found.isEmpty {
      // Beside the manager's own Update entry, an apply would never remove the dropped fields.
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
  /// Whether the set has the field at `path`, a field that contains it as a whole, or a field
  /// inside it.
  func covers(_ path: some Collection<Element>) -> Bool {
    guard let first = path.first else { return false }
    let children = children(of: first)
    let rest = path.dropFirst()
    if rest.isEmpty { return contains(first) || !children.isEmpty }
    if contains(first) && children.isEmpty { return true }
    return children.covers(rest)
  }
}

/// The comparison of desired and observed values, field by field.
private struct Comparison {
  /// The part of the current field that the manager owns.
  enum Owned {
    /// Ownership is ignored: all fields count as the manager's.
    case anything
    /// These fields below the current one.
    case fields(FieldSet)
    /// The current field, or one that contains it, as a whole.
    case whole

    /// The ownership of the member or item `element`.
    func below(_ element: FieldSet.Element) -> Owned {
      guard case .fields(let set) = self else { return self }
      let children = set.children(of: element)
      return set.contains(element) && children.isEmpty ? .whole : .fields(children)
    }

    /// Whether the manager owns the current field as one field. A server whose schema is finer than
    /// the table records its parts.
    var isOwned: Bool {
      if case .fields(let set) = self { return !set.isEmpty }
      return true
    }
  }

  let table: FieldTable
  var found: [(path: [FieldSet.Element], difference: Drift.Difference)] = []
  private var path: [FieldSet.Element] = []

  init(table: FieldTable) { self.table = table }

  mutating func compare(
    _ desired: JSONValue, with observed: JSONValue?, by node: FieldTable.Node, owned: Owned
  ) {
    switch FieldTable.shape(desired, node) {
    case .leaf:
      compareLeaf(desired, with: observed, by: node, owned: owned, isMapEntry: false)
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
            member.value,
            with: present(observed?[member.key], or: below, in: observed?.object, by: node, key: member.key),
            by: below, owned: owned.below(element), isMapEntry: node.isMapEntry(member.key))
        } else {
          compare(member.value, with: observed?[member.key], by: below, owned: owned.below(element))
        }
        path.removeLast()
      }
    case .items(let items):
      for item in items {
        path.append(item.element)
        let other = observed.flatMap { FieldTable.child(item.element, of: $0, node) }
        if let other {
          compare(item.value, with: other, by: node.items, owned: owned.below(item.element))
        } else {
          report(.missing, observed: nil, desired: item.value)
        }
        path.removeLast()
      }
    }
  }

  /// The observed member, or the default that the server derives from its siblings.
  private func present(
    _ value: JSONValue?, or rules: FieldTable.Node, in object: JSONObject?, by node: FieldTable.Node,
    key: String
  ) -> JSONValue? {
    if value != nil || !rules.defaults.contains(where: \.isDependent) { return value }
    return object.flatMap { FieldTable.fillingDependentDefaults($0, node)[key] }
  }

  private mutating func compareLeaf(
    _ desired: JSONValue, with observed: JSONValue?, by node: FieldTable.Node, owned: Owned, isMapEntry: Bool
  ) {
    if !table.equal(desired, observed, by: node, isMapEntry: isMapEntry) {
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

  /// Reports owned fields that are no longer desired.
  mutating func report(dropped: FieldSet, in observed: JSONValue) {
    for leaf in dropped.leaves {
      path = leaf
      report(.dropped, observed: table.value(at: leaf, in: observed), desired: nil)
    }
    path = []
  }
}

extension FieldTable {
  /// Whether a value has no fields that could be owned.
  static func isEmpty(_ value: JSONValue) -> Bool {
    switch value {
    case .null: true
    case .object(let object): object.isEmpty
    case .array(let array): array.isEmpty
    case .bool, .number, .string, .secret: false
    }
  }

  /// The fields of `owned` that are not in `desired`. A field of `desired` covers those below it
  /// and those that contain it, because the table and the server's schema may treat a list or
  /// object as a whole at different places.
  static func dropped(_ owned: FieldSet, _ desired: FieldSet) -> FieldSet {
    var result = FieldSet()
    for element in owned.unorderedElements {
      let wanted = desired.children(of: element)
      if desired.contains(element) && wanted.isEmpty { continue }
      let children = owned.children(of: element)
      if owned.contains(element) && !desired.contains(element) && wanted.isEmpty { result.insert([element]) }
      result.insert(dropped(children, wanted), below: element)
    }
    return result
  }
}

extension JSONValue {
  /// The value without the field at `path`. A list item that is identified by its keys is removed
  /// as a whole by the last step. Objects and lists that become empty are removed too, since
  /// nothing desires them.
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
          // A key that the item omits has its default, which is the one that was found.
          guard keys.allSatisfy({ item[$0.key] == nil || item[$0.key] == $0.value }) else { return item }
          return rest.isEmpty ? nil : item.removing(rest)
        })
    case (.array(let items), .value(let value)):
      return .array(items.filter { $0 != value })
    default: return self
    }
  }
}
