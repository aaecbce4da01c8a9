public import KubeCore
public import KubeTransport

/// What a client needs to know to speak to one API server, as a value: address, trust, identity.
///
/// It comes from a `Kubeconfig`, from `ClientConfiguration.inCluster` or from code. Nothing in it has been
/// read
/// from a credential's file yet, and no plugin has been run: that is the `CredentialLoader`'s.
public struct ClientConfiguration: Sendable, Hashable {
  /// The server's address.
  public var server: ServerURL
  /// Whose word is taken for who the server is.
  public var trust: TLSTrust
  /// The name that the server's certificate must bear where that isn't the host of `server`; also sent as the
  /// TLS
  /// server name indication. A kubeconfig's `tls-server-name`.
  public var serverName: String?
  /// The client certificate to present.
  public var identity: ClientIdentity?
  /// What says in each request who is asking.
  public var authentication: Authentication
  /// On whose behalf requests are made.
  public var impersonation: Impersonation?
  /// The proxy on the way to the server.
  public var proxy: ProxyURL?
  /// The namespace where nothing else is said.
  public var namespace: String
  /// What this was made from, in words: `context "kind" of /home/ada/.kube/config`.
  public var origin: String

  /// A configuration; the defaults are TLS with the system's authorities and no credentials.
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

/// Whose word is taken for who the server is.
public enum TLSTrust: Sendable, Hashable {
  /// The certificate authorities that the operating system trusts.
  case system
  /// The certificate authorities in a PEM bundle, and no others.
  case authorities(CredentialSource)
  /// Nobody's: the server is not verified at all. Only where a person has said so in these words.
  case insecureSkipVerification
}

/// A client certificate and its private key, both PEM.
public struct ClientIdentity: Sendable, Hashable {
  /// The certificate, followed by its intermediates.
  public var certificate: CredentialSource
  /// The private key.
  public var key: CredentialSource

  /// A certificate and its key.
  public init(certificate: CredentialSource, key: CredentialSource) {
    self.certificate = certificate
    self.key = key
  }
}

/// What says in each request who is asking, besides a client certificate.
public enum Authentication: Sendable, Hashable {
  /// Nothing.
  case none
  /// A bearer token (RFC 6750); one in a file is read again when the file changes, and at least each minute.
  case bearer(CredentialSource)
  /// User name and password (RFC 7617). Kubernetes itself dropped it in 1.19; proxies before an API server
  /// still use it.
  case basic(user: String, password: SecretBytes)
  /// What an exec credential plugin gives.
  case exec(ExecPlugin)
}
