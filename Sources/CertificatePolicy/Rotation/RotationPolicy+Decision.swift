public import KubeCore

extension RotationPolicy {
  /// Decides the next step.
  ///
  /// Equal observations and times give equal decisions. Observations may be older than the stored
  /// objects, so writes must be conditional on the observed versions.
  public func decide(_ state: RotationState, at now: Date) -> Rotation {
    RotationDecider(policy: self, state: state, now: now).rotation
  }
}

/// A decision from its observations.
private struct RotationDecider {
  let policy: RotationPolicy
  let state: RotationState
  let now: Date
  /// Whether a person supplied the current CA after the next one was created. Then their roles are
  /// swapped: the supplied CA follows.
  let isSupplied: Bool

  init(policy: RotationPolicy, state: RotationState, now: Date) {
    self.policy = policy
    self.now = now
    isSupplied = state.isCASupplied
    var state = state
    if isSupplied { swap(&state.ca, &state.nextCA) }
    self.state = state
  }

  // MARK: The CAs

  /// The decision about the current CA, a person's request included.
  private var caDecision: RenewalDecision {
    var decision = policy.caRenewal.decide(
      ca: state.ca, at: now, name: policy.caName)
    if let request = state.caRequest, state.ca.leaf != nil {
      decision.reasons.append(.requested(request))
    }
    return decision
  }

  /// The current CA; `nil` where it has other faults than its validity period, so that it can't be
  /// followed by another one.
  private var ca: CertificateFacts? { usable(state.ca) }

  /// The next CA; `nil` where it can't be used, so that another one may replace it.
  private var next: CertificateFacts? {
    guard let next = usable(state.nextCA), next.notAfter >= now, !isPremature(next) else { return nil }
    return next
  }

  /// Whether the next CA was created with a clock far ahead, so that waiting for it may take years.
  /// One that has already signed is kept nonetheless, because today's clock may be the slow one,
  /// unless the current CA has ended or another one is requested.
  private func isPremature(_ next: CertificateFacts) -> Bool {
    let ahead = next.notBefore.timeIntervalSince(now)
    guard ahead > max(0, policy.caRenewal.clockTolerance.inSeconds) else { return false }
    return !hasSignedServing(next) || state.caRequest != nil
      || state.ca.leaf.map { $0.notAfter < now } ?? true
  }

  private func usable(_ pair: KeyPairObservation) -> CertificateFacts? {
    let decision = policy.caRenewal.decide(ca: pair, at: now, name: policy.caName)
    return decision.reasons.contains { $0.isBroken && !$0.isMatterOfTime } ? nil : pair.leaf
  }

  private func isTrusted(_ ca: CertificateFacts) -> Bool {
    state.bundle.contains { $0.fingerprint == ca.fingerprint }
  }

  private func isKnownEverywhere(_ ca: CertificateFacts) -> Bool {
    isTrusted(ca) && state.trustedFor[ca.fingerprint] ?? .zero >= policy.overlap
  }

  private func hasSignedServing(_ ca: CertificateFacts) -> Bool {
    state.serving.facts?.signerFingerprints.contains(ca.fingerprint) ?? false
  }

  /// The CA that signs.
  private var signing: CertificateFacts? {
    if let next, next.isValid(at: now), hasSignedServing(next) || isKnownEverywhere(next) { return next }
    if let ca, ca.isValid(at: now) { return ca }
    // An early switch loses nothing. Before the first bundle is published no CA is trusted: it is
    // published once servers run with a certificate.
    if let next, next.isValid(at: now), !isServing, isTrusted(next) || state.bundle.isEmpty { return next }
    return nil
  }

  // MARK: The serving certificate

  /// Whether clients accept the serving certificate, regardless of time: with a wrong clock even a
  /// good certificate looks expired.
  private var isServing: Bool {
    guard let pair = state.serving.facts, pair.keyMatches, pair.problems.isEmpty, let leaf = pair.leaf
    else { return false }
    return policy.servingProfile.names(missingIn: leaf).isEmpty && !leaf.isCA && leaf.mayServeTLS
      && state.bundle.contains { pair.signerFingerprints.contains($0.fingerprint) }
  }

  /// Whether the serving certificate, which clients accept, was signed within the overlap by a CA
  /// that isn't stored, although `signing` was trusted long enough to sign it. A certificate of a
  /// CA that was replaced is older.
  private func isContested(_ signing: CertificateFacts) -> Bool {
    let stored = [state.ca.leaf, state.nextCA.leaf].compactMap { $0 }
    guard isServing, state.serving.leaf?.isValid(at: now) ?? false, !stored.contains(where: hasSignedServing)
    else { return false }
    let trustedBefore = (state.trustedFor[signing.fingerprint] ?? .zero) - state.servedFor
    return state.servedFor < policy.overlap && trustedBefore >= policy.overlap
  }

