import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore
import KubeReconcile

/// Plans the objects that all clusters share. The creations and changes precede the clusters'
/// plans, and the removals follow them. No step relies on that order: each is justified by
/// observations, or names its dependency.
struct InstallationPlanner {
  let state: InstallationState
  let now: Date
  let effective: EffectiveConfiguration
  let former: FormerPlaces
  let gateway: GatewayHealth
  var planner: PatchPlanner
  var removals: PatchPlanner

  init(_ state: InstallationState, at now: Date) {
    self.state = state
    self.now = now
    effective = EffectiveConfiguration(state.objects)
    former = FormerPlaces(state.objects, configuration: effective.spec)
    gateway = GatewayHealth(state.objects, spec: effective.spec)
    let force = effective.spec?.ownership.force ?? false
    planner = PatchPlanner(objects: state.objects, force: force)
    removals = PatchPlanner(objects: state.objects, force: force)
  }

  /// Returns the installation's creations and changes, and its removals.
  ///
  /// They are planned in these steps, most of which use what the earlier ones have planned:
  /// 1. the record of the configuration (``keepConfiguration(_:)``);
  /// 2. the namespaces, and the CA (``CertificatePlanner/planCA(_:)``);
  /// 3. the objects of ``GatewayTable``'s rows that the configuration alone decides;
  /// 4. the tunnel's credentials (``TunnelPlanner``), then the serving certificate
  ///    (``CertificatePlanner/planServing(_:)``), which the Deployment mounts;
  /// 5. the Deployment (``DeploymentPlanner``) and the APIService;
  /// 6. the hash of the configuration (``writeConfigurationHash()``), and the removals;
  /// 7. the configuration's status, which summarizes all findings;
  /// 8. the dependency of all patches on the record (``waitForConfiguration()``).
  mutating func plan() -> (changes: GatewayPlan, removals: GatewayPlan) {
    reportRefusals()
    guard let addOn = effective.addOn else {
      reportMissingAddOn()
      return (planner.plan, removals.plan)
    }
    guard let owner = addOn.ownerReference() else {
      planner.report(
        .invalid, "NoIdentity", on: addOn.key,
        problem: "it has no metadata.uid, so nothing can be owned by it",
        remedy: "give the object as the API server returns it")
      return (planner.plan, removals.plan)
    }
    guard let spec = effective.spec else {
      reportConfiguration()
      writeConfigurationStatus()
      return (planner.plan, removals.plan)
    }
    let table = GatewayTable(identity: state.identity, configuration: spec, former: former)
    let objects = GatewayObjects(
      spec: spec, owner: owner, copies: copies(spec), handledRequests: handledRequests(spec),
      formerInstallNamespaces: usedInstallNamespaces(table))
    warn(about: spec)
    if effective.object == nil || !effective.problems.isEmpty { reportConfiguration() }
    keepConfiguration(owner)

    ensureNamespace(spec.installNamespace)
    ensureNamespace(spec.secretNamespace)
    var certificates = CertificatePlanner(
      state: state, spec: spec, effective: effective, owner: owner, now: now)
    certificates.planCA(&planner)

    let isEmptying = isEmptying(spec)
    for row in table.rows {
      guard let build = row.build else { continue }
      // A namespace that the gateway has left and is to use again is emptied first.
      if isEmptying, row.name == GatewayNames.role, row.namespace == spec.secretNamespace { continue }
      planner.ensure(build(objects), precondition: row.precondition, because: row.reason)
    }

    let tunnel = TunnelPlanner(state: state, spec: spec, owner: owner, now: now).plan(&planner)
    certificates.planServing(&planner)
    let serving = ServingState(
      state, spec: spec, conditions: effective.configuration?.status.conditions ?? [])
    let secretNamespace = self.secretNamespace(spec)
    DeploymentPlanner(state, objects: objects, serving: serving, now: now).plan(
      &planner, tunnel: tunnel, generation: effective.generation,
      secretNamespace: secretNamespace)
    planAPIService(objects, certificates)

    reportRollout(spec)
    writeConfigurationHash()
    removeLeftovers(spec, table, tunnel: tunnel)
    writeConfigurationStatus(certificates, serving)
    waitForConfiguration()
    return (planner.plan, removals.plan)
  }

