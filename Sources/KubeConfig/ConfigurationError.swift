public import KubeCore

/// The place of a setting in a document: `clusters[kind].cluster.certificate-authority` of
/// `/home/ada/.kube/config`.
public struct FieldOrigin: Sendable, Hashable, CustomStringConvertible {
  /// The file, or another origin of the document; `nil` where there is none.
  public var file: String?
  /// The field within the document.
  public var path: FieldPath

  /// Creates the place of the field `path` of `file`.
  public init(file: String?, path: FieldPath) {
    self.file = file
    self.path = path
  }

  /// The file and the field.
  public var description: String { file.map { "\($0): \(path)" } ?? path.description }
}

/// An unusable client configuration or credential: the place, the problem and the remedy.
///
/// It contains no credential.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of problem.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// No configuration was found where one was looked for.
    public static let notFound = Code("not found")
    /// A file that the configuration names is missing, unreadable or too large.
    public static let unreadableFile = Code("unreadable file")
    /// The document is not YAML or JSON, or not a kubeconfig.
    public static let malformedDocument = Code("malformed document")
    /// A field is missing or has an unacceptable value.
    public static let invalidField = Code("invalid field")
    /// A field requires what this library, or current Kubernetes, doesn't support.
    public static let unsupported = Code("unsupported")
    /// The field is not allowed in a configuration from an untrusted origin.
    public static let forbidden = Code("forbidden")
    /// An exec credential plugin failed.
    public static let execPluginFailed = Code("exec plugin failed")
  }

  /// The kind of problem.
  public var code: Code
  /// The file that contains the setting, or another origin of it.
  public var file: String?
  /// The setting.
  public var path: FieldPath?
  /// The problem, for people.
  public var problem: String
  /// The remedy, for people.
  public var remedy: String?

  /// Creates an error about `path` in `file`.
  public init(
    _ code: Code, file: String? = nil, path: FieldPath? = nil, problem: String, remedy: String? = nil
  ) {
    self.code = code
    self.file = file
    self.path = path
    self.problem = problem
    self.remedy = remedy
  }

  init(_ code: Code, at origin: FieldOrigin?, problem: String, remedy: String? = nil) {
    self.init(code, file: origin?.file, path: origin?.path, problem: problem, remedy: remedy)
  }

  init(_ error: FieldError, file: String?) {
    self.init(.invalidField, file: file, path: error.path, problem: error.problem, remedy: error.remedy)
  }

  /// File, field, problem and remedy as one sentence.
  public var description: String {
    var text = ""
    if let file { text += file + ": " }
    if let path { text += "\(path): " }
    return text + problem + (remedy.map { "; \($0)" } ?? "")
  }
}
