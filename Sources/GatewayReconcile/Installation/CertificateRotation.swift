public import CertificatePolicy
import GatewayAPI
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeKindsDiscovery
import KubeReconcile

public import struct Foundation.Date

/// Where the rotation of the gateway's certificates stands, from what was observed of an installation.
public struct CertificateRotation: Sendable, Hashable {
  /// How authority and serving certificate are rotated, by the configuration.
  public var policy: RotationPolicy
  /// What was observed.
  public var observed: RotationState
  /// What is to be done next.
  public var rotation: Rotation
  /// The gateway's pods as servers; `nil` where it isn't known which there are.
  public var servers: [ServerLook]?

  /// The rotation as `state` has it; `nil` while there is no valid configuration.
  public init?(_ state: InstallationState, at now: Date) {
    let settled = SettledConfiguration(state.objects)
    guard let spec = settled.spec else { return nil }
    self.init(state, spec: spec, settled: settled, at: now)
  }

  init(
    _ state: InstallationState, spec: ClusterGatewayConfiguration.Spec, settled: SettledConfiguration,
    at now: Date
  ) {
    let signer = CertificateRotation.signer(state.identity)
    let serving = CertificateRotation.serving(spec)
    policy = CertificateRotation.policy(spec, signer: signer, serving: serving)
    let found = CertificateRotation.servers(state.objects, spec)
    servers = found.map { $0.keys.sorted { $0.address < $1.address } }
    let certificates = state.certificates
    let wishes = settled.object?.metadata.annotations ?? [:]
    let handled = HandledRequests(state.objects, signer: signer, serving: serving)
    func request(_ annotation: String, _ handled: Set<String>) -> String? {
      guard let wish = wishes[annotation], !wish.isEmpty, !handled.contains(wish) else { return nil }
      return "the annotation \(annotation) is \"\(wish.prefix(64))\""
    }
    observed = RotationState(
      authority: certificates.authority, nextAuthority: certificates.nextAuthority,
      nextFollows: state.objects[signer]?.metadata.annotations[GatewayAnnotations.nextCAFollows],
      serving: certificates.serving, bundle: certificates.bundle, trustedFor: certificates.trustedFor,
      servedFor: certificates.servedFor,
      replacedNotAfter: state.objects[serving]?.metadata.annotations[GatewayAnnotations.replacedNotAfter]
        .flatMap { Timestamp(rfc3339: $0)?.date },
      servers: found.map { servers in
        let leaf = certificates.serving.leaf.map { ServerSighting.presents(fingerprint: $0.fingerprint) }
        let isSeenSomewhere = leaf != nil && servers.keys.contains { certificates.looks[$0.address] == leaf }
        var sightings: [String: ServerSighting] = [:]
        for (server, isReady) in servers {
          let sighting = certificates.looks[server.address]
          // One that isn't even listening, as without its image, will load what is there when it starts, like one that
          // isn't known yet. That somebody else was seen shows that looks reach the pods at all.
          if !isReady, sighting == .notListening, isSeenSomewhere { continue }
          sightings[server.address] = sighting ?? .unseen(reason: CertificateRotation.notLookedAt)
        }
        return sightings
      },
      authorityRequest: request(GatewayAnnotations.rotateCA, handled.ca),
      servingRequest: request(GatewayAnnotations.rotateServing, handled.serving))
    rotation = policy.decide(observed, at: now)
  }

  /// Of a server that nobody has looked at, as far as is known here.
  static let notLookedAt = "it was not looked at yet"

  /// Whether anybody has looked at the servers, or there are none to look at.
  private var isLookedAt: Bool {
    guard let sightings = observed.servers?.values else { return false }
    let unseen = ServerSighting.unseen(reason: CertificateRotation.notLookedAt)
    return sightings.isEmpty || sightings.contains { $0 != unseen }
  }

  /// The servers that the change of authorities waits for, and why, in words; `nil` where nobody has looked.
  var unseenServers: String? {
    guard isLookedAt else { return nil }
    let unseen = rotation.unseenServers.sorted { $0.key < $1.key }
    return CertificateRotation.list(unseen.map { "\($0.key): \($0.value)" }, "; ")
  }

