import CertificatePolicy
import GatewayAPI
import KubeCore

import struct Foundation.Date

/// Plans the certificate authority and the serving certificate, each step from what was observed:
/// a next authority is made → its certificate is seen in the APIService's bundle → it takes the place of the
/// old, whose certificate stays trusted until it expires → a leaf is issued under it and put into its Secret.
struct CertificatePlanner {
  let state: InstallationState
  let spec: ClusterGatewayConfiguration.Spec
  /// The reference that makes the Secrets go away with the add-on: no private key outlives its use.
  let owner: OwnerReference
  let now: Date

  private var certificates: CertificateObservations { state.certificates }

  private var signer: ObjectKey {
    ObjectKey(Secret.type, namespace: state.identity.namespace, name: state.identity.signerSecretName)
  }

  private var serving: ObjectKey {
    ObjectKey(Secret.type, namespace: spec.installNamespace, name: GatewayNames.servingSecret)
  }

  private var policy: RenewalPolicy {
    RenewalPolicy(renewBefore: spec.certificates.renewBeforeDuration?.length)
  }

  private var authorityProfile: CertificateProfile {
    .authority(
      commonName: GatewayNames.service, algorithm: keyAlgorithm,
      validity: spec.certificates.caValidityDuration.length)
  }

  private var servingProfile: CertificateProfile {
    let name = GatewayNames.service
    return .serving(
      commonName: name,
      dnsNames: [name, "\(name).\(spec.installNamespace)", "\(name).\(spec.installNamespace).svc"],
      algorithm: keyAlgorithm, validity: spec.certificates.validityDuration.length)
  }

  private var keyAlgorithm: KeyAlgorithm {
    switch spec.certificates.algorithm {
    case .rsa2048: .rsa2048
    case .rsa3072: .rsa3072
    case .ecdsaP256, .unknown, nil: .ecdsaP256
    }
  }

  /// What was issued on an earlier plan's request and is still good for what it was asked for; of several the
  /// one that
  /// lasts longest.
  private func issued(_ id: String, _ isGood: (IssuedCertificate) -> Bool) -> IssuedCertificate? {
    state.issued.filter { $0.request.id == id && isGood($0) }.max {
      ($0.request.notAfter, $0.certificatePEM) < ($1.request.notAfter, $1.certificatePEM)
    }
  }

  private func issuedAuthority(_ id: String) -> IssuedCertificate? {
    issued(id) { authorityDecision(.readable($0.facts)).reasons.isEmpty }
  }

  private func authorityDecision(_ pair: KeyPairObservation) -> RenewalDecision {
    RenewalPolicy().decide(authority: pair, at: now, name: signer.description)
  }

  /// The authority in force, where it can sign or, having expired, be followed by another.
  private var authority: CertificateFacts? {
    let reasons = authorityDecision(certificates.authority).reasons
    return reasons.contains { $0.isBroken && !$0.isEndOfLife } ? nil : certificates.authority.leaf
  }

  /// The next authority, where there is one that can sign.
  private var nextAuthority: CertificateFacts? {
    authorityDecision(certificates.nextAuthority).isBroken ? nil : certificates.nextAuthority.leaf
  }

  // MARK: The authority

  /// Plans the signer Secret.
  mutating func planAuthority(_ planner: inout PatchPlanner) {
    let decision = authorityDecision(certificates.authority)
    requeue(&planner, at: decision.renewAt)
    guard let observed = planner.objects[signer] else {
      createAuthority(&planner)
      return
    }
    guard let secret = planner.read(observed, as: Secret.self) else { return }
    guard authority != nil else {
      planner.find(
        .invalid, "AuthorityUnusable", on: signer,
        "the certificate authority can't be used (\(decision.explanation)); the certificate that is being served stays",
        remedy: "restore the Secret, or delete it to have a new authority made")
      return
    }
    var data = secret.data
    if let next = nextAuthority {
      // Its predecessor stays trusted, so the certificate that is being served stays good until the new one
      // is there.
      if isTrusted(next) {
        data[SignerKey.certificate] = data[SignerKey.nextCertificate]
        data[SignerKey.key] = data[SignerKey.nextKey]
        data[SignerKey.nextCertificate] = nil
        data[SignerKey.nextKey] = nil
      }
    } else if decision.isDue {
      if let issued = issuedAuthority(CertificateID.nextAuthority) {
        data[SignerKey.nextCertificate] = SecretBytes(utf8: issued.certificatePEM)
        data[SignerKey.nextKey] = issued.privateKeyPEM
      } else if planner.prepare(
        signerSecret(
          type: secret.type, data: data.withPlaceholders(for: SignerKey.nextCertificate, SignerKey.nextKey)))
      {
        planner.plan.certificateRequests.append(
          authorityProfile.request(id: CertificateID.nextAuthority, at: now, reason: decision.explanation))
      }
    }
    planner.ensure(
      signerSecret(type: secret.type, data: data), guardedBy: .version,
      because: data == secret.data
        ? "the manager keeps its authority there" : "the certificate authority changes over")
  }

