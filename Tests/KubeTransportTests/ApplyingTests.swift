import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeSchemas
import KubeTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct ApplyingTests {
  func client(_ transport: any Transport, as manager: String = "me") -> KubeClient {
    KubeClient(transport, fieldManager: manager, limits: noIdleTimeout)
  }

  /// Shows each request to `onRequest` before it is sent.
  struct Spying: Transport {
    let base: any Transport
    let onRequest: @Sendable (KubeRequest) -> Void

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      onRequest(request)
      return try await base.send(request)
    }
  }

  func made(on cluster: InMemoryCluster) async throws -> Namespace {
    try await client(cluster, as: "setup").create(Namespace(metadata: ObjectMeta(name: "shop")))
  }

  func condition(_ type: String) -> JSONValue {
    ["type": .string(type), "status": "True", "reason": "R", "message": "m"]
  }

  func namespace(_ namespace: Namespace, _ conditions: [String]) throws -> Namespace {
    var json = namespace.json
    json["status"] = ["conditions": .array(conditions.map(condition))]
    return try Namespace(from: FieldReader(json))
  }

  @Test func `a status is applied, and what it leaves out is given up`() async throws {
    let cluster = InMemoryCluster()
    let observed = try await made(on: cluster)
    let sent = Mutex<[KubeRequest]>([])
    let client = client(Spying(base: cluster) { request in sent.withLock { $0.append(request) } })
    let stored = try await client.applyStatus(namespace(observed, ["A", "B"]))
    #expect(stored.json.value(at: "status", "conditions")?.array?.count == 2)
    // Only the status is sent, and another manager keeps the phase.
    let request = try #require(sent.withLock { $0.first })
    #expect(request.path.suffix(2) == ["shop", "status"])
    let body = try JSONParser().parse(try #require(request.body).exposed())
    #expect(body["metadata"] == ["name": "shop", "uid": observed.metadata.uid?.json ?? .null])
    #expect(stored.json.value(at: "status", "phase") == "Active")
    let second = try await client.applyStatus(namespace(observed, ["B"]))
    #expect(second.json.value(at: "status", "conditions")?.array?.compactMap { $0["type"] } == ["B"])
  }

  @Test func `another object of the same name keeps its status`() async throws {
    let cluster = InMemoryCluster()
    var other = try await made(on: cluster)
    other.metadata.uid = "another"
    let error = await #expect(throws: KubeError.self) {
      try await client(cluster).applyStatus(namespace(other, ["A"]))
    }
    #expect(error?.code == .preconditionFailed || error?.code == .conflict)
    let now = try await client(cluster).get(Namespace.self, name: "shop")
    #expect(now.json.value(at: "status", "conditions") == nil)
  }

  @Test func `a status of an object that was not observed is refused before anything is sent`() async throws {
    let script = ScriptedTransport([])
    let error = await #expect(throws: KubeError.self) {
      try await client(script).applyStatus(Namespace(metadata: ObjectMeta(name: "shop")))
    }
    #expect(error?.code == .badRequest && script.requests.isEmpty)
  }

  @Test func `another manager's status is taken over by force alone`() async throws {
    let cluster = InMemoryCluster()
    let observed = try await made(on: cluster)
    try await client(cluster, as: "first").applyStatus(namespace(observed, ["A"]))
    var changed = try namespace(observed, ["A"])
    var json = changed.json
    json["status"] = [
      "conditions": [["type": "A", "status": "False", "reason": "R", "message": "m"]]
    ]
    changed = try Namespace(from: FieldReader(json))
    let error = await #expect(throws: KubeError.self) { try await client(cluster).applyStatus(changed) }
    #expect(error?.code == .applyConflict && error?.applyConflicts.first?.manager == "first-status")
    let stored = try await client(cluster).applyStatus(changed, force: true)
    #expect(
      stored.json.value(at: "status", "conditions")?.array?.first?["status"] == "False")
  }

  @Test func `a typed object with the resourceVersion that was read is replaced`() async throws {
    let cluster = InMemoryCluster()
    let client = client(cluster)
    let created = try await made(on: cluster)
    var wanted = created
    wanted.metadata.labels["tier"] = "web"
    let dryRun = try await client.replace(wanted, isDryRun: true)
    #expect(dryRun.metadata.labels["tier"] == "web")
    #expect(try await client.get(Namespace.self, name: "shop") == created)
    let replaced = try await client.replace(wanted)
    #expect(try await client.get(Namespace.self, name: "shop") == replaced)
    #expect(replaced.metadata.labels["tier"] == "web")
    let error = await #expect(throws: KubeError.self) { try await client.replace(wanted) }
    #expect(error?.code == .conflict)
  }

  @Test func `what a client applied can be extracted, changed and applied again`() async throws {
    let cluster = InMemoryCluster()
    let key = ObjectKey(configMaps, namespace: "default", name: "a")
    _ = try await client(cluster, as: "other").create(
      ConfigMap(
        metadata: ObjectMeta(name: "a", namespace: "default", labels: ["theirs": "1"]), data: ["theirs": "1"])
    )
    let client = client(cluster)
    let observed = try await client.get(key)
    #expect(try client.extract(from: observed) == nil)
    let fields: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "default"],
      "data": ["mine": "1", "old": "1"],
    ]
    let applied = try #require(
      try await client.object(.apply(key, fields, fieldManager: "me")))
    let own = try #require(
      try client.extract(from: applied, table: FieldTables.builtIn[applied.groupKind]))
    #expect(own.json == fields)
    // Typed, too.
    let typed = try await client.get(ConfigMap.self, namespace: "default", name: "a")
    var mine = try #require(try client.extract(from: typed))
    #expect(mine.data == ["mine": "1", "old": "1"] && mine.metadata.labels.isEmpty)
    mine.data["old"] = nil
    let second = try #require(try await client.object(.apply(key, mine.json, fieldManager: "me")))
    #expect(second.json["data"] == ["theirs": "1", "mine": "1"])
  }

  @Test func `an applied status is extracted by its own manager`() async throws {
    let cluster = InMemoryCluster()
    let stored = try await client(cluster).applyStatus(namespace(try await made(on: cluster), ["A"]))
    let own = try #require(try client(cluster).extract(from: stored, subresource: "status"))
    #expect(own.json["status"] == ["conditions": [condition("A")]])
    #expect(try client(cluster).extract(from: stored) == nil)
    // As a server before 1.22 has it, which doesn't name the subresource.
    var old = stored.json
    let entries = old.value(at: "metadata", "managedFields")?.array ?? []
    old.set(
      .array(
        entries.map { entry in
          var entry = entry
          entry["subresource"] = nil
          return entry
        }), at: ["metadata", "managedFields"])
    let former = try client(cluster).extract(from: DynamicObject(old), subresource: "status")
    #expect(former?.json["status"] == own.json["status"])
  }
}
