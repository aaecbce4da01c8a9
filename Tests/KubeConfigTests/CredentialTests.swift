import Foundation
import KubeConfig
import KubeCore
import Synchronization
import Testing

/// A clock that a test sets.
final class ManualClock: Sendable {
  private let time = Mutex(Date(timeIntervalSince1970: 1_700_000_000))
  var now: @Sendable () -> Date { { self.time.withLock { $0 } } }
  func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

func server() throws -> ServerURL { try ServerURL("https://h:6443") }

@Suite struct CredentialLoading {
  @Test func `a token file is read again when it changes`() async throws {
    let directory = try TemporaryDirectory()
    let token = try directory.write("token", "first\n")
    let clock = ManualClock()
    let loader = CredentialLoader(
      ClientConfiguration(server: try server(), authentication: .bearer(.file(token))), now: clock.now)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer first")
    try directory.write("token", "second")
    // Within the interval the file isn't checked; after it the change is detected.
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer first")
    clock.advance(11)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer second")
    // While a file is being renewed, its last valid content is used.
    try FileManager.default.removeItem(atPath: token)
    clock.advance(11)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer second")
  }

  /// The kubelet swaps a symbolic link: neither the path nor, in general, size and time change.
  @Test func `a swapped projected volume is detected`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write("1/token", "aaaa")
    try directory.write("2/token", "bbbb")
    let link = directory.path + "/data"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path + "/1")
    let clock = ManualClock()
    let configuration = ClientConfiguration(
      server: try server(), authentication: .bearer(.file(link + "/token")))
    let loader = CredentialLoader(configuration, now: clock.now)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer aaaa")
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path + "/2")
    clock.advance(11)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer bbbb")
  }

  @Test func `the file of a refused token is checked at once`() async throws {
    let directory = try TemporaryDirectory()
    let token = try directory.write("token", "first")
    let loader = CredentialLoader(
      ClientConfiguration(server: try server(), authentication: .bearer(.file(token))), now: ManualClock().now
    )
    let first = try await loader.credentials()
    try directory.write("token", "second")
    await loader.refused(first)
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer second")
  }

  @Test func `a missing CA is an error with field and file`() async throws {
    let yaml = KubeconfigShapes.config(
      cluster: "server: https://h\ncertificate-authority: nowhere.crt", user: "token: t")
    let configuration = try Kubeconfig(Array(yaml.utf8), file: "/cfg/config").clientConfiguration()
    let error = await #expect(throws: ConfigurationError.self) {
      try await CredentialLoader(configuration).credentials()
    }
    #expect(
      error.map { "\($0)" }
        == "/cfg/config: clusters[k].cluster.certificate-authority: the certificate authority /cfg/nowhere.crt can't be read: no such file; name a file that exists and that this user may read"
    )
  }

  @Test(arguments: ["", "no PEM at all", "-----BEGIN PRIVATE KEY-----"])
  func `a CA file without a certificate is an error and never disables verification`(content: String)
    async throws
  {
    let directory = try TemporaryDirectory()
    let file = try directory.write("ca.crt", content)
    for source in [CredentialSource.file(file), .inline(SecretBytes(utf8: content))] {
      let configuration = ClientConfiguration(server: try server(), trust: .caBundle(source))
      let error = await #expect(throws: ConfigurationError.self) {
        try await CredentialLoader(configuration).credentials()
      }
      #expect(error?.problem.contains("holds no PEM certificate") == true)
    }
  }

  @Test func `CAs and certificates are read again`() async throws {
    let directory = try TemporaryDirectory()
    let ca = try directory.write("ca.crt", certificatePEM)
    let key = try directory.write("tls.key", keyPEM)
    let certificate = try directory.write("tls.crt", certificatePEM)
    let clock = ManualClock()
    let configuration = ClientConfiguration(
      server: try server(), trust: .caBundle(.file(ca)),
      identity: ClientIdentity(certificate: .file(certificate), key: .file(key)))
    let loader = CredentialLoader(configuration, now: clock.now)
    let first = try await loader.credentials()
    #expect(first.tls.trust == .caBundle(Array(certificatePEM.utf8)) && first.tls.certificate != nil)
    try directory.write("ca.crt", certificatePEM + certificatePEM)
    clock.advance(11)
    let second = try await loader.credentials()
    #expect(second.tls.trust == .caBundle(Array((certificatePEM + certificatePEM).utf8)))
    // An incomplete file is not used.
    try directory.write("ca.crt", "-----BEG")
    clock.advance(11)
    #expect(try await loader.credentials() == second)
  }

  @Test(arguments: ["a b", "a\nb", "a\u{7f}", "ä", " \n"])
  func `a token that no header can contain is refused`(token: String) async throws {
    let configuration = ClientConfiguration(
      server: try server(), authentication: .bearer(.inline(SecretBytes(utf8: token))))
    await #expect(throws: ConfigurationError.self) { try await CredentialLoader(configuration).credentials() }
  }

  @Test func `basic authentication is encoded`() async throws {
    let configuration = ClientConfiguration(
      server: try server(), authentication: .basic(user: "admin", password: SecretBytes(utf8: "pässword")))
    let credentials = try await CredentialLoader(configuration).credentials()
    #expect(credentials.authorization?.exposedText() == "Basic " + base64("admin:pässword"))
  }
}