  private func createAuthority(_ planner: inout PatchPlanner) {
    if let issued = issuedAuthority(CertificateID.authority) {
      planner.ensure(
        signerSecret(
          type: "Opaque",
          data: [
            SignerKey.certificate: SecretBytes(utf8: issued.certificatePEM),
            SignerKey.key: issued.privateKeyPEM,
          ]), guardedBy: .version, because: "the manager keeps its authority there")
    } else {
      planner.plan.certificateRequests.append(
        authorityProfile.request(
          id: CertificateID.authority, at: now, reason: "there is no certificate authority yet"))
    }
  }

  private func signerSecret(type: String?, data: [String: SecretBytes]) -> Secret {
    Secret(
      metadata: ObjectMeta(
        name: signer.name, namespace: signer.namespace, labels: ManagerIdentity.labels,
        ownerReferences: [owner]),
      type: type ?? "Opaque", data: data)
  }

  // MARK: The leaf

  /// Plans the serving Secret.
  mutating func planServing(_ planner: inout PatchPlanner) {
    let observed = planner.objects[serving]
    if let observed, !ManagerIdentity.owns(observed) {
      planner.find(
        .error, "ForeignObject", on: serving,
        "a Secret of this name exists that isn't the manager's; it is left alone",
        remedy:
          "delete it, or hand it over with the label \(ManagerIdentity.managedByLabel)=\(ManagerIdentity.fieldManager)"
      )
      return
    }
    if planner.plan.certificateRequests.contains(where: { $0.purpose == .authority }), let observed {
      // The new authority will sign a new one.
      let changed = [:].withPlaceholders(for: "tls.crt", "tls.key")
      if !planner.prepare(servingSecret(changed, observed: observed)) { return }
    }
    guard let signing = signingAuthority else {
      // On an empty hub both are asked for at once; the authority is issued first.
      if observed == nil, planner.objects[signer] == nil {
        planner.plan.certificateRequests.append(
          servingProfile.request(
            id: CertificateID.serving, at: now, reason: "the gateway has no serving certificate yet"))
      }
      return
    }
    let decision = servingDecision(certificates.serving, signedBy: signing)
    requeue(&planner, at: decision.renewAt)
    if let observed, decision.isDue, !isTrusted(signing), isServing {
      // The aggregator would refuse what it was served under an authority that it doesn't know yet.
      planner.find(
        .awaiting, "AuthorityNotTrusted", on: serving,
        "the certificate is to be renewed (\(decision.explanation)) once the APIService's bundle has its authority",
        remedy: "nothing to do", awaitedFrom: "the manager's next plans")
      keep(observed, &planner)
      return
    }
    if decision.isBroken, !isServing, observed != nil {
      planner.find(
        .invalid, "ServingCertificateUnusable", on: serving,
        "the gateway can't serve with it (\(decision.explanation))",
        remedy: "nothing to do: a new one is issued")
    }
    if decision.isDue {
      let good = issued(CertificateID.serving) {
        $0.request.issuerFingerprint == signing.fingerprint
          && !servingDecision(.readable($0.facts), signedBy: signing).isDue
      }
      if let good {
        write(
          [
            "tls.crt": SecretBytes(utf8: good.certificatePEM), "tls.key": good.privateKeyPEM,
          ], to: observed, because: decision.explanation, &planner)
      } else if planner.prepare(
        servingSecret([:].withPlaceholders(for: "tls.crt", "tls.key"), observed: observed))
      {
        planner.plan.certificateRequests.append(
          servingProfile.request(
            id: CertificateID.serving, issuer: signing, at: now, reason: decision.explanation))
        if let observed { keep(observed, &planner) }
      }
    } else if let observed {
      keep(observed, &planner)
    }
  }

