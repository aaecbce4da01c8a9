import Foundation
import GatewayDemo
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeTransport
import KubeYAML
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

  @Test func `folded clusters show no probes, so none are read for them`() async throws {
    let report = try await report()
    var many = report
    let first = try #require(report.clusters.first)
    many.clusters = (0...StatusText.fullClusters).map { number in
      var cluster = first
      cluster.name = "cluster\(number)"
      return cluster
    }
    func isFull(_ report: HubReport, _ view: StatusView = StatusView(), isDetailed: Bool = false) -> Bool {
      StatusText(report: report, lease: nil, view: view, isDetailed: isDetailed).isFull
    }
    #expect(isFull(report) && !isFull(many))
    #expect(isFull(many, StatusView(names: ["cluster3"])) && isFull(many, isDetailed: true))
  }
}
