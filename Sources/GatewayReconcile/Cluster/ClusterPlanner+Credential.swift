import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile

/// The gateway Secret of a cluster: the token with which the gateway accesses it.
extension ClusterPlanner {
  /// Plans the gateway Secret from the token of `account`, if that exists and is the manager's.
  mutating func planGatewaySecret(
    _ cluster: ManagedCluster, account: DynamicObject?, name: String,
    _ spec: ClusterGatewayConfiguration.Spec, health: (isAvailable: Bool, reason: String)
  ) -> PatchPlanner.Outcome {
    let target = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    if let observed = planner.objects[target], !ManagerIdentity.owns(observed) {
      planner.reportForeign(observed, on: target)
      return .blocked
    }
    let reported = reportedSource(account, name: name)
    guard var source = reported ?? copiedSource(spec) else { return .blocked }
    source.health = health
    let lacksEndpoint =
      spec.egress.type != .clusterProxy && cluster.spec.managedClusterClientConfigs.isEmpty
    if lacksEndpoint {
      planner.report(
        .error, "EndpointUnknown", on: cluster.key,
        problem: "the cluster has no URL in spec.managedClusterClientConfigs",
        remedy:
          "name its API server in the cluster's Klusterlet, spec.externalServerURLs, or use egress.type ClusterProxy"
      )
    }
    let secret = gatewaySecret(in: spec.secretNamespace, from: source, cluster, spec)
    guard mayUse(source.data, of: name, insteadOf: planner.objects[target]) else {
      guard let secret, planner.prepare(secret) else { return .blocked }
      planner.report(
        .awaiting, "RightsNotApplied", on: target,
        problem: "the gateway keeps its earlier identity until the new one has its rights on the cluster",
        remedy: "see the ManifestWork's conditions", awaitedFrom: "the work agent of the cluster")
      return .blocked
    }
    if !state.installation.readsSecretNamespace {
      // The pods read the former namespace until they are rolled out.
      for old in credentials.ours where old.metadata.namespace != spec.secretNamespace {
        guard let namespace = old.metadata.namespace,
          let copy = gatewaySecret(in: namespace, from: source, cluster, spec)
        else { continue }
        planner.ensure(
          copy, precondition: .resourceVersion,
          because: "the gateway reads this Secret until it is rolled out",
          replacing: true)
      }
    }
    guard let secret else {
      guard !lacksEndpoint else { return .blocked }
      planner.report(
        .awaiting, "SecretNamespaceNotPrepared", on: target,
        problem: "it is created once the gateway's Role is in the namespace, by which that is known later",
        remedy: "nothing to do", awaitedFrom: "the manager's next plans")
      return .blocked
    }
    let outcome = planner.ensure(
      secret, precondition: .resourceVersion, because: "the gateway accesses the cluster with this token",
      replacing: true)
    return reported == nil ? .blocked : outcome
  }

  /// The sources of a gateway Secret: the content, and the uid of its account.
  private struct CredentialSource {
    var data: [String: SecretBytes]
    var account: String
    var health: (isAvailable: Bool, reason: String) = (false, "")
  }

  /// Returns the gateway Secret in `namespace`; `nil` if none is to be created yet, or any more.
  private mutating func gatewaySecret(
    in namespace: String, from source: CredentialSource, _ cluster: ManagedCluster,
    _ spec: ClusterGatewayConfiguration.Spec
  ) -> Secret? {
    let observed = planner.objects[Secret.type.groupKind, namespace: namespace, name: state.name]
    guard let owners = owners(in: namespace, of: observed), let uid = cluster.metadata.uid,
      let endpoint = endpointType(observed: observed, of: cluster, wanted: spec.egress.type)
    else { return nil }
    var annotations = [
      GatewayAnnotations.clusterUID: uid, GatewayAnnotations.accountUID: source.account,
    ]
    if spec.egress.type == .clusterProxy, endpoint == .const {
      annotations[GatewayAnnotations.intendedEndpointType] = GatewayEndpointType.clusterProxy.rawValue
    }
    if source.health.isAvailable {
      annotations[GatewayAnnotations.healthy] = "true"
    } else if observed?.metadata.annotations[GatewayAnnotations.healthy] != nil {
      annotations[GatewayAnnotations.healthy] = "false"
      annotations[GatewayAnnotations.healthyReason] = source.health.reason
    }
    return Secret(
      metadata: ObjectMeta(
        name: state.name, namespace: namespace,
        labels: ManagerIdentity.labels.merging([
          GatewayLabels.credentialType: GatewayCredentialType.serviceAccountToken.rawValue,
          GatewayLabels.endpointType: endpoint.rawValue,
        ]) { $1 },
        annotations: annotations, ownerReferences: owners),
      type: "Opaque", data: source.data)
  }

  /// The owner of the gateway Secret in `namespace`: the gateway's Role there. If that can't be
  /// read, an existing Secret keeps its owners, so that its token is kept current.
  private func owners(in namespace: String, of observed: DynamicObject?) -> [OwnerReference]? {
    if let owner = state.installation.secretOwners[namespace] { return [owner] }
    let role = ObjectKey(Role.type, namespace: namespace, name: GatewayNames.role)
    return planner.objects.isObserved(role) ? nil : observed?.metadata.ownerReferences
  }

  /// Whether the gateway may switch from another identity's token: not before the new identity has
  /// its rights.
  private func mayUse(
    _ token: [String: SecretBytes], of account: String, insteadOf observed: DynamicObject?
  ) -> Bool {
    guard let observed, !oldIdentities(besides: account).isEmpty,
      let current = (try? observed.decode(Secret.self))?.data["token"], current != token["token"]
    else { return true }
    return observedWork?.grants(to: account) ?? false
  }

