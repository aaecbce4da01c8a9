public import KubeReconcile

/// The state of a ``ControllerRunner`` at one moment.
public struct ControllerReport<Key: Hashable & Sendable>: Sendable {
  /// Whether all selections that plans need were listed or refused.
  public var isSynced: Bool
  /// Whether a plan is queued or being applied.
  public var isBusy: Bool
  /// The findings that concern no single key.
  public var generalFindings: [Finding]
  /// The findings by key.
  public var findings: [Key: [Finding]]
  /// The last failure of each key whose plan hasn't succeeded since.
  public var failures: [Key: String]
  /// The number of patches that have taken effect since the start.
  public var writes: Int
}
