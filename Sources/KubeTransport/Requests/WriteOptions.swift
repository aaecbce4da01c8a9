/// The options of a write (API reference CreateOptions, PatchOptions, UpdateOptions v1).
public struct WriteOptions: Sendable, Hashable {
  /// The treatment of fields that are unknown to the kind's schema or occur twice.
  public enum FieldValidation: String, Sendable, Hashable, CaseIterable {
    /// They are dropped.
    case ignore = "Ignore"
    /// They are dropped, and the response carries a warning.
    case warn = "Warn"
    /// The request is refused. Servers before Kubernetes 1.25 don't know the option and drop the
    /// fields.
    case strict = "Strict"
  }

  /// The field manager of the write, as `metadata.managedFields` records it; required for
  /// server-side apply.
  public var fieldManager: String?
  /// The treatment of unknown fields; `nil` for the server's default.
  public var fieldValidation: FieldValidation?
  /// Whether the request is only checked and nothing stored.
  public var isDryRun: Bool

  /// Creates options; by default unknown fields are refused.
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
