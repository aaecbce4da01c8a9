import KubeCore
import KubeTransport

extension Kubeconfig {
  /// The client configuration of the context `name`, or of the current one. Throws an error with
  /// file and field where the context or an entry that it names is missing, where settings
  /// contradict each other, or where one is not supported.
  ///
  /// - Parameters:
  ///   - name: The context; `nil` for the current one.
  ///   - environment: The environment whose `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` determine
  ///     the proxy where the cluster's entry names none, as in kubectl.
  public func clientConfiguration(
    context name: String? = nil, environment: HostEnvironment = .process
  ) throws(ConfigurationError) -> ClientConfiguration {
    guard let contextName = name ?? currentContext else {
      throw ConfigurationError(
        .invalidField, file: files.first, path: FieldPath(dotted: "current-context"), problem: "is not set",
        remedy: contexts.isEmpty
          ? "add a context and name it here"
          : "name one of: \(contexts.keys.sorted().joined(separator: ", "))")
    }
    guard let context = contexts[contextName] else {
      throw ConfigurationError(
        .invalidField, file: files.first,
        path: name == nil ? FieldPath(dotted: "current-context") : FieldPath(dotted: "contexts"),
        problem: "there is no context \"\(contextName)\"",
        remedy: contexts.isEmpty
          ? "the kubeconfig has no contexts: add one"
          : "name one of: \(contexts.keys.sorted().joined(separator: ", "))")
    }
    let contextPath = FieldPath(dotted: "contexts").key(contextName).field("context")
    guard let clusterName = context.cluster else {
      throw ConfigurationError(
        .invalidField, file: context.file, path: contextPath.field("cluster"), problem: "is required",
        remedy: "name a cluster")
    }
    guard let cluster = clusters[clusterName] else {
      throw ConfigurationError(
        .invalidField, file: context.file, path: contextPath.field("cluster"),
        problem: "there is no cluster \"\(clusterName)\"",
        remedy: "add it to clusters or name one of: \(clusters.keys.sorted().joined(separator: ", "))")
    }
    let settings = ClusterSettings(name: clusterName, cluster: cluster)
    let server = try settings.server(of: context.user.flatMap { users[$0] })
    var configuration = ClientConfiguration(server: server)
    configuration.trust = try settings.trust()
    configuration.serverName = cluster.tlsServerName
    configuration.proxy = try settings.proxy()
    if configuration.proxy == nil {
      configuration.proxy = try EnvironmentProxy.proxy(to: server, environment)
    }
    configuration.namespace = context.namespace ?? "default"
    configuration.origin = "context \"\(contextName)\" of \(files.joined(separator: ":"))"

    guard let userName = context.user else { return configuration }
    guard let user = users[userName] else {
      throw ConfigurationError(
        .invalidField, file: context.file, path: contextPath.field("user"),
        problem: "there is no user \"\(userName)\"",
        remedy: "add it to users or name one of: \(users.keys.sorted().joined(separator: ", "))")
    }
    let credentials = UserSettings(name: userName, user: user)
    configuration.identity = try credentials.identity()
    configuration.authentication = try credentials.authentication(execConfig: cluster.execConfig)
    configuration.impersonation = try credentials.impersonation()
    try credentials.requireTLS(for: configuration)
    return configuration
  }
}

/// A cluster's entry, read as settings of a client.
private struct ClusterSettings {
  var name: String
  var cluster: Kubeconfig.Cluster

  func origin(_ field: String) -> FieldOrigin {
    FieldOrigin(
      file: cluster.file, path: FieldPath(dotted: "clusters").key(name).field("cluster").field(field))
  }

  /// The server's address. Without a scheme, TLS is used where the cluster or `user` has any TLS
  /// setting, and plain HTTP otherwise (client-go's `DefaultServerURL`).
  func server(of user: Kubeconfig.User?) throws(ConfigurationError) -> ServerURL {
    guard let text = cluster.server else {
      throw ConfigurationError(
        .invalidField, at: origin("server"), problem: "is required", remedy: "give https://HOST:PORT")
    }
    do {
      let hasTLS =
        cluster.insecureSkipTLSVerify || cluster.certificateAuthorityData != nil
        || cluster.certificateAuthority != nil || user?.clientCertificateData != nil
        || user?.clientCertificate != nil
      return try ServerURL(text, assuming: hasTLS ? .https : .http)
    } catch {
      throw ConfigurationError(
        .invalidField, at: origin("server"), problem: error.problem, remedy: error.remedy)
    }
  }

