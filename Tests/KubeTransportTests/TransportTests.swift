import HTTPTypes
import KubeCore
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct TransportTests {
  let read = KubeRequest.get(ObjectKey(configMaps, namespace: "ns", name: "a"))
  let write = KubeRequest.delete(ObjectKey(configMaps, namespace: "ns", name: "a"))

  func retrying(_ script: ScriptedTransport, _ clock: SkippingClock, maximumAttempts: Int = 5)
    -> RetryingTransport
  {
    RetryingTransport(script, maximumAttempts: maximumAttempts, clock: clock, jitter: { 0 })
  }

  func lost(sent: Bool) -> ScriptedTransport.Answer {
    { _ in throw TransportError(code: .connectionLost, requestWasSent: sent, message: "") }
  }

  @Test func `a request whose failure is the answer is sent once`() async throws {
    let script = ScriptedTransport(response(503, [:]), response([:]))
    var request = read
    request.isRepeatable = false
    let answer = try await retrying(script, SkippingClock()).send(request)
    #expect(answer.status == .serviceUnavailable)
    #expect(script.requests.count == 1)
  }

  @Test func `a Retry-After is obeyed for reads and writes`() async throws {
    for request in [read, write] {
      for code in [429, 503] {
        let script = ScriptedTransport(response(code, [:], headers: [.retryAfter: "7"]), response([:]))
        let clock = SkippingClock()
        #expect(try await retrying(script, clock).send(request).status == .ok)
        #expect(clock.sleeps == [.seconds(7)])
      }
    }
  }

  @Test(arguments: [429, 500, 502, 503, 504])
  func `without Retry-After only reads are repeated`(_ code: Int) async throws {
    let reads = ScriptedTransport(response(code, [:]), response([:]))
    #expect(try await retrying(reads, SkippingClock()).send(read).status == .ok)
    let writes = ScriptedTransport(response(code, [:]), response([:]))
    #expect(try await retrying(writes, SkippingClock()).send(write).status.code == code)
    #expect(writes.requests.count == 1)
  }

  @Test func `a lost write is never repeated unless nothing was sent`() async throws {
    let script = ScriptedTransport([lost(sent: true), { _ in response([:]) }])
    await #expect(throws: TransportError.self) { try await retrying(script, SkippingClock()).send(write) }
    #expect(script.requests.count == 1)
    let unsent = ScriptedTransport([lost(sent: false), { _ in response([:]) }])
    #expect(try await retrying(unsent, SkippingClock()).send(write).status == .ok)
    let readLost = ScriptedTransport([lost(sent: true), { _ in response([:]) }])
    #expect(try await retrying(readLost, SkippingClock()).send(read).status == .ok)
  }

  @Test func `attempts and waits are limited`() async throws {
    let script = ScriptedTransport(Array(repeating: { @Sendable _ in response(503, [:]) }, count: 9))
    let clock = SkippingClock()
    #expect(try await retrying(script, clock, maximumAttempts: 4).send(read).status.code == 503)
    #expect(script.requests.count == 4)
    #expect(clock.sleeps == [.milliseconds(125), .milliseconds(250), .milliseconds(500)])
    let long = ScriptedTransport(response(429, [:], headers: [.retryAfter: "3600"]))
    #expect(try await retrying(long, clock).send(read).status.code == 429)
  }

  @Test func `other responses pass unchanged`() async throws {
    for code in [200, 201, 400, 403, 404, 409, 410, 422] {
      let script = ScriptedTransport(response(code, [:]))
      #expect(try await retrying(script, SkippingClock()).send(read).status.code == code)
    }
  }

  @Test func `the record counts writes and stays bounded`() async throws {
    let script = ScriptedTransport(Array(repeating: { @Sendable _ in response([:]) }, count: 12))
    let recording = RecordingTransport(script, maximumRecords: 4)
    for _ in 0..<5 { _ = try await recording.send(read) }
    for _ in 0..<3 { _ = try await recording.send(write) }
    #expect(recording.requestCount == 8 && recording.writeCount == 3)
    #expect(recording.records.count <= 4)
    #expect(recording.writes.map(\.description).last == "DELETE /api/v1/namespaces/ns/configmaps/a 200")
    recording.reset()
    #expect(recording.records.isEmpty && recording.writeCount == 0)
    _ = try await recording.send(.watch(ResourceSelection(configMaps)))
    #expect(recording.records.map(\.isWatch) == [true])
  }

  @Test func `backoff grows to its maximum and jitter only shortens it`() {
    let backoff = Backoff(initial: .seconds(1), maximum: .seconds(10), jitterShare: 0.5)
    #expect(
      (0...6).map { backoff.delay(afterFailures: $0, jitter: 1) }
        == [.zero, .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), .seconds(10)])
    #expect(backoff.delay(afterFailures: 2, jitter: 0) == .seconds(1))
    #expect(backoff.delay(afterFailures: .max, jitter: 7) == .seconds(10))
    #expect(backoff.delay(afterFailures: 1, jitter: .nan) == .seconds(1))
    #expect(backoff.delay(afterFailures: -1, jitter: 0) == .zero)
  }
}
