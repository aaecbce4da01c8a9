public import KubeCore

extension Kubeconfig {
  /// The maximum size of a kubeconfig in bytes.
  public static let maximumBytes = 16 << 20

  /// Parses one kubeconfig from `bytes`, YAML or JSON, of `file`: relative paths in it are relative
  /// to the file's directory. Throws for any other document, with the file and the field.
  public init(_ bytes: some Collection<UInt8> & Sendable, file: String) throws(ConfigurationError) {
    try self.init(document: KubeconfigSyntax.parse(bytes, file: file), file: file)
  }

  /// Decodes one kubeconfig from the parsed `document` of `file`.
  public init(document: JSONValue, file: String) throws(ConfigurationError) {
    let source = Source(file: file, directory: directory(of: file))
    do {
      self = try Self.read(FieldReader(document), source)
    } catch {
      throw ConfigurationError(error, file: file)
    }
    files = [file]
  }

  private struct Source {
    var file: String
    var directory: String

    /// The path of a setting: `nil` where it is absent or empty, absolute where it isn't.
    func path(_ reader: FieldReader) throws(FieldError) -> String? {
      try text(reader).map { absolutePath($0, in: directory) }
    }

    /// A setting's text; `nil` where it is absent or empty.
    func text(_ reader: FieldReader) throws(FieldError) -> String? {
      guard reader.isPresent else { return nil }
      guard case .string(let text)? = reader.value else {
        // The value is not shown: it may be a token that looks like a number.
        throw reader.failure(
          "expected a string, found \(reader.value?.kindName ?? "nothing")", remedy: "put it in quotes")
      }
      return text.isEmpty ? nil : text
    }

    func secret(_ reader: FieldReader) throws(FieldError) -> SecretBytes? {
      if case .secret(let bytes)? = reader.value { return bytes.isEmpty ? nil : bytes }
      return try text(reader).map { SecretBytes(utf8: $0) }
    }

    /// A setting of Base64 text.
    func data(_ reader: FieldReader) throws(FieldError) -> SecretBytes? {
      guard let text = try text(reader) else { return nil }
      guard let data = Base64.decode(SecretBytes(utf8: text)), !data.isEmpty else {
        throw reader.failure(
          "is not Base64",
          remedy: "give the file's content as one Base64 text, or name the file in the field without -data")
      }
      return data
    }
  }

  private static func read(_ root: FieldReader, _ source: Source) throws(FieldError) -> Kubeconfig {
    guard root.value?.object != nil else {
      throw root.failure(
        "is not a kubeconfig: expected an object, found \(root.value?.kindName ?? "nothing")",
        remedy: "give a document of apiVersion v1 and kind Config")
    }
    if let kind = try source.text(root["kind"]), kind != "Config" {
      throw root["kind"].failure("\"\(kind)\" is not a kubeconfig's kind", remedy: "use Config")
    }
    if let version = try source.text(root["apiVersion"]), version != "v1" {
      throw root["apiVersion"].failure("\"\(version)\" is not a kubeconfig's version", remedy: "use v1")
    }
    var config = Kubeconfig()
    config.currentContext = try source.text(root["current-context"])
    for (name, reader) in try entries(root["clusters"], "cluster") {
      config.clusters[name] = try cluster(reader, source)
    }
    for (name, reader) in try entries(root["users"], "user") {
      config.users[name] = try user(reader, source)
    }
    for (name, reader) in try entries(root["contexts"], "context") {
      config.contexts[name] = try context(reader, source)
    }
    return config
  }

  /// The entries of one of the three lists by name; each has the path `clusters[NAME].cluster`.
  private static func entries(_ list: FieldReader, _ member: String) throws(FieldError)
    -> [(String, FieldReader)]
  {
    guard list.isPresent else { return [] }
    guard let elements = list.value?.array else {
      throw list.failure("expected a list, found \(list.value?.kindName ?? "nothing")")
    }
    var entries: [(String, FieldReader)] = []
    var names: Set<String> = []
    for (index, element) in elements.enumerated() {
      let reader = FieldReader(element, at: list.path.index(index))
      guard let object = element.object else {
        throw reader.failure("expected an object, found \(element.kindName)")
      }
      let name = try reader["name"].string()
      guard names.insert(name).inserted else {
        throw reader["name"].failure("\"\(name)\" stands in the list twice", remedy: "remove one of the two")
      }
      let entry = FieldReader(object[member], at: list.path.key(name).field(member))
      if entry.isPresent && entry.value?.object == nil {
        throw entry.failure("expected an object, found \(entry.value?.kindName ?? "nothing")")
      }
      entries.append((name, entry))
    }
    return entries
  }