  /// What is to be said of the step that the rotation is in, where `conditions` say what was said before.
  ///
  /// As long as the same servers are awaited the words stay, whatever each look meets with: a status isn't written
  /// with every look.
  func message(_ conditions: [Condition]) -> String {
    let description = rotation.phase.description
    guard case .awaitingServers = rotation.phase else { return description }
    let earlier = reportedMessage(in: conditions)
    guard isLookedAt else { return earlier ?? description }
    let unseen = rotation.unseenServers.sorted { $0.key < $1.key }
    guard let first = unseen.first else { return description }
    let awaited = "\(description) (\(CertificateRotation.list(unseen.map(\.key), ", ")); the first: "
    if let earlier, earlier.hasPrefix(awaited) { return earlier }
    return "\(awaited)\(first.value))"
  }

  /// The first five, and how many more there are.
  private static func list(_ texts: [String], _ separator: String) -> String {
    texts.prefix(5).joined(separator: separator) + (texts.count > 5 ? " and \(texts.count - 5) more" : "")
  }

  /// What the operator, who looks at the servers, has said on the configuration about the step that the rotation
  /// is in; `nil` where it has said nothing of this step.
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
    var authority = CertificateProfile.authority(
      commonName: name, algorithm: algorithm, validity: certificates.caValidityDuration.length)
    authority.backdate = backdate(certificates.caValidityDuration)
    var leaf = CertificateProfile.serving(
      commonName: name, dnsNames: GatewayNames.serverNames(in: spec.installNamespace),
      algorithm: algorithm, validity: certificates.validityDuration.length)
    leaf.backdate = backdate(certificates.validityDuration)
    // No longer than an authority signs, so that the earlier ones leave the bundle one after the other.
    let unseenReloadTime = min(.seconds(86_400), certificates.caValidityDuration.length / 4)
    return RotationPolicy(
      authorityProfile: authority, servingProfile: leaf,
      authorityRenewal: RenewalPolicy(renewBefore: certificates.caRenewBeforeDuration?.length),
      servingRenewal: RenewalPolicy(renewBefore: certificates.renewBeforeDuration?.length),
      overlap: certificates.overlapDuration.length, unseenReloadTime: unseenReloadTime,
      authorityName: signer.description,
      servingName: serving.description)
  }

  /// How far validity is dated back, so that a manager whose clock is ahead makes nothing that others refuse yet: a
  /// day, but no more than a quarter of the life.
  private static func backdate(_ validity: GoDuration) -> Duration {
    .nanoseconds(min(86_400_000_000_000, validity.nanoseconds / 4))
  }

  // MARK: The servers

  /// The label by which a Service's EndpointSlices are known.
  package static let serviceNameLabel = "kubernetes.io/service-name"

  /// The gateway's pods, and whether each is ready: one that isn't may serve in a moment with what it had loaded
  /// before. `nil` where it isn't known which there are.
  private static func servers(
    _ objects: ObservedObjects, _ spec: ClusterGatewayConfiguration.Spec
  ) -> [ServerLook: Bool]? {
    // While the aggregator is led to another place, the pods there are what counts.
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
    var looks: [ServerLook: Bool] = [:]
    for object in slices {
      guard let slice = try? object.decode(EndpointSlice.self) else { return nil }
      for endpoint in slice.endpoints {
        if endpoint.conditions.ready ?? true, let pod = endpoint.targetRef?.uid ?? endpoint.addresses.first {
          readyPods.insert(pod)
        }
        for host in endpoint.addresses.prefix(1) where !host.isEmpty {
          for port in slice.ports.compactMap(\.port) {
            let look = ServerLook(host: host, port: Int(port), serverName: name)
            // What isn't said means ready.
            looks[look] = looks[look] ?? false || endpoint.conditions.ready ?? true
          }
        }
      }
    }
    // Slices may lag behind the pods, or be left behind by a Service of another type and name none.
    let missesPods = readyPods.count < Int(deployment?.status.readyReplicas ?? 0)
    return missesPods || looks.isEmpty && hasPods ? nil : looks
  }
}
