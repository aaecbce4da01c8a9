public import KubeCore

/// The source of a credential or certificate: inline in the configuration, or a file that is read
/// when needed and again when it changes.
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
  /// The setting that names the source, for error messages.
  public var origin: FieldOrigin?

  /// Creates a source.
  public init(_ content: Content, origin: FieldOrigin? = nil) {
    self.content = content
    self.origin = origin
  }

  /// A source of inline bytes.
  public static func inline(_ bytes: SecretBytes) -> CredentialSource { CredentialSource(.inline(bytes)) }
  /// A source that is the file at `path`.
  public static func file(_ path: String) -> CredentialSource { CredentialSource(.file(path)) }
}
