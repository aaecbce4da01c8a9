public import KubeCore

/// The rules that decide which objects and fields are the operator's, by their label and
/// managedFields.
///
/// Owner references don't count, since others may set them.
public struct OwnershipRules: Sendable {
  /// The operator's field manager (KEP-555), and the value of its label.
  public var fieldManager: String
  /// The managers whose fields, set by `Update`, become the operator's: earlier programs with the
  /// same task.
  public var predecessors: Set<String>
  /// Whether the label alone proves that an object is the operator's: true where only
  /// administrators may write.
  public var trustsLabel: @Sendable (DynamicObject) -> Bool

  /// The label that names an object's manager.
  public static let managedByLabel = "app.kubernetes.io/managed-by"
  /// The manager that the API server records for the fields of an object that lost its
  /// managedFields.
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

  /// The label that every object of the operator's carries.
  public var labels: [String: String] { [OwnershipRules.managedByLabel: fieldManager] }

  /// Whether `object` carries the operator's label.
  public func isLabeled(_ object: DynamicObject) -> Bool {
    object.metadata.label(OwnershipRules.managedByLabel) == fieldManager
  }

  /// The managers whose fields of `object` are the operator's: itself, its predecessors and, if the
  /// object carries the label, the manager of lost managedFields.
  public func ownership(of object: DynamicObject) -> FieldOwnership {
    FieldOwnership(
      fieldManager: fieldManager,
      predecessors: isLabeled(object)
        ? predecessors.union([OwnershipRules.beforeFirstApply]) : predecessors)
  }

  /// Whether `object`, which has the kind, namespace and name of one of the operator's, is its own:
  /// by the label if that is trusted, or by an entry of the operator's or a predecessor's in
  /// managedFields.
  public func owns(_ object: DynamicObject) -> Bool {
    if isLabeled(object), trustsLabel(object) { return true }
    let entries = (try? object.managedFields()) ?? []
    return entries.contains { entry in
      guard entry.subresource == nil else { return false }
      return entry.manager == fieldManager
        || entry.operation == .update && predecessors.contains(entry.manager)
    }
  }

  /// Returns `object` with its managedFields parsed, and without the fields of entries that plans
  /// don't look at: `Update` entries of managers that aren't the operator's or a predecessor's.
  package func reducingManagedFields(of object: DynamicObject) -> DynamicObject {
    object.readingManagedFields { entry in
      entry.operation == .apply || entry.manager.hasPrefix(fieldManager)
        || entry.manager == OwnershipRules.beforeFirstApply || predecessors.contains(entry.manager)
    }
  }
}
