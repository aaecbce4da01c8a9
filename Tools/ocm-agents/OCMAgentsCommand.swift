import ArgumentParser
import Foundation
import KubeConfig
import KubeHTTP
import KubeTransport
import Logging

/// Simulates the other controllers and agents of an OCM hub against any API server, as fast as that
/// allows.
@main
struct OCMAgentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ocm-agents",
    abstract: "Plays the agents of managed clusters against any API server, at full speed.",
    discussion:
      "The hub needs the kinds of OCM: Scripts/api-server load --directory DIR Tests/Fixtures/ocm-crds.yaml.",
    subcommands: [
      SeedCommand.self, RunCommand.self, RotateCommand.self, FloorCommand.self, ReadCommand.self,
      ServeCommand.self,
    ])
}

/// The options that select the API server.
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

/// Calls `body` for each of `items`, at most `width` at a time.
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
