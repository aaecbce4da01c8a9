import CertificatePolicy
import GatewayAPI
import KubeCore

import struct Foundation.Date

/// Plans what all clusters share. `changes` come before the clusters' plans and `removals` after them, though every step is
/// justified by what was observed, or names what it depends on, and not by the order.
struct InstallationPlanner {
  let state: InstallationState
  let now: Date
  private let settled: SettledConfiguration
  private var planner: PatchPlanner
  private var removals: PatchPlanner

  init(_ state: InstallationState, at now: Date) {
    self.state = state
    self.now = now
    settled = SettledConfiguration(state.objects)
    let force = settled.spec?.ownership.force ?? false
    planner = PatchPlanner(objects: state.objects, force: force)
    removals = PatchPlanner(objects: state.objects, force: force)
  }

  /// The installation's creations and changes, and its removals.
  mutating func plan() -> (changes: Plan, removals: Plan) {
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
    let objects = GatewayObjects(spec: spec, owner: owner)
    warn(about: spec)

    ensureNamespace(spec.installNamespace)
    ensureNamespace(spec.secretNamespace)
    var certificates = CertificatePlanner(
      state: state, spec: spec, settled: settled, owner: owner, now: now)
    certificates.planAuthority(&planner)

    let why = "the gateway needs it to run"
    planner.ensure(objects.serviceAccount, because: why)
    planner.ensure(objects.service, because: "the aggregator reaches the gateway by it")
    planner.ensure(
      objects.authenticationReader, because: "the gateway reads how the API server authenticates")
    planner.ensure(objects.authDelegator, because: "the gateway has its callers' tokens reviewed")
    planner.ensure(objects.aggregationRole, because: why)
    planner.ensure(objects.aggregationBinding, because: why)
    planner.ensure(objects.secretsRole, because: "the gateway reads each cluster's credential")
    planner.ensure(objects.secretsBinding, because: "the gateway reads each cluster's credential")

    let tunnel = TunnelPlanner(state: state, spec: spec, owner: owner, now: now).plan(&planner)
    certificates.planServing(&planner)
    let serving = ServingState(
      state, spec: spec, conditions: settled.configuration?.status.conditions ?? [])
    DeploymentPlanner(state, objects: objects, serving: serving, now: now).plan(
      &planner, tunnel: tunnel, generation: settled.object?.metadata.generation)
    planAPIService(objects, certificates)

    reportRollout(spec)
    writeConfigurationStatus(certificates, serving)
    writeConfigurationHash()
    removeLeftovers(spec, tunnel: tunnel)
    return (planner.plan, removals.plan)
  }

  // MARK: What is missing or dangerous

  private mutating func reportMissingAddOn() {
    let key = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
    if settled.addOnIsBeingDeleted {
      planner.find(
        .awaiting, "AddOnBeingDeleted", on: key, "the add-on is being deleted; nothing is created any more",
        remedy: "make the ClusterManagementAddOn again to install the gateway anew",
        awaitedFrom: "the garbage collector")
    } else if let problem = settled.problems.first {
      planner.find(
        .invalid, "UnreadableObject", on: key, "it can't be read: \(problem)", remedy: "correct the field")
    } else {
      planner.find(
        .error, "AddOnMissing", on: key, "there is no ClusterManagementAddOn, so nothing is installed",
        remedy: "apply the one that `gateway-manager manifests` prints")
    }
  }

