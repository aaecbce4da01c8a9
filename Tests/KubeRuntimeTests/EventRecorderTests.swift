import HTTPTypes
import KubeCore
import KubeTransport
import Logging
import Synchronization
import Testing

import struct Foundation.Date

@testable import KubeRuntime

@Suite(.timeLimit(.minutes(5))) struct EventRecorderTests {
  let clock = ManualClock()
  let events = Shared<[String: JSONValue]>([:])
  let requests = Shared<[KubeRequest]>([])

  func recorder(_ limits: EventRecorder.Limits = EventRecorder.Limits()) -> EventRecorder {
    let transport = FakeTransport { [events, requests] request in
      requests.value.withLock { $0.append(request) }
      let body = try JSONParser().parse(request.body?.exposed() ?? [])
      return events.value.withLock { events in
        if request.method == .post {
          let name = body.value(at: "metadata", "name")?.string ?? ""
          events[name] = body
          return response(201, body)
        }
        let name = request.path.last ?? ""
        guard var event = events[name] else { return refusal(404, "NotFound") }
        event["count"] = body["count"]
        events[name] = event
        return response(200, event)
      }
    }
    return EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1",
      limits: limits, clock: clock, now: { Date(timeIntervalSince1970: 1_800_000_000) },
      logger: Logger(label: "test"))
  }

  var counts: [Int64] { events.value.withLock { $0.values.compactMap { $0["count"]?.int64 }.sorted() } }

  @Test func equalEventsBecomeOneWithACount() async throws {
    let recorder = recorder()
    let task = Task { await recorder.run() }
    let object = try DynamicObject(configMap("a"))
    for _ in 0..<5 { recorder.record(object, reason: "Did", message: "it") }
    recorder.record(object, .warning, reason: "Failed", message: "it")
    try await until { counts == [1, 5] }
    let kinds = events.value.withLock { $0.values.map { $0["type"]?.string ?? "" }.sorted() }
    #expect(kinds == ["Normal", "Warning"])
    #expect(
      requests.value.withLock {
        $0.allSatisfy { $0.path.starts(with: ["api", "v1", "namespaces", "ns", "events"]) }
      })
    // The server has forgotten it: it is made anew, with what was counted.
    events.value.withLock { $0 = [:] }
    recorder.record(object, reason: "Did", message: "it")
    try await until { counts == [6] }
    task.cancel()
    await task.value
  }

  @Test func anObjectHasABudgetThatFillsAgain() async throws {
    let recorder = recorder(EventRecorder.Limits(burst: 3, refill: .seconds(10)))
    let noisy = try DynamicObject(configMap("noisy"))
    for number in 0..<10 { recorder.record(noisy, reason: "R", message: "\(number)") }
    #expect(recorder.droppedCount == 7)
    recorder.record(try DynamicObject(configMap("quiet")), reason: "R", message: "m")
    #expect(recorder.droppedCount == 7)
    clock.advance(by: .seconds(10))
    for number in 10..<12 { recorder.record(noisy, reason: "R", message: "\(number)") }
    #expect(recorder.droppedCount == 8)
    let task = Task { await recorder.run() }
    try await until { counts.count == 5 }
    task.cancel()
    await task.value
  }

  @Test func eventsOfClusterScopedObjectsGoToDefault() async throws {
    let recorder = recorder()
    recorder.record(ObjectReference(kind: "Node", name: "n"), reason: "R", message: "m")
    let task = Task { await recorder.run() }
    try await until { counts == [1] }
    #expect(
      requests.value.withLock { $0.first?.target.hasPrefix("/api/v1/namespaces/default/events?") } == true)
    task.cancel()
    await task.value
  }
}
