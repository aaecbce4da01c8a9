import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeTransport
import OCMStandIns
import Synchronization

/// Lets time pass in a scene: the operator works, and crashes; rotations are asked for, or come by time; pods die.
struct RotationDriver {
  /// How much is to be reached.
  struct Goal {
    var handshakes: Int
    var authorityRotations: Int
    var leafRotations: Int
  }

  /// What happened besides rotations.
  struct Events {
    var rounds = 0
    var crashes = 0
    var lostResponses = 0
    var killedPods = 0
    var ticks = 0
  }

  let scene: RotationScene
  /// Looks at the pods; `nil` for the one over the network.
  var probe: any EndpointProbe
  var random: SeededRandom
  /// The handshakes that are awaited before the clock is set again.
  var handshakesPerTick = 5
  private(set) var events = Events()
  private var rounds: ConvergenceRounds?
  private var process: OperatorProcess?
  private var downUntil = Date.distantPast
  private var isAtRest = false
  private var requests = 0
  private var seenAuthorities = 0
  private var comesByTime = false
  private let standIns = StandIns.everybody()

  init(_ scene: RotationScene, seed: UInt64, probe: (any EndpointProbe)? = nil) {
    self.scene = scene
    self.probe = probe ?? LoopbackProbe(kubelet: scene.kubelet)
    random = SeededRandom(seed: seed)
  }

  /// Until the gateway is served.
  mutating func install() async throws {
    for _ in 0..<400 where scene.kubelet.ports.count < 3 || scene.history.bundles.isEmpty {
      try await tick(1, mayCrash: false)
    }
    guard scene.kubelet.ports.count >= 3 else {
      throw Loopback.Failure(description: "the gateway isn't installed")
    }
  }

  nonisolated(nonsending) mutating func run(until goal: Goal, report: (RotationDriver) -> Void = { _ in })
    async throws
  {
    while scene.handshakes < goal.handshakes
      || scene.history.authorities.all < goal.authorityRotations
      || scene.history.leaves.all < goal.leafRotations
    {
      try await happen()
      report(self)
      if scene.tally.failureCount >= 20 { return }
    }
  }

  /// Whether no rotation is under way.
  private var isCalm: Bool {
    let history = scene.history
    return isAtRest && history.bundles.last?.count == 1 && history.signer.count == 2
      && scene.kubelet.isCurrent(history.pairs)
  }