  private mutating func reportConfiguration() {
    let key = ObjectKey(ClusterGatewayConfiguration.type, name: settled.name ?? ManagerIdentity.addOnName)
    if settled.object == nil && settled.problems.isEmpty {
      planner.find(
        .error, "ConfigurationMissing", on: key,
        "there is no such configuration; what is installed stays as it is",
        remedy: "apply a ClusterGatewayConfiguration of this name")
    }
    for problem in settled.problems {
      planner.find(
        .invalid, "ConfigurationInvalid", on: key,
        "\(problem.path): \(problem.problem); what is installed stays as it is",
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
    if spec.managesSecrets, EgressRights(spec).isClusterAdmin {
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

  private mutating func reportRollout(_ spec: ClusterGatewayConfiguration.Spec) {
    let facts = InstallationFacts(settled, objects: state.objects)
    guard case .unavailable(let reason) = facts.gateway else { return }
    planner.find(
      .awaiting, "GatewayNotAvailable",
      on: ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment), reason,
      remedy: "see the pods' events if it lasts", awaitedFrom: "the hub's scheduler and aggregator")
  }

  // MARK: Status

  private mutating func writeConfigurationStatus(
    _ certificates: CertificatePlanner? = nil, _ serving: ServingState? = nil
  ) {
    guard let object = settled.object else { return }
    let old = settled.configuration?.status.conditions ?? []
    let generation = object.metadata.generation
    var conditions: [Condition] = []
    func add(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) {
      conditions.append(
        Condition(
          type: type, status: status, reason: reason, message: message,
          lastTransitionTime: AddOnConditions.transitionTime(of: type, to: status, from: old, at: now),
          observedGeneration: generation))
    }
    if settled.problems.isEmpty {
      add("Valid", .true, "Valid", "the configuration is valid")
    } else {
      add("Valid", .false, "Invalid", settled.problems.map(\.description).joined(separator: "; "))
    }
    if settled.spec != nil {
      switch InstallationFacts(settled, objects: state.objects).gateway {
      case .available where serving?.isBroken ?? false || serving?.wasBroken ?? false:
        add("Available", .false, ServingState.reason, ServingState.message)
      case .available: add("Available", .true, "GatewayAvailable", "the gateway's API is served")
      case .unavailable(let reason): add("Available", .false, "GatewayNotAvailable", reason)
      }
    }
    if let certificates { conditions.append(certificates.condition(old, generation: generation)) }
    let status = JSONValue.fields([
      "lastObservedGeneration": generation.map { .integer($0) },
      "conditions": conditions.json,
    ])
    // With the Go manager's CRD the list of conditions is atomic, hence the version.
    planner.ensureStatus(
      status, of: ClusterGatewayConfiguration.self, on: object, guardedBy: .version,
      because: "the configuration's status tells what came of it")
  }

  /// Without the hash of its default configuration OCM never lets the add-on finish progressing.
  private mutating func writeConfigurationHash() {
    guard let hash = settled.hashForClusters, let name = settled.name, let object = settled.addOnObject else {
      return
    }
    let type = ClusterGatewayConfiguration.type
    let status: JSONValue = [
      "defaultConfigReferences": [
        [
          "group": .string(type.group), "resource": .string(type.plural),
          "desiredConfig": ["name": .string(name), "specHash": .string(hash)],
        ]
      ]
    ]
    planner.ensureStatus(
      status, of: ClusterManagementAddOn.self, on: object, guardedBy: .version,
      because: "OCM compares clusters' configuration by its hash")
  }

  // MARK: Removals

  /// Objects of ours that the configuration no longer names go once the gateway has rolled out without them.
  private mutating func removeLeftovers(_ spec: ClusterGatewayConfiguration.Spec, tunnel: ProxyTunnel?) {
    let rollout = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    let facts = InstallationFacts(settled, objects: state.objects)
    var wanted: Set<ObjectKey> = [
      ObjectKey(Secret.type, namespace: spec.installNamespace, name: GatewayNames.servingSecret),
      ObjectKey(Secret.type, namespace: state.identity.namespace, name: state.identity.signerSecretName),
    ]
    // Besides what the pods are to mount now, what they are about to: copied before it can be mounted.
    for tunnel in [tunnel, spec.clusterProxy.map { ProxyTunnel($0) }].compactMap(\.self) {
      for name in [tunnel.caSecretName, tunnel.clientSecretName] {
        wanted.insert(ObjectKey(Secret.type, namespace: spec.installNamespace, name: name))
      }
    }
    let leftovers = LeftoverFinder(spec: spec, identity: state.identity, wanted: wanted).leftovers(
      in: state.objects)
    guard !leftovers.isEmpty else { return }
    for (object, type) in leftovers {
      let key = ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name)
      let isMounted =
        object.metadata.namespace == spec.installNamespace && rollout.mountedSecrets.contains(key.name)
      // Only a gateway that was seen to serve from here, and to read its Secrets here, does without what is
      // elsewhere.
      guard facts.gateway == .available, facts.readsSecretNamespace, !isMounted else {
        removals.find(
          .awaiting, "LeftoverInUse", on: key,
          "it is no longer wanted, but the gateway may still be using it",
          remedy: "nothing to do", awaitedFrom: "the gateway's roll-out")
        continue
      }
      removals.remove(object, type: type, because: "the configuration no longer names it")
    }
  }
}

/// Finds the installation's objects that bear our mark and that no configuration names any more.
struct LeftoverFinder {
  let spec: ClusterGatewayConfiguration.Spec
  let identity: ManagerIdentity
  let wanted: Set<ObjectKey>

  func leftovers(in objects: ObservedObjects) -> [(DynamicObject, ResourceType)] {
    var found: [(DynamicObject, ResourceType)] = []
    func collect(_ type: ResourceType, where isLeftover: (ObjectMeta) -> Bool) {
      for object in objects.all(type.groupKind)
      where ManagerIdentity.owns(object) && isLeftover(object.metadata) {
        found.append((object, type))
      }
    }
    for type in [ServiceAccount.type, Service.type] {
      collect(type) { $0.name == GatewayNames.service && $0.namespace != spec.installNamespace }
    }
    collect(Deployment.type) { $0.name == GatewayNames.deployment && $0.namespace != spec.installNamespace }
    for type in [Role.type, RoleBinding.type] {
      collect(type) { $0.name == GatewayNames.role && $0.namespace != spec.secretNamespace }
    }
    // Of Secrets only those that the installation itself makes; the clusters' are the clusters' plans'
    // business.
    collect(Secret.type) { metadata in
      let key = ObjectKey(Secret.type, namespace: metadata.namespace, name: metadata.name)
      return !wanted.contains(key) && metadata.labels[GatewayLabels.credentialType] == nil
        && metadata.labels[OCMLabels.isManagedServiceAccount] == nil
        && metadata.namespace != identity.namespace
    }
    return found
  }
}
