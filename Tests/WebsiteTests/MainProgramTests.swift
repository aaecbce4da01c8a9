import Foundation
import KubeCore
import KubeKindsCore
import KubeOperator
import KubeReconcile
import KubeRuntime
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
        let logger = Logger(label: "shop-operator")
        let client = try await KubeClient.connect(fieldManager: "shop-operator", logger: logger)
        let websites = ControllerRunner(Website.controller, client: client, logger: logger) { change in
          logger.info("DNS: \(change)")
        }
        let group = OperatorGroup(
          client, leaderElection: .lease("shop-operator", namespace: "default"), port: 8080, logger: logger)
        try await group.run(websites, ControllerRunner(defaults, client: client, logger: logger))
      }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.hasPrefix("error: there is no kubeconfig at /nonexistent/.kube/config; "), "\(text)")
  }

  @Test func `metrics are collected, unless the program does so itself`() async {
    await #expect(processExitsWith: .success) {
      let text = OperatorGroup.collectedMetrics()?() ?? ""
      precondition(text.contains("process_open_fds"))
      precondition(OperatorGroup.collectedMetrics() == nil)
    }
  }
}
