public import CertificatePolicy
import GatewayAPI
public import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeReconcile

/// The state of the rotation of the gateway's certificates, from the observed objects of an
/// installation.
public struct CertificateRotation: Sendable, Hashable {
  /// The policy of the rotation, from the configuration.
  public var policy: RotationPolicy
  /// The observed certificates.
  public var observed: RotationState
  /// The next steps.
  public var rotation: Rotation
  /// The gateway's pods as servers; `nil` if they aren't known.
  public var servers: [EndpointTarget]?

  /// Creates the rotation's state; `nil` while there is no valid configuration.
  public init?(_ state: InstallationState, at now: Date) {
    let effective = EffectiveConfiguration(state.objects)
    guard let spec = effective.spec else { return nil }
    self.init(state, spec: spec, effective: effective, at: now)
  }

  init(
    _ state: InstallationState, spec: ClusterGatewayConfiguration.Spec, effective: EffectiveConfiguration,
    at now: Date
  ) {
    let signer = CertificateRotation.signer(state.identity)
    let serving = CertificateRotation.serving(spec)
    policy = CertificateRotation.policy(spec, signer: signer, serving: serving)
    let found = CertificateRotation.servers(state.objects, spec)
    servers = found.map { $0.keys.sorted { $0.address < $1.address } }
    let certificates = state.certificates
    let rotationRequests = effective.object?.metadata.annotations ?? [:]
    let handled = HandledRequests(state.objects, signer: signer, serving: serving)
    func request(_ annotation: String, _ handled: Set<String>) -> String? {
      guard let request = rotationRequests[annotation], !request.isEmpty, !handled.contains(request) else {
        return nil
      }
      return "the annotation \(annotation) is \"\(request.prefix(64))\""
    }
    observed = RotationState(
      ca: certificates.ca, nextCA: certificates.nextCA,
      nextFollows: state.objects[signer]?.metadata.annotations[GatewayAnnotations.nextCAFollows],
      serving: certificates.serving, bundle: certificates.bundle, trustedFor: certificates.trustedFor,
      servedFor: certificates.servedFor,
      replacedNotAfter: state.objects[serving]?.metadata.annotations[GatewayAnnotations.replacedNotAfter]
        .flatMap { Timestamp(rfc3339: $0)?.date },
      servers: found.map { servers in
        let leaf = certificates.serving.leaf.map { EndpointObservation.presents(fingerprint: $0.fingerprint) }
        let isPresentedSomewhere =
          leaf != nil && servers.keys.contains { certificates.endpoints[$0.address] == leaf }
        var observations: [String: EndpointObservation] = [:]
        for (server, isReady) in servers {
          let observation = certificates.endpoints[server.address]
          // A pod that isn't even listening, such as without its image, will load the current certificate when it starts,
          // like a pod that isn't known yet. That another was probed shows that probes reach the pods at all.
          if !isReady, observation == .notListening, isPresentedSomewhere { continue }
          observations[server.address] = observation ?? .unseen(reason: CertificateRotation.notProbedYet)
        }
        return observations
      },
      caRequest: request(GatewayAnnotations.rotateCA, handled.ca),
      servingRequest: request(GatewayAnnotations.rotateServing, handled.serving))
    rotation = policy.decide(observed, at: now)
  }

  /// The reason of a server that wasn't probed, as far as is known here.
  static let notProbedYet = "it was not probed yet"

  /// Whether any server was probed, or there are none.
  private var isProbed: Bool {
    guard let observations = observed.servers?.values else { return false }
    let unseen = EndpointObservation.unseen(reason: CertificateRotation.notProbedYet)
    return observations.isEmpty || observations.contains { $0 != unseen }
  }

  /// The servers for which the rotation of the CA waits, with reasons; `nil` if none was probed.
  var unseenServers: String? {
    guard isProbed else { return nil }
    let unseen = rotation.unseenServers.sorted { $0.key < $1.key }
    return CertificateRotation.list(unseen.map { "\($0.key): \($0.value)" }, "; ")
  }

  /// The message for the current step of the rotation; `conditions` are the earlier ones.
  ///
  /// As long as the same servers are awaited the message stays, whatever the probes' results: a
  /// status isn't written with every probe.
  func message(_ conditions: [Condition]) -> String {
    let description = rotation.phase.description
    guard case .awaitingServers = rotation.phase else { return description }
    let earlier = reportedMessage(in: conditions)
    guard isProbed else { return earlier ?? description }
    let unseen = rotation.unseenServers.sorted { $0.key < $1.key }
    guard let first = unseen.first else { return description }
    let awaited = "\(description) (\(CertificateRotation.list(unseen.map(\.key), ", ")); the first: "
    if let earlier, earlier.hasPrefix(awaited) { return earlier }
    return "\(awaited)\(first.value))"
  }

