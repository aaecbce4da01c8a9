import CertificatePolicy
import Foundation
import Testing

/// The invariants of every schedule: crashes, a clock that is set back and forth, views a minute
/// old, writes in any order, pods that reload late. A failure names its seed.
@Suite struct RotationScheduleTests {
  private func forAll(_ seeds: Range<UInt64>, _ body: (inout RotationSimulation) -> Void) {
    var failures = 0
    for seed in seeds where failures < 2 {
      var simulation = RotationSimulation(seed: seed)
      body(&simulation)
      guard !simulation.problems.isEmpty else { continue }
      failures += 1
      Issue.record("seed \(seed): \(simulation.problems.joined(separator: "\n"))")
    }
  }

  @Test func `a client with a bundle of the last five minutes accepts every pod's certificate`() {
    var (handshakes, rotations, phases) = (0, 0, Set<String>())
    forAll(0..<60) { simulation in
      _ = simulation.converges(within: 3600)
      for _ in 0..<200 where simulation.problems.isEmpty { simulation.happen() }
      if simulation.problems.isEmpty, !simulation.converges(within: 4 * 86_400) {
        simulation.problems.append("no end: \(simulation.log.suffix(12))")
      }
      handshakes += simulation.handshakes
      rotations += simulation.rotations
      phases.formUnion(simulation.phases)
    }
    #expect(rotations > 150)
    #expect(handshakes > 20_000)
    #expect(
      phases.isSuperset(of: [
        "CAAbsent", "NotRotating", "PublishingCA", "PropagatingTrustBundle",
        "ServingCertificateReissuing", "AwaitingServers", "RemovingOldCA", "DestroyingOldCAKey",
      ]))
  }

  /// During any phase of a rotation, and for any kind of write.
  @Test func `a CA that a person supplies signs in the end, and no handshake fails`() {
    var phases: Set<String> = []
    forAll(7000..<7060) { simulation in
      _ = simulation.converges(within: 3600)
      if Bool.random(using: &simulation.random) { simulation.ask() }
      for _ in 0..<8 where simulation.problems.isEmpty {
        simulation.pass(.random(in: 0...150, using: &simulation.random), stuckOnceIn: 1_000_000)
        for _ in 0..<Int.random(in: 0...6, using: &simulation.random) {
          simulation.pass(.random(in: 0...45, using: &simulation.random), stuckOnceIn: 1_000_000)
          simulation.act()
        }
        switch Int.random(in: 0..<4, using: &simulation.random) {
        case 0: simulation.ask()
        case 1: simulation.bringCA(replacing: true)
        default: simulation.bringCA(replacing: false)
        }
      }
      if simulation.problems.isEmpty, !simulation.converges(within: 4 * 86_400) {
        simulation.problems.append("no end: \(simulation.log.suffix(20).joined(separator: "\n"))")
      }
      if let supplied = simulation.supplied, simulation.signer.content.ca?.fingerprint != supplied {
        simulation.problems.append(
          "\(supplied) is not in force: \(simulation.log.suffix(20).joined(separator: "\n"))")
      }
      phases.formUnion(simulation.phases)
    }
    #expect(phases.contains("DestroyingOldCAKey") && phases.contains("PropagatingTrustBundle"))
  }

  /// Between rotations, during any phase of one, and while the next CA is on its way.
  @Test func `another CA is rotated in after the loss of the first, and no handshake fails`() {
    var phases: Set<String> = []
    forAll(8000..<8040) { simulation in
      _ = simulation.converges(within: 3600)
      if Bool.random(using: &simulation.random) { simulation.ask() }
      let lost = simulation.signer.content.ca?.fingerprint
      for _ in 0..<3 where simulation.problems.isEmpty {
        for _ in 0..<Int.random(in: 0...12, using: &simulation.random) {
          simulation.pass(.random(in: 0...60, using: &simulation.random), stuckOnceIn: 1_000_000)
          simulation.act()
        }
        simulation.deleteSigner()
      }
      simulation.phases = []
      if simulation.problems.isEmpty, !simulation.converges(within: 4 * 86_400) {
        simulation.problems.append("no end: \(simulation.log.suffix(20).joined(separator: "\n"))")
      }
      if simulation.signer.content.ca?.fingerprint == lost { simulation.problems.append("the same CA") }
      phases.formUnion(simulation.phases)
    }
    #expect(
      phases.isSuperset(of: ["CAAbsent", "PropagatingTrustBundle", "AwaitingServers", "RemovingOldCA"]))
  }

  @Test func `without probes the old CA stays trusted until its certificates have expired`() {
    forAll(1000..<1015) { simulation in
      simulation.canLook = false
      _ = simulation.converges(within: 1200)
      simulation.ask()
      _ = simulation.converges(within: 10 * 86_400)
      if simulation.bundle.content.count != 2 {
        simulation.problems.append("the old CA was dropped unseen")
      }
      for _ in 0..<200 where simulation.problems.isEmpty { simulation.happen() }
      if simulation.problems.isEmpty, !simulation.converges(within: 120 * 86_400) {
        simulation.problems.append("no end: \(simulation.log.suffix(12))")
      }
    }
  }

  /// Certificates dated by such a clock aren't valid yet for others; trust mustn't depend on it.
  @Test func `a clock that is set back and forth by weeks ends no trust`() {
    forAll(4000..<4005) { simulation in
      simulation.setClockForwardWhilePodsAreStuck()
      for _ in 0..<200 where simulation.problems.isEmpty { simulation.happen() }
    }
  }

  @Test func `a rotation recovers by itself after a year without the manager`() {
    forAll(2000..<2020) { simulation in
      _ = simulation.converges(within: 3600)
      for _ in 0..<Int.random(in: 0..<60, using: &simulation.random) where simulation.problems.isEmpty {
        simulation.happen()
      }
      simulation.memory = nil
      simulation.checksValidity = false
      simulation.pass(400 * 86_400)
      if !simulation.converges(within: 3600) {
        simulation.problems.append("no end: \(simulation.log.suffix(12))")
      }
      simulation.checksValidity = true
      for _ in 0..<60 where simulation.problems.isEmpty { simulation.happen() }
    }
  }

  /// The shortest durations that a configuration accepts (twice the overlap and five minutes from a
  /// CA's renewal to its end) are long enough, restarts included; a fifth of that isn't.
  @Test func `the shortest durations that the configuration accepts are long enough`() {
    func run(_ simulation: inout RotationSimulation, _ minutes: Int64) {
      simulation.policy.overlap = .seconds(600)
      simulation.bundleLag = 600
      simulation.policy.servingProfile.validity = .seconds(3600)
      simulation.policy.servingProfile.backdate = .seconds(900)
      simulation.policy.caProfile.validity = .seconds(6000)
      simulation.policy.caProfile.backdate = .seconds(1500)
      simulation.policy.caRenewal.renewBefore = .seconds(minutes * 60)
      _ = simulation.converges(within: 1800)
      for _ in 0..<1500 where simulation.problems.isEmpty {
        simulation.pass(.random(in: 0...20, using: &simulation.random), stuckOnceIn: 1_000_000)
        simulation.act(mayStop: false)
        if Int.random(in: 0..<150, using: &simulation.random) == 0 { simulation.memory = nil }
      }
    }
    forAll(6000..<6005) { simulation in
      run(&simulation, 25)
      if simulation.rotations < 2 { simulation.problems.append("\(simulation.rotations) rotations") }
    }
    let isNoticed = (6000..<6005 as Range<UInt64>).contains { seed in
      var simulation = RotationSimulation(seed: seed)
      run(&simulation, 5)
      return !simulation.problems.isEmpty
    }
    #expect(isNoticed)
  }

  /// Whether the next CA is only stored or already signs when the clock is corrected, it isn't
  /// awaited for years.
  @Test(arguments: [true, false]) func `a clock that was years ahead leaves no CA to wait for`(
    hasSigned: Bool
  ) {
    forAll(5000..<5010) { simulation in
      simulation.checksValidity = false
      _ = simulation.converges(within: 3600)
      simulation.makeNextCAYearsAhead(untilItSigns: hasSigned)
      guard simulation.converges(within: 200 * 86_400) else {
        simulation.problems.append("no end: \(simulation.log.suffix(12))")
        return
      }
      simulation.checksValidity = true
      for _ in 0..<60 where simulation.problems.isEmpty { simulation.happen() }
    }
  }

  @Test func `a CA that isn't observed to be retired makes room when its successor is due`() {
    let policy = RotationPolicy(
      caProfile: .ca(commonName: "ca"), servingProfile: servingProfile)
    let (old, next) = (
      caFacts(fingerprint: "old", from: time("2020-01-01T00:00:00Z"), to: time("2036-01-01T00:00:00Z")),
      caFacts(fingerprint: "next", from: time("2023-12-01T00:00:00Z"), to: time("2029-12-01T00:00:00Z"))
    )
    var state = RotationState(
      ca: .readable(pair(old, signers: ["old"])),
      nextCA: .readable(pair(next, signers: ["next"])),
      serving: .readable(pair(leaf(), signers: ["next"])), bundle: [old, next],
      trustedFor: ["old": .seconds(9999), "next": .seconds(9999)], servedFor: .seconds(60),
      servers: ["10.0.0.1:9443": .unseen(reason: "it has no image")])
    #expect(policy.decide(state, at: time("2027-01-01T00:00:00Z")).caStep == .keep)
    let due = time("2027-12-15T00:00:00Z")
    let rotation = policy.decide(state, at: due)
    #expect(rotation.caStep == .promote)
    #expect(rotation.bundle.certificates.map(\.fingerprint).sorted() == ["next", "old"])
    // The place is free for a third CA.
    (state.ca, state.nextCA) = (state.nextCA, .absent)
    guard case .addNext = policy.decide(state, at: due).caStep else {
      Issue.record("\(policy.decide(state, at: due))")
      return
    }
  }

  @Test func `a certificate that another CA signed lately is replaced after the overlap`() {
    let policy = RotationPolicy(caProfile: .ca(commonName: "ca"), servingProfile: servingProfile)
    let (own, other) = (caFacts(fingerprint: "own"), caFacts(fingerprint: "other"))
    var state = RotationState(
      ca: .readable(pair(own, signers: ["own"])), serving: .readable(pair(leaf(), signers: ["other"])),
      bundle: [own, other], trustedFor: ["own": .seconds(9999), "other": .seconds(200)],
      servedFor: .seconds(200))
    let now = time("2026-12-01T00:00:00Z")
    guard case .contested = policy.decide(state, at: now).servingStep else {
      Issue.record("\(policy.decide(state, at: now))")
      return
    }
    #expect(policy.decide(state, at: now).recheckAfter == .seconds(100))
    state.servedFor = policy.overlap
    guard case .issue = policy.decide(state, at: now).servingStep else {
      Issue.record("\(policy.decide(state, at: now))")
      return
    }
  }

  @Test(arguments: [true, false])
  func `while nothing is trusted yet, the next CA signs if the current one can't`(hasEnded: Bool) {
    let policy = RotationPolicy(caProfile: .ca(commonName: "ca"), servingProfile: servingProfile)
    // It has ended, or lacks its key.
    let end = time(hasEnded ? "2027-01-01T00:00:00Z" : "2036-01-01T00:00:00Z")
    let current = caFacts(fingerprint: "old", to: end)
    let next = caFacts(fingerprint: "next")
    var state = RotationState(
      ca: .readable(pair(current, matches: hasEnded, signers: ["old"])),
      nextCA: .readable(pair(next, signers: ["next"])))
    let now = time("2027-02-01T00:00:00Z")
    #expect(policy.decide(state, at: now).signing == next)
    guard case .issue = policy.decide(state, at: now).servingStep else {
      Issue.record("\(policy.decide(state, at: now))")
      return
    }
    // Where a bundle is published, the next CA must be in it.
    state.bundle = [current]
    #expect(policy.decide(state, at: now).signing == nil)
    state.bundle = [current, next]
    #expect(policy.decide(state, at: now).signing == next)
  }

  /// A test of the check itself: each omitted safeguard prevents failed handshakes.
  @Test(arguments: ["overlap", "reloading", "probes", "reloading unseen"])
  func `handshakes fail without any one of the safeguards`(_ what: String) {
    let isNoticed = (3000..<3040 as Range<UInt64>).contains { seed in
      var simulation = RotationSimulation(seed: seed)
      switch what {
      case "overlap": simulation.policy.overlap = .zero
      case "reloading": simulation.policy.reloadTime = .zero
      case "probes": simulation.observationsAreInvented = true
      default:
        simulation.policy.unseenReloadTime = .zero
        simulation.setClockForwardWhilePodsAreStuck()
        return !simulation.problems.isEmpty
      }
      _ = simulation.converges(within: 3600)
      for _ in 0..<200 where simulation.problems.isEmpty { simulation.happen() }
      return !simulation.problems.isEmpty
    }
    #expect(isNoticed)
  }
}
