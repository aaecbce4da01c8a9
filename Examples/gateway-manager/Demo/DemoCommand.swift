import ArgumentParser

/// `demo`: the operator at work on an embedded hub.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Shows the operator at work on a hub inside this process.",
    discussion: """
      The operator is the real one; the API server is embedded, and the rest of OCM and Kubernetes are stand-ins. \
      Clusters join, the clock is moved until the serving certificate rotates, a token rotates, a cluster leaves. \
      The end state is read back and checked: the exit code is 0 only if all of it is as it should be.
      """)

  /// More than that would only be slow to watch.
  static let maximumClusters = 200

  @Option(help: "How many clusters join.")
  var clusters = 3

  @Flag(help: "Don't pause for the eye.")
  var fast = false

  func validate() throws {
    guard (1...DemoCommand.maximumClusters).contains(clusters) else {
      throw ValidationError("--clusters takes a number from 1 to \(DemoCommand.maximumClusters)")
    }
  }

  func run() async throws {
    let screen = DemoScreen(isLive: StandardStreams.outputIsTerminal)
    let pace = DemoPace(isLive: screen.isLive && !fast, clusters: clusters)
    screen.open()
    defer { screen.close() }
    let world = try DemoWorld()
    let story = DemoStory(world: world, screen: screen, pace: pace, clusterCount: clusters)
    let problems = try await world.run { try await story.play() }
    guard problems.isEmpty else { throw ExitCode.failure }
  }
}

/// How long things take to be seen.
struct DemoPace {
  /// Whether somebody is watching.
  let isLive: Bool
  /// Between two moves of the stand-ins.
  let tick: Duration
  /// Between two clusters that join.
  let betweenClusters: Duration
  /// Between two acts.
  let betweenActs: Duration

  init(isLive: Bool, clusters: Int) {
    self.isLive = isLive
    tick = isLive ? .milliseconds(60) : .milliseconds(2)
    betweenClusters = isLive ? .milliseconds(max(40, min(500, 1800 / clusters))) : .zero
    betweenActs = isLive ? .milliseconds(700) : .zero
  }
}
