public import KubeCore

/// Where in which document a setting stands: `clusters[kind].cluster.certificate-authority` of
/// `/home/ada/.kube/config`.
public struct FieldOrigin: Sendable, Hashable, CustomStringConvertible {
  /// The file, or what else the document came from; `nil` where there is none.
  public var file: String?
  /// The field within the document.
  public var path: FieldPath

  /// The field `path` of `file`.
  public init(file: String?, path: FieldPath) {
    self.file = file
    self.path = path
  }

  /// The value in words.
  public var description: String { file.map { "\($0): \(path)" } ?? path.description }
}

/// Why a client configuration or a credential can't be used: where it stands, what is wrong and what to do.
///
/// No text of it holds a credential.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of problem it is.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    /// No configuration was found where one was looked for.
    public static let notFound = Code(description: "notFound")
    /// A file that the configuration names is missing, unreadable or too large.
    public static let unreadableFile = Code(description: "unreadableFile")
    /// The document is not YAML or JSON, or not a kubeconfig.
    public static let malformedDocument = Code(description: "malformedDocument")
    /// A field is missing or has an unacceptable value.
    public static let invalidField = Code(description: "invalidField")
    /// A field asks for what this library, or today's Kubernetes, doesn't do.
    public static let unsupported = Code(description: "unsupported")
    /// The field is not allowed in a configuration that comes from somebody else.
    public static let forbidden = Code(description: "forbidden")
    /// An exec credential plugin failed.
    public static let execPluginFailed = Code(description: "execPluginFailed")
  }

  /// What kind of problem it is.
  public var code: Code
  /// The file that holds the setting, or what else it came from.
  public var file: String?
  /// The setting.
  public var path: FieldPath?
  /// What is wrong.
  public var problem: String
  /// What a person should do about it.
  public var remedy: String?

  /// An error about `path` in `file`.
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

  /// The error in words: file, field, problem, remedy.
  public var description: String {
    var text = ""
    if let file { text += file + ": " }
    if let path { text += "\(path): " }
    return text + problem + (remedy.map { "; \($0)" } ?? "")
  }
}