  private mutating func happen() async throws {
    if isCalm {
      // From one authority to the next either somebody asks for everything, or it comes by time.
      let authorities = scene.history.authorities.all
      if authorities != seenAuthorities {
        seenAuthorities = authorities
        comesByTime = Bool.random(using: &random)
      }
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5 where !comesByTime: try await request(GatewayAnnotations.rotateCA)
      case 5..<9 where !comesByTime: try await request(GatewayAnnotations.rotateServing)
      case 9 where comesByTime: try await request(GatewayAnnotations.rotateServing)
      default: try await tick(Double.random(in: 1...4, using: &random) * 86_400)
      }
      isAtRest = false
      return
    }
    switch Int.random(in: 0..<300, using: &random) {
    // What comes in the middle of a rotation.
    case 0: try await request(GatewayAnnotations.rotateServing)
    case 1: try await request(GatewayAnnotations.rotateCA)
    case 2: try await tick(Double.random(in: 60...3600, using: &random))
    case 3: try await killPod()
    default: try await tick(Double.random(in: 1...20, using: &random))
    }
  }

  private mutating func request(_ annotation: String) async throws {
    requests += 1
    let (number, now) = (requests, scene.clock.now)
    try await scene.hub.withServer { server in
      try server.require(
        .mergePatch(
          ObjectKey(ClusterGatewayConfiguration.type, name: ClusterGatewayConfiguration.addOnName),
          ["metadata": ["annotations": [annotation: .string("\(number)")]]],
          options: WriteOptions(fieldManager: "kubectl")), at: now)
    }
    try await tick(1)
  }

  private mutating func killPod() async throws {
    let now = scene.clock.now
    let choice = Int.random(in: 0..<3, using: &random)
    await scene.hub.withServer { server in
      let pods = server.objects(Pod.type, namespace: RotationScene.installNamespace)
      guard pods.count == 3 else { return }
      let key = ObjectKey(
        Pod.type, namespace: RotationScene.installNamespace, name: pods[choice].metadata.name)
      _ = server.handle(.delete(key), at: now)
    }
    events.killedPods += 1
    try await tick(1)
  }

  /// Sets the clock, and lets everybody act; meanwhile clients shake hands.
  private mutating func tick(_ seconds: Double, mayCrash: Bool = true) async throws {
    events.ticks += 1
    let before = scene.handshakes
    scene.gate.alone { scene.clock.move(bySeconds: seconds) }
    let (now, kubelet, pairs) = (scene.clock.now, scene.kubelet, scene.history.pairs)
    async let written: Void = kubelet.write(pairs, at: now)
    kubelet.reload(at: now)
    try await work(mayCrash: mayCrash)
    try await written
    _ = await scene.hub.pass(standIns, at: now)
    let pods = await scene.hub.snapshot.objects(Pod.self, namespace: RotationScene.installNamespace)
    let addresses = Dictionary(
      pods.compactMap { pod in pod.status.podIP.map { (pod.metadata.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    if kubelet.addresses != addresses {
      var gone: [GatewayServer] = []
      var failure: (any Error)?
      // No handshake is under way with a server that goes.
      scene.gate.alone {
        do { gone = try kubelet.follow(addresses, scene.history.pairs, at: now) } catch { failure = error }
        for server in gone { server.stop() }
      }
      if let failure { throw failure }
    }
    guard !kubelet.ports.isEmpty, before > 0 || mayCrash else { return }
    let end = ContinuousClock.now + .seconds(60)
    while scene.handshakes < before + handshakesPerTick, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  // MARK: The operator

  private mutating func work(mayCrash: Bool) async throws {
    let now = scene.clock.now
    guard downUntil <= now else { return }
    if rounds == nil {
      // A process that has just begun remembers nothing.
      let process = OperatorProcess(scene)
      self.process = process
      rounds = ConvergenceRounds(
        KubeClient(process, fieldManager: ManagerIdentity.fieldManager), probe: probe)
    }
    if mayCrash, Int.random(in: 0..<80, using: &random) == 0 {
      process?.crash(after: Int.random(in: 0..<30, using: &random), doneLast: Bool.random(using: &random))
    } else if mayCrash, Int.random(in: 0..<100, using: &random) == 0 {
      process?.loseResponse(after: Int.random(in: 0..<30, using: &random))
    }
    events.rounds += 1
    isAtRest = false
    do {
      if let round = try await rounds?.next(at: now) {
        isAtRest = round.plan.isAtRest && round.outcome.failure == nil
      }
    } catch {
      guard let process, process.hasFailed else { throw error }
    }
    guard let process else { return }
    if process.hasLostResponse { events.lostResponses += 1 }
    if process.endRound() {
      events.crashes += 1
      rounds = nil
      isAtRest = false
      downUntil = now.addingTimeInterval(Double.random(in: 0...120, using: &random))
    }
  }
}

/// The operator's way to the hub, for as long as its process lives; what it writes is noted.
final class OperatorProcess: Transport {
  struct Crash: Error {}

  private struct State {
    /// The requests after which the process dies, and whether the last is carried out.
    var crashAfter: Int?
    var isLastDone = false
    var loseAfter: Int?
    var isDead = false
    var hasLostResponse = false
  }

  private let scene: RotationScene
  private let state = Mutex(State())

  init(_ scene: RotationScene) { self.scene = scene }

  var hasFailed: Bool { state.withLock { $0.isDead || $0.hasLostResponse } }
  var hasLostResponse: Bool { state.withLock { $0.hasLostResponse } }

  func crash(after requests: Int, doneLast: Bool) {
    state.withLock { ($0.crashAfter, $0.isLastDone) = (requests, doneLast) }
  }

  func loseResponse(after requests: Int) { state.withLock { $0.loseAfter = requests } }

  /// Returns whether the process is dead.
  func endRound() -> Bool {
    state.withLock { state in
      state.hasLostResponse = false
      return state.isDead
    }
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    let fate = state.withLock { state -> (isSent: Bool, isAnswered: Bool) in
      if state.isDead { return (false, false) }
      if let left = state.crashAfter {
        state.crashAfter = left - 1
        if left <= 0 {
          state.isDead = true
          return (state.isLastDone, false)
        }
      }
      // Of reads nothing is lost: what counts is a write that was carried out unseen.
      if let left = state.loseAfter, request.isWrite || left > 0 {
        state.loseAfter = left - 1
        if left <= 0 {
          state.loseAfter = nil
          state.hasLostResponse = true
          return (true, false)
        }
      }
      return (true, true)
    }
    guard fate.isSent else { throw Crash() }
    let response = try await scene.hub.send(request)
    if request.isWrite { scene.note(await scene.hub.snapshot) }
    guard fate.isAnswered else { throw Crash() }
    return response
  }
}
