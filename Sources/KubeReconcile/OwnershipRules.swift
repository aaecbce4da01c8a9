public import KubeCore

/// Whose objects and fields are the operator's, by the label and the managedFields that they carry.
///
/// Never by an owner reference, which others may set.
public struct OwnershipRules: Sendable {
  /// The name under which the operator applies (KEP-555), and the value of its label.
  public var fieldManager: String
  /// Managers whose fields, set by `Update`, become the operator's: an earlier program that did its work.
  public var predecessors: Set<String>
  /// Whether the label alone shows that an object is the operator's: where only administrators may write.
  public var trustsLabel: @Sendable (DynamicObject) -> Bool

  /// The label that names the manager of an object.
  public static let managedByLabel = "app.kubernetes.io/managed-by"
  /// The manager that the API server names for the fields of an object whose managedFields were lost.
  private static let beforeFirstApply = "before-first-apply"

  /// Rules; by default the label is trusted everywhere.
  public init(
    fieldManager: String, predecessors: Set<String> = [],
    trustsLabel: @escaping @Sendable (DynamicObject) -> Bool = { _ in true }
  ) {
    self.fieldManager = fieldManager
    self.predecessors = predecessors
    self.trustsLabel = trustsLabel
  }

  /// The label as it stands on every object that the operator makes.
  public var labels: [String: String] { [OwnershipRules.managedByLabel: fieldManager] }

  /// Whether `object` carries the operator's label.
  public func isLabelled(_ object: DynamicObject) -> Bool {
    object.metadata.label(OwnershipRules.managedByLabel) == fieldManager
  }

  /// Whose fields of `object` are the operator's: those of the predecessors and, where managedFields were lost, those
  /// of the time before, if the object carries the label.
  public func ownership(of object: DynamicObject) -> Ownership {
    Ownership(
      fieldManager: fieldManager,
      predecessors: isLabelled(object)
        ? predecessors.union([OwnershipRules.beforeFirstApply]) : predecessors)
  }

  /// Whether `object`, whose kind, namespace and name are those of an object of the operator's, is its own: by the
  /// label where that is trusted, or by an entry of the operator's or a predecessor's in managedFields.
  public func owns(_ object: DynamicObject) -> Bool {
    if isLabelled(object), trustsLabel(object) { return true }
    let entries = (try? object.managedFields()) ?? []
    return entries.contains { entry in
      guard entry.subresource == nil else { return false }
      return entry.manager == fieldManager
        || entry.operation == .update && predecessors.contains(entry.manager)
    }
  }

  /// `object` with its managedFields read ahead, and of entries that plans look at by their heads alone the heads: of what
  /// others have set by `Update` and isn't to become the operator's.
  package func reducingManagedFields(of object: DynamicObject) -> DynamicObject {
    object.readingManagedFields { entry in
      let isOurs =
        entry.operation == .apply || entry.manager.hasPrefix(fieldManager)
        || entry.manager == OwnershipRules.beforeFirstApply || predecessors.contains(entry.manager)
      guard !isOurs else { return entry }
      var head = entry
      head.fields = FieldSet()
      return head
    }
  }
}
