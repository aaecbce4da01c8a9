import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeKindsCore

import struct Foundation.Date

/// Plans what all clusters share. `changes` come before the clusters' plans and `removals` after them, though every step is
/// justified by what was observed, or names what it depends on, and not by the order.
struct InstallationPlanner {
  let state: InstallationState
  let now: Date
  let settled: SettledConfiguration
  let former: FormerPlaces
  let gateway: GatewayHealth
  var planner: PatchPlanner
  var removals: PatchPlanner

  init(_ state: InstallationState, at now: Date) {
    self.state = state
    self.now = now
    settled = SettledConfiguration(state.objects)
    former = FormerPlaces(state.objects, configuration: settled.spec)
    gateway = GatewayHealth(state.objects, spec: settled.spec)
    let force = settled.spec?.ownership.force ?? false
    planner = PatchPlanner(objects: state.objects, force: force)
    removals = PatchPlanner(objects: state.objects, force: force)
  }

  /// The installation's creations and changes, and its removals.
  mutating func plan() -> (changes: Plan, removals: Plan) {
    reportRefusals()
    guard let addOn = settled.addOn else {
      reportMissingAddOn()
      return (planner.plan, removals.plan)
    }
    guard let owner = addOn.ownerReference() else {
      planner.find(
        .invalid, "NoIdentity", on: addOn.key, "it has no metadata.uid, so nothing can be owned by it",
        remedy: "give the object as the API server returns it")
      return (planner.plan, removals.plan)
    }
    guard let spec = settled.spec else {
      reportConfiguration()
      writeConfigurationStatus()
      return (planner.plan, removals.plan)
    }
    let table = GatewayTable(
      identity: state.identity, configuration: spec, configurationName: settled.name, former: former)
    let objects = GatewayObjects(
      spec: spec, owner: owner, copies: copies(spec), handledRequests: handledRequests(spec),
      formerInstallNamespaces: former.installNamespaces)
    warn(about: spec)
    if settled.object == nil || !settled.problems.isEmpty { reportConfiguration() }
    keepConfiguration(owner)

    ensureNamespace(spec.installNamespace)
    ensureNamespace(spec.secretNamespace)
    var certificates = CertificatePlanner(
      state: state, spec: spec, settled: settled, owner: owner, now: now)
    certificates.planAuthority(&planner)

    let isEmptying = isEmptying(spec)
    for row in table.rows {
      guard let build = row.build else { continue }
      // A namespace that the gateway has left and is to come back to is emptied first.
      if isEmptying, row.name == GatewayNames.role, row.namespace == spec.secretNamespace { continue }
      planner.ensure(build(objects), guardedBy: row.precondition, because: row.reason)
    }

    let tunnel = TunnelPlanner(state: state, spec: spec, owner: owner, now: now).plan(&planner)
    certificates.planServing(&planner)
    let serving = ServingState(
      state, spec: spec, conditions: settled.configuration?.status.conditions ?? [])
    let secretNamespace = self.secretNamespace(spec)
    DeploymentPlanner(state, objects: objects, serving: serving, now: now).plan(
      &planner, tunnel: tunnel, generation: settled.generation,
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

  /// Keeps a valid configuration where it outlives being deleted or made invalid.
  private mutating func keepConfiguration(_ owner: OwnerReference) {
    guard let configuration = settled.keeping else { return }
    planner.ensure(
      configuration.configMap(in: state.identity.namespace, owner: owner), guardedBy: .version,
      because: "the last valid configuration stays in force while there is no other")
  }

  /// Whether what follows from the configuration waits for the ConfigMap.
  var waitsForConfiguration: Bool { !settled.isKept && !state.refusesKeptConfiguration }

  /// Lets nothing follow from a configuration that isn't kept yet.
  private mutating func waitForConfiguration() {
    guard waitsForConfiguration else { return }
    planner.plan.makePatches(dependOn: keptConfiguration)
    removals.plan.makePatches(dependOn: keptConfiguration)
  }

  /// The Secrets that are, or are about to be, copied to the install namespace.
  private func copies(_ spec: ClusterGatewayConfiguration.Spec) -> Set<String> {
    let there = (former.copies[spec.installNamespace] ?? []).filter { name in
      planner.objects[Secret.type.groupKind, spec.installNamespace, name].map(ManagerIdentity.owns) ?? false
    }
    guard let credentials = spec.clusterProxy?.credentials, credentials.namespace != spec.installNamespace
    else { return there }
    return there.union([credentials.proxyClientSecretName, credentials.proxyClientCASecretName])
  }

  /// Which requests for a rotation were obeyed, as the ServiceAccount keeps them.
  private func handledRequests(_ spec: ClusterGatewayConfiguration.Spec) -> [String: String] {
    let handled = HandledRequests(
      state.objects, signer: CertificateRotation.signer(state.identity),
      serving: CertificateRotation.serving(spec))
    let account = state.objects[
      ServiceAccount.type.groupKind, spec.installNamespace, GatewayNames.serviceAccount]
    return handled.annotations(
      wishes: settled.object?.metadata.annotations ?? [:], observed: account?.metadata.annotations ?? [:])
  }

  // MARK: What is missing or dangerous

  private mutating func reportRefusals() {
    let remedy = "apply what `gateway-manager manifests` prints for this configuration"
    for selection in state.objects.unobserved.sorted(by: { $0.description < $1.description }) {
      planner.find(
        .error, FindingCode.rightsMissing, on: selection.key,
        "the manager may not list and watch \(selection); what depends on it is held up", remedy: remedy)
    }
    for refusal in state.refusals {
      let key = refusal.target
      switch refusal.cause {
      case .rightsMissing:
        planner.find(
          .error, FindingCode.rightsMissing, on: key, "the manager may not \(refusal): \(refusal.message)",
          remedy: remedy)
      case .rejected:
        planner.find(
          .error, FindingCode.writeRejected, on: key,
          "the API server refuses to \(refusal): \(refusal.message)",
          remedy: "look at the admission policy, webhook or quota that refuses it")
      case .failing:
        planner.find(
          .error, FindingCode.requestFailing, on: key,
          "the API server keeps failing to \(refusal): \(refusal.message)",
          remedy: "see the API server's log; the manager goes on trying")
      }
    }
  }

  private mutating func reportMissingAddOn() {
    let key = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
    guard planner.objects.isObserved(key) else { return }
    if settled.addOnIsBeingDeleted {
      planner.find(
        .awaiting, "AddOnBeingDeleted", on: key, "the add-on is being deleted; nothing is created any more",
        remedy: "make the ClusterManagementAddOn again to install the gateway again",
        awaitedFrom: "the garbage collector")
      writeUnusedStatuses(
        reason: "AddOnBeingDeleted", "the ClusterManagementAddOn \(key.name) is being deleted")
    } else if let problem = settled.problems.first {
      planner.find(
        .invalid, "UnreadableObject", on: key, "it can't be read: \(problem)", remedy: "correct the field")
    } else {
      planner.find(
        .error, "AddOnMissing", on: key, "there is no ClusterManagementAddOn, so nothing is installed",
        remedy: "apply the one that `gateway-manager manifests` prints")
      writeUnusedStatuses(
        reason: "AddOnMissing", "there is no ClusterManagementAddOn \(key.name), so nothing is installed")
    }
  }

  private mutating func reportConfiguration() {
    let remainder =
      settled.spec == nil ? "what is installed stays as it is" : "the last valid one stays in force"
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: settled.name ?? ManagerIdentity.addOnName)
    if settled.object == nil && settled.problems.isEmpty {
      guard planner.objects.isObserved(key) else { return }
      planner.find(
        .error, "ConfigurationMissing", on: key,
        "there is no such configuration; \(remainder)",
        remedy: "apply a ClusterGatewayConfiguration of this name")
    }
    for problem in settled.problems {
      planner.find(
        .invalid, "ConfigurationInvalid", on: key,
        "\(problem.path): \(problem.problem); \(remainder)",
        remedy: problem.remedy ?? "correct the field")
    }
  }

  private mutating func warn(about spec: ClusterGatewayConfiguration.Spec) {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: settled.name ?? ManagerIdentity.addOnName)
    if spec.egress.type == .clusterProxy {
      planner.find(
        .warning, "UnverifiedSpokeTLS", on: key,
        "through the proxy tunnel the gateway does not verify the managed clusters' certificates",
        remedy: "use egress.type Direct where the hub can reach the clusters")
    }
    let isImpersonating = spec.featureGates["ClientIdentityPenetration"] ?? false
    if spec.managesSecrets, EgressRights(spec).isClusterAdmin, !isImpersonating {
      planner.find(
        .warning, "ClusterAdminOnSpokes", on: key,
        "whoever may use clustergateways/proxy acts as cluster admin on every managed cluster",
        remedy: "narrow spec.egress.permissions, or set the feature gate ClientIdentityPenetration")
    }
  }

