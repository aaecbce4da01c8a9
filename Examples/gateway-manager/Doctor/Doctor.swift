import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeReconcile
import KubeRuntime
import KubeTransport

/// An examination of a hub.
struct Doctor {
  private typealias Check = Examination.Check

  let client: KubeClient
  let clock: ServerClock
  let identity: ManagerIdentity
  /// Whether the caller's own rights are examined instead of the manager's.
  let asksForSelf: Bool

  /// The difference between clocks, in seconds, from which tokens and certificates may count as not
  /// valid yet.
  private static let clockTolerance = 60.0

  func examine() async throws -> Examination {
    let discovery = try await client.discover()
    let hub = try await self.hub(discovery)
    let findings =
      hub.map { $0.gaps.known(of: reconcileInstallation($0.installation, at: clock.now)).findings } ?? []
    async let server = serverSection()
    async let aggregation = aggregationSection(findings)
    async let rights = rightsSection(hub)
    async let callers = callersSection()
    return Examination(sections: [
      try await server, apiSection(discovery), try await aggregation, credentialsSection(hub, findings),
      try await rights, try await callers,
    ])
  }

  /// The hub's objects; `nil` if it lacks a kind.
  private func hub(_ discovery: APIDiscovery) async throws -> HubCache? {
    guard missingKinds(discovery).isEmpty else { return nil }
    return try await HubLoader(client, identity: identity).load()
  }

  // MARK: The API server

  private func serverSection() async throws -> Examination.Section {
    let version = try await client.json(.raw(path: "/version"))?["gitVersion"]?.string ?? "unknown"
    // Only answers of the core API carry its time.
    _ = try await client.json(.raw(path: "/api"))
    let difference = Date().timeIntervalSince(clock.now)
    let isFar = abs(difference) > Doctor.clockTolerance
    let detail =
      abs(difference) <= ServerClock.tolerance
      ? "the API server's and this machine's agree within \(Int(ServerClock.tolerance)) seconds"
      : "this machine's is \(TimeText.words(.seconds(Int64(abs(difference))))) \(difference > 0 ? "ahead of" : "behind") the API server's"
    return Examination.Section(
      title: "API server",
      checks: [
        Check(verdict: .note, title: "version", detail: version),
        Check(
          verdict: isFar ? .bad : .good, title: "clocks", detail: detail,
          remedy: isFar
            ? "set both by NTP: tokens and certificates are valid by the verifier's clock" : nil
        ),
      ])
  }

  private func missingKinds(_ discovery: APIDiscovery) -> [ResourceType] {
    HubRequirements.kinds.filter { kind in !discovery.resources.contains { $0.type == kind } }
  }

  private func apiSection(_ discovery: APIDiscovery) -> Examination.Section {
    let missing = Set(missingKinds(discovery))
    let checks = HubRequirements.kinds.map { kind in
      let versions = discovery.resources.map(\.type)
        .filter { $0.group == kind.group && $0.plural == kind.plural }.map(\.version)
      let isMissing = missing.contains(kind)
      return Check(
        verdict: isMissing ? .bad : .good, title: kind.qualifiedPlural,
        detail: isMissing
          ? "\(kind.version) is needed, \(versions.isEmpty ? "none" : versions.joined(separator: ", ")) served"
          : versions.joined(separator: ", "),
        remedy: isMissing ? Doctor.remedy(forMissing: kind) : nil)
    }
    let problems = discovery.problems.sorted { $0.key < $1.key }.map { version, problem in
      Check(verdict: .unknown, title: version, detail: problem)
    }
    return Examination.Section(title: "APIs", checks: checks + problems)
  }

  private static func remedy(forMissing kind: ResourceType) -> String {
    switch kind {
    case ClusterGatewayConfiguration.type: "apply what `gateway-manager manifests --part definition` prints"
    case ManagedServiceAccount.type: "install the managed-serviceaccount add-on"
    case APIService.type: "use an API server with the aggregation layer"
    default: "install OCM: `clusteradm init`"
    }
  }

  // MARK: Aggregation

