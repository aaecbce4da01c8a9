import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTesting
import KubeTransport
import OCMSimulator
import Testing

/// The picture of a hub for a reader who has fewer rights than the manager: it has gaps, but shows
/// nothing that the whole picture doesn't.
@Suite(.timeLimit(.minutes(5))) struct ReaderGapsTests {
  /// The hub as a reader sees it who may not read `refused`.
  private func model(_ server: MemoryAPIServer, without refused: Set<ObjectSelection> = []) -> HubCache {
    let whole = HubCache(identity: ManagerIdentity(), objects: server.everything)
    var model = HubCache(
      identity: ManagerIdentity(),
      objects: server.everything.filter { object in
        whole.selections.contains { $0.contains(object) } && !refused.contains { $0.contains(object) }
      })
    _ = model.setObserved(listed: whole.selections.subtracting(refused), refused: refused)
    return model
  }

  private func expectNoFalseClaim(
    _ server: MemoryAPIServer, whole: HubCache, report: HubReport, without refused: Set<ObjectSelection>
  ) async {
    let partial = model(server, without: refused)
    let gaps = ReaderGaps(partial.unobserved)
    let names = refused.map(\.description).sorted().joined(separator: ", ")
    #expect(!gaps.isEmpty)
    let plan = gaps.known(of: reconcile(partial.hub, at: ReportHub.time))
    let wholePlan = reconcile(whole.hub, at: ReportHub.time)
    for patch in plan.patches {
      #expect(
        wholePlan.patches.contains {
          $0.target == patch.target && $0.subresource == patch.subresource && $0.operation == patch.operation
        }, "without \(names): \(patch.operationName) \(patch.target), \(patch.reason)")
    }
    let picture = await HubReport(partial, at: ReportHub.time)
    for finding in plan.findings + picture.gateway.findings + picture.clusters.flatMap(\.findings)
      + picture.certificates.findings
    {
      #expect(
        wholePlan.findings.contains { $0.code == finding.code && $0.object == finding.object },
        "without \(names): \(finding)")
    }
    if case .unavailable(let reason) = picture.gateway.health {
      #expect(picture.gateway.health == report.gateway.health, "without \(names): \(reason)")
    }
    for cluster in picture.clusters where cluster.health != .healthy {
      let same = report.clusters.first { $0.name == cluster.name }
      #expect(
        cluster.health == same?.health && cluster.reason == same?.reason
          || cluster.reason == ClusterReport.notReadable,
        "without \(names): \(cluster.name) \(cluster.health) \(cluster.reason), \(cluster.message)")
    }
    for cluster in picture.clusters {
      let same = report.clusters.first { $0.name == cluster.name }
      if cluster.identity?.credential != .unknown, cluster.identity != nil {
        #expect(cluster.identity?.credential == same?.identity?.credential, "without \(names)")
      }
      if cluster.isWorkRead { #expect(cluster.work == same?.work, "without \(names)") }
      if cluster.isIdentityRead, cluster.identity == nil {
        #expect(same?.identity == nil, "without \(names)")
      }
    }
    for entry in picture.certificates.entries where entry.problem != nil {
      let same = report.certificates.entries.first { $0.object == entry.object && $0.field == entry.field }
      #expect(same?.problem != nil, "without \(names): \(entry.role) \(entry.problem ?? "")")
    }
  }

  @Test func `a reader of everything sees the manager's whole plan`() async throws {
    let hub = model(try await ReportHub.shared.value)
    let plan = reconcile(hub.hub, at: ReportHub.time)
    #expect(ReaderGaps(hub.unobserved).known(of: plan) == plan)
  }

  @Test(arguments: [nil] + ClusterChainTests.breaks.indices.map { $0 })
  func `what can't be read leads to no change, finding or verdict that the manager wouldn't make`(
    _ index: Int?
  ) async throws {
    var server = try await ReportHub.shared.value
    if let index { try ClusterChainTests.breaks[index].change(&server) }
    let whole = model(server)
    let report = await HubReport(whole, at: ReportHub.time)
    #expect(whole.selections.count > 10)
    for refused in whole.selections {
      await expectNoFalseClaim(server, whole: whole, report: report, without: [refused])
    }
    // All of a kind, as a role without the kind refuses them.
    for kind in Set(whole.selections.map(\.type.groupKind)) {
      await expectNoFalseClaim(
        server, whole: whole, report: report,
        without: whole.selections.filter { $0.type.groupKind == kind })
    }
    await expectNoFalseClaim(server, whole: whole, report: report, without: whole.selections)
  }

  @Test func `changes that follow from what was read are shown`() async throws {
    var server = try await ReportHub.shared.value
    try server.require(
      .delete(ObjectKey(ManagedServiceAccount.type, namespace: "a", name: "cluster-gateway")),
      at: ReportHub.time)
    let secrets = model(server).selections.filter { $0.type == Secret.type }
    let hub = model(server, without: secrets)
    let known = ReaderGaps(hub.unobserved).known(of: reconcile(hub.hub, at: ReportHub.time))
    #expect(known.patches.map(\.target.type) == [ManagedServiceAccount.type])
  }

  @Test func `each right is named once, with what is not shown`() async throws {
    let selections = model(try await ReportHub.shared.value).selections
    let gaps = ReaderGaps(selections.filter { $0.type == Secret.type || $0.type == Deployment.type })
    #expect(Set(gaps.gaps.map(\.description)).count == gaps.gaps.count)
    #expect(gaps.gaps.allSatisfy { $0.description.hasPrefix("list ") })
    #expect(
      gaps.gaps.map(\.description).contains(
        "list secrets \"cluster-gateway-signer\" in namespace open-cluster-management-addon"))
    #expect(
      ReaderGaps(selections).rightsToClusters
        == "you may not list managedclusters.cluster.open-cluster-management.io")
    #expect(
      gaps.hidden.sorted() == [
        "certificates and credentials", "changes and findings that depend on them", "the gateway's pods",
      ])
  }
}

extension MemoryAPIServer {
  /// The objects of the kinds that the manager reads.
  fileprivate var everything: [DynamicObject] {
    let kinds = Set(GatewayTable(configuration: OCMHub.direct.defaulted()).selections.map(\.type))
    return kinds.sorted { $0.kind < $1.kind }.flatMap { objects($0) }
  }
}
