public import KubeCore
public import KubeTransport

/// The settings of a client for one API server as a value: address, trust, identity.
///
/// It comes from a ``Kubeconfig``, from ``inCluster(environment:)`` or from code. It contains no
/// content of credential files and no output of plugins: a ``CredentialLoader`` provides these.
public struct ClientConfiguration: Sendable, Hashable {
  /// The server's address.
  public var server: ServerURL
  /// The CAs that the server is verified against.
  public var trust: TLSTrust
  /// The name that the server's certificate must be valid for where that isn't the host of
  /// ``server``; also sent as the TLS server name indication. A kubeconfig's `tls-server-name`.
  public var serverName: String?
  /// The client certificate to present.
  public var identity: ClientIdentity?
  /// The authentication of each request.
  public var authentication: Authentication
  /// The user that requests impersonate.
  public var impersonation: Impersonation?
  /// The proxy for connections to the server.
  public var proxy: ProxyURL?
  /// The namespace of requests that don't state one.
  public var namespace: String
  /// The origin of this configuration, for messages: `context "kind" of /home/ada/.kube/config`.
  public var origin: String

  /// Creates a configuration; the defaults are TLS with the system's CAs and no credentials.
  public init(
    server: ServerURL, trust: TLSTrust = .system, serverName: String? = nil, identity: ClientIdentity? = nil,
    authentication: Authentication = .none, impersonation: Impersonation? = nil, proxy: ProxyURL? = nil,
    namespace: String = "default", origin: String = "the program"
  ) {
    self.server = server
    self.trust = trust
    self.serverName = serverName
    self.identity = identity
    self.authentication = authentication
    self.impersonation = impersonation
    self.proxy = proxy
    self.namespace = namespace
    self.origin = origin
  }
}

/// The verification of the server's certificate.
public enum TLSTrust: Sendable, Hashable {
  /// The CAs that the operating system trusts.
  case system
  /// The CAs in a PEM bundle, and no others.
  case caBundle(CredentialSource)
  /// No verification at all. Only where the user has explicitly asked for it.
  case insecureSkipVerification
}

/// A client certificate and its private key, both PEM.
public struct ClientIdentity: Sendable, Hashable {
  /// The certificate, followed by its intermediates.
  public var certificate: CredentialSource
  /// The private key.
  public var key: CredentialSource

  /// Creates an identity from a certificate and its key.
  public init(certificate: CredentialSource, key: CredentialSource) {
    self.certificate = certificate
    self.key = key
  }
}

/// The authentication of each request, in addition to a client certificate.
public enum Authentication: Sendable, Hashable {
  /// No authentication.
  case none
  /// A bearer token (RFC 6750); one in a file is read again when the file changes, and at least
  /// each minute.
  case bearer(CredentialSource)
  /// User name and password (RFC 7617). Kubernetes removed it in 1.19; proxies in front of an API
  /// server still use it.
  case basic(user: String, password: SecretBytes)
  /// The credential of an exec plugin.
  case exec(ExecPlugin)
}