  /// What is to be done about a serving certificate when `signing` signs. That of the authority in force is
  /// good until
  /// the next authority signs.
  private func servingDecision(_ pair: KeyPairObservation, signedBy signing: CertificateFacts)
    -> RenewalDecision
  {
    let accepted = nextAuthority == signing ? [signing] : [authority, nextAuthority].compactMap { $0 }
    return policy.decide(
      serving: pair, profile: servingProfile, authorities: accepted, at: now, name: serving.description)
  }

  private func keep(_ observed: DynamicObject, _ planner: inout PatchPlanner) {
    guard let secret = planner.read(observed, as: Secret.self) else { return }
    write(secret.data, to: observed, because: "the gateway's serving certificate", &planner)
  }

  private func write(
    _ data: [String: SecretBytes], to observed: DynamicObject?, because reason: String,
    _ planner: inout PatchPlanner
  ) {
    planner.ensure(servingSecret(data, observed: observed), guardedBy: .version, because: reason)
  }

  private func servingSecret(_ data: [String: SecretBytes], observed: DynamicObject?) -> Secret {
    Secret(
      metadata: ObjectMeta(
        name: serving.name, namespace: serving.namespace, labels: ManagerIdentity.labels,
        ownerReferences: [owner]),
      type: observed?.json["type"]?.string ?? "kubernetes.io/tls", data: data)
  }

  /// The authority that signs the next leaf: the next one as soon as the aggregator trusts it, else the one
  /// in force.
  private var signingAuthority: CertificateFacts? {
    if let next = nextAuthority, isTrusted(next) { return next }
    guard let authority, authority.isValid(at: now) else { return nil }
    return authority
  }

  private func isTrusted(_ authority: CertificateFacts) -> Bool {
    certificates.bundle.contains { $0.fingerprint == authority.fingerprint }
  }

  /// Whether the aggregator accepts the certificate as it stands.
  private var isServing: Bool {
    let names = Set(certificates.serving.leaf?.dnsNames ?? [])
    return certificates.isServing(at: now) && names.isSuperset(of: servingProfile.dnsNames)
  }

  // MARK: The bundle

  /// What the aggregator is to trust, as PEM: every authority of ours, and every one trusted before that
  /// hasn't
  /// expired, since a pod may go on serving a certificate under it; `nil` while there is none.
  var bundle: String? {
    // To trust an authority a moment before its key is stored does no harm, and the change-over gains a
    // round.
    let ours = [authority, nextAuthority, comingAuthority].compactMap { $0 }
    guard !ours.isEmpty else { return nil }
    let pem = TrustBundle(ours + trustedBefore).unexpired(at: now).pem
    // An empty bundle would turn the aggregator to the system's authorities.
    return pem.isEmpty ? nil : pem
  }

  /// The authority that was issued and is about to be stored.
  private var comingAuthority: CertificateFacts? {
    guard state.objects[signer] != nil else { return issuedAuthority(CertificateID.authority)?.facts.leaf }
    guard authority != nil, nextAuthority == nil, authorityDecision(certificates.authority).isDue else {
      return nil
    }
    return issuedAuthority(CertificateID.nextAuthority)?.facts.leaf
  }

  private var trustedBefore: [CertificateFacts] { certificates.bundle.filter(\.isCA) }

  /// Asks for a plan when an authority leaves the bundle.
  func requeueForBundle(_ planner: inout PatchPlanner) {
    for authority in trustedBefore { requeue(&planner, at: authority.notAfter.addingTimeInterval(1)) }
  }

  private func requeue(_ planner: inout PatchPlanner, at time: Date?) {
    guard let time, time > now else { return }
    // Whole seconds, rounded up, so that the next plan finds the time reached; at most ten years, to stay in
    // range.
    let seconds = min(time.timeIntervalSince(now).rounded(.up), 315_360_000)
    planner.plan.requeue(after: .seconds(Int64(seconds)))
  }
}

extension RenewalReason {
  /// Whether the certificate has merely come to its end.
  fileprivate var isEndOfLife: Bool {
    if case .expired = self { true } else { false }
  }
}

extension [String: SecretBytes] {
  /// The data with some value for each of `keys`: to prepare their being written.
  fileprivate func withPlaceholders(for keys: String...) -> Self {
    keys.reduce(into: self) { $0[$1] = SecretBytes(utf8: "placeholder") }
  }
}