  /// The first five, and the number of others.
  private static func list(_ texts: [String], _ separator: String) -> String {
    texts.prefix(5).joined(separator: separator) + (texts.count > 5 ? " and \(texts.count - 5) more" : "")
  }

  /// The manager's message on the configuration about the current step of the rotation, which
  /// includes the results of its probes; `nil` if there is none about this step.
  package func reportedMessage(in conditions: [Condition]) -> String? {
    guard observed.servers != nil,
      let condition = conditions.condition(ClusterGatewayConfiguration.ConditionType.rotating),
      condition.reason == rotation.phase.code, !condition.message.isEmpty
    else { return nil }
    return condition.message
  }

  static func signer(_ identity: ManagerIdentity) -> ObjectKey {
    ObjectKey(Secret.type, namespace: identity.namespace, name: identity.signerSecretName)
  }

  static func serving(_ spec: ClusterGatewayConfiguration.Spec) -> ObjectKey {
    ObjectKey(Secret.type, namespace: spec.installNamespace, name: GatewayNames.servingSecret)
  }

  // MARK: The policy

  private static func policy(
    _ spec: ClusterGatewayConfiguration.Spec, signer: ObjectKey, serving: ObjectKey
  ) -> RotationPolicy {
    let certificates = spec.certificates
    let algorithm = KeyAlgorithm(rawValue: certificates.algorithm.name) ?? .ecdsaP256
    let name = GatewayNames.service
    var ca = CertificateProfile.ca(
      commonName: name, algorithm: algorithm, validity: certificates.caValidityDuration.length)
    ca.backdate = backdate(certificates.caValidityDuration)
    var leaf = CertificateProfile.serving(
      commonName: name, dnsNames: GatewayNames.serverNames(in: spec.installNamespace),
      algorithm: algorithm, validity: certificates.validityDuration.length)
    leaf.backdate = backdate(certificates.validityDuration)
    // At most as long as a CA signs, so that the earlier ones leave the bundle one after the other.
    let unseenReloadTime = min(.seconds(86_400), certificates.caValidityDuration.length / 4)
    return RotationPolicy(
      caProfile: ca, servingProfile: leaf,
      caRenewal: RenewalPolicy(renewBefore: certificates.caRenewBeforeDuration?.length),
      servingRenewal: RenewalPolicy(renewBefore: certificates.renewBeforeDuration?.length),
      overlap: certificates.overlapDuration.length, unseenReloadTime: unseenReloadTime,
      caName: signer.description,
      servingName: serving.description)
  }

  /// The duration by which validity is dated back, so that other clocks, behind the manager's,
  /// accept a new certificate: a day, but at most a quarter of the validity.
  private static func backdate(_ validity: GoDuration) -> Duration {
    .nanoseconds(min(86_400_000_000_000, validity.nanoseconds / 4))
  }

  // MARK: The servers

  /// The label of EndpointSlices with the name of their Service.
  package static let serviceNameLabel = "kubernetes.io/service-name"

  /// The gateway's pods, and whether each is ready: an unready one may soon serve with the
  /// certificate that it had loaded before. `nil` if the pods aren't known.
  private static func servers(
    _ objects: ObservedObjects, _ spec: ClusterGatewayConfiguration.Spec
  ) -> [EndpointTarget: Bool]? {
    // While the APIService names another namespace, the pods there count.
    if let service = objects.value(APIService.self, name: GatewayNames.apiService)?.spec.service,
      service.namespace != spec.installNamespace
    {
      return nil
    }
    let slices = objects.all(EndpointSlice.type.groupKind).filter {
      $0.metadata.namespace == spec.installNamespace
        && $0.metadata.labels[serviceNameLabel] == GatewayNames.service
    }
    guard !slices.isEmpty else { return nil }
    let deployment = objects.value(
      Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    let hasPods = deployment.map { $0.spec.replicas ?? 1 > 0 || $0.status.replicas ?? 0 > 0 } ?? false
    var readyPods: Set<String> = []
    let name = GatewayNames.serverName(in: spec.installNamespace)
    var targets: [EndpointTarget: Bool] = [:]
    for object in slices {
      guard let slice = try? object.decode(EndpointSlice.self) else { return nil }
      for endpoint in slice.endpoints {
        if endpoint.conditions.ready ?? true, let pod = endpoint.targetRef?.uid ?? endpoint.addresses.first {
          readyPods.insert(pod)
        }
        for host in endpoint.addresses.prefix(1) where !host.isEmpty {
          for port in slice.ports.compactMap(\.port) {
            let target = EndpointTarget(host: host, port: Int(port), serverName: name)
            // A missing condition means ready.
            targets[target] = targets[target] ?? false || endpoint.conditions.ready ?? true
          }
        }
      }
    }
    // Slices may lag behind the pods, or be left behind by a Service of another type and have no endpoints.
    let missesPods = readyPods.count < Int(deployment?.status.readyReplicas ?? 0)
    return missesPods || targets.isEmpty && hasPods ? nil : targets
  }
}
