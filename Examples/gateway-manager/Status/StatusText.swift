import CertificatePolicy
import GatewayAPI
import GatewayDemo
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile

/// The state of a hub as text: the gateway, the clusters in the form of `clusteradm get addon`, and
/// the certificates.
struct StatusText {
  /// The number of clusters up to which they are shown in full by default.
  static let fullClusters = 10

  let report: HubReport
  /// The manager's Lease; `nil` for a hub in files.
  let lease: ManagerLease?
  let view: StatusView
  /// The clusters' last probes, as far as they are known.
  var probes: [String: ProbeAttempt] = [:]
  /// Whether each cluster is shown in full, independent of their number.
  let isDetailed: Bool
  /// The options by which another command reads the same hub, each after a space.
  var arguments = ""

  private var now: Date { report.time }

  /// Whether clusters are shown in full, with their probes, and not folded.
  var isFull: Bool { isFull(view.clusters(of: report)) }

  var lines: [StyledLine] {
    let clusters = view.clusters(of: report)
    let isWell = view.isUnhealthyOnly && report.certificates.entries.allSatisfy { $0.problem == nil }
    let lines = gateway.lines + self.clusters(clusters).lines + (isWell ? [] : certificates.lines)
    return lines + findings(of: clusters) + Troubleshooting.lines(codes(of: clusters))
  }

  // MARK: The gateway

  private var gateway: TextTree {
    let gateway = report.gateway
    guard let spec = gateway.configuration else {
      guard !gateway.gaps.hidesConfiguration else {
        return TextTree(heading("gateway") + StyledLine("you may not read whether it is installed", .busy))
      }
      let reason =
        gateway.configurationName.map { "there is no valid ClusterGatewayConfiguration \($0)" }
        ?? "there is no ClusterManagementAddOn \(ManagerIdentity.addOnName), or it is being deleted"
      return TextTree(
        heading("gateway") + StyledLine("not installed", .bad), [TextTree(StyledLine(reason))])
    }
    let state: StyledLine
    switch gateway.health {
    case .available: state = StyledLine("available", .good)
    case .unavailable(let reason): state = StyledLine(reason, .bad)
    case .unknown(let reason): state = StyledLine("not known: \(reason)", .busy)
    }
    var children = [
      TextTree(
        kind("Configuration") + StyledLine(gateway.configurationName ?? "")
          + dim(", \(spec.image), egress \(spec.egress.type.name)")),
      TextTree(kind("Deployment") + replicas(spec)),
      TextTree(kind("APIService") + apiService),
    ]
    if let lease {
      let style: StyledLine.Style =
        switch lease.isRunning(at: now) {
        case true?: .plain
        case false?: .bad
        case nil: .busy
        }
      children.append(TextTree(kind("Manager") + StyledLine(lease.words(at: now), style)))
    }
    let pending = gateway.pendingChanges + gateway.pendingCertificates
    if pending > 0 {
      children.append(
        TextTree(
          StyledLine("\(counted(pending, "change")) pending: see `gateway-manager plan\(arguments)`", .busy)))
    }
    return TextTree(heading("gateway") + state, children)
  }

  private func replicas(_ spec: ClusterGatewayConfiguration.Spec) -> StyledLine {
    let name = StyledLine("\(spec.installNamespace)/\(GatewayNames.deployment) ")
    guard let replicas = report.gateway.replicas else {
      return name + (report.gateway.isDeploymentRead ? StyledLine("there is none", .bad) : unread)
    }
    let isReady = replicas.ready >= replicas.wanted && replicas.updated >= replicas.wanted
    var text = "\(replicas.ready) of \(replicas.wanted) pods ready"
    if replicas.updated < replicas.wanted { text += ", \(replicas.updated) up to date" }
    return name + StyledLine(text, isReady ? .good : .busy)
  }

  private var apiService: StyledLine {
    let name = StyledLine("\(GatewayNames.apiService) Available -> ")
    guard let condition = report.gateway.apiService else {
      return name + (report.gateway.isAPIServiceRead ? word(nil) : unread)
    }
    let isTrue = condition.status == .true
    return name + word(condition.status) + dim(isTrue ? "" : "  \(condition.reason): \(condition.message)")
  }

  // MARK: The clusters

