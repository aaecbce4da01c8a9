import CertificatePolicy
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeReconcile

/// The state of a hub as one self-contained HTML page: no script, no other file, for light and dark
/// schemes and any width.
struct StatusPage {
  /// The maximum number of clusters that are listed of a group.
  private static let listedClusters = 500

  let report: HubReport
  let lease: ManagerLease?
  let view: StatusView
  /// The subjects that may use the gateway; `nil` if they can't be read, or the hub comes from
  /// files.
  let callers: GatewayCallers?
  /// The clusters' last probes, as far as they are known.
  var probes: [String: ProbeAttempt] = [:]

  private var now: Date { report.time }

  var html: String {
    let clusters = view.clusters(of: report)
    let fleet = FleetReport(report.clusters)
    let body: [HTML] = [
      .tag("header", [.tag("h1", ["cluster-gateway"]), .tag("p", [.text("as of \(Timestamp(now))")])]),
      .tag(
        "main",
        [
          tiles(fleet), fleetSection(clusters + view.excludedClusters(of: report)), certificates, access,
          findings(clusters), gaps,
        ]),
    ]
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>cluster-gateway: \(HTML.escaped(fleet.summary))</title>
      <style>
      \(StatusPage.style)
      </style>
      </head>
      <body>
      \(body.map(\.rendered).joined(separator: "\n"))
      </body>
      </html>

      """
  }

  // MARK: Tiles

  private func tiles(_ fleet: FleetReport) -> HTML {
    let gateway = report.gateway
    var tiles: [HTML] = []
    let image = gateway.configuration?.image ?? ""
    switch gateway.health {
    case .available:
      tiles.append(tile("Gateway", "available", detail: image, style: "good"))
    case .unavailable(let reason):
      tiles.append(tile("Gateway", "not available", detail: "\(reason) \(image)", style: "bad"))
    case .unknown(let reason):
      tiles.append(tile("Gateway", "not known", detail: "\(reason) \(image)", style: "busy"))
    }
    if let replicas = gateway.replicas {
      let style = replicas.ready >= replicas.wanted ? "good" : "busy"
      tiles.append(
        tile(
          "Pods", "\(replicas.ready) of \(replicas.wanted)", detail: "\(replicas.updated) up to date",
          style: style))
    }
    tiles.append(
      report.gaps.hidesClusters
        ? tile("Clusters", "not known", detail: "you may not list them", style: "busy")
        : tile(
          "Clusters", "\(fleet.healthy) of \(fleet.entered)", detail: fleet.summary,
          style: fleet.isHealthy ? "good" : "bad"))
    if let lease {
      let (value, style) =
        switch lease.isRunning(at: now) {
        case true?: ("running", "good")
        case false?: ("not running", "bad")
        case nil: ("unknown", "busy")
        }
      tiles.append(tile("Manager", value, detail: lease.words(at: now), style: style))
    }
    return .tag("section", class: "tiles", tiles)
  }

  private func tile(_ title: String, _ value: String, detail: String, style: String) -> HTML {
    .tag(
      "div", class: "tile \(style)",
      [
        .tag("h2", [.text(title)]), .tag("p", class: "value", [.text(value)]),
        .tag("p", class: "detail", [.text(detail)]),
      ])
  }

  // MARK: The fleet

  private func fleetSection(_ clusters: [ClusterReport]) -> HTML {
    let fleet = FleetReport(clusters)
    let byName = Dictionary(clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var parts: [HTML] = [.tag("h2", ["Clusters"]), share(fleet)]
    for group in fleet.groups {
      let why: [HTML] = [" ", code(group.reason), .text(": \(group.message)")]
      parts.append(
        fold(
          isOpen: group.health != .excluded && group.names.count <= 50,
          [
            .tag("b", class: style(group.health), [.text("\(group.names.count) \(group.health.text)")])
          ] + why, table(group.names.compactMap { byName[$0] })))
    }
    let healthy = clusters.filter { $0.health == .healthy }
    if !healthy.isEmpty {
      parts.append(
        fold(
          isOpen: healthy.count <= 50,
          [.tag("b", class: "good", [.text("\(healthy.count) healthy")])], table(healthy)))
    }
    return .tag("section", parts)
  }

  /// The shares of the clusters by health.
  private func share(_ fleet: FleetReport) -> HTML {
    var counts: [ClusterReport.Health: Int] = [.healthy: fleet.healthy]
    for group in fleet.groups { counts[group.health, default: 0] += group.names.count }
    let parts = ClusterReport.Health.allCases.compactMap { health -> HTML? in
      guard let count = counts[health], count > 0 else { return nil }
      return .tag(
        "span", class: "part \(style(health))", style: "flex-grow:\(count)",
        [.tag("span", [.text("\(count) \(health.text)")])])
    }
    return .tag("div", class: "share", parts)
  }

  private func table(_ clusters: [ClusterReport]) -> HTML {
    let head = headings(
      ["Cluster", "Available", "Rights", "Identity", "Token until"] + (probes.isEmpty ? [] : ["Last probe"]))
    let rows = clusters.prefix(StatusPage.listedClusters).map(row)
    let others = clusters.count - rows.count
    return .tag(
      "div", class: "scroll",
      [.tag("table", [.tag("thead", [head]), .tag("tbody", rows)])]
        + (others > 0 ? [.tag("p", class: "detail", [.text("and \(others) more")])] : []))
  }

  private func row(_ cluster: ClusterReport) -> HTML {
    let manifests = cluster.work?.manifests ?? []
    let applied = manifests.count { $0.applied == .true }
    let isApplied = applied == manifests.count && !manifests.isEmpty
    let rights =
      !manifests.isEmpty
      ? "\(applied) of \(manifests.count) applied" : cluster.isWorkRead ? "none" : "not readable"
    let identity =
      cluster.identity.map { StatusPage.words($0.credential) }
      ?? (cluster.isIdentityRead ? "none" : "not readable")
    var token = "unknown"
    var isExpired = false
    if let expires = cluster.identity?.tokenExpires {
      token =
        "\(Timestamp(expires).description.prefix(10)) (\(TimeText.distance(to: expires, from: now)))"
      isExpired = expires <= now
    }
    var cells: [HTML] = [
      .tag("td", [.tag("b", [.text(cluster.name)])]),
      .tag("td", [condition(cluster.conditions.condition("Available"))]),
      .tag("td", class: isApplied ? "good" : "busy", [.text(rights)]),
      .tag("td", [.text(identity)]),
      .tag("td", class: isExpired ? "bad" : nil, [.text(token)]),
    ]
    if !probes.isEmpty { cells.append(.tag("td", probes[cluster.name].map(probe) ?? [])) }
    return .tag("tr", cells)
  }

  private func probe(_ probe: ProbeAttempt) -> [HTML] {
    let style =
      switch probe.outcome {
      case .answered: "good"
      case .failed: "bad"
      case .forbidden, .inconclusive: "busy"
      }
    let detail: HTML = .text(" \(probe.circumstances(at: now))")
    return [.tag("span", class: style, [.text(probe.outcome.rawValue)]), detail]
  }

  private func condition(_ condition: Condition?) -> HTML {
    guard let condition else { return .tag("span", class: "busy", ["not reported"]) }
    let style = condition.status == .true ? "good" : condition.status == .false ? "bad" : "busy"
    return .tag("span", class: style, [.text("\(condition.status.rawValue) "), code(condition.reason)])
  }

  private static func words(_ credential: ClusterReport.Identity.Credential) -> String {
    switch credential {
    case .current: "at the gateway"
    case .outdated: "an older token at the gateway"
    case .missing: "not at the gateway"
    case .unknown: "not readable"
    }
  }

  // MARK: Certificates

  private var certificates: HTML {
    let inventory = report.certificates
    let introduction: [HTML] = [
      .tag("h2", ["Certificates"]),
      .tag("p", [.text(inventory.phase?.message ?? (inventory.gaps.isEmpty ? "none" : "not readable"))]),
    ]
    return .tag("section", introduction + inventory.entries.map(certificate))
  }

  private func certificate(_ entry: CertificateInventory.Entry) -> HTML {
    let next = entry.nextActionAt.map { " \(TimeText.distance(to: $0, from: now))" } ?? ""
    let subject = entry.facts.map { "\($0.subject), \($0.keyDescription)" } ?? "\(entry.object)"
    var parts: [HTML] = [
      .tag("h3", [.text(entry.role.words)]), .tag("p", class: "detail", [.text(subject)]),
    ]
    if let facts = entry.facts { parts.append(timeline(facts, entry.nextActionAt)) }
    if let problem = entry.problem {
      parts.append(.tag("p", class: "bad", [.text(problem)]))
    } else {
      parts.append(.tag("p", class: "detail", [.text("next: \(entry.nextAction)\(next)")]))
    }
    return .tag("div", class: "certificate", parts)
  }

  private func timeline(_ facts: CertificateFacts, _ next: Date?) -> HTML {
    let life = facts.notAfter.timeIntervalSince(facts.notBefore)
    func percent(_ date: Date) -> String {
      let share = life > 0 ? date.timeIntervalSince(facts.notBefore) / life : 0
      return "\((min(max(share, 0), 1) * 10_000).rounded() / 100)%"
    }
    let isDue = next.map { $0 <= now } ?? false
    let style = !facts.isValid(at: now) ? "bad" : isDue ? "busy" : "good"
    let days = [facts.notBefore, facts.notAfter].map { String(Timestamp($0).description.prefix(10)) }
    let bar = CertificateBar(facts: facts, next: next, now: now)
    var parts: [HTML] = [.tag("span", class: "over \(style)", style: "width:\(percent(now))", [])]
    if let next { parts.append(.tag("span", class: "mark", style: "left:\(percent(next))", [])) }
    parts.append(.tag("p", [days[0], bar.remaining, days[1]].map { .tag("span", [.text($0)]) }))
    return .tag("div", class: "timeline", parts)
  }

  // MARK: Access

  private var access: HTML {
    var parts: [HTML] = [.tag("h2", ["Who may access which cluster"])]
    if let spec = report.gateway.configuration {
      let rules = spec.egress.permissions.map { rule in
        let groups = rule.apiGroups.map { $0.isEmpty ? "core" : $0 }
        let names = rule.resourceNames.isEmpty ? "" : ", named " + rule.resourceNames.joined(separator: ", ")
        return "\(StatusPage.list(rule.verbs, all: "every verb")) on "
          + "\(StatusPage.list(rule.resources, all: "every resource")) of "
          + "\(StatusPage.list(groups, all: "every API group"))\(names)"
      }
      parts.append(
        .tag("p", [.text("On each cluster the gateway's identity has these rights:")]))
      parts.append(.tag("ul", rules.map { .tag("li", [.text($0)]) }))
    }
    guard let callers else {
      parts.append(.tag("p", class: "detail", ["Who may call it was not read."]))
      return .tag("section", parts)
    }
    let head = headings(["Caller", "Verbs", "Clusters", "ClusterRoleBinding"])
    let rows = callers.grants.map { grant -> HTML in
      let clusters = grant.clusters.isEmpty ? "every cluster" : grant.clusters.joined(separator: ", ")
      let cells = [grant.subject, grant.verbs.joined(separator: ", "), clusters, grant.binding]
      return .tag("tr", cells.map { .tag("td", [.text($0)]) })
    }
    guard !rows.isEmpty else {
      parts.append(.tag("p", ["RBAC grants no one the use of clustergateways/proxy."]))
      return .tag("section", parts)
    }
    let table: HTML = .tag("table", [.tag("thead", [head]), .tag("tbody", rows)])
    parts.append(.tag("div", class: "scroll", [table]))
    return .tag("section", parts)
  }

  /// The names of a rule, or `all` if they contain the wildcard.
  private static func list(_ names: [String], all: String) -> String {
    names.contains("*") ? all : names.joined(separator: ", ")
  }

  // MARK: Findings

  private func findings(_ clusters: [ClusterReport]) -> HTML {
    let findings = FindingText.ordered(report.gateway.findings + clusters.flatMap(\.findings))
    guard !findings.isEmpty else { return .text("") }
    let shown = findings.prefix(StatusPage.listedClusters).map { finding -> HTML in
      let place = finding.object.map { "\($0): " } ?? finding.cluster.map { "cluster \($0): " } ?? ""
      let style = finding.severity == .awaiting ? "busy" : finding.severity == .warning ? "busy" : "bad"
      return .tag(
        "li",
        [
          .tag("b", class: style, [.text("\(finding.severity.rawValue) "), code(finding.code.rawValue)]),
          .text(" \(place)\(finding.problem). "), .tag("i", [.text(finding.remedy)]),
        ])
    }
    return .tag("section", [.tag("h2", ["Findings"]), .tag("ul", class: "findings", shown)])
  }

  // MARK: What can't be read

  private var gaps: HTML {
    guard !report.gaps.isEmpty else { return .text("") }
    let rights = report.gaps.gaps.map { gap -> HTML in .tag("li", [.text("\(gap)")]) }
    return .tag(
      "section",
      [
        .tag("h2", ["What the reader may not do"]), .tag("ul", rights),
        .tag("p", [.text("Not shown: \(report.gaps.hidden.joined(separator: "; "))")]),
      ])
  }

  // MARK: Pieces

  /// A code or reason, with a link to its section where it has one.
  private func code(_ code: String) -> HTML {
    guard let url = Troubleshooting.url(code) else { return .text(code) }
    // The page's own address may be an internal one.
    return .element(name: "a", attributes: [("href", url), ("rel", "noreferrer")], content: [.text(code)])
  }

  private func headings(_ texts: [String]) -> HTML {
    .tag("tr", texts.map { .tag("th", [.text($0)]) })
  }

  private func fold(isOpen: Bool, _ summary: [HTML], _ content: HTML) -> HTML {
    .tag(isOpen ? "details open" : "details", [.tag("summary", summary), content])
  }

  private func style(_ health: ClusterReport.Health) -> String {
    switch health {
    case .healthy: "good"
    case .unhealthy: "bad"
    case .unknown: "busy"
    case .excluded: "none"
    }
  }
}
