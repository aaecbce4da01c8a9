import HTTPTypes
import KubeCore
import KubeKindsCoordination
import KubeTransport
import Logging
import Synchronization
import Testing

import struct Foundation.Date

@testable import KubeRuntime

/// A transport that serves one Lease like an API server, and can be cut off for some of its
/// clients.
final class LeaseServer: Sendable {
  struct Down: Error {}
  private struct State {
    var lease: JSONValue?
    var version = 0
    var cutOff: Set<String> = []
    var writes: [String] = []
    var reads: [String] = []
  }
  private let state = Mutex(State())

  var holder: String? { state.withLock { $0.lease?.value(at: "spec", "holderIdentity")?.string } }
  var transitions: Int64? { state.withLock { $0.lease?.value(at: "spec", "leaseTransitions")?.int64 } }
  var writes: [String] { state.withLock { $0.writes } }
  var reads: [String] { state.withLock { $0.reads } }
  /// Changes the lease as another client.
  func touch() {
    state.withLock { state in
      state.version += 1
      state.lease?.set(.string("\(state.version)"), at: ["metadata", "resourceVersion"])
    }
  }
  func cutOff(_ client: String, _ isCutOff: Bool = true) {
    state.withLock { state in
      if isCutOff { state.cutOff.insert(client) } else { state.cutOff.remove(client) }
    }
  }

