import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeReconcile

/// Plans the CA, the serving certificate and the trust bundle: translates the decisions of
/// `Rotation` into writes and requests.
struct CertificatePlanner {
  let state: InstallationState
  let spec: ClusterGatewayConfiguration.Spec
  /// The owner reference by which the serving Secret is deleted with the add-on. The signer Secret
  /// has none: deleting or restoring the add-on doesn't delete the CA.
  let owner: OwnerReference
  let now: Date
  private let current: CertificateRotation
  /// The values of the annotations that request a rotation.
  private let rotationRequests: [String: String]
  /// Whether another field manager's fields keep this plan from writing the signer Secret.
  private var isHeldByAnother = false
  /// Whether this plan writes the signer Secret.
  private var storesCA = false

  init(
    state: InstallationState, spec: ClusterGatewayConfiguration.Spec, effective: EffectiveConfiguration,
    owner: OwnerReference, now: Date
  ) {
    self.state = state
    self.spec = spec
    self.owner = owner
    self.now = now
    current = CertificateRotation(state, spec: spec, effective: effective, at: now)
    rotationRequests = effective.object?.metadata.annotations ?? [:]
  }

  private var policy: RotationPolicy { current.policy }
  private var rotation: Rotation { current.rotation }
  private var certificates: CertificateObservations { state.certificates }
  private var signer: ObjectKey { CertificateRotation.signer(state.identity) }
  private var serving: ObjectKey { CertificateRotation.serving(spec) }

  /// The certificate that was issued for an earlier plan, isn't in use yet and fulfills `isGood`.
  /// If there are several, the one that is valid longest is returned.
  private func issued(_ id: String, _ isGood: (IssuedCertificate) -> Bool) -> IssuedCertificate? {
    let inUse = [certificates.ca, certificates.nextCA, certificates.serving].compactMap {
      $0.leaf?.fingerprint
    }
    return state.issued.filter { issued in
      issued.request.id == id && isGood(issued)
        && !(issued.facts.leaf.map { inUse.contains($0.fingerprint) } ?? true)
    }.max {
      ($0.request.notAfter, $0.certificatePEM) < ($1.request.notAfter, $1.certificatePEM)
    }
  }

  private func issuedCA(_ id: String) -> IssuedCertificate? {
    issued(id) { !policy.caRenewal.decide(ca: .readable($0.facts), at: now, name: policy.caName).isDue }
  }

  // MARK: The CA

  /// Plans the signer Secret.
  mutating func planCA(_ planner: inout PatchPlanner) {
    defer {
      storesCA = planner.plan.patches.contains {
        $0.target == signer && [.create, .apply].contains($0.operation.kind)
      }
    }
    planner.plan.requeue(after: rotation.recheckAfter)
    guard planner.objects.isObserved(signer) else { return }
    guard let observed = planner.objects[signer] else {
      createCA(&planner)
      return
    }
    guard let secret = planner.read(observed, as: Secret.self) else { return }
    var data = secret.data
    var handledRequest = observed.metadata.annotations[GatewayAnnotations.rotatedFor]
    var follows = current.observed.nextFollows
    switch rotation.caStep {
    case .create, .unusable:
      planner.report(
        .invalid, "CurrentCAUnusable", on: signer,
        problem:
          "the CA can't be used (\(rotation.ca.explanation)); the certificate that is being served stays",
        remedy:
          "restore the Secret, supply a CA that API servers (Go's crypto/x509) accept, or delete it to have a new CA created"
      )
      return
    case .keep: break
    case .promote:
      data[SignerKey.certificate] = data[SignerKey.nextCertificate]
      data[SignerKey.key] = data[SignerKey.nextKey]
      data[SignerKey.nextCertificate] = nil
      data[SignerKey.nextKey] = nil
      follows = nil
    case .removeNext:
      data[SignerKey.nextCertificate] = nil
      data[SignerKey.nextKey] = nil
      follows = nil
    case .addNext(let reason):
      if let issued = issuedCA(CertificateID.nextCA) {
        data[SignerKey.nextCertificate] = SecretBytes(utf8: issued.certificatePEM)
        data[SignerKey.nextKey] = issued.privateKeyPEM
        handledRequest = rotationRequests[GatewayAnnotations.rotateCA] ?? handledRequest
        follows = certificates.ca.leaf?.fingerprint ?? ""
      } else if planner.prepare(
        signerSecret(
          type: secret.type, data: data.withPlaceholders(for: SignerKey.nextCertificate, SignerKey.nextKey),
          handledRequest: handledRequest, follows: follows))
      {
        planner.plan.issue(
          policy.caProfile.request(id: CertificateID.nextCA, at: now, reason: reason))
      }
    }
    reportSuppliedCA(&planner)
    let outcome = planner.ensure(
      signerSecret(type: secret.type, data: data, handledRequest: handledRequest, follows: follows),
      precondition: .resourceVersion,
      because: data == secret.data
        ? "the manager keeps its CA there" : "the CA rotation advances")
    isHeldByAnother = outcome == .blocked
  }