  private func clusters(_ clusters: [ClusterReport]) -> TextTree {
    let fleet = FleetReport(report.clusters)
    var line = heading("clusters")
    guard !report.gaps.hidesClusters else {
      return TextTree(line + StyledLine("you may not list them", .busy))
    }
    line = line + StyledLine(fleet.summary, fleet.isHealthy ? .good : .busy)
    if clusters.count < report.clusters.count { line = line + dim(" (\(clusters.count) shown)") }
    let shown =
      isFull(clusters)
      ? clusters.map(cluster) : FleetReport(clusters).groups.map(group) + probeGroups(of: clusters)
    return TextTree(line, shown + FleetReport(view.excludedClusters(of: report)).groups.map(group))
  }

  private func group(_ group: FleetReport.Group) -> TextTree {
    TextTree(
      StyledLine("\(group.names.count) \(group.health.text)", style(group.health))
        + StyledLine("  \(group.reason): \(group.message)"),
      [TextTree(first(group.names))])
  }

  /// The first of `names`, and the number of the others.
  private func first(_ names: [String]) -> StyledLine {
    let others = names.count - 5
    return dim(names.prefix(5).joined(separator: ", ") + (others > 0 ? " and \(others) more" : ""))
  }

  /// The probes of folded clusters: a line for each outcome and reason.
  private func probeGroups(of clusters: [ClusterReport]) -> [TextTree] {
    ProbeGroup.groups(of: clusters.map(\.name), probes).map { group in
      let outcome = "\(group.names.count) \(group.outcome.rawValue)"
      return TextTree(
        kind("Probe") + StyledLine(outcome, style(group.outcome)) + dim(group.reason.map { ": \($0)" } ?? ""),
        group.outcome == .answered ? [] : [TextTree(first(group.names))])
    }
  }

  private func cluster(_ cluster: ClusterReport) -> TextTree {
    var line = StyledLine(cluster.name, .bold)
    if cluster.health == .excluded {
      line = line + dim(" is excluded, \(cluster.reason): \(cluster.message)")
    } else if cluster.health != .healthy {
      line = line + StyledLine("  \(cluster.reason): \(cluster.message)", style(cluster.health))
    }
    guard cluster.isEnabled else { return TextTree(line) }
    var children = [
      TextTree(
        StyledLine("<Status>", .accent),
        ClusterReport.conditionTypes.map { type in
          TextTree(StyledLine("\(type) -> ") + word(cluster.conditions.condition(type)?.status))
        })
    ]
    if let work = cluster.work {
      children.append(
        TextTree(
          StyledLine("<ManifestWork>", .accent),
          [TextTree(StyledLine(work.name), work.manifests.map(manifest))]))
    } else {
      children.append(TextTree(kind("ManifestWork") + (cluster.isWorkRead ? dim("none") : unread)))
    }
    let isIdentityRead = cluster.identity != nil || cluster.isIdentityRead
    children.append(
      TextTree(kind("Identity") + (isIdentityRead ? identity(cluster.identity) : unread)))
    if let probe = probes[cluster.name] { children.append(TextTree(kind("Probe") + self.probe(probe))) }
    if cluster.pendingChanges > 0 {
      children.append(TextTree(StyledLine("\(counted(cluster.pendingChanges, "change")) pending", .busy)))
    }
    return TextTree(line, [TextTree(StyledLine(ManagerIdentity.addOnName), children)])
  }

  private func probe(_ probe: ProbeAttempt) -> StyledLine {
    StyledLine(probe.outcome.rawValue, style(probe.outcome)) + dim(" \(probe.circumstances(at: now))")
  }

  private func manifest(_ manifest: ClusterReport.Work.Manifest) -> TextTree {
    let place = manifest.namespace.map { "\($0)/" } ?? ""
    let state: StyledLine =
      switch manifest.applied {
      case .true: StyledLine(" (applied)", .good)
      case .false: StyledLine(" (not applied)", .bad)
      case .unknown: StyledLine(" (not reported)", .busy)
      }
    return TextTree(StyledLine("\(manifest.kind) \(place)\(manifest.name)") + state)
  }

  private func identity(_ identity: ClusterReport.Identity?) -> StyledLine {
    guard let identity else { return dim("none") }
    var line = StyledLine(identity.account ?? "created by a person")
    if let since = identity.since {
      line = line + dim(", created \(TimeText.distance(to: min(since, now), from: now))")
    }
    if let expires = identity.tokenExpires {
      let text =
        expires <= now
        ? ", token expired \(TimeText.distance(to: expires, from: now))"
        : ", token until \(Timestamp(expires).description.prefix(10)) (\(TimeText.distance(to: expires, from: now)))"
      line = line + StyledLine(text, expires <= now ? .bad : .dim)
    }
    switch identity.credential {
    case .current: line = line + StyledLine(", at the gateway", .good)
    case .outdated: line = line + StyledLine(", the gateway has an older one", .busy)
    case .missing: line = line + StyledLine(", not at the gateway", .bad)
    case .unknown: line = line + StyledLine(", you may not read whether it is at the gateway", .busy)
    }
    guard identity.lacksAgent else { return line }
    return line
      + StyledLine(", not renewed: the add-on \(ManagedServiceAccount.addOnName) is not enabled", .busy)
  }

