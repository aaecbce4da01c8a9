import CertificatePolicy
import KubeCore

/// A drawing of a hub as a tree, as by `clusteradm get addon`, in as much detail as there is room
/// for.
struct HubPicture {
  let view: HubView
  let title: String

  /// The drawing in at most `rows` lines.
  func lines(rows: Int) -> [StyledLine] {
    let head = self.head + gateway(hasSiblings: !view.clusters.isEmpty)
    let full = view.clusters.enumerated().flatMap {
      tree($0.element, isLast: $0.offset == view.clusters.count - 1)
    }
    if head.count + full.count <= rows { return head + full }
    let short = view.clusters.enumerated().map {
      row($0.element, isLast: $0.offset == view.clusters.count - 1)
    }
    if head.count + short.count <= rows { return head + short }
    // Clusters with changes come first, then the latest of the others.
    let room = max(1, rows - head.count - 1)
    let changing = view.clusters.filter { !$0.isServed || $0.isLeaving }.suffix(room)
    let unchanged = view.clusters.filter { $0.isServed && !$0.isLeaving }.suffix(room - changing.count)
    let shown = (unchanged + changing).sorted { $0.name < $1.name }
    let hidden = view.clusters.count - shown.count
    return head + shown.map { row($0, isLast: false) }
      + [branch(isLast: true) + StyledLine("and \(hidden) more clusters", .dim)]
  }

  private var head: [StyledLine] {
    let clock = String(Timestamp(view.time).description.prefix(16)).replacing("T", with: " ")
    return [
      StyledLine("gateway-manager demo", .bold) + StyledLine("   \(clock) UTC   ", .accent)
        + StyledLine(title, .bold)
    ]
  }

  private func branch(_ stem: String = "", isLast: Bool) -> StyledLine {
    StyledLine(stem + (isLast ? "└── " : "├── "), .dim)
  }

  private func bool(_ word: String) -> StyledLine {
    StyledLine(word, word == "true" ? .good : word == "false" ? .bad : .busy)
  }

  // MARK: The gateway

  private func gateway(hasSiblings: Bool) -> [StyledLine] {
    let stem = hasSiblings ? "│   " : "    "
    let top = branch(isLast: !hasSiblings) + StyledLine("gateway", .bold)
    guard view.isInstalled else { return [top + StyledLine(" (not installed yet)", .dim)] }
    let dots = (0..<max(view.wantedReplicas, view.readyReplicas)).map { $0 < view.readyReplicas ? "●" : "○" }
      .joined()
    let isReady = view.readyReplicas >= view.wantedReplicas
    var api =
      StyledLine("Available -> ")
      + bool(view.apiService.map { $0.status == .true ? "true" : "false" } ?? "unknown")
    if let condition = view.apiService, condition.status != .true {
      api = api + StyledLine("  \(condition.reason)", .dim)
    }
    var lines = [
      top + StyledLine(" in \(view.installNamespace), \(view.image)", .dim),
      branch(stem, isLast: false) + StyledLine("<Deployment> ", .dim)
        + StyledLine("\(dots) \(view.readyReplicas)/\(view.wantedReplicas) ready", isReady ? .good : .busy),
      branch(stem, isLast: false) + StyledLine("<APIService> ", .dim) + api,
    ]
    lines += certificate(stem)
    return lines
  }

  private func certificate(_ stem: String) -> [StyledLine] {
    let top = branch(stem, isLast: true) + StyledLine("<Certificate> ", .dim)
    guard let serving = view.serving else { return [top + StyledLine("none yet", .busy)] }
    let fact = StyledLine(
      "serial \(serving.serialNumber.prefix(8))…, by \(serving.issuer), \(serving.keyDescription)")
    return [top + fact, StyledLine(stem + "    ", .dim) + bar]
  }

