import Foundation
import KubeConfig
import KubeCore
import Testing

@Suite struct KubeconfigLoading {
  static func file(server: String, context: String? = nil, extra: String = "") -> String {
    """
    \(context.map { "current-context: \($0)" } ?? "")
    clusters:
    - name: red
      cluster: {server: "\(server)"}
    contexts:
    - name: one
      context: {cluster: red}
    \(extra)
    """
  }

  @Test func `the first file of the list to set an entry takes precedence`() throws {
    let directory = try TemporaryDirectory()
    let first = try directory.write("a/config", Self.file(server: "https://first"))
    let second = try directory.write(
      "b/config",
      """
      current-context: two
      clusters:
      - {name: red, cluster: {server: "https://second", tls-server-name: x}}
      - {name: blue, cluster: {server: "https://blue", certificate-authority: ca.crt}}
      contexts:
      - {name: two, context: {cluster: blue}}
      """)
    let environment = HostEnvironment(variables: [
      "KUBECONFIG": "\(first):\(directory.path)/missing::\(second):\(first)"
    ])
    let config = try Kubeconfig.load(environment: environment)
    #expect(config.files == [first, second])
    #expect(config.clusters["red"]?.server == "https://first")
    // An entry is taken as a whole: nothing of the second file's entry `red` is used.
    #expect(config.clusters["red"]?.tlsServerName == nil)
    #expect(config.currentContext == "two")
    // Relative to the file that contains it, not to the first one.
    #expect(config.clusters["blue"]?.certificateAuthority == "\(directory.path)/b/ca.crt")
    #expect(try config.clientConfiguration().server.host == "blue")
    #expect(try config.clientConfiguration(context: "one").server.host == "first")
  }

  @Test func `without the list the file in the home directory is read`() throws {
    let home = try TemporaryDirectory()
    try home.write(".kube/config", Self.file(server: "https://home", context: "one"))
    let config = try Kubeconfig.load(environment: HostEnvironment(homeDirectory: home.path))
    #expect(try config.clientConfiguration().server.host == "home")
  }