  /// Reports a CA that a person has written during the rotation of another, and that can't be used.
  private func reportSuppliedCA(_ planner: inout PatchPlanner) {
    guard current.observed.isCASupplied else { return }
    let verdict = policy.caRenewal.decide(ca: certificates.ca, at: now, name: policy.caName)
    guard verdict.isBroken else { return }
    planner.report(
      .error, "CAUnusable", on: signer,
      problem:
        "the CA that was written there can't be used (\(verdict.explanation)); the one that signs now stays",
      remedy: "put a CA there that API servers (Go's crypto/x509) accept")
  }

  private func createCA(_ planner: inout PatchPlanner) {
    if let issued = issuedCA(CertificateID.ca) {
      // Only if there is none: of two managers that start at once both keep the first one's.
      planner.ensure(
        signerSecret(
          type: "Opaque",
          data: [
            SignerKey.certificate: SecretBytes(utf8: issued.certificatePEM),
            SignerKey.key: issued.privateKeyPEM,
          ], handledRequest: rotationRequests[GatewayAnnotations.rotateCA], follows: nil),
        precondition: .resourceVersion,
        because: "the manager keeps its CA there")
    } else {
      planner.plan.issue(
        policy.caProfile.request(
          id: CertificateID.ca, at: now, reason: "there is no CA yet"))
    }
  }

  private func signerSecret(
    type: String?, data: [String: SecretBytes], handledRequest: String?, follows: String?
  ) -> Secret {
    Secret(
      metadata: ObjectMeta(
        name: signer.name, namespace: signer.namespace, labels: ManagerIdentity.labels,
        annotations: [
          GatewayAnnotations.rotatedFor: handledRequest, GatewayAnnotations.nextCAFollows: follows,
        ].compactMapValues { $0 }),
      type: type ?? "Opaque", data: data)
  }

  // MARK: The serving certificate

  /// Plans the serving Secret.
  mutating func planServing(_ planner: inout PatchPlanner) {
    guard planner.objects.isObserved(signer), planner.objects.isObserved(serving) else { return }
    let observed = planner.objects[serving]
    if let observed, !ManagerIdentity.owns(observed) {
      planner.reportForeign(observed, on: serving)
      return
    }
    if planner.plan.issuanceRequests.contains(where: { $0.purpose == .ca }), let observed {
      // The new CA will sign a new one.
      let changed = [:].withPlaceholders(for: "tls.crt", "tls.key")
      if !planner.prepare(servingSecret(changed, observed: observed), replacing: true) { return }
    }
    switch rotation.servingStep {
    case .keep:
      if let observed { keep(observed, &planner) }
    case .wait(let reason):
      // The aggregator would refuse a certificate of a CA that it doesn't trust yet.
      planner.report(
        .awaiting, "AwaitingTrustBundle", on: serving,
        problem:
          "the certificate is to be renewed (\(reason)) once the APIService's bundle has had its CA for \(spec.certificates.overlapDuration)",
        remedy: "nothing to do", awaitedFrom: "the manager's next plans")
      if let observed { keep(observed, &planner) }
    case .contested(let reason):
      planner.report(
        .error, "AnotherCASigns", on: serving,
        problem: "another CA has signed it although the manager's is trusted (\(reason))",
        remedy:
          "stop the other manager if there are two; otherwise nothing to do: a new certificate is issued after the overlap"
      )
      if let observed { keep(observed, &planner) }
    case .impossible(let reason):
      if observed == nil, planner.objects[signer] == nil {
        // On an empty hub both are requested at once; the CA is issued first.
        planner.plan.issue(
          policy.servingProfile.request(
            id: CertificateID.serving, at: now, reason: "the gateway has no serving certificate yet"))
      } else if let coming = comingCA, !rotation.isServing,
        planner.prepare(
          servingSecret([:].withPlaceholders(for: "tls.crt", "tls.key"), observed: observed), replacing: true)
      {
        // If this plan stores it, it can sign at once: clients needn't trust an earlier certificate.
        planner.plan.issue(
          policy.servingProfile.request(id: CertificateID.serving, issuer: coming, at: now, reason: reason))
      }
    case .issue(let reason):
      issueServing(observed, because: reason, &planner)
    }
    reportRetirement(&planner)
  }

