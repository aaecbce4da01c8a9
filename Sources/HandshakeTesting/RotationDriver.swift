import CertificatePolicy
import Foundation
import GatewayAPI
import GatewayManager
import GatewayPKI
import GatewayReconcile
import KubeCore
import KubeKindsCore
import KubeKindsDiscovery
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization

/// Drives a harness through time: the manager works and crashes; rotations are requested or come by
/// age; pods are deleted.
package struct RotationDriver {
  /// The goal of a run.
  package struct Goal {
    var handshakes: Int
    /// The number of rotations, of CAs and of leaf certificates alone.
    var rotations: Int
    /// The number of failures after which the run ends.
    var failures: Int

    package init(handshakes: Int, rotations: Int, failures: Int = 20) {
      (self.handshakes, self.rotations, self.failures) = (handshakes, rotations, failures)
    }
  }

  /// The numbers of events besides rotations.
  package struct Events {
    package var rounds = 0
    package var crashes = 0
    package var lostResponses = 0
    package var killedPods = 0
    /// The number of CAs that a person has written.
    package var suppliedCAs = 0
    /// The number of times that EndpointSlices were emptied, deleted or no longer maintained.
    package var lostSlices = 0
  }

  package let harness: RotationHarness
  /// The range of a time step during changes, in seconds.
  package var tick = 1.0...20
  /// Whether certificates also reach their renewal age; otherwise every rotation is requested.
  package var renewsByAge = true
  package private(set) var events = Events()
  /// The number of handshakes between two steps of the clock.
  private let handshakesPerTick = 5
  private let probe: any EndpointProbe
  private var random: SeededRandom
  private var rounds: ConvergenceRounds?
  private var process: ManagerProcess?
  private var downUntil = Date.distantPast
  private var isConverged = false
  private var requests = 0
  private var seenCAs = 0
  private var comesByTime = false
  private let controllers = SimulatedControllers.ocmHub()
  /// The time until which the EndpointSlices aren't maintained.
  private var slicesLostUntil = Date.distantPast

  /// Creates a driver. With `isBlind` the manager's probe reports that every pod presents what it
  /// should.
  package init(_ harness: RotationHarness, isBlind: Bool = false, seed: UInt64) {
    self.harness = harness
    probe = isBlind ? CredulousProbe(harness: harness) : LoopbackProbe(kubelet: harness.kubelet)
    random = SeededRandom(seed: seed)
  }

  /// Runs until the gateway is served.
  package mutating func install() async throws {
    for _ in 0..<400 where harness.kubelet.ports.count < 3 || harness.history.bundles.isEmpty {
      try await pass(Double.random(in: tick, using: &random), mayCrash: false)
    }
    guard harness.kubelet.ports.count >= 3 else {
      throw Loopback.Failure(description: "the gateway isn't installed")
    }
  }

  package nonisolated(nonsending) mutating func run(
    until goal: Goal, report: (RotationHarness) -> Void = { _ in }
  ) async throws {
    while harness.handshakes < goal.handshakes
      || min(harness.history.caRotations.all, harness.history.leaves.all) < goal.rotations
    {
      try await happen()
      report(harness)
      if harness.tally.failureCount >= goal.failures { return }
    }
  }

  /// Whether no rotation is under way.
  private var isBetweenRotations: Bool {
    let history = harness.history
    return isConverged && history.bundles.last?.count == 1 && history.signer.count == 2
      && harness.kubelet.isCurrent(history.pairs)
  }

  private mutating func happen() async throws {
    if isBetweenRotations {
      // A CA is rotated either on request, with everything else, or by age.
      let caRotations = harness.history.caRotations.all
      if caRotations != seenCAs {
        seenCAs = caRotations
        comesByTime = renewsByAge && Int.random(in: 0..<5, using: &random) == 0
      }
      // A rotation by age includes some leaf certificates: of the others, more are of CAs.
      switch Int.random(in: 0..<11, using: &random) {
      case 10: try await bringCA()
      case 0..<5 where !comesByTime: try await request(GatewayAnnotations.rotateCA)
      case 5..<9 where !comesByTime: try await request(GatewayAnnotations.rotateServing)
      case 9 where comesByTime || !renewsByAge: try await request(GatewayAnnotations.rotateServing)
      default: try await pass(Double.random(in: 1...4, using: &random) * 86_400)
      }
      isConverged = false
      return
    }
    switch Int.random(in: 0..<300, using: &random) {
    // Events in the middle of a rotation.
    case 0: try await request(GatewayAnnotations.rotateServing)
    case 1: try await request(GatewayAnnotations.rotateCA)
    case 2: try await pass(Double.random(in: 60...3600, using: &random))
    case 3: try await killPod()
    case 4...6: try await bringCA()
    case 7...9: try await loseSlices()
    default: try await pass(Double.random(in: tick, using: &random))
    }
  }

  private mutating func request(_ annotation: String) async throws {
    requests += 1
    let (number, now) = (requests, harness.clock.now)
    try await harness.hub.withServer { server in
      try server.require(
        .mergePatch(
          ObjectKey(ClusterGatewayConfiguration.type, name: ClusterGatewayConfiguration.addOnName),
          ["metadata": ["annotations": [annotation: .string("\(number)")]]],
          options: WriteOptions(fieldManager: "kubectl")), at: now)
    }
    try await pass(1)
  }

  /// Writes a person's own CA to the signer Secret: by a merge patch or a replace. (After an apply
  /// the tool would own the fields, and the next rotation would wait for it.)
  private mutating func bringCA() async throws {
    events.suppliedCAs += 1
    let now = harness.clock.now
    let made = try CertificateAuthority.create(
      CertificateProfile.ca(commonName: "corporate \(events.suppliedCAs)")
        .request(id: "ca", at: now, reason: "a person supplies it"))
    let way: SuppliedCA = Bool.random(using: &random) ? .mergePatch : .replace
    let identity = ManagerIdentity()
    let signer = ObjectKey(Secret.type, namespace: identity.namespace, name: identity.signerSecretName)
    try await harness.hub.withServer { server in
      guard let observed = server.object(signer) else { return }
      let certificate = SecretBytes(utf8: made.certificatePEM)
      try server.require(
        way.request(certificate: certificate, key: made.privateKeyPEM, into: observed), at: now)
    }
    try await pass(1)
  }

  private mutating func killPod() async throws {
    let now = harness.clock.now
    let choice = Int.random(in: 0..<3, using: &random)
    await harness.hub.withServer { server in
      let pods = server.objects(Pod.type, namespace: RotationHarness.installNamespace)
      guard pods.count == 3 else { return }
      let key = ObjectKey(
        Pod.type, namespace: RotationHarness.installNamespace, name: pods[choice].metadata.name)
      _ = server.handle(.delete(key), at: now)
    }
    events.killedPods += 1
    try await pass(1)
  }

  /// Empties, deletes or freezes the EndpointSlices for up to half an hour.
  private mutating func loseSlices() async throws {
    events.lostSlices += 1
    let now = harness.clock.now
    slicesLostUntil = now.addingTimeInterval(Double.random(in: 60...1800, using: &random))
    let choice = Int.random(in: 0..<3, using: &random)
    await harness.hub.withServer { server in
      for slice in server.objects(EndpointSlice.type, namespace: RotationHarness.installNamespace) {
        let key = ObjectKey(
          EndpointSlice.type, namespace: RotationHarness.installNamespace, name: slice.metadata.name)
        switch choice {
        case 0: _ = server.handle(.mergePatch(key, ["endpoints": []]), at: now)
        case 1: _ = server.handle(.delete(key), at: now)
        default: break
        }
      }
    }
    if choice == 2 { try await killPod() } else { try await pass(1) }
  }

  /// Moves the clock and runs all controllers, concurrently with the clients' handshakes.
  private mutating func pass(_ seconds: Double, mayCrash: Bool = true) async throws {
    let before = harness.handshakes
    let (kubelet, pairs) = (harness.kubelet, harness.history.pairs)
    let now = try harness.gate.alone {
      harness.clock.move(bySeconds: seconds)
      try kubelet.catchUp(with: pairs, at: harness.clock.now)
      return harness.clock.now
    }
    async let written: Void = kubelet.write(pairs, at: now)
    kubelet.reload(at: now)
    try await work(mayCrash: mayCrash)
    try await written
    var controllers = controllers
    if now < slicesLostUntil { controllers.all.removeAll { $0 is EndpointSliceController } }
    _ = await harness.hub.pass(controllers, at: now)
    let pods = await harness.hub.snapshot.objects(Pod.self, namespace: RotationHarness.installNamespace)
    let addresses = Dictionary(
      pods.compactMap { pod in pod.status.podIP.map { (pod.metadata.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    if kubelet.addresses != addresses {
      // No handshake is under way with a stopping server.
      try harness.gate.alone {
        for server in try kubelet.follow(addresses, harness.history.pairs, at: now) { server.stop() }
      }
    }
    guard !kubelet.ports.isEmpty, before > 0 || mayCrash else { return }
    let end = ContinuousClock.now + .seconds(60)
    while harness.handshakes < before + handshakesPerTick, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  // MARK: The manager

  private mutating func work(mayCrash: Bool) async throws {
    let now = harness.clock.now
    guard downUntil <= now else { return }
    if rounds == nil {
      // A new process has an empty memory.
      let process = ManagerProcess(harness)
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
    isConverged = false
    do {
      if let round = try await rounds?.next(at: now) {
        isConverged = round.plan.changesNothing && round.outcome.failure == nil
      }
    } catch {
      guard let process, process.hasFailed else { throw error }
    }
    guard let process else { return }
    if process.hasLostResponse { events.lostResponses += 1 }
    if process.endRound() {
      events.crashes += 1
      rounds = nil
      isConverged = false
      downUntil = now.addingTimeInterval(Double.random(in: 0...120, using: &random))
    }
  }
}
