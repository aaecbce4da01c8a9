import CertificatePolicy
import Foundation
import KubeCore

/// A hub of plain values on which a CA rotates: the stored objects, the clients' bundles, the pods'
/// certificates, and a manager whose clock, views and lifetime are unreliable.
///
/// True time is `now`; the manager's clock is off by `offset`. A pod presents the serving
/// certificate that it loaded last; a client has any bundle that was published within the last
/// `overlap`.
struct RotationSimulation {
  /// A stored object's content, with the version that a write is conditional on.
  struct Stored<Content> {
    var content: Content
    var version = 0
    /// Earlier contents with the time until which they were current.
    var past: [(content: Content, version: Int, until: Double)] = []

    mutating func write(_ new: Content, at time: Double) {
      past.append((content, version, time))
      if past.count > 40 { past.removeFirst() }
      content = new
      version += 1
    }

    /// The contents at some moment since `time`.
    func contents(since time: Double) -> [Content] {
      past.filter { $0.until >= time }.map(\.content) + [content]
    }
  }

  struct Leaf: Hashable {
    var facts: CertificateFacts
    var signer: String
  }

  struct Signer: Hashable {
    var ca: CertificateFacts?
    var next: CertificateFacts?
    /// The CA that the next one was created to follow.
    var follows: String?
    var handled: Int = 0
  }

  struct Serving: Hashable {
    var leaf: Leaf?
    var replacedNotAfter: Date?
    var handled: Int = 0
  }

  struct Pod {
    var presents: Leaf?
    /// The time of its next reload.
    var syncs: Double
  }

  /// The manager's memory, which a crash erases.
  struct Memory {
    var began: Double
    var ages = ObservationAges()
    var endpoints: [String: EndpointObservation] = [:]
    var lookedAt = -1
    var seen = (signer: -1, serving: -1, bundle: -1)
  }

