import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeReconcile
import KubeTransport
import Logging
import Synchronization
import Testing

@testable import KubeRuntime

@Suite(.timeLimit(.minutes(5))) struct StoreTests {
  func object(_ name: String, _ version: String = "1") throws -> DynamicObject {
    try DynamicObject(configMap(name, version: version))
  }

  func changes() -> (ObjectStore, @Sendable () -> [String]) {
    let log = Shared<[String]>([])
    let store = ObjectStore(onChanges: { changes in
      for change in changes {
        let old = change.old?.metadata.resourceVersion ?? "-"
        let new = change.new?.metadata.resourceVersion ?? "-"
        log.value.withLock { $0.append("\(change.key?.description ?? "?") \(old)>\(new)") }
      }
    })
    return (
      store,
      {
        log.value.withLock { entries in
          defer { entries = [] }
          return entries.sorted()
        }
      }
    )
  }

  @Test func `the same version with other content is a change, and with the same none`() throws {
    let changes = Mutex<[ObjectStore.Change]>([])
    let store = ObjectStore(onChanges: { new in changes.withLock { $0 += new } })
    let former = try object("a")
    store.receive(.restarted([former], resourceVersion: "1"))
    store.receive(.restarted([former], resourceVersion: "1"))
    #expect(changes.withLock { $0.count } == 1)
    // As after a new definition, whose fields the stored object has.
    var json = former.json
    json.set("1", at: ["data", "restored"])
    let later = try DynamicObject(json)
    store.receive(.restarted([later], resourceVersion: "1"))
    #expect(changes.withLock { $0.last } == ObjectStore.Change(old: former, new: later))
    #expect(later.isNewer(than: former) && !former.isNewer(than: former))
  }

  @Test func `a list replaces the old one and reports the differences`() throws {
    let (store, changes) = changes()
    #expect(!store.isSynced)
    store.replace(with: [try object("a"), try object("b"), try object("c")])
    #expect(store.isSynced && store.count == 3)
    #expect(changes() == ["ns/a ->1", "ns/b ->1", "ns/c ->1"])
    store.replace(with: [try object("a"), try object("b", "2"), try object("d")])
    #expect(changes() == ["ns/b 1>2", "ns/c 1>-", "ns/d ->1"])
    #expect(store.object(namespace: "ns", name: "c") == nil)
    #expect(store.objects(in: "ns").count == 3 && store.objects(in: "other").isEmpty)
  }

  @Test func `a list from before a write's answer leaves the answer in the store`() throws {
    let (store, changes) = changes()
    store.receive(.restarted([try object("a")], resourceVersion: "5"))
    store.record(try object("a", "11"))
    store.record(try object("b", "12"))
    #expect(changes() == ["ns/a ->1"])
    store.receive(.restarted([try object("a"), try object("c", "9")], resourceVersion: "10"))
    #expect(changes() == ["ns/c ->9"])
    #expect(store.object(namespace: "ns", name: "a")?.metadata.resourceVersion == "11")
    #expect(store.object(namespace: "ns", name: "b")?.metadata.resourceVersion == "12")
    // The watch delivers them, or the next list lacks them.
    store.receive(.applied(try object("a", "11")))
    store.receive(.deleted(try object("a", "13")))
    #expect(changes() == ["ns/a 11>-"])
    store.receive(.restarted([try object("c", "9")], resourceVersion: "14"))
    #expect(changes() == ["ns/b 12>-"])
  }

  @Test func `an event from before a write's answer leaves the answer in the store`() throws {
    let (store, changes) = changes()
    store.receive(.restarted([try object("a")], resourceVersion: "5"))
    store.record(try object("a", "11"))
    store.receive(.applied(try object("a", "10")))
    #expect(changes() == ["ns/a ->1"])
    #expect(store.object(namespace: "ns", name: "a")?.metadata.resourceVersion == "11")
    store.receive(.applied(try object("a", "12")))
    #expect(changes() == ["ns/a 11>12"])
  }

  /// As after the server's data was restored from a backup.
  @Test func `a list of any version removes what an event has delivered`() throws {
    let (store, changes) = changes()
    store.record(try object("a", "30"))
    store.receive(.applied(try object("a", "30")))
    store.receive(.applied(try object("b", "31")))
    store.receive(.restarted([], resourceVersion: "10"))
    #expect(store.count == 0 && changes() == ["ns/a 30>-", "ns/b ->31", "ns/b 31>-"])
  }

  @Test func `a list is reported at once even when it is empty`() throws {
    let calls = Shared<[Int]>([])
    let store = ObjectStore(onChanges: { changes in calls.value.withLock { $0.append(changes.count) } })
    store.replace(with: [])
    store.replace(with: [try object("a"), try object("b")])
    #expect(calls.value.withLock { $0 } == [0, 2])
  }

  @Test func `events change one object`() throws {
    let (store, changes) = changes()
    store.receive(.applied(try object("a")))
    store.receive(.applied(try object("a")))
    store.receive(.applied(try object("a", "2")))
    store.receive(.deleted(try object("a", "3")))
    store.receive(.deleted(try object("a", "3")))
    #expect(changes() == ["ns/a ->1", "ns/a 1>2", "ns/a 2>-"])
    #expect(!store.isSynced && store.count == 0)
  }

  @Test func `no reader sees half a list`() async throws {
    let store = ObjectStore()
    let lists = try (0..<2).map { round in
      try (0..<200).map { try DynamicObject(configMap("o\($0)", version: "\(round)")) }
    }
    store.replace(with: lists[0])
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<3 {
        group.addTask {
          (0..<100).filter { _ in
            Set(store.snapshot.values.map(\.metadata.resourceVersion)).count != 1 || store.count != 200
          }.count
        }
      }
      group.addTask {
        for round in 0..<100 { store.replace(with: lists[round % 2]) }
        return 0
      }
      for await torn in group { #expect(torn == 0) }
    }
  }

  @Test func `waiting for the first list ends with it or with cancellation`() async throws {
    let store = ObjectStore()
    let cancelled = Task { try await store.waitUntilSynced() }
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    async let synced: Void = store.waitUntilSynced()
    store.replace(with: [])
    try await synced
    try await store.waitUntilSynced()
  }

  @Test func `a reflector fills the store`() async throws {
    let list: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "5"],
      "items": [configMap("a"), configMap("b")],
    ]
    let events =
      JSONWriter().bytes(["type": "DELETED", "object": configMap("a", version: "6")]) + [0x0A]
      + JSONWriter().bytes(["type": "ADDED", "object": configMap("c", version: "7")]) + [0x0A]
    let transport = FakeTransport { request in
      guard request.isWatch else { return response(200, list) }
      return KubeResponse(
        status: .ok,
        body: ResponseBody {
          var rest = [events].makeIterator()
          return ResponseBody.AsyncIterator {
            if let chunk = rest.next() { return chunk }
            try await Task.sleep(for: .seconds(3600))
            return nil
          }
        })
    }
    let store = ObjectStore()
    let client = KubeClient(transport, fieldManager: "me", limits: noTimeouts)
    let reflector = Reflector(
      client, ResourceSelection(ConfigMap.type), into: store,
      options: Watcher.Options(usesStreamingList: false), idleTimeout: nil, logger: Logger(label: "test"))
    let task = Task { try await reflector.run() }
    try await store.waitUntilSynced()
    try await until { Set(store.all.map(\.metadata.name)) == ["b", "c"] }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// A mutex that closures can share.
final class Shared<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
}
