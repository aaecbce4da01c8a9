import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

/// Late, old and compacted events, and permanent refusals.
@Suite(.timeLimit(.minutes(10))) struct FaultViewTests {
  static let selection = ResourceSelection(configMaps, namespace: "ns")

  private static func client(_ world: FaultyWorld, _ plan: FaultPlan) -> KubeClient {
    KubeClient(FaultTransport(world.cluster, plan: plan), fieldManager: "me", limits: noIdleTimeout)
  }

  @Test(arguments: Fault.denials)
  func `a denial has no effect and its own code`(_ fault: Fault) async throws {
    let world = try await FaultyWorld()
    let before = await world.version
    let client = Self.client(world, FaultPlan(scope: .writes, otherwise: fault))
    for verb in Verb.allCases where verb.isWrite {
      do {
        try await verb.run(client)
        Issue.record("\(verb) was not refused")
      } catch let error as KubeError {
        #expect(error.code == .forbidden)
        #expect(!error.mayHaveTakenEffect)
      }
    }
    #expect(await world.version == before)
    #expect(try await client.list(Self.selection).items.count == 1)
  }

  @Test func `a compacted history ends watches and pages only`() async throws {
    let world = try await FaultyWorld()
    for number in 0..<4 {
      _ = try await KubeClient(world.cluster, fieldManager: "m").create(
        ObjectKey(configMaps, namespace: "ns", name: "b\(number)"), FaultyWorld.configMap("b\(number)"))
    }
    let client = Self.client(world, FaultPlan(otherwise: .historyCompacted))
    let list = try await client.list(Self.selection)
    #expect(list.items.count == 5)
    var events = try await client.watch(Self.selection, resourceVersion: list.resourceVersion)
      .makeAsyncIterator()
    guard case .error(let status)? = try await events.next() else {
      Issue.record("the watch didn't end with an error")
      return
    }
    #expect(status.code == 410)
    let request = KubeRequest(
      method: .get, path: ["api", "v1", "namespaces", "ns", "configmaps"],
      query: [.init("limit", "2"), .init("continue", "x")])
    await #expect(throws: KubeError.self) { try await client.json(request) }
    _ = try await client.get(FaultyWorld.key)
  }

  /// The list is what it was, under the version that it had then: a watch from there brings the
  /// rest.
  @Test func `a stale list is correct for an earlier resourceVersion`() async throws {
    let world = try await FaultyWorld()
    let writer = KubeClient(world.cluster, fieldManager: "m")
    let old = try await writer.list(Self.selection)
    for number in 0..<3 {
      _ = try await writer.create(
        ObjectKey(configMaps, namespace: "ns", name: "b\(number)"), FaultyWorld.configMap("b\(number)"))
    }
    let client = Self.client(world, FaultPlan([0: .staleList(versionsAgo: 3)], scope: .reads))
    let stale = try await client.list(Self.selection)
    #expect(stale.items == old.items)
    #expect(stale.resourceVersion == old.resourceVersion)
    var events = try await client.watch(Self.selection, resourceVersion: stale.resourceVersion)
      .makeAsyncIterator()
    for number in 0..<3 {
      guard case .added(let object)? = try await events.next() else {
        Issue.record("no event")
        return
      }
      #expect(object.metadata.name == "b\(number)")
    }
    #expect(try await client.list(Self.selection).items.count == 4)
    // Other requests are sent unchanged, and a compacted state can't be shown.
    let stubborn = Self.client(world, FaultPlan(otherwise: .staleList(versionsAgo: 1)))
    _ = try await stubborn.get(FaultyWorld.key)
    await world.cluster.withServer { $0.compact(through: $0.resourceVersion) }
    #expect(try await stubborn.list(Self.selection).items.count == 4)
  }

  @Test(arguments: [0, 1, 100, 300, 5000])
  func `delayed bytes arrive completely in the end`(_ count: Int) async throws {
    let world = try await FaultyWorld()
    let wanted = try await KubeClient(world.cluster, fieldManager: "m").list(Self.selection)
    let client = Self.client(
      world, FaultPlan(otherwise: .bodyHeld(afterBytes: count, for: .milliseconds(1))))
    #expect(try await client.list(Self.selection) == wanted)
    var events = try await client.watch(Self.selection).makeAsyncIterator()
    guard case .added(let object)? = try await events.next() else {
      Issue.record("no event")
      return
    }
    #expect(object == wanted.items.first)
  }
}
