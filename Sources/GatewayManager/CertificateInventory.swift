public import CertificatePolicy
import GatewayAPI
import GatewayPKI
public import GatewayReconcile
public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
public import KubeReconcile

/// Every certificate of an installation: its place, its signer, and the next action on it. Holds no
/// keys.
public struct CertificateInventory: Sendable {
  /// The purpose of a certificate.
  public enum Role: String, Sendable {
    /// The CA in force.
    case ca
    /// The next CA.
    case nextCA
    /// The gateway's serving certificate.
    case serving
    /// An earlier CA that is still trusted.
    case trusted
    /// The gateway's client certificate for the proxy tunnel.
    case proxyClient
    /// The CA of the proxy tunnel.
    case proxyCA

    /// The role for people.
    public var words: String {
      switch self {
      case .ca: "CA in force"
      case .nextCA: "next CA"
      case .serving: "serving certificate"
      case .trusted: "earlier CA, still trusted"
      case .proxyClient: "client certificate for the proxy tunnel"
      case .proxyCA: "CA of the proxy tunnel"
      }
    }
  }

  /// One certificate.
  public struct Entry: Sendable {
    /// The purpose.
    public var role: Role
    /// The object that holds it.
    public var object: ObjectKey
    /// The field of the object.
    public var field: String
    /// The certificate's facts; `nil` if it can't be read.
    public var facts: CertificateFacts?
    /// The signer, for people.
    public var signer: String
    /// The problem with it, for people.
    public var problem: String?
    /// The next action, for people.
    public var nextAction: String
    /// The time of the next action; `nil` if no time decides it.
    public var nextActionAt: Date?
    /// Whether the reader may read the object.
    public var isReadable = true
  }

  /// The certificates, those in force first.
  public var entries: [Entry] = []
  /// The state of the rotation; `nil` without a valid configuration, and if it can't be read whole.
  public var rotation: CertificateRotation?
  /// The phase of the rotation; the manager's report is preferred, since the manager has observed
  /// the bundle and the gateway's pods, which a reader of the hub hasn't.
  public var phase: (code: String, message: String)?
  /// The plan's findings about certificates, as far as they are known.
  public var findings: [Finding] = []
  /// The rights that the reader lacks.
  package var gaps: ReaderGaps