  private func issueServing(
    _ observed: DynamicObject?, because reason: String, _ planner: inout PatchPlanner
  ) {
    let apiService = ObjectKey(APIService.type, name: GatewayNames.apiService)
    // While the trust bundle can't be read, it isn't known whether clients trust another CA than the current one.
    guard let signing = rotation.signing,
      signing.fingerprint == certificates.ca.leaf?.fingerprint || planner.objects.isObserved(apiService)
    else { return }
    if rotation.serving.isBroken, !isServing, observed != nil {
      planner.report(
        .invalid, "ServingCertificateUnusable", on: serving,
        problem: "the gateway can't serve with it (\(reason))",
        remedy: "nothing to do: a new one is issued")
    }
    let good = issued(CertificateID.serving) {
      $0.request.issuerFingerprint == signing.fingerprint
        // One that expires with its CA may be old for its validity from the start.
        && !policy.servingRenewal.decide(
          serving: .readable($0.facts), profile: policy.servingProfile, caCertificates: [signing], at: now,
          name: policy.servingName
        ).isBroken
    }
    if let good {
      planner.ensure(
        servingSecret(
          [
            "tls.crt": SecretBytes(utf8: good.certificatePEM), "tls.key": good.privateKeyPEM,
          ], observed: observed, replaces: certificates.serving.leaf), precondition: .resourceVersion,
        because: reason, replacing: true)
    } else if planner.prepare(
      servingSecret([:].withPlaceholders(for: "tls.crt", "tls.key"), observed: observed), replacing: true)
    {
      planner.plan.issue(
        policy.servingProfile.request(id: CertificateID.serving, issuer: signing, at: now, reason: reason))
      if let observed { keep(observed, &planner) }
    }
  }

  private func keep(_ observed: DynamicObject, _ planner: inout PatchPlanner) {
    guard let secret = planner.read(observed, as: Secret.self) else { return }
    planner.ensure(
      servingSecret(secret.data, observed: observed), precondition: .resourceVersion,
      because: "the gateway's serving certificate")
  }

  /// The serving Secret with `data`. If it replaces an earlier certificate, it records until when
  /// that is valid and that the request of the rotation was handled.
  private func servingSecret(
    _ data: [String: SecretBytes], observed: DynamicObject?, replaces leaf: CertificateFacts? = nil
  ) -> Secret {
    var annotations = (observed?.metadata.annotations ?? [:]).filter {
      [GatewayAnnotations.rotatedFor, GatewayAnnotations.replacedNotAfter].contains($0.key)
    }
    if leaf != nil || observed == nil {
      annotations[GatewayAnnotations.rotatedFor] =
        rotationRequests[GatewayAnnotations.rotateServing] ?? annotations[GatewayAnnotations.rotatedFor]
    }
    if let last = [current.observed.replacedNotAfter, leaf?.notAfter].compactMap({ $0 }).max() {
      annotations[GatewayAnnotations.replacedNotAfter] = Timestamp(last).description
    }
    return Secret(
      metadata: ObjectMeta(
        name: serving.name, namespace: serving.namespace, labels: ManagerIdentity.labels,
        annotations: annotations, ownerReferences: [owner]),
      type: observed?.json["type"]?.string ?? "kubernetes.io/tls", data: data)
  }

  /// Whether the aggregator accepts the current certificate.
  private var isServing: Bool {
    let names = Set(certificates.serving.leaf?.dnsNames ?? [])
    return certificates.isServing(at: now) && names.isSuperset(of: policy.servingProfile.dnsNames)
  }

  // MARK: The bundle

  /// Reports why an old CA stays trusted, and requests probes of the servers.
  private func reportRetirement(_ planner: inout PatchPlanner) {
    guard case .awaitingServers = rotation.phase else { return }
    if rotation.needsProbe { planner.plan.effects += (current.servers ?? []).map { .probeEndpoint($0) } }
    let why =
      current.servers.map { servers in
        current.unseenServers
          ?? "\(servers.count) pods, which the running manager probes: see the condition \(ClusterGatewayConfiguration.ConditionType.rotating)"
      } ?? "which servers there are is not known"
    planner.report(
      .awaiting, "OldCAStillTrusted", on: ObjectKey(APIService.type, name: GatewayNames.apiService),
      problem:
        "an earlier CA stays trusted until every pod of the gateway was seen to present the new certificate, or the old ones have expired"
        + (why.isEmpty ? "" : " (\(why))"),
      remedy:
        "let the manager reach the pods on port \(GatewayNames.port) (network policies); where it can't, nothing breaks and the old CA goes when what it signed has expired",
      awaitedFrom: "the gateway's pods")
  }