  // MARK: Parts

  private mutating func ensureNamespace(_ name: String) {
    // Created, never changed and never deleted: others live there too.
    guard planner.objects[Namespace.type.groupKind, nil, name] == nil else { return }
    planner.ensure(Namespace(metadata: ObjectMeta(name: name)), because: "the gateway's objects live there")
  }

  private mutating func planAPIService(_ objects: GatewayObjects, _ certificates: CertificatePlanner) {
    // What the gateway serves under, and who signed it, must be known for the bundle to be right.
    guard planner.objects.isObserved(CertificateRotation.signer(state.identity)),
      planner.objects.isObserved(CertificateRotation.serving(objects.spec))
    else { return }
    let bundle = certificates.bundle
    let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
    if let observed = planner.objects[key], let service = planner.read(observed, as: APIService.self) {
      // Somebody else's gateway: moving the whole hub's traffic over is a person's decision.
      let leadsElsewhere =
        service.spec.service?.name != GatewayNames.service
        || (service.spec.service?.namespace != objects.spec.installNamespace
          && !ManagerIdentity.owns(observed))
      if leadsElsewhere {
        let place =
          service.spec.service.map { "\($0.namespace ?? "")/\($0.name ?? "")" } ?? "the API server itself"
        planner.find(
          .error, "ForeignAPIService", on: key, "the gateway's API is served by \(place); it is left alone",
          remedy: "delete the APIService if that gateway is to be replaced")
        return
      }
    }
    let isAuthorityAwaited = planner.plan.certificateRequests.contains { $0.purpose == .authority }
    if isAuthorityAwaited, planner.objects[key] != nil {
      // The bundle takes in the authority as soon as that is issued.
      let service = objects.apiService(
        bundle: (bundle ?? "") + "-", namespace: servingNamespace(objects.spec))
      guard planner.prepare(service) else { return }
    }
    guard let bundle else { return }
    guard planner.objects[key] != nil || isReadyToBeRegistered(objects.spec) else {
      planner.find(
        .awaiting, "APINotRegistered", on: key, "it is made once a pod of the gateway is ready",
        remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler")
      return
    }
    planner.ensure(
      objects.apiService(bundle: bundle, namespace: servingNamespace(objects.spec)), guardedBy: .version,
      because: "the aggregator sends the gateway's API here", dependingOn: certificates.bundleDependency)
  }

  /// Whether the APIService may be made: a gateway that starts beside one that isn't available yet serves nothing
  /// until it is restarted.
  private func isReadyToBeRegistered(_ spec: ClusterGatewayConfiguration.Spec) -> Bool {
    let rollout = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    let serving = CertificateRotation.serving(spec)
    return rollout.isCurrent && rollout.readyReplicas > 0
      && (state.objects[serving] != nil || planner.plan.patches.contains { $0.target == serving })
  }

  /// Where the aggregator is sent: to the configured namespace as soon as the gateway is ready there, and
  /// until then to where it has been served from. Whether the aggregator finds the old place available isn't
  /// asked: its word may be late, and an unready place is no better.
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
      && state.objects[Service.type.groupKind, spec.installNamespace, GatewayNames.service] != nil
    guard !isReady else { return spec.installNamespace }
    planner.find(
      .awaiting, "GatewayMoving", on: key,
      "the gateway is served from \(current) until it is ready in \(spec.installNamespace)",
      remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler")
    return current
  }

  /// Where the gateway's pods are to read their Secrets: in the configured namespace as soon as every Secret
  /// that is still wanted has its copy there, and until then where they read them now.
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
    planner.find(
      .awaiting, "SecretsNotCopied", on: key,
      "the gateway reads \(running) until \(spec.secretNamespace) "
        + (isObserved
          ? "has a copy of every gateway Secret" : "can be read"),
      remedy: "nothing to do", awaitedFrom: "the manager's next plans")
    return running
  }

  private mutating func reportRollout(_ spec: ClusterGatewayConfiguration.Spec) {
    guard case .unavailable(let reason) = gateway else { return }
    planner.find(
      .awaiting, "GatewayNotAvailable",
      on: ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment), reason,
      remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler and aggregator")
  }

  // MARK: The configuration's hash

  /// Without the hash of its default configuration OCM never lets the add-on finish progressing.
  private mutating func writeConfigurationHash() {
    guard let hash = settled.hashForClusters, let name = settled.name, let object = settled.addOnObject else {
      return
    }
    planner.patch(
      object, type: ClusterManagementAddOn.type, subresource: "status",
      SpecHashPatch(name: name, hash: hash).operations(status: object.json["status"]),
      because: "OCM compares clusters' configuration by its hash")
  }
}