  /// Creates the inventory of an observed installation.
  public init(_ state: InstallationState, at now: Date) {
    gaps = ReaderGaps(state.objects.unobserved)
    let isWhole = CertificateInventory.isRotationRead(state)
    rotation = isWhole ? CertificateRotation(state, at: now) : nil
    let conditions = InstallationFacts(state).configurationName.flatMap {
      state.objects.value(ClusterGatewayConfiguration.self, name: $0)?.status.conditions
    }
    let reported = conditions?.condition(ClusterGatewayConfiguration.ConditionType.rotating)
    phase =
      isWhole && rotation == nil
      ? nil
      : reported.map { ($0.reason, $0.message) }
        ?? rotation.map { ($0.rotation.phase.code, $0.rotation.phase.description) }
    let overlap = rotation?.policy.overlap.components.seconds
    let isOfThisPhase = rotation?.reportedMessage(in: conditions ?? []) != nil
    let earliest =
      isOfThisPhase ? reported?.lastTransitionTime?.addingTimeInterval(Double(overlap ?? 0)) : nil
    let signer = ObjectKey(
      Secret.type, namespace: state.identity.namespace, name: state.identity.signerSecretName)
    let caNames = CertificateInventory.names(state.certificates)
    let (current, policy) = (rotation?.rotation, rotation?.policy)
    func describeSpreading(_ entry: inout Entry) {
      guard case .propagating = current?.phase else { return }
      entry.nextAction = "signs once it has been trusted for long enough"
      // Only the manager knows the exact start, which a restart may have reset.
      if let earliest, earliest > now {
        entry.nextAction += ", at the earliest"
        entry.nextActionAt = earliest
      }
    }
    // A CA that a person has stored is the next one until it has signed.
    let signers = state.certificates.serving.facts?.signerFingerprints ?? []
    let isComing =
      current?.isServing ?? false
      && state.certificates.ca.leaf.map { !signers.contains($0.fingerprint) } ?? false
      && (state.certificates.nextCA == .absent || rotation?.observed.isCASupplied ?? false)
    add(
      isComing ? .nextCA : .ca, state.certificates.ca, in: signer,
      field: SignerKey.certificate, caNames: caNames, issued: state.issued
    ) { entry in
      guard let current else { return }
      CertificateInventory.describe(&entry, current, at: now)
      if isComing { describeSpreading(&entry) }
    }
    add(
      rotation?.observed.isCASupplied ?? false ? .ca : .nextCA,
      state.certificates.nextCA, in: signer, field: SignerKey.nextCertificate,
      caNames: caNames
    ) { entry in
      if let current { entry.nextAction = current.phase.description }
      let broken = policy?.caRenewal.decide(
        ca: state.certificates.nextCA, at: now, name: policy?.caName ?? ""
      ).reasons.filter(\.isBroken)
      if let broken, !broken.isEmpty {
        entry.problem = broken.map(\.description).joined(separator: "; ")
        entry.nextAction = "replaced when the CA in force is due, or another is asked for"
        return
      }
      describeSpreading(&entry)
    }
    if let spec = InstallationFacts(state).configuration {
      let serving = ObjectKey(
        Secret.type, namespace: spec.installNamespace, name: GatewayNames.servingSecret)
      add(
        .serving, state.certificates.serving, in: serving, field: "tls.crt", caNames: caNames
      ) { entry in
        guard let current else { return }
        // Clients accept one that an earlier CA has signed for as long as they trust that.
        let broken = current.serving.reasons.filter { reason in
          if case .notSignedByCA = reason, current.isServing { return false }
          return reason.isBroken
        }
        if !broken.isEmpty { entry.problem = broken.map(\.description).joined(separator: "; ") }
        switch current.servingStep {
        case .keep:
          entry.nextAction = "renewed"
          entry.nextActionAt = current.serving.renewAt
          if current.serving.renewAt == nil {
            // It expires with its CA, as another one from it would.
            entry.nextAction = "reissued when the next CA signs, which is about to be created"
            entry.nextActionAt = current.ca.renewAt
          }
        case .issue(let why): entry.nextAction = "reissued: \(why)"
        case .wait(let why): entry.nextAction = "reissued once its CA is known everywhere: \(why)"
        case .contested(let why):
          entry.nextAction = "reissued unless another manager signs again: \(why)"
        case .impossible(let why):
          entry.nextAction =
            current.hasCA ? "can't be reissued: \(why)" : "issued as soon as there is a CA"
        }
      }
      addProxy(spec, state.objects, at: now)
    }
    addTrusted(state, current)
    for index in entries.indices { qualify(&entries[index], at: now, isWhole: isWhole) }
    let plan = gaps.known(of: reconcileInstallation(state, at: now))
    let credentials = InstallationFacts(state).configuration?.clusterProxy?.credentials
    let sources = [credentials?.proxyClientSecretName, credentials?.proxyClientCASecretName].compactMap {
      name in
      name.map { ObjectKey(Secret.type, namespace: credentials?.namespace, name: $0) }
    }
    let objects = Set(entries.map(\.object) + sources)
    findings = plan.findings.filter { finding in
      finding.object.map { objects.contains($0) || $0.name == GatewayNames.apiService } ?? false
    }
  }

  /// Whether the objects could be read from which the steps of a rotation follow.
  private static func isRotationRead(_ state: InstallationState) -> Bool {
    var keys = [
      ObjectKey(Secret.type, namespace: state.identity.namespace, name: state.identity.signerSecretName),
      ObjectKey(APIService.type, name: GatewayNames.apiService),
    ]
    if let namespace = InstallationFacts(state).configuration?.installNamespace {
      keys += [
        ObjectKey(Secret.type, namespace: namespace, name: GatewayNames.servingSecret),
        ObjectKey(Deployment.type, namespace: namespace, name: GatewayNames.deployment),
      ]
    }
    return keys.allSatisfy(state.objects.isObserved)
  }

  /// Takes back what is said of a certificate that can't be read, and what follows from one.
  private func qualify(_ entry: inout Entry, at now: Date, isWhole: Bool) {
    if gaps.contains(entry.object) {
      entry.isReadable = false
      (entry.problem, entry.nextActionAt) = (nil, nil)
      entry.nextAction = "you may not read it"
    } else if !isWhole {
      entry.nextActionAt = nil
      entry.nextAction = "not known, as you may not read everything that decides it"
      if let facts = entry.facts {
        entry.problem =
          facts.isValid(at: now) ? nil : facts.notAfter < now ? "it has expired" : "it is not valid yet"
      }
    }
  }

