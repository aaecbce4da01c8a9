import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeReconcile

/// Builds a chain link by link.
struct ChainBuilder {
  let state: ClusterState
  /// The part of the plan that is known.
  let plan: GatewayPlan
  /// The changes that may follow from what could not be read.
  let unknown: GatewayPlan
  var links: [ClusterChain.Link] = []

  private typealias State = ClusterChain.State
  private var isBroken: Bool {
    links.contains { if case .broken = $0.state { true } else { false } }
  }

  mutating func build(gateway: GatewayHealth?) {
    let facts = state.installation
    let addOn = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
    guard facts.addOn != nil, let spec = facts.configuration else {
      add(.installed, addOn, is: notInstalled, code: "NotInstalled")
      return
    }
    add(.installed, addOn, is: .holds("configuration \(facts.configurationName ?? "")"))
    guard addCluster(spec) else { return }
    addObject(
      .enabled, ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName,
      code: Exclusion.addOnMissing.reason,
      remedy: facts.installsManually ? managerRemedy : remedy(for: .addOnMissing))
    if spec.managesSecrets { addIdentity(spec) }
    addObject(
      .credential, Secret.type, namespace: spec.secretNamespace, name: state.name, deciding: "data",
      code: spec.managesSecrets ? "CredentialMissing" : "ManualSecretMissing",
      remedy: spec.managesSecrets
        ? managerRemedy : "create the Secret with label \(GatewayLabels.credentialType)",
      detail: { "endpoint \($0.metadata.labels[GatewayLabels.endpointType] ?? "unknown")" })
    addGateway(gateway)
    addProbe()
  }

  // MARK: The cluster

  private var notInstalled: State {
    if state.installation.addOn != nil {
      let configurations = ObjectSelection(ClusterGatewayConfiguration.type)
      guard state.objects.isObserved(configurations) else {
        return .unknown("you may not list \(configurations)")
      }
      return .broken(
        problem:
          "there is no valid ClusterGatewayConfiguration \(state.installation.namedConfiguration)",
        remedy: "see `gateway-manager plan` for what is wrong with it")
    }
    if state.installation.addOnIsGone {
      return .broken(
        problem: "there is no ClusterManagementAddOn \(ManagerIdentity.addOnName), or it is being deleted",
        remedy: "apply what `gateway-manager manifests` prints")
    }
    return .unknown("you may not read ClusterManagementAddOn \(ManagerIdentity.addOnName)")
  }

  /// Adds the links of the cluster itself; returns whether the cluster exists.
  private mutating func addCluster(_ spec: ClusterGatewayConfiguration.Spec) -> Bool {
    let key = ObjectKey(ManagedCluster.type, name: state.name)
    guard let object = state.objects[key] else {
      add(
        .accepted, key,
        is: state.objects.isObserved(key)
          ? .broken(problem: "there is no ManagedCluster \(state.name)", remedy: remedy(for: .gone))
          : .unknown("you may not read \(key)"),
        code: "ClusterMissing")
      return false
    }
    guard let cluster = try? object.decode(ManagedCluster.self) else {
      let finding = finding(on: key)
      add(
        .accepted, key, is: broken(by: finding) ?? .unknown("the ManagedCluster can't be read"),
        code: finding?.code.rawValue)
      return false
    }
    let refusal = Exclusion.byHub(object)
    add(
      .accepted, key, is: refusal.map(broken) ?? .holds("spec.hubAcceptsClient is true"),
      code: refusal?.reason)
    guard refusal != .leaving else { return true }
    let conditions = cluster.status.conditions
    add(
      .joined, key,
      of: conditions.condition(ManagedCluster.ConditionType.joined), absent: "its agent has not registered",
      code: "ClusterNotJoined",
      remedy: "accept its certificate request: `clusteradm accept --clusters \(state.name)`")
    add(
      .available, key,
      of: conditions.condition(ManagedCluster.ConditionType.available),
      absent: "its agent has not reported yet", code: "ClusterUnknown",
      remedy: "see the klusterlet on the cluster: does it run, and does it reach the hub?")
    let exclusion = Exclusion.byChoice(object, selector: spec.clusters.selector)
    add(
      .selected, key,
      is: exclusion.map(broken)
        ?? .holds(spec.clusters.selector == nil ? "it selects all clusters" : "by its labels"),
      code: exclusion?.reason)
    return true
  }

