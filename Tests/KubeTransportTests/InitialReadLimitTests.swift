import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport
import Synchronization
import Testing

@testable import KubeTransport

/// Watchers that may not all read everything at a time.
@Suite(.timeLimit(.minutes(2))) struct InitialReadLimitTests {
  @Test func `no more read at a time than the limit allows, and all get their turn`() async throws {
    let limit = InitialReadLimit(2)
    let readers = Readers()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          let permit = try await limit.acquire()
          readers.begin()
          await Task.yield()
          readers.end()
          withExtendedLifetime(permit) {}
        }
      }
      try await group.waitForAll()
    }
    #expect(readers.most == 2)
  }

  @Test func `a cancelled reader takes no permit`() async throws {
    let limit = InitialReadLimit(1)
    var held: InitialReadLimit.Permit? = try await limit.acquire()
    let waiting = Task { try await limit.acquire() }
    let next = Task { try await limit.acquire() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    withExtendedLifetime(held) {}
    held = nil
    _ = try await next.value
  }

  @Test(arguments: [true, false])
  func `a watcher reads once another has read everything, and isn't held up by its watch`(
    usesStreamingList: Bool
  ) async throws {
    let cluster = InMemoryCluster()
    let client = KubeClient(cluster, fieldManager: "test")
    let limit = InitialReadLimit(1)
    var options = Watcher.Options()
    options.usesStreamingList = usesStreamingList
    func watcher(_ type: ResourceType) -> WatcherEvents {
      var events = client.watcher(ResourceSelection(type), options: options)
      events.initialReads = limit
      return events
    }
    var first = watcher(Namespace.type).makeAsyncIterator()
    var second = watcher(ConfigMap.type).makeAsyncIterator()
    guard case .restarted? = try await first.next(), case .restarted? = try await second.next() else {
      Issue.record("a watcher doesn't begin with all objects")
      return
    }
    _ = try await client.create(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "default")))
    guard case .applied? = try await second.next() else {
      Issue.record("a change isn't delivered")
      return
    }
  }
}

/// The number of readers at a time.
private final class Readers: Sendable {
  private let count = Mutex((now: 0, most: 0))

  var most: Int { count.withLock { $0.most } }

  func begin() {
    count.withLock { count in
      count.now += 1
      count.most = max(count.most, count.now)
    }
  }

  func end() { count.withLock { $0.now -= 1 } }
}