  func trust() throws(ConfigurationError) -> TLSTrust {
    let source: CredentialSource? =
      if let data = cluster.certificateAuthorityData {
        CredentialSource(.inline(data), origin: origin("certificate-authority-data"))
      } else if let file = cluster.certificateAuthority {
        CredentialSource(.file(file), origin: origin("certificate-authority"))
      } else {
        nil
      }
    guard cluster.insecureSkipTLSVerify else { return source.map { .caBundle($0) } ?? .system }
    guard source == nil else {
      throw ConfigurationError(
        .invalidField, at: origin("insecure-skip-tls-verify"),
        problem: "contradicts the certificate authority that is given too",
        remedy: "remove insecure-skip-tls-verify, so that the server is verified")
    }
    return .insecureSkipVerification
  }

  func proxy() throws(ConfigurationError) -> ProxyURL? {
    guard let text = cluster.proxyURL else { return nil }
    do {
      return try ProxyURL(text)
    } catch {
      throw ConfigurationError(
        .invalidField, at: origin("proxy-url"), problem: error.problem, remedy: error.remedy)
    }
  }
}

/// A user's entry, read as settings of a client.
private struct UserSettings {
  var name: String
  var user: Kubeconfig.User

  func origin(_ field: String) -> FieldOrigin {
    FieldOrigin(
      file: user.file,
      path: FieldPath(
        FieldPath(dotted: "users").key(name).field("user").steps + FieldPath(dotted: field).steps))
  }

  private func source(data: SecretBytes?, file: String?, field: String) -> CredentialSource? {
    if let data { return CredentialSource(.inline(data), origin: origin(field + "-data")) }
    return file.map { CredentialSource(.file($0), origin: origin(field)) }
  }

  func identity() throws(ConfigurationError) -> ClientIdentity? {
    let certificate = source(
      data: user.clientCertificateData, file: user.clientCertificate, field: "client-certificate")
    let key = source(data: user.clientKeyData, file: user.clientKey, field: "client-key")
    switch (certificate, key) {
    case (nil, nil): return nil
    case (let certificate?, let key?): return ClientIdentity(certificate: certificate, key: key)
    case (_?, nil):
      throw ConfigurationError(
        .invalidField, at: origin("client-key-data"),
        problem: "is required: a client certificate is given without its key",
        remedy: "give client-key-data or client-key")
    case (nil, _?):
      throw ConfigurationError(
        .invalidField, at: origin("client-certificate-data"),
        problem: "is required: a client key is given without its certificate",
        remedy: "give client-certificate-data or client-certificate")
    }
  }

  func authentication(execConfig: JSONValue?) throws(ConfigurationError) -> Authentication {
    if let provider = user.authProvider {
      throw ConfigurationError(
        .unsupported, at: origin("auth-provider"),
        problem: "the auth provider \"\(provider)\" "
          + (["gcp", "azure"].contains(provider)
            ? "was removed from Kubernetes in 1.26" : "is not supported here"),
        remedy: Self.remedy(forProvider: provider))
    }
    let basic = user.username != nil || user.password != nil
    if basic && (user.token != nil || user.tokenFile != nil) {
      throw ConfigurationError(
        .invalidField, at: origin("username"), problem: "contradicts the token that is given too",
        remedy: "keep the token and remove username and password")
    }
    if let file = user.tokenFile {
      return .bearer(CredentialSource(.file(file), origin: origin("tokenFile")))
    }
    if let token = user.token {
      return .bearer(CredentialSource(.inline(token), origin: origin("token")))
    }
    if basic {
      guard let username = user.username, !username.contains(":") else {
        throw ConfigurationError(
          .invalidField, at: origin("username"),
          problem: "is required beside a password and may hold no colon",
          remedy: "give username and password, or better a token")
      }
      return .basic(user: username, password: user.password ?? SecretBytes(utf8: ""))
    }
    return try user.exec.map { exec throws(ConfigurationError) in .exec(try plugin(exec, execConfig)) }
      ?? .none
  }

