import CertificatePolicy
import GatewayAPI
import KubeCore

import struct Foundation.Date

/// Plans one managed cluster: its add-on, the identity by which the gateway enters it, and what is said of
/// its health.
struct ClusterPlanner {
  let state: ClusterState
  let now: Date
  private var planner: PatchPlanner

  init(_ state: ClusterState, at now: Date) {
    self.state = state
    self.now = now
    planner = PatchPlanner(
      objects: state.objects, cluster: state.name,
      force: state.installation.configuration?.ownership.force ?? false)
  }

  mutating func plan() -> Plan {
    // First of all, whatever else is missing, invalid or forbidden.
    removeCredentials()
    guard let observed = state.objects[ManagedKind.managedCluster, nil, state.name],
      observed.metadata.deletionTimestamp == nil
    else {
      // An identity made for a cluster that leaves would outlive it: only take away.
      return planner.plan
    }
    guard state.installation.addOn != nil else {
      // Nothing is created without an add-on to own it; what is there goes with the add-on.
      if state.installation.addOnIsGone { removeOrphan() }
      return planner.plan
    }
    guard let spec = state.installation.configuration else { return planner.plan }
    guard let cluster = planner.read(observed, as: ManagedCluster.self) else { return planner.plan }
    if let problem = NameRules.dnsLabelProblem(state.name) {
      planner.find(
        .warning, "ClusterNameUnusable", on: cluster.key,
        "there can be no namespace for the cluster: its name \(problem)",
        remedy: "detach the cluster, and join it under another name")
      return planner.plan
    }
    guard cluster.spec.hubAcceptsClient ?? false else {
      planner.find(
        .awaiting, "ClusterNotAccepted", on: cluster.key, "the hub has not accepted the cluster",
        remedy: "run `clusteradm accept --clusters \(state.name)`", awaitedFrom: "the hub's administrator")
      return planner.plan
    }
    if let reason = GatewayCredentials.optOut(observed, spec) {
      retire(because: reason)
      return planner.plan
    }
    guard let addOn = planAddOn() else { return planner.plan }
    if spec.managesSecrets { planIdentity(cluster, addOn, spec) } else { reportManualSecrets(spec) }
    writeStatus(cluster, addOn, spec)
    keepAddOn()
    return planner.plan
  }

  private var credentials: GatewayCredentials { GatewayCredentials(state: state) }

  // MARK: Leaving

  /// Removes every gateway Secret of ours that may not exist, wherever it is. One of others is reported where
  /// its cluster leaves.
  private mutating func removeCredentials() {
    for secret in credentials.all {
      guard ManagerIdentity.owns(secret) else {
        guard state.objects[ManagedKind.managedCluster, nil, state.name]?.metadata.deletionTimestamp != nil,
          secret.metadata.labels[GatewayLabels.credentialType] != nil
        else { continue }
        let key = ObjectKey(Secret.type, namespace: secret.metadata.namespace, name: secret.metadata.name)
        planner.find(
          .warning, "ForeignCredential", on: key,
          "the cluster is leaving, and a gateway Secret that isn't the manager's stays",
          remedy: "delete it if it is of this cluster")
        continue
      }
      guard let reason = credentials.objection(to: secret) else { continue }
      planner.remove(secret, type: Secret.type, because: reason)
    }
  }

  /// Takes the add-on off a cluster that stays: the credential went first, since it is what opens the cluster.
  private mutating func retire(because reason: String) {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    if let addOn = state.objects[key], ManagerIdentity.owns(addOn), state.installation.installsManually {
      // The garbage collector takes the identity and the work along.
      planner.remove(addOn, type: ManagedClusterAddOn.type, because: reason)
      return
    }
    if state.objects[key] != nil {
      planner.find(
        .warning, "AddOnNotServed", on: key,
        "the add-on is enabled on the cluster by others, but \(reason), so the gateway doesn't enter it",
        remedy: "remove the add-on from the cluster, or what leaves the cluster out")
    }
    for account in state.objects.all(ManagedKind.managedServiceAccount) where ManagerIdentity.owns(account) {
      planner.remove(account, type: ManagedServiceAccount.type, because: reason)
    }
    let work = ManifestWork.name(deploying: ManagerIdentity.addOnName)
    if let work = state.objects[ManagedKind.manifestWork, state.name, work], ManagerIdentity.owns(work) {
      planner.remove(work, type: ManifestWork.type, because: reason)
    }
  }

