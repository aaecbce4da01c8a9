import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct PagesTests {
  func client(_ transport: any Transport) -> KubeClient {
    KubeClient(transport, fieldManager: "me", limits: noIdleTimeout)
  }

  func names<Object>(_ pages: ObjectPages<Object>, _ name: (Object) -> String) async throws -> [String] {
    var names: [String] = []
    for try await object in pages { names.append(name(object)) }
    return names
  }

  /// A cluster with the ConfigMaps `c0` to `c6` in the namespace `default`.
  func filledHub() async throws -> InMemoryCluster {
    let cluster = InMemoryCluster()
    for number in 0..<7 { try await create("c\(number)", in: cluster) }
    return cluster
  }

  func create(_ name: String, in cluster: InMemoryCluster) async throws {
    _ = try await KubeClient(cluster, fieldManager: "setup").create(
      ConfigMap(metadata: ObjectMeta(name: name, namespace: "default")))
  }

  @Test func `objects come page by page as they are asked for`() async throws {
    let recording = RecordingTransport(try await filledHub())
    var objects = client(recording).pages(ConfigMap.self, namespace: "default", pageSize: 3)
      .makeAsyncIterator()
    var counts: [Int] = []
    var names: [String] = []
    while let object = try await objects.next() {
      names.append(object.metadata.name)
      counts.append(recording.requestCount)
    }
    #expect(names == (0..<7).map { "c\($0)" })
    #expect(counts == [1, 1, 1, 2, 2, 2, 3])
    #expect(try await objects.next() == nil && recording.requestCount == 3)
  }

  @Test func `each iteration lists again, and an empty list has no objects`() async throws {
    let recording = RecordingTransport(InMemoryCluster())
    let pages = client(recording).pages(ResourceSelection(configMaps))
    for _ in 0..<2 { #expect(try await names(pages) { $0.metadata.name }.isEmpty) }
    #expect(recording.requestCount == 2)
  }

  static let unreadable: JSONValue = [
    "metadata": ["name": "bad", "namespace": "ns", "labels": ["a": ["hunter2"]]]
  ]
  static let foreign: JSONValue = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "other"]]

  @Test func `one unreadable object does not lose the rest`() async throws {
    var first = list([configMap("a"), configMap("c")], version: "10", continue: "t")
    first["items"] = .array([configMap("a"), Self.unreadable, Self.foreign, "text", .null, configMap("c")])
    let reported = Mutex<[UnreadableObject]>([])
    let transport = ScriptedTransport(
      response(first), response(list([configMap("d")], version: "10")))
    let pages = client(transport).pages(
      ConfigMap.self, onUnreadable: { object in reported.withLock { $0.append(object) } })
    #expect(try await names(pages) { $0.metadata.name } == ["a", "c", "d"])
    let objects = reported.withLock { $0 }
    #expect(objects.map(\.name) == ["bad", "other", nil, nil])
    #expect(objects.first?.description.contains("ConfigMap ns/bad: the field metadata.labels") == true)
    #expect(!"\(objects)".contains("hunter2"))
  }

  @Test func `without a handler an unreadable object is an error after all others`() async throws {
    var page = list([], version: "10")
    page["items"] = .array([Self.unreadable, configMap("a"), Self.foreign])
    let pages = client(ScriptedTransport(response(page))).pages(ResourceSelection(configMaps))
    var seen: [String] = []
    let error = await #expect(throws: KubeError.self) {
      for try await object in pages { seen.append(object.metadata.name) }
    }
    #expect(seen == ["a"] && error?.code == .badResponse)
    #expect(error?.description.contains("ns/bad") == true)
    #expect(error?.description.contains("1 other object") == true)
  }

  @Test func `an expired token goes on with the rest as it is now`() async throws {
    let cluster = try await filledHub()
    var objects = client(cluster).pages(ConfigMap.self, namespace: "default", pageSize: 2).makeAsyncIterator()
    var names: [String] = []
    while let object = try await objects.next() {
      names.append(object.metadata.name)
      guard names.count == 2 else { continue }
      // Objects before the token stay unseen; those after it are seen in their current state.
      try await create("b", in: cluster)
      try await create("c55", in: cluster)
      _ = try await KubeClient(cluster, fieldManager: "setup").delete(
        ObjectKey(configMaps, namespace: "default", name: "c3"))
      await cluster.withServer { server in server.compact(through: server.resourceVersion) }
    }
    #expect(names == ["c0", "c1", "c2", "c4", "c5", "c55", "c6"])
  }

  @Test func `a server that offers no other token ends the sequence with gone`() async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a")], version: "10", continue: "t1")), response(410, status(410, "Expired")))
    var seen: [String] = []
    let pages = client(transport).pages(ResourceSelection(configMaps))
    let error = await #expect(throws: KubeError.self) {
      for try await object in pages { seen.append(object.metadata.name) }
    }
    #expect(error?.code == .gone && seen == ["a"])
  }

  @Test func `a token that expires again at once is not asked for without end`() async throws {
    var expired = status(410, "Expired")
    expired["metadata"] = ["continue": "t"]
    let answer = expired
    let transport = ScriptedTransport(
      [{ @Sendable _ in response(list([configMap("a")], version: "10", continue: "t1")) }]
        + Array(repeating: { @Sendable _ in response(410, answer) }, count: 20))
    let pages = client(transport).pages(ResourceSelection(configMaps))
    let error = await #expect(throws: KubeError.self) { for try await _ in pages {} }
    #expect(error?.code == .gone && transport.requests.count == 3)
  }

  @Test func `a token that leads to itself, and pages without end, are given up`() async throws {
    let circle = ScriptedTransport(
      Array(repeating: { @Sendable _ in response(list([], version: "1", continue: "t")) }, count: 20))
    let turning = client(circle).pages(ResourceSelection(configMaps))
    let first = await #expect(throws: KubeError.self) { for try await _ in turning {} }
    #expect(first?.code == .badResponse && circle.requests.count == 2)
    let endless = ScriptedTransport(
      (0..<20).map { number in
        { @Sendable _ in response(list([], version: "1", continue: "t\(number)")) }
      })
    var client = client(endless)
    client.limits.pages = 5
    let pages = client.pages(ResourceSelection(configMaps))
    let second = await #expect(throws: KubeError.self) { for try await _ in pages {} }
    #expect(second?.code == .badResponse && endless.requests.count == 5)
  }

  @Test func `pages of two points in time are a bad response`() async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a")], version: "10", continue: "t")),
      response(list([configMap("b")], version: "11")))
    let pages = client(transport).pages(ResourceSelection(configMaps))
    let error = await #expect(throws: KubeError.self) { for try await _ in pages {} }
    #expect(error?.code == .badResponse)
  }

  @Test func `a failure ends the sequence`() async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a")], version: "10", continue: "t")),
      response(500, status(500, "InternalError")))
    var objects = client(transport).pages(ResourceSelection(configMaps)).makeAsyncIterator()
    #expect(try await objects.next() != nil)
    await #expect(throws: KubeError.self) { try await objects.next() }
    #expect(try await objects.next() == nil && transport.requests.count == 2)
  }
}
