import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeReconcile

/// Plans one managed cluster: its add-on, the identity with which the gateway accesses it, and its
/// reported health.
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
    guard let observed = state.objects[ManagedKind.managedCluster, namespace: nil, name: state.name],
      observed.metadata.deletionTimestamp == nil
    else {
      // An identity that is created for a leaving cluster would outlive it: only remove.
      return planner.plan
    }
    guard state.installation.addOn != nil else {
      // Nothing is created without an add-on to own it; existing objects are deleted with the add-on.
      if state.installation.addOnIsGone { removeOrphan() }
      return planner.plan
    }
    guard let spec = state.installation.configuration else { return planner.plan }
    guard let cluster = planner.read(observed, as: ManagedCluster.self) else { return planner.plan }
    if let problem = NameRules.dnsLabelProblem(state.name) {
      planner.report(
        .warning, "ClusterNameUnusable", on: cluster.key,
        problem: "there can be no namespace for the cluster: its name \(problem)",
        remedy: "detach the cluster, and join it under another name")
      return planner.plan
    }
    if let exclusion = Exclusion.byHub(observed) {
      writeExclusion(exclusion, of: cluster, spec)
      planner.report(
        .awaiting, "ClusterNotAccepted", on: cluster.key, problem: "the hub has not accepted the cluster",
        remedy: remedy(for: exclusion), awaitedFrom: "the hub's administrator")
      return planner.plan
    }
    let isKept = state.installation.isConfigurationKept
    var exclusion = Exclusion.byChoice(observed, selector: spec.clusters.selector)
    if exclusion == nil, state.installation.reservedNames.contains(state.name) {
      exclusion = .reserved
      planner.report(
        .error, "ClusterNameReserved", on: addOnKey,
        problem: "the cluster isn't served: \(Exclusion.reserved.message)",
        remedy: remedy(for: .reserved))
    }
    if let exclusion {
      guard isKept else { return planner.plan }
      retire(because: exclusion)
      writeExclusion(exclusion, of: cluster, spec)
      return planner.plan
    }
    // Nothing else is planned from a configuration that isn't kept yet.
    guard let addOn = planAddOn(), isKept else { return planner.plan }
    let conditions = conditions(of: addOn, on: cluster, spec)
    if spec.managesSecrets {
      planIdentity(on: cluster, ownedBy: addOn, spec, conditions)
    } else {
      reportManualSecrets(spec)
      reportManualHealth(spec, conditions)
    }
    writeStatus(conditions)
    keepAddOn()
    return planner.plan
  }

  var credentials: GatewayCredentials { GatewayCredentials(state: state) }

  private var addOnKey: ObjectKey {
    ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
  }

  private var observedAddOn: DynamicObject? { state.objects[addOnKey] }

  // MARK: Leaving

  private func remedy(for exclusion: Exclusion) -> String {
    exclusion.remedy(for: state.name, configuration: state.installation.namedConfiguration)
  }

  /// Removes every gateway Secret of the manager's that must not exist, in any namespace. Another's
  /// is reported if its cluster leaves.
  private mutating func removeCredentials() {
    for secret in credentials.all {
      guard credentials.isOurs(secret) else {
        guard
          state.objects[ManagedKind.managedCluster, namespace: nil, name: state.name]?.metadata
            .deletionTimestamp != nil,
          secret.metadata.labels[GatewayLabels.credentialType] != nil
        else { continue }
        let key = ObjectKey(Secret.type, namespace: secret.metadata.namespace, name: secret.metadata.name)
        planner.report(
          .warning, "ForeignCredential", on: key,
          problem: "the cluster is leaving, and a gateway Secret that isn't the manager's stays",
          remedy: "delete it if it is of this cluster")
        continue
      }
      guard let reason = credentials.reasonToRemove(secret) else { continue }
      planner.remove(secret, type: Secret.type, because: reason)
    }
  }

  /// Removes the add-on from a cluster that stays: the credential was removed first, since it gives
  /// access to the cluster.
  private mutating func retire(because exclusion: Exclusion) {
    let reason = exclusion.message
    if let addOn = observedAddOn, ManagerIdentity.owns(addOn), state.installation.installsManually {
      // The garbage collector deletes the identity and the work with it.
      planner.remove(addOn, type: ManagedClusterAddOn.type, because: reason)
      return
    }
    if observedAddOn != nil {
      planner.report(
        .warning, "AddOnNotServed", on: addOnKey,
        problem:
          "the add-on is enabled on the cluster by others, but \(reason), so the gateway doesn't access it",
        remedy: "remove the add-on from the cluster, or \(remedy(for: exclusion))")
    }
    for account in state.objects.all(ManagedKind.managedServiceAccount) where ManagerIdentity.owns(account) {
      planner.remove(account, type: ManagedServiceAccount.type, because: reason)
    }
    let work = ManifestWork.name(deploying: ManagerIdentity.addOnName)
    if let work = state.objects[ManagedKind.manifestWork, namespace: state.name, name: work],
      ManagerIdentity.owns(work)
    {
      planner.remove(work, type: ManifestWork.type, because: reason)
    }
  }

  /// Removes an add-on of the manager's that the garbage collector won't: OCM's addon-manager
  /// hadn't linked it to the ClusterManagementAddOn before that was deleted.
  private mutating func removeOrphan() {
    guard
      let addOn = observedAddOn,
      ManagerIdentity.owns(addOn),
      !addOn.metadata.ownerReferences.contains(where: { $0.groupKind == ManagedKind.clusterManagementAddOn })
    else { return }
    planner.remove(
      addOn, type: ManagedClusterAddOn.type, because: "the ClusterManagementAddOn that it belonged to is gone"
    )
  }

  // MARK: The add-on

  /// Enables the add-on on the cluster, and returns it once it was observed and isn't being
  /// deleted.
  private mutating func planAddOn() -> ManagedClusterAddOn? {
    guard let observed = observedAddOn else {
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
      planner.report(
        .invalid, .unreadableObject, on: addOnKey, problem: "it can't be read: \(error)",
        remedy: "correct the field")
      return nil
    }
    return addOn
  }

  /// Maintains the manager's fields of the add-on, after its status, whose patch may have the
  /// version as precondition. An add-on that a person or OCM's addon-manager created enables the
  /// gateway just as well, and needs none of them.
  private mutating func keepAddOn() {
    guard
      let observed = observedAddOn,
      ManagerIdentity.owns(observed), state.installation.installsManually
    else { return }
    planner.ensure(desiredAddOn, because: "the add-on is enabled on every managed cluster")
  }

  /// The add-on without an owner reference: OCM writes its own, and two writers would conflict.
  private var desiredAddOn: ManagedClusterAddOn {
    ManagedClusterAddOn(
      metadata: ObjectMeta(
        name: ManagerIdentity.addOnName, namespace: state.name, labels: ManagerIdentity.labels,
        annotations: [OCMAnnotations.installNamespace: "open-cluster-management-cluster-gateway"]))
  }

  // MARK: The identity

  private mutating func planIdentity(
    on cluster: ManagedCluster, ownedBy addOn: ManagedClusterAddOn, _ spec: ClusterGatewayConfiguration.Spec,
    _ conditions: AddOnConditions
  ) {
    let name = spec.managedServiceAccountName
    guard let owner = addOn.ownerReference() else { return }
    let account = state.objects[ManagedKind.managedServiceAccount, namespace: state.name, name: name]
    if let account, account.metadata.deletionTimestamp == nil, ManagerIdentity.owns(account),
      GatewayCredentials.precedes(account, cluster)
    {
      // Its token may still be that cluster's.
      planner.remove(
        account, type: ManagedServiceAccount.type,
        because: "it was created for an earlier cluster of this name")
      planWork(addOn, account: name, spec)
      return
    }
    let uid = cluster.metadata.uid.map { [GatewayAnnotations.clusterUID: $0] }
    let outcome = planner.ensure(
      ManagedServiceAccount(
        metadata: ObjectMeta(
          name: name, namespace: state.name, labels: ManagerIdentity.labels, annotations: uid ?? [:],
          ownerReferences: [owner]),
        spec: ManagedServiceAccountSpec(
          rotation: ManagedServiceAccountRotation(enabled: true, validity: "4320h0m0s"))),
      because: "the gateway accesses the cluster with this identity")
    planWork(addOn, account: name, spec)
    let isOurs = outcome != .blocked || account.map(ManagerIdentity.owns) ?? false
    let credential = planGatewaySecret(
      cluster, account: isOurs ? account : nil, name: name, spec, health: conditions.health)
    if credential == .unchanged {
      removeOldIdentities(besides: name)
    }
  }

  private mutating func planWork(
    _ addOn: ManagedClusterAddOn, account: String, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    guard let owner = addOn.ownerReference(controller: true) else { return }
    var annotations: [String: String] = [:]
    var hashes = ConfigSpecHashes()
    // OCM finishes the add-on's progress when the work names every configuration that it was created with.
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
    // Earlier identities keep their rights for as long as they exist: the gateway may still be using
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
      work(for: [account] + old), precondition: .resourceVersion,
      because: "the identity's rights reach the cluster by it")
  }

  /// The namespace on the cluster in which the managed-serviceaccount agent creates
  /// ServiceAccounts.
  var agentNamespace: String {
    let fallback = ManagedClusterAddOn.defaultInstallNamespace
    guard
      let observed = state.objects[
        ManagedKind.managedClusterAddOn, namespace: state.name, name: ManagedServiceAccount.addOnName],
      let addOn = try? ManagedClusterAddOn(observed: observed)
    else { return fallback }
    return addOn.installNamespace ?? fallback
  }

  /// Removes identities with an earlier name once the current one is in place.
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

  /// Reports on clusters whose credentials a person creates. Nothing is created or removed: the
  /// gateway may still depend on objects that the manager created before.
  private mutating func reportManualSecrets(_ spec: ClusterGatewayConfiguration.Spec) {
    let key = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    if planner.objects[key] == nil {
      planner.report(
        .awaiting, "ManualSecretMissing", on: key, problem: "there is no gateway Secret for the cluster",
        remedy:
          "create one with label \(GatewayLabels.credentialType), or set secretManagement.type ManagedServiceAccount",
        awaitedFrom: "the hub's administrator")
    }
    for account in state.objects.all(ManagedKind.managedServiceAccount) where ManagerIdentity.owns(account) {
      planner.report(
        .warning, "UnmanagedIdentity",
        on: ObjectKey(ManagedServiceAccount.type, namespace: state.name, name: account.metadata.name),
        problem:
          "the identity that the manager created for the cluster stays, with its token and its rights there",
        remedy:
          "create a gateway Secret of your own, since the manager's goes with the add-on, even with another token; then delete this ManagedServiceAccount and the ManifestWork \(ManifestWork.name(deploying: ManagerIdentity.addOnName))"
      )
    }
  }

  // MARK: Health

  private func conditions(
    of addOn: ManagedClusterAddOn, on cluster: ManagedCluster, _ spec: ClusterGatewayConfiguration.Spec
  ) -> AddOnConditions {
    AddOnConditions(
      old: addOn.status.conditions, now: now, manages: spec.managesSecrets,
      work: observedWork,
      hasCredential: state.objects[ManagedKind.secret, namespace: spec.secretNamespace, name: state.name]
        != nil,
      gatewayIsDown: state.installation.gatewayIsDown, probe: state.probe,
      clusterIsUnknown: cluster.status.conditions.condition(ManagedCluster.ConditionType.available)?.status
        == .unknown, isProbeAwaited: state.isProbeAwaited)
  }

  private mutating func writeStatus(_ conditions: AddOnConditions) {
    guard
      let object = observedAddOn,
      object.metadata.deletionTimestamp == nil
    else { return }
    let status: JSONValue = [
      "healthCheck": ["mode": .string(HealthCheck.customized)],
      "conditions": conditions.all.json,
    ]
    let count = planner.plan.patches.count
    planner.ensureStatus(
      status, of: ManagedClusterAddOn.self, on: object, precondition: .resourceVersion,
      because: "the add-on's health is reported by its conditions")
    if conditions.isProvisional {
      for index in planner.plan.patches.indices.dropFirst(count) {
        planner.plan.patches[index].isProvisional = true
      }
    }
    if conditions.exclusion == nil, let work = conditions.work, !work.status.conditions.isTrue("Applied") {
      planner.report(
        .awaiting, "WorkNotApplied", on: work.key,
        problem: "the identity's rights have not reached the cluster yet",
        remedy: "see the ManifestWork's conditions", awaitedFrom: "the work agent of the cluster")
    }
  }

  /// Reports on an add-on that others have enabled why the gateway doesn't access the cluster.
  private mutating func writeExclusion(
    _ exclusion: Exclusion, of cluster: ManagedCluster, _ spec: ClusterGatewayConfiguration.Spec
  ) {
    let isLeaving = planner.plan.patches.contains { $0.target == addOnKey }
    guard !isLeaving, let object = observedAddOn,
      let addOn = try? ManagedClusterAddOn(observed: object)
    else { return }
    var conditions = conditions(of: addOn, on: cluster, spec)
    conditions.exclusion = exclusion
    writeStatus(conditions)
  }

  /// Plans that the gateway records the cluster's health on a Secret that a person created.
  private mutating func reportManualHealth(
    _ spec: ClusterGatewayConfiguration.Spec, _ conditions: AddOnConditions
  ) {
    let secret = state.objects[ManagedKind.secret, namespace: spec.secretNamespace, name: state.name]
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
