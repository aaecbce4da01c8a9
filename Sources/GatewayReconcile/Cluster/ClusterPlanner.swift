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
    guard let observed = state.objects[ManagedKind.managedCluster, nil, state.name] else {
      removeCredentials(because: "the cluster has left")
      return planner.plan
    }
    if observed.metadata.deletionTimestamp != nil {
      // An identity made now would outlive the cluster: only take away.
      removeCredentials(because: "the cluster is leaving")
      return planner.plan
    }
    guard state.installation.addOn != nil else {
      // Nothing is created without an add-on to own it; what is there goes with the add-on.
      if state.installation.addOnIsGone { removeOrphan() }
      return planner.plan
    }
    guard let spec = state.installation.configuration else { return planner.plan }
    guard let cluster = planner.read(observed, as: ManagedCluster.self) else { return planner.plan }
    if let reason = optOut(cluster, spec) {
      retire(because: reason)
      return planner.plan
    }
    if let problem = NameRules.dnsLabelProblem(state.name) {
      planner.find(
        .warning, "ClusterNameUnusable", on: cluster.key,
        "there can be no namespace for the cluster: its name \(problem)",
        remedy: "detach the cluster, and join it under another name")
      return planner.plan
    }
    guard let addOn = planAddOn(cluster) else { return planner.plan }
    if spec.managesSecrets { planIdentity(cluster, addOn, spec) } else { reportManualSecrets(spec) }
    writeStatus(cluster, addOn, spec)
    keepAddOn()
    return planner.plan
  }

  // MARK: Leaving

  /// Why the add-on is not for this cluster; `nil` where it is.
  private func optOut(_ cluster: ManagedCluster, _ spec: ClusterGatewayConfiguration.Spec) -> String? {
    if cluster.refusesAutomaticInstallation {
      return "the cluster opts out by its annotation"
    }
    if !spec.selects(clusterLabels: cluster.metadata.labels) {
      return "the configuration's selector leaves the cluster out"
    }
    return nil
  }

  /// Takes the add-on off a cluster that stays: the credential first, since it is what opens the cluster.
  private mutating func retire(because reason: String) {
    removeCredentials(because: reason)
    guard let addOn = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName],
      ManagerIdentity.owns(addOn)
    else { return }
    // The garbage collector takes the identity and the work along.
    planner.remove(addOn, type: ManagedClusterAddOn.type, because: reason)
  }

  /// Takes an add-on of ours away that nobody else will: OCM's addon-manager hadn't tied it to the
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

  /// Removes every gateway Secret of ours for this cluster, wherever it is; a foreign one is reported.
  private mutating func removeCredentials(because reason: String) {
    for secret in gatewaySecrets {
      if ManagerIdentity.owns(secret) {
        planner.remove(secret, type: Secret.type, because: reason)
      } else {
        let key = ObjectKey(Secret.type, namespace: secret.metadata.namespace, name: secret.metadata.name)
        planner.find(
          .warning, "ForeignCredential", on: key,
          "a gateway Secret that isn't the manager's stays (\(reason))",
          remedy: "delete it if nobody needs it")
      }
    }
  }

  /// The Secrets by which a gateway may enter this cluster.
  private var gatewaySecrets: [DynamicObject] {
    state.objects.all(ManagedKind.secret).filter {
      $0.metadata.name == state.name && $0.metadata.namespace != state.name
        && $0.metadata.labels[GatewayLabels.credentialType] != nil
    }
  }

  // MARK: The add-on

  /// Sees to it that the add-on is enabled for the cluster; returns it once it has been observed and stays.
  private mutating func planAddOn(_ cluster: ManagedCluster) -> ManagedClusterAddOn? {
    let observed = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName]
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    guard let observed else {
      guard cluster.spec.hubAcceptsClient ?? false else {
        planner.find(
          .awaiting, "ClusterNotAccepted", on: cluster.key, "the hub has not accepted the cluster",
          remedy: "run `clusteradm accept --clusters \(state.name)`", awaitedFrom: "the hub's administrator")
        return nil
      }
      guard state.installation.installsManually else {
        // With a Placement strategy OCM's addon-manager decides which clusters get the add-on.
        return nil
      }
      planner.ensure(desiredAddOn, because: "the add-on is enabled on every managed cluster")
      return nil
    }
    if observed.metadata.deletionTimestamp != nil {
      removeCredentials(because: "the add-on is being taken off the cluster")
      return nil
    }
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
    planner.ensure(
      ManagedServiceAccount(
        metadata: ObjectMeta(
          name: name, namespace: state.name, labels: ManagerIdentity.labels, ownerReferences: [owner]),
        spec: ManagedServiceAccountSpec(
          rotation: ManagedServiceAccountRotation(enabled: true, validity: "4320h0m0s"))),
      because: "the gateway enters the cluster with this identity")
    planWork(addOn, account: name, spec)
    if planGatewaySecret(cluster, account: name, spec) == .settled {
      removeOldIdentities(besides: name, spec)
    }
  }

  private mutating func planWork(
    _ addOn: ManagedClusterAddOn, account: String, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    guard let owner = addOn.ownerReference(controller: true) else { return }
    var annotations: [String: String] = [:]
    if let hash = state.installation.configurationHash, let name = state.installation.configurationName {
      var hashes = ConfigSpecHashes()
      hashes[ClusterGatewayConfiguration.type, namespace: nil, name: name] = hash
      annotations[OCMAnnotations.configSpecHash] = hashes.annotation
    }
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

  private mutating func planGatewaySecret(
    _ cluster: ManagedCluster, account: String, _ spec: ClusterGatewayConfiguration.Spec
  ) -> PatchPlanner.Outcome {
    let target = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    guard let token = token(of: account) else { return .blocked }
    if spec.egress.type != .clusterProxy, cluster.spec.managedClusterClientConfigs.isEmpty {
      planner.find(
        .error, "EndpointUnknown", on: cluster.key,
        "the cluster has no URL in spec.managedClusterClientConfigs",
        remedy:
          "join it with `clusteradm join --hub-apiserver … --ca-file …`, or use egress.type ClusterProxy")
      return .blocked
    }
    guard let endpoint = endpointType(observed: planner.objects[target], wanted: spec.egress.type) else {
      return .blocked
    }
    guard let owner = state.installation.addOn else { return .blocked }
    let intent = [GatewayAnnotations.intendedEndpointType: GatewayEndpointType.clusterProxy.rawValue]
    let secret = Secret(
      metadata: ObjectMeta(
        name: state.name, namespace: spec.secretNamespace,
        labels: ManagerIdentity.labels.merging([
          GatewayLabels.credentialType: "ServiceAccountToken", GatewayLabels.endpointType: endpoint.rawValue,
        ]) { $1 },
        annotations: spec.egress.type == .clusterProxy && endpoint == .const ? intent : [:],
        ownerReferences: [owner]),
      type: "Opaque", data: token)
    guard mayUse(token, of: account, insteadOf: planner.objects[target]) else {
      guard planner.prepare(secret) else { return .blocked }
      planner.find(
        .awaiting, "RightsNotApplied", on: target,
        "the gateway keeps its earlier identity until the new one has its rights on the cluster",
        remedy: "see the ManifestWork's conditions", awaitedFrom: "the work agent of the cluster")
      return .blocked
    }
    return planner.ensure(
      secret, guardedBy: .version, because: "the gateway enters the cluster with this token")
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
  ) -> GatewayEndpointType? {
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

  /// The token that the agent has put on the hub for the account that is there now.
  private mutating func token(of account: String) -> [String: SecretBytes]? {
    let accountKey = ObjectKey(ManagedServiceAccount.type, namespace: state.name, name: account)
    let key = ObjectKey(Secret.type, namespace: state.name, name: account)
    let uid = state.objects[accountKey]?.metadata.uid
    let agent = "the managed-serviceaccount agent of the cluster"
    guard let observed = state.objects[key] else {
      planner.find(
        .awaiting, "TokenMissing", on: key, "there is no token for the gateway's identity yet",
        remedy: "see whether the managed-serviceaccount add-on is available on the cluster",
        awaitedFrom: agent)
      return nil
    }
    // A Secret of an account that was deleted holds a token that will not be refreshed.
    let isOfAccount = observed.metadata.ownerReferences.contains {
      $0.groupKind == ManagedServiceAccount.type.groupKind && $0.uid == uid
    }
    guard uid != nil, isOfAccount else {
      planner.find(
        .awaiting, "TokenStale", on: key, "the token belongs to an identity that is no longer there",
        remedy: "nothing to do", awaitedFrom: agent)
      return nil
    }
    guard let secret = planner.read(observed, as: Secret.self) else { return nil }
    guard let token = secret.data["token"], !token.isEmpty, let authority = secret.data["ca.crt"] else {
      planner.find(
        .awaiting, "TokenMissing", on: key, "the Secret has no token or no ca.crt",
        remedy: "see the agent's log",
        awaitedFrom: agent)
      return nil
    }
    return ["token": token, "ca.crt": authority]
  }

  /// Identities under an earlier name, and Secrets in an earlier namespace, go once the present ones are in
  /// place.
  private mutating func removeOldIdentities(besides name: String, _ spec: ClusterGatewayConfiguration.Spec) {
    for object in oldIdentities(besides: name) {
      planner.remove(
        object, type: ManagedServiceAccount.type, because: "the configuration names another identity")
    }
    for secret in gatewaySecrets
    where secret.metadata.namespace != spec.secretNamespace && ManagerIdentity.owns(secret) {
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
        .warning, "EarlierIdentityStays",
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
