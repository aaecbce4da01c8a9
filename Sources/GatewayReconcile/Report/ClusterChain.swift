import GatewayAPI
package import KubeCore
import KubeKindsCore
import KubeReconcile

/// The conditions for a request to reach a managed cluster through the gateway, in their order,
/// from the cluster's acceptance to the probe, and whether each holds.
///
/// For an object of the manager's the cluster's plan decides: a finding about the object, or a
/// change of it, breaks the link.
package struct ClusterChain: Sendable, Hashable {
  /// The links, in their order.
  package enum Step: String, Sendable, Hashable, CaseIterable {
    case installed, accepted, joined, available, selected, enabled, agent, account, token, rights, credential,
      gateway, probe

    /// The condition, as a sentence for people.
    package var title: String {
      switch self {
      case .installed: "the gateway is installed on the hub"
      case .accepted: "the hub accepts the cluster"
      case .joined: "the cluster has joined"
      case .available: "the cluster is available"
      case .selected: "the configuration selects the cluster"
      case .enabled: "the add-on is enabled on the cluster"
      case .agent: "the managed-serviceaccount agent is available"
      case .account: "the gateway's identity is there"
      case .token: "the cluster has reported the identity's token"
      case .rights: "the cluster has applied the identity's rights"
      case .credential: "the gateway has the token"
      case .gateway: "the gateway is available"
      case .probe: "the cluster answers through the gateway"
      }
    }
  }

  /// Whether a link holds.
  package enum State: Sendable, Hashable {
    /// It holds; a detail for people.
    case holds(String)
    /// It doesn't hold.
    case broken(problem: String, remedy: String)
    /// Unknown, and why.
    case unknown(String)
    /// It can't hold before an earlier link does.
    case waiting
  }

  /// One link.
  package struct Link: Sendable, Hashable {
    /// The condition.
    package var step: Step
    /// The object that decides it; `nil` if there is no single one.
    package var object: ObjectKey?
    /// Whether it holds.
    package var state: State
  }

  /// Whether requests reach the cluster.
  package enum Verdict: Sendable, Hashable {
    /// They do: the cluster has just answered, or every link holds.
    case reached
    /// They do, as the cluster has just answered, although a link is broken.
    case reachedDespite(Step)
    /// They don't: the cluster has just failed to answer, or a link is broken.
    case notReached
    /// A link is broken, but the manager's last report is that the cluster answers.
    case doubtful(Step)
    /// No link is broken, but some are unknown.
    case unknown
  }

  /// The cluster's name.
  package let cluster: String
  /// Whether the cluster was probed for this chain, and answered; `nil` if that shows nothing.
  private let hasAnswered: Bool?
  /// The links; those of the identity are left out where a person creates the gateway Secrets.
  package private(set) var links: [Link] = []

  /// The first broken link.
  package var firstBroken: Link? {
    links.first { if case .broken = $0.state { true } else { false } }
  }

  /// Whether requests reach the cluster. An answer to a probe decides; the links explain it.
  package var verdict: Verdict {
    let broken = firstBroken?.step
    if hasAnswered == true { return broken.map { .reachedDespite($0) } ?? .reached }
    if hasAnswered == false { return .notReached }
    func holds(_ link: Link) -> Bool { if case .holds = link.state { true } else { false } }
    if let broken { return links.last.map(holds) ?? false ? .doubtful(broken) : .notReached }
    return links.allSatisfy(holds) ? .reached : .unknown
  }

  /// Creates the chain of a cluster.
  ///
  /// - Parameters:
  ///   - state: What was observed of the cluster; a probe's result if the cluster was just probed.
  ///   - plan: The plan for `state`.
  ///   - gateway: Whether the gateway's API is served; `nil` if that wasn't observed.
  ///   - gaps: The rights that the reader lacks.
  package init(
    _ state: ClusterState, plan: GatewayPlan, gateway: GatewayHealth?, gaps: ReaderGaps = ReaderGaps()
  ) {
    cluster = state.name
    hasAnswered =
      switch state.probe {
      case .reached?: true
      case .failed?: false
      case .forbidden?, .inconclusive?, nil: nil
      }
    var builder = ChainBuilder(state: state, plan: gaps.known(of: plan), unknown: gaps.unknown(of: plan))
    builder.build(gateway: gateway)
    links = builder.links
  }
}