  private func broken(by exclusion: Exclusion) -> State {
    .broken(problem: exclusion.message, remedy: remedy(for: exclusion))
  }

  private func remedy(for exclusion: Exclusion) -> String {
    exclusion.remedy(for: state.name, configuration: state.installation.namedConfiguration)
  }

  // MARK: The identity

  private mutating func addIdentity(_ spec: ClusterGatewayConfiguration.Spec) {
    let (account, agentCode) = (spec.managedServiceAccountName, "TokenAgentUnavailable")
    let agent = ObjectKey(
      ManagedClusterAddOn.type, namespace: state.name, name: ManagedServiceAccount.addOnName)
    if let object = state.objects[agent] {
      let conditions = (try? ManagedClusterAddOn(observed: object))?.status.conditions ?? []
      if let available = conditions.condition(ManagedClusterAddOn.ConditionType.available) {
        add(
          .agent, agent, of: available, code: agentCode,
          remedy: "see its pods and their logs on the cluster")
      } else {
        add(.agent, agent, is: .unknown("it has not reported yet"))
      }
    } else {
      add(
        .agent, agent,
        is: state.objects.isObserved(agent)
          ? .broken(
            problem: "the add-on \(agent.name) is not enabled on the cluster",
            remedy: "run `clusteradm addon enable --names \(agent.name) --clusters \(state.name)`")
          : .unknown("you may not read \(agent)"), code: agentCode)
    }
    addObject(
      .account, ManagedServiceAccount.type, namespace: state.name, name: account, deciding: "spec",
      code: "CredentialMissing", remedy: managerRemedy)
    addObject(
      .token, Secret.type, namespace: state.name, name: account, code: "TokenMissing",
      remedy: "see the managed-serviceaccount agent's log on the cluster")
    addObject(
      .rights, ManifestWork.type, namespace: state.name,
      name: ManifestWork.name(deploying: ManagerIdentity.addOnName), deciding: "spec", code: "WorkNotApplied",
      remedy: managerRemedy,
      detail: { object in
        let work = try? object.decode(ManifestWork.self)
        return "\(work?.spec.workload.manifests.count ?? 0) manifests"
      })
  }

  // MARK: The gateway

  private mutating func addGateway(_ gateway: GatewayHealth?) {
    let key = ObjectKey(
      ResourceType(
        group: "apiregistration.k8s.io", version: "v1", kind: "APIService", plural: "apiservices",
        isNamespaced: false), name: GatewayNames.apiService)
    switch gateway {
    case .available?: add(.gateway, key, is: .holds("its API is served"))
    case .unknown(let reason)?: add(.gateway, key, is: .unknown(reason))
    case .unavailable(let reason)?:
      add(
        .gateway, key,
        is: .broken(problem: reason, remedy: "see `gateway-manager status` for the gateway's own state"),
        code: "GatewayNotAvailable")
    case nil: add(.gateway, key, is: .unknown("not checked"))
    }
  }

  private mutating func addProbe() {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    let byHand = "ask by hand: `kubectl get --raw \(ChainBuilder.probePath(state.name))`"
    switch state.probe {
    case .reached?: add(.probe, nil, is: .holds("asked just now"))
    case .failed(let reason)?:
      add(.probe, nil, is: .broken(problem: reason, remedy: byHand), code: "ProbeFailed")
    case .forbidden?: add(.probe, nil, is: .unknown("you may not get clustergateways/proxy"))
    case .inconclusive?:
      add(.probe, nil, is: .unknown("what is answered through the gateway says nothing about the cluster"))
    case nil:
      // What the running manager has seen last is in the add-on's condition.
      let addOn = state.objects[key].flatMap { try? ManagedClusterAddOn(observed: $0) }
      let available = addOn?.status.conditions.condition(ManagedClusterAddOn.ConditionType.available)
      add(
        .probe, key, of: available, absent: "the manager has not reported it yet",
        code: available == nil ? "NotReported" : nil,
        remedy:
          "ask it now, as this may be outdated: `gateway-manager explain \(state.name) --probe`; or \(byHand)"
      )
    }
  }

