import CertificatePolicy
import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
import KubeReconcile

/// The conditions of a configuration, each about one aspect of the gateway.
struct ConfigurationConditions {
  typealias Kind = ClusterGatewayConfiguration.ConditionType

  /// The observed conditions.
  let old: [Condition]
  let generation: Int64?
  let now: Date
  private(set) var all: [Condition] = []

  init(old: [Condition], generation: Int64?, now: Date) {
    self.old = old
    self.generation = generation
    self.now = now
  }

  mutating func add(_ condition: Condition) { all.append(condition) }

  mutating func add(
    _ type: String, _ status: Condition.Status, reason: String, message: String
  ) {
    add(
      Condition(
        type: type, status: status, reason: reason, message: message,
        lastTransitionTime: AddOnConditions.transitionTime(of: type, to: status, from: old, at: now),
        observedGeneration: generation))
  }
}

/// The status of the configuration.
extension InstallationPlanner {
  private typealias Kind = ClusterGatewayConfiguration.ConditionType

  /// Plans the status of the configuration that the add-on names, from the observed objects and the
  /// findings, and those of the others.
  mutating func writeConfigurationStatus(
    _ certificates: CertificatePlanner? = nil, _ serving: ServingState? = nil
  ) {
    writeUnusedStatuses(
      reason: "NotInForce", "the ClusterManagementAddOn names the configuration \(effective.name ?? "")")
    guard let object = effective.object else { return }
    let old = effective.configuration?.status.conditions ?? []
    var conditions = ConfigurationConditions(old: old, generation: object.metadata.generation, now: now)
    if effective.problems.isEmpty {
      conditions.add(Kind.valid, .true, reason: "Valid", message: "the configuration is valid")
    } else {
      conditions.add(
        Kind.valid, .false, reason: "Invalid",
        message: effective.problems.map(\.description).joined(separator: "; "))
    }
    if let spec = effective.spec {
      addGateway(serving, to: &conditions)
      addDeployment(spec, to: &conditions)
      addAPIService(to: &conditions)
      if let certificates {
        let certificate = certificates.servingCondition
        conditions.add(
          Kind.servingCertificate, certificate.status, reason: certificate.reason,
          message: certificate.message)
        conditions.add(certificates.condition(old, generation: object.metadata.generation))
      }
      addClusters(spec, to: &conditions)
    }
    addProgress(to: &conditions)
    ensureStatus(conditions, on: object)
    putStatusBeforeFailures()
  }

  /// Moves the status before a patch that keeps failing, at which the plan ends. A status that
  /// fails itself stays last.
  private mutating func putStatusBeforeFailures() {
    let configurations = ClusterGatewayConfiguration.type
    let failing = Set(
      state.refusals.filter { [.failing, .staleView].contains($0.cause) }.map(\.target))
    let patches = planner.plan.patches
    guard !failing.contains(where: { $0.type == configurations }),
      let first = patches.firstIndex(where: { failing.contains($0.target) })
    else { return }
    let statuses = patches.filter { $0.target.type == configurations }
    planner.plan.patches =
      patches[..<first] + statuses + patches[first...].filter { $0.target.type != configurations }
  }

  /// Plans the statuses of the configurations that the add-on doesn't name, of all while there is
  /// none.
  mutating func writeUnusedStatuses(reason: String, _ message: String) {
    for object in state.objects.all(ManagedKind.configuration) where object.metadata.name != effective.name {
      guard let configuration = try? object.decode(ClusterGatewayConfiguration.self),
        configuration.status.conditions.condition(Kind.available) != nil
      else { continue }
      let old = configuration.status.conditions
      var conditions = ConfigurationConditions(
        old: old, generation: object.metadata.generation, now: now)
      for type in Kind.all where old.condition(type) != nil {
        switch type {
        case Kind.valid: if let valid = old.condition(type) { conditions.add(valid) }
        case Kind.available, Kind.degraded, Kind.progressing, Kind.rotating:
          conditions.add(type, .false, reason: reason, message: message)
        default: conditions.add(type, .unknown, reason: reason, message: message)
        }
      }
      ensureStatus(conditions, on: object)
    }
  }