  // MARK: The certificates

  private var certificates: TextTree {
    let inventory = report.certificates
    let phase =
      inventory.phase.map { StyledLine($0.message) }
      ?? (inventory.gaps.isEmpty ? StyledLine("none", .dim) : unread)
    let width = inventory.entries.map(\.role.words.count).max() ?? 0
    let entries = inventory.entries.map { entry in
      var line = StyledLine(entry.role.words).padded(to: width + 2)
      if let facts = entry.facts {
        let bar = CertificateBar(facts: facts, next: entry.nextActionAt, now: now)
        line = line + bar.line + StyledLine("  \(bar.remaining)")
      }
      if let problem = entry.problem { return TextTree(line + StyledLine("  \(problem)", .bad)) }
      let when = entry.nextActionAt.map { " \(TimeText.distance(to: $0, from: now))" } ?? ""
      return TextTree(line + dim("\(entry.facts == nil ? "" : ", ")\(entry.nextAction)\(when)"))
    }
    return TextTree(heading("certificates") + phase, entries)
  }

  // MARK: Findings

  /// The findings about the gateway, and those about the clusters that are shown in full.
  private func findings(about clusters: [ClusterReport]) -> [Finding] {
    report.gateway.findings + (isFull(clusters) ? clusters.flatMap(\.findings) : [])
  }

  private func findings(of clusters: [ClusterReport]) -> [StyledLine] {
    let findings = findings(about: clusters)
    var lines: [StyledLine] = []
    if !findings.isEmpty {
      lines.append(StyledLine("findings", .bold))
      lines += FindingText.lines(findings)
    }
    lines += GapsText.lines(report.gaps)
    if !isFull(clusters) {
      lines.append(
        dim("`status NAME` shows a cluster in full, `explain NAME` what keeps it from being reached."))
    }
    return lines
  }

  /// The codes and reasons of what is shown and not as it should be.
  private func codes(of clusters: [ClusterReport]) -> [String] {
    let isFull = isFull(clusters)
    var codes = FindingText.codes(findings(about: clusters))
    if case .unavailable = report.gateway.health, report.gateway.configuration != nil {
      codes.append("GatewayNotAvailable")
    }
    if let lease, lease.isRunning(at: now) != true, report.gateway.pendingChanges > 0 {
      codes.append("ManagerNotRunning")
    }
    codes += FleetReport(clusters + view.excludedClusters(of: report)).groups.map(\.reason)
    if isFull, clusters.contains(where: { $0.identity?.lacksAgent ?? false }) {
      codes.append("TokenAgentUnavailable")
    }
    return codes
  }

  // MARK: Pieces

  private func isFull(_ clusters: [ClusterReport]) -> Bool {
    isDetailed || clusters.count <= StatusText.fullClusters
  }

  private func heading(_ text: String) -> StyledLine { StyledLine(text, .bold).padded(to: 14) }
  private func kind(_ text: String) -> StyledLine { StyledLine("<\(text)> ", .accent) }
  private func dim(_ text: String) -> StyledLine { StyledLine(text, .dim) }
  private var unread: StyledLine { StyledLine("you may not read it", .busy) }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  private func word(_ status: Condition.Status?) -> StyledLine {
    switch status {
    case .true?: StyledLine("true", .good)
    case .false?: StyledLine("false", .bad)
    case .unknown?: StyledLine("unknown", .busy)
    case nil: StyledLine("not reported", .busy)
    }
  }

  private func style(_ health: ClusterReport.Health) -> StyledLine.Style {
    switch health {
    case .healthy: .good
    case .unhealthy: .bad
    case .unknown: .busy
    case .excluded: .dim
    }
  }

  private func style(_ outcome: ProbeAttempt.Outcome) -> StyledLine.Style {
    switch outcome {
    case .answered: .good
    case .failed: .bad
    case .forbidden, .inconclusive: .busy
    }
  }
}

extension ProbeAttempt {
  /// The time that the probe took, when it was, and the reason of a failure, for people.
  func circumstances(at now: Date) -> String {
    "after \(milliseconds) ms, \(TimeText.distance(to: min(time, now), from: now))"
      + (reason.map { ": \($0)" } ?? "")
  }
}
