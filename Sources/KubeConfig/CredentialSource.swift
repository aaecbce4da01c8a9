public import KubeCore

/// Where the bytes of a credential or certificate come from: given in the open text of the configuration, or
/// in a file that is read when they are needed and read again when it changes.
public struct CredentialSource: Sendable, Hashable {
  /// Inline bytes or a file.
  public enum Content: Sendable, Hashable {
    /// The bytes themselves.
    case inline(SecretBytes)
    /// The path of a file, absolute.
    case file(String)
  }

  /// Inline bytes or a file.
  public var content: Content
  /// The setting that says so; for error messages.
  public var origin: FieldOrigin?

  /// A source.
  public init(_ content: Content, origin: FieldOrigin? = nil) {
    self.content = content
    self.origin = origin
  }

  /// The bytes themselves.
  public static func inline(_ bytes: SecretBytes) -> CredentialSource { CredentialSource(.inline(bytes)) }
  /// The file at `path`.
  public static func file(_ path: String) -> CredentialSource { CredentialSource(.file(path)) }
}