  var observedWork: ManifestWork? {
    state.objects.value(
      ManifestWork.self, namespace: state.name, name: ManifestWork.name(deploying: ManagerIdentity.addOnName))
  }

  /// Returns the Secret's endpoint type; `nil` for a new one of a cluster that has no URL for a
  /// direct connection. An existing one stays as it is, so that its token is kept current, and its
  /// copy in another namespace is like it.
  ///
  /// An existing Secret is moved to the tunnel only when every pod of the gateway was seen to have
  /// the tunnel, and only after the Secret was seen to announce that. The pods keep an announced
  /// tunnel. If the configuration changes again, the announcement is removed, so that a pending
  /// write of the earlier plan is refused. Moving it out of the tunnel is always safe.
  private mutating func endpointType(
    observed: DynamicObject?, of cluster: ManagedCluster, wanted: ClusterGatewayConfiguration.EgressType?
  ) -> GatewayEndpointType? {
    let tunnel = GatewayEndpointType.clusterProxy
    guard wanted == .clusterProxy else {
      guard cluster.spec.managedClusterClientConfigs.isEmpty else { return .const }
      return (observed ?? credentials.ours.first { credentials.reasonToRemove($0) == nil }).map {
        $0.metadata.labels[GatewayLabels.endpointType] == tunnel.rawValue ? tunnel : .const
      }
    }
    guard let metadata = observed?.metadata, metadata.labels[GatewayLabels.endpointType] != tunnel.rawValue
    else {
      return tunnel
    }
    let isAnnounced = metadata.annotations[GatewayAnnotations.intendedEndpointType] == tunnel.rawValue
    if isAnnounced && state.installation.servesClusterProxy { return tunnel }
    if !state.installation.servesClusterProxy {
      planner.report(
        .awaiting, "TunnelNotReady",
        problem: "the cluster is still reached directly, until every pod of the gateway knows the tunnel",
        remedy: "nothing to do", awaitedFrom: "the gateway's roll-out")
    }
    return .const
  }

  /// Returns the token that the agent has reported for the manager's current account.
  private mutating func reportedSource(_ account: DynamicObject?, name: String) -> CredentialSource? {
    let key = ObjectKey(Secret.type, namespace: state.name, name: name)
    let agent = "the managed-serviceaccount agent of the cluster"
    guard state.objects.isObserved(key) else { return nil }
    guard let observed = state.objects[key] else {
      planner.report(
        .awaiting, "TokenMissing", on: key, problem: "there is no token for the gateway's identity yet",
        remedy: "see whether the managed-serviceaccount add-on is available on the cluster",
        awaitedFrom: agent)
      return nil
    }
    guard let account, account.metadata.deletionTimestamp == nil, let uid = account.metadata.uid else {
      return nil
    }
    // A Secret of a deleted account holds a token that won't be refreshed.
    guard observed.metadata.ownerReferences.contains(where: { $0.uid == uid }) else {
      planner.report(
        .awaiting, "TokenStale", on: key, problem: "the token belongs to an identity that is no longer there",
        remedy: "nothing to do", awaitedFrom: agent)
      return nil
    }
    do {
      let token = try ReportedToken(observed, of: account)
      warn(about: token, key, account: name)
      return CredentialSource(data: token.data, account: uid)
    } catch {
      planner.report(
        .error, "TokenUnusable", on: key, problem: "the reported token is not copied: \(error.text)",
        remedy:
          "see the managed-serviceaccount agent's log on the cluster; delete the Secret to have it created again"
      )
      return nil
    }
  }

  /// Warns about a token with which the gateway can't access the cluster, or not for long.
  private mutating func warn(about token: ReportedToken, _ key: ObjectKey, account: String) {
    guard let claims = token.claims else {
      planner.report(
        .warning, "TokenUnreadable", on: key,
        problem: "the token is not a JSON Web Token, so neither its subject nor its end is known",
        remedy: "see the managed-serviceaccount agent's log on the cluster")
      return
    }
    let subject = "system:serviceaccount:\(agentNamespace):\(account)"
    if let other = claims.subject, other != subject {
      planner.report(
        .warning, "TokenSubjectMismatch", on: key,
        problem: "the rights on the cluster are granted to \(subject), but the token is of another subject",
        remedy: "see in which namespace the managed-serviceaccount agent runs on the cluster")
    }
    guard let expiring = token.expiring else { return }
    if expiring <= now {
      planner.report(
        .warning, "TokenExpiring", on: key,
        problem: "nine tenths of the token's lifetime have passed, and it was not replaced",
        remedy: "see whether the managed-serviceaccount agent runs on the cluster")
    } else {
      // Whole seconds, after the moment; at most ten years, to stay in range.
      let seconds = min(expiring.timeIntervalSince(now).rounded(.up), 315_360_000)
      planner.plan.requeue(after: .seconds(Int64(seconds)) + .seconds(1))
    }
  }

  /// The content of a gateway Secret of the manager's, also in a former namespace: a replacement
  /// for the token while that is missing.
  private func copiedSource(_ spec: ClusterGatewayConfiguration.Spec) -> CredentialSource? {
    let own = credentials.own(in: spec.secretNamespace)
    for secret in [own].compactMap(\.self) + credentials.ours {
      guard credentials.reasonToRemove(secret) == nil,
        let account = credentials.account(of: secret)?.metadata.uid,
        let data = (try? secret.decode(Secret.self))?.data, let token = data["token"],
        let ca = data["ca.crt"]
      else { continue }
      return CredentialSource(data: ["token": token, "ca.crt": ca], account: account)
    }
    return nil
  }
}