  /// The ConfigMap that keeps the configuration.
  var keptConfiguration: ObjectKey {
    ObjectKey(
      ConfigMap.type, namespace: state.identity.namespace, name: ManagerIdentity.effectiveConfigurationName)
  }

  /// Keeps a valid configuration where it outlives its deletion or invalidation. Another tool's
  /// values, elsewhere a warning, are an error if they replace the record.
  private mutating func keepConfiguration(_ owner: OwnerReference) {
    guard let configuration = effective.keeping else { return }
    let outcome = planner.ensure(
      configuration.configMap(in: state.identity.namespace, owner: owner), precondition: .resourceVersion,
      because: "the last valid configuration stays in force while there is no other")
    guard outcome == .blocked, !effective.isKept else { return }
    let key = keptConfiguration
    for index in planner.plan.findings.indices
    where planner.plan.findings[index].object == key && planner.plan.findings[index].severity == .warning {
      planner.plan.findings[index].severity = .error
    }
  }

  /// Whether the plans from the configuration wait for the ConfigMap.
  var waitsForConfiguration: Bool { effective.waitsToBeKept(in: state) }

  /// Makes all patches depend on the ConfigMap while the configuration isn't kept yet.
  private mutating func waitForConfiguration() {
    guard waitsForConfiguration else { return }
    planner.plan.makePatches(dependOn: keptConfiguration)
    removals.plan.makePatches(dependOn: keptConfiguration)
  }

  /// The Secrets that are, or are about to be, copied to the install namespace; one that can't be
  /// read may be there.
  private func copies(_ spec: ClusterGatewayConfiguration.Spec) -> Set<String> {
    let there = (former.copies[spec.installNamespace] ?? []).filter { name in
      let key = ObjectKey(Secret.type, namespace: spec.installNamespace, name: name)
      return planner.objects[key].map(ManagerIdentity.owns) ?? !planner.objects.isObserved(key)
    }
    guard let credentials = spec.clusterProxy?.credentials, credentials.namespace != spec.installNamespace
    else { return there }
    return there.union([credentials.proxyClientSecretName, credentials.proxyClientCASecretName])
  }

  /// The annotations with which the ServiceAccount records handled requests of a rotation.
  private func handledRequests(_ spec: ClusterGatewayConfiguration.Spec) -> [String: String] {
    let handled = HandledRequests(
      state.objects, signer: CertificateRotation.signer(state.identity),
      serving: CertificateRotation.serving(spec))
    let account = state.objects[
      ServiceAccount.type.groupKind, namespace: spec.installNamespace, name: GatewayNames.serviceAccount]
    return handled.annotations(
      rotationRequests: effective.object?.metadata.annotations ?? [:],
      observed: account?.metadata.annotations ?? [:])
  }

  // MARK: Missing and dangerous objects

  private mutating func reportMissingAddOn() {
    let key = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
    guard planner.objects.isObserved(key) else { return }
    if effective.addOnIsBeingDeleted {
      planner.report(
        .awaiting, "AddOnBeingDeleted", on: key,
        problem: "the add-on is being deleted; nothing is created any more",
        remedy: "create the ClusterManagementAddOn again to reinstall the gateway",
        awaitedFrom: "the garbage collector")
      writeUnusedStatuses(
        reason: "AddOnBeingDeleted", "the ClusterManagementAddOn \(key.name) is being deleted")
    } else if let problem = effective.problems.first {
      planner.report(
        .invalid, .unreadableObject, on: key, problem: "it can't be read: \(problem)",
        remedy: "correct the field")
    } else {
      planner.report(
        .error, "AddOnMissing", on: key,
        problem: "there is no ClusterManagementAddOn, so nothing is installed",
        remedy: "apply the one that `gateway-manager manifests` prints")
      writeUnusedStatuses(
        reason: "AddOnMissing", "there is no ClusterManagementAddOn \(key.name), so nothing is installed")
    }
  }

