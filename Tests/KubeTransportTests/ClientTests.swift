import HTTPTypes
import KubeCore
import KubeKindsCore
import KubeTransport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ClientTests {
  let key = ObjectKey(configMaps, namespace: "ns", name: "a")

  func client(_ transport: any Transport) -> KubeClient {
    KubeClient(transport, fieldManager: "me", limits: noIdleTimeout)
  }

  @Test func `a list follows its pages and completes its items' kinds`() async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a"), configMap("b")], version: "10", continue: "t1")),
      response(list([configMap("c")], version: "10", continue: "")))
    let result = try await client(transport).list(ResourceSelection(configMaps))
    #expect(result.items.map(\.metadata.name) == ["a", "b", "c"])
    #expect(result.items.allSatisfy { $0.kind == "ConfigMap" && $0.apiVersion == "v1" })
    #expect(result.resourceVersion == "10" && result.continue == nil)
    #expect(transport.requests.map { $0.queryValue("continue") } == [nil, "t1"])
    #expect(transport.requests.allSatisfy { $0.queryValue("limit") == "2" })
  }

  @Test func `an expired page token leads to one list in one piece`() async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a")], version: "10", continue: "t1")), response(410, status(410, "Expired")),
      response(list([configMap("a"), configMap("b")], version: "20")))
    let result = try await client(transport).list(ResourceSelection(configMaps))
    #expect(result.items.count == 2 && result.resourceVersion == "20")
    #expect(transport.requests.last?.target == "/api/v1/configmaps")
  }

  @Test func `a list without end is abandoned`() async throws {
    let transport = ScriptedTransport(
      (0..<20).map { page in
        { @Sendable (_: KubeRequest) in response(list([], version: "1", continue: "t\(page)")) }
      })
    var client = client(transport)
    client.limits.pages = 5
    let error = await #expect(throws: KubeError.self) {
      try await client.list(ResourceSelection(configMaps))
    }
    #expect(error?.code == .badResponse && transport.requests.count == 5)
  }

  @Test func `a page that leads to itself ends the list with an error`() async throws {
    let answer = { @Sendable (_: KubeRequest) in response(list([], version: "1", continue: "t")) }
    let transport = ScriptedTransport(Array(repeating: answer, count: 20))
    let error = await #expect(throws: KubeError.self) {
      try await client(transport).list(ResourceSelection(configMaps))
    }
    #expect(error?.code == .badResponse && transport.requests.count == 2)
  }

  @Test func `a list with null items is empty`() async throws {
    let transport = ScriptedTransport(
      response([
        "apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "3"], "items": .null,
      ]))
    #expect(try await client(transport).list(ResourceSelection(configMaps)).items.isEmpty)
  }

  @Test func `typed reads decode objects and secrets stay concealed`() async throws {
    let secret: JSONValue = [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "ns"],
      "data": ["token": "aHVudGVyMg=="],
    ]
    let transport = ScriptedTransport(
      response(secret), response(secret), response(404, status(404, "NotFound")),
      response([
        "apiVersion": "v1", "kind": "SecretList", "metadata": ["resourceVersion": "1"], "items": [secret],
      ]))
    let client = client(transport)
    let typed = try await client.get(Secret.self, namespace: "ns", name: "s")
    #expect(typed.metadata.name == "s" && !"\(typed)".contains("aHVudGVyMg"))
    let dynamic = try await client.get(typed.key)
    #expect(!"\(dynamic)".contains("aHVudGVyMg"))
    #expect(try await client.find(Secret.self, namespace: "ns", name: "s") == nil)
    #expect(try await client.list(Secret.self).items.map(\.metadata.name) == ["s"])
  }

  @Test func `metadata alone aren't a whole object, and repeated secrets are concealed`() async throws {
    let item: JSONValue = [
      "metadata": [
        "name": "s",
        "annotations": .object([DynamicObject.lastAppliedAnnotation: "{\"data\":\"aHVudGVyMg==\"}"]),
      ]
    ]
    let transport = ScriptedTransport(
      response([
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
        "metadata": ["resourceVersion": "1"],
        "items": [item],
      ]))
    let list = try await client(transport).list(ResourceSelection(Secret.type, isMetadataOnly: true))
    #expect(list.items.first?.kind == "PartialObjectMetadata")
    #expect(list.items.count == 1 && !"\(list)".contains("aHVudGVyMg"))
  }

  @Test func `a patch returns the stored object and a deletion what remains`() async throws {
    var dying = configMap("a")
    dying.set("2026-01-01T00:00:00Z", at: ["metadata", "deletionTimestamp"])
    let transport = ScriptedTransport(
      response(201, configMap("a")), response(configMap("a", version: "2")), response(dying),
      response(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"]))
    let client = client(transport)
    func patch(_ operation: ObjectPatch.Operation, _ precondition: ObjectPatch.Precondition) -> ObjectPatch {
      ObjectPatch(target: key, operation: operation, precondition: precondition, reason: "test")
    }
    #expect(try await client.apply(patch(.create(configMap("a")), .absent))?.metadata.uid == "u1")
    let applied = try await client.apply(patch(.apply([:], force: true), .uid("u1")))
    #expect(applied?.metadata.resourceVersion == "2")
    #expect(try await client.apply(patch(.delete, .uid("u1")))?.metadata.deletionTimestamp != nil)
    #expect(try await client.apply(patch(.delete, .uid("u1"))) == nil)
    #expect(transport.requests.allSatisfy { $0.method == .delete || $0.queryValue("fieldManager") == "me" })
  }

  @Test func `a write to another object of the same name is detected`() async throws {
    let transport = ScriptedTransport(response(configMap("a", uid: "other")))
    let patch = ObjectPatch(
      target: key, subresource: "status", operation: .apply([:], force: false), precondition: .uid("mine"),
      reason: "test")
    let error = await #expect(throws: KubeError.self) { try await client(transport).apply(patch) }
    #expect(error?.code == .preconditionFailed && error?.mayHaveTakenEffect == true)
  }

  @Test(arguments: [
    "", "<html>login</html>", "{\"kind\":\"ConfigMap\"", "[]",
    "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"}", "\u{0}",
  ])
  func `a response that isn't an object is a bad response`(_ text: String) async throws {
    let transport = ScriptedTransport(KubeResponse(status: .ok, body: ResponseBody(Array(text.utf8))))
    let error = await #expect(throws: KubeError.self) { try await client(transport).get(key) }
    #expect(error?.code == .badResponse)
    #expect(error?.mayHaveTakenEffect == false)
  }

  @Test func `the content of a bad response is not quoted`() async throws {
    let transport = ScriptedTransport(
      response([
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "creationTimestamp": "hunter2"],
      ]))
    let error = await #expect(throws: KubeError.self) {
      try await client(transport).get(ObjectKey(Secret.type, namespace: "ns", name: "s"))
    }
    #expect(error?.description.contains("metadata.creationTimestamp") == true)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func `a response beyond the limit is abandoned`() async throws {
    let chunk = [UInt8](repeating: 0x20, count: 1000)
    let transport = ScriptedTransport(
      KubeResponse(status: .ok, body: body(Array(repeating: chunk, count: 10))),
      KubeResponse(status: .notFound, body: body(Array(repeating: chunk, count: 2000))))
    var client = client(transport)
    client.limits.responseBytes = 9_999
    let error = await #expect(throws: KubeError.self) { try await client.get(key) }
    #expect(error?.code == .badResponse && error?.description.contains("9999 bytes") == true)
    let refused = await #expect(throws: KubeError.self) { try await client.get(key) }
    #expect(refused?.code == .notFound)
  }

  @Test func `a truncated body is a transport failure unless the status is a refusal`() async throws {
    struct Cut: Error {}
    let transport = ScriptedTransport(
      KubeResponse(status: .ok, body: body([[0x7B]], then: Cut())),
      KubeResponse(status: .forbidden, body: body([[0x7B]], then: Cut())))
    let client = client(transport)
    let cut = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(cut?.code == .transportFailure && cut?.mayHaveTakenEffect == true)
    let refused = await #expect(throws: KubeError.self) { try await client.delete(key) }
    #expect(refused?.code == .forbidden && refused?.mayHaveTakenEffect == false)
  }

  @Test func `a stalled body is a timeout`() async throws {
    let transport = ScriptedTransport(KubeResponse(status: .ok, body: body([], hangs: true)))
    let limits = KubeClient.Limits(idleTimeout: .seconds(5))
    let client = KubeClient(transport, fieldManager: "me", limits: limits, clock: SkippingClock())
    let error = await #expect(throws: KubeError.self) { try await client.get(key) }
    #expect(error?.code == .timeout)
  }

  @Test func `a cancelled task gets only a CancellationError`() async throws {
    let transport = ScriptedTransport(KubeResponse(status: .ok, body: body([], hangs: true)))
    let client = client(transport)
    let task = Task { try await client.get(key) }
    while transport.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `discovery returns versions and kinds`() async throws {
    let group: JSONValue = [
      "kind": "APIGroup", "apiVersion": "v1", "versions": [["version": "v1beta1"], ["version": "v1alpha1"]],
      "preferredVersion": ["version": "v1alpha1"],
    ]
    let resources: JSONValue = [
      "kind": "APIResourceList", "apiVersion": "v1",
      "resources": [
        ["name": "deployments", "kind": "Deployment", "namespaced": true],
        ["name": "deployments/scale", "kind": "Scale", "namespaced": true],
      ],
    ]
    let unknown = KubeResponse(
      status: .notFound, body: ResponseBody(Array("404 page not found\n".utf8)))
    let transport = ScriptedTransport(
      response(group), unknown,
      response(["kind": "APIVersions", "apiVersion": "v1", "versions": ["v1"]]),
      response(resources))
    let client = client(transport)
    #expect(try await client.serverVersions(of: "x.io") == ["v1alpha1", "v1beta1"])
    #expect(try await client.serverVersions(of: "none.io") == [])
    #expect(try await client.serverVersions(of: "") == ["v1"])
    #expect(try await client.serverResources(apiVersion: "apps/v1") == [deployments])
    #expect(transport.requests.map(\.target) == ["/apis/x.io", "/apis/none.io", "/api", "/apis/apps/v1"])
  }
}
