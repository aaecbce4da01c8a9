import ArgumentParser

/// The options of the demo on an embedded hub.
package struct DemoOptions: ParsableArguments {
  /// The maximum number of clusters: more would only be slow to watch.
  static let maximumClusters = 200

  @Option(help: "How many clusters join.")
  package var clusters = 3

  @Flag(help: "Don't pause for the eye.")
  var fast = false

  package init() {}

  package func validate() throws {
    guard (1...DemoOptions.maximumClusters).contains(clusters) else {
      throw ValidationError("--clusters takes a number from 1 to \(DemoOptions.maximumClusters)")
    }
  }

  /// Runs the demo on the standard output, and returns whether it ended as expected.
  package func play() async throws -> Bool {
    let screen = DemoScreen(isLive: StandardStreams.outputIsTerminal)
    let pace = DemoPace(isLive: screen.isLive && !fast, clusters: clusters)
    screen.open()
    defer { screen.close() }
    let world = try DemoWorld()
    let script = DemoScript(world: world, screen: screen, pace: pace, clusterCount: clusters)
    return try await world.run { try await script.play() }.isEmpty
  }
}