  private mutating func reportConfiguration() {
    let remainder =
      effective.spec != nil
      ? "the last valid one stays in force"
      : KeptConfiguration.isObserved(in: state.objects)
        ? "what is installed stays as it is" : "whether a valid one was kept can't be read"
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: effective.name ?? ManagerIdentity.addOnName)
    if effective.object == nil && effective.problems.isEmpty {
      guard planner.objects.isObserved(key) else { return }
      planner.report(
        .error, "ConfigurationMissing", on: key,
        problem: "there is no such configuration; \(remainder)",
        remedy: "apply a ClusterGatewayConfiguration of this name")
    }
    for problem in effective.problems {
      planner.report(
        .invalid, "ConfigurationInvalid", on: key,
        problem: "\(problem.path): \(problem.problem); \(remainder)",
        remedy: problem.remedy ?? "correct the field")
    }
  }

  private mutating func warn(about spec: ClusterGatewayConfiguration.Spec) {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: effective.name ?? ManagerIdentity.addOnName)
    if spec.egress.type == .clusterProxy {
      planner.report(
        .warning, "UnverifiedSpokeTLS", on: key,
        problem: "through the proxy tunnel the gateway does not verify the managed clusters' certificates",
        remedy: "use egress.type Direct where the hub can reach the clusters")
    }
    let isImpersonating = spec.featureGates["ClientIdentityPenetration"] ?? false
    if spec.managesSecrets, EgressRights(spec).isClusterAdmin, !isImpersonating {
      planner.report(
        .warning, "ClusterAdminOnSpokes", on: key,
        problem: "every user of clustergateways/proxy acts as cluster admin on every managed cluster",
        remedy: "narrow spec.egress.permissions, or set the feature gate ClientIdentityPenetration")
    }
  }

  // MARK: Parts

  private mutating func ensureNamespace(_ name: String) {
    // Created, never changed and never deleted: it has objects of others.
    guard planner.objects[Namespace.type.groupKind, namespace: nil, name: name] == nil else { return }
    planner.ensure(Namespace(metadata: ObjectMeta(name: name)), because: "the gateway's objects live there")
  }

  private mutating func planAPIService(_ objects: GatewayObjects, _ certificates: CertificatePlanner) {
    // The bundle can be computed only if the serving certificate and its CA are known.
    guard planner.objects.isObserved(CertificateRotation.signer(state.identity)),
      planner.objects.isObserved(CertificateRotation.serving(objects.spec))
    else { return }
    let bundle = certificates.bundle
    let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
    if let observed = planner.objects[key], let service = planner.read(observed, as: APIService.self) {
      // Another's gateway: moving the whole hub's traffic is a person's decision.
      let leadsElsewhere =
        service.spec.service?.name != GatewayNames.service
        || (service.spec.service?.namespace != objects.spec.installNamespace
          && !ManagerIdentity.owns(observed))
      if leadsElsewhere {
        let place =
          service.spec.service.map { "\($0.namespace ?? "")/\($0.name ?? "")" } ?? "the API server itself"
        planner.report(
          .error, "ForeignAPIService", on: key,
          problem: "the gateway's API is served by \(place); it is left alone",
          remedy: "delete the APIService if that gateway is to be replaced")
        return
      }
    }
    let isCAAwaited = planner.plan.issuanceRequests.contains { $0.purpose == .ca }
    if isCAAwaited, planner.objects[key] != nil {
      // The bundle includes the CA as soon as that is issued.
      let service = objects.apiService(
        bundle: (bundle ?? "") + "-", namespace: servingNamespace(objects.spec))
      guard planner.prepare(service) else { return }
    }
    guard let bundle else { return }
    guard planner.objects[key] != nil || isReadyToBeRegistered(objects.spec) else {
      planner.report(
        .awaiting, "APINotRegistered", on: key, problem: "it is created once a pod of the gateway is ready",
        remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler")
      return
    }
    // The next CA may be in the Secret, and about to sign, although an older view of it doesn't show that.
    let verified =
      certificates.dropsCA
      ? planner.verify(
        CertificateRotation.signer(state.identity),
        because: "no CA may have changed while one leaves the bundle")
      : nil
    planner.ensure(
      objects.apiService(bundle: bundle, namespace: servingNamespace(objects.spec)),
      precondition: .resourceVersion,
      because: "the aggregator sends the gateway's API here",
      dependingOn: certificates.bundleDependency ?? verified)
  }

  /// Whether the APIService may be created: a gateway that starts while one exists and isn't
  /// available serves nothing until it is restarted.
  private func isReadyToBeRegistered(_ spec: ClusterGatewayConfiguration.Spec) -> Bool {
    let rollout = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    let serving = CertificateRotation.serving(spec)
    return rollout.isCurrent && rollout.readyReplicas > 0
      && (state.objects[serving] != nil || planner.plan.patches.contains { $0.target == serving })
  }

  /// Returns the namespace that the APIService should name: the configured one once the gateway is
  /// ready there, and until then the current one.
  ///
  /// Whether the aggregator finds the current one available doesn't matter: its report may be late,
  /// and an unready namespace is no better.
  private mutating func servingNamespace(_ spec: ClusterGatewayConfiguration.Spec) -> String {
    let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
    let service = state.objects.value(APIService.self, name: GatewayNames.apiService)
    guard let current = service?.spec.service?.namespace, current != spec.installNamespace else {
      return spec.installNamespace
    }
    let rollout = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    let isReady =
      rollout.isComplete && state.certificates.isServing(at: now)
      && state.objects[Service.type.groupKind, namespace: spec.installNamespace, name: GatewayNames.service]
        != nil
    guard !isReady else { return spec.installNamespace }
    planner.report(
      .awaiting, "GatewayMoving", on: key,
      problem: "the gateway is served from \(current) until it is ready in \(spec.installNamespace)",
      remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler")
    return current
  }

  /// Returns the namespace from which the gateway's pods should read their Secrets: the configured
  /// one once every Secret that is still wanted has its copy there, and until then the current one.
  private mutating func secretNamespace(_ spec: ClusterGatewayConfiguration.Spec) -> String {
    let key = ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment)
    let running = Rollout(state.objects.value(Deployment.self, namespace: key.namespace, name: key.name))
      .secretNamespace
    guard let running, running != spec.secretNamespace, former.secretNamespaces.contains(running) else {
      return spec.secretNamespace
    }
    let isObserved = planner.objects.isObserved(
      ObjectSelection(Secret.type, namespace: spec.secretNamespace))
    guard state.fleet.uncopied > 0 || !isObserved else { return spec.secretNamespace }
    planner.report(
      .awaiting, "SecretsNotCopied", on: key,
      problem: "the gateway reads \(running) until \(spec.secretNamespace) "
        + (isObserved
          ? "has a copy of every gateway Secret" : "can be read"),
      remedy: "nothing to do", awaitedFrom: "the manager's next plans")
    return running
  }

  private mutating func reportRollout(_ spec: ClusterGatewayConfiguration.Spec) {
    guard case .unavailable(let reason) = gateway else { return }
    planner.report(
      .awaiting, "GatewayNotAvailable",
      on: ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment),
      problem: reason,
      remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler and aggregator")
  }

  // MARK: The configuration's hash

  /// Writes the hash of the default configuration, without which OCM never finishes the add-on's
  /// progress.
  private mutating func writeConfigurationHash() {
    guard let hash = effective.hashForClusters, let name = effective.name, let object = effective.addOnObject
    else {
      return
    }
    planner.patch(
      object, type: ClusterManagementAddOn.type, subresource: "status",
      SpecHashPatch(name: name, hash: hash).operations(status: object.json["status"]),
      because: "OCM compares clusters' configuration by its hash")
  }
}