  private func servingDecision(signedBy signing: CertificateFacts?) -> RenewalDecision {
    let accepted: [CertificateFacts]
    if let signing, signing.fingerprint == next?.fingerprint {
      accepted = [signing]
    } else {
      // Certificates signed by the current CA are good until the next one signs.
      accepted = [ca, next].compactMap { $0 }
    }
    var decision = policy.servingRenewal.decide(
      serving: state.serving, profile: policy.servingProfile, caCertificates: accepted, at: now,
      name: policy.servingName)
    // A certificate that ends with its CA is not renewed by age: a new one would end at the same
    // time.
    if let signing, let leaf = state.serving.leaf, leaf.notAfter >= signing.notAfter {
      decision.reasons.removeAll { if case .renewalTimeReached = $0 { true } else { false } }
      decision.renewAt = nil
    }
    if let request = state.servingRequest, state.serving != .absent {
      decision.reasons.append(.requested(request))
    }
    return decision
  }

  private func servingStep(_ decision: RenewalDecision, _ signing: CertificateFacts?) -> Rotation.ServingStep
  {
    guard decision.isDue else { return .keep }
    guard let signing else {
      let isAwaited = next.map { isTrusted($0) && isServing } ?? false
      return isAwaited ? .wait(reason: decision.explanation) : .impossible(reason: decision.explanation)
    }
    if isServing, !hasSignedServing(signing), !isKnownEverywhere(signing) {
      return .wait(reason: decision.explanation)
    }
    if isContested(signing) { return .contested(reason: decision.explanation) }
    return .issue(reason: decision.explanation)
  }

  // MARK: The bundle

  /// Whether a CA is no longer needed: the servers got a certificate signed by another CA, and are
  /// observed to present it, or have had it for long enough that every other one has expired.
  private func isRetired(_ ca: CertificateFacts, _ signing: CertificateFacts?) -> Bool {
    guard let signing, signing.fingerprint != ca.fingerprint,
      ca.fingerprint != next?.fingerprint, let pair = state.serving.facts, pair.keyMatches,
      pair.signerFingerprints.contains(signing.fingerprint), isTrusted(signing),
      !pair.signerFingerprints.contains(ca.fingerprint), state.servedFor >= policy.reloadTime
    else { return false }
    if let unseenServers, unseenServers.isEmpty { return true }
    return state.servedFor >= policy.unseenReloadTime && expiry(of: ca) < now
  }

  /// The end of the validity of everything that this CA signed for the servers, plus a tolerance
  /// for clock differences.
  private func expiry(of ca: CertificateFacts) -> Date {
    let last = state.replacedNotAfter.map { min($0, ca.notAfter) } ?? ca.notAfter
    return last.addingTimeInterval(max(0, policy.overlap.inSeconds))
  }

  /// The servers that weren't observed to present the serving certificate; `nil` where the servers
  /// aren't known.
  private var unseenServers: [String: String]? {
    state.servers.map { servers in
      servers.compactMapValues { observation in
        switch observation {
        case .presents(let fingerprint):
          fingerprint == state.serving.leaf?.fingerprint ? nil : "it presents another certificate"
        case .notListening: "it refuses connections"
        case .unseen(let reason): reason
        }
      }
    }
  }

  // MARK: All together

  /// The decision, made in this order: the CA that signs (``signing``), the CAs that are no longer
  /// needed (``isRetired(_:_:)``), the steps of the CAs and of the serving certificate, and from
  /// all of these the phase and the time of the next check.
  var rotation: Rotation {
    let (ca, next, signing) = (ca, next, signing)
    let caDecision = caDecision
    let servingDecision = servingDecision(signedBy: signing)
    let current = [next, ca].compactMap { $0 }
    let candidates = TrustBundle(current + state.bundle).certificates
    let wanted = [signing, next].compactMap { $0?.fingerprint }
    let hasSuccessor = next != nil && signing?.fingerprint == next?.fingerprint
    let leaving = candidates.filter { candidate in
      !wanted.contains(candidate.fingerprint)
        && (hasSuccessor || candidate.fingerprint != ca?.fingerprint)
    }
    let retired = Set(leaving.filter { isRetired($0, signing) }.map(\.fingerprint))
    let retiring = leaving.filter { isTrusted($0) }
    let step = caStep(caDecision, isRetired: ca.map { retired.contains($0.fingerprint) })
    let serving = servingStep(servingDecision, signing)
    let isServed = signing.map { hasSignedServing($0) } ?? false
    let needsProbe =
      isServed && retiring.contains { !retired.contains($0.fingerprint) } && state.servers != nil
    let unseen = unseenServers ?? [:]

    var rotation = Rotation(
      phase: .notRotating, caStep: step, servingStep: serving, signing: signing,
      bundle: TrustBundle(candidates.filter { !retired.contains($0.fingerprint) }),
      ca: caDecision, serving: servingDecision, retiring: retiring, needsProbe: needsProbe,
      unseenServers: unseen, recheckAfter: nil, hasCA: !current.isEmpty, isServing: isServing)
    rotation.phase = phase(rotation, retired, isServed: isServed)
    rotation.recheckAfter = recheck(rotation, retired)
    return rotation
  }

