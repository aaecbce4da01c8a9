public import KubeCore

/// A field that an operator leaves unset and that does harm where another manager has set it.
///
/// Others' Update entries are never removed, so it is reported.
public struct HarmfulField: Sendable {
  /// The kind that has the field.
  public let kind: GroupKind
  /// The field, as messages name it.
  public let path: String
  /// What it does.
  public let effect: String
  /// Whether it does harm in an object.
  public let isHarmful: @Sendable (JSONValue) -> Bool

  /// A field.
  public init(
    kind: GroupKind, path: String, effect: String, isHarmful: @escaping @Sendable (JSONValue) -> Bool
  ) {
    self.kind = kind
    self.path = path
    self.effect = effect
    self.isHarmful = isHarmful
  }
}
