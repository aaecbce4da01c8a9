import GatewayAPI
package import KubeCore
import KubeKindsCore
package import KubeReconcile

/// The state of one managed cluster for people: what was observed of it, and the result of its
/// plan.
package struct ClusterReport: Sendable, Hashable {
  /// The cluster's health, as seen from the gateway.
  package enum Health: String, Sendable, Hashable, CaseIterable {
    /// The gateway should access it, and there is no problem.
    case healthy
    /// The gateway should access it, and there is a problem.
    case unhealthy
    /// The gateway should access it, and whether it can is unknown.
    case unknown
    /// The gateway shouldn't access it.
    case excluded

    /// The health for people.
    package var text: String { rawValue }
  }

  /// The identity with which the gateway accesses the cluster.
  package struct Identity: Sendable, Hashable {
    /// The state of the gateway Secret.
    package enum Credential: String, Sendable, Hashable {
      /// The gateway has no Secret for the cluster.
      case missing
      /// The plan changes the content of the gateway Secret.
      case outdated
      /// The gateway Secret is up to date.
      case current
      /// The gateway Secret can't be read.
      case unknown
    }

    /// The ManagedServiceAccount's name; `nil` where a person creates the gateway Secrets.
    package var account: String?
    /// The account's time of creation.
    package var since: Date?
    /// The time of issue of its token, as the token says.
    package var tokenIssued: Date?
    /// The time at which its token expires, as the token says, or else the account's status.
    package var tokenExpires: Date?
    /// The state of the gateway Secret.
    package var credential: Credential
    /// Whether the add-on whose agent reports its tokens isn't enabled on the cluster, so that the
    /// token isn't renewed.
    package var lacksAgent = false
  }

  /// The ManifestWork that grants the identity its rights on the cluster.
  package struct Work: Sendable, Hashable {
    /// One of its objects.
    package struct Manifest: Sendable, Hashable {
      /// The object's kind.
      package var kind: String
      /// The object's namespace on the cluster.
      package var namespace: String?
      /// The object's name.
      package var name: String
      /// Whether the cluster's agent has applied it; Unknown if it hasn't reported that.
      package var applied: Condition.Status
    }

    /// The ManifestWork's name.
    package var name: String
    /// Its condition `Applied`.
    package var applied: Condition?
    /// Its objects.
    package var manifests: [Manifest]
  }

  /// The cluster's name.
  package var name: String
  /// The labels of the ManagedCluster.
  package var labels: [String: String]
  /// The cluster's health.
  package var health: Health
  /// The reason why it isn't healthy: one word for programs, the same for all clusters with the
  /// same problem.
  package var reason: String
  /// The reason for people, which may differ from cluster to cluster.
  package var message: String
  /// Whether the add-on is enabled on the cluster.
  package var isEnabled: Bool
  /// The add-on's conditions that the manager writes, as they were observed.
  package var conditions: [Condition]
  /// The rights; `nil` without a ManifestWork.
  package var work: Work?
  /// The identity; `nil` without one.
  package var identity: Identity?
  /// The plan's findings, as far as they are known.
  package var findings: [Finding]
  /// The number of the plan's changes, likewise.
  package var pendingChanges: Int
  /// The rights that the reader lacks.
  package var gaps: ReaderGaps

  /// Whether ManifestWorks could be read.
  package var isWorkRead: Bool { !gaps.contains(ManagedKind.manifestWork) }
  /// Whether it could be read which identity there is.
  package var isIdentityRead: Bool {
    !gaps.contains(ManagedKind.managedServiceAccount) && !gaps.hidesConfiguration
  }

  /// The types of the reported conditions, in the order of `clusteradm get addon`.
  package static let conditionTypes = [
    ManagedClusterAddOn.ConditionType.available, ManagedClusterAddOn.ConditionType.manifestApplied,
    ManagedClusterAddOn.ConditionType.registrationApplied,
  ]

  /// The reason of clusters whose health can't be read.
  package static let notReadable = "NotReadable"

  /// Creates the report on a cluster; `nil` for one that has left the hub. `plan` is the one for
  /// `state`.
  package init?(_ state: ClusterState, plan: GatewayPlan) {
    guard let cluster = state.objects[ManagedKind.managedCluster, namespace: nil, name: state.name] else {
      return nil
    }
    name = state.name
    labels = cluster.metadata.labels
    gaps = ReaderGaps(state.objects.unobserved)
    let known = gaps.known(of: plan)
    findings = known.findings
    pendingChanges = known.patches.count { !$0.isVerification }
    let addOn = state.objects[
      ManagedKind.managedClusterAddOn, namespace: name, name: ManagerIdentity.addOnName]
    isEnabled = addOn != nil
    let observed = addOn.flatMap { try? ManagedClusterAddOn(observed: $0) }?.status.conditions ?? []
    conditions = ClusterReport.conditionTypes.compactMap { observed.condition($0) }
    work = Work(state)
    identity = Identity(state, plan: plan)
    (health, reason, message) = (.healthy, "", "")
    (health, reason, message) = verdict(on: state)
  }

  /// The verdict: the plan's reason to exclude the cluster, or else the first condition that isn't
  /// true decides, or else the worst finding.
  private func verdict(on state: ClusterState) -> (Health, reason: String, message: String) {
    guard !gaps.hidesConfiguration else {
      return (.unknown, ClusterReport.notReadable, "whether the gateway is installed can't be read")
    }
    // Without an installation nothing is said of the add-on.
    guard state.installation.addOn != nil,
      let managesSecrets = state.installation.configuration?.managesSecrets
    else { return (.unknown, "NotInstalled", "the gateway is not installed") }
    let worst = findings.first { $0.severity == .invalid || $0.severity == .error }
    if let exclusion = GatewayCredentials(state: state).exclusion {
      guard exclusion == .addOnMissing, state.installation.installsManually else {
        return (.excluded, exclusion.reason, exclusion.message)
      }
      if let worst { return (.unhealthy, worst.code.rawValue, worst.problem) }
      return (.unhealthy, exclusion.reason, "the manager has not enabled the add-on on the cluster yet")
    }
    guard isEnabled || !gaps.contains(ManagedKind.managedClusterAddOn) else {
      return (.unknown, ClusterReport.notReadable, "the add-on on the cluster can't be read")
    }
    for type in ClusterReport.conditionTypes {
      guard let condition = conditions.condition(type) else {
        if type == ManagedClusterAddOn.ConditionType.manifestApplied, !managesSecrets { continue }
        return (.unknown, "NotReported", "the manager has not reported \(type) yet")
      }
      guard condition.status != .true else { continue }
      return (
        condition.status == .false ? .unhealthy : .unknown, condition.reason, condition.message
      )
    }
    if let worst { return (.unhealthy, worst.code.rawValue, worst.problem) }
    return (.healthy, "", "")
  }
}

