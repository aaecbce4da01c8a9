import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import MetricsTestKit
import Synchronization
import Testing

final class Counter: Sendable {
  private let state = Mutex(0)
  var value: Int { state.withLock { $0 } }
  func increment() -> Int {
    state.withLock { state in
      state += 1
      return state
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct WrapperTests {
  let read = KubeRequest.get(ObjectKey(configMaps, namespace: "ns", name: "a"))

  // MARK: Rate

  @Test func `a burst is sent at once and the rest at the rate`() async throws {
    let script = ScriptedTransport(Array(repeating: { @Sendable _ in response([:]) }, count: 20))
    let clock = SkippingClock()
    let limited = RateLimitingTransport(script, requestsPerSecond: 10, burst: 5, clock: clock)
    for _ in 0..<10 { _ = try await limited.send(read) }
    #expect(clock.sleeps == Array(repeating: .milliseconds(100), count: 5))
    #expect(clock.now.offset == .milliseconds(500))
    // After a rest the burst is there again, and no more than that.
    try await clock.sleep(until: clock.now.advanced(by: .seconds(100)), tolerance: nil)
    let before = clock.sleeps.count
    for _ in 0..<6 { _ = try await limited.send(read) }
    #expect(clock.sleeps.count == before + 1)
  }

  @Test func `the wait is part of the timeout`() async throws {
    let script = ScriptedTransport(Array(repeating: { @Sendable _ in response([:]) }, count: 20))
    let limited = RateLimitingTransport(script, requestsPerSecond: 1, burst: 1, clock: SkippingClock())
    var request = read
    request.timeout = .seconds(3)
    _ = try await limited.send(request)
    _ = try await limited.send(request)
    #expect(script.requests.map(\.timeout) == [.seconds(3), .seconds(2)])
    request.timeout = .milliseconds(500)
    let error = await #expect(throws: TransportError.self) { try await limited.send(request) }
    #expect(error?.code == .timedOut && error?.requestWasSent == false)
    // A failed request has taken no token.
    request.timeout = .milliseconds(1001)
    _ = try await limited.send(request)
  }

  @Test func `a cancelled request returns its token`() async throws {
    let script = ScriptedTransport(Array(repeating: { @Sendable _ in response([:]) }, count: 20))
    let limited = RateLimitingTransport(script, requestsPerSecond: 0.001, burst: 1)
    _ = try await limited.send(read)
    let waiting = Task { try await limited.send(read) }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    var request = read
    request.timeout = .seconds(1001)
    let patient = Task { [request] in try await limited.send(request) }
    patient.cancel()
    // A wait of two turns would have been refused for the timeout.
    await #expect(throws: CancellationError.self) { try await patient.value }
  }

  // MARK: Impersonation

  @Test func `impersonation is a field of the request`() async throws {
    let script = ScriptedTransport(response([:]), response([:]))
    let transport = ImpersonatingTransport(script, as: Impersonation(user: "jane", groups: ["dev"]))
    _ = try await transport.send(read)
    var other = read
    other.impersonation = Impersonation(user: "ada")
    _ = try await transport.send(other)
    #expect(script.requests.map(\.impersonation?.user) == ["jane", "ada"])
  }

  // MARK: Observation

  @Test func `requests are counted and timed`() async throws {
    let script = ScriptedTransport([
      { _ in response([:]) }, { _ in response(503, [:]) }, { _ in throw ScriptedTransport.ScriptIsOver() },
    ])
    let metrics = TestMetrics()
    let transport = ObservingTransport(script, host: "cluster", metrics: metrics)
    _ = try await transport.send(read)
    _ = try await transport.send(read)
    await #expect(throws: ScriptedTransport.ScriptIsOver.self) { try await transport.send(read) }
    for code in ["200", "503", "<error>"] {
      let counter = try metrics.expectCounter(
        "rest_client_requests_total", [("code", code), ("method", "GET"), ("host", "cluster")])
      #expect(counter.values == [1])
    }
    let timer = try metrics.expectTimer(
      "rest_client_request_duration_seconds", [("verb", "GET"), ("host", "cluster")])
    #expect(timer.values.count == 3)
  }

  @Test func `requests that are sent again are counted by what came before`() async throws {
    let script = ScriptedTransport([
      { _ in throw ScriptedTransport.ScriptIsOver() }, { _ in response(503, [:]) },
      { _ in response(503, [:]) },
      { _ in response([:]) },
    ])
    let metrics = TestMetrics()
    let log = Mutex<[String]>([])
    let transport = RetryingTransport(
      script, backoff: Backoff(initial: .milliseconds(1020), maximum: .seconds(8)), clock: SkippingClock(),
      jitter: { 0 }, host: "cluster", metrics: metrics,
      onRetry: { retry in log.withLock { $0.append("\(retry)") } })
    #expect(try await transport.send(read).status == .ok)
    let last = log.withLock { $0.last } ?? ""
    #expect(last.hasSuffix(" is sent again in 2.0 seconds: the server answered 503"), "\(last)")
    for (code, count) in [("503", 2), ("<error>", 1)] {
      let counter = try metrics.expectCounter(
        "rest_client_request_retries_total", [("code", code), ("verb", "GET"), ("host", "cluster")])
      #expect(counter.values.reduce(0, +) == Int64(count))
    }
  }

  // MARK: Recording and replay

  static let secrets = ResourceType(
    group: "", version: "v1", kind: "Secret", plural: "secrets", isNamespaced: true)

  func session(_ client: KubeClient) async throws -> [String] {
    let key = ObjectKey(Self.secrets, namespace: "ns", name: "s")
    var seen: [String] = []
    let secret: JSONValue = [
      "apiVersion": "v1", "kind": "Secret",
      "metadata": [
        "name": "s", "namespace": "ns",
        "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"aHVudGVyMg==\"}"],
      ],
      "data": ["password": "aHVudGVyMg=="],
    ]
    seen.append(try await client.create(key, secret).metadata.uid ?? "")
    _ = try await client.object(
      .jsonPatch(key, [.replace(path: "/data/password", "aHVudGVyMg==")], options: WriteOptions()))
    seen += try await client.list(ResourceSelection(Self.secrets)).items.map(\.metadata.name)
    let watch = try await client.watch(
      ResourceSelection(Self.secrets), timeoutSeconds: 7)
    for try await event in watch {
      if case .added(let object) = event { seen.append("added " + object.metadata.name) }
      break
    }
    seen.append(try await client.get(FaultyWorld.key).metadata.name)
    let error = await #expect(throws: KubeError.self) {
      try await client.get(ObjectKey(configMaps, namespace: "ns", name: "missing"))
    }
    seen.append(error?.description ?? "")
    return seen
  }

  @Test func `a recording contains no secrets and can be replayed`() async throws {
    let world = try await FaultyWorld()
    let recording = RecordingTransport(world.cluster, bodies: .withoutSecrets)
    let lived = try await session(KubeClient(recording, fieldManager: "me"))
    let lines = recording.lines
    let text = String(decoding: lines, as: UTF8.self)
    #expect(!text.contains("aHVudGVyMg") && !text.contains("hunter2"))
    #expect(text.contains("cmVkYWN0ZWQ="))
    let exchanges = try RecordedExchange.read(lines: lines)
    #expect(exchanges == recording.exchanges)
    let replaying = ReplayingTransport(exchanges)
    #expect(try await session(KubeClient(replaying, fieldManager: "me")) == lived)
    #expect(replaying.unused.isEmpty)
    await #expect(throws: TransportError.self) { try await replaying.send(read) }
  }

  @Test func `a request that a recording doesn't hold is named, with what it holds instead and the remedy`()
    async throws
  {
    let transport = ReplayingTransport([
      RecordedExchange(method: "GET", path: ["api", "v1", "pods"], query: [.init("limit", "5")], status: 200)
    ])
    let request = KubeRequest(method: .delete, path: ["api", "v1", "nodes", "a"])
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    #expect(error?.code == .invalidRequest && error?.requestWasSent == false)
    let mismatch = ReplayingTransport.Mismatch(
      request: "DELETE /api/v1/nodes/a", expected: "GET /api/v1/pods?limit=5", field: nil)
    #expect(error?.cause as? ReplayingTransport.Mismatch == mismatch && transport.mismatches == [mismatch])
    #expect(
      mismatch.description
        == "the recording holds no further answer to DELETE /api/v1/nodes/a; the next that it holds is for "
        + "GET /api/v1/pods?limit=5: make the program ask as it did, or record it again with RecordingTransport"
    )
  }