  private static func remedy(forProvider provider: String) -> String {
    switch provider {
    case "gcp":
      "use the exec plugin gke-gcloud-auth-plugin: gcloud container clusters get-credentials writes it"
    case "azure": "use the exec plugin kubelogin: kubelogin convert-kubeconfig writes it"
    case "oidc": "use an exec plugin such as kubectl oidc-login, or a token"
    default: "use an exec plugin, a client certificate or a token"
    }
  }

  private func plugin(_ exec: Kubeconfig.Exec, _ config: JSONValue?) throws(ConfigurationError) -> ExecPlugin
  {
    let versions = ExecPlugin.APIVersion.allCases.map(\.rawValue).joined(separator: " or ")
    guard let text = exec.apiVersion else {
      throw ConfigurationError(
        .invalidField, at: origin("exec.apiVersion"), problem: "is required", remedy: "give \(versions)")
    }
    guard let version = ExecPlugin.APIVersion(rawValue: text) else {
      throw ConfigurationError(
        .unsupported, at: origin("exec.apiVersion"), problem: "\"\(text)\" is not supported",
        remedy: text.hasSuffix("/v1alpha1")
          ? "v1alpha1 was removed in Kubernetes 1.24: update the plugin's tool and have it write the kubeconfig again"
          : "give \(versions)")
    }
    if version == .v1 && exec.interactiveMode == nil {
      throw ConfigurationError(
        .invalidField, at: origin("exec.interactiveMode"), problem: "is required in v1",
        remedy: "give Never, IfAvailable or Always")
    }
    if exec.interactiveMode == .always {
      throw ConfigurationError(
        .unsupported, at: origin("exec.interactiveMode"),
        problem:
          "the plugin \"\(exec.command)\" requires a terminal (interactiveMode Always), and there is none",
        remedy: "use a plugin that works without a terminal, a client certificate or a token")
    }
    return ExecPlugin(
      command: exec.command, arguments: exec.arguments, environment: exec.environment, apiVersion: version,
      interactiveMode: exec.interactiveMode ?? .ifAvailable,
      clusterInfo: exec.provideClusterInfo ? .init(config: config) : nil, installHint: exec.installHint,
      origin: origin("exec"))
  }

  func impersonation() throws(ConfigurationError) -> Impersonation? {
    guard let name = user.impersonateUser else {
      let field =
        user.impersonateUID != nil
        ? "as-uid"
        : !user.impersonateGroups.isEmpty
          ? "as-groups" : !user.impersonateExtra.isEmpty ? "as-user-extra" : nil
      guard let field else { return nil }
      throw ConfigurationError(
        .invalidField, at: origin(field), problem: "is given without a user to impersonate", remedy: "give as"
      )
    }
    let impersonation = Impersonation(
      user: name, uid: user.impersonateUID, groups: user.impersonateGroups, extra: user.impersonateExtra)
    for header in impersonation.headers where !isHeaderValue(header.value.utf8) {
      throw ConfigurationError(
        .invalidField, at: origin("as"), problem: "holds a character that no HTTP header can carry",
        remedy: "use printable ASCII")
    }
    return impersonation
  }

  /// Throws where a token or password would be sent to another machine without TLS.
  func requireTLS(for configuration: ClientConfiguration) throws(ConfigurationError) {
    guard configuration.server.scheme == .http, !configuration.server.isLoopback else { return }
    let field: String
    switch configuration.authentication {
    case .none: return
    case .bearer(let source): field = source.origin?.path.steps.last.map { "\(FieldPath([$0]))" } ?? "token"
    case .basic: field = "password"
    case .exec: field = "exec"
    }
    throw ConfigurationError(
      .invalidField, at: origin(field),
      problem: "would be sent unencrypted to \(configuration.server)",
      remedy: "use https in the cluster's server")
  }
}

/// Whether an HTTP header can contain `bytes`: printable ASCII and inner spaces.
func isHeaderValue(_ bytes: some Collection<UInt8>) -> Bool {
  bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
}
