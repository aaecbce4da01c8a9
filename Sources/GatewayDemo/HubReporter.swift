import CertificatePolicy
import KubeCore

/// Describes the differences between successive views of a hub.
struct HubReporter {
  private var last: HubView?

  /// The descriptions of what is new in `view`.
  mutating func news(in view: HubView) -> [StyledLine] {
    defer { last = view }
    var news: [StyledLine] = []
    func once(_ matches: (HubView) -> Bool, _ line: @autoclosure () -> StyledLine) {
      if matches(view), !(last.map(matches) ?? false) { news.append(line()) }
    }
    if let ca = view.ca, ca.fingerprint != last?.ca?.fingerprint {
      news.append("CA \(ca.subject) created, until \(day(ca.notAfter))")
    }
    if let serving = view.serving, serving.fingerprint != last?.serving?.fingerprint {
      let word = last?.serving == nil ? "issued" : "renewed"
      news.append(
        "serving certificate \(word): serial \(serving.serialNumber), until \(day(serving.notAfter))")
    }
    once(\.isInstalled, "Deployment \(view.installNamespace)/gateway-deployment created, \(view.image)")
    once(
      { $0.isInstalled && $0.readyReplicas == $0.wantedReplicas },
      good("Deployment ready \(view.readyReplicas)/\(view.wantedReplicas)"))
    once(
      { $0.apiService?.status == .true }, good("APIService v1alpha1.cluster.core.oam.dev Available -> true"))
    once(
      { $0.apiService?.status == .false && $0.isInstalled },
      StyledLine(
        "APIService v1alpha1.cluster.core.oam.dev Available -> false: \(view.apiService?.reason ?? "")", .busy
      ))
    let before = Dictionary(
      (last?.clusters ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for cluster in view.clusters { news += self.news(of: cluster, since: before[cluster.name]) }
    for cluster in last?.clusters ?? [] where !view.clusters.contains(where: { $0.name == cluster.name }) {
      news.append(good("\(cluster.name) is gone, and its identity with it"))
    }
    return news
  }

  private func news(of cluster: HubView.Cluster, since before: HubView.Cluster?) -> [StyledLine] {
    var news: [StyledLine] = []
    let name = cluster.name
    func once(_ matches: (HubView.Cluster) -> Bool, _ line: @autoclosure () -> StyledLine) {
      if matches(cluster), !(before.map(matches) ?? false) { news.append(line()) }
    }
    if before == nil { news.append("\(name) joined") }
    once(\.hasAddOn, "\(name): add-on enabled")
    once(\.hasIdentity, "\(name): identity created (ManagedServiceAccount)")
    once(\.hasToken, "\(name): token reported by the cluster's agent")
    once(
      { !$0.manifests.isEmpty && $0.manifests.allSatisfy(\.isApplied) },
      "\(name): rights applied on the cluster (ManifestWork)")
    if cluster.credential == .current, before?.credential != .current {
      news.append("\(name): token at the gateway")
    }
    if cluster.credential == .outdated, before?.credential == .current {
      news.append(StyledLine("\(name): token rotated", .busy))
    }
    for type in HubView.conditionTypes {
      let (now, then) = (cluster.word(for: type), before?.word(for: type) ?? "unknown")
      guard now != then, cluster.hasAddOn else { continue }
      news.append(StyledLine("\(name): \(type) -> ") + StyledLine(now, now == "true" ? .good : .busy))
    }
    if cluster.isLeaving, before?.isLeaving == false {
      news.append(StyledLine("\(name) is leaving", .busy))
    }
    if cluster.credential == .none, let before, before.credential != .none {
      news.append("\(name): token at the gateway removed")
    }
    return news
  }

  private func good(_ text: String) -> StyledLine { StyledLine(text, .good) }
  private func day(_ date: Date) -> String { String(Timestamp(date).description.prefix(10)) }
}
