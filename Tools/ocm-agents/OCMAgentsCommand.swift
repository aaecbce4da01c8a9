import ArgumentParser
import Foundation
import KubeConfig
import KubeHTTP
import KubeTransport
import Logging

/// Plays what a manager of OCM add-ons meets on a hub, against any API server and as fast as that allows.
@main
struct OCMAgentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ocm-agents",
    abstract: "Plays the agents of managed clusters against any API server, at full speed.",
    discussion:
      "The hub needs the kinds of OCM: Scripts/api-server load --directory DIR Tests/Fixtures/ocm-crds.yaml.",
    subcommands: [
      SeedCommand.self, RunCommand.self, RotateCommand.self, FloorCommand.self, ServeCommand.self,
    ])
}

/// Which API server it is.
struct ConnectionOptions: ParsableArguments {
  @Option(help: "The kubeconfig that leads to the hub.")
  var kubeconfig: String

  /// Opens a connection for as long as `body` runs.
  func open(as manager: String, _ body: (KubeClient) async throws -> Void) async throws {
    let transport = try await HTTPTransport(
      Kubeconfig.load(path: kubeconfig).clientConfiguration(),
      options: HTTPTransportOptions(userAgent: "ocm-agents"))
    do {
      try await body(KubeClient(RetryingTransport(transport), fieldManager: manager))
    } catch {
      await transport.shutdown()
      throw error
    }
    await transport.shutdown()
  }
}

/// Does `body` for each of `items`, as many at a time as `width` says.
func forEach<Item: Sendable>(
  _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) async throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for (index, item) in items.enumerated() {
      if index >= width { try await group.next() }
      group.addTask { try await body(item) }
    }
    try await group.waitForAll()
  }
}
