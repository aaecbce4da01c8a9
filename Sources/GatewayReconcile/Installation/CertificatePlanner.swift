import CertificatePolicy
import GatewayAPI
import KubeCore

import struct Foundation.Date

/// Plans the certificate authority and the serving certificate, each step from what was observed:
/// a next authority is made → its certificate is seen in the APIService's bundle → a leaf is issued under it → the leaf is
/// seen in its Secret → the next authority takes the place of the old, whose certificate stays trusted until it expires.
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

  private var policy: RenewalPolicy { RenewalPolicy(renewBefore: spec.certificates.renewBeforeDuration?.length) }

  private var authorityProfile: CertificateProfile {
    .authority(
      commonName: GatewayNames.service, algorithm: keyAlgorithm, validity: spec.certificates.caValidityDuration.length)
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

  private func issued(_ id: String) -> IssuedCertificate? { state.issued.last { $0.request.id == id } }

  // MARK: The authority

  /// Plans the signer Secret.
  mutating func planAuthority(_ planner: inout PatchPlanner) {
    let decision = RenewalPolicy().decide(authority: certificates.authority, at: now, name: signer.description)
    requeue(&planner, at: decision.renewAt)
    guard let observed = planner.objects[signer] else {
      createAuthority(&planner)
      return
    }
    guard let secret = planner.read(observed, as: Secret.self) else { return }
    guard certificates.authority.facts != nil, !decision.isBroken else {
      planner.find(
        .invalid, "AuthorityUnusable", on: signer,
        "the certificate authority can't be used (\(decision.explanation)); the certificate that is being served stays",
        remedy: "restore the Secret, or delete it to have a new authority made")
      return
    }
    var data = secret.data
    if let next = certificates.nextAuthority.facts, next.keyMatches, let nextLeaf = next.leaf {
      if servingIsSigned(by: nextLeaf) {
        data[SignerKey.certificate] = data[SignerKey.nextCertificate]
        data[SignerKey.key] = data[SignerKey.nextKey]
        data[SignerKey.nextCertificate] = nil
        data[SignerKey.nextKey] = nil
      }
    } else if decision.isDue {
      if let issued = issued(CertificateID.nextAuthority) {
        data[SignerKey.nextCertificate] = SecretBytes(utf8: issued.certificatePEM)
        data[SignerKey.nextKey] = issued.privateKeyPEM
      } else {
        planner.plan.certificateRequests.append(
          authorityProfile.request(id: CertificateID.nextAuthority, at: now, reason: decision.explanation))
      }
    }
    planner.ensure(
      signerSecret(type: secret.type, data: data), guardedBy: .version,
      because: data == secret.data ? "the manager keeps its authority there" : "the certificate authority changes over")
  }

  private func createAuthority(_ planner: inout PatchPlanner) {
    if let issued = issued(CertificateID.authority) {
      planner.ensure(
        signerSecret(
          type: "Opaque",
          data: [
            SignerKey.certificate: SecretBytes(utf8: issued.certificatePEM), SignerKey.key: issued.privateKeyPEM,
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
        name: signer.name, namespace: signer.namespace, labels: ManagerIdentity.labels, ownerReferences: [owner]),
      type: type ?? "Opaque", data: data)
  }

  // MARK: The leaf

  /// Plans the serving Secret.
  mutating func planServing(_ planner: inout PatchPlanner) {
    let observed = planner.objects[serving]
    if let observed, !ManagerIdentity.owns(observed) {
      planner.find(
        .error, "ForeignObject", on: serving, "a Secret of this name exists that isn't the manager's; it is left alone",
        remedy: "delete it, or hand it over with the label \(ManagerIdentity.managedByLabel)=\(ManagerIdentity.fieldManager)")
      return
    }
    guard let authority = signingAuthority else {
      // On an empty hub both are asked for at once; the authority is issued first.
      if observed == nil, planner.objects[signer] == nil {
        planner.plan.certificateRequests.append(
          servingProfile.request(
            id: CertificateID.serving, at: now, reason: "the gateway has no serving certificate yet"))
      }
      return
    }
    let trusted = [certificates.authority.leaf, certificates.nextAuthority.leaf].compactMap { $0 }
    let accepted = certificates.nextAuthority.leaf == authority ? [authority] : trusted
    let decision = policy.decide(
      serving: certificates.serving, profile: servingProfile, authorities: accepted, at: now,
      name: serving.description)
    requeue(&planner, at: decision.renewAt)
    if decision.isBroken, observed != nil {
      planner.find(
        .invalid, "ServingCertificateUnusable", on: serving,
        "the gateway can't serve with it (\(decision.explanation))", remedy: "nothing to do: a new one is issued")
    }
    if decision.isDue {
      if let issued = issued(CertificateID.serving), issued.request.issuerFingerprint == authority.fingerprint {
        write(
          [
            "tls.crt": SecretBytes(utf8: issued.certificatePEM), "tls.key": issued.privateKeyPEM,
          ], to: observed, because: decision.explanation, &planner)
      } else {
        planner.plan.certificateRequests.append(
          servingProfile.request(
            id: CertificateID.serving, issuer: authority, at: now, reason: decision.explanation))
      }
    } else if let observed, let secret = planner.read(observed, as: Secret.self) {
      write(secret.data, to: observed, because: "the gateway's serving certificate", &planner)
    }
  }

  private func write(
    _ data: [String: SecretBytes], to observed: DynamicObject?, because reason: String, _ planner: inout PatchPlanner
  ) {
    let type = observed?.json["type"]?.string ?? "kubernetes.io/tls"
    planner.ensure(
      Secret(
        metadata: ObjectMeta(
          name: serving.name, namespace: serving.namespace, labels: ManagerIdentity.labels,
          ownerReferences: [owner]),
        type: type, data: data), guardedBy: .version, because: reason)
  }

  /// The authority that signs the next leaf: the next one as soon as the aggregator trusts it, else the one in force.
  private var signingAuthority: CertificateFacts? {
    if let next = certificates.nextAuthority.facts, next.keyMatches, let leaf = next.leaf,
      certificates.bundle.contains(where: { $0.fingerprint == leaf.fingerprint })
    {
      return leaf
    }
    guard let facts = certificates.authority.facts, facts.keyMatches else { return nil }
    return facts.leaf
  }

  private func servingIsSigned(by authority: CertificateFacts) -> Bool {
    certificates.serving.facts?.signerFingerprints.contains(authority.fingerprint) ?? false
  }

  // MARK: The bundle

  /// What the aggregator is to trust, as PEM: every authority of ours, and every one trusted before that hasn't
  /// expired, since a pod may go on serving a certificate under it; `nil` while there is none.
  var bundle: String? {
    let ours = [certificates.authority, certificates.nextAuthority].compactMap { $0.facts?.leaf }
    guard !ours.isEmpty else { return nil }
    let kept = certificates.bundle.filter(\.isCA)
    return TrustBundle(ours + kept).unexpired(at: now).pem
  }

  private func requeue(_ planner: inout PatchPlanner, at time: Date?) {
    guard let time, time > now else { return }
    // Whole seconds, rounded up, so that the next plan finds the time reached; at most ten years, to stay in range.
    let seconds = min(time.timeIntervalSince(now).rounded(.up), 315_360_000)
    planner.plan.requeue(after: .seconds(Int64(seconds)))
  }
}
