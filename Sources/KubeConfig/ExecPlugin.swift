public import KubeCore

/// An exec credential plugin as a kubeconfig configures it: a command that prints an
/// `ExecCredential`.
///
/// API: client.authentication.k8s.io/v1 and v1beta1.
public struct ExecPlugin: Sendable, Hashable {
  /// The version of the API between plugin and client.
  public enum APIVersion: String, Sendable, Hashable, CaseIterable, JSONConvertible {
    /// `client.authentication.k8s.io/v1`.
    case v1 = "client.authentication.k8s.io/v1"
    /// `client.authentication.k8s.io/v1beta1`.
    case v1beta1 = "client.authentication.k8s.io/v1beta1"
  }

  /// Whether the plugin interacts with a user.
  public enum InteractiveMode: String, Sendable, Hashable, CaseIterable, JSONConvertible {
    /// It never reads standard input.
    case never = "Never"
    /// It reads standard input where that is a terminal.
    case ifAvailable = "IfAvailable"
    /// It requires a terminal, which an operator doesn't have.
    case always = "Always"
  }

  /// An environment variable for the plugin, in addition to those of this process.
  public struct EnvironmentVariable: Sendable, Hashable {
    /// The variable's name.
    public var name: String
    /// The variable's value, often a secret.
    public var value: SecretBytes

    /// Creates a variable.
    public init(name: String, value: SecretBytes) {
      self.name = name
      self.value = value
    }
  }

  /// The information about the cluster that a plugin can require.
  public struct ClusterInfo: Sendable, Hashable {
    /// The free-form configuration of the cluster's extension `client.authentication.k8s.io/exec`.
    public var config: JSONValue?

    /// Creates information about the cluster.
    public init(config: JSONValue? = nil) { self.config = config }
  }

  /// The command: a name to be found in `PATH`, or an absolute path.
  public var command: String
  /// The command's arguments.
  public var arguments: [String]
  /// Environment variables for the plugin.
  public var environment: [EnvironmentVariable]
  /// The API's version.
  public var apiVersion: APIVersion
  /// Whether the plugin interacts with a user.
  public var interactiveMode: InteractiveMode
  /// The information about the cluster; `nil` where the plugin doesn't require it
  /// (`provideClusterInfo`).
  public var clusterInfo: ClusterInfo?
  /// The kubeconfig's advice for a user when the command is not installed.
  public var installHint: String?
  /// The setting, for error messages.
  public var origin: FieldOrigin?

  /// Creates a plugin's configuration.
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