  private func aggregationSection(_ findings: [Finding]) async throws -> Examination.Section {
    var checks: [Check] = []
    let service = try await permitted {
      try await client.find(APIService.self, name: GatewayNames.apiService)
    }
    let condition = service??.status.conditions.condition("Available")
    if condition?.status == .true {
      checks.append(
        Check(verdict: .good, title: "aggregation layer", detail: "it serves the gateway's API"))
    } else {
      checks.append(try await requestHeaderCheck())
    }
    let remedy = "see `gateway-manager status`"
    let foreign = findings.first { $0.code == "ForeignAPIService" }
    switch (foreign, service, condition) {
    case (let foreign?, _, _): checks.append(Doctor.check(foreign, title: GatewayNames.apiService))
    case (_, nil, _):
      checks.append(Check(verdict: .unknown, title: GatewayNames.apiService, detail: "it can't be read"))
    case (_, .some(nil), _):
      checks.append(
        Check(verdict: .note, title: GatewayNames.apiService, detail: "the gateway is not installed yet"))
    case (_, _, let condition?) where condition.status == .true:
      checks.append(Check(verdict: .good, title: GatewayNames.apiService, detail: "available"))
    case (_, _, let condition):
      checks.append(
        Check(
          verdict: .bad, title: GatewayNames.apiService,
          detail: condition.map { "\($0.reason): \($0.message)" } ?? "the aggregator has not reported on it",
          remedy: remedy, code: condition == nil ? "NotReported" : "GatewayNotAvailable"))
    }
    return Examination.Section(title: "Aggregation", checks: checks)
  }

  /// The check for the certificates by which aggregated API servers recognize this one.
  private func requestHeaderCheck() async throws -> Check {
    let name = "extension-apiserver-authentication"
    let map = try await permitted {
      try await client.find(ConfigMap.self, namespace: "kube-system", name: name)
    }
    guard let map else {
      return Check(
        verdict: .unknown, title: "aggregation layer", detail: "ConfigMap kube-system/\(name) can't be read")
    }
    guard map?.data["requestheader-client-ca-file"]?.isEmpty == false else {
      return Check(
        verdict: .bad, title: "aggregation layer",
        detail: "ConfigMap kube-system/\(name) has no requestheader-client-ca-file",
        remedy: "start the API server with --requestheader-client-ca-file and --proxy-client-cert-file")
    }
    return Check(verdict: .good, title: "aggregation layer", detail: "it is configured")
  }

  // MARK: The proxy's credentials

  private func credentialsSection(_ hub: HubCache?, _ findings: [Finding]) -> Examination.Section {
    let title = "Proxy credentials"
    func section(_ verdict: Examination.Verdict, _ name: String, detail: String) -> Examination.Section {
      Examination.Section(title: title, checks: [Check(verdict: verdict, title: name, detail: detail)])
    }
    guard let hub else { return section(.unknown, "not checked", detail: "the hub lacks a kind") }
    guard let spec = hub.facts.configuration else {
      let reason = Doctor.withoutConfiguration(hub)
      return section(.unknown, "not checked", detail: reason)
    }
    guard let credentials = spec.clusterProxy?.credentials else {
      return section(.note, "none needed", detail: "egress is \(spec.egress.type.name)")
    }
    let checks = [credentials.proxyClientSecretName, credentials.proxyClientCASecretName].map { name in
      let places = [credentials.namespace, spec.installNamespace]
      let key = ObjectKey(Secret.type, namespace: credentials.namespace, name: name)
      // A finding about a Secret that can't be read is about the right to read it.
      guard hub.installation.objects.isObserved(key) else {
        return Check(verdict: .unknown, title: "\(key)", detail: "you may not read it")
      }
      let own = findings.first { finding in
        finding.object.map {
          $0.type == Secret.type && $0.name == name && places.contains($0.namespace ?? "")
        } ?? false
      }
      return own.map { Doctor.check($0, title: "\(key)") } ?? Check(verdict: .good, title: "\(key)")
    }
    return Examination.Section(title: title, checks: checks)
  }

  // MARK: Rights