@Suite(.timeLimit(.minutes(10))) struct ExecPlugins {
  static let v1 = "client.authentication.k8s.io/v1"

  static func credential(_ status: String, version: String = v1) -> String {
    #"{"kind":"ExecCredential","apiVersion":"\#(version)","status":\#(status)}"#
  }

  /// A loader whose plugin is the shell script `script`.
  static func loader(
    _ directory: TemporaryDirectory, _ script: String, clock: ManualClock = ManualClock(),
    timeout: Duration = .seconds(20),
    change: (inout ClientConfiguration, inout ExecPlugin) -> Void = { _, _ in }
  ) throws -> CredentialLoader {
    let file = try directory.write("plugin", "#!/bin/sh\n" + script, mode: 0o700)
    var plugin = ExecPlugin(
      command: file,
      origin: FieldOrigin(
        file: "config", path: FieldPath(dotted: "users").key("u").field("user").field("exec")))
    var configuration = ClientConfiguration(server: try server())
    change(&configuration, &plugin)
    configuration.authentication = .exec(plugin)
    return CredentialLoader(
      configuration, environment: HostEnvironment(variables: ["PATH": "/usr/bin:/bin"]), execTimeout: timeout,
      now: clock.now)
  }

  @Test func `a plugin provides a token`() async throws {
    let directory = try TemporaryDirectory()
    let loader = try Self.loader(
      directory, "printf '%s' \"$INPUT$1\" >&2\necho '\(Self.credential(#"{"token":"abc"}"#))'"
    ) { _, plugin in
      plugin.arguments = ["get-token"]
      plugin.environment = [.init(name: "INPUT", value: SecretBytes(utf8: "x"))]
    }
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer abc")
  }

  @Test(arguments: [
    "kind: ExecCredential\napiVersion: \(v1)\nstatus:\n  token: t0k3n\n  expirationTimestamp: 2099-01-01T00:00:00Z\n",
    "---\napiVersion: \(v1)\nkind: ExecCredential\nstatus: {token: \"t0k3n\"}\n...\n",
  ]) func `a plugin may print YAML`(_ output: String) async throws {
    let directory = try TemporaryDirectory()
    try directory.write("output", output)
    let loader = try Self.loader(directory, "cat '\(directory.path)/output'\n")
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer t0k3n")
  }

  @Test func `what a plugin says on standard error has no limit, and its end is shown`() async throws {
    let chatter =
      "i=0; while [ $i -lt 3000 ]; do echo \"line $i of a plugin that has much to say\" >&2; i=$((i+1)); done\n"
    let directory = try TemporaryDirectory()
    let loader = try Self.loader(
      directory, chatter + "echo '\(Self.credential(#"{"token":"t"}"#))'\n")
    #expect(try await loader.credentials().authorization?.exposedText() == "Bearer t")
    let failing = try Self.loader(directory, chatter + "echo 'please log in' >&2; exit 1\n")
    let error = await #expect(throws: ConfigurationError.self) { try await failing.credentials() }
    #expect(error?.problem.hasSuffix("please log in") == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test func `a plugin provides a certificate`() async throws {
    let directory = try TemporaryDirectory()
    let status = JSONValue.fields([
      "clientCertificateData": .string(certificatePEM), "clientKeyData": .string(keyPEM),
    ])
    try directory.write("answer", Self.credential("\(status)"))
    let credentials = try await Self.loader(directory, "cat '\(directory.path)/answer'").credentials()
    #expect(credentials.authorization == nil)
    #expect(credentials.tls.certificate == Array(certificatePEM.utf8))
    #expect(credentials.tls.key == SecretBytes(utf8: keyPEM))
  }

  @Test func `a plugin gets information about the cluster where it requires that`() async throws {
    let directory = try TemporaryDirectory()
    let script =
      "printf '%s' \"$KUBERNETES_EXEC_INFO\" > '\(directory.path)/info'\necho '\(Self.credential(#"{"token":"t"}"#))'"
    _ = try await Self.loader(directory, script) { configuration, plugin in
      configuration.trust = .caBundle(.inline(SecretBytes(utf8: certificatePEM)))
      configuration.serverName = "name"
      plugin.clusterInfo = .init(config: ["audience": "a"])
    }.credentials()
    func info() throws -> JSONValue {
      try JSONParser().parse(Array(Data(contentsOf: URL(fileURLWithPath: directory.path + "/info"))))
    }
    #expect(
      try info() == [
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "spec": [
          "interactive": false,
          "cluster": [
            "server": "https://h:6443", "tls-server-name": "name", "config": ["audience": "a"],
            "certificate-authority-data": .string(base64(certificatePEM)),
          ],
        ],
      ])
    _ = try await Self.loader(directory, script).credentials()
    #expect(try info()["spec"] == ["interactive": false])
  }

  @Test func `a credential is kept until it expires`() async throws {
    let directory = try TemporaryDirectory()
    let clock = ManualClock()
    let expiry = Timestamp(clock.now().addingTimeInterval(100)).description
    let loader = try Self.loader(
      directory,
      """
      echo run >> '\(directory.path)/runs'
      n=$(wc -l < '\(directory.path)/runs')
      echo '{"kind":"ExecCredential","apiVersion":"\(Self.v1)","status":{"token":"t'$((n))'","expirationTimestamp":"\(expiry)"}}'
      """, clock: clock)
    func token() async throws -> String? { try await loader.credentials().authorization?.exposedText() }
    #expect(try await token() == "Bearer t1")
    clock.advance(50)
    #expect(try await token() == "Bearer t1")
    clock.advance(45)
    #expect(try await token() == "Bearer t2")
  }

  @Test func `concurrent requests run the plugin once`() async throws {
    let directory = try TemporaryDirectory()
    let loader = try Self.loader(
      directory,
      "echo run >> '\(directory.path)/runs'\nsleep 0.1\necho '\(Self.credential(#"{"token":"t"}"#))'")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try await loader.credentials() } }
      try await group.waitForAll()
    }
    #expect(try String(contentsOfFile: directory.path + "/runs", encoding: .utf8) == "run\n")
  }

  @Test func `a refused credential runs the plugin again, but not at every request`() async throws {
    let directory = try TemporaryDirectory()
    let clock = ManualClock()
    let loader = try Self.loader(
      directory, "echo run >> '\(directory.path)/runs'\necho '\(Self.credential(#"{"token":"t"}"#))'",
      clock: clock)
    for _ in 0..<3 { await loader.refused(try await loader.credentials()) }
    clock.advance(11)
    for _ in 0..<3 { await loader.refused(try await loader.credentials()) }
    #expect(try String(contentsOfFile: directory.path + "/runs", encoding: .utf8) == "run\nrun\n")
  }

  @Test(arguments: [
    ("exit 0", "printed no usable ExecCredential: not JSON (line 1, column 1)"),
    ("echo nonsense S3CRET", "printed no usable ExecCredential: not JSON"),
    ("echo '{}'", "printed no usable ExecCredential: kind is required"),
    ("echo '{\"kind\":\"S3CRET\"}'", "printed no usable ExecCredential: kind is not ExecCredential"),
    (
      "echo '\(credential("{}", version: "client.authentication.k8s.io/v1beta1"))'",
      "apiVersion is not client.authentication.k8s.io/v1, which the kubeconfig asks for"
    ),
    ("echo '\(credential("{}"))'", "status holds neither a token nor a certificate"),
    ("echo '\(credential("null"))'", "status is missing"),
    ("echo '\(credential(#"{"token":7}"#))'", "status.token is not a string"),
    (
      "echo '\(credential(#"{"clientCertificateData":"S3CRET"}"#))'",
      "clientCertificateData and clientKeyData go together, and one is missing"
    ),
    (
      "echo '\(credential(#"{"token":"S3CRET","expirationTimestamp":"soon"}"#))'",
      "status.expirationTimestamp"
    ),
    (
      "echo 'token expired: run sso login' >&2; echo S3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRET >&2; exit 3",
      "token expired: run sso login <hidden>"
    ),
    ("head -c 2000000 /dev/zero", "printed more than 1048576 bytes"),
  ])
  func `a failing plugin is an error with the reason`(script: String, words: String) async throws {
    let directory = try TemporaryDirectory()
    let error = await #expect(throws: ConfigurationError.self) {
      try await Self.loader(directory, script).credentials()
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(error?.code == .execPluginFailed)
    #expect(text.hasPrefix("config: users[u].user.exec: the plugin \"\(directory.path)/plugin\" "))
    #expect(text.contains(words), "\(text)")
    #expect(!text.contains("S3CRET"))
  }

  @Test func `the error of a plugin that isn't installed has its hint`() async throws {
    let directory = try TemporaryDirectory()
    let error = await #expect(throws: ConfigurationError.self) {
      try await Self.loader(directory, "") { _, plugin in
        plugin.command = "no-such-plugin"
        plugin.installHint = "install it from example.com"
      }.credentials()
    }
    #expect(error?.problem == "the plugin \"no-such-plugin\" is not installed")
    #expect(error?.remedy == "install it from example.com")
  }

  @Test func `a hanging plugin is ended with its child processes`() async throws {
    let directory = try TemporaryDirectory()
    let pipe = directory.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let descriptor = open(pipe, O_RDONLY | O_NONBLOCK)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var byte: UInt8 = 0
    var timeout = Duration.milliseconds(200)
    var hasStarted = false
    // A busy machine may take longer than that to start it.
    while !hasStarted, timeout < .seconds(60) {
      let error = await #expect(throws: ConfigurationError.self) {
        try await Self.loader(
          directory, "exec 3> '\(pipe)'; printf x >&3; sleep 1000; echo late", timeout: timeout
        ).credentials()
      }
      #expect(error?.problem.contains("took longer than \(timeout)") == true)
      hasStarted = read(descriptor, &byte, 1) == 1
      timeout *= 2
    }
    #expect(hasStarted)
    // The pipe ends when no process has it open any more.
    while read(descriptor, &byte, 1) != 0 { try await Task.sleep(for: .milliseconds(10)) }
  }

  @Test func `a cancelled caller doesn't wait for the plugin`() async throws {
    let directory = try TemporaryDirectory()
    let file = directory.path + "/started"
    let loader = try Self.loader(
      directory,
      "echo run > '\(file)'; while [ -e '\(file)' ]; do sleep 0.1; done; echo '\(Self.credential(#"{"token":"t"}"#))'",
      timeout: .seconds(3600))
    let task = Task { try await loader.credentials() }
    while !FileManager.default.fileExists(atPath: file) {
      try await Task.sleep(for: .milliseconds(5))
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try FileManager.default.removeItem(atPath: file)
  }
}
