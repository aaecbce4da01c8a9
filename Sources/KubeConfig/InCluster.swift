import KubeCore

extension ClientConfiguration {
  /// Whether this process runs in a Pod, that is, whether the environment names the API server's
  /// service.
  public static func isInCluster(_ environment: HostEnvironment = .process) -> Bool {
    environment.value("KUBERNETES_SERVICE_HOST") != nil && environment.value("KUBERNETES_SERVICE_PORT") != nil
  }

  /// The configuration of a Pod's service account: the server from `KUBERNETES_SERVICE_HOST` and
  /// `_PORT`, token and CAs from files, which are read again as the kubelet renews them. Throws
  /// outside a Pod, and where the token or the CAs are missing.
  public static func inCluster(environment: HostEnvironment = .process) throws(ConfigurationError)
    -> ClientConfiguration
  {
    guard let host = environment.value("KUBERNETES_SERVICE_HOST"),
      let port = environment.value("KUBERNETES_SERVICE_PORT")
    else {
      throw ConfigurationError(
        .notFound,
        problem: "this is not a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set",
        remedy: "run in a cluster, or use a kubeconfig")
    }
    let server: ServerURL
    do {
      server = try ServerURL(host: host, port: port)
    } catch {
      throw ConfigurationError(
        .invalidField, problem: "KUBERNETES_SERVICE_HOST and _PORT are not an address: \(error.problem)",
        remedy: "leave these variables to the kubelet")
    }
    let directory = environment.serviceAccountDirectory
    let tokenPath = absolutePath("token", in: directory)
    let caPath = absolutePath("ca.crt", in: directory)
    for path in [tokenPath, caPath] {
      do throws(FileProblem) {
        let (buffer, _) = try BoundedFile.read(path, limit: CredentialLoader.maximumFileBytes)
        guard !buffer.bytes.isEmpty else { throw FileProblem(words: "is empty") }
      } catch {
        throw ConfigurationError(
          .unreadableFile, file: path, problem: "can't be used: \(error.words)",
          remedy: "let the Pod mount its service account's token (automountServiceAccountToken)")
      }
    }
    var namespace = "default"
    if let (buffer, _) = try? BoundedFile.read(absolutePath("namespace", in: directory), limit: 4096),
      let text = String(validating: buffer.bytes, as: UTF8.self)
    {
      let name = text.filter { !$0.isWhitespace }
      if !name.isEmpty { namespace = name }
    }
    return ClientConfiguration(
      server: server, trust: .caBundle(.file(caPath)), authentication: .bearer(.file(tokenPath)),
      namespace: namespace, origin: "the Pod's service account in \(directory)")
  }

  /// The configuration that kubectl and client-go use by default: the kubeconfig where `KUBECONFIG`
  /// or `~/.kube/config` provides one, else the Pod's service account.
  public static func standard(context: String? = nil, environment: HostEnvironment = .process)
    throws(ConfigurationError) -> ClientConfiguration
  {
    do {
      return try Kubeconfig.load(environment: environment).clientConfiguration(
        context: context, environment: environment)
    } catch  where error.code == .notFound && isInCluster(environment) {
      return try inCluster(environment: environment)
    }
  }
}
