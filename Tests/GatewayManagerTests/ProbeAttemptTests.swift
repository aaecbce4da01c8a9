import Foundation
import GatewayManager
import GatewayReconcile
import KubeCore
import Testing

/// The last probes in `/debug/state`.
@Suite struct ProbeAttemptTests {
  private let attempt = ProbeAttempt(
    time: Date(timeIntervalSince1970: 1_796_083_200), latency: .microseconds(35_400), outcome: .answered)

  @Test func `an attempt is read as it was shown`() throws {
    #expect(
      attempt.json == [
        "at": .string("\(Timestamp(attempt.time))"), "latencyMilliseconds": 35, "outcome": "answered",
      ])
    let read = try #require(ProbeAttempt(attempt.json))
    #expect(read.time == attempt.time && read.latency == .milliseconds(35) && read.outcome == .answered)
  }

  @Test func `a failure is read with its reason`() throws {
    let failure = ProbeAttempt(
      time: attempt.time, latency: .milliseconds(5), result: .failed(reason: "no answer"))
    #expect(failure.outcome == .failed && failure.reason == "no answer")
    #expect(ProbeAttempt(failure.json) == failure)
    let answer = ProbeAttempt(time: attempt.time, latency: .milliseconds(5), result: .reached)
    #expect(answer.outcome == .answered && answer.reason == nil)
  }

  @Test func `the attempts of all services are found, and malformed ones left out`() {
    let state: JSONValue = [
      "services": [
        ["controller": "other"],
        ["probes": ["a": attempt.json, "b": ["at": "yesterday"], "c": "no object"]],
      ]
    ]
    #expect(ProbeAttempt.attempts(in: state).keys.sorted() == ["a"])
    for state in [nil, .null, "text", ["services": [:]]] as [JSONValue?] {
      #expect(ProbeAttempt.attempts(in: state).isEmpty)
    }
  }
}
