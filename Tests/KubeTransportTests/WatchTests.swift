import HTTPTypes
import KubeCore
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WatcherTests {
  func page(_ names: [String], version: String, continue token: String? = nil) throws -> ObjectList<
    DynamicObject
  > {
    ObjectList(items: try names.map { try object($0) }, resourceVersion: version, continue: token)
  }

  /// A machine that watches from version 10.
  func watching() throws -> Watcher {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    _ = watcher.nextAction(jitter: 1)
    _ = watcher.received(page: try page(["a"], version: "10"))
    _ = watcher.nextAction(jitter: 1)
    watcher.opened()
    return watcher
  }

  func failure(_ code: KubeError.Code, retryAfter: Duration? = nil) -> KubeError {
    KubeError(code: code, request: .init(.raw(path: "/x")), retryAfter: retryAfter)
  }

  func target(_ action: Watcher.Action) -> String {
    switch action {
    case .list(let request): "list " + request.target
    case .watch(let request): "watch " + request.target
    case .readEvent: "read"
    case .wait(let duration): "wait \(duration)"
    }
  }

  @Test func `the watcher lists page by page and then watches`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    #expect(target(watcher.nextAction(jitter: 1)) == "list /api/v1/configmaps?limit=500")
    #expect(watcher.received(page: try page(["a"], version: "10", continue: "t")) == nil)
    #expect(target(watcher.nextAction(jitter: 1)) == "list /api/v1/configmaps?limit=500&continue=t")
    #expect(
      watcher.received(page: try page(["b"], version: "10"))
        == .restarted([try object("a"), try object("b")], resourceVersion: "10"))
    #expect(watcher.state == .listed(resourceVersion: "10"))
    #expect(
      target(watcher.nextAction(jitter: 1))
        == "watch /api/v1/configmaps?watch=true&resourceVersion=10&allowWatchBookmarks=true&timeoutSeconds=290"
    )
    watcher.opened()
    #expect(watcher.nextAction(jitter: 1) == .readEvent)
  }

  @Test func `events and bookmarks advance the resourceVersion`() throws {
    var watcher = try watching()
    #expect(
      watcher.received(.added(try object("b", version: "11"))) == .applied(try object("b", version: "11")))
    #expect(watcher.state == .watching(resourceVersion: "11"))
    #expect(
      watcher.received(.modified(try object("b", version: "12"))) == .applied(try object("b", version: "12")))
    #expect(
      watcher.received(.deleted(try object("b", version: "13"))) == .deleted(try object("b", version: "13")))
    #expect(watcher.received(.bookmark(resourceVersion: "99")) == nil)
    watcher.ended()
    #expect(watcher.state == .listed(resourceVersion: "99"))
    #expect(
      target(watcher.nextAction(jitter: 1)).hasPrefix(
        "watch /api/v1/configmaps?watch=true&resourceVersion=99"))
  }

  @Test func `the mark of initial events in a watch after a list is a bookmark like any other`() throws {
    var watcher = try watching()
    #expect(watcher.received(.bookmark(resourceVersion: "99", endsInitialEvents: true)) == nil)
    #expect(watcher.state == .watching(resourceVersion: "99"))
    #expect(
      watcher.received(.added(try object("b", version: "100"))) == .applied(try object("b", version: "100")))
  }

  @Test func `an ordinary end is no failure, but a watch without events isn't reopened at once`() throws {
    var watcher = try watching()
    watcher.ended()
    #expect(watcher.failures == 0)
    #expect(watcher.nextAction(jitter: 1) == .wait(.milliseconds(800)))
    #expect(target(watcher.nextAction(jitter: 1)).contains("resourceVersion=10"))
    // Ten times in a row changes nothing: the waits don't grow, and nothing is listed.
    for _ in 0..<10 {
      watcher.opened()
      watcher.ended()
      #expect(watcher.nextAction(jitter: 1) == .wait(.milliseconds(800)))
      #expect(target(watcher.nextAction(jitter: 1)).hasPrefix("watch"))
    }
  }

  @Test func `both forms of 410 lead to a new list`() throws {
    var byEvent = try watching()
    #expect(byEvent.received(.error(Status(reason: "Expired", code: 410))) == nil)
    #expect(byEvent.state == .empty)
    #expect(target(byEvent.nextAction(jitter: 1)).hasPrefix("list"))
    var byStatus = try watching()
    byStatus.ended()
    byStatus.failed(failure(.gone))
    #expect(byStatus.state == .empty)
    #expect(target(byStatus.nextAction(jitter: 1)).hasPrefix("list"))
  }

  @Test func `a page that leads to itself is not followed again and again`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    var pauses: [Duration] = []
    for _ in 0..<4 {
      if case .wait(let pause) = watcher.nextAction(jitter: 1) {
        pauses.append(pause)
        _ = watcher.nextAction(jitter: 1)
      }
      _ = watcher.received(page: try page(["a"], version: "10", continue: "t"))
      #expect(target(watcher.nextAction(jitter: 1)).hasSuffix("&continue=t"))
      _ = watcher.received(page: try page(["a"], version: "10", continue: "t"))
      #expect(watcher.state == .empty)
    }
    #expect(pauses.count == 3 && pauses.allSatisfy { $0 > .zero })
  }

  @Test func `a server that always answers 410 is asked with growing pauses`() throws {
    var watcher = try watching()
    var waits: [Duration] = []
    for _ in 0..<5 {
      watcher.failed(failure(.gone))
      var action = watcher.nextAction(jitter: 1)
      if case .wait(let duration) = action {
        waits.append(duration)
        action = watcher.nextAction(jitter: 1)
      }
      #expect(target(action).hasPrefix("list"))
      _ = watcher.received(page: try page([], version: "10"))
      watcher.opened()
    }
    #expect(waits == [.milliseconds(800), .milliseconds(1600), .milliseconds(3200), .milliseconds(6400)])
  }

  @Test func `an expired page token leads to a list in one piece`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    _ = watcher.received(page: try page(["a"], version: "10", continue: "t"))
    watcher.failed(failure(.gone))
    if case .wait = watcher.nextAction(jitter: 1) {} else { Issue.record("expected a wait") }
    #expect(target(watcher.nextAction(jitter: 1)) == "list /api/v1/configmaps")
    #expect(
      watcher.received(page: try page(["z"], version: "11"))
        == .restarted([try object("z")], resourceVersion: "11"))
  }

  @Test func `broken watches resume, and too many in a row lead to a new list`() throws {
    var watcher = try watching()
    for round in 1...3 {
      #expect(watcher.state == .watching(resourceVersion: "10"))
      watcher.failed(failure(.transportFailure))
      #expect(watcher.failures == round)
      if case .wait = watcher.nextAction(jitter: 0) {} else { Issue.record("expected a wait") }
      guard round < 3 else { break }
      #expect(target(watcher.nextAction(jitter: 0)).hasPrefix("watch"))
      watcher.opened()
    }
    #expect(watcher.state == .empty)
  }

  @Test func `progress resets the count of failures`() throws {
    var watcher = try watching()
    for _ in 0..<20 {
      watcher.failed(failure(.transportFailure))
      #expect(watcher.failures == 1)
      _ = watcher.nextAction(jitter: 1)
      _ = watcher.nextAction(jitter: 1)
      watcher.opened()
      _ = watcher.received(.bookmark(resourceVersion: "10"))
    }
  }

  @Test func `the server's retry delay is the minimum wait`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    watcher.failed(failure(.tooManyRequests, retryAfter: .seconds(9)))
    #expect(watcher.nextAction(jitter: 0) == .wait(.seconds(9)))
    #expect(target(watcher.nextAction(jitter: 0)).hasPrefix("list"))
  }

  /// The jitter, and the resulting wait in seconds.
  @Test(arguments: [(0.0, 300), (1.0, 375)])
  func `a server that asks for a day is asked again after minutes, not by all clients at once`(
    jitter: Double, seconds: Int
  ) throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    watcher.failed(
      KubeError(.list(ResourceSelection(configMaps)), httpStatus: 503, headers: [.retryAfter: "86400"]))
    #expect(watcher.nextAction(jitter: jitter) == .wait(.seconds(seconds)))
  }

  @Test func `an unreadable event leads to a new list`() throws {
    var watcher = try watching()
    watcher.failed(failure(.badResponse))
    #expect(watcher.state == .empty)
  }
}

