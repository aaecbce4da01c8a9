public import KubeCore

/// A kubeconfig as a value: clusters, users and contexts by name, as one file holds them or several merged.
///
/// Nothing has been resolved: a context may name a cluster that isn't there, and files that it names need not
/// exist.
/// `clientConfiguration(context:)` puts one context's parts together and checks them. API: `v1` `Config`.
public struct Kubeconfig: Sendable, Hashable {
  /// How a cluster is reached.
  public struct Cluster: Sendable, Hashable {
    /// The API server's address.
    public var server: String?
    /// The name that the server's certificate must bear where it isn't the address's host.
    public var tlsServerName: String?
    /// Whether the server's certificate is not checked.
    public var insecureSkipTLSVerify = false
    /// The file that holds the authorities' certificates, absolute.
    public var certificateAuthority: String?
    /// The authorities' certificates themselves; wins over the file.
    public var certificateAuthorityData: SecretBytes?
    /// The proxy on the way.
    public var proxyURL: String?
    /// What exec plugins are told about the cluster: its extension `client.authentication.k8s.io/exec`.
    public var execConfig: JSONValue?
    /// The file that holds this entry.
    public var file: String?

    /// A cluster without any setting.
    public init() {}
  }

  /// Who asks.
  public struct User: Sendable, Hashable {
    /// The file that holds the client certificate, absolute.
    public var clientCertificate: String?
    /// The client certificate itself; wins over the file.
    public var clientCertificateData: SecretBytes?
    /// The file that holds the client certificate's key, absolute.
    public var clientKey: String?
    /// The client certificate's key itself; wins over the file.
    public var clientKeyData: SecretBytes?
    /// A bearer token.
    public var token: SecretBytes?
    /// The file that holds a bearer token, absolute; wins over `token`.
    public var tokenFile: String?
    /// Whom to impersonate.
    public var impersonateUser: String?
    /// The impersonated user's unique id.
    public var impersonateUID: String?
    /// The impersonated user's groups.
    public var impersonateGroups: [String] = []
    /// The impersonated user's further attributes.
    public var impersonateExtra: [String: [String]] = [:]
    /// The user name of basic authentication.
    public var username: String?
    /// The password of basic authentication.
    public var password: SecretBytes?
    /// The name of an auth provider; none is supported.
    public var authProvider: String?
    /// The exec credential plugin, as it stands in the file.
    public var exec: Exec?
    /// The file that holds this entry.
    public var file: String?

    /// A user without any credential.
    public init() {}
  }

  /// An exec credential plugin as it stands in the file.
  public struct Exec: Sendable, Hashable {
    /// The command; a relative path has been made absolute.
    public var command: String
    /// The command's arguments.
    public var arguments: [String]
    /// Environment variables for the command.
    public var environment: [ExecPlugin.EnvironmentVariable]
    /// The API version.
    public var apiVersion: String?
    /// Whether the plugin wants to talk to a person.
    public var interactiveMode: ExecPlugin.InteractiveMode?
    /// Whether the plugin is told about the cluster.
    public var provideClusterInfo: Bool
    /// What to tell a person when the command is not installed.
    public var installHint: String?
  }

  /// A cluster, a user and a namespace.
  public struct Context: Sendable, Hashable {
    /// The cluster's name.
    public var cluster: String?
    /// The user's name.
    public var user: String?
    /// The namespace where nothing else is said.
    public var namespace: String?
    /// The file that holds this entry.
    public var file: String?

    /// A context without any setting.
    public init() {}
  }

  /// The clusters by name.
  public var clusters: [String: Cluster] = [:]
  /// The users by name.
  public var users: [String: User] = [:]
  /// The contexts by name.
  public var contexts: [String: Context] = [:]
  /// The context where nothing else is said.
  public var currentContext: String?
  /// What was read, in order; for error messages.
  public var files: [String] = []

  /// A kubeconfig without any entry.
  public init() {}

  /// Adds what `other`, a file later in the list, says and this one doesn't: the first to set an entry or the
  /// current
  /// context wins, and an entry is taken as a whole, as kubectl does.
  public mutating func merge(_ other: Kubeconfig) {
    clusters.merge(other.clusters) { first, _ in first }
    users.merge(other.users) { first, _ in first }
    contexts.merge(other.contexts) { first, _ in first }
    currentContext = currentContext ?? other.currentContext
    files += other.files
  }
}