  private static func cluster(_ reader: FieldReader, _ source: Source) throws(FieldError) -> Cluster {
    var cluster = Cluster()
    cluster.file = source.file
    cluster.server = try source.text(reader["server"])
    cluster.tlsServerName = try source.text(reader["tls-server-name"])
    if reader["insecure-skip-tls-verify"].isPresent {
      cluster.insecureSkipTLSVerify = try reader["insecure-skip-tls-verify"].bool()
    }
    cluster.certificateAuthority = try source.path(reader["certificate-authority"])
    cluster.certificateAuthorityData = try source.data(reader["certificate-authority-data"])
    cluster.proxyURL = try source.text(reader["proxy-url"])
    for (name, extension_) in try entries(reader["extensions"], "extension")
    where name == "client.authentication.k8s.io/exec" {
      cluster.execConfig = extension_.value
    }
    return cluster
  }

  private static func user(_ reader: FieldReader, _ source: Source) throws(FieldError) -> User {
    var user = User()
    user.file = source.file
    user.clientCertificate = try source.path(reader["client-certificate"])
    user.clientCertificateData = try source.data(reader["client-certificate-data"])
    user.clientKey = try source.path(reader["client-key"])
    user.clientKeyData = try source.data(reader["client-key-data"])
    user.token = try source.secret(reader["token"])
    user.tokenFile = try source.path(reader["tokenFile"])
    user.impersonateUser = try source.text(reader["as"])
    user.impersonateUID = try source.text(reader["as-uid"])
    user.impersonateGroups = try reader["as-groups"].list()
    if let extra = reader["as-user-extra"].value {
      guard let members = extra.object else {
        throw reader["as-user-extra"].failure("expected an object, found \(extra.kindName)")
      }
      for member in members {
        let place = FieldReader(member.value, at: reader["as-user-extra"].path.key(member.key))
        user.impersonateExtra[member.key] = try place.list()
      }
    }
    user.username = try source.text(reader["username"])
    user.password = try source.secret(reader["password"])
    if reader["auth-provider"].isPresent {
      user.authProvider = try source.text(reader["auth-provider"]["name"]) ?? "(unnamed)"
    }
    if reader["exec"].isPresent { user.exec = try exec(reader["exec"], source) }
    return user
  }

  private static func exec(_ reader: FieldReader, _ source: Source) throws(FieldError) -> Exec {
    guard var command = try source.text(reader["command"]) else {
      throw reader["command"].failure("is required", remedy: "name the plugin's executable")
    }
    if command.contains("/") { command = absolutePath(command, in: source.directory) }
    var environment: [ExecPlugin.EnvironmentVariable] = []
    if let list = reader["env"].value {
      guard let elements = list.array else {
        throw reader["env"].failure("expected a list, found \(list.kindName)")
      }
      for (index, element) in elements.enumerated() {
        let place = FieldReader(element, at: reader["env"].path.index(index))
        environment.append(
          .init(
            name: try place["name"].string(),
            value: try source.secret(place["value"]) ?? SecretBytes(utf8: "")))
      }
    }
    var mode: ExecPlugin.InteractiveMode?
    if try source.text(reader["interactiveMode"]) != nil { mode = try reader["interactiveMode"].optional() }
    return Exec(
      command: command, arguments: try reader["args"].list(), environment: environment,
      apiVersion: try source.text(reader["apiVersion"]), interactiveMode: mode,
      provideClusterInfo: try reader["provideClusterInfo"].optional() ?? false,
      installHint: try source.text(reader["installHint"]))
  }

  private static func context(_ reader: FieldReader, _ source: Source) throws(FieldError) -> Context {
    var context = Context()
    context.file = source.file
    context.cluster = try source.text(reader["cluster"])
    context.user = try source.text(reader["user"])
    context.namespace = try source.text(reader["namespace"])
    return context
  }
}
