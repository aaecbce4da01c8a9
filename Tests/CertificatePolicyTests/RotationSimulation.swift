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
  var supplied: String?
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

  // MARK: Schedules

  /// Requests another CA.
  mutating func ask() {
    requests.ca += 1
    supplied = nil
  }

  /// A person replaces the current CA by one of their own: by a merge patch or an apply, which
  /// leave the rest of the Secret, or by a replace, which doesn't.
  mutating func bringCA(replacing: Bool) {
    var content = replacing ? Signer() : signer.content
    let own = makeCA(Date(timeIntervalSince1970: now))
    content.ca = own
    // A pending request is handled afterwards.
    supplied = handled == requests.ca ? own.fingerprint : nil
    write("a person supplies \(own.fingerprint)\(replacing ? " by replace" : "")")
    signer.write(content, at: now)
  }

  /// A person deletes the Secret of the CA.
  mutating func deleteSigner() {
    supplied = nil
    write("the Secret of the CA is deleted")
    signer.write(Signer(), at: now)
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
    _ = converges(within: 3600)
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
  mutating func converges(within seconds: Double) -> Bool {
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
