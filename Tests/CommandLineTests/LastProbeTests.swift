import Foundation
import GatewayDemo
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeKindsCoordination
import KubeTransport
import KubeYAML
import Synchronization
import Testing

@testable import gateway_manager

/// The clusters' last probes in `status`: as text, on a page, and while a hub is followed.
@Suite struct LastProbeTests {
  private static let time = Timestamp(rfc3339: PlanTests.early)?.date ?? Date()
  private static let start = ContinuousClock.now

  private let probe = ProbeAttempt(
    time: time.addingTimeInterval(-12), latency: .milliseconds(35), outcome: .answered)

  /// Two clusters, `cluster1` and `local-cluster`.
  private func report() async throws -> HubReport {
    let text = try fixture().text(Fixture.taken)
    let objects = try YAMLReader().objects(Array(text.utf8), file: "hub.yaml").map(\.object)
    return await HubReport(HubCache(identity: ManagerIdentity(), objects: objects), at: Self.time)
  }

  /// A transport that gives every request the same answer, or none.
  private struct OneAnswer: Transport {
    var status: HTTPResponse.Status?
    var body = ""

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      #expect(
        request.path.joined(separator: "/") == "api/v1/namespaces/ops/pods/manager-1:48081/proxy/debug/state")
      guard let status else {
        throw TransportError(code: .timedOut, requestWasSent: true, message: "the pod does not answer")
      }
      return KubeResponse(
        status: status, headers: [.contentType: "application/json"], body: ResponseBody(Array(body.utf8)))
    }
  }

  private func answer(_ transport: any Transport) async -> ProbeReading.Answer {
    await ProbeReading.last(
      KubeClient(transport, fieldManager: "test"), pod: "manager-1", namespace: "ops")
  }

  @Test func `the leader is asked through its pod, and a missing right is no silence`() async throws {
    let state = JSONWriter().text(["services": [["probes": ["cluster1": probe.json]]]])
    #expect(await answer(OneAnswer(status: .ok, body: state)) == .attempts(["cluster1": probe]))
    let refusal =
      #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"#
      + #""message":"pods \"manager-1\" is forbidden: User \"a\" cannot get resource \"pods/proxy\""}"#
    #expect(await answer(OneAnswer(status: .forbidden, body: refusal)) == .forbidden)
    #expect(await answer(OneAnswer(status: .serviceUnavailable)) == .unanswered)
    #expect(await answer(OneAnswer()) == .unanswered)
  }

  @Test func `the text and the page show the probes that are known, and nothing else about probes`()
    async throws
  {
    let report = try await report()
    func text(_ probes: [String: ProbeAttempt]) -> String {
      StatusText(report: report, lease: nil, view: StatusView(), probes: probes, isDetailed: true).lines
        .text(usesColor: false)
    }
    func page(_ probes: [String: ProbeAttempt]) -> String {
      StatusPage(report: report, lease: nil, view: StatusView(), callers: nil, probes: probes).html
    }
    #expect(text(["cluster1": probe]).contains("<Probe> answered after 35 ms, 12 seconds ago\n"))
    #expect(!text([:]).contains("<Probe>"))
    let known = page(["cluster1": probe])
    #expect(known.contains("<th>Last probe</th>"))
    #expect(known.contains(#"<td><span class="good">answered</span> after 35 ms, 12 seconds ago</td>"#))
    #expect(known.contains("<td></td>"))
    #expect(!page([:]).contains("Last probe"))
  }

  @Test func `a followed hub's probes are read again after an interval, and rarely where that fails`() {
    var probes = LiveProbes()
    func isDue(_ seconds: Int, _ pod: String = "manager-1") -> Bool {
      probes.isDue(for: pod, at: Self.start + .seconds(seconds))
    }
    func record(_ answer: ProbeReading.Answer, at seconds: Int) {
      probes.record(
        answer, of: "manager-1", about: ["cluster1"], at: Self.start + .seconds(seconds))
    }
    #expect(isDue(0))
    record(.attempts(["cluster1": probe, "hidden": probe]), at: 0)
    #expect(!isDue(14) && isDue(15))
    #expect(probes.attempts == ["cluster1": probe])
    record(.unanswered, at: 15)
    #expect(!isDue(314) && isDue(315))
    #expect(probes.attempts == ["cluster1": probe])
    record(.forbidden, at: 315)
    #expect(!isDue(614) && isDue(615))
    #expect(isDue(316, "manager-2"), "another leader is asked at once")
    #expect(probes.attempts.isEmpty)
  }

  @Test func `a picture is drawn again when its probes have changed`() async throws {
    var picture = LivePicture()
    picture.report = try await report()
    #expect(picture.next(at: Self.time) != nil)
    func record(_ answer: ProbeReading.Answer) {
      picture.probes.record(answer, of: "manager-1", about: ["cluster1"], at: Self.start)
    }
    record(.attempts(["another": probe]))
    #expect(picture.next(at: Self.time) == nil)
    record(.attempts(["cluster1": probe]))
    #expect(picture.next(at: Self.time) != nil)
    record(.unanswered)
    #expect(picture.next(at: Self.time) == nil)
  }

  @Test func `a pod that doesn't answer is no lost connection to the hub`() async throws {
    let state = ConnectionState()
    let transport = StateRecordingTransport(base: OneAnswer(), state: state, now: { Self.time })
    #expect(await answer(transport) == .unanswered)
    #expect(state.loss == nil)
  }

  /// As many clusters as are folded.
  private func manyClusters() async throws -> HubReport {
    var report = try await report()
    let first = try #require(report.clusters.first)
    report.clusters = (0...StatusText.fullClusters).map { number in
      var cluster = first
      cluster.name = "cluster\(number)"
      return cluster
    }
    return report
  }

  @Test func `of a followed hub, probes are read for clusters that are drawn in full`() async throws {
    let (report, many) = (try await report(), try await manyClusters())
    func isFull(_ report: HubReport, _ view: StatusView = StatusView(), isDetailed: Bool = false) -> Bool {
      StatusText(report: report, lease: nil, view: view, isDetailed: isDetailed).isFull
    }
    #expect(isFull(report) && !isFull(many))
    #expect(isFull(many, StatusView(names: ["cluster3"])) && isFull(many, isDetailed: true))
  }

  private func attempt(_ outcome: ProbeAttempt.Outcome, _ reason: String? = nil) -> ProbeAttempt {
    ProbeAttempt(time: Self.time, latency: .milliseconds(35), outcome: outcome, reason: reason)
  }

  @Test func `the probes of folded clusters are counted by outcome and reason, with the first names`()
    async throws
  {
    var probes = [
      "cluster7": attempt(.failed, "no connection"), "cluster8": attempt(.forbidden),
      "cluster9": attempt(.answered), "another": attempt(.inconclusive),
    ]
    for number in 0..<7 { probes["cluster\(number)"] = attempt(.failed, "no answer") }
    let text = StatusText(
      report: try await manyClusters(), lease: nil, view: StatusView(), probes: probes, isDetailed: false
    ).lines.text(usesColor: false)
    let lines = text.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex { $0.contains("<Probe> ") }, "\(text)")
    #expect(
      lines[start...].prefix(7) == [
        "├── <Probe> 7 failed: no answer",
        "│   └── cluster0, cluster1, cluster2, cluster3, cluster4 and 2 more",
        "├── <Probe> 1 failed: no connection",
        "│   └── cluster7",
        "├── <Probe> 1 forbidden",
        "│   └── cluster8",
        "└── <Probe> 1 answered",
      ], "\(text)")
  }

  @Test func `a stopped manager or a cluster without an answer is not healthy, a forbidden probe not known`()
    async throws
  {
    var report = try await report()
    (report.gateway.health, report.gateway.findings) = (.available, [])
    for index in report.clusters.indices { report.clusters[index].health = .healthy }
    let names = report.clusters.map(\.name)
    func isHealthy(
      _ outcomes: [ProbeAttempt.Outcome], leaseAge: Double = 2, view: StatusView = StatusView()
    ) -> Bool? {
      let lease = ManagerLease.held(
        by: "manager-1_x", renewed: Self.time.addingTimeInterval(-leaseAge), duration: 15)
      let probes = Dictionary(zip(names, outcomes.map { attempt($0) })) { first, _ in first }
      return view.isHealthy(report, lease: lease, probes: probes)
    }
    #expect(isHealthy([]) == true)
    #expect(isHealthy([.answered, .answered]) == true)
    #expect(isHealthy([.answered, .failed]) == false)
    #expect(isHealthy([.answered, .inconclusive]) == false)
    #expect(isHealthy([.answered, .forbidden]) == nil)
    #expect(isHealthy([.failed, .forbidden]) == false)
    #expect(isHealthy([.answered, .failed], view: StatusView(names: [names[0]])) == true)
    #expect(isHealthy([], leaseAge: 20) == false)
  }

  /// A hub whose clusters take 20 seconds each to fail, and whose manager renews its Lease all the
  /// while.
  private final class SlowHub: Transport {
    private let time = Mutex(LastProbeTests.time)

    var now: Date { time.withLock { $0 } }

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      guard request.path.contains("leases") else {
        time.withLock { $0 += 20 }
        return KubeResponse(status: .serviceUnavailable)
      }
      let lease = Lease(
        metadata: ObjectMeta(name: ManagerIdentity.leaseName, namespace: "ops"),
        spec: LeaseSpec(holderIdentity: "manager-1_x", leaseDurationSeconds: 15, renewTime: now))
      return KubeResponse(
        status: .ok, headers: [.contentType: "application/json"],
        body: ResponseBody(JSONWriter().bytes(lease.json)))
    }
  }

  @Test func `a manager that runs while the clusters are asked for long has not stopped`() async throws {
    let objects = try YAMLReader().objects(Array(fixture().text(Fixture.taken).utf8), file: "hub.yaml")
    let hub = SlowHub()
    let clock = ServerClock(hub, local: { hub.now })
    let surroundings = try await StatusReading(namespace: "ops", isProbing: true).surroundings(
      of: HubCache(identity: ManagerIdentity(), objects: objects.map(\.object)),
      KubeClient(clock, fieldManager: "test"), clock)
    #expect(surroundings.probes.values.contains { $0.outcome == .failed })
    #expect(surroundings.lease?.isRunning(at: clock.now) == true)
  }

  @Test func `the Lease says nothing about another time`() async throws {
    let hub = SlowHub()
    let clock = ServerClock(hub, local: { hub.now })
    let surroundings = try await StatusReading(namespace: "ops", isOfNow: false).surroundings(
      of: HubCache(identity: ManagerIdentity()), KubeClient(clock, fieldManager: "test"), clock)
    #expect(surroundings.lease == nil)
  }
}