  func transport(for name: String) -> FakeTransport {
    FakeTransport { [self] request in
      try state.withLock { state throws in
        if state.cutOff.contains(name) { throw Down() }
        if request.method == .get {
          state.reads.append(name)
          return state.lease.map { response(200, $0) } ?? refusal(404, "NotFound")
        }
        var body = try JSONParser().parse(request.body?.exposed() ?? [])
        if request.method == .post {
          guard state.lease == nil else { return refusal(409, "AlreadyExists") }
          body.set("uid-1", at: ["metadata", "uid"])
        } else {
          guard let current = state.lease,
            current.value(at: "metadata", "uid") == body.value(at: "metadata", "uid"),
            current.value(at: "metadata", "resourceVersion") == body.value(at: "metadata", "resourceVersion")
          else { return refusal(409, "Conflict") }
        }
        state.version += 1
        body.set(.string("\(state.version)"), at: ["metadata", "resourceVersion"])
        state.lease = body
        state.writes.append(name)
        return response(200, body)
      }
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct LeaderElectionTests {
  let clock = ManualClock()
  let server = LeaseServer()
  /// The current leader, and whether there were ever two at once.
  let leading = Shared<(now: Set<String>, clashes: Int)>((now: [], clashes: 0))

  var leaders: Set<String> { leading.value.withLock { $0.now } }

  func start(_ name: String, _ client: KubeClient? = nil) -> Task<Void, any Error> {
    let client =
      client
      ?? KubeClient(server.transport(for: name), fieldManager: "test", limits: noTimeouts, clock: clock)
    let elector = LeaderElector(
      client, namespace: "ns", name: "lock", identity: name, clock: clock,
      now: { [clock] in Date(timeIntervalSince1970: 1_800_000_000 + clock.now.offset / .seconds(1)) },
      jitter: { 0 }, logger: Logger(label: "test"))
    return Task { [leading] in
      try await elector.run {
        leading.value.withLock { state in
          state.now.insert(name)
          if state.now.count > 1 { state.clashes += 1 }
        }
        defer { _ = leading.value.withLock { $0.now.remove(name) } }
        try await Task.sleep(for: .seconds(3600))
      }
    }
  }

  /// Advances the clock in small steps, and lets every sleeping task act at each: a leader sleeps
  /// twice (until the next renewal and until the deadline), a waiting process once.
  func pass(_ duration: Duration, sleepers: @escaping @Sendable () -> Int) async throws {
    let clock = clock
    let end = clock.now.advanced(by: duration)
    while clock.now < end {
      clock.advance(by: .milliseconds(500))
      try await until { clock.sleeperCount == sleepers() }
    }
  }

  @Test func `one leads, and the other takes over at once when the lease is released`() async throws {
    let (clock, server) = (clock, server)
    let first = start("a")
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    let second = start("b")
    try await until { clock.sleeperCount == 3 }
    try await pass(.seconds(60)) { 3 }
    #expect(leaders == ["a"] && server.holder == "a")
    #expect(server.writes.count == 31 && Set(server.writes) == ["a"])
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(server.holder == "")
    clock.advance(by: .seconds(2))
    try await until { leaders == ["b"] }
    #expect(server.holder == "b" && server.transitions == 1)
    second.cancel()
    _ = try? await second.value
    #expect(leading.value.withLock { $0.clashes } == 0)
  }

  @Test func `a leader that is cut off gives up before the other takes over`() async throws {
    let (clock, server) = (clock, server)
    let first = start("a")
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    let second = start("b")
    try await until { clock.sleeperCount == 3 }
    try await pass(.seconds(4)) { 3 }
    server.cutOff("a")
    let start = clock.now
    var lostAfter: Duration?
    var takenAfter: Duration?
    while takenAfter == nil, clock.now < start.advanced(by: .seconds(60)) {
      clock.advance(by: .milliseconds(500))
      // All tasks sleep again: two as leader, one as waiter, none once ended.
      try await until {
        let leaders = leading.value.withLock { $0.now }
        let isGone = !leaders.contains("a")
        return clock.sleeperCount == (leaders.contains("b") ? 2 : 1) + (isGone ? 0 : 2)
      }
      if lostAfter == nil, !leaders.contains("a") { lostAfter = start.duration(to: clock.now) }
      if leaders == ["b"] { takenAfter = start.duration(to: clock.now) }
    }
    await #expect(throws: LeaderElector.LeadershipLost.self) { try await first.value }
    let (lost, taken) = (try #require(lostAfter), try #require(takenAfter))
    #expect(lost <= .seconds(10) && taken >= .seconds(13) && taken <= .seconds(18))
    #expect(leading.value.withLock { $0.clashes } == 0)
    second.cancel()
    _ = try? await second.value
  }

  @Test func `a short outage changes nothing`() async throws {
    let (clock, server) = (clock, server)
    let first = start("a")
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    for _ in 0..<3 {
      server.cutOff("a")
      // With up to a retry period before and after it, shorter than the deadline.
      try await pass(.seconds(5)) { 2 }
      server.cutOff("a", false)
      try await pass(.seconds(4)) { 2 }
    }
    #expect(leaders == ["a"])
    first.cancel()
    _ = try? await first.value
  }

  @Test func `a renewal that the server puts off is tried again before the deadline`() async throws {
    let (clock, server) = (clock, server)
    let isBusy = Shared(false)
    let base = server.transport(for: "a")
    let busy = FakeTransport { request in
      let wasBusy = isBusy.value.withLock { isBusy in
        defer { isBusy = false }
        return isBusy
      }
      guard wasBusy else { return try await base.send(request) }
      return KubeResponse(status: .tooManyRequests, headers: [.retryAfter: "10"])
    }
    let client = KubeClient(
      RetryingTransport(busy, clock: clock, jitter: { 0 }), fieldManager: "test", limits: noTimeouts,
      clock: clock)
    let first = start("a", client)
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    isBusy.value.withLock { $0 = true }
    try await pass(.seconds(20)) { [leading] in leading.value.withLock { $0.now.isEmpty } ? 0 : 2 }
    #expect(leaders == ["a"] && !isBusy.value.withLock { $0 })
    first.cancel()
    _ = try? await first.value
  }

  @Test func `a server that is back just before the deadline finds its leader`() async throws {
    let (clock, server) = (clock, server)
    let isDown = Shared(false)
    let base = server.transport(for: "a")
    let client = KubeClient(
      FakeTransport { request in
        guard !isDown.value.withLock({ $0 }) else {
          throw TransportError(code: .connectionFailed, requestWasSent: false, message: "refused")
        }
        return try await base.send(request)
      }, fieldManager: "test", limits: noTimeouts, clock: clock)
    let first = start("a", client)
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    let sleepers = { @Sendable [leading] in leading.value.withLock { $0.now.isEmpty } ? 0 : 2 }
    isDown.value.withLock { $0 = true }
    try await pass(.seconds(9), sleepers: sleepers)
    isDown.value.withLock { $0 = false }
    try await pass(.seconds(20), sleepers: sleepers)
    #expect(leaders == ["a"])
    first.cancel()
    _ = try? await first.value
  }

  @Test func `the leader renews with one request, and reads the lease where another has changed it`()
    async throws
  {
    let (clock, server) = (clock, server)
    let first = start("a")
    try await until { clock.sleeperCount == 2 && leaders == ["a"] }
    try await pass(.seconds(20)) { 2 }
    #expect(server.reads == ["a"] && server.writes.count == 11)
    server.touch()
    try await pass(.seconds(20)) { 2 }
    #expect(server.reads == ["a", "a"] && server.writes.count == 21)
    #expect(leaders == ["a"])
    first.cancel()
    _ = try? await first.value
  }

  @Test func `the lease is released when the work ends`() async throws {
    let client = KubeClient(server.transport(for: "a"), fieldManager: "test", limits: noTimeouts)
    let elector = LeaderElector(
      client, namespace: "ns", name: "lock", identity: "a", clock: clock, logger: Logger(label: "test"))
    #expect(try await elector.run { 42 } == 42)
    #expect(server.holder == "")
  }

  /// A process that ends while its write is pending may hold the lease without knowing.
  @Test func `the lease is released by a process that ends before its write is answered`() async throws {
    struct SlowTransport: Transport {
      let server: any Transport
      let firstWrite: Shared<Bool>
      let carriedOut: Shared<Bool>
      func send(_ request: KubeRequest) async throws -> KubeResponse {
        let isFirst =
          request.method != .get
          && firstWrite.value.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
          }
        let response = try await server.send(request)
        guard isFirst else { return response }
        carriedOut.value.withLock { $0 = true }
        try await Task.sleep(for: .seconds(3600))
        return response
      }
    }
    let carriedOut = Shared(false)
    let transport = SlowTransport(
      server: server.transport(for: "a"), firstWrite: Shared(true), carriedOut: carriedOut)
    let elector = LeaderElector(
      KubeClient(transport, fieldManager: "test", limits: noTimeouts), namespace: "ns", name: "lock",
      identity: "a", clock: clock, logger: Logger(label: "test"))
    let running = Task { try await elector.run { 42 } }
    while !carriedOut.value.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    #expect(server.holder == "a")
    running.cancel()
    await #expect(throws: (any Error).self) { try await running.value }
    #expect(server.holder == "")
  }

  func lease(_ holder: String, version: String, renewed: Double = 0, duration: Int32 = 15) -> Lease {
    var lease = Lease(
      metadata: ObjectMeta(name: "lock", namespace: "ns"),
      spec: LeaseSpec(
        holderIdentity: holder, leaseDurationSeconds: duration,
        renewTime: Date(timeIntervalSince1970: renewed),
        leaseTransitions: 4))
    lease.metadata.uid = "u"
    lease.metadata.resourceVersion = version
    return lease
  }

  @Test func `only the local clock counts`() {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var rules = LeaseRules(identity: "me", leaseDuration: .seconds(15))
    // Renewed decades ago by its own timestamp, but seen for the first time: not expired.
    #expect(rules.decide(lease("x", version: "1"), elapsed: .seconds(100), now: now) == .wait(holder: "x"))
    #expect(rules.decide(lease("x", version: "1"), elapsed: .seconds(114), now: now) == .wait(holder: "x"))
    // Seen to change: the duration starts again.
    #expect(
      rules.decide(lease("x", version: "2", renewed: 1), elapsed: .seconds(114), now: now)
        == .wait(holder: "x"))
    #expect(
      rules.decide(lease("x", version: "2", renewed: 1), elapsed: .seconds(128), now: now)
        == .wait(holder: "x"))
    let taken = rules.decide(lease("x", version: "2", renewed: 1), elapsed: .seconds(129), now: now)
    guard case .write(let spec, "u", "2") = taken else {
      Issue.record("\(taken)")
      return
    }
    #expect(spec.holderIdentity == "me" && spec.leaseTransitions == 5 && spec.acquireTime == now)
  }

  @Test func `a lease is written for whole seconds, and never for less than it is held`() {
    var rules = LeaseRules(identity: "me", leaseDuration: .milliseconds(1500))
    guard case .create(let spec) = rules.decide(nil, elapsed: .zero, now: Date()) else {
      Issue.record("expected a create")
      return
    }
    #expect(spec.leaseDurationSeconds == 2)
  }

  @Test func `a lease that is free or held already is taken at once`() {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var rules = LeaseRules(identity: "me", leaseDuration: .seconds(15))
    guard case .create(let new) = rules.decide(nil, elapsed: .zero, now: now) else {
      Issue.record("expected a create")
      return
    }
    #expect(new.holderIdentity == "me" && new.leaseTransitions == 0 && new.leaseDurationSeconds == 15)
    guard case .write(let freed, _, _) = rules.decide(lease("", version: "1"), elapsed: .zero, now: now),
      case .write(let renewed, _, _) = rules.decide(lease("me", version: "1"), elapsed: .zero, now: now)
    else {
      Issue.record("expected writes")
      return
    }
    #expect(freed.leaseTransitions == 5 && renewed.leaseTransitions == 4)
    #expect(renewed.renewTime == now && renewed.acquireTime == nil)
    #expect(rules.release(lease("other", version: "1"), now: now) == nil)
    #expect(rules.release(lease("me", version: "1"), now: now)?.holderIdentity == "")
  }
}
