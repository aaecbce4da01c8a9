public import KubeCore

/// An exec credential plugin as a kubeconfig describes it: a command that prints an `ExecCredential`.
///
/// API: client.authentication.k8s.io/v1 and v1beta1.
public struct ExecPlugin: Sendable, Hashable {
  /// The version of the API that plugin and client speak.
  public enum APIVersion: String, Sendable, Hashable, CaseIterable, JSONConvertible {
    /// `client.authentication.k8s.io/v1`.
    case v1 = "client.authentication.k8s.io/v1"
    /// `client.authentication.k8s.io/v1beta1`.
    case v1beta1 = "client.authentication.k8s.io/v1beta1"
  }

  /// Whether the plugin wants to talk to a person.
  public enum InteractiveMode: String, Sendable, Hashable, CaseIterable, JSONConvertible {
    /// It never reads standard input.
    case never = "Never"
    /// It reads standard input where that is a terminal.
    case ifAvailable = "IfAvailable"
    /// It can't work without a terminal; an operator can't offer one.
    case always = "Always"
  }

  /// An environment variable for the plugin, besides those of this process.
  public struct EnvironmentVariable: Sendable, Hashable {
    /// The variable's name.
    public var name: String
    /// The variable's value; often a secret.
    public var value: SecretBytes

    /// A variable.
    public init(name: String, value: SecretBytes) {
      self.name = name
      self.value = value
    }
  }

  /// What is told to the plugin about the cluster, where it asks for it.
  public struct ClusterInfo: Sendable, Hashable {
    /// The free-form configuration of the cluster's extension `client.authentication.k8s.io/exec`.
    public var config: JSONValue?

    /// Information about the cluster.
    public init(config: JSONValue? = nil) { self.config = config }
  }

  /// The command: a name to be found in `PATH`, or a path. A relative path has been made absolute already.
  public var command: String
  /// The command's arguments.
  public var arguments: [String]
  /// Environment variables for the plugin.
  public var environment: [EnvironmentVariable]
  /// The API's version.
  public var apiVersion: APIVersion
  /// Whether the plugin wants to talk to a person.
  public var interactiveMode: InteractiveMode
  /// What the plugin is told about the cluster; `nil` where it doesn't ask (`provideClusterInfo`).
  public var clusterInfo: ClusterInfo?
  /// What to tell a person when the command is not installed.
  public var installHint: String?
  /// The setting; for error messages.
  public var origin: FieldOrigin?

  /// A plugin.
  public init(
    command: String, arguments: [String] = [], environment: [EnvironmentVariable] = [],
    apiVersion: APIVersion = .v1, interactiveMode: InteractiveMode = .never, clusterInfo: ClusterInfo? = nil,
    installHint: String? = nil, origin: FieldOrigin? = nil
  ) {
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.apiVersion = apiVersion
    self.interactiveMode = interactiveMode
    self.clusterInfo = clusterInfo
    self.installHint = installHint
    self.origin = origin
  }
}
