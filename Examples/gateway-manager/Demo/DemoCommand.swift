import ArgumentParser
import GatewayDemo

/// `demo`: runs the manager on an embedded hub.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Shows the manager at work on a hub inside this process.",
    discussion: """
      The manager is the real one; the API server is embedded, and the rest of OCM and Kubernetes is simulated. \
      Clusters join, the clock is moved until the serving certificate rotates, a token rotates, a cluster leaves. \
      The end state is read back and checked: the exit code is 0 only if all of it is as it should be.

      With --serve there is no script: clusters join, the hub is served behind TLS on 127.0.0.1 until Ctrl-C, and \
      kubectl shows how the manager reacts to your changes.

      EXAMPLES:
        gateway-manager demo --clusters 5
        # then: KUBECONFIG=hub.yaml kubectl get managedclusters
        gateway-manager demo --serve --kubeconfig-out hub.yaml
      """)

  @OptionGroup var demo: DemoOptions

  @Flag(help: "Serve the hub to kubectl and other clients instead, until Ctrl-C.")
  var serve = false

  @Option(
    name: .customLong("kubeconfig-out"),
    help: "With --serve: where to write the kubeconfig; otherwise to a new temporary directory.")
  var kubeconfigOut: String?

  @Option(help: "With --serve: the port on 127.0.0.1; 0 takes a free one.")
  var port = 0

  @Flag(help: "With --serve: an empty API server, without OCM, the manager or any controller.")
  var bare = false

  func validate() throws {
    guard serve || (kubeconfigOut == nil && port == 0 && !bare) else {
      throw ValidationError("--kubeconfig-out, --port and --bare go with --serve")
    }
    guard (0...65_535).contains(port) else { throw ValidationError("--port takes a number from 0 to 65535") }
  }

  func run() async throws {
    guard !serve else {
      return try await DemoServing(
        clusters: demo.clusters, port: port, kubeconfig: kubeconfigOut, isBare: bare
      ).run()
    }
    guard try await demo.play() else { throw ExitCode.failure }
  }
}
