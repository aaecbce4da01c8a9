import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

/// The in-memory server with one ConfigMap, `ns/a`, and hooks to detect changes.
struct FaultyWorld {
  let cluster = InMemoryCluster()

  static let key = ObjectKey(configMaps, namespace: "ns", name: "a")

  init() async throws {
    let client = KubeClient(cluster, fieldManager: "setup")
    _ = try await client.create(
      ObjectKey(namespaces, name: "ns"),
      ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "ns"]])
    _ = try await client.create(Self.key, Self.configMap("a"))
  }

  static func configMap(_ name: String, _ value: String = "1") -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "ns"],
      "data": ["value": .string(value), "filling": .string(String(repeating: "x", count: 200))],
    ]
  }

  var version: UInt64 { get async { await cluster.snapshot.resourceVersion } }
}

/// Every verb of the API as an operation of a client.
enum Verb: String, CaseIterable, CustomTestStringConvertible {
  case get, list, watch, raw, create, dryRunCreate, apply, jsonPatch, mergePatch, replace, delete,
    deleteCollection

  var testDescription: String { rawValue }
  var isWrite: Bool { ![.get, .list, .watch, .raw].contains(self) }

  func run(_ client: KubeClient) async throws {
    let key = FaultyWorld.key
    let selection = ResourceSelection(configMaps, namespace: "ns")
    let options = WriteOptions(fieldManager: "me")
    switch self {
    case .get: _ = try await client.get(key)
    case .list: _ = try await client.list(selection)
    case .watch:
      var events = try await client.watch(
        selection, idleTimeout: client.limits.idleTimeout
      ).makeAsyncIterator()
      if try await events.next() == nil { throw CancellationError() }
    case .raw: _ = try await client.bytes(.raw(path: "/api"))
    case .create:
      _ = try await client.create(
        ObjectKey(configMaps, namespace: "ns", name: "b"), FaultyWorld.configMap("b"))
    case .dryRunCreate:
      _ = try await client.create(
        ObjectKey(configMaps, namespace: "ns", name: "b"), FaultyWorld.configMap("b"), isDryRun: true)
    case .apply:
      _ = try await client.object(
        .apply(key, FaultyWorld.configMap("a", "2"), fieldManager: "me", force: true))
    case .jsonPatch:
      _ = try await client.object(
        .jsonPatch(key, [.replace(path: "/data/value", "3")], options: options))
    case .mergePatch:
      _ = try await client.object(.mergePatch(key, ["data": ["value": "4"]], options: options))
    case .replace: _ = try await client.replace(key, with: FaultyWorld.configMap("a", "5"))
    case .delete: try await client.delete(key)
    case .deleteCollection: try await client.deleteCollection(selection)
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct FaultTests {
  static let faults =
    Fault.prompt + Fault.hanging + [.bodyCut(afterBytes: 1 << 30), .bodyHangs(afterBytes: 0)]

  /// Nothing hangs, and a write whose error denies any effect has had none.
  @Test(arguments: Verb.allCases)
  func `every fault of every verb ends in time with a truthful error`(_ verb: Verb) async throws {
    for fault in Self.faults {
      let world = try await FaultyWorld()
      let before = await world.version
      let patience: Duration =
        Fault.hanging.contains(fault) || fault == .bodyHangs(afterBytes: 0)
        ? .milliseconds(20) : .seconds(60)
      let transport = FaultTransport(world.cluster, plan: FaultPlan(otherwise: fault))
      let client = KubeClient(
        transport, fieldManager: "me",
        limits: KubeClient.Limits(headTimeout: patience, idleTimeout: patience))
      var failure: KubeError?
      do {
        try await verb.run(client)
      } catch let error as KubeError {
        failure = error
      }
      let changed = await world.version != before
      #expect(transport.injected.first == fault)
      switch fault {
      case .delay, .bodyCut(1 << 30):
        #expect(failure == nil, "\(fault)")
      case .connectionFailed, .refusal(409, _, _), .refusal(429, _, _):
        #expect(failure?.mayHaveTakenEffect == false && !changed, "\(fault)")
      case .responseLost, .responseHangs, .requestLost, .requestHangs, .bodyCut, .bodyHangs:
        // The body may be shorter than where it would have been cut.
        if failure == nil, case .bodyCut(40) = fault { break }
        if failure == nil, case .bodyHangs(40) = fault { break }
        #expect(failure?.mayHaveTakenEffect == verb.isWrite, "\(fault)")
      default:
        #expect(failure != nil, "\(fault)")
      }
      if let failure, !failure.mayHaveTakenEffect { #expect(!changed, "\(fault)") }
      if changed, let failure { #expect(failure.mayHaveTakenEffect, "\(fault)") }
    }
  }

  @Test(arguments: Verb.allCases)
  func `retries repeat what is safe and execute nothing twice`(_ verb: Verb) async throws {
    for fault in [Fault.connectionFailed, .tooManyRequests(retryAfterSeconds: 1)] {
      let world = try await FaultyWorld()
      let recording = RecordingTransport(world.cluster)
      let transport = RetryingTransport(
        FaultTransport(recording, plan: FaultPlan([0: fault, 1: fault])), clock: SkippingClock(),
        jitter: { 0 })
      try await verb.run(KubeClient(transport, fieldManager: "me"))
      #expect(recording.requestCount == 1, "\(fault)")
    }
    let world = try await FaultyWorld()
    let recording = RecordingTransport(world.cluster)
    let lossy = RetryingTransport(
      FaultTransport(recording, plan: FaultPlan([0: .responseLost])), clock: SkippingClock(), jitter: { 0 })
    let client = KubeClient(lossy, fieldManager: "me")
    if verb.isWrite {
      await #expect(throws: KubeError.self) { try await verb.run(client) }
      #expect(recording.requestCount == 1)
    } else {
      try await verb.run(client)
    }
  }

  @Test(arguments: Verb.allCases)
  func `cancellation ends a hanging request`(_ verb: Verb) async throws {
    for fault in [Fault.requestHangs, .responseHangs, .bodyHangs(afterBytes: 0)] {
      let world = try await FaultyWorld()
      let transport = FaultTransport(world.cluster, plan: FaultPlan(otherwise: fault))
      let client = KubeClient(
        transport, fieldManager: "me", limits: KubeClient.Limits(headTimeout: nil, idleTimeout: nil))
      let task = Task { try await verb.run(client) }
      while transport.injected.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  /// A store that follows through broken connections, refusals, hangs and expiries equals the
  /// server in the end.
  @Test(arguments: [false, true])
  func `objects followed through faults are those of the server`(usesStreamingList: Bool) async throws {
    let kinds: [Fault] =
      [0, 1, 50, 300, 700, 1500, 4000].map { .bodyCut(afterBytes: $0) } + [
        .internalError, .connectionFailed, .requestLost, .refusal(status: 410, reason: "Expired"),
        .tooManyRequests(retryAfterSeconds: 2),
      ]
    for seed in 0..<40 {
      let world = try await FaultyWorld()
      let faulty = FaultTransport(
        world.cluster, plan: FaultPlan(seed: UInt64(seed), count: 12, among: 20, kinds: kinds))
      let client = KubeClient(faulty, fieldManager: "me", limits: noIdleTimeout, clock: SkippingClock())
      let selection = ResourceSelection(configMaps, namespace: "ns")
      let events = client.watcher(
        selection, options: Watcher.Options(usesStreamingList: usesStreamingList),
        idleTimeout: nil, jitter: { 1 })
      let writes = Task {
        let writer = KubeClient(world.cluster, fieldManager: "writer")
        for number in 0..<30 {
          let name = "c\(number * 7 % 5)"
          let key = ObjectKey(configMaps, namespace: "ns", name: name)
          if number % 4 == 3 {
            _ = try? await writer.delete(key)
          } else {
            _ = try await writer.object(
              .apply(key, FaultyWorld.configMap(name, "\(number)"), fieldManager: "writer"))
          }
          await Task.yield()
        }
        _ = try await writer.create(
          ObjectKey(configMaps, namespace: "ns", name: "last"), FaultyWorld.configMap("last"))
      }
      var known: [String: DynamicObject] = [:]
      for try await event in events {
        switch event {
        case .restarted(let objects, _):
          known = Dictionary(objects.map { ($0.metadata.name, $0) }) { $1 }
        case .applied(let object): known[object.metadata.name] = object
        case .deleted(let object): known[object.metadata.name] = nil
        }
        if known["last"] != nil { break }
      }
      try await writes.value
      let list = try await KubeClient(world.cluster, fieldManager: "me").list(selection)
      #expect(known == Dictionary(list.items.map { ($0.metadata.name, $0) }) { $1 }, "seed \(seed)")
    }
  }

  @Test func `fault plans are deterministic and scoped`() async throws {
    let plan = FaultPlan(seed: 7, count: 5, among: 50)
    #expect(plan == FaultPlan(seed: 7, count: 5, among: 50) && plan.faults.count == 5)
    #expect(plan != FaultPlan(seed: 8, count: 5, among: 50))
    #expect(FaultPlan(seed: 1, count: 9, among: 3).faults.count == 3)
    let world = try await FaultyWorld()
    let transport = FaultTransport(world.cluster, plan: FaultPlan([0: .conflict], scope: .writes))
    let client = KubeClient(transport, fieldManager: "me")
    _ = try await client.get(FaultyWorld.key)
    let error = await #expect(throws: KubeError.self) { try await client.delete(FaultyWorld.key) }
    #expect(error?.code == .conflict)
    try await client.delete(FaultyWorld.key)
    #expect(transport.injected == [.conflict] && transport.requestCount == 2)
  }
}