  private static func describe(_ entry: inout Entry, _ rotation: Rotation, at now: Date) {
    entry.problem = rotation.ca.isBroken ? rotation.ca.explanation : nil
    switch rotation.caStep {
    case .create: entry.nextAction = "it is created"
    case .unusable(let why): entry.nextAction = why
    case .addNext(let why): entry.nextAction = "a new CA is created: \(why)"
    case .promote: entry.nextAction = "its key is destroyed; the next one takes its place"
    case .removeNext: entry.nextAction = "signs; the next one before it is taken away"
    case .keep:
      if rotation.phase.isRotating {
        entry.nextAction = rotation.phase.description
      } else {
        entry.nextAction = "a new CA is created"
        entry.nextActionAt = rotation.ca.renewAt
      }
    }
  }

  private mutating func add(
    _ role: Role, _ observation: KeyPairObservation, in object: ObjectKey, field: String,
    caNames: [String: String], issued: [IssuedCertificate] = [], describe: (inout Entry) -> Void
  ) {
    var entry = Entry(role: role, object: object, field: field, signer: "unknown", nextAction: "nothing")
    switch observation {
    case .absent:
      guard field != SignerKey.nextCertificate else { return }
      entry.problem = "there is none"
      entry.nextAction = issued.isEmpty ? "it is issued" : "it is stored"
    case .unreadable(let reason): entry.problem = reason
    case .readable(let facts):
      entry.facts = facts.leaf
      if let leaf = facts.leaf {
        let signers = facts.signerFingerprints.sorted().compactMap { caNames[$0] }
        entry.signer =
          leaf.isSelfSigned
          ? "itself" : signers.isEmpty ? "\(leaf.issuer), which isn't ours" : signers.joined(separator: ", ")
      }
    }
    describe(&entry)
    entries.append(entry)
  }

  /// The CAs' names by fingerprint.
  private static func names(_ certificates: CertificateObservations) -> [String: String] {
    var names: [String: String] = [:]
    for ca in certificates.bundle {
      names[ca.fingerprint] = "the earlier CA \(ca.serialNumber.prefix(8))"
    }
    if let next = certificates.nextCA.leaf {
      names[next.fingerprint] = "the next CA \(next.serialNumber.prefix(8))"
    }
    if let ca = certificates.ca.leaf {
      names[ca.fingerprint] = "the CA in force \(ca.serialNumber.prefix(8))"
    }
    return names
  }

  private mutating func addTrusted(_ state: InstallationState, _ rotation: Rotation?) {
    let ours = [state.certificates.ca, state.certificates.nextCA].compactMap {
      $0.leaf?.fingerprint
    }
    let kept = Set(rotation?.bundle.certificates.map(\.fingerprint) ?? [])
    for facts in state.certificates.bundle where !ours.contains(facts.fingerprint) {
      entries.append(
        Entry(
          role: .trusted, object: ObjectKey(APIService.type, name: GatewayNames.apiService),
          field: "spec.caBundle", facts: facts, signer: facts.isSelfSigned ? "itself" : facts.issuer,
          nextAction: kept.contains(facts.fingerprint)
            ? "leaves the bundle once every pod presents the new certificate" : "leaves the bundle"))
    }
  }

  private mutating func addProxy(
    _ spec: ClusterGatewayConfiguration.Spec, _ objects: ObservedObjects, at now: Date
  ) {
    guard let credentials = spec.clusterProxy?.credentials else { return }
    func add(_ role: Role, _ name: String, _ field: String, _ read: (Secret) -> (CertificateFacts?, String?))
    {
      guard let secret = objects.value(Secret.self, namespace: spec.installNamespace, name: name) else {
        return
      }
      let (facts, problem) = read(secret)
      entries.append(
        Entry(
          role: role, object: secret.key, field: field, facts: facts,
          signer: facts.map { $0.isSelfSigned ? "itself" : $0.issuer } ?? "unknown", problem: problem,
          nextAction: "copied again when \(credentials.namespace)/\(name) changes"))
    }
    add(.proxyClient, credentials.proxyClientSecretName, "tls.crt") { secret in
      let pair = KeyPairReader.observe(certificatePEM: secret.data["tls.crt"], keyPEM: secret.data["tls.key"])
      let reasons = RenewalPolicy().decide(client: pair, at: now, name: secret.metadata.name).reasons
      let broken = reasons.filter(\.isBroken).map(\.description)
      return (pair.leaf, broken.isEmpty ? nil : broken.joined(separator: "; "))
    }
    add(.proxyCA, credentials.proxyClientCASecretName, "ca.crt") { secret in
      let bundle = TrustBundle(pem: secret.data["ca.crt"] ?? SecretBytes([]))
      let last = bundle.certificates.max { $0.notAfter < $1.notAfter }
      return (last, last.map { $0.notAfter < now ? "it has expired" : nil } ?? "it holds no certificate")
    }
  }
}
