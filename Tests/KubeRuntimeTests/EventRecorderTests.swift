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

  let time = Shared(Date(timeIntervalSince1970: 1_800_000_000))

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
        event["series"] = body["series"]
        events[name] = event
        return response(200, event)
      }
    }
    return EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1",
      limits: limits, clock: clock, now: { [time] in time.value.withLock { $0 } },
      logger: Logger(label: "test"))
  }

  var counts: [Int64] {
    events.value.withLock { $0.values.map { $0.value(at: "series", "count")?.int64 ?? 1 }.sorted() }
  }
  var notes: [String] { events.value.withLock { $0.values.compactMap { $0["note"]?.string }.sorted() } }

  @Test func `an Event that is recorded again before its lost answer is retried stays one`() async throws {
    let lost = Shared(true)
    let names = Shared<[String]>([])
    let transport = FakeTransport { [requests] request in
      requests.value.withLock { $0.append(request) }
      let body = try JSONParser().parse(request.body?.exposed() ?? [])
      if request.method == .patch { return response(200, body) }
      names.value.withLock { $0.append(body.value(at: "metadata", "name")?.string ?? "") }
      let isLost = lost.value.withLock { lost in
        defer { lost = false }
        return lost
      }
      if isLost {
        throw TransportError(code: .connectionLost, requestWasSent: true, message: "the stream was reset")
      }
      return refusal(409, "AlreadyExists")
    }
    let recorder = EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1", clock: clock, now: { [time] in time.value.withLock { $0 } },
      logger: Logger(label: "test"))
    let task = Task { await recorder.run() }
    let object = try DynamicObject(configMap("a"))
    recorder.record(object, reason: "Did", message: "it")
    try await until { names.value.withLock { $0.count == 1 } }
    time.value.withLock { $0.addTimeInterval(1) }
    recorder.record(object, reason: "Did", message: "it")
    try await until { names.value.withLock { $0.count >= 2 } }
    // The Event that is there already gets the count.
    try await until { requests.value.withLock { $0.contains { $0.method == .patch } } }
    #expect(Set(names.value.withLock { $0 }).count == 1)
    task.cancel()
    await task.value
  }

  @Test func `an Event is sent again no earlier than the server asks for`() async throws {
    let clock = clock
    let transport = FakeTransport { [requests] request in
      let isFirst = requests.value.withLock { requests in
        requests.append(request)
        return requests.count == 1
      }
      if !isFirst { return response(201, try JSONParser().parse(request.body?.exposed() ?? [])) }
      let details = StatusDetails(retryAfterSeconds: 120)
      return response(
        429, Status(status: "Failure", reason: "TooManyRequests", details: details, code: 429).json)
    }
    let recorder = EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1", clock: clock, logger: Logger(label: "test"))
    recorder.record(try DynamicObject(configMap("a")), reason: "Did", message: "it")
    let task = Task { await recorder.run() }
    try await until { clock.sleeperCount == 1 }
    clock.advance(by: .seconds(119))
    #expect(clock.sleeperCount == 1)
    // Jitter adds up to a quarter.
    clock.advance(by: .seconds(31))
    try await until { requests.value.withLock { $0.count == 2 } }
    task.cancel()
    await task.value
  }

  @Test func `one Event of a namespace where they are forbidden is sent again until it may be created`()
    async throws
  {
    let (clock, isAllowed, outcomes) = (clock, Shared(false), Shared<[Bool]>([]))
    let transport = FakeTransport { request in
      guard isAllowed.value.withLock({ $0 }) else {
        let message = #"events.events.k8s.io is forbidden: User "me" cannot create resource "events""#
        return response(
          403, Status(status: "Failure", message: message, reason: "Forbidden", code: 403).json)
      }
      return response(201, try JSONParser().parse(request.body?.exposed() ?? []))
    }
    let recorder = EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1", clock: clock,
      onOutcome: { _, failure in outcomes.value.withLock { $0.append(failure == nil) } },
      logger: Logger(label: "test"))
    for name in ["a", "b"] {
      recorder.record(try DynamicObject(configMap(name)), reason: "Did", message: "it")
    }
    let task = Task { await recorder.run() }
    for count in [2, 3] {
      try await until { outcomes.value.withLock { $0.count == count } && clock.sleeperCount == 1 }
      if count == 3 { isAllowed.value.withLock { $0 = true } }
      clock.advance(by: .seconds(300))
    }
    try await until { outcomes.value.withLock { $0.count == 4 } }
    #expect(outcomes.value.withLock { $0 } == [false, false, false, true])
    task.cancel()
    await task.value
  }

  @Test func `an outage doesn't end the attempts to send a forbidden Event`() async throws {
    let (clock, requests, outcomes) = (clock, requests, Shared<[Bool]>([]))
    let transport = FakeTransport { request in
      let count = requests.value.withLock { requests in
        requests.append(request)
        return requests.count
      }
      switch count {
      case 1:
        let message = #"events.events.k8s.io is forbidden: User "me" cannot create resource "events""#
        return response(
          403, Status(status: "Failure", message: message, reason: "Forbidden", code: 403).json)
      case 2...7: return refusal(503, "ServiceUnavailable")
      default: return response(201, try JSONParser().parse(request.body?.exposed() ?? []))
      }
    }
    let recorder = EventRecorder(
      KubeClient(transport, fieldManager: "me", limits: noTimeouts), component: "example.com/test",
      instance: "pod-1", clock: clock,
      onOutcome: { _, failure in outcomes.value.withLock { $0.append(failure == nil) } },
      logger: Logger(label: "test"))
    recorder.record(try DynamicObject(configMap("a")), reason: "Did", message: "it")
    let task = Task { await recorder.run() }
    for count in 1...7 {
      try await until {
        let isOver = outcomes.value.withLock { $0.count > 1 }
        return isOver || requests.value.withLock { $0.count == count } && clock.sleeperCount == 1
      }
      try #require(outcomes.value.withLock { $0 } == [false])
      clock.advance(by: .seconds(300))
    }
    try await until { outcomes.value.withLock { $0.count == 2 } }
    #expect(outcomes.value.withLock { $0 } == [false, true])
    task.cancel()
    await task.value
  }

  @Test func `equal Events become one with a count`() async throws {
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
        $0.allSatisfy { $0.path.starts(with: ["apis", "events.k8s.io", "v1", "namespaces", "ns", "events"]) }
      })
    // The server has deleted it: it is created again, with the count.
    events.value.withLock { $0 = [:] }
    recorder.record(object, reason: "Did", message: "it")
    try await until { counts == [6] }
    task.cancel()
    await task.value
  }

  @Test func `an object has a budget that refills`() async throws {
    let recorder = recorder(EventRecorder.Limits(burst: 3, refill: .seconds(10)))
    let noisy = try DynamicObject(configMap("noisy"))
    for number in 0..<10 { recorder.record(noisy, reason: "R", message: "x\(number)") }
    #expect(recorder.droppedCount == 7)
    recorder.record(try DynamicObject(configMap("quiet")), reason: "R", message: "m")
    #expect(recorder.droppedCount == 7)
    clock.advance(by: .seconds(10))
    for number in 10..<12 { recorder.record(noisy, reason: "R", message: "x\(number)") }
    #expect(recorder.droppedCount == 8)
    let task = Task { await recorder.run() }
    try await until { counts.count == 5 }
    task.cancel()
    await task.value
  }

  @Test func `Events of cluster-scoped objects are created in the namespace default`() async throws {
    let recorder = recorder()
    recorder.record(ObjectReference(kind: "Node", name: "n"), reason: "R", message: "m")
    let task = Task { await recorder.run() }
    try await until { counts == [1] }
    #expect(
      requests.value.withLock {
        $0.first?.target.hasPrefix("/apis/events.k8s.io/v1/namespaces/default/events?")
      } == true)
    task.cancel()
    await task.value
  }

  /// The name of an object, and the beginning of its Events' names.
  @Test(arguments: [
    ("web-1.example", "web-1.example."), ("system:nodes", "system-nodes."), ("Ops:.é-Team-", "ops.team."),
    (":", "unknown."), (String(repeating: "a", count: 229) + "-b", String(repeating: "a", count: 229) + "."),
    (String(repeating: "a", count: 229) + ".b", String(repeating: "a", count: 229) + "."),
    (String(repeating: "a", count: 253), String(repeating: "a", count: 230) + "."),
  ])
  func `an Event of any object has a valid name`(object: String, prefix: String) async throws {
    let recorder = recorder()
    recorder.record(ObjectReference(kind: "ClusterRole", name: object), reason: "R", message: "m")
    let task = Task { await recorder.run() }
    try await until { counts == [1] }
    let name = events.value.withLock { $0.keys.first } ?? ""
    #expect(name.hasPrefix(prefix) && NameRules.dnsSubdomainProblem(name) == nil, "\(name)")
    task.cancel()
    await task.value
  }

  @Test func `messages that differ in numbers alone become one event with a series`() async throws {
    let recorder = recorder()
    let object = try DynamicObject(configMap("a"))
    for ready in 1...3 {
      recorder.record(object, reason: "Up", message: "\(ready) of 12 clusters are up (\(ready * 8)%).")
    }
    recorder.record(object, reason: "Up", message: "cluster managed1 is up")
    recorder.record(object, reason: "Up", message: "cluster managed2 is up")
    let task = Task { await recorder.run() }
    try await until { counts == [1, 1, 3] }
    #expect(notes == ["1 of 12 clusters are up (8%).", "cluster managed1 is up", "cluster managed2 is up"])
    let event = try #require(events.value.withLock { $0.values.first { $0["series"] != nil } })
    #expect(event["apiVersion"] == "events.k8s.io/v1")
    #expect(event.value(at: "series", "lastObservedTime") == "2027-01-15T08:00:00.000000Z")
    #expect(event["action"] == "Reconcile" && event["reportingController"] == "example.com/test")
    #expect(event["count"] == nil && event["deprecatedCount"] == nil)
    task.cancel()
    await task.value
  }

  @Test func `a series ends when nothing was recorded for a while`() async throws {
    let recorder = recorder()
    let task = Task { await recorder.run() }
    let object = try DynamicObject(configMap("a"))
    recorder.record(object, reason: "Up", message: "1 up")
    try await until { counts == [1] }
    time.value.withLock { $0 = $0.addingTimeInterval(360) }
    recorder.record(object, reason: "Up", message: "2 up")
    try await until { counts == [2] }
    time.value.withLock { $0 = $0.addingTimeInterval(361) }
    recorder.record(object, reason: "Up", message: "3 up")
    try await until { counts == [1, 2] }
    #expect(notes == ["1 up", "3 up"])
    task.cancel()
    await task.value
  }

  @Test func `a message is cut at the bytes that the API takes`() async throws {
    let recorder = recorder(EventRecorder.Limits(messageLength: 10))
    recorder.record(try DynamicObject(configMap("a")), reason: "R", message: "äääääääää")
    let task = Task { await recorder.run() }
    try await until { counts == [1] }
    #expect(notes == ["äääää"])
    task.cancel()
    await task.value
  }

  @Test(arguments: [
    ("3 of 12 clusters", "# of # clusters"), ("took 1.25 (5%), then 7.", "took #.# (#%), then #."),
    ("managed1 v1.9.1 10Mi 2027-01-15T08:00:00Z", "managed1 v1.9.1 10Mi 2027-01-15T08:00:00Z"), ("", ""),
    (" , .", " , ."),
  ]) func `numbers are words of digits`(message: String, folded: String) {
    #expect(message.withoutNumbers == folded)
  }
}