  static let day = 86_400.0
  /// The maximum time until a stuck pod reloads.
  static let longestLag = 2 * day
  var random: SeededGenerator
  var policy: RotationPolicy
  var now = 1_800_000_000.0
  var offset = 0.0
  /// The maximum error of the manager's clock, in seconds.
  var clockError = 43_200.0
  var signer = Stored(content: Signer())
  var serving = Stored(content: Serving())
  var bundle = Stored(content: [CertificateFacts]())
  var pods: [Int: Pod] = [:]
  var memory: Memory?
  var canLook = true
  /// A fault to test the check with: every pod counts as reloaded.
  var observationsAreInvented = false
  var requests = (ca: 0, serving: 0)
  /// The last handled request for a CA, recorded where no person's write reaches it.
  var handled = 0
  /// The CA that a person supplied last, unless another was requested since.
  var brought: String?
  var serial = 0
  var nextPod = 0
  /// The maximum time until a pod reloads; a stuck one takes up to `longestLag`.
  var podLag = 90.0
  /// The maximum time for which a client uses a replaced bundle.
  var bundleLag = 300.0
  var problems: [String] = []
  var checksValidity = true
  var handshakes = 0
  var rotations = 0
  var phases: Set<String> = []
  var log: [String] = []

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    var ca = CertificateProfile.ca(
      commonName: "ca", validity: .seconds(Int64(120 * RotationSimulation.day)))
    var leaf = servingProfile
    leaf.validity = .seconds(Int64(30 * RotationSimulation.day))
    ca.backdate = .seconds(86_400)
    leaf.backdate = .seconds(86_400)
    policy = RotationPolicy(caProfile: ca, servingProfile: leaf)
    policy.unseenReloadTime = .seconds(Int64(RotationSimulation.longestLag + podLag))
    for _ in 0..<3 { startPod() }
  }

  /// The pods can't be probed, and the manager's clock is off by up to 40 days: longer than leaves
  /// are valid.
  mutating func setClockByWeeks() {
    (canLook, checksValidity, clockError) = (false, false, 40 * RotationSimulation.day)
  }

  // MARK: Others

  mutating func startPod() {
    nextPod += 1
    // A pod that starts may get slightly older content.
    let mayHave = serving.contents(since: now - podLag)
    pods[nextPod] = Pod(
      presents: mayHave.randomElement(using: &random)?.leaf,
      syncs: now + Double.random(in: 0...podLag, using: &random))
  }

  /// Advances the time; pods reload.
  mutating func pass(_ seconds: Double, stuckOnceIn: Int = 60) {
    let end = now + seconds
    while let (name, pod) = pods.min(by: { ($0.value.syncs, $0.key) < ($1.value.syncs, $1.key) }),
      pod.syncs <= end
    {
      now = max(now, pod.syncs)
      let isNews = pod.presents != serving.content.leaf
      pods[name]?.presents = serving.content.leaf
      let isStuck = Int.random(in: 0..<stuckOnceIn, using: &random) == 0
      let lag = isStuck ? Double.random(in: 0...RotationSimulation.longestLag, using: &random) : podLag
      // The content only changes when the manager acts: pods need no reload in between.
      let idle = isStuck ? lag : max(podLag / 2, min(podLag, end - now) - 1)
      pods[name]?.syncs = now + (seconds > 2 * podLag && !isStuck ? max(idle, end - now) : idle)
      if isNews { check() }
    }
    now = end
    check()
  }

  // MARK: What must hold

  mutating func check() {
    let time = Date(timeIntervalSince1970: now)
    let mayPresent = Set(pods.values.compactMap(\.presents))
      .union(serving.contents(since: now - podLag).compactMap(\.leaf))
    for leaf in mayPresent {
      // A pod that is stuck for days may outlive its certificate, which can't be avoided.
      if checksValidity, !leaf.facts.isValid(at: time), leaf == serving.content.leaf {
        fail(
          "\(leaf.facts.fingerprint) is valid \(leaf.facts.notBefore) – \(leaf.facts.notAfter), it is \(time)"
        )
      }
      // An expired certificate is refused whatever is trusted.
      guard leaf.facts.notAfter >= time else { continue }
      let known = bundle.contents(since: now - bundleLag)
      for trusted in known where !trusted.isEmpty {
        handshakes += 1
        guard let ca = trusted.first(where: { $0.fingerprint == leaf.signer }) else {
          fail(
            "\(leaf.facts.fingerprint) by \(leaf.signer) is presented, trusted are \(trusted.map(\.fingerprint))"
          )
          continue
        }
        if checksValidity, !ca.isValid(at: time) {
          fail("\(ca.fingerprint) is not valid at \(time)")
        }
      }
    }
  }

  private mutating func fail(_ problem: String) {
    if problems.count < 3 { problems.append("\(problem)\n  \(log.suffix(16).joined(separator: "\n  "))") }
  }

  // MARK: The manager

  /// The manager observes, decides and executes a part of its decision; then it may crash.
  mutating func act(mayStop: Bool = true) {
    if memory == nil { memory = Memory(began: now) }
    guard var memory else { return }
    // Each object is seen as it was up to a minute ago, but never older than it was seen before.
    let signerView = view(signer, since: memory.seen.signer)
    let servingView = view(serving, since: memory.seen.serving)
    let bundleView = view(bundle, since: memory.seen.bundle)
    if servingView.version != memory.seen.serving { memory.endpoints = [:] }
    memory.seen = (signerView.version, servingView.version, bundleView.version)
    let reading = Duration.seconds(Int64((now - memory.began).rounded(.down)))
    let leafName = servingView.content.leaf.map { "leaf " + $0.facts.fingerprint }
    memory.ages.record(
      bundleView.content.map(\.fingerprint) + [leafName].compactMap { $0 }, at: reading)
    self.memory = memory
    let ages = memory.ages.ages(at: reading)
    let caCertificates =
      [signerView.content.ca, signerView.content.next].compactMap { $0 } + bundleView.content
    let isFull = canLook && Int.random(in: 0..<3, using: &random) > 0
    if isFull { probe(servingView.version) }
    let state = RotationState(
      ca: RotationSimulation.pair(signerView.content.ca),
      nextCA: RotationSimulation.pair(signerView.content.next),
      nextFollows: signerView.content.follows,
      serving: servingView.content.leaf.map { leaf in
        .readable(
          KeyPairFacts(
            chain: [leaf.facts], keyMatches: true,
            signerFingerprints: Set(caCertificates.map(\.fingerprint)).intersection([leaf.signer])))
      } ?? .absent,
      bundle: bundleView.content, trustedFor: ages, servedFor: leafName.flatMap { ages[$0] } ?? .zero,
      replacedNotAfter: servingView.content.replacedNotAfter,
      servers: canLook
        ? Dictionary(
          uniqueKeysWithValues: pods.keys.map {
            ("\($0)", self.memory?.endpoints["\($0)"] ?? .unseen(reason: "not yet"))
          }) : [:].merging(["1": .unseen(reason: "unreachable")]) { $1 },
      caRequest: requests.ca > max(signerView.content.handled, handled) ? "r" : nil,
      servingRequest: requests.serving > servingView.content.handled ? "r" : nil)
    let clock = Date(timeIntervalSince1970: now + offset)
    let rotation = policy.decide(state, at: clock)
    phases.insert(rotation.phase.code)
    // In any order: no write depends on another of the same decision.
    for step in [0, 1, 2].shuffled(using: &random) {
      if mayStop, Int.random(in: 0..<12, using: &random) == 0 {
        self.memory = nil
        return
      }
      switch step {
      case 0: if signerView.version == signer.version { store(rotation, clock) }
      case 1: if bundleView.version == bundle.version { publish(rotation) }
      default: if servingView.version == serving.version { serve(rotation, clock) }
      }
    }
  }

  private mutating func view<Content>(_ stored: Stored<Content>, since version: Int) -> (
    content: Content, version: Int
  ) {
    var choices = stored.past.filter { $0.until >= now - 60 && $0.version >= version }
      .map { (content: $0.content, version: $0.version) }
    choices.append((stored.content, stored.version))
    // Mostly the newest.
    if Int.random(in: 0..<3, using: &random) > 0 { return (stored.content, stored.version) }
    return choices.randomElement(using: &random) ?? (stored.content, stored.version)
  }

  private mutating func probe(_ version: Int) {
    var endpoints = memory?.endpoints ?? [:]
    for (name, pod) in pods.sorted(by: { $0.key < $1.key }) where Int.random(in: 0..<8, using: &random) > 0 {
      endpoints["\(name)"] =
        (observationsAreInvented ? serving.content.leaf : pod.presents).map {
          .presents(fingerprint: $0.facts.fingerprint)
        } ?? .unseen(reason: "it presents none")
    }
    // A pod that is gone can't be probed.
    memory?.endpoints = endpoints.filter { endpoint in pods.keys.contains { "\($0)" == endpoint.key } }
  }

  private static func pair(_ ca: CertificateFacts?) -> KeyPairObservation {
    ca.map {
      .readable(KeyPairFacts(chain: [$0], keyMatches: true, signerFingerprints: [$0.fingerprint]))
    }
      ?? .absent
  }

  private mutating func store(_ rotation: Rotation, _ clock: Date) {
    var content = signer.content
    switch rotation.caStep {
    case .keep, .unusable: return
    case .create: content.ca = makeCA(clock)
    case .addNext:
      content.follows = content.ca?.fingerprint ?? ""
      content.next = makeCA(clock)
    case .promote:
      content.ca = content.next
      (content.next, content.follows) = (nil, nil)
      rotations += 1
    case .removeNext:
      (content.next, content.follows) = (nil, nil)
      rotations += 1
    }
    if ![.promote, .removeNext].contains(rotation.caStep) { content.handled = requests.ca }
    handled = max(handled, content.handled)
    write("signer \(content.ca?.fingerprint ?? "-") \(content.next?.fingerprint ?? "-")")
    signer.write(content, at: now)
    memory?.seen.signer = signer.version
  }

  private mutating func makeCA(_ clock: Date) -> CertificateFacts {
    serial += 1
    let request = policy.caProfile.request(id: "ca", at: clock, reason: "")
    return caFacts(fingerprint: "ca\(serial)", from: request.notBefore, to: request.notAfter)
  }

  private mutating func publish(_ rotation: Rotation) {
    let new = rotation.bundle.certificates
    guard new != bundle.content, !new.isEmpty else { return }
    write("bundle \(new.map(\.fingerprint)) \(rotation.phase.code)")
    bundle.write(new, at: now)
    memory?.seen.bundle = bundle.version
    check()
  }

  private mutating func serve(_ rotation: Rotation, _ clock: Date) {
    guard case .issue(let reason) = rotation.servingStep, let issuer = rotation.signing else { return }
    // The issuer needs the key.
    guard [signer.content.ca, signer.content.next].contains(issuer) else { return }
    serial += 1
    let request = policy.servingProfile.request(id: "leaf", issuer: issuer, at: clock, reason: "")
    var facts = leaf(serial: "\(serial)", from: request.notBefore, to: request.notAfter)
    facts.fingerprint = "leaf\(serial)"
    var content = serving.content
    let replaced = [content.replacedNotAfter, content.leaf?.facts.notAfter].compactMap { $0 }.max()
    content = Serving(
      leaf: Leaf(facts: facts, signer: issuer.fingerprint), replacedNotAfter: replaced,
      handled: requests.serving)
    write("\(facts.fingerprint) by \(issuer.fingerprint): \(reason.prefix(60))")
    serving.write(content, at: now)
    memory?.seen.serving = serving.version
    memory?.endpoints = [:]
    check()
  }

  private mutating func write(_ words: String) {
    log.append("\(Int(now - 1_800_000_000)) s (clock \(Int(offset))): \(words)")
    if log.count > 40 { log.removeFirst() }
  }

  // MARK: Schedules

  /// Requests another CA.
  mutating func ask() {
    requests.ca += 1
    brought = nil
  }

  /// A person replaces the current CA by one of their own: by a merge patch or an apply, which
  /// leave the rest of the Secret, or by a replace, which doesn't.
  mutating func bringCA(replacing: Bool) {
    var content = replacing ? Signer() : signer.content
    let own = makeCA(Date(timeIntervalSince1970: now))
    content.ca = own
    // A pending request is handled afterwards.
    brought = handled == requests.ca ? own.fingerprint : nil
    write("a person brings \(own.fingerprint)\(replacing ? " by replace" : "")")
    signer.write(content, at: now)
  }

  /// Executes one random event.
  mutating func happen() {
    switch Int.random(in: 0..<40, using: &random) {
    case 0: memory = nil
    case 1:
      // The manager is down for a while.
      memory = nil
      pass(Double.random(in: 0...(3 * RotationSimulation.day), using: &random))
    case 2: offset = Double.random(in: -clockError...clockError, using: &random)
    case 3: offset = 0
    case 4: ask()
    case 5: requests.serving += 1
    case 6:
      if let name = pods.keys.sorted().randomElement(using: &random), pods.count > 1 { pods[name] = nil }
    case 7: if pods.count < 5 { startPod() }
    case 8: pass(Double.random(in: 0...(6 * RotationSimulation.day), using: &random))
    case 9..<16: pass(Double.random(in: 0...600, using: &random))
    default:
      pass(Double.random(in: 0...45, using: &random))
      act()
    }
  }

  /// The manager's clock is set forward by more than a leaf's validity while no pod loads the leaf
  /// of a new CA.
  mutating func setClockForwardWhilePodsAreStuck() {
    setClockByWeeks()
    _ = settles(within: 3600)
    ask()
    let leaf = serving.content.leaf
    for _ in 0..<100 where serving.content.leaf == leaf {
      pass(20, stuckOnceIn: 1_000_000)
      act(mayStop: false)
    }
    for name in pods.keys { pods[name]?.syncs = now + RotationSimulation.day }
    offset = clockError
    for _ in 0..<60 {
      pass(60)
      act(mayStop: false)
    }
  }

  /// The manager's clock is ten years ahead until another CA is stored, or signs; then it is right.
  mutating func makeNextCAYearsAhead(untilItSigns: Bool) {
    ask()
    offset = 3650 * RotationSimulation.day
    for _ in 0..<200 {
      if let next = signer.content.next?.fingerprint, !untilItSigns || serving.content.leaf?.signer == next {
        return
      }
      pass(20, stuckOnceIn: 1_000_000)
      act(mayStop: false)
    }
    problems.append("no next CA: \(log.suffix(12))")
  }

  /// Runs all participants without faults until no rotation is in progress; returns whether that
  /// happened.
  mutating func settles(within seconds: Double) -> Bool {
    offset = 0
    let end = now + seconds
    var step = 20.0
    while now < end {
      pass(step, stuckOnceIn: 1_000_000)
      step = min(step * 1.1, 7200)
      act(mayStop: false)
      if signer.content.next == nil,
        bundle.content.map(\.fingerprint) == [signer.content.ca?.fingerprint],
        serving.content.leaf?.signer == signer.content.ca?.fingerprint,
        max(signer.content.handled, handled) == requests.ca, serving.content.handled == requests.serving,
        serving.content.leaf?.facts.isValid(at: Date(timeIntervalSince1970: now)) == true
      {
        return true
      }
    }
    return false
  }
}
