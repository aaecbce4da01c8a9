import Foundation
import KubeCore
import KubeKindsCoordination
import KubeKindsCore
import KubeMemory
import KubeOperator
import KubeReconcile
import KubeRuntime
import KubeTestServer
import KubeTransport
import Logging
import Testing
import Website

/// Gives every namespace a ConfigMap.
private let defaults = Controller(Namespace.self, fieldManager: "defaults") { context in
  context.ensure(
    ConfigMap(metadata: ObjectMeta(name: "defaults", namespace: context.object.metadata.name)))
}
.owns(ConfigMap.self)

/// The main program of `defaults` with a Lease, against a server in the same process.
private struct DefaultsProgram {
  private let cluster = InMemoryCluster()
  private let server: TestServer
  private let endpoints: ServerURL
  private let end: Task<Void, Never>

  init() async throws {
    // Below the range of the ports that the system chooses by itself.
    let port = (10_000..<32_768).shuffled().first(where: Self.isFree) ?? 0
    server = try await TestServer.start(cluster)
    let kubeconfig = try Kubeconfig(server.kubeconfig.exposed(), file: "kubeconfig")
    let configuration = try kubeconfig.clientConfiguration(environment: HostEnvironment())
    endpoints = try ServerURL("http://127.0.0.1:\(port)")
    end = Task {
      await OperatorGroup.main(
        defaults, configuration: configuration, leaderElection: .lease("defaults", namespace: "default"),
        port: port)
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// The Lease's holder; `nil` before there is a Lease, empty after it was released.
  var holder: String? {
    get async {
      let lease = await cluster.snapshot.object(Lease.self, namespace: "default", name: "defaults")
      return lease.map { $0.spec.holderIdentity ?? "" }
    }
  }

  /// Waits until the program has done its work.
  func work() async throws {
    while await cluster.snapshot.object(ConfigMap.self, namespace: "default", name: "defaults") == nil {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// The answer of an endpoint, once it is 200; on a connection of its own.
  func answer(_ path: String) async throws -> String {
    while true {
      let transport = try await HTTPTransport(ClientConfiguration(server: endpoints))
      let bytes = try? await KubeClient(transport, fieldManager: "test").bytes(.raw(path: path))
      await transport.shutdown()
      if let bytes { return String(decoding: bytes, as: UTF8.self) }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Makes another process the Lease's holder.
  func loseLease() async throws {
    let key = ObjectKey(Lease.type, namespace: "default", name: "defaults")
    await cluster.withServer { server in
      let change: JSONValue = ["spec": ["holderIdentity": "another"]]
      let answer = server.handle(.mergePatch(key, change), at: Date())
      precondition(answer.description.hasPrefix("200"), "\(answer)")
    }
  }

  func wait() async { await end.value }
}

/// A main program, in a process of its own that it may end.
@Suite(.timeLimit(.minutes(5))) struct MainProgramTests {
  private struct Failed: Error, CustomStringConvertible {
    let description = "no\nhub\u{1B}[2J"
  }

  @Test func `a failure is one line on standard error, and exit code 1`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      await OperatorGroup.main { throw Failed() }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text == "error: no\\u{a}hub\\u{1b}[2J\n")
  }

  @Test func `a program without a kubeconfig says so, and ends`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      setenv("HOME", "/nonexistent", 1)
      for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"] { unsetenv(name) }
      await OperatorGroup.main(Website.controller, port: 0) { _, _ in }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.hasPrefix("error: there is no kubeconfig at /nonexistent/.kube/config; "), "\(text)")
    #expect(text.split(separator: "\n").count == 1)
  }

  @Test func `a program of several controllers without a kubeconfig says so, and ends`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      setenv("HOME", "/nonexistent", 1)
      for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"] { unsetenv(name) }
      await OperatorGroup.main {
        let metrics = OperatorGroup.collectedMetrics()
        let logger = Logger(label: "shop-operator")
        let client = try await KubeClient.connect(fieldManager: "shop-operator", logger: logger)
        let websites = ControllerRunner(Website.controller, client: client, logger: logger) { change in
          logger.info("DNS: \(change)")
        }
        let group = OperatorGroup(
          client, leaderElection: .lease("shop-operator", namespace: "default"), port: 8080, metrics: metrics,
          logger: logger)
        try await group.run(websites, ControllerRunner(defaults, client: client, logger: logger))
      }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.hasPrefix("error: there is no kubeconfig at /nonexistent/.kube/config; "), "\(text)")
  }

  /// Expects that the program serves its endpoints, and that it ends at `signal`.
  private static func end(by signal: Int32) async throws {
    let program = try await DefaultsProgram()
    try await program.work()
    let holder = await program.holder
    precondition(holder?.isEmpty == false)
    _ = try await program.answer("livez")
    _ = try await program.answer("readyz")
    let metrics = try await program.answer("metrics")
    precondition(metrics.contains("leader_election_master_status{name=\"defaults\"} 1"), metrics)
    let state = try JSONParser().parse(try await program.answer("debug/state"))
    precondition(state["services"]?.array?.count == 1, "\(state)")
    kill(getpid(), signal)
    await program.wait()
    let last = await program.holder
    precondition(last == "", last ?? "no Lease")
  }

  @Test func `a program that is asked to end releases its Lease and succeeds`() async {
    await #expect(processExitsWith: .success) { try await MainProgramTests.end(by: SIGTERM) }
    await #expect(processExitsWith: .success) { try await MainProgramTests.end(by: SIGINT) }
  }

  @Test func `a program that loses its Lease says so, and ends with exit code 1`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      let program = try await DefaultsProgram()
      try await program.work()
      try await program.loseLease()
      await program.wait()
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      text.contains("error: Lease default/defaults could not be renewed in time: leadership is lost\n"),
      "\(text)")
  }

  @Test func `metrics are collected, unless the program does so itself`() async {
    await #expect(processExitsWith: .success) {
      let text = OperatorGroup.collectedMetrics()?() ?? ""
      precondition(text.contains("process_open_fds"))
      precondition(OperatorGroup.collectedMetrics() == nil)
    }
  }
}