/// Builds a chain link by link.
private struct ChainBuilder {
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
      add(.installed, addOn, is: notInstalled)
      return
    }
    add(.installed, addOn, is: .holds("configuration \(facts.configurationName ?? "")"))
    guard addCluster(spec) else { return }
    let installsManually = facts.installsManually
    addObject(
      .enabled, ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName,
      remedy: installsManually
        ? managerRemedy : "enable it, or correct the ClusterManagementAddOn's placements")
    if spec.managesSecrets { addIdentity(spec) }
    addObject(
      .credential, Secret.type, namespace: spec.secretNamespace, name: state.name, deciding: "data",
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
          "there is no valid ClusterGatewayConfiguration \(state.installation.configurationName ?? ManagerIdentity.addOnName)",
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
          ? .broken(
            problem: "there is no ManagedCluster \(state.name)",
            remedy: "check the name: `kubectl get managedclusters` lists those that there are")
          : .unknown("you may not read \(key)"))
      return false
    }
    guard let cluster = try? object.decode(ManagedCluster.self) else {
      add(.accepted, key, is: broken(by: finding(on: key)) ?? .unknown("the ManagedCluster can't be read"))
      return false
    }
    if object.metadata.deletionTimestamp != nil {
      add(
        .accepted, key,
        is: .broken(
          problem: "the cluster is leaving the hub",
          remedy: "wait until it has left; what holds it is in its metadata.finalizers"))
      return true
    }
    add(
      .accepted, key,
      is: cluster.spec.hubAcceptsClient ?? false
        ? .holds("spec.hubAcceptsClient is true")
        : broken(by: finding(on: key))
          ?? .broken(
            problem: "the hub has not accepted the cluster",
            remedy: "run `clusteradm accept --clusters \(state.name)`"))
    let conditions = cluster.status.conditions
    add(
      .joined, key,
      of: conditions.condition(ManagedCluster.ConditionType.joined), absent: "its agent has not registered",
      remedy: "accept its certificate request: `clusteradm accept --clusters \(state.name)`")
    add(
      .available, key,
      of: conditions.condition(ManagedCluster.ConditionType.available),
      absent: "its agent has not reported yet",
      remedy: "see the klusterlet on the cluster: does it run, and does it reach the hub?")
    add(
      .selected, key,
      is: GatewayCredentials.optOut(object, spec).map {
        .broken(problem: $0, remedy: "remove what leaves the cluster out")
      } ?? .holds(spec.clusters.selector == nil ? "it selects all clusters" : "by its labels"))
    return true
  }

  // MARK: The identity

  private mutating func addIdentity(_ spec: ClusterGatewayConfiguration.Spec) {
    let account = spec.managedServiceAccountName
    let agent = ObjectKey(
      ManagedClusterAddOn.type, namespace: state.name, name: ManagedServiceAccount.addOnName)
    if let object = state.objects[agent] {
      let conditions = (try? ManagedClusterAddOn(observed: object))?.status.conditions ?? []
      if let available = conditions.condition(ManagedClusterAddOn.ConditionType.available) {
        add(
          .agent, agent, of: available, remedy: "see its pods and their logs on the cluster")
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
          : .unknown("you may not read \(agent)"))
    }
    addObject(
      .account, ManagedServiceAccount.type, namespace: state.name, name: account, deciding: "spec",
      remedy: managerRemedy)
    addObject(
      .token, Secret.type, namespace: state.name, name: account,
      remedy: "see the managed-serviceaccount agent's log on the cluster")
    addObject(
      .rights, ManifestWork.type, namespace: state.name,
      name: ManifestWork.name(deploying: ManagerIdentity.addOnName), deciding: "spec", remedy: managerRemedy,
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
        is: .broken(problem: reason, remedy: "see `gateway-manager status` for the gateway's own state"))
    case nil: add(.gateway, key, is: .unknown("not checked"))
    }
  }

  private mutating func addProbe() {
    let key = ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName)
    let probeRemedy = "ask by hand: `kubectl get --raw \(ChainBuilder.probePath(state.name))`"
    switch state.probe {
    case .reached?: add(.probe, nil, is: .holds("asked just now"))
    case .failed(let reason)?: add(.probe, nil, is: .broken(problem: reason, remedy: probeRemedy))
    case .forbidden?: add(.probe, nil, is: .unknown("you may not get clustergateways/proxy"))
    case .inconclusive?:
      add(.probe, nil, is: .unknown("what is answered through the gateway says nothing about the cluster"))
    case nil:
      // What the running manager has seen last is in the add-on's condition.
      let addOn = state.objects[key].flatMap { try? ManagedClusterAddOn(observed: $0) }
      add(
        .probe, key,
        of: addOn?.status.conditions.condition(ManagedClusterAddOn.ConditionType.available),
        absent: "the manager has not reported it yet", remedy: probeRemedy)
    }
  }

  static func probePath(_ cluster: String) -> String {
    "/apis/\(ClusterGateway.type.apiVersion)/\(ClusterGateway.type.plural)/\(cluster)/proxy/healthz"
  }

  // MARK: Links

  private var managerRemedy: String {
    "see that the manager runs: its Lease \(ManagerIdentity.leaseName) is renewed every few seconds, and its log says why not"
  }

  /// Adds a link. One that is broken after an earlier broken link is reported as waiting, unless it
  /// was just asked.
  private mutating func add(_ step: ClusterChain.Step, _ object: ObjectKey?, is state: State) {
    var state = state
    let isAsked = step == .probe && self.state.probe != nil
    if isBroken, case .broken = state, step != .gateway, !isAsked { state = .waiting }
    links.append(ClusterChain.Link(step: step, object: object, state: state))
  }

  /// Adds a link that holds if the condition is true.
  private mutating func add(
    _ step: ClusterChain.Step, _ object: ObjectKey, of condition: Condition?, absent: String = "",
    remedy: String
  ) {
    guard let condition else { return add(step, object, is: .broken(problem: absent, remedy: remedy)) }
    let text = condition.message.isEmpty ? condition.reason : "\(condition.reason): \(condition.message)"
    switch condition.status {
    case .true: add(step, object, is: .holds(text))
    case .false: add(step, object, is: .broken(problem: text, remedy: remedy))
    case .unknown: add(step, object, is: .broken(problem: "not known: \(text)", remedy: remedy))
    }
  }

  /// Adds a link that holds if the object exists, and the plan has no finding about it and doesn't
  /// change its `field`.
  private mutating func addObject(
    _ step: ClusterChain.Step, _ type: ResourceType, namespace: String, name: String,
    deciding field: String? = nil, remedy: String, detail: (DynamicObject) -> String = { _ in "" }
  ) {
    let key = ObjectKey(type, namespace: namespace, name: name)
    guard state.objects.isObserved(key) else {
      return add(step, key, is: .unknown("you may not read \(key)"))
    }
    if let broken = broken(by: finding(on: key)) { return add(step, key, is: broken) }
    guard let object = state.objects[key] else {
      return add(step, key, is: .broken(problem: "there is no \(key)", remedy: remedy))
    }
    if object.metadata.deletionTimestamp != nil {
      return add(step, key, is: .broken(problem: "\(key) is being deleted", remedy: "wait until it has gone"))
    }
    if let field, plan.changes(field, of: object, key) {
      return add(
        step, key,
        is: .broken(problem: "the manager has not yet written what \(key) should hold", remedy: managerRemedy)
      )
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