  private func caStep(_ decision: RenewalDecision, isRetired: Bool?) -> Rotation.CAStep {
    if state.ca == .absent && state.nextCA == .absent {
      return .create(reason: "there is no CA yet")
    }
    if let next {
      let isOut = ca.map { !isTrusted($0) && isRetired ?? false || isFollowerDue } ?? true
      guard isOut, hasSignedServing(next), isTrusted(next) else { return .keep }
      return isSupplied ? .removeNext : .promote
    }
    guard let ca else { return .unusable(reason: decision.explanation) }
    // A CA that a person supplied signs first.
    if isServing, !hasSignedServing(ca), decision.reasons.allSatisfy(\.isRequest) { return .keep }
    return decision.isDue ? .addNext(reason: decision.explanation) : .keep
  }

  /// Whether the next CA must itself be followed, although its predecessor may still be in use. The
  /// predecessor then stays trusted without a key, since its place is needed.
  private var isFollowerDue: Bool {
    let renewal = policy.caRenewal.decide(
      ca: state.nextCA, at: now, name: policy.caName)
    return renewal.isDue && !renewal.isBroken
  }

  private func phase(_ rotation: Rotation, _ retired: Set<String>, isServed: Bool) -> RotationPhase {
    switch rotation.caStep {
    case .create: return .creating
    case .unusable: return .blocked
    case .promote, .removeNext: return .ending
    case .keep, .addNext: break
    }
    if let next, !isTrusted(next) { return .publishing }
    let coming = next ?? rotation.signing
    if let coming, !hasSignedServing(coming), isServing {
      if isKnownEverywhere(coming) { return .reissuing }
      if !isTrusted(coming) { return .publishing }
      return .propagating(
        remaining: max(.zero, policy.overlap - (state.trustedFor[coming.fingerprint] ?? .zero)))
    }
    let retiring = rotation.retiring.filter { retired.contains($0.fingerprint) }
    if !retiring.isEmpty { return .retiring }
    if !rotation.retiring.isEmpty, isServed {
      return .awaitingServers(unseen: rotation.unseenServers.count)
    }
    guard let next else { return .notRotating }
    return hasSignedServing(next) ? .ending : .reissuing
  }

  private func recheck(_ rotation: Rotation, _ retired: Set<String>) -> Duration? {
    var waits: [Duration] = []
    func wait(until date: Date?) {
      guard let date, date > now else { return }
      // Whole seconds, rounded up, so that the time has been reached then; at most ten years, to
      // stay in range.
      waits.append(.seconds(Int64(min(date.timeIntervalSince(now).rounded(.up), 315_360_000))))
    }
    wait(until: rotation.ca.renewAt)
    wait(until: rotation.serving.renewAt)
    for certificate in [state.ca.leaf, state.nextCA.leaf, state.serving.leaf] {
      wait(until: certificate?.notAfter.addingTimeInterval(1))
    }
    if case .propagating(let remaining) = rotation.phase { waits.append(max(.seconds(1), remaining)) }
    if case .contested = rotation.servingStep {
      waits.append(max(.seconds(1), policy.overlap - state.servedFor))
    }
    if rotation.retiring.contains(where: { !retired.contains($0.fingerprint) }) {
      for time in [policy.reloadTime, policy.unseenReloadTime] where state.servedFor < time {
        waits.append(max(.seconds(1), time - state.servedFor))
      }
      for ca in rotation.retiring {
        wait(until: expiry(of: ca).addingTimeInterval(1))
      }
    }
    return waits.min()
  }
}

extension RotationState {
  /// Whether the current CA isn't the one that the next CA was created to follow.
  public var isCASupplied: Bool {
    guard let nextFollows, ca != .absent, nextCA != .absent else { return false }
    return nextFollows != ca.leaf?.fingerprint ?? ""
  }
}

extension RenewalReason {
  /// Whether a replacement was requested and there is no other reason.
  fileprivate var isRequest: Bool {
    if case .requested = self { true } else { false }
  }

  /// Whether the certificate is sound except for its validity period.
  fileprivate var isMatterOfTime: Bool {
    switch self {
    case .expired, .notYetValid: true
    default: false
    }
  }
}
