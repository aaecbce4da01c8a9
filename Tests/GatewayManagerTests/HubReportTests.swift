import Foundation
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
import Logging
import OCMSimulator
import Testing

/// The report on a hub that `status` shows.
@Suite(.timeLimit(.minutes(5))) struct HubReportTests {
  private static let secrets = OCMHub.direct.secretNamespace

  @Test func `a converged hub is healthy, with every manifest applied and a token at the gateway`()
    async throws
  {
    let report = try await ReportHub.report(try await ReportHub.shared.value)
    #expect(report.gateway.isHealthy, "\(report.gateway.findings)")
    #expect(report.gateway.replicas?.ready == report.gateway.replicas?.wanted)
    #expect(report.gateway.pendingChanges == 0)
    #expect(report.clusters.map(\.name) == ["a", "b"])
    for cluster in report.clusters {
      #expect(cluster.health == .healthy, "\(cluster.reason): \(cluster.message)")
      #expect(cluster.conditions.map(\.status) == [.true, .true, .true])
      #expect(cluster.work?.manifests.map(\.applied) == [.true, .true])
      #expect(cluster.work?.manifests.map(\.kind) == ["ClusterRole", "ClusterRoleBinding"])
      #expect(cluster.identity?.account == "cluster-gateway")
      #expect(cluster.identity?.credential == .current)
      #expect(cluster.identity?.since != nil)
      #expect(cluster.identity?.tokenExpires.map { $0 > ReportHub.time } == true)
      #expect(cluster.pendingChanges == 0)
    }
    #expect(FleetReport(report.clusters).groups == [])
    #expect(report.certificates.entries.map(\.role).contains(.serving))
  }

  @Test func `a cluster's report rests on the add-on's conditions and the cluster's plan`() async throws {
    var server = try await ReportHub.shared.value
    try server.set(
      [Condition(type: "Available", status: .false, reason: "ProbeFailed", message: "no answer")],
      on: ObjectKey(ManagedClusterAddOn.type, namespace: "b", name: "cluster-gateway"))
    let report = try await ReportHub.report(server)
    let cluster = try #require(report.clusters.last)
    #expect(cluster.health == .unhealthy)
    #expect(cluster.reason == "ProbeFailed" && cluster.message == "no answer")
    let fleet = FleetReport(report.clusters)
    #expect(fleet.count == 2 && fleet.healthy == 1)
    #expect(fleet.groups.map(\.names) == [["b"]])
  }

  @Test func `a gateway Secret that is missing or holds an older token shows`() async throws {
    var server = try await ReportHub.shared.value
    let secret = ObjectKey(Secret.type, namespace: HubReportTests.secrets, name: "a")
    try server.require(.delete(secret), at: ReportHub.time)
    var cluster = try #require(try await ReportHub.report(server).clusters.first)
    #expect(cluster.identity?.credential == .missing)
    #expect(cluster.pendingChanges > 0)
    server = try await ReportHub.shared.value
    try server.require(
      .mergePatch(secret, ["data": ["token": "YW4ub2xkLm9uZQ=="]], options: WriteOptions(fieldManager: "x")),
      at: ReportHub.time)
    cluster = try #require(try await ReportHub.report(server).clusters.first)
    #expect(cluster.identity?.credential == .outdated)
  }

  @Test func `a cluster that opts out is excluded, and counts as no trouble`() async throws {
    var server = try await ReportHub.shared.value
    try server.require(
      .mergePatch(
        ObjectKey(ManagedCluster.type, name: "a"),
        ["metadata": ["annotations": [OCMAnnotations.disableAutomaticInstallation: "true"]]],
        options: WriteOptions(fieldManager: "x")), at: ReportHub.time)
    let report = try await ReportHub.report(server)
    #expect(report.clusters.first?.health == .excluded)
    #expect(report.clusters.first?.message.contains("opts out") == true)
    #expect(report.clusters.first?.reason == "ClusterExcluded")
  }

  /// A way to leave clusters out, and the number of clusters that are left.
  struct Leaving: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let object: ObjectKey
    let patch: JSONValue
    let served: Int
  }

  static let leavings: [Leaving] = [
    Leaving(
      testDescription: "the hub denies one", object: ObjectKey(ManagedCluster.type, name: "a"),
      patch: ["spec": ["hubAcceptsClient": false]], served: 1),
    Leaving(
      testDescription: "one opts out", object: ObjectKey(ManagedCluster.type, name: "a"),
      patch: [
        "metadata": ["annotations": .object([OCMAnnotations.disableAutomaticInstallation: "true"])]
      ], served: 1),
    Leaving(
      testDescription: "the selector leaves all out",
      object: ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway"),
      patch: ["spec": ["clusters": ["selector": ["matchLabels": ["region": "eu"]]]]], served: 0),
  ]

  @Test(arguments: leavings)
  func `the configuration's status and the report count the same clusters`(_ leaving: Leaving) async throws {
    var server = try await ReportHub.shared.value
    try server.require(
      .mergePatch(leaving.object, leaving.patch, options: WriteOptions(fieldManager: "x")),
      at: ReportHub.time)
    let client = KubeClient(InMemoryCluster(server, now: { ReportHub.time }), fieldManager: "test")
    let model = try await HubLoader(client).load()
    let fleet = FleetReport(await HubReport(model, at: ReportHub.time).clusters)
    let health = model.installation.fleet.health
    #expect(fleet.entered == leaving.served && fleet.isHealthy, "\(fleet)")
    #expect(health.served == leaving.served && health.available == leaving.served, "\(health)")
    #expect(health.withoutIdentity.count == 0)
  }

  @Test func `clusters with the same trouble are one group, unhealthy and large ones first`() async throws {
    let sample = try #require(try await ReportHub.report(try await ReportHub.shared.value).clusters.first)
    func cluster(_ number: Int, _ health: ClusterReport.Health, reason: String, message: String)
      -> ClusterReport
    {
      var cluster = sample
      cluster.name = "c\(number)"
      (cluster.health, cluster.reason, cluster.message) = (health, reason, message)
      return cluster
    }
    let clusters =
      [
        cluster(9, .excluded, reason: "NotServed", message: "it opts out"),
        cluster(8, .unknown, reason: "NotProbedYet", message: "not asked yet"),
      ]
      + [7, 6].map { cluster($0, .unhealthy, reason: "ProbeFailed", message: "no answer from c\($0)") }
      + [cluster(5, .unhealthy, reason: "WorkNotApplied", message: "no rights"), sample]
    let fleet = FleetReport(clusters)
    #expect(fleet.count == 6 && fleet.healthy == 1)
    #expect(fleet.groups.map(\.reason) == ["ProbeFailed", "WorkNotApplied", "NotProbedYet", "NotServed"])
    #expect(fleet.groups.first?.names == ["c6", "c7"])
  }

  @Test func `a refusal that only the manager knows is reported from its condition`() async throws {
    var server = try await ReportHub.shared.value
    let configuration = ObjectKey(ClusterGatewayConfiguration.type, name: "cluster-gateway")
    func degrade(reason: String, _ message: String) throws {
      let degraded = Condition(
        type: "Degraded", status: .true, reason: reason, message: message, lastTransitionTime: ReportHub.time)
      try server.set([degraded], on: configuration)
    }
    try degrade(reason: "Contended", "ManagedClusterAddOn a/x: another program; 10 times; stop it")
    let gateway = try await ReportHub.report(server).gateway
    let finding = try #require(gateway.findings.first)
    #expect(finding.code == .contended && finding.object == configuration)
    #expect(finding.problem == "ManagedClusterAddOn a/x: another program; 10 times")
    #expect(finding.remedy == "stop it" && !gateway.isHealthy)
    // The plan knows better what else there is.
    try degrade(reason: "ForeignObject", "Service x: it isn't the manager's; delete it")
    #expect(try await ReportHub.report(server).gateway.isHealthy)
  }

  @Test func `what can't be read is said, and makes no claim`() async throws {
    var server = try await ReportHub.shared.value
    server.setAuthorization(.rbac, at: ReportHub.time)
    let hub = InMemoryCluster(server, now: { ReportHub.time })
    // Who may do nothing at all.
    let client = KubeClient(
      hub.transport(as: .serviceAccount(namespace: "default", name: "nobody")), fieldManager: "test")
    let report = await HubReport(try await HubLoader(client).load(), at: ReportHub.time)
    #expect(report.gaps.hidesClusters && report.gaps.hidesConfiguration)
    #expect(report.clusters.isEmpty && report.gateway.findings.isEmpty)
    #expect(report.certificates.entries.allSatisfy { !$0.isReadable && $0.problem == nil })
  }

  @Test(.timeLimit(.minutes(2)))
  func `a hub that is followed is listed once, and reported again only on events`()
    async throws
  {
    let hub = InMemoryCluster(try await ReportHub.shared.value, now: { ReportHub.time })
    let transport = CountingTransport(hub)
    let watch = HubWatch(
      KubeClient(transport, fieldManager: "test"), identity: ManagerIdentity(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { ReportHub.time })
    let running = Task { await watch.run() }
    defer { running.cancel() }
    var report: HubReport?
    while report == nil || report?.clusters.count != 2 || report?.gaps.isEmpty != true {
      if let next = await watch.report() { report = next }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(report?.clusters.allSatisfy { $0.health == .healthy } == true)
    // Without an event there is no further report: this ends.
    while await watch.report() != nil { try await Task.sleep(for: .milliseconds(20)) }
    try await hub.withServer { server in
      try server.set(
        [Condition(type: "Available", status: .false, reason: "ProbeFailed", message: "no answer")],
        on: ObjectKey(ManagedClusterAddOn.type, namespace: "b", name: "cluster-gateway"))
    }
    while report?.clusters.map(\.health) != [.healthy, .unhealthy] {
      if let next = await watch.report() { report = next }
      try await Task.sleep(for: .milliseconds(5))
    }
    let lists = transport.requests.filter { !$0.isWatch || $0.queryValue("sendInitialEvents") == "true" }
    let selections = lists.map {
      [$0.path, [$0.queryValue("labelSelector"), $0.queryValue("fieldSelector")].map { $0 ?? "" }]
    }
    #expect(selections.count > 10 && Set(selections).count == selections.count, "\(lists.map(\.target))")
  }
}
