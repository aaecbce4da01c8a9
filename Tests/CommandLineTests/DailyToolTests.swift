import Foundation
import GatewayAPI
import GatewayDemo
import GatewayReconcile
import KubeCore
import KubeKindsRBAC
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import KubeYAML
import OCMSimulator
import Testing

@testable import gateway_manager

/// `status`, `explain`, `doctor`, `diff` and the plugin of kubectl, on the demo's hub and on files.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DailyToolTests {
  /// Serves the demo's hub, with two clusters that are healthy, for as long as `body` runs.
  private func serving(_ body: (String) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let kubeconfig = folder.path + "/kubeconfig"
    let program = try Program(["demo", "--serve", "--clusters", "2", "--kubeconfig-out", kubeconfig])
    while program.isRunning && !FileManager.default.fileExists(atPath: kubeconfig) {
      try await Task.sleep(for: .milliseconds(20))
    }
    // The suite's limit ends the wait.
    var code: Int32? = 2
    while code == 2 {
      code = try await run(["status", "--exit-code"], kubeconfig).code
    }
    #expect(code == 0)
    try await body(kubeconfig)
    program.send(SIGINT)
    #expect(await program.wait().code == 0)
  }

  private func run(_ arguments: [String], _ kubeconfig: String, name: String? = nil) async throws -> Ending {
    try await Program(arguments, environment: ["KUBECONFIG": kubeconfig], name: name).wait()
  }

  private func expect(
    _ ending: Ending, contains words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.code == 0, "\(ending.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        ending.output.contains(word), "\(word): \(ending.output)\(ending.errors)",
        sourceLocation: sourceLocation)
    }
    #expect(!ending.output.contains("\u{1B}"), sourceLocation: sourceLocation)
    #expect(!ending.output.contains("PRIVATE KEY"), sourceLocation: sourceLocation)
  }

  @Test func `the version of a build from a checkout says development`() async throws {
    let ending = try await Program.run("--version")
    #expect(ending.code == 0)
    #expect(ending.output == "gateway-manager 0.1.0 (development)\n")
  }

  @Test func `the API server sees which program and commit asks`() async throws {
    try await TestHub.open(try TestHub.server()) { hub in
      let ending = try await Program(["plan", "-o", "json"], environment: ["KUBECONFIG": hub.kubeconfig()])
        .wait()
      #expect(ending.code == 0, "\(ending.errors)")
      let agent = try #require(hub.agents.first)
      #expect(hub.agents.count == 1)
      #expect(agent.hasPrefix("gateway-manager/0.1.0 (") && agent.hasSuffix(") development"), "\(agent)")
    }
  }

  @Test func `status says why nothing is installed`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/hub.yaml"
    func status(_ documents: String...) async throws -> String {
      try documents.joined(separator: "---\n").write(toFile: file, atomically: true, encoding: .utf8)
      return try await Program.run("status", "-f", file).output
    }
    let cluster = """
      {apiVersion: cluster.open-cluster-management.io/v1, kind: ManagedCluster, metadata: {name: one}}

      """
    let addOn = """
      apiVersion: addon.open-cluster-management.io/v1alpha1
      kind: ClusterManagementAddOn
      metadata: {name: cluster-gateway, uid: u, resourceVersion: "1"}
      spec: {}

      """
    #expect(try await status(cluster).contains("no ClusterManagementAddOn cluster-gateway, or it is being"))
    #expect(
      try await status(cluster, addOn).contains("no valid ClusterGatewayConfiguration cluster-gateway"))
  }

  @Test func `status draws the tree of clusteradm, with identity and certificates`() async throws {
    try await serving { kubeconfig in
      let text = try await run(["status"], kubeconfig)
      expect(
        text,
        contains: [
          "gateway       available", "3 of 3 pods ready", "Available -> true", "clusters      2 of 2 healthy",
          "├── managed1\n", "└── managed2\n", "cluster-gateway\n", "<Status>", "ManifestApplied -> true",
          "RegistrationApplied -> true", "addon-cluster-gateway-deploy-0",
          "ClusterRole open-cluster-management:cluster-gateway:default (applied)",
          "ClusterRoleBinding open-cluster-management:cluster-gateway:default (applied)",
          "<Identity> cluster-gateway, created ", "token until ", "at the gateway", "serving certificate",
          "━",
          "◆",
        ])
      let document = try await run(["status", "-o", "json"], kubeconfig).json()
      #expect(document["gateway"]?["available"] == true)
      #expect(document["summary"]?["healthy"] == 2)
      #expect(document["clusters"]?.array?.compactMap { $0["health"]?.string } == ["healthy", "healthy"])
      #expect(document["clusters"]?.array?.first?["identity"]?["credential"] == "current")
      let one = try await run(["status", "managed2", "-o", "yaml"], kubeconfig)
      expect(one, contains: ["name: managed2", "health: healthy"])
      #expect(!one.output.contains("name: managed1\n"))
      let none = try await run(["status", "-l", "region=nowhere"], kubeconfig)
      expect(none, contains: ["clusters      2 of 2 healthy (0 shown)"])
      let unhealthy = try await run(["status", "--unhealthy"], kubeconfig)
      expect(unhealthy, contains: ["2 of 2 healthy (0 shown)"])
      #expect(!unhealthy.output.contains("\ncertificates"), "\(unhealthy.output)")
    }
  }

  /// A hub on which `reader` may list OCM's kinds and nothing else, and a cluster waits for its
  /// add-on.
  private func hubForReader() throws -> MemoryAPIServer {
    var server = try TestHub.server()
    let groups = [
      "cluster.open-cluster-management.io", "addon.open-cluster-management.io",
      "work.open-cluster-management.io", "authentication.open-cluster-management.io",
      "proxy.open-cluster-management.io",
    ]
    let role = ClusterRole(
      metadata: ObjectMeta(name: "reader"),
      rules: [PolicyRule(verbs: ["get", "list", "watch"], apiGroups: groups, resources: ["*"])])
    let binding = ClusterRoleBinding(
      metadata: ObjectMeta(name: "reader"),
      subjects: [RBACSubject(kind: "User", name: "reader", apiGroup: ClusterRole.type.group)],
      roleRef: RoleRef(apiGroup: ClusterRole.type.group, kind: ClusterRole.type.kind, name: "reader"))
    try server.require(.create(role.key, role.json), at: Date())
    try server.require(.create(binding.key, binding.json), at: Date())
    return server
  }

  @Test func `a reader without all rights gets gaps that are named once, and no false claim`() async throws {
    let reader = APIUser(name: "reader", groups: ["system:authenticated"])
    try await TestHub.open(try hubForReader(), as: reader) { hub in
      let kubeconfig = try hub.kubeconfig()
      for command in [["status"], ["plan"], ["diff"], ["doctor"]] {
        let ending = try await run(command, kubeconfig)
        expect(ending, contains: command == ["doctor"] ? [] : ["You may not", "  list secrets"])
        #expect(ending.errors == "")
        for claim in ["the manager may not", "RightsMissing", "there is none", "there is no "] {
          #expect(!ending.output.contains(claim), "\(command): \(ending.output)")
        }
        let right = "list deployments.apps \"gateway-deployment\" in namespace"
        #expect(ending.output.components(separatedBy: right).count <= 2, "\(ending.output)")
      }
      let plan = try await run(["plan", "-o", "json"], kubeconfig).json()
      let kinds = Set((plan["patches"]?.array ?? []).compactMap { $0["target"]?["kind"]?.string })
      #expect(
        kinds.isSubset(of: [
          "ManagedClusterAddOn", "ManagedServiceAccount", "ManifestWork", "ClusterManagementAddOn",
        ]))
      #expect(kinds.contains("ManagedClusterAddOn"))
      let unread = plan["unread"]?.array ?? []
      #expect(unread.contains { $0["resource"] == "secrets" && $0["verb"] == "list" })
      #expect(unread.contains { $0["resource"] == "deployments" && $0["group"] == "apps" })
      let certificates = try await run(["certs", "-o", "yaml"], kubeconfig)
      #expect(certificates.code == 4, "\(certificates.output)")
      #expect(certificates.output.contains("readable: false") && !certificates.output.contains("problem:"))
      #expect(try await run(["status", "--exit-code"], kubeconfig).code != 0)
    }
    // Who may read nothing.
    let stranger = APIUser(name: "stranger", groups: ["system:authenticated"])
    try await TestHub.open(try hubForReader(), as: stranger) { hub in
      let kubeconfig = try hub.kubeconfig()
      let plan = try await run(["plan", "--exit-code"], kubeconfig)
      #expect(plan.code == 4, "\(plan.output) \(plan.errors)")
      #expect(plan.output.hasPrefix("No change is known.\nYou may not\n"), "\(plan.output)")
      #expect(try await run(["diff", "--exit-code"], kubeconfig).code == 4)
      let status = try await run(["status", "--exit-code"], kubeconfig)
      #expect(status.code == 4 && !status.output.contains("not installed"), "\(status.output)")
      let one = try await run(["status", "one"], kubeconfig)
      #expect(one.code == 1 && one.errors.contains("you may not list"), "\(one.errors)")
      #expect(try await run(["explain", "one", "--exit-code"], kubeconfig).code == 4)
      let rotation = try await run(["certs", "rotate"], kubeconfig)
      #expect(rotation.code == 1 && rotation.errors.contains("you may not list"), "\(rotation.errors)")
    }
  }

  @Test func `status follows the hub until it is interrupted`() async throws {
    try await serving { kubeconfig in
      let program = try Program(["status", "-w"], environment: ["KUBECONFIG": kubeconfig])
      while program.isRunning && !program.output.contains("2 of 2 healthy") {
        try await Task.sleep(for: .milliseconds(20))
      }
      program.send(SIGINT)
      let ending = await program.wait()
      expect(ending, contains: ["2 of 2 healthy", "managed1"])
      #expect(ending.errors == "")
    }
  }

  @Test func `status ends with the reader of its pipe, although nothing changes`() async throws {
    try await TestHub.open(try TestHub.server(clusters: ["one"]), as: .admin) { hub in
      let script = #"(timeout 90 "$0" status -w --kubeconfig "$1"; echo "ended with $?" >&2) | head -n 1"#
      let ending = try await Program(
        ["-c", script, Program.executable.path, hub.kubeconfig()],
        executable: URL(fileURLWithPath: "/bin/sh")
      ).wait()
      #expect(ending.errors == "ended with 0\n")
      #expect(ending.output.hasPrefix("changed at "), "\(ending.output)")
    }
  }

  @Test func `explain names what holds, and asks the cluster on request`() async throws {
    try await serving { kubeconfig in
      let ending = try await run(["explain", "managed1", "--probe", "--exit-code"], kubeconfig)
      expect(
        ending,
        contains: [
          "managed1 is reached through the gateway", "✔ the hub accepts the cluster", "asked just now",
        ])
      let missing = try await run(["explain", "managed7", "--exit-code"], kubeconfig)
      #expect(missing.code == 2)
      #expect(missing.output.contains("there is no ManagedCluster managed7"))
      #expect(missing.output.contains("remedy: check the name"))
      let document = try await run(["explain", "managed7", "-o", "json"], kubeconfig).json()
      #expect(document["firstBroken"] == "accepted")
    }
  }

  @Test func `doctor finds a healthy hub healthy`() async throws {
    try await serving { kubeconfig in
      let ending = try await run(["doctor"], kubeconfig)
      expect(
        ending,
        contains: [
          "✔ clocks", "✔ managedclusters.cluster.open-cluster-management.io", "✔ aggregation layer",
          "✔ Secret open-cluster-management-addon/proxy-client", "✔ granted",
          "Who may use clustergateways/proxy",
        ])
      #expect(!ending.output.contains("✘"))
    }
  }

  @Test func `diff shows nothing for a converged hub, and fields that would change`() async throws {
    try await serving { kubeconfig in
      // The configuration's status sums up the clusters a while after they are healthy; the suite's
      // limit ends the wait.
      var ending = try await run(["diff", "--exit-code"], kubeconfig)
      while ending.code == 2 { ending = try await run(["diff", "--exit-code"], kubeconfig) }
      expect(ending, contains: ["Nothing would change."])
    }
    let folder = try TemporaryFolder()
    let file = try folder.write("hub.yaml", fixture().text(Fixture.taken))
    let arguments = ["diff", "-f", file, "--at", PlanTests.early]
    let ending = try await Program.run(arguments)
    try fixture().expectNoSecrets(in: ending)
    expect(
      ending,
      contains: [
        "~ Deployment vela-system/gateway-deployment",
        "+ ManifestWork cluster1/addon-cluster-gateway-deploy-0",
        "    + spec.workload.manifests[0].kind: ClusterRole\n",
      ])
    #expect(try await Program.run(arguments + ["--exit-code"]).code == 2)
    let changes = try await Program.run(arguments + ["-o", "json"]).json()["changes"]?.array ?? []
    #expect(changes.count > 10)
    for change in changes {
      #expect(change["reasons"]?.array?.isEmpty == false)
      #expect(change["problem"] == nil, "\(change)")
    }
  }

  @Test func `diff shows of a live hub what it shows of its objects in a file`() async throws {
    let folder = try TemporaryFolder()
    let text = try fixture().text(Fixture.taken)
    let file = try folder.write("hub.yaml", text)
    var server = MemoryAPIServer(at: Date())
    for type in GatewayKinds.all + GatewayKinds.older {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    server.load(try YAMLReader().objects(Array(text.utf8), file: file).map(\.object), at: Date())
    func changes(_ source: String...) async throws -> [JSONValue] {
      try await Program.run(["diff", "-o", "json", "--at", PlanTests.early] + source).json()["changes"]?
        .array ?? []
    }
    let expected = try await changes("-f", file)
    #expect(expected.count > 10)
    try await TestHub.open(server, as: .admin) { hub in
      let live = try await changes("--kubeconfig", try hub.kubeconfig())
      #expect(live.map { $0["object"] } == expected.map { $0["object"] })
      for (live, expected) in zip(live, expected) { #expect(live == expected) }
    }
  }

  @Test func `findings that differ in their place only are one, with a count`() {
    let findings = (1...7).map { number in
      Finding(
        .warning, code: .noManagedFields, subject: "cluster c\(number)", problem: "no managedFields",
        remedy: "read them")
    }
    let lines = FindingText.lines(findings).map { $0.text(usesColor: false) }
    #expect(lines.count == 3 && lines.first == "  warning NoManagedFields: cluster c1 and 6 more", "\(lines)")
  }

  @Test func `a name that is empty is shown as such`() async throws {
    let ending = try await Program.run("explain", "")
    #expect(ending.code == 1 && ending.errors.contains("\"\": no cluster's name"), "\(ending.errors)")
  }

  @Test func `a port without a server refuses the connection`() async throws {
    let folder = try TemporaryFolder()
    let kubeconfig = try folder.write(
      "kubeconfig",
      """
      {current-context: a, contexts: [{name: a, context: {cluster: a}}],
      clusters: [{name: a, cluster: {server: "https://127.0.0.1:9"}}]}
      """)
    let ending = try await run(["plan"], kubeconfig)
    #expect(ending.code == 1 && ending.errors.contains("connection refused"), "\(ending.errors)")
    #expect(!ending.errors.contains("error set"))
  }

  @Test func `a sysdump can be unpacked, and holds no secret`() async throws {
    try await serving { kubeconfig in
      let folder = try TemporaryFolder()
      let file = folder.path + "/dump.tar"
      let ending = try await run(["sysdump", "managed1", "-o", file], kubeconfig)
      #expect(ending.code == 0 && ending.output == file + "\n", "\(ending.errors)")
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let tar = Process()
      tar.executableURL = URL(fileURLWithPath: "/bin/tar")
      tar.arguments = ["-xf", file, "-C", folder.path]
      try tar.run()
      tar.waitUntilExit()
      #expect(tar.terminationStatus == 0)
      for name in ["version.txt", "status.json", "plan.json", "doctor.json", "objects/installation.yaml"] {
        #expect(!folder.text("sysdump/" + name).isEmpty, "\(name)")
      }
      let objects =
        folder.text("sysdump/objects/installation.yaml")
        + folder.text("sysdump/objects/clusters/managed1.yaml")
      #expect(objects.contains("kind: ManagedServiceAccount") && objects.contains("kind: Secret"))
      #expect(objects.contains("secret bytes") && !objects.contains("PRIVATE KEY"))
      for key in ["LS0tLS1CRUdJTiBQUklW", "LS0tLS1CRUdJTiBFQyBQ", "LS0tLS1CRUdJTiBSU0Eg"] {
        #expect(!objects.contains(key), "a key in Base64")
      }
      let again = try await run(["sysdump", "-o", file], kubeconfig)
      #expect(again.code == 1 && again.errors.contains(file), "\(again.errors)")
    }
  }

  @Test func `as kubectl's plugin it goes by that name, and completes`() async throws {
    let help = try await Program(["status", "--help"], name: "kubectl-gateway").wait()
    expect(
      help,
      contains: ["USAGE: kubectl gateway status", "  kubectl gateway status --unhealthy", "-n, --namespace"])
    #expect(!help.output.contains("gateway-manager "))
    let folder = try TemporaryFolder()
    let hub = try folder.write(
      "hub.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: one, uid: u, resourceVersion: '1'}\n")
    let plan = try await Program(["plan", "-f", hub], name: "kubectl-gateway").wait()
    expect(plan, contains: ["apply the one that `kubectl gateway manifests` prints"])
    let usage = try await Program(["status", "--nonsense"], name: "kubectl-gateway").wait()
    #expect(usage.code == 1 && usage.errors.contains("kubectl gateway status"), "\(usage.errors)")
    func completions(_ words: String...) async throws -> [String] {
      let ending = try await Program(words, name: "kubectl_complete-gateway").wait()
      #expect(ending.code == 0 && ending.errors == "", "\(ending.errors)")
      return ending.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }
    #expect(try await completions("st") == ["status", ":4"])
    #expect(try await completions("certs", "ro") == ["rotate", ":4"])
    #expect(try await completions("status", "--unh") == ["--unhealthy", ":4"])
    #expect(try await completions("status", "-o", "") == ["text", "json", "yaml", "html", ":4"])
    #expect(try await completions("plan", "-f", "") == [":0"])
    // Of an option and its value in one word, the shell expects the value.
    #expect(try await completions("status", "--output=j") == ["json", ":4"])
    let kubeconfig = try folder.write(
      "kubeconfig", "{contexts: [{name: east, context: {cluster: a}}, {name: west, context: {cluster: b}}]}")
    #expect(
      try await completions("status", "--kubeconfig", kubeconfig, "--context", "") == ["east", "west", ":4"])
    #expect(try await completions("status", "--kubeconfig=\(kubeconfig)", "--context=w") == ["west", ":4"])
    try await serving { kubeconfig in
      let ending = try await run(["explain", ""], kubeconfig, name: "kubectl_complete-gateway")
      #expect(ending.output == "managed1\nmanaged2\n:4\n")
    }
  }

  @Test(
    arguments: [
      ["demo"], ["status"], ["explain"], ["doctor"], ["plan"], ["diff"], ["run"], ["certs"],
      ["certs", "show"],
      ["certs", "rotate"], ["manifests"], ["sysdump"], [],
    ]) func `every help has examples`(_ command: [String]) async throws
  {
    let ending = try await Program.run(command + ["--help"])
    expect(ending, contains: ["EXAMPLES:", "  gateway-manager "])
  }
}
