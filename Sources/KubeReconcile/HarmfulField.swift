public import KubeCore

/// A field that an operator leaves unset and that does harm if another field manager has set it.
///
/// Server-side apply never removes fields of other field managers' Update entries, so the field is
/// reported.
public struct HarmfulField: Sendable {
  /// The kind that has the field.
  public let kind: GroupKind
  /// The field's path, for messages.
  public let path: String
  /// The harm that it does, for messages.
  public let effect: String
  /// Whether the field does harm in an object.
  public let isHarmful: @Sendable (JSONValue) -> Bool

  /// Creates a field.
  public init(
    kind: GroupKind, path: String, effect: String, isHarmful: @escaping @Sendable (JSONValue) -> Bool
  ) {
    self.kind = kind
    self.path = path
    self.effect = effect
    self.isHarmful = isHarmful
  }
}
