import CertificatePolicy
import Foundation

extension RotationSimulation {
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

  mutating func view<Content>(_ stored: Stored<Content>, since version: Int) -> (
    content: Content, version: Int
  ) {
    var choices = stored.past.filter { $0.until >= now - 60 && $0.version >= version }
      .map { (content: $0.content, version: $0.version) }
    choices.append((stored.content, stored.version))
    // Mostly the newest.
    if Int.random(in: 0..<3, using: &random) > 0 { return (stored.content, stored.version) }
    return choices.randomElement(using: &random) ?? (stored.content, stored.version)
  }

  mutating func probe(_ version: Int) {
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

  static func pair(_ ca: CertificateFacts?) -> KeyPairObservation {
    ca.map {
      .readable(KeyPairFacts(chain: [$0], keyMatches: true, signerFingerprints: [$0.fingerprint]))
    }
      ?? .absent
  }

  mutating func store(_ rotation: Rotation, _ clock: Date) {
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

  mutating func makeCA(_ clock: Date) -> CertificateFacts {
    serial += 1
    let request = policy.caProfile.request(id: "ca", at: clock, reason: "")
    return caFacts(fingerprint: "ca\(serial)", from: request.notBefore, to: request.notAfter)
  }

  mutating func publish(_ rotation: Rotation) {
    let new = rotation.bundle.certificates
    guard new != bundle.content, !new.isEmpty else { return }
    write("bundle \(new.map(\.fingerprint)) \(rotation.phase.code)")
    bundle.write(new, at: now)
    memory?.seen.bundle = bundle.version
    check()
  }

  mutating func serve(_ rotation: Rotation, _ clock: Date) {
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

  mutating func write(_ words: String) {
    log.append("\(Int(now - 1_800_000_000)) s (clock \(Int(offset))): \(words)")
    if log.count > 40 { log.removeFirst() }
  }
}