  private mutating func ensureStatus(_ conditions: ConfigurationConditions, on object: DynamicObject) {
    let status = JSONValue.fields([
      "lastObservedGeneration": conditions.generation.map { .integer($0) },
      "conditions": conditions.all.sorted { $0.type < $1.type }.json,
    ])
    // With the Go manager's CRD the list of conditions is atomic, hence the version.
    planner.ensureStatus(
      status, of: ClusterGatewayConfiguration.self, on: object, precondition: .resourceVersion,
      because: "the configuration's status reports what was observed")
  }

  // MARK: The gateway

  private func addGateway(_ serving: ServingState?, to conditions: inout ConfigurationConditions) {
    switch gateway {
    case .available where serving?.isBroken ?? false || serving?.wasBroken ?? false:
      conditions.add(Kind.available, .false, reason: ServingState.reason, message: ServingState.message)
    case .available:
      conditions.add(
        Kind.available, .true, reason: "GatewayAvailable", message: "the gateway's API is served")
    case .unavailable(let reason):
      conditions.add(Kind.available, .false, reason: "GatewayNotAvailable", message: reason)
    case .unknown(let reason):
      conditions.add(Kind.available, .unknown, reason: "GatewayUnknown", message: reason)
    }
  }

  private func addDeployment(
    _ spec: ClusterGatewayConfiguration.Spec, to conditions: inout ConfigurationConditions
  ) {
    let key = ObjectKey(Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment)
    guard let deployment = state.objects.value(Deployment.self, namespace: key.namespace, name: key.name)
    else {
      guard state.objects.isObserved(key) else {
        conditions.add(Kind.deployed, .unknown, reason: "NotReadable", message: "\(key) can't be read")
        return
      }
      conditions.add(Kind.deployed, .false, reason: "DeploymentMissing", message: "there is no \(key) yet")
      return
    }
    let rollout = Rollout(deployment)
    guard !rollout.isComplete else {
      conditions.add(
        Kind.deployed, .true, reason: "RolledOut",
        message: "every pod runs the configured template and is available")
      return
    }
    let wanted = deployment.spec.replicas ?? 1
    let pods =
      "\(deployment.status.updatedReplicas ?? 0) of \(wanted) pods run the configured template, \(deployment.status.availableReplicas ?? 0) are available"
    conditions.add(
      Kind.deployed, .false, reason: rollout.isStalled ? "ProgressDeadlineExceeded" : "RollingOut",
      message: rollout.isStalled ? "\(pods); see the pods' events" : pods)
  }

  private func addAPIService(to conditions: inout ConfigurationConditions) {
    guard let service = state.objects.value(APIService.self, name: GatewayNames.apiService) else {
      let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
      guard state.objects.isObserved(key) else {
        conditions.add(Kind.apiService, .unknown, reason: "NotReadable", message: "\(key) can't be read")
        return
      }
      conditions.add(
        Kind.apiService, .false, reason: "APIServiceMissing",
        message: "the gateway's API is registered once a pod of the gateway is ready")
      return
    }
    guard let observed = service.status.conditions.condition("Available") else {
      conditions.add(
        Kind.apiService, .unknown, reason: "NotReported", message: "the aggregator has not reported on it yet"
      )
      return
    }
    let reason = observed.reason.isEmpty ? "ReasonMissing" : observed.reason
    // Two API servers may word a problem differently, and alternate.
    let earlier = conditions.old.condition(Kind.apiService)
    let isSame = earlier?.status == observed.status && earlier?.reason == reason
    conditions.add(
      Kind.apiService, observed.status, reason: reason,
      message: isSame ? earlier?.message ?? observed.message : observed.message)
  }

  // MARK: The clusters