  /// Takes an add-on of ours away that nothing else will: OCM's addon-manager hadn't tied it to the
  /// ClusterManagementAddOn yet when that went.
  private mutating func removeOrphan() {
    guard
      let addOn = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName],
      ManagerIdentity.owns(addOn),
      !addOn.metadata.ownerReferences.contains(where: { $0.groupKind == ManagedKind.clusterManagementAddOn })
    else { return }
    planner.remove(
      addOn, type: ManagedClusterAddOn.type, because: "the ClusterManagementAddOn that it belonged to is gone"
    )
  }

  // MARK: The add-on

  /// Enables the add-on on the cluster; returns it once it has been observed and stays.
  private mutating func planAddOn() -> ManagedClusterAddOn? {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    guard let observed = state.objects[key] else {
      // With a Placement strategy OCM's addon-manager decides which clusters get the add-on.
      guard state.installation.installsManually else { return nil }
      planner.ensure(desiredAddOn, because: "the add-on is enabled on every managed cluster")
      return nil
    }
    guard observed.metadata.deletionTimestamp == nil else { return nil }
    let addOn: ManagedClusterAddOn
    do {
      addOn = try ManagedClusterAddOn(observed: observed)
    } catch {
      planner.find(
        .invalid, "UnreadableObject", on: key, "it can't be read: \(error)", remedy: "correct the field")
      return nil
    }
    return addOn
  }

  /// Keeps up what is ours of the add-on, behind its status, which may be tied to the version. One that a
  /// person or
  /// OCM's addon-manager made enables the add-on just as well, and needs nothing of ours.
  private mutating func keepAddOn() {
    guard
      let observed = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName],
      ManagerIdentity.owns(observed), state.installation.installsManually
    else { return }
    planner.ensure(desiredAddOn, because: "the add-on is enabled on every managed cluster")
  }

  /// Without an owner reference: OCM writes its own, and two writers would fight over it.
  private var desiredAddOn: ManagedClusterAddOn {
    ManagedClusterAddOn(
      metadata: ObjectMeta(
        name: ManagerIdentity.addOnName, namespace: state.name, labels: ManagerIdentity.labels,
        annotations: [OCMAnnotations.installNamespace: "open-cluster-management-cluster-gateway"]))
  }

  // MARK: The identity

  private mutating func planIdentity(
    _ cluster: ManagedCluster, _ addOn: ManagedClusterAddOn, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    let name = spec.managedServiceAccountName
    guard let owner = addOn.ownerReference() else { return }
    let outcome = planner.ensure(
      ManagedServiceAccount(
        metadata: ObjectMeta(
          name: name, namespace: state.name, labels: ManagerIdentity.labels, ownerReferences: [owner]),
        spec: ManagedServiceAccountSpec(
          rotation: ManagedServiceAccountRotation(enabled: true, validity: "4320h0m0s"))),
      because: "the gateway enters the cluster with this identity")
    planWork(addOn, account: name, spec)
    let account = state.objects[ManagedKind.managedServiceAccount, state.name, name]
    let isOurs = outcome != .blocked || account.map(ManagerIdentity.owns) ?? false
    if planGatewaySecret(cluster, account: isOurs ? account : nil, name: name, spec) == .settled {
      removeOldIdentities(besides: name, spec)
    }
  }

  private mutating func planWork(
    _ addOn: ManagedClusterAddOn, account: String, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    guard let owner = addOn.ownerReference(controller: true) else { return }
    var annotations: [String: String] = [:]
    var hashes = ConfigSpecHashes()
    // OCM lets the add-on finish progressing when the work names every configuration that it was made under.
    for reference in addOn.status.configReferences {
      guard let config = reference.desiredConfig, !config.specHash.isEmpty,
        reference.group != ClusterGatewayConfiguration.type.group
      else { continue }
      let type = ResourceType(
        group: reference.group, version: "", kind: "", plural: reference.resource, isNamespaced: true)
      hashes[type, namespace: config.namespace, name: config.name] = config.specHash
    }
    if let hash = state.installation.configurationHash, let name = state.installation.configurationName {
      hashes[ClusterGatewayConfiguration.type, namespace: nil, name: name] = hash
    }
    if !hashes.hashes.isEmpty { annotations[OCMAnnotations.configSpecHash] = hashes.annotation }
    // Earlier identities keep their rights for as long as they are there: the gateway may still be using
    // them.
    let old = oldIdentities(besides: account).map(\.metadata.name)
    func work(for accounts: [String]) -> ManifestWork {
      let manifests = EgressRights(spec).manifests(serviceAccounts: accounts, namespace: agentNamespace)
      return ManifestWork(
        metadata: ObjectMeta(
          name: ManifestWork.name(deploying: ManagerIdentity.addOnName), namespace: state.name,
          labels: ManagerIdentity.labels.merging([OCMLabels.addOnName: ManagerIdentity.addOnName]) { $1 },
          annotations: annotations, ownerReferences: [owner]),
        spec: ManifestWorkSpec(workload: ManifestsTemplate(manifests: manifests)))
    }
    if !old.isEmpty, observedWork != nil { _ = planner.prepare(work(for: [account])) }
    planner.ensure(
      work(for: [account] + old), guardedBy: .version,
      because: "the identity's rights reach the cluster by it")
  }

  /// The namespace on the cluster in which the managed-serviceaccount agent makes its ServiceAccounts.
  private var agentNamespace: String {
    let fallback = ManagedClusterAddOn.defaultInstallNamespace
    guard
      let observed = state.objects[
        ManagedKind.managedClusterAddOn, state.name, ManagedServiceAccount.addOnName],
      let addOn = try? ManagedClusterAddOn(observed: observed)
    else { return fallback }
    return addOn.installNamespace ?? fallback
  }

  /// Plans the gateway Secret from the token of `account`, where that is there and ours.
  private mutating func planGatewaySecret(
    _ cluster: ManagedCluster, account: DynamicObject?, name: String,
    _ spec: ClusterGatewayConfiguration.Spec
  ) -> PatchPlanner.Outcome {
    let target = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    if let observed = planner.objects[target], !ManagerIdentity.owns(observed) {
      planner.findForeign(observed, on: target)
      return .blocked
    }
    guard planner.objects[target] != nil || state.installation.remembersSecretNamespace else {
      planner.find(
        .awaiting, "SecretNamespaceNotPrepared", on: target,
        "it is made once the gateway's Role is in the namespace, by which that is known later",
        remedy: "nothing to do", awaitedFrom: "the manager's next plans")
      return .blocked
    }
    let reported = reportedSource(account, name: name)
    guard let source = reported ?? copiedSource(spec) else { return .blocked }
    if spec.egress.type != .clusterProxy, cluster.spec.managedClusterClientConfigs.isEmpty {
      planner.find(
        .error, "EndpointUnknown", on: cluster.key,
        "the cluster has no URL in spec.managedClusterClientConfigs",
        remedy:
          "join it with `clusteradm join --hub-apiserver … --ca-file …`, or use egress.type ClusterProxy")
      return .blocked
    }
    guard let secret = gatewaySecret(in: spec.secretNamespace, from: source, cluster, spec) else {
      return .blocked
    }
    guard mayUse(source.data, of: name, insteadOf: planner.objects[target]) else {
      guard planner.prepare(secret) else { return .blocked }
      planner.find(
        .awaiting, "RightsNotApplied", on: target,
        "the gateway keeps its earlier identity until the new one has its rights on the cluster",
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
          copy, guardedBy: .version, because: "the gateway reads this Secret until it is rolled out",
          replacing: true)
      }
    }
    let outcome = planner.ensure(
      secret, guardedBy: .version, because: "the gateway enters the cluster with this token", replacing: true)
    return reported == nil ? .blocked : outcome
  }

  /// What a gateway Secret is made from: the content, and the uid of the account that it is of.
  private struct CredentialSource {
    var data: [String: SecretBytes]
    var account: String
  }

  /// The gateway Secret in `namespace`.
  private mutating func gatewaySecret(
    in namespace: String, from source: CredentialSource, _ cluster: ManagedCluster,
    _ spec: ClusterGatewayConfiguration.Spec
  ) -> Secret? {
    guard let owner = state.installation.addOn, let uid = cluster.metadata.uid else { return nil }
    let observed = planner.objects[Secret.type.groupKind, namespace, state.name]
    let endpoint = endpointType(observed: observed, wanted: spec.egress.type)
    var annotations = [
      GatewayAnnotations.clusterUID: uid, GatewayAnnotations.accountUID: source.account,
    ]
    if spec.egress.type == .clusterProxy, endpoint == .const {
      annotations[GatewayAnnotations.intendedEndpointType] = GatewayEndpointType.clusterProxy.rawValue
    }
    return Secret(
      metadata: ObjectMeta(
        name: state.name, namespace: namespace,
        labels: ManagerIdentity.labels.merging([
          GatewayLabels.credentialType: GatewayCredentialType.serviceAccountToken.rawValue,
          GatewayLabels.endpointType: endpoint.rawValue,
        ]) { $1 },
        annotations: annotations, ownerReferences: [owner]),
      type: "Opaque", data: source.data)
  }

  /// Whether the gateway may change over from another identity's token: not before the new identity has its
  /// rights.
  private func mayUse(
    _ token: [String: SecretBytes], of account: String, insteadOf observed: DynamicObject?
  ) -> Bool {
    guard let observed, !oldIdentities(besides: account).isEmpty,
      let current = (try? observed.decode(Secret.self))?.data["token"], current != token["token"]
    else { return true }
    return observedWork?.grants(to: account) ?? false
  }

  private var observedWork: ManifestWork? {
    state.objects.value(
      ManifestWork.self, namespace: state.name, name: ManifestWork.name(deploying: ManagerIdentity.addOnName))
  }

  /// How the Secret is to say that the cluster is reached. One that exists is led through the tunnel only when every
  /// pod of the gateway was seen to know the tunnel, and only after it was seen to announce that: the pods keep a
  /// tunnel that is announced, and a change of mind takes the announcement back, so that a write of the earlier mind
  /// that is still on its way is refused. Leading it out of the tunnel is always safe.
  private mutating func endpointType(
    observed: DynamicObject?, wanted: EgressType?
  ) -> GatewayEndpointType {
    guard wanted == .clusterProxy else { return .const }
    let tunnel = GatewayEndpointType.clusterProxy
    guard let metadata = observed?.metadata, metadata.labels[GatewayLabels.endpointType] != tunnel.rawValue
    else {
      return tunnel
    }
    let isAnnounced = metadata.annotations[GatewayAnnotations.intendedEndpointType] == tunnel.rawValue
    if isAnnounced && state.installation.servesClusterProxy { return tunnel }
    if !state.installation.servesClusterProxy {
      planner.find(
        .awaiting, "TunnelNotReady",
        "the cluster is still reached directly, until every pod of the gateway knows the tunnel",
        remedy: "nothing to do", awaitedFrom: "the gateway's roll-out")
    }
    return .const
  }

  /// The token that the agent has reported for the account of ours that is there now.
  private mutating func reportedSource(_ account: DynamicObject?, name: String) -> CredentialSource? {
    let key = ObjectKey(Secret.type, namespace: state.name, name: name)
    let agent = "the managed-serviceaccount agent of the cluster"
    guard state.objects.isObserved(key) else { return nil }
    guard let observed = state.objects[key] else {
      planner.find(
        .awaiting, "TokenMissing", on: key, "there is no token for the gateway's identity yet",
        remedy: "see whether the managed-serviceaccount add-on is available on the cluster",
        awaitedFrom: agent)
      return nil
    }
    guard let account, account.metadata.deletionTimestamp == nil, let uid = account.metadata.uid else {
      return nil
    }
    // A Secret of an account that was deleted holds a token that will not be refreshed.
    guard observed.metadata.ownerReferences.contains(where: { $0.uid == uid }) else {
      planner.find(
        .awaiting, "TokenStale", on: key, "the token belongs to an identity that is no longer there",
        remedy: "nothing to do", awaitedFrom: agent)
      return nil
    }
    do {
      let token = try ReportedToken(observed, of: account)
      warn(about: token, key, account: name)
      return CredentialSource(data: token.data, account: uid)
    } catch {
      planner.find(
        .error, "TokenUnusable", on: key, "the reported token is not copied: \(error.text)",
        remedy:
          "see the managed-serviceaccount agent's log on the cluster; delete the Secret to have it made again"
      )
      return nil
    }
  }

  /// Warns about a token with which the gateway will not, or not for long, enter the cluster.
  private mutating func warn(about token: ReportedToken, _ key: ObjectKey, account: String) {
    guard let claims = token.claims else {
      planner.find(
        .warning, "TokenUnreadable", on: key,
        "the token is no JSON Web Token, so neither its subject nor its end is known",
        remedy: "see the managed-serviceaccount agent's log on the cluster")
      return
    }
    let subject = "system:serviceaccount:\(agentNamespace):\(account)"
    if let other = claims.subject, other != subject {
      planner.find(
        .warning, "TokenSubjectMismatch", on: key,
        "the rights on the cluster are granted to \(subject), but the token is of another subject",
        remedy: "see in which namespace the managed-serviceaccount agent runs on the cluster")
    }
    guard let expiring = token.expiring else { return }
    if expiring <= now {
      planner.find(
        .warning, "TokenExpiring", on: key,
        "nine tenths of the token's lifetime have passed, and it was not replaced",
        remedy: "see whether the managed-serviceaccount agent runs on the cluster")
    } else {
      // Whole seconds, after the moment; at most ten years, to stay in range.
      let seconds = min(expiring.timeIntervalSince(now).rounded(.up), 315_360_000)
      planner.plan.requeue(after: .seconds(Int64(seconds)) + .seconds(1))
    }
  }

  /// What a gateway Secret of ours holds, the one in a former namespace included: as good as the token while
  /// that is missing.
  private func copiedSource(_ spec: ClusterGatewayConfiguration.Spec) -> CredentialSource? {
    let own = credentials.own(in: spec.secretNamespace)
    for secret in [own].compactMap(\.self) + credentials.ours {
      guard credentials.objection(to: secret) == nil,
        let account = credentials.account(of: secret)?.metadata.uid,
        let data = (try? secret.decode(Secret.self))?.data, let token = data["token"],
        let authority = data["ca.crt"]
      else { continue }
      return CredentialSource(data: ["token": token, "ca.crt": authority], account: account)
    }
    return nil
  }

  /// Identities under an earlier name, and Secrets in an earlier namespace, go once the present ones are in
  /// place.
  private mutating func removeOldIdentities(besides name: String, _ spec: ClusterGatewayConfiguration.Spec) {
    for object in oldIdentities(besides: name) {
      planner.remove(
        object, type: ManagedServiceAccount.type, because: "the configuration names another identity")
    }
    for secret in credentials.ours where secret.metadata.namespace != spec.secretNamespace {
      // Not while any pod may still read there.
      guard state.installation.gateway == .available, state.installation.readsSecretNamespace else {
        continue
      }
      planner.remove(secret, type: Secret.type, because: "the configuration names another namespace")
    }
  }

  private func oldIdentities(besides name: String) -> [DynamicObject] {
    state.objects.all(ManagedKind.managedServiceAccount).filter {
      $0.metadata.name != name && ManagerIdentity.owns($0)
    }
  }

  /// Where a person makes the credentials nothing is made and nothing taken away: what the manager made before
  /// may be what the gateway lives on until then.
  private mutating func reportManualSecrets(_ spec: ClusterGatewayConfiguration.Spec) {
    let key = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    if planner.objects[key] == nil {
      planner.find(
        .awaiting, "ManualSecretMissing", on: key, "there is no gateway Secret for the cluster",
        remedy:
          "make one with label \(GatewayLabels.credentialType), or set secretManagement.type ManagedServiceAccount",
        awaitedFrom: "the hub's administrator")
    }
    for account in state.objects.all(ManagedKind.managedServiceAccount) where ManagerIdentity.owns(account) {
      planner.find(
        .warning, "UnmanagedIdentity",
        on: ObjectKey(ManagedServiceAccount.type, namespace: state.name, name: account.metadata.name),
        "the identity that the manager made for the cluster stays, with its token and its rights there",
        remedy:
          "once the gateway has another credential, delete it and the ManifestWork \(ManifestWork.name(deploying: ManagerIdentity.addOnName))"
      )
    }
  }

  // MARK: Health

  private mutating func writeStatus(
    _ cluster: ManagedCluster, _ addOn: ManagedClusterAddOn, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    guard let object = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName]
    else {
      return
    }
    let conditions = AddOnConditions(
      old: addOn.status.conditions, now: now, manages: spec.managesSecrets,
      work: observedWork,
      hasCredential: state.objects[ManagedKind.secret, spec.secretNamespace, state.name] != nil,
      gateway: state.installation.gateway, probe: state.probe,
      clusterIsUnknown: cluster.status.conditions.condition(ManagedCluster.ConditionType.available)?.status
        == .unknown)
    let status: JSONValue = [
      "healthCheck": ["mode": "Customized"],
      "conditions": conditions.all.json,
    ]
    planner.ensureStatus(
      status, of: ManagedClusterAddOn.self, on: object, guardedBy: .version,
      because: "the add-on's health is told by its conditions")
    if let work = conditions.work, !work.status.conditions.isTrue("Applied") {
      planner.find(
        .awaiting, "WorkNotApplied", on: work.key, "the identity's rights have not reached the cluster yet",
        remedy: "see the ManifestWork's conditions", awaitedFrom: "the work agent of the cluster")
    }
  }
}
