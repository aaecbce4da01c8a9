import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeReconcile

import struct Foundation.Date

/// Plans one managed cluster: its add-on, the identity by which the gateway enters it, and what is said of
/// its health.
struct ClusterPlanner {
  let state: ClusterState
  let now: Date
  var planner: PatchPlanner

  init(_ state: ClusterState, at now: Date) {
    self.state = state
    self.now = now
    planner = PatchPlanner(
      objects: state.objects, cluster: state.name,
      force: state.installation.configuration?.ownership.force ?? false)
  }

  mutating func plan() -> GatewayPlan {
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
      writeExclusion(cluster, spec, "ClusterNotAccepted", "the hub does not accept the cluster")
      planner.find(
        .awaiting, "ClusterNotAccepted", on: cluster.key, "the hub has not accepted the cluster",
        remedy: "run `clusteradm accept --clusters \(state.name)`", awaitedFrom: "the hub's administrator")
      return planner.plan
    }
    let isKept = state.installation.isConfigurationKept
    if let reason = GatewayCredentials.optOut(observed, spec) {
      guard isKept else { return planner.plan }
      retire(because: reason)
      writeExclusion(cluster, spec, "ClusterExcluded", reason)
      return planner.plan
    }
    // Nothing else follows from a configuration that isn't kept yet.
    guard let addOn = planAddOn(), isKept else { return planner.plan }
    let conditions = conditions(cluster, addOn, spec)
    if spec.managesSecrets {
      planIdentity(cluster, addOn, spec, conditions)
    } else {
      reportManualSecrets(spec)
      reportManualHealth(spec, conditions)
    }
    writeStatus(conditions)
    keepAddOn()
    return planner.plan
  }

  var credentials: GatewayCredentials { GatewayCredentials(state: state) }

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
    _ cluster: ManagedCluster, _ addOn: ManagedClusterAddOn, _ spec: ClusterGatewayConfiguration.Spec,
    _ conditions: AddOnConditions
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
    let credential = planGatewaySecret(
      cluster, account: isOurs ? account : nil, name: name, spec, health: conditions.health)
    if credential == .settled {
      removeOldIdentities(besides: name)
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
  var agentNamespace: String {
    let fallback = ManagedClusterAddOn.defaultInstallNamespace
    guard
      let observed = state.objects[
        ManagedKind.managedClusterAddOn, state.name, ManagedServiceAccount.addOnName],
      let addOn = try? ManagedClusterAddOn(observed: observed)
    else { return fallback }
    return addOn.installNamespace ?? fallback
  }

  /// Identities under an earlier name go once the present one is in place.
  private mutating func removeOldIdentities(besides name: String) {
    for object in oldIdentities(besides: name) {
      planner.remove(
        object, type: ManagedServiceAccount.type, because: "the configuration names another identity")
    }
  }

  func oldIdentities(besides name: String) -> [DynamicObject] {
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

  private func conditions(
    _ cluster: ManagedCluster, _ addOn: ManagedClusterAddOn, _ spec: ClusterGatewayConfiguration.Spec
  ) -> AddOnConditions {
    AddOnConditions(
      old: addOn.status.conditions, now: now, manages: spec.managesSecrets,
      work: observedWork,
      hasCredential: state.objects[ManagedKind.secret, spec.secretNamespace, state.name] != nil,
      gatewayIsDown: state.installation.gatewayIsDown, probe: state.probe,
      clusterIsUnknown: cluster.status.conditions.condition(ManagedCluster.ConditionType.available)?.status
        == .unknown, isProbeAwaited: state.isProbeAwaited)
  }

  private mutating func writeStatus(_ conditions: AddOnConditions) {
    guard let object = state.objects[ManagedKind.managedClusterAddOn, state.name, ManagerIdentity.addOnName],
      object.metadata.deletionTimestamp == nil
    else { return }
    let status: JSONValue = [
      "healthCheck": ["mode": "Customized"],
      "conditions": conditions.all.json,
    ]
    let count = planner.plan.patches.count
    planner.ensureStatus(
      status, of: ManagedClusterAddOn.self, on: object, guardedBy: .version,
      because: "the add-on's health is reported by its conditions")
    if conditions.isProvisional {
      for index in planner.plan.patches.indices.dropFirst(count) {
        planner.plan.patches[index].isProvisional = true
      }
    }
    if conditions.exclusion == nil, let work = conditions.work, !work.status.conditions.isTrue("Applied") {
      planner.find(
        .awaiting, "WorkNotApplied", on: work.key, "the identity's rights have not reached the cluster yet",
        remedy: "see the ManifestWork's conditions", awaitedFrom: "the work agent of the cluster")
    }
  }

  /// Says on an add-on that others have enabled why the gateway doesn't enter the cluster.
  private mutating func writeExclusion(
    _ cluster: ManagedCluster, _ spec: ClusterGatewayConfiguration.Spec, _ reason: String, _ message: String
  ) {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    let isLeaving = planner.plan.patches.contains { $0.target == key }
    guard !isLeaving, let object = state.objects[key],
      let addOn = try? ManagedClusterAddOn(observed: object)
    else { return }
    var conditions = conditions(cluster, addOn, spec)
    conditions.exclusion = (reason, message)
    writeStatus(conditions)
  }

  /// Has the gateway note on a Secret that a person made whether the cluster is available.
  private mutating func reportManualHealth(
    _ spec: ClusterGatewayConfiguration.Spec, _ conditions: AddOnConditions
  ) {
    let secret = state.objects[ManagedKind.secret, spec.secretNamespace, state.name]
    guard let secret, secret.metadata.labels[GatewayLabels.credentialType] != nil,
      !state.installation.gatewayIsDown
    else { return }
    let (isAvailable, reason) = conditions.health
    let noted = secret.metadata.annotations[GatewayAnnotations.healthy].map { $0.lowercased() == "true" }
    guard noted ?? false != isAvailable else { return }
    let report = HealthReport(
      cluster: state.name, secretNamespace: spec.secretNamespace, isHealthy: isAvailable,
      reason: isAvailable ? "" : reason)
    planner.plan.effects.append(.report(report))
  }
}
