public import KubeCore

/// A kubeconfig as a value: clusters, users and contexts by name, from one file or several merged
/// ones.
///
/// Nothing is resolved: a context may name a cluster that isn't there, and files that it names need
/// not exist. ``clientConfiguration(context:environment:)`` combines the parts of one context and
/// checks them. API: `v1` `Config`.
public struct Kubeconfig: Sendable, Hashable {
  /// The access to a cluster.
  public struct Cluster: Sendable, Hashable {
    /// The API server's address.
    public var server: String?
    /// The name that the server's certificate must be valid for where it isn't the address's host.
    public var tlsServerName: String?
    /// Whether the server's certificate is not checked.
    public var insecureSkipTLSVerify = false
    /// The absolute path of the file with the CAs' certificates.
    public var certificateAuthority: String?
    /// The CAs' certificates; takes precedence over the file.
    public var certificateAuthorityData: SecretBytes?
    /// The proxy for connections to the server.
    public var proxyURL: String?
    /// The information about the cluster for exec plugins: its extension
    /// `client.authentication.k8s.io/exec`.
    public var execConfig: JSONValue?
    /// The file that contains this entry.
    public var file: String?

    /// Creates a cluster without settings.
    public init() {}
  }

  /// The credentials of a user.
  public struct User: Sendable, Hashable {
    /// The absolute path of the client certificate's file.
    public var clientCertificate: String?
    /// The client certificate; takes precedence over the file.
    public var clientCertificateData: SecretBytes?
    /// The absolute path of the client key's file.
    public var clientKey: String?
    /// The client certificate's key; takes precedence over the file.
    public var clientKeyData: SecretBytes?
    /// A bearer token.
    public var token: SecretBytes?
    /// The absolute path of a bearer token's file; takes precedence over ``token``.
    public var tokenFile: String?
    /// The user to impersonate.
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
    /// The exec credential plugin in the file's form.
    public var exec: Exec?
    /// The file that contains this entry.
    public var file: String?

    /// Creates a user without credentials.
    public init() {}
  }

  /// An exec credential plugin in the file's form.
  public struct Exec: Sendable, Hashable {
    /// The command; a relative path has been made absolute.
    public var command: String
    /// The command's arguments.
    public var arguments: [String]
    /// Environment variables for the command.
    public var environment: [ExecPlugin.EnvironmentVariable]
    /// The API version.
    public var apiVersion: String?
    /// Whether the plugin interacts with a user.
    public var interactiveMode: ExecPlugin.InteractiveMode?
    /// Whether the plugin gets information about the cluster.
    public var provideClusterInfo: Bool
    /// The advice for a user when the command is not installed.
    public var installHint: String?
  }

  /// A cluster, a user and a namespace.
  public struct Context: Sendable, Hashable {
    /// The cluster's name.
    public var cluster: String?
    /// The user's name.
    public var user: String?
    /// The namespace of requests that don't state one.
    public var namespace: String?
    /// The file that contains this entry.
    public var file: String?

    /// Creates a context without settings.
    public init() {}
  }

  /// The clusters by name.
  public var clusters: [String: Cluster] = [:]
  /// The users by name.
  public var users: [String: User] = [:]
  /// The contexts by name.
  public var contexts: [String: Context] = [:]
  /// The default context.
  public var currentContext: String?
  /// The files that were loaded, in order, for error messages.
  public var files: [String] = []

  /// Creates a kubeconfig without entries.
  public init() {}

  /// Adds the entries of `other`, a later file of the list, that this one lacks: the first to set
  /// an entry or the current context takes precedence, and an entry is taken as a whole, as in
  /// kubectl.
  public mutating func merge(_ other: Kubeconfig) {
    clusters.merge(other.clusters) { first, _ in first }
    users.merge(other.users) { first, _ in first }
    contexts.merge(other.contexts) { first, _ in first }
    currentContext = currentContext ?? other.currentContext
    files += other.files
  }
}
