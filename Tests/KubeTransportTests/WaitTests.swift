import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct WaitTests {
  let key = ObjectKey(configMaps, namespace: "default", name: "a")

  func client(_ transport: any Transport, clock: any Clock<Duration> = ContinuousClock()) -> KubeClient {
    KubeClient(transport, fieldManager: "me", limits: noIdleTimeout, clock: clock)
  }

  func configMap(_ name: String, _ text: String) -> ConfigMap {
    ConfigMap(metadata: ObjectMeta(name: name, namespace: "default"), data: ["text": text])
  }

  /// Runs `wait` on a cluster, and `change` once the watch is open.
  func waiting<Value: Sendable>(
    on cluster: InMemoryCluster, _ wait: @escaping @Sendable (KubeClient) async throws -> Value,
    change: (KubeClient) async throws -> Void
  ) async throws -> Value {
    let recording = RecordingTransport(cluster)
    let client = client(recording)
    let task = Task { try await wait(client) }
    while !recording.records.contains(where: \.isWatch) { try await Task.sleep(for: .milliseconds(1)) }
    try await change(KubeClient(cluster, fieldManager: "writer"))
    return try await task.value
  }

  /// A clock whose sleeps of 5 minutes or more end when `condition` holds, and others at once.
  struct GatedClock: Clock {
    typealias Instant = SkippingClock.Instant
    let base = SkippingClock()
    let condition: @Sendable () -> Bool
    var now: Instant { base.now }
    var minimumResolution: Duration { base.minimumResolution }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
      if now.duration(to: deadline) >= .seconds(300) {
        while !condition() { try await Task.sleep(for: .milliseconds(1)) }
      }
      try await base.sleep(until: deadline, tolerance: tolerance)
    }
  }

  @Test func `a condition that holds already is seen at once`() async throws {
    let cluster = InMemoryCluster()
    _ = try await client(cluster).create(configMap("a", "done"))
    let recording = RecordingTransport(cluster)
    let found = try await client(recording).wait(
      for: ConfigMap.self, namespace: "default", name: "a", timeout: .seconds(600)
    ) { $0.data["text"] == "done" }
    #expect(found.metadata.uid != nil && recording.requestCount == 1)
  }

  @Test func `an object that does not exist yet is waited for until its condition holds`() async throws {
    let found = try await waiting(on: InMemoryCluster()) { client in
      try await client.wait(
        for: ConfigMap.self, namespace: "default", name: "a", timeout: .seconds(600)
      ) { $0.data["text"] == "done" }
    } change: { writer in
      // Other objects in the same namespace are ignored.
      _ = try await writer.create(configMap("b", "done"))
      let made = try await writer.create(configMap("a", "begun"))
      _ = try await writer.object(.mergePatch(made.key, ["data": ["text": "done"]]))
    }
    #expect(found.metadata.name == "a" && found.data["text"] == "done")
  }

  @Test func `a deletion can be awaited, and one that has happened needs no waiting`() async throws {
    let cluster = InMemoryCluster()
    try await client(cluster).wait(forDeletionOf: key, timeout: .seconds(600))
    var made = configMap("a", "x")
    made.metadata.finalizers = ["example.com/hold"]
    _ = try await client(cluster).create(made)
    let key = key
    try await waiting(on: cluster) { client in
      try await client.wait(forDeletionOf: key, timeout: .seconds(600))
    } change: { writer in
      _ = try await writer.delete(key)
      _ = try await writer.object(.mergePatch(key, ["metadata": ["finalizers": .null]]))
    }
  }

  @Test func `another object of the same name means that the first is gone`() async throws {
    let cluster = InMemoryCluster()
    _ = try await client(cluster).create(configMap("a", "x"))
    try await client(cluster).wait(forDeletionOf: key, uid: "another", timeout: .seconds(600))
  }

  @Test func `a status condition counts for the generation that it was said of`() async throws {
    func object(_ generation: Int64, observed: Int64?, status: String) -> JSONValue {
      var object = KubeTransportTests.configMap("a")
      object.set("default", at: ["metadata", "namespace"])
      object.set(.integer(generation), at: ["metadata", "generation"])
      object["status"] = .fields([
        "observedGeneration": observed.map { .integer($0) },
        "conditions": [["type": "Ready", "status": .string(status)]],
      ])
      return object
    }
    let events = [
      object(1, observed: 1, status: "False"), object(2, observed: 1, status: "True"),
      object(2, observed: 2, status: "True"),
    ].map { event("MODIFIED", $0) }
    let script = ScriptedTransport(
      response(list([], version: "1")), KubeResponse(status: .ok, body: body(events, hangs: true)))
    let found = try await client(script).wait(for: key, untilCondition: "Ready", timeout: .seconds(600))
    #expect(found.json.value(at: "status", "observedGeneration") == 2)
  }

  @Test func `past its time a wait says the last state that was seen`() async throws {
    let pod: JSONValue = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": "p", "namespace": "ns", "resourceVersion": "7", "generation": 3],
      "spec": ["containers": [["name": "c", "env": [["name": "TOKEN", "value": "hunter2"]]]]],
      "status": [
        "phase": "Pending",
        "conditions": [
          ["type": "Ready", "status": "False", "reason": "Unready", "message": "hunter2"],
          ["type": 7, "status": "False"], "text",
        ],
      ],
    ]
    let script = ScriptedTransport(
      response([
        "apiVersion": "v1", "kind": "PodList", "metadata": ["resourceVersion": "9"], "items": [pod],
      ]), KubeResponse(status: .ok, body: body([], hangs: true)))
    let clock = GatedClock { script.requests.count == 2 }
    let key = ObjectKey(Pod.type, namespace: "ns", name: "p")
    let error = await #expect(throws: WaitError.self) {
      try await client(script, clock: clock).wait(for: key, timeout: .seconds(300)) { _ in false }
    }
    #expect(error?.code == .timedOut)
    #expect(error?.lastState == .object(try DynamicObject(pod)))
    #expect(
      error?.description
        == "Pod ns/p: timed out after 300.0 seconds: last seen at resourceVersion 7, generation 3, phase Pending, Ready=False (Unready)"
    )
  }

  @Test func `past its time a wait says what was absent, unreadable or unanswered`() async throws {
    func error(_ script: ScriptedTransport, requests: Int) async -> WaitError? {
      await #expect(throws: WaitError.self) {
        try await client(script, clock: GatedClock { script.requests.count >= requests }).wait(
          for: ConfigMap.self, namespace: "ns", name: "a", timeout: .seconds(300)
        ) { _ in false }
      }
    }
    let silence = KubeResponse(status: .ok, body: body([], hangs: true))
    let absent = await error(ScriptedTransport(response(list([], version: "1")), silence), requests: 2)
    #expect(absent?.lastState == .absent)
    #expect(absent?.description.hasSuffix("it does not exist") == true)

    var strange = KubeTransportTests.configMap("a")
    strange["data"] = ["text": ["hunter2"]]
    let unreadable = await error(
      ScriptedTransport(response(list([strange], version: "1")), silence), requests: 2)
    #expect(unreadable?.lastFailure?.contains("the field data") == true)
    #expect(unreadable?.description.contains("hunter2") == false)

    let failing = ScriptedTransport(
      Array(repeating: { @Sendable _ in response(503, status(503, "ServiceUnavailable")) }, count: 3))
    let unanswered = await error(failing, requests: 3)
    #expect(unanswered?.lastState == .unknown)
    #expect(unanswered?.description.contains("the server has not said whether it exists") == true)
  }

  @Test(arguments: [401, 403, 404, 400]) func `a refusal ends the wait at once`(_ code: Int) async throws {
    let script = ScriptedTransport(response(code, status(code, nil)))
    let error = await #expect(throws: KubeError.self) {
      try await client(script).wait(for: key, timeout: .seconds(600)) { _ in true }
    }
    #expect(error?.httpStatus == code && script.requests.count == 1)
  }

  @Test func `a failure that passes is waited out`() async throws {
    let script = ScriptedTransport(
      response(500, status(500, "InternalError")),
      response(list([KubeTransportTests.configMap("a")], version: "1")))
    let key = ObjectKey(configMaps, namespace: "ns", name: "a")
    let found = try await client(script, clock: GatedClock { false }).wait(for: key, timeout: .seconds(300)) {
      _ in true
    }
    #expect(found.metadata.name == "a")
  }

  @Test(arguments: ["", "a/b", ".."]) func `a name that is none is refused before anything is sent`(
    _ name: String
  )
    async throws
  {
    let script = ScriptedTransport([])
    for key in [
      ObjectKey(configMaps, namespace: "ns", name: name), ObjectKey(configMaps, namespace: nil, name: "a"),
    ] {
      let error = await #expect(throws: KubeError.self) {
        try await client(script).wait(forDeletionOf: key, timeout: .seconds(600))
      }
      #expect(error?.code == .badRequest)
    }
    #expect(script.requests.isEmpty)
  }

  @Test func `a name cannot widen the selection`() async throws {
    let script = ScriptedTransport(response(list([], version: "1")))
    let key = ObjectKey(configMaps, namespace: "ns", name: "a,metadata.name!=b")
    try await client(script).wait(forDeletionOf: key, timeout: .seconds(600))
    #expect(script.requests.first?.queryValue("fieldSelector") == #"metadata.name=a\,metadata.name!\=b"#)
  }

  @Test func `an answer with other objects than the one asked for is not taken for it`() async throws {
    let script = ScriptedTransport(
      response(list([KubeTransportTests.configMap("other")], version: "1")),
      KubeResponse(
        status: .ok,
        body: body(
          [
            event("ADDED", KubeTransportTests.configMap("b", version: "2")),
            event("ADDED", KubeTransportTests.configMap("a", version: "3")),
          ], hangs: true)))
    let found = try await client(script).wait(
      for: ObjectKey(configMaps, namespace: "ns", name: "a"), timeout: .seconds(600)
    ) { _ in true }
    #expect(found.metadata.resourceVersion == "3")
  }

  @Test func `cancellation ends a wait`() async throws {
    let script = ScriptedTransport(
      response(list([], version: "1")), KubeResponse(status: .ok, body: body([], hangs: true)))
    let (client, key) = (client(script), key)
    let task = Task { try await client.wait(for: key, timeout: .seconds(600)) { _ in true } }
    while script.requests.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
