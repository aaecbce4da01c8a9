import Foundation
import GatewayDemo
import GatewayManager
import GatewayReconcile
import HTTPTypes
import KubeCore
import KubeTransport
import Synchronization
import Testing

@testable import gateway_manager

/// A hub that doesn't answer, or no longer: what is said, and when.
@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
  /// A transport that answers after a while, or fails.
  private struct SlowTransport: Transport {
    var delay = Duration.zero
    var failure: TransportError?

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      try await Task.sleep(for: delay)
      if let failure { throw failure }
      return KubeResponse(status: .ok, headers: [:], body: ResponseBody([]))
    }
  }

  private let lost = TransportError(code: .connectionLost, requestWasSent: true, message: "it was cut")
  private let time = Date(timeIntervalSince1970: 1_796_083_200)

  @Test func `a request without an answer is announced, and given up at the limit`() async throws {
    let notices = Mutex<[String]>([])
    let transport = PatientTransport(
      base: SlowTransport(delay: .seconds(100)), host: "hub:6443", limit: .seconds(1),
      noticeDelay: .milliseconds(10), onWait: { text in notices.withLock { $0.append(text) } })
    let error = await #expect(throws: TransportError.self) { try await transport.send(.raw(path: "/api")) }
    #expect(error?.code == .timedOut)
    #expect(error?.message.hasPrefix("hub:6443 has not answered within 1 second") == true)
    #expect(notices.withLock { $0 } == ["waiting for hub:6443 to answer GET /api, at most 1 second"])
  }

  @Test func `docs/commands.md names the times until a request is announced and given up`() throws {
    let transport = PatientTransport(
      base: SlowTransport(), host: "hub", limit: HubConnection.limit, onWait: { _ in })
    #expect(transport.noticeDelay == .seconds(1))
    #expect(
      try Repository.text("docs/commands.md").contains(
        "A hub that doesn't answer within a second is announced on a terminal, and given up after "
          + TimeText.words(HubConnection.limit) + "."))
  }

  @Test func `a request that is answered at once is not announced`() async throws {
    let transport = PatientTransport(
      base: SlowTransport(), host: "hub", limit: .seconds(100), noticeDelay: .seconds(90),
      onWait: { Issue.record("\($0)") })
    #expect(try await transport.send(.raw(path: "/api")).status == .ok)
  }

  @Test func `a connection is lost from the first failure to the next answer`() async throws {
    let state = ConnectionState()
    func send(_ failure: TransportError?, after seconds: Double) async {
      let now = time.addingTimeInterval(seconds)
      _ = try? await StateRecordingTransport(
        base: SlowTransport(failure: failure), state: state, now: { now }
      ).send(.raw(path: "/api"))
    }
    await send(nil, after: 0)
    #expect(state.loss == nil && state.regained == nil)
    await send(lost, after: 1)
    await send(lost, after: 2)
    #expect(state.loss?.since == time.addingTimeInterval(1))
    #expect(state.loss?.reason.contains("it was cut") == true)
    await send(nil, after: 3)
    #expect(state.loss == nil && state.regained == time.addingTimeInterval(3))
  }

  @Test func `a picture is drawn again when the connection is lost and when it is back`() async throws {
    var picture = LivePicture()
    #expect(picture.next(at: time) == nil)
    picture.report = await HubReport(HubCache(identity: ManagerIdentity()), at: time)
    #expect(picture.next(at: time)?.head.text(usesColor: false).hasPrefix("changed at 2026-") == true)
    #expect(picture.next(at: time) == nil)
    picture.loss = ConnectionState.Loss(since: time.addingTimeInterval(60), reason: "it was cut")
    let next = picture.next(at: time.addingTimeInterval(61))
    let (head, report) = try #require(next)
    #expect(
      head.text(usesColor: false)
        == "connection lost at \(Timestamp(time.addingTimeInterval(60))), this is the state of \(Timestamp(time)): it was cut"
    )
    #expect(report.time == time)
    (picture.loss, picture.regained) = (nil, time.addingTimeInterval(90))
    let back = picture.next(at: time.addingTimeInterval(91))?.head.text(usesColor: false)
    #expect(back?.contains("connected again since \(Timestamp(time.addingTimeInterval(90)))") == true)
  }
}