extension ClusterReport.Work {
  fileprivate init?(_ state: ClusterState) {
    let key = ObjectKey(
      ManifestWork.type, namespace: state.name, name: ManifestWork.name(deploying: ManagerIdentity.addOnName))
    guard
      let work = state.objects.value(ManifestWork.self, namespace: key.namespace, name: key.name)
    else { return nil }
    name = key.name
    applied = work.status.conditions.condition(ManifestWork.ConditionType.applied)
    let reported = work.status.resourceStatus.manifests
    manifests = work.spec.workload.manifests.map { manifest in
      let kind = manifest["kind"]?.string ?? ""
      let namespace = manifest.value(at: "metadata", "namespace")?.string
      let name = manifest.value(at: "metadata", "name")?.string ?? ""
      let status = reported.first {
        $0.resourceMeta.kind == kind && $0.resourceMeta.name == name
          && ($0.resourceMeta.namespace ?? "") == (namespace ?? "")
      }
      return Manifest(
        kind: kind, namespace: namespace, name: name,
        applied: status?.conditions.condition(ManifestWork.ConditionType.applied)?.status ?? .unknown)
    }
  }
}

extension ClusterReport.Identity {
  fileprivate init?(_ state: ClusterState, plan: GatewayPlan) {
    guard let spec = state.installation.configuration else { return nil }
    let key = ObjectKey(Secret.type, namespace: spec.secretNamespace, name: state.name)
    if let secret = state.objects[key] {
      // Its content follows from these.
      let sources = [
        ObjectKey(Secret.type, namespace: state.name, name: spec.managedServiceAccountName),
        ObjectKey(ManagedClusterAddOn.type, namespace: state.name, name: ManagerIdentity.addOnName),
        ObjectKey(
          ManifestWork.type, namespace: state.name,
          name: ManifestWork.name(deploying: ManagerIdentity.addOnName)),
      ]
      let isComparable =
        !spec.managesSecrets
        || sources.allSatisfy(state.objects.isObserved)
          && state.objects.isObserved(ObjectSelection(ManagedServiceAccount.type))
      credential =
        isComparable ? plan.changes("data", of: secret, key) ? .outdated : .current : .unknown
    } else {
      credential = state.objects.isObserved(key) ? .missing : .unknown
    }
    guard spec.managesSecrets else {
      guard credential == .current || credential == .unknown else { return nil }
      return
    }
    let name = spec.managedServiceAccountName
    guard
      let account = state.objects[ManagedKind.managedServiceAccount, namespace: state.name, name: name]
    else { return nil }
    self.account = name
    let agent = ObjectKey(
      ManagedClusterAddOn.type, namespace: state.name, name: ManagedServiceAccount.addOnName)
    lacksAgent = state.objects[agent] == nil && state.objects.isObserved(agent)
    since = account.metadata.creationTimestamp
    let claims = state.objects[ManagedKind.secret, namespace: state.name, name: name]
      .flatMap { try? ReportedToken($0, of: account) }?.claims
    tokenIssued = claims?.issued
    tokenExpires =
      claims?.expires ?? (try? account.decode(ManagedServiceAccount.self))?.status.expirationTimestamp
  }
}