  @Test func `a relative path in the list is relative to the current directory`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("config", Self.file(server: "https://here", context: "one"))
    let environment = HostEnvironment(variables: ["KUBECONFIG": "config"], currentDirectory: directory.path)
    #expect(try Kubeconfig.load(environment: environment).clientConfiguration().server.host == "here")
  }

  @Test func `no file at all is an error with the searched paths`() throws {
    let error = try #require(
      configurationError { _ = try Kubeconfig.load(environment: HostEnvironment(homeDirectory: "/nowhere")) })
    #expect(error.code == .notFound)
    #expect(
      "\(error)"
        == "there is no kubeconfig at /nowhere/.kube/config; create it or set KUBECONFIG to a kubeconfig's path"
    )
    let listed = try #require(
      configurationError {
        _ = try Kubeconfig.load(environment: HostEnvironment(variables: ["KUBECONFIG": "/x:/y"]))
      })
    #expect(listed.problem == "there is no kubeconfig at KUBECONFIG=/x:/y")
  }

  @Test func `a malformed file in the list is an error`() throws {
    let directory = try TemporaryDirectory()
    let good = try directory.write("good", Self.file(server: "https://h"))
    let bad = try directory.write("bad", "clusters: 7")
    let error = try #require(
      configurationError {
        _ = try Kubeconfig.load(environment: HostEnvironment(variables: ["KUBECONFIG": "\(good):\(bad)"]))
      })
    #expect("\(error)" == "\(bad): clusters: expected a list, found a number")
  }

  @Test func `an explicit path must be that of an existing file`() throws {
    let directory = try TemporaryDirectory()
    #expect(configurationError { _ = try Kubeconfig.load(path: "/nowhere/config") }?.code == .notFound)
    let error = configurationError { _ = try Kubeconfig.load(path: directory.path) }
    #expect(error?.code == .unreadableFile)
    #expect(error?.problem == "can't be read: is a directory, not a file")
  }

  // MARK: Untrusted kubeconfigs

  @Test(arguments: [
    ("certificate-authority: ca.crt", "token: t", "clusters[k].cluster.certificate-authority: names a file"),
    ("{}", "tokenFile: /etc/shadow", "users[u].user.tokenFile: names a file"),
    (
      "{}", "client-key: tls.key\nclient-certificate-data: \(base64(certificatePEM))",
      "users[u].user.client-key: names a file"
    ),
    ("{}", "client-certificate: tls.crt", "users[u].user.client-certificate: names a file"),
    ("{}", "exec: {command: rm}", "users[u].user.exec: runs a command"),
    ("{}", "auth-provider: {name: gcp}", "users[u].user.auth-provider: runs a provider"),
  ])
  func `a kubeconfig from a Secret can't reach into this machine`(
    cluster: String, user: String, words: String
  ) throws {
    let server = cluster == "{}" ? "server: https://h" : "server: https://h\n" + cluster
    let text = KubeconfigShapes.config(cluster: server, user: user)
    let error = try #require(
      configurationError { _ = try Kubeconfig(untrusted: SecretBytes(utf8: text), origin: "Secret ns/hub") })
    #expect(error.code == .forbidden)
    #expect("\(error)".hasPrefix("Secret ns/hub: " + words))
  }

  @Test func `a kubeconfig from a Secret may contain inline data`() throws {
    let text = KubeconfigShapes.config(
      cluster: "server: https://h\ncertificate-authority-data: \(base64(certificatePEM))", user: "token: t")
    let config = try Kubeconfig(untrusted: SecretBytes(utf8: text), origin: "Secret ns/hub")
    #expect(try config.clientConfiguration().server.host == "h")
  }

  // MARK: In a Pod

  static func pod(_ directory: TemporaryDirectory, host: String = "10.96.0.1") -> HostEnvironment {
    HostEnvironment(
      variables: ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"],
      homeDirectory: "/nowhere", serviceAccountDirectory: directory.path)
  }

  @Test func `a Pod uses its service account`() throws {
    let directory = try TemporaryDirectory()
    let token = try directory.write("token", "abc\n")
    let caBundle = try directory.write("ca.crt", certificatePEM)
    try directory.write("namespace", "open-cluster-management\n")
    let configuration = try ClientConfiguration.inCluster(environment: Self.pod(directory))
    #expect(configuration.server.description == "https://10.96.0.1")
    #expect(configuration.trust == .caBundle(.file(caBundle)))
    #expect(configuration.authentication == .bearer(.file(token)))
    #expect(configuration.namespace == "open-cluster-management")
    #expect(
      try ClientConfiguration.inCluster(environment: Self.pod(directory, host: "fd00::1")).server.description
        == "https://[fd00::1]")
    // Without a kubeconfig the Pod's own account is what a program uses.
    #expect(try ClientConfiguration.standard(environment: Self.pod(directory)) == configuration)
  }

  @Test func `a Pod without CAs is refused rather than unverified`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("token", "abc")
    let missing = try #require(
      configurationError { _ = try ClientConfiguration.inCluster(environment: Self.pod(directory)) })
    #expect(missing.code == .unreadableFile)
    #expect(
      "\(missing)"
        == "\(directory.path)/ca.crt: can't be used: no such file; let the Pod mount its service account's token (automountServiceAccountToken)"
    )
    try directory.write("ca.crt", "")
    #expect(
      configurationError { _ = try ClientConfiguration.inCluster(environment: Self.pod(directory)) }?.problem
        == "can't be used: is empty")
  }

  @Test func `outside a Pod there is no in-cluster configuration`() throws {
    let error = try #require(
      configurationError { _ = try ClientConfiguration.inCluster(environment: HostEnvironment()) })
    #expect(error.code == .notFound)
    #expect(!ClientConfiguration.isInCluster(HostEnvironment()))
  }
}
