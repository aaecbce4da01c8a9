public import KubeCore

extension Kubeconfig {
  /// Loads the kubeconfig as kubectl does: the merged files of `KUBECONFIG`, a list separated by
  /// colons; without that variable `~/.kube/config`. Files of the list that don't exist are
  /// skipped. Throws for a file that can't be read or is malformed, and where there is no file at
  /// all.
  public static func load(environment: HostEnvironment = .process) throws(ConfigurationError) -> Kubeconfig {
    if let list = environment.value("KUBECONFIG") {
      var paths: [String] = []
      for entry in list.split(separator: ":") {
        let path = absolutePath(String(entry), in: environment.currentDirectory)
        if !paths.contains(path) { paths.append(path) }
      }
      return try load(list: paths, described: "KUBECONFIG=\(list)")
    }
    guard let home = environment.homeDirectory else {
      throw ConfigurationError(
        .notFound, problem: "there is no kubeconfig: neither KUBECONFIG nor HOME is set",
        remedy: "set KUBECONFIG to a kubeconfig's path")
    }
    return try load(list: [absolutePath(".kube/config", in: home)], described: nil)
  }

  /// Loads the kubeconfig at `path`, as for `--kubeconfig`; throws where there is none.
  public static func load(path: String, environment: HostEnvironment = .process) throws(ConfigurationError)
    -> Kubeconfig
  {
    let path = absolutePath(path, in: environment.currentDirectory)
    return try read(path)
  }

  private static func load(list: [String], described: String?) throws(ConfigurationError) -> Kubeconfig {
    var merged = Kubeconfig()
    for path in list {
      do {
        merged.merge(try read(path))
      } catch  where error.code == .notFound {
        continue
      }
    }
    guard !merged.files.isEmpty else {
      let place = described ?? list.first ?? "KUBECONFIG"
      throw ConfigurationError(
        .notFound, problem: "there is no kubeconfig at \(place)",
        remedy: "create it or set KUBECONFIG to a kubeconfig's path")
    }
    return merged
  }

  private static func read(_ path: String) throws(ConfigurationError) -> Kubeconfig {
    let buffer: SecretBuffer
    do {
      (buffer, _) = try BoundedFile.read(path, limit: maximumBytes)
    } catch {
      throw ConfigurationError(
        error.missing ? .notFound : .unreadableFile, file: path, problem: "can't be read: \(error.words)",
        remedy: error.missing ? "name a kubeconfig that exists" : "make it a file that this user may read")
    }
    return try Kubeconfig(buffer.bytes, file: path)
  }

  /// Parses a kubeconfig of untrusted origin, such as a Secret of the cluster, and allows only
  /// inline data, which can't reach into this machine. Throws where any entry names a file, a
  /// plugin to run or an auth provider, whether or not a context uses it. `origin` names its origin
  /// for error messages.
  public init(untrusted bytes: SecretBytes, origin: String) throws(ConfigurationError) {
    try self.init(bytes.exposed(), file: origin)
    func refuse(_ list: String, _ name: String, _ member: String, _ field: String, _ problem: String)
      -> ConfigurationError
    {
      ConfigurationError(
        .forbidden, file: origin, path: FieldPath().field(list).key(name).field(member).field(field),
        problem: problem,
        remedy:
          "a kubeconfig from a Secret may hold inline data only: use token or the fields that end in -data")
    }
    for (name, cluster) in clusters.sorted(by: { $0.key < $1.key }) where cluster.certificateAuthority != nil
    {
      throw refuse("clusters", name, "cluster", "certificate-authority", "names a file")
    }
    for (name, user) in users.sorted(by: { $0.key < $1.key }) {
      if user.clientCertificate != nil {
        throw refuse("users", name, "user", "client-certificate", "names a file")
      }
      if user.clientKey != nil { throw refuse("users", name, "user", "client-key", "names a file") }
      if user.tokenFile != nil { throw refuse("users", name, "user", "tokenFile", "names a file") }
      if user.exec != nil { throw refuse("users", name, "user", "exec", "runs a command") }
      if user.authProvider != nil { throw refuse("users", name, "user", "auth-provider", "runs a provider") }
    }
  }
}
