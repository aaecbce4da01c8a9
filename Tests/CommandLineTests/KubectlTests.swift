import Foundation
import KubeCore
import Testing

/// kubectl against the served demo, where it is installed.
@Suite(
  .enabled(if: Kubectl.executable != nil, "kubectl is not on this machine"), .timeLimit(.minutes(10)))
struct KubectlTests {
  /// Serves a hub for as long as `body` runs.
  private func serving(_ arguments: [String], _ body: (Kubectl) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let kubeconfig = folder.path + "/kubeconfig"
    let program = try Program(["demo", "--serve", "--kubeconfig-out", kubeconfig] + arguments)
    while program.isRunning && !FileManager.default.fileExists(atPath: kubeconfig) {
      try await Task.sleep(for: .milliseconds(20))
    }
    let mode = try FileManager.default.attributesOfItem(atPath: kubeconfig)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try await body(Kubectl(kubeconfig: kubeconfig, home: folder.path))
    // What is printed comes after the port is open and before anything ends.
    while !program.output.contains(kubeconfig) { try await Task.sleep(for: .milliseconds(5)) }
    program.send(SIGINT)
    #expect(await program.wait().code == 0)
  }

  @Test func `the demo hub shows the add-ons of every cluster`() async throws {
    try await serving(["--clusters", "2"]) { kubectl in
      let expected = [
        "NAMESPACE NAME AVAILABLE", "managed1 cluster-gateway True", "managed1 cluster-proxy True",
        "managed1 managed-serviceaccount True", "managed2 cluster-gateway True",
        "managed2 cluster-proxy True", "managed2 managed-serviceaccount True",
      ]
      var table = ""
      var rows: [String] = []
      // The manager needs a moment until the gateway serves every cluster; the suite's limit ends the wait.
      while rows != expected {
        table = try await kubectl("get", "managedclusteraddon", "-A")
        rows = table.split(separator: "\n").map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
      }
      #expect(table.hasPrefix("NAMESPACE   NAME                     AVAILABLE   DEGRADED   PROGRESSING"))
      let configuration = try await kubectl("get", "clustergatewayconfiguration", "-o", "yaml")
      for line in [
        "proxyClientCASecretName: proxy-server-ca", "proxyServerPort: 8090", "type: ClusterProxy",
        "installNamespace: vela-system", "secretNamespace: open-cluster-management-credentials",
      ] { #expect(configuration.contains(line)) }
      // OCM's short names.
      for (short, name) in [
        ("mcl", "managedcluster.cluster"), ("mca", "managedclusteraddon.addon"),
        ("cma", "clustermanagementaddon.addon"),
      ] {
        let names = try await kubectl("get", short, "-A", "-o", "name")
        #expect(names.hasPrefix("\(name).open-cluster-management.io/"), "\(short): \(names)")
      }
      // The manager recreates a deleted object.
      _ = try await kubectl("delete", "serviceaccount", "cluster-gateway", "-n", "vela-system")
      while try await !kubectl("get", "serviceaccounts", "-n", "vela-system").contains("cluster-gateway") {}
    }
  }

  @Test func `an empty server accepts kubectl's commands`() async throws {
    try await serving(["--bare"]) { kubectl in
      #expect(try await kubectl("create", "configmap", "a", "--from-literal=x=1") == "configmap/a created\n")
      #expect(try await kubectl("label", "configmap", "a", "tier=front") == "configmap/a labeled\n")
      #expect(try await kubectl("get", "configmap", "-l", "tier=front", "-o", "name") == "configmap/a\n")
      #expect(
        try await kubectl("patch", "configmap", "a", "-p", #"{"data":{"y":"2"}}"#) == "configmap/a patched\n")
      #expect(
        try await kubectl(
          "create", "deployment", "web", "--image=web:1", "--replicas=0") == "deployment.apps/web created\n")
      let wide = try await kubectl("get", "deployment", "web", "-o", "wide")
      #expect(wide.contains("CONTAINERS") && wide.contains("web:1") && wide.contains("0/0"))
      let manifest = """
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 0,
         "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
         "spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
        """
      #expect(
        try await kubectl("apply", "-f", "-", input: manifest) == "deployment.apps/web configured\n")
      #expect(
        try await kubectl(
          "get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[*].image}")
          == "side:1 web:1")
      #expect(
        try await kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input: manifest)
          == "deployment.apps/web serverside-applied\n")
      let misspelled = manifest.replacingOccurrences(of: "replicas", with: "replica")
      await #expect(throws: Kubectl.Failure.self) { try await kubectl("apply", "-f", "-", input: misspelled) }
      #expect(try await kubectl("explain", "deployment.spec.replicas").contains("FIELD: replicas <integer>"))
      #expect(try await kubectl("auth", "can-i", "create", "pods") == "yes\n")
      // kubectl sends this request as protobuf.
      _ = try await kubectl("create", "serviceaccount", "robot")
      let token = try await kubectl("create", "token", "robot", "--audience=a", "--duration=20m")
      #expect(token.split(separator: ".").count == 3, "\(token)")
      #expect(try await kubectl("describe", "deployment", "web").contains("side:1"))
      #expect(try await kubectl("delete", "deployment", "web") == "deployment.apps \"web\" deleted\n")
    }
  }
}

/// The kubectl of this machine, with a kubeconfig and a cache of its own.
struct Kubectl: Sendable {
  /// The message of a kubectl command that failed.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  static let executable = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    .split(separator: ":").map { "\($0)/kubectl" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  let kubeconfig: String
  let home: String

  /// Runs a command and returns its output.
  @discardableResult
  func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Kubectl.executable))
    process.arguments = ["--request-timeout=60s"] + arguments
    process.environment = ["HOME": home, "KUBECONFIG": kubeconfig, "PATH": "/usr/bin:/bin"]
    process.standardInput = try FileHandle(
      forReadingFrom: URL(fileURLWithPath: folder.write("in", Array(input.utf8))))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("out", [])))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write("err", [])))
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in continuation.finish() }
    try process.run()
    // In a task of its own, so that even after a cancellation the process has ended when its status is read.
    await Task { for await _ in stream {} }.value
    guard process.terminationStatus == 0 else {
      throw Failure(description: "kubectl \(arguments.joined(separator: " ")): \(folder.text("err"))")
    }
    return folder.text("out")
  }
}