  private func rightsSection(_ hub: HubCache?) async throws -> Examination.Section {
    let account = InstallManifests.serviceAccount(in: identity.namespace)
    let subject: RightsReview.Subject =
      asksForSelf
      ? .caller : .serviceAccount(namespace: account.namespace ?? "", name: account.name)
    let title = asksForSelf ? "Your rights" : "Rights of \(account)"
    guard let facts = hub?.facts, let spec = facts.configuration else {
      return Examination.Section(
        title: title,
        checks: [
          Check(
            verdict: .unknown, title: "not checked",
            detail:
              "what is needed follows from a ClusterGatewayConfiguration: \(Doctor.withoutConfiguration(hub))"
          )
        ])
    }
    let needed = InstallManifests(
      InstallManifests.Options(
        identity: identity, image: "", configuration: spec, former: facts.former)
    ).rights
    guard let rows = try await permitted({ try await RightsReview(client, of: subject).rows(needed) }) else {
      return Examination.Section(
        title: title,
        checks: [
          Check(
            verdict: .unknown, title: "not checked", detail: "you may not create access reviews",
            remedy: "ask as an administrator of the hub, or with --self in the manager's own pod")
        ])
    }
    let missing = rows.filter { !$0.missing.isEmpty }
    let granted = Check(
      verdict: missing.isEmpty ? .good : .note, title: "granted",
      detail:
        "\(rows.count - missing.count) of \(rows.count) rows of `gateway-manager manifests --part rights`")
    return Examination.Section(title: title, checks: [granted] + missing.map(Doctor.check))
  }

  /// The reason why no configuration is known.
  private static func withoutConfiguration(_ hub: HubCache?) -> String {
    guard let hub else { return "the hub lacks a kind" }
    return hub.gaps.hidesConfiguration ? hub.gaps.rightsToConfiguration : "there is no valid one"
  }

  /// The check that has failed by a finding of the plan.
  private static func check(_ finding: Finding, title: String) -> Check {
    Check(
      verdict: finding.severity == .warning ? .unknown : .bad, title: title, detail: finding.problem,
      remedy: finding.remedy, code: finding.code.rawValue)
  }

  private static func check(_ row: RightsReview.Row) -> Check {
    let place = row.right.namespace.map { "in namespace \($0)" } ?? "in the cluster"
    let what = row.missing.map { rule in
      let group = rule.apiGroups.first.map { $0.isEmpty ? "" : ".\($0)" } ?? ""
      let names = rule.resourceNames.isEmpty ? "" : " " + rule.resourceNames.joined(separator: ", ")
      return "\(rule.verbs.joined(separator: ", ")) \(rule.resources.joined(separator: ", "))\(group)\(names)"
    }
    return Check(
      verdict: .bad, title: "\(what.joined(separator: "; ")) \(place)",
      detail: row.right.reasons.joined(separator: "; "),
      remedy: "apply what `gateway-manager manifests --kubeconfig … --part rbac` prints",
      code: "RightsMissing")
  }

  // MARK: Callers

  private func callersSection() async throws -> Examination.Section {
    let title = "Who may use clustergateways/proxy"
    guard let callers = try await GatewayCallers.read(client) else {
      return Examination.Section(
        title: title,
        checks: [
          Check(
            verdict: .unknown, title: "not checked",
            detail: "you may not list ClusterRoles and ClusterRoleBindings")
        ])
    }
    let checks = callers.grants.map { grant in
      let clusters =
        grant.clusters.isEmpty ? "every cluster" : grant.clusters.joined(separator: ", ")
      return Check(
        verdict: .note, title: grant.subject,
        detail: "\(grant.verbs.joined(separator: ", ")) on \(clusters) by ClusterRoleBinding \(grant.binding)"
      )
    }
    return Examination.Section(
      title: title,
      checks: checks.isEmpty ? [Check(verdict: .note, title: "no one", detail: "by RBAC")] : checks)
  }

  /// The result of `body`; `nil` if the caller lacks the right.
  private func permitted<Result>(_ body: () async throws -> Result) async throws -> Result? {
    do {
      return try await body()
    } catch let error as KubeError where error.isMissingRight {
      return nil
    }
  }
}