  static func probePath(_ cluster: String) -> String {
    "/apis/\(ClusterGateway.type.apiVersion)/\(ClusterGateway.type.plural)/\(cluster)/proxy/healthz"
  }

  // MARK: Links

  private var managerRemedy: String {
    "see that the manager runs: `gateway-manager status` shows its Lease, and its log what keeps it from its work"
  }

  /// Adds a link; `code` is that of the problem where it is broken. One that is broken after an
  /// earlier broken link is reported as waiting, unless it was just asked.
  private mutating func add(
    _ step: ClusterChain.Step, _ object: ObjectKey?, is state: State, code: String? = nil
  ) {
    var state = state
    let isAsked = step == .probe && self.state.probe != nil
    if isBroken, case .broken = state, step != .gateway, !isAsked { state = .waiting }
    var link = ClusterChain.Link(step: step, object: object, state: state)
    if case .broken = state { link.code = code }
    links.append(link)
  }

  /// Adds a link that holds if the condition is true; where it isn't, the code is `code`, or else
  /// the condition's reason.
  private mutating func add(
    _ step: ClusterChain.Step, _ object: ObjectKey, of condition: Condition?, absent: String = "",
    code: String? = nil, remedy: String
  ) {
    guard let condition else {
      return add(step, object, is: .broken(problem: absent, remedy: remedy), code: code)
    }
    let code = code ?? condition.reason
    let text = condition.message.isEmpty ? condition.reason : "\(condition.reason): \(condition.message)"
    switch condition.status {
    case .true: add(step, object, is: .holds(text))
    case .false: add(step, object, is: .broken(problem: text, remedy: remedy), code: code)
    case .unknown: add(step, object, is: .broken(problem: "not known: \(text)", remedy: remedy), code: code)
    }
  }

  /// Adds a link that holds if the object exists, and the plan has no finding about it and doesn't
  /// change its `field`; `code` is for an object that is missing.
  private mutating func addObject(
    _ step: ClusterChain.Step, _ type: ResourceType, namespace: String, name: String,
    deciding field: String? = nil, code: String? = nil, remedy: String,
    detail: (DynamicObject) -> String = { _ in "" }
  ) {
    let key = ObjectKey(type, namespace: namespace, name: name)
    guard state.objects.isObserved(key) else {
      return add(step, key, is: .unknown("you may not read \(key)"))
    }
    let finding = finding(on: key)
    if let broken = broken(by: finding) { return add(step, key, is: broken, code: finding?.code.rawValue) }
    guard let object = state.objects[key] else {
      return add(step, key, is: .broken(problem: "there is no \(key)", remedy: remedy), code: code)
    }
    if object.metadata.deletionTimestamp != nil {
      return add(
        step, key, is: .broken(problem: "\(key) is being deleted", remedy: "wait until it has gone"),
        code: Finding.Code.beingDeleted.rawValue)
    }
    if let field, plan.changes(field, of: object, key) {
      return add(
        step, key,
        is: .broken(
          problem: "the manager has not yet written what \(key) should hold", remedy: managerRemedy),
        code: "ManagerNotRunning")
    }
    if let field, unknown.changes(field, of: object, key) {
      return add(step, key, is: .unknown("it is there; what it should hold follows from what can't be read"))
    }
    add(step, key, is: .holds(detail(object)))
  }

  /// The plan's first finding about the object that is more than a warning.
  private func finding(on key: ObjectKey) -> Finding? {
    plan.findings.first { $0.object == key && $0.severity != .warning }
  }

  private func broken(by finding: Finding?) -> State? {
    finding.map { finding in
      let who = finding.awaitedFrom.map { " (awaited from \($0))" } ?? ""
      return .broken(problem: finding.problem + who, remedy: finding.remedy)
    }
  }
}

extension GatewayPlan {
  /// Whether the plan deletes the object at `key`, or changes its `field` from the value in
  /// `object`.
  func changes(_ field: String, of object: DynamicObject, _ key: ObjectKey) -> Bool {
    patches.contains { patch in
      guard patch.target == key, patch.subresource == nil else { return false }
      if patch.operation == .delete { return true }
      guard case .apply(let fields, _) = patch.operation, let value = fields[field] else { return false }
      return value != object.json[field]
    }
  }
}