@Suite(.timeLimit(.minutes(10))) struct WatcherEventsTests {
  struct Cut: Error {}

  func watchBody(_ events: [[UInt8]], then end: (any Error)? = nil, hangs: Bool = false) -> KubeResponse {
    KubeResponse(status: .ok, body: body(events, then: end, hangs: hangs))
  }

  @Test func `the watcher follows through ends, broken connections, errors and expiry`() async throws {
    let script = ScriptedTransport([
      { _ in throw Cut() },
      { _ in response(list([configMap("a")], version: "10")) },
      // An event cut in two, a bookmark, then the ordinary end.
      { _ in
        let bytes = event("ADDED", configMap("b", version: "11"))
        return watchBody([
          Array(bytes[..<20]), Array(bytes[20...]),
          event(
            "BOOKMARK", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["resourceVersion": "20"]]),
        ])
      },
      // A cut in the middle of an event.
      { _ in watchBody([Array(event("MODIFIED", configMap("b", version: "21"))[..<30])], then: Cut()) },
      { _ in watchBody([event("MODIFIED", configMap("b", version: "21"))]) },
      { _ in response(429, status(429, "TooManyRequests", retryAfter: 3)) },
      { _ in watchBody([event("ERROR", status(410, "Expired"))]) },
      { _ in response(list([configMap("b", version: "21")], version: "30")) },
      { _ in response(410, status(410, "Gone")) },
      { _ in response(list([], version: "40")) },
      { _ in watchBody([event("DELETED", configMap("z", version: "41"))], hangs: true) },
    ])
    let clock = SkippingClock()
    let client = KubeClient(script, fieldManager: "me", limits: noIdleTimeout, clock: clock)
    var events = client.watcher(
      ResourceSelection(configMaps), options: listing, idleTimeout: nil, jitter: { 1 }
    ).makeAsyncIterator()
    var seen: [WatcherEvent?] = []
    for _ in 0..<6 { seen.append(try await events.next()) }
    #expect(
      seen == [
        .restarted([try object("a")], resourceVersion: "10"), .applied(try object("b", version: "11")),
        .applied(try object("b", version: "21")),
        .restarted([try object("b", version: "21")], resourceVersion: "30"),
        .restarted([], resourceVersion: "40"),
        .deleted(try object("z", version: "41")),
      ])
    let versions = script.requests.filter { $0.isWatch }.map { $0.queryValue("resourceVersion") }
    #expect(versions == ["10", "20", "20", "21", "21", "30", "40"])
    #expect(clock.sleeps.contains(.milliseconds(3750)))
  }

  @Test func `a silent watch is reopened`() async throws {
    let script = ScriptedTransport([
      { _ in response(list([], version: "10")) }, { _ in watchBody([], hangs: true) },
      { _ in watchBody([event("ADDED", configMap("a", version: "11"))]) },
    ])
    let client = KubeClient(script, fieldManager: "me", limits: noIdleTimeout, clock: OneIdleClock())
    var events = client.watcher(
      ResourceSelection(configMaps), options: listing, idleTimeout: .seconds(77), jitter: { 1 }
    ).makeAsyncIterator()
    #expect(try await events.next() == .restarted([], resourceVersion: "10"))
    #expect(try await events.next() == .applied(try object("a", version: "11")))
  }

  @Test func `failures are reported`() async throws {
    let script = ScriptedTransport([
      { _ in response(403, status(403, "Forbidden")) }, { _ in response(list([], version: "1")) },
    ])
    let client = KubeClient(script, fieldManager: "me", limits: noIdleTimeout, clock: SkippingClock())
    await confirmation { told in
      var events = client.watcher(
        ResourceSelection(configMaps), options: listing,
        onFailure: { error in if error.code == .forbidden { told() } }
      ).makeAsyncIterator()
      _ = try? await events.next()
    }
  }

  @Test(arguments: [true, false]) func `a list past its limit is reported and tried again`(streams: Bool)
    async throws
  {
    let objects = ["a", "b", "c"].map { configMap($0) }
    let script = ScriptedTransport([
      { _ in
        streams
          ? watchBody(objects.map { event("ADDED", $0) })
          : response(list(Array(objects.prefix(1)), version: "10", continue: "more"))
      },
      { request in
        request.isWatch
          ? watchBody([
            event(
              "BOOKMARK",
              [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                  "resourceVersion": "11", "annotations": ["k8s.io/initial-events-end": "true"],
                ],
              ])
          ])
          : response(list([], version: "11"))
      },
    ])
    var client = KubeClient(
      script, fieldManager: "me", limits: noIdleTimeout, clock: WaitTests.GatedClock { false })
    client.limits.pages = 1
    let options = Watcher.Options(usesStreamingList: streams, initialEventsTimeout: .seconds(3600))
    try await confirmation { reported in
      var events = client.watcher(
        ResourceSelection(configMaps), options: options, idleTimeout: nil,
        onFailure: { error in if error.code == .badResponse { reported() } }
      ).makeAsyncIterator()
      let first = try await events.next()
      #expect(first == .restarted([], resourceVersion: "11"))
    }
    #expect(script.requests.count == 2)
  }

  @Test func `a watcher lists pages of the client's size`() async throws {
    let script = ScriptedTransport(response(list([], version: "10")))
    let limits = KubeClient.Limits(pageSize: 7, headTimeout: nil, idleTimeout: nil)
    var events = KubeClient(script, fieldManager: "me", limits: limits)
      .watcher(ResourceSelection(configMaps), options: listing).makeAsyncIterator()
    _ = try await events.next()
    #expect(script.requests.map { $0.queryValue("limit") } == ["7"])
  }

  @Test func `cancellation ends the watcher`() async throws {
    let script = ScriptedTransport([
      { _ in response(list([], version: "10")) }, { _ in watchBody([], hangs: true) },
    ])
    let client = KubeClient(script, fieldManager: "me", limits: noIdleTimeout)
    let task = Task {
      for try await _ in client.watcher(ResourceSelection(configMaps), options: listing, idleTimeout: nil) {}
    }
    while script.requests.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// A clock on which the first long sleep is over at once, later long ones never, and short ones
/// always.
final class OneIdleClock: Clock {
  typealias Instant = SkippingClock.Instant
  private let base = SkippingClock()
  var now: Instant { base.now }
  var minimumResolution: Duration { base.minimumResolution }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let isLong = base.now.duration(to: deadline) >= .seconds(77)
    if isLong, base.sleeps.contains(where: { $0 >= .seconds(77) }) {
      try await Task.sleep(for: .seconds(3600))
    }
    try await base.sleep(until: deadline, tolerance: tolerance)
  }
}