  @Test func `bodies are compared where that is asked for, but for what a recording doesn't show`()
    async throws
  {
    func put(_ kind: String, _ body: JSONValue) -> KubeRequest {
      KubeRequest(
        method: .put, path: ["api", "v1", "namespaces", "ns", kind, "s"],
        body: SecretBytes(JSONWriter(secrets: .revealed).bytes(body)))
    }
    func secret(_ key: String, _ value: String) -> KubeRequest {
      put("secrets", ["kind": "Secret", "metadata": ["name": "s"], "data": .object([key: .string(value)])])
    }
    let recording = RecordingTransport(
      ScriptedTransport(KubeResponse(status: .ok), KubeResponse(status: .ok)), bodies: .withoutSecrets)
    _ = try await recording.send(secret("password", "aHVudGVyMg=="))
    _ = try await recording.send(put("configmaps", ["data": ["a": "1", "b": "2"]]))
    func replay() -> ReplayingTransport { ReplayingTransport(recording.exchanges, comparingBodies: true) }

    let same = replay()
    _ = try await same.send(put("configmaps", ["data": ["b": "2", "a": "1"]]))
    _ = try await same.send(secret("password", "c3dvcmRmaXNo"))
    #expect(same.unused.isEmpty && same.mismatches.isEmpty)

    let other = replay()
    await #expect(throws: TransportError.self) {
      try await other.send(put("configmaps", ["data": ["a": "1", "b": "3"]]))
    }
    await #expect(throws: TransportError.self) { try await other.send(secret("token", "c3dvcmRmaXNo")) }
    #expect(other.mismatches.map(\.field) == ["data.b", "data.token"] && other.unused.count == 2)
    #expect(other.mismatches.map(\.description).allSatisfy { $0.contains("differs from the recorded one") })
    // Without being asked for, as before.
    _ = try await ReplayingTransport(recording.exchanges).send(put("configmaps", [:]))
  }

  @Test func `bodies are recorded only on request`() async throws {
    let world = try await FaultyWorld()
    let plain = RecordingTransport(world.cluster)
    _ = try await session(KubeClient(plain, fieldManager: "me"))
    #expect(plain.exchanges.allSatisfy { $0.requestBody == nil && $0.responseBody == nil })
    let other = try await FaultyWorld()
    let complete = RecordingTransport(other.cluster, bodies: .complete)
    _ = try await session(KubeClient(complete, fieldManager: "me"))
    #expect(String(decoding: complete.lines, as: UTF8.self).contains("aHVudGVyMg=="))
  }

  @Test(arguments: [
    "{\"kind\":\"ManifestWork\",\"spec\":{\"manifests\":[{\"kind\":\"Secret\",\"data\":{\"x\":\"hunter2\"},\"stringData\":{\"y\":\"hunter2\"}}]}}",
    "{\"status\":{\"token\":\"hunter2\"}}", "{\"a\":{\"serviceAccountToken\":\"hunter2\"}}",
    "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}]}",
    "{\"a\":\"-----BEGIN PRIVATE KEY-----hunter2\"}", "{\"a\":[\"eyJhunter2\"]}",
    "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Secret\",\"data\":{\"x\":\"hunter2\"}}}\n",
    "not JSON: hunter2", "{\"kind\":\"Secret\",\"data\":\"hunter2\"}",
    "{\"kind\":\"SecretList\",\"items\":[{\"data\":{\"x\":\"hunter2\"}}]}",
    "{\"kind\":\"List\",\"items\":[{\"kind\":\"Secret\",\"data\":{\"a\":{\"b\":[\"hunter2\"]}}}]}",
    "{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"hunter2\"}}}",
  ])
  func `redaction finds secrets everywhere in a body`(_ body: String) async throws {
    let transport = RecordingTransport(
      ScriptedTransport(KubeResponse(status: .ok, body: ResponseBody(Array(body.utf8)))),
      bodies: .withoutSecrets)
    let response = try await transport.send(read)
    for try await _ in response.body {}
    #expect(!String(decoding: transport.lines, as: UTF8.self).contains("hunter2"))
  }

  @Test func `an invalid recording is refused with the line`() {
    for text in [
      "nonsense", "{}", "[1]", "{\"method\":\"GET\",\"path\":\"x\"}", "{\"method\":\"GET\",\"path\":[1]}",
    ] {
      #expect(throws: FieldError.self) { try RecordedExchange.read(lines: Array(text.utf8)) }
    }
  }

  // MARK: Retry-After

  @Test func `a Retry-After may be a date`() async throws {
    let date: HTTPFields = [.date: "Sun, 06 Nov 1994 08:49:37 GMT"]
    for text in [
      "Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT", "Sun Nov  6 08:50:07 1994",
    ] {
      var headers = date
      headers[.retryAfter] = text
      #expect(KubeError(read, httpStatus: 429, headers: headers).retryAfter == .seconds(30))
      let clock = SkippingClock()
      let script = ScriptedTransport(response(429, [:], headers: headers), response([:]))
      _ = try await RetryingTransport(script, clock: clock, jitter: { 0 }).send(read)
      #expect(clock.sleeps == [.seconds(30)])
    }
    var passed = date
    passed[.retryAfter] = "Sun, 06 Nov 1994 08:00:00 GMT"
    #expect(KubeError(read, httpStatus: 429, headers: passed).retryAfter == nil)
    var leap: HTTPFields = [.date: "Thu, 29 Feb 2024 23:59:00 GMT"]
    leap[.retryAfter] = "Fri, 01 Mar 2024 00:00:00 GMT"
    #expect(KubeError(read, httpStatus: 503, headers: leap).retryAfter == .seconds(60))
    leap[.retryAfter] = "Sat, 02 Mar 2024 00:00:00 GMT"
    #expect(KubeError(read, httpStatus: 503, headers: leap).retryAfter == .seconds(300))
    for text in ["", "soon", "99 Nov 1994", "Sun, 06 Nov 1994 99:99:99 GMT", "Sun, 99 Foo 1994 08:00:00 GMT"]
    {
      #expect(KubeError(read, httpStatus: 429, headers: [.retryAfter: text]).retryAfter == nil)
    }
  }

  @Test func `a failed test of a JSON patch is a failed precondition`() {
    let body = JSONWriter().bytes([
      "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "details": [:],
      "code": 422,
      "message": "the server rejected our request due to an error in our request",
    ])
    let key = ObjectKey(configMaps, namespace: "ns", name: "a")
    let tested = KubeRequest.jsonPatch(key, [.test(path: "/metadata/uid", "u1")])
    #expect(KubeError(tested, httpStatus: 422, body: body).code == .preconditionFailed)
    let untested = KubeRequest.jsonPatch(key, [.remove(path: "/data/x")])
    #expect(KubeError(untested, httpStatus: 422, body: body).code == .invalid)
  }
}