  /// The validity of the certificate as a bar: the elapsed part, the renewal (`┃`) and the end.
  private var bar: StyledLine {
    guard let serving = view.serving, let renewal = view.renewal else { return "" }
    let width = 30
    let life = serving.notAfter.timeIntervalSince(serving.notBefore)
    func place(_ date: Date) -> Int {
      guard life > 0 else { return 0 }
      return min(width, max(0, Int(date.timeIntervalSince(serving.notBefore) / life * Double(width))))
    }
    let (past, mark) = (place(view.time), place(renewal))
    let isDue = view.time >= renewal
    let cells = (0..<width).map { cell -> StyledLine in
      if cell == mark { return StyledLine("┃", .busy) }
      return cell < past ? StyledLine("━", isDue ? .bad : .good) : StyledLine("─", .dim)
    }
    let days = Int((renewal.timeIntervalSince(view.time) / 86_400).rounded(.down))
    let next = days >= 1 ? "renewal in \(days) days" : isDue ? "renewal is due" : "renewal today"
    return cells.reduce(StyledLine(), +)
      + StyledLine(
        " until \(Timestamp(serving.notAfter).description.prefix(10)), \(next)", isDue ? .busy : .dim)
  }

  // MARK: Clusters

  private func tree(_ cluster: HubView.Cluster, isLast: Bool) -> [StyledLine] {
    let stem = isLast ? "    " : "│   "
    var lines = [branch(isLast: isLast) + name(cluster)]
    guard cluster.hasAddOn else { return lines }
    lines.append(branch(stem, isLast: true) + "cluster-gateway")
    let inner = stem + "    "
    lines.append(branch(inner, isLast: false) + StyledLine("<Status>", .dim))
    for (index, type) in HubView.conditionTypes.enumerated() {
      lines.append(
        branch(inner + "│   ", isLast: index == HubView.conditionTypes.count - 1) + StyledLine("\(type) -> ")
          + bool(cluster.word(for: type)))
    }
    lines.append(branch(inner, isLast: false) + StyledLine("<ManifestWork>", .dim))
    for (index, manifest) in cluster.manifests.enumerated() {
      lines.append(
        branch(inner + "│   ", isLast: index == cluster.manifests.count - 1) + StyledLine(manifest.name)
          + StyledLine(manifest.isApplied ? " (applied)" : " (pending)", manifest.isApplied ? .good : .busy))
    }
    lines.append(branch(inner, isLast: true) + StyledLine("<Credential> ", .dim) + credential(cluster))
    return lines
  }

  private func row(_ cluster: HubView.Cluster, isLast: Bool) -> StyledLine {
    let width = view.clusters.map(\.name.count).max() ?? 0
    let padding = String(repeating: " ", count: width - cluster.name.count + 2)
    var line = branch(isLast: isLast) + name(cluster) + StyledLine(padding)
    guard cluster.hasAddOn else { return line + StyledLine("no add-on", .dim) }
    for type in HubView.conditionTypes {
      let word = cluster.word(for: type)
      let sign =
        word == "true"
        ? StyledLine("✔ ", .good) : word == "false" ? StyledLine("✘ ", .bad) : StyledLine("· ", .busy)
      line = line + sign + StyledLine(type + "  ", word == "true" ? .plain : .dim)
    }
    let isCurrent = cluster.credential == .current
    return line + StyledLine(isCurrent ? "✔ " : "· ", isCurrent ? .good : .busy)
      + StyledLine("Token", isCurrent ? .plain : .dim)
  }

  private func name(_ cluster: HubView.Cluster) -> StyledLine {
    StyledLine(cluster.name, .bold) + (cluster.isLeaving ? StyledLine(" is leaving", .busy) : "")
  }

  private func credential(_ cluster: HubView.Cluster) -> StyledLine {
    switch cluster.credential {
    case .current: StyledLine("token at the gateway", .good)
    case .outdated: StyledLine("token at the gateway is an old one", .busy)
    case .none: StyledLine(cluster.hasToken ? "token on the hub" : "no token yet", .busy)
    }
  }
}