  private mutating func addClusters(
    _ spec: ClusterGatewayConfiguration.Spec, to conditions: inout ConfigurationConditions
  ) {
    let health = state.fleet.health
    let missing = health.withoutIdentity
    if !spec.managesSecrets {
      conditions.add(
        Kind.egressIdentity, .true, reason: "Manual", message: "the gateway Secrets are created by a person")
    } else if missing.count == 0 {
      conditions.add(
        Kind.egressIdentity, .true, reason: "Ready",
        message: "the gateway has a credential with rights for each of \(health.served) clusters")
    } else {
      conditions.add(
        Kind.egressIdentity, .false, reason: "IdentityMissing",
        message:
          "no credential with rights for \(missing.count) of \(health.served) clusters; first: \(missing)")
    }
    addClusterHealth(spec, to: &conditions)
  }

  /// Adds the condition that the clusters' plans use: if the gateway has been down for an interval,
  /// their availability is unknown.
  private mutating func addClusterHealth(
    _ spec: ClusterGatewayConfiguration.Spec, to conditions: inout ConfigurationConditions
  ) {
    let health = state.fleet.health
    let gateway = conditions.all.condition(Kind.available)
    if gateway?.status == .false, let since = gateway?.lastTransitionTime {
      let interval = spec.health.intervalDuration.length
      // A clock that was ahead may have written a time in the future.
      let down = Duration.seconds(max(0, now.timeIntervalSince(since)))
      let unavailable = Finding.Code.gatewayUnavailable.rawValue
      let wasDown = conditions.old.condition(Kind.clusters)?.reason == unavailable
      if down >= interval || wasDown {
        conditions.add(
          Kind.clusters, .unknown, reason: unavailable,
          message: "the clusters can't be reached while the gateway does not serve; see \(Kind.available)")
        return
      }
      planner.plan.requeue(after: interval - down)
    }
    let counts = "\(health.available) of \(health.served)"
    if health.unavailable.count > 0 {
      conditions.add(
        Kind.clusters, .false, reason: "ClustersUnavailable",
        message: "\(counts) clusters are available; not: \(health.unavailable)")
    } else if health.unknown.count > 0 {
      conditions.add(
        Kind.clusters, .unknown, reason: "ClustersUnknown",
        message: "\(counts) clusters are known to be available; unknown: \(health.unknown)")
    } else {
      conditions.add(
        Kind.clusters, .true, reason: "ClustersAvailable", message: "\(counts) clusters are available")
    }
  }

  // MARK: The manager

  /// Adds the manager's problems and pending dependencies: the most severe finding.
  private func addProgress(to conditions: inout ConfigurationConditions) {
    let findings = planner.plan.findings + removals.plan.findings
    func first(_ severity: Finding.Severity) -> Finding? { findings.first { $0.severity == severity } }
    if let worst = first(.error) ?? first(.invalid) {
      conditions.add(Kind.degraded, .true, reason: worst.code.rawValue, message: worst.message)
    } else {
      conditions.add(
        Kind.degraded, .false, reason: "AsExpected", message: "nothing keeps the manager from its work")
    }
    if let awaited = first(.awaiting) {
      // As long as the same is awaited the message stays: a process that only reads the hub knows less about it.
      let earlier = conditions.old.condition(Kind.progressing)
      let isSame =
        earlier?.reason == awaited.code.rawValue && earlier?.message.hasPrefix(awaited.place) ?? false
      conditions.add(
        Kind.progressing, .true, reason: awaited.code.rawValue,
        message: isSame ? earlier?.message ?? awaited.message : awaited.message)
    } else {
      conditions.add(Kind.progressing, .false, reason: "Settled", message: "nothing is awaited")
    }
  }
}

extension Finding {
  /// The problem and the remedy, without the severity and the code.
  fileprivate var message: String { "\(place)\(problem); \(remedy)" }

  fileprivate var place: String { object.map { "\($0): " } ?? "" }

  /// The finding by which the manager has reported `condition` on a configuration, if only the
  /// manager can know of it: its own requests are refused.
  init?(reportedBy condition: Condition, on configuration: ObjectKey) {
    let code = Code(rawValue: condition.reason)
    guard condition.status == .true, Refusal.Cause.allCases.contains(where: { $0.code == code }) else {
      return nil
    }
    let parts = condition.message.split(separator: "; ")
    self.init(
      .error, code: code, object: configuration, problem: parts.dropLast().joined(separator: "; "),
      remedy: parts.last.map(String.init) ?? "")
  }
}