  /// The CAs that the aggregator should trust, as PEM: every one of the manager's, and every
  /// earlier one under which a pod may still be serving; `nil` while there is none.
  var bundle: String? {
    // A CA that this plan stores is also trusted by it, which saves a round of the rotation.
    let coming = comingCA
    guard coming != nil || rotation.hasCA || isCurrentCAUnusable else { return nil }
    let pem = TrustBundle(rotation.bundle.certificates + [coming].compactMap { $0 }).pem
    // With an empty bundle the aggregator would trust the system's CAs.
    return pem.isEmpty ? nil : pem
  }

  /// Whether the bundle is to lose a CA that is trusted now.
  var dropsCA: Bool {
    let kept = Set(rotation.bundle.certificates.map(\.fingerprint))
    return state.certificates.bundle.contains { !kept.contains($0.fingerprint) }
  }

  /// Whether there is a CA that can't be used. The bundle then stays, except for certificates that
  /// API servers can't parse, which would make them refuse all of it.
  private var isCurrentCAUnusable: Bool {
    if case .unusable = rotation.caStep { true } else { false }
  }

  /// The object that must be written before the bundle: the Secret with a CA that this plan stores.
  /// If that were refused, a CA without a key would stay trusted for its whole validity, and each
  /// retry would add another.
  var bundleDependency: ObjectKey? { comingCA.map { _ in signer } }

  /// The issued CA that this plan stores.
  private var comingCA: CertificateFacts? {
    guard storesCA else { return nil }
    return switch rotation.caStep {
    case .create:
      state.objects[signer] == nil ? issuedCA(CertificateID.ca)?.facts.leaf : nil
    case .addNext: issuedCA(CertificateID.nextCA)?.facts.leaf
    case .keep, .promote, .removeNext, .unusable: nil
    }
  }

  /// Whether the gateway's serving certificate is valid and its CA trusted by the APIService, as
  /// observed.
  var servingCondition: (status: Condition.Status, reason: String, message: String) {
    guard state.objects.isObserved(serving) else {
      return (.unknown, "NotReadable", "\(serving) can't be read")
    }
    // The same message for a missing certificate and an untrusted one, which may be those of consecutive plans.
    let notYet = (
      status: Condition.Status.false, reason: "CANotTrusted",
      message: "there is no serving certificate yet whose CA the APIService trusts"
    )
    switch certificates.serving {
    case .absent: return notYet
    case .unreadable(let reason):
      return (.false, "CertificateUnreadable", "the serving certificate can't be read: \(reason)")
    case .readable: break
    }
    if isServing {
      return (.true, "Valid", "the serving certificate is valid, and the APIService trusts its CA")
    }
    if rotation.serving.isBroken {
      return (
        .false, "CertificateInvalid",
        "the gateway can't serve with its certificate: \(rotation.serving.explanation)"
      )
    }
    return notYet
  }

  /// The condition that shows the phase of the rotation.
  func condition(_ old: [Condition], generation: Int64?) -> Condition {
    let phase = rotation.phase
    // A condition that exists from the first plan to the last must not depend on the progress of the installation.
    let reason = phase == .creating ? RotationPhase.notRotating : phase
    let status: Condition.Status = reason.isRotating ? .true : reason == .blocked ? .unknown : .false
    let type = ClusterGatewayConfiguration.ConditionType.rotating
    var message = phase == .creating ? reason.description : current.message(old)
    if phase == .blocked { message += ": \(rotation.ca.explanation)" }
    if phase == .ending, isHeldByAnother {
      message =
        "the next CA signs; another tool applies the Secret \(signer.namespace ?? "")/\(signer.name), so it can't take the former one's place"
    }
    if reason.isRotating, current.observed.caRequest != nil {
      message += "; another CA was requested, and is created after that"
    }
    return Condition(
      type: type, status: status, reason: reason.code, message: message,
      lastTransitionTime: AddOnConditions.transitionTime(of: type, to: status, from: old, at: now),
      observedGeneration: generation)
  }
}
