/// What every write can be told (API reference CreateOptions, PatchOptions, UpdateOptions v1).
public struct WriteOptions: Sendable, Hashable {
  /// What becomes of fields that the kind's schema doesn't know, or that occur twice.
  public enum FieldValidation: String, Sendable, Hashable, CaseIterable {
    /// They are dropped.
    case ignore = "Ignore"
    /// They are dropped, and the response carries a warning.
    case warn = "Warn"
    /// The request is refused. Servers before Kubernetes 1.25 don't know the option and drop the fields.
    case strict = "Strict"
  }

  /// Who writes, as `metadata.managedFields` will say; required for server-side apply.
  public var fieldManager: String?
  /// What becomes of unknown fields; `nil` leaves it to the server.
  public var fieldValidation: FieldValidation?
  /// Whether everything is checked and answered but nothing stored.
  public var isDryRun: Bool

  /// Options; unknown fields are refused unless said otherwise.
  public init(
    fieldManager: String? = nil, fieldValidation: FieldValidation? = .strict, isDryRun: Bool = false
  ) {
    self.fieldManager = fieldManager
    self.fieldValidation = fieldValidation
    self.isDryRun = isDryRun
  }

  var query: [KubeRequest.QueryItem] {
    .present([
      ("fieldManager", fieldManager), ("fieldValidation", fieldValidation?.rawValue),
      ("dryRun", isDryRun ? "All" : nil),
    ])
  }
}
