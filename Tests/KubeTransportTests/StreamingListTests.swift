import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct StreamingListTests {
  static let end: WatchEvent = .bookmark(resourceVersion: "20", endsInitialEvents: true)
  let options = Watcher.Options()

  func failure(_ code: KubeError.Code) -> KubeError {
    KubeError(code: code, request: .init(.raw(path: "/x")))
  }

  /// A machine whose streaming list is open.
  func streaming() -> Watcher {
    var watcher = Watcher(ResourceSelection(configMaps), options: options)
    _ = watcher.nextAction(jitter: 1)
    watcher.opened()
    return watcher
  }

  func lists(_ watcher: inout Watcher) -> Bool {
    for _ in 0..<2 {
      switch watcher.nextAction(jitter: 1) {
      case .list: return true
      case .wait: continue
      default: return false
      }
    }
    return false
  }

  @Test func `one request returns all objects and continues as a watch`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: options)
    guard case .watch(let request) = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    #expect(
      request.target
        == "/api/v1/configmaps?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=290"
    )
    watcher.opened()
    #expect(watcher.state == .streaming(objects: 0))
    #expect(watcher.received(.added(try object("a", version: "3"))) == nil)
    #expect(watcher.received(.added(try object("b", version: "4"))) == nil)
    // A bookmark without the annotation ends nothing.
    #expect(watcher.received(.bookmark(resourceVersion: "5")) == nil)
    // Concurrent changes are part of the result.
    #expect(watcher.received(.modified(try object("a", version: "6"))) == nil)
    #expect(watcher.received(.deleted(try object("b", version: "7"))) == nil)
    #expect(watcher.received(.added(try object("b", version: "8"))) == nil)
    #expect(watcher.received(.added(try object("c", version: "9"))) == nil)
    #expect(watcher.received(.deleted(try object("c", version: "10"))) == nil)
    #expect(watcher.state == .streaming(objects: 2))
    #expect(
      watcher.received(Self.end)
        == .restarted([try object("a", version: "6"), try object("b", version: "8")], resourceVersion: "20"))
    #expect(watcher.state == .watching(resourceVersion: "20"))
    #expect(watcher.nextAction(jitter: 1) == .readEvent)
    #expect(
      watcher.received(.added(try object("d", version: "21"))) == .applied(try object("d", version: "21")))
    watcher.ended()
    guard case .watch(let next) = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    #expect(next.queryValue("resourceVersion") == "21" && next.queryValue("sendInitialEvents") == nil)
  }

  @Test(arguments: [KubeError.Code.invalid, .badRequest, .forbidden, .unsupported])
  func `a refused streaming list leads to lists from then on`(_ code: KubeError.Code) throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: options)
    _ = watcher.nextAction(jitter: 1)
    watcher.failed(failure(code))
    guard case .list = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    _ = watcher.received(page: ObjectList(items: [], resourceVersion: "1"))
    watcher.opened()
    watcher.failed(failure(.gone))
    #expect(lists(&watcher))
  }

  @Test func `a streaming list that is never complete leads to a list`() throws {
    var silent = streaming()
    _ = silent.received(.added(try object("a")))
    silent.failed(failure(.timeout))
    #expect(lists(&silent) && silent.isStreamingRefused)
    var ending = streaming()
    ending.ended()
    #expect(!ending.isStreamingRefused && !lists(&ending))
    ending.opened()
    ending.ended()
    #expect(lists(&ending) && ending.isStreamingRefused)
  }

  @Test(arguments: [(400, "BadRequest"), (422, "Invalid")])
  func `a refusal that comes as an event leads to a list for good`(_ code: Int, _ reason: String) throws {
    var watcher = streaming()
    let refusal = Status(status: "Failure", reason: reason, code: code)
    #expect(watcher.received(.error(refusal)) == nil)
    #expect(lists(&watcher) && watcher.isStreamingRefused)
  }

  /// The refusals of kube-apiserver 1.20 to 1.31, with any wording of the reason.
  @Test(arguments: [(400, "BadRequest"), (422, "Invalid")])
  func `a server that refuses a streaming list is listed at once`(_ code: Int, _ reason: String) async throws
  {
    let script = ScriptedTransport([
      { _ in response(code, status(code, reason, "resourceVersionMatch is forbidden for watch")) },
      { _ in response(list([configMap("a")], version: "10")) },
    ])
    let clock = SkippingClock()
    let client = KubeClient(script, fieldManager: "me", limits: noIdleTimeout, clock: clock)
    var events = client.watcher(ResourceSelection(configMaps)).makeAsyncIterator()
    #expect(try await events.next() == .restarted([try object("a")], resourceVersion: "10"))
    #expect(script.requests.map(\.isWatch) == [true, false] && clock.sleeps.isEmpty)
  }

  /// A server that treats it as an ordinary watch of a busy selection: there is always something to
  /// read.
  @Test(arguments: [true, false])
  func `changes without end do not pass for initial events`(areNew: Bool) async throws {
    let clock = SkippingClock()
    let number = Counter()
    let busy = KubeResponse(
      status: .ok,
      body: ResponseBody {
        ResponseBody.AsyncIterator {
          let version = number.increment()
          try await clock.sleep(for: .seconds(10))
          return event("ADDED", configMap(areNew ? "a\(version)" : "a", version: "\(version)"))
        }
      })
    let script = ScriptedTransport(busy, response(list([configMap("a")], version: "10")))
    let client = KubeClient(
      script, fieldManager: "me", limits: noIdleTimeout, clock: HangingClock(base: clock))
    var events = client.watcher(ResourceSelection(configMaps), idleTimeout: nil).makeAsyncIterator()
    #expect(try await events.next() == .restarted([try object("a")], resourceVersion: "10"))
    #expect(script.requests.map(\.isWatch) == [true, false])
    // 30 s without a new object, 120 s altogether.
    #expect(number.value == (areNew ? 12 : 4))
  }

  @Test func `a broken streaming list starts again and yields no part`() throws {
    var watcher = streaming()
    _ = watcher.received(.added(try object("gone")))
    watcher.failed(failure(.transportFailure))
    #expect(watcher.state == .empty && watcher.failures == 1)
    guard case .wait = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    guard case .watch = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    watcher.opened()
    _ = watcher.received(.added(try object("a")))
    #expect(watcher.received(Self.end) == .restarted([try object("a")], resourceVersion: "20"))
    #expect(watcher.failures == 0)
  }

  /// Such as by a proxy that limits the duration or the bytes of a response.
  @Test(arguments: [KubeError.Code.transportFailure, .badResponse, .serverError])
  func `a streaming list that fails twice before it is complete leads to lists`(_ code: KubeError.Code) throws
  {
    var watcher = streaming()
    watcher.failed(failure(code))
    #expect(!watcher.isStreamingRefused && !lists(&watcher))
    watcher.opened()
    _ = watcher.received(.added(try object("a")))
    watcher.failed(failure(code))
    #expect(watcher.isStreamingRefused && watcher.failures == 2)
    guard case .wait = watcher.nextAction(jitter: 1) else { throw CancellationError() }
    #expect(lists(&watcher))
  }

  @Test func `a complete streaming list between two that fail keeps lists away`() throws {
    var watcher = streaming()
    for _ in 0..<3 {
      watcher.failed(failure(.transportFailure))
      #expect(!lists(&watcher))
      watcher.opened()
      _ = watcher.received(Self.end)
      watcher.failed(failure(.badResponse))
      #expect(!lists(&watcher))
      watcher.opened()
    }
    #expect(!watcher.isStreamingRefused)
  }

  @Test func `other refusals of a streaming list are retried`() throws {
    for code in [KubeError.Code.serverError, .tooManyRequests, .transportFailure, .unauthorized] {
      var watcher = Watcher(ResourceSelection(configMaps), options: options)
      for _ in 0..<10 {
        guard case .watch = watcher.nextAction(jitter: 1) else { throw CancellationError() }
        watcher.failed(failure(code))
        guard case .wait = watcher.nextAction(jitter: 1) else { throw CancellationError() }
      }
    }
  }

  @Test func `the in-memory server streams lists, and one that ignores them is listed`() async throws {
    let world = try await FaultyWorld()
    let selection = ResourceSelection(configMaps, namespace: "ns")
    let recording = RecordingTransport(world.cluster)
    let client = KubeClient(recording, fieldManager: "me")
    var events = client.watcher(selection, options: options).makeAsyncIterator()
    guard case .restarted(let objects, _) = try await events.next() else { throw CancellationError() }
    #expect(objects.map(\.metadata.name) == ["a"] && recording.requestCount == 1)
    _ = try await client.create(
      ObjectKey(configMaps, namespace: "ns", name: "b"), FaultyWorld.configMap("b"))
    guard case .applied(let object) = try await events.next() else { throw CancellationError() }
    #expect(object.metadata.name == "b")

    // Takes the request for an ordinary watch without bookmarks: initial events, and then silence.
    struct Ignoring: Transport {
      let base: any Transport
      func send(_ request: KubeRequest) async throws -> KubeResponse {
        var request = request
        request.query.removeAll {
          ["sendInitialEvents", "resourceVersionMatch", "allowWatchBookmarks"].contains($0.name)
        }
        return try await base.send(request)
      }
    }
    let older = RecordingTransport(Ignoring(base: world.cluster))
    var slow = KubeClient(older, fieldManager: "me").watcher(
      selection,
      options: Watcher.Options(usesStreamingList: true, initialEventsTimeout: .milliseconds(50))
    ).makeAsyncIterator()
    guard case .restarted(let listed, _) = try await slow.next() else { throw CancellationError() }
    #expect(listed.map(\.metadata.name) == ["a", "b"])
    #expect(older.records.map(\.isWatch) == [true, false])
  }

  /// Nothing is read ahead of the consumer.
  @Test func `the stream is read chunk by chunk on demand`() async throws {
    let pulled = Counter()
    let watch = KubeResponse(
      status: .ok,
      body: ResponseBody {
        ResponseBody.AsyncIterator {
          let number = pulled.increment()
          return event("ADDED", configMap("a\(number)", version: "\(number + 10)"))
        }
      })
    let client = KubeClient(
      ScriptedTransport(response(list([], version: "10")), watch), fieldManager: "me", limits: noIdleTimeout)
    var events = client.watcher(
      ResourceSelection(configMaps), options: listing, idleTimeout: .seconds(60)
    ).makeAsyncIterator()
    _ = try await events.next()
    for number in 1...5 {
      _ = try await events.next()
      for _ in 0..<20 { await Task.yield() }
      #expect(pulled.value == number)
    }
  }
}
