import CertificatePolicy
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization

/// The script of the demo, act by act.
package final class DemoScript: Sendable {
  /// The time limit of the whole demo.
  static let limit = Duration.seconds(300)
  /// The time without events after which the hub counts as converged: longer than an event takes
  /// inside one process.
  private static let quietPeriod = Duration.milliseconds(60)

  private let world: DemoWorld
  private let screen: DemoScreen
  private let pace: DemoPace
  private let clusterCount: Int
  private let started = ContinuousClock.now
  private let state = Mutex((reporter: HubReporter(), title: ""))

  init(world: DemoWorld, screen: DemoScreen, pace: DemoPace, clusterCount: Int) {
    self.world = world
    self.screen = screen
    self.pace = pace
    self.clusterCount = clusterCount
  }

  /// Runs all acts and checks the end. Returns the problems.
  func play() async throws -> [String] {
    try await act("The gateway is installed") {}
    let names = (1...clusterCount).map { DemoScript.clusterName($0, of: clusterCount) }
    try await act(clusterCount == 1 ? "A cluster joins" : "\(clusterCount) clusters join") {
      for name in names {
        try await self.world.change { try Registration().join(name, on: &$0, at: $1) }
        try await self.goOn(for: self.pace.betweenClusters)
      }
    }
    try await act("A token rotates") {
      try await self.rotateToken(of: names[0])
    }
    let before = await view().serving
    try await act("The serving certificate is renewed") {
      try await self.moveToRenewal()
    }
    let after = await view().serving
    let leaving = names[names.count - 1]
    try await act("\(leaving) leaves") {
      try await self.world.change { try Registration().leave(leaving, on: &$0, at: $1) }
    }
    await show()
    screen.leavePicture()
    var problems: [String] = []
    report(renewalOf: before, to: after, &problems)
    let check = DemoCheck(world: world, clusters: Array(names.dropLast()), gone: leaving)
    for result in try await check.results() {
      screen.say(
        StyledLine(result.problem == nil ? "✔ " : "✘ ", result.problem == nil ? .good : .bad)
          + StyledLine(result.what))
      if let problem = result.problem {
        screen.say(StyledLine("    \(problem)", .bad))
        problems.append("\(result.what): \(problem)")
      }
    }
    if problems.isEmpty {
      screen.say(StyledLine("All as it should be.", .bold))
    } else {
      StandardStreams.error("error: \(problems.count) of the checks failed")
    }
    return problems
  }

  package static func clusterName(_ number: Int, of count: Int) -> String {
    let digits = String(number)
    return "managed" + String(repeating: "0", count: String(count).count - digits.count) + digits
  }

  // MARK: Acts

  private func act(_ title: String, _ body: () async throws -> Void) async throws {
    state.withLock { $0.title = title }
    if !screen.isLive { screen.report(StyledLine(title, .bold), at: world.clock.now) }
    await show()
    try await body()
    try await awaitConvergence()
    try await goOn(for: pace.betweenActs)
  }

  private func rotateToken(of cluster: String) async throws {
    let (now, server) = (world.clock.now, await world.server)
    guard let request = TokenAgent().rotation(of: "cluster-gateway", cluster: cluster, in: server, at: now)
    else {
      throw DemoFailure("\(cluster) has no token that could rotate")
    }
    try await world.change { try $0.require(request, at: $1) }
    await show()
  }

  /// Moves the clock in steps until the serving certificate is due for renewal.
  private func moveToRenewal() async throws {
    guard let renewal = await view().renewal else { throw DemoFailure("there is no serving certificate") }
    let strides = pace.isLive ? (clusterCount > 10 ? 8 : 16) : 1
    let whole = renewal.timeIntervalSince(world.clock.now)
    screen.report(StyledLine("\(Int(whole / 86_400)) days pass", .dim), at: world.clock.now)
    for stride in 1...strides {
      let left = whole * Double(strides - stride) / Double(strides)
      world.clock.move(to: renewal.addingTimeInterval(1 - left))
      if stride == strides {
        screen.report(StyledLine("the serving certificate's renewal is due", .busy), at: world.clock.now)
      }
      world.manager.replan()
      try await goOn(for: pace.tick)
    }
  }

  private func report(
    renewalOf before: CertificateFacts?, to after: CertificateFacts?, _ problems: inout [String]
  ) {
    screen.say("")
    guard let before, let after, before.serialNumber != after.serialNumber else {
      problems.append("the serving certificate was not renewed")
      screen.say(StyledLine("✘ the serving certificate was not renewed", .bad))
      return
    }
    for (word, facts) in [("before", before), ("after ", after)] {
      screen.say(
        StyledLine("  serving certificate \(word)  ", .dim)
          + StyledLine("serial \(facts.serialNumber), until \(Timestamp(facts.notAfter))"))
    }
  }

  // MARK: Time

  private func view() async -> HubView {
    HubView(await world.server, identity: world.identity, at: world.clock.now)
  }

  private func show() async {
    let view = await view()
    let (news, title) = state.withLock { ($0.reporter.news(in: view), $0.title) }
    for line in news { screen.report(line, at: view.time) }
    screen.draw(HubPicture(view: view, title: title).lines(rows: screen.pictureRows))
  }

  /// Runs one step of all simulated controllers.
  private func move() async throws {
    try await Task.sleep(for: pace.tick)
    _ = await world.tick()
    await show()
  }

  private func goOn(for duration: Duration) async throws {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end { try await move() }
  }

  /// Waits until neither the manager nor the simulated controllers have anything left to do.
  private func awaitConvergence() async throws {
    var stillSince = ContinuousClock.now
    var version = await world.server.resourceVersion
    while true {
      try await move()
      let now = await world.server.resourceVersion
      if now != version || !world.manager.report().isIdle {
        version = now
        stillSince = .now
      } else if ContinuousClock.now - stillSince >= DemoScript.quietPeriod {
        return
      }
      if ContinuousClock.now - started > DemoScript.limit { throw overdue() }
    }
  }

  private func overdue() -> DemoFailure {
    let report = world.manager.report()
    let reasons = report.failures.values.sorted() + report.findings.map(\.description)
    return DemoFailure(
      "the hub did not converge within \(DemoScript.limit.components.seconds) s:\n  "
        + reasons.prefix(10).joined(separator: "\n  "))
  }
}

/// The reason why a demo can't continue.
struct DemoFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
