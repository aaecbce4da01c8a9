import HTTPTypes
import KubeCore
import KubeKindsCore
import Synchronization
import Testing

@testable import KubeTransport

/// A response of another kind is an error, and never an empty list or an absent object.
@Suite(.timeLimit(.minutes(10))) struct AnswerKindTests {
  let key = ObjectKey(configMaps, namespace: "ns", name: "a")

  func client(_ transport: any Transport) -> KubeClient {
    KubeClient(transport, fieldManager: "me", limits: noIdleTimeout)
  }

  func text(_ code: Int, _ text: String) -> KubeResponse {
    KubeResponse(status: HTTPResponse.Status(code: code), body: ResponseBody(Array(text.utf8)))
  }

  /// The code of the error that `body` throws when the server returns `answer`.
  func code(
    _ answer: KubeResponse, _ body: (KubeClient) async throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async -> KubeError? {
    await #expect(throws: KubeError.self, sourceLocation: sourceLocation) {
      try await body(client(ScriptedTransport(answer)))
    }
  }

  static let strangers: [JSONValue] = [
    ["error": "session expired"],
    ["items": []],
    ["kind": "ConfigMapList", "items": []],
    ["apiVersion": "v1", "items": []],
    ["apiVersion": "v1", "kind": "SecretList", "metadata": ["resourceVersion": "1"], "items": []],
    ["apiVersion": "v1", "kind": "List", "metadata": ["resourceVersion": "1"], "items": []],
    ["apiVersion": "apps/v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"], "items": []],
    ["apiVersion": "meta.k8s.io/v1", "kind": "Table", "metadata": ["resourceVersion": "1"], "rows": []],
    [
      "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList",
      "metadata": ["resourceVersion": "1"], "items": [],
    ],
    ["apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 503],
    ["apiVersion": "v1", "kind": "Status", "status": "Success"],
    ["apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"]],
    ["apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"], "items": [:]],
    [
      "apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"],
      "items": [["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"]]],
    ],
    [
      "apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"],
      "items": [["apiVersion": "v2", "kind": "ConfigMap", "metadata": ["name": "s"]]],
    ],
    ["apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "1"], "items": ["a"]],
    [], "text", .null,
  ]

  @Test(arguments: strangers) func `what is not the list that was asked for is an error`(
    _ answer: JSONValue
  ) async throws {
    let dynamic = await code(response(answer)) { client in
      _ = try await client.list(ResourceSelection(configMaps))
    }
    #expect(dynamic?.code == .badResponse)
    let typed = await code(response(answer)) { _ = try await $0.list(ConfigMap.self) }
    #expect(typed?.code == .badResponse && typed?.isTransient == false)
  }

  @Test func `a list of whole objects is no list of metadata`() async throws {
    let answer = list([configMap("a")], version: "1")
    let error = await code(response(answer)) { client in
      _ = try await client.list(ResourceSelection(configMaps, isMetadataOnly: true))
    }
    #expect(error?.code == .badResponse)
  }

  @Test func `an error about an answer names what was expected and quotes nothing`() async throws {
    let error = await code(response(["error": "hunter2", "kind": "hunter2"])) { client in
      _ = try await client.list(ResourceSelection(configMaps))
    }
    let message = try #require(error).description
    #expect(message.contains("the response is not a ConfigMapList of v1"), "\(message)")
    #expect(!message.contains("hunter2"), "\(message)")
  }

  @Test func `items of a custom resource say their kind themselves`() async throws {
    let answer: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMapList", "metadata": ["resourceVersion": "7"],
      "items": [configMap("a"), configMap("b")],
    ]
    let items = try await client(ScriptedTransport(response(answer))).list(
      ResourceSelection(configMaps)
    ).items
    #expect(items.map(\.metadata.name) == ["a", "b"])
  }

  @Test(arguments: [
    list([configMap("b")], version: "11"),
    ["apiVersion": "v1", "kind": "SecretList", "metadata": ["resourceVersion": "10"], "items": []],
    ["error": "session expired"],
  ])
  func `a later page of another kind or of another time is an error`(_ page: JSONValue) async throws {
    let transport = ScriptedTransport(
      response(list([configMap("a")], version: "10", continue: "t")), response(page))
    let error = await #expect(throws: KubeError.self) {
      try await client(transport).list(ResourceSelection(configMaps))
    }
    #expect(error?.code == .badResponse)
  }

  static let otherObjects: [JSONValue] = [
    ["error": "session expired"],
    ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "a", "uid": "u1"]],
    ["apiVersion": "apps/v1", "kind": "ConfigMap", "metadata": ["name": "a", "uid": "u1"]],
    ["metadata": ["name": "a", "uid": "u1"]],
    ["apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 500],
    ["apiVersion": "v1", "kind": "Status"],
  ]

  @Test(arguments: otherObjects) func `what is not the object that was asked for is an error`(
    _ answer: JSONValue
  ) async throws {
    let reads: [@Sendable (KubeClient) async throws -> Void] = [
      { [key] in _ = try await $0.get(key) }, { [key] in _ = try await $0.find(key) },
      { _ = try await $0.get(ConfigMap.self, namespace: "ns", name: "a") },
      { _ = try await $0.find(ConfigMap.self, namespace: "ns", name: "a") },
      { [key] in _ = try await $0.get(key, metadataOnly: true) },
    ]
    for read in reads {
      let error = await code(response(answer), read)
      #expect(error?.code == .badResponse && error?.mayHaveTakenEffect == false)
    }
    func patch(_ operation: ObjectPatch.Operation) -> ObjectPatch {
      ObjectPatch(target: key, operation: operation, precondition: .uid("u1"), reason: "test")
    }
    let apply = patch(.apply(configMap("a"), force: true))
    let (json, delete) = (patch(.patch([])), patch(.delete))
    let writes: [@Sendable (KubeClient) async throws -> Void] = [
      { [key] in _ = try await $0.create(key, configMap("a")) },
      { [key] in _ = try await $0.replace(key, with: configMap("a")) },
      { _ = try await $0.replace(ConfigMap(metadata: ObjectMeta(name: "a", namespace: "ns"))) },
      { [key] in _ = try await $0.replace(key, with: configMap("a"), subresource: "status") },
      { try await $0.apply(apply) }, { try await $0.apply(json) }, { try await $0.apply(delete) },
      { [key] in try await $0.delete(key) },
      { try await $0.deleteCollection(ResourceSelection(configMaps, namespace: "ns")) },
    ]
    for write in writes {
      let error = await code(response(answer), write)
      #expect(error?.code == .badResponse && error?.mayHaveTakenEffect == true)
    }
  }

  @Test func `a write to another kind's subresource is answered with what was sent`() async throws {
    let scale: JSONValue = [
      "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "a"], "spec": ["replicas": 3],
    ]
    let target = ObjectKey(deployments, namespace: "ns", name: "a")
    let answer = try await client(ScriptedTransport(response(scale))).replace(
      target, with: scale, subresource: "scale")
    #expect(answer.kind == "Scale")
  }

  @Test func `a collection's deletion is answered with a success or with its list`() async throws {
    let answers: [JSONValue] = [
      ["apiVersion": "v1", "kind": "Status", "status": "Success"], list([configMap("a")], version: "3"),
    ]
    for answer in answers {
      try await client(ScriptedTransport(response(answer))).deleteCollection(
        ResourceSelection(configMaps, namespace: "ns"))
    }
  }

  @Test(arguments: ["<html>default backend - 404</html>", "404 page not found\n", "", "{}", "{\"code\":404}"])
  func `a 404 that no API server said is no absence`(_ body: String) async throws {
    let error = await code(text(404, body)) { [key] in _ = try await $0.find(key) }
    #expect(error?.code == .notFound && error?.isObjectNotFound == false)
    let typed = await code(text(404, body)) {
      _ = try await $0.find(ConfigMap.self, namespace: "ns", name: "a")
    }
    #expect(typed?.isObjectNotFound == false)
  }

  @Test func `a Status of reason NotFound is an absence`() async throws {
    let transport = ScriptedTransport(response(404, status(404, "NotFound")))
    #expect(try await client(transport).find(key) == nil)
  }

  // MARK: Watches

  func events(_ frames: [[UInt8]], metadataOnly: Bool = false) async throws -> [WatchEvent] {
    let transport = ScriptedTransport(KubeResponse(status: .ok, body: body(frames)))
    var events: [WatchEvent] = []
    for try await event in try await client(transport).watch(
      ResourceSelection(configMaps, isMetadataOnly: metadataOnly))
    {
      events.append(event)
    }
    return events
  }

  static let otherEvents: [[UInt8]] = [
    event("ADDED", ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "a"]]),
    event("DELETED", ["apiVersion": "apps/v1", "kind": "ConfigMap", "metadata": ["name": "a"]]),
    event("MODIFIED", ["metadata": ["name": "a", "resourceVersion": "3"]]),
    event("ADDED", status(410, "Expired")),
    event("BOOKMARK", ["apiVersion": "v1", "kind": "Secret", "metadata": ["resourceVersion": "5"]]),
    event("BOOKMARK", ["metadata": ["resourceVersion": "5"]]),
    event("ERROR", ["code": 410]), event("ERROR", configMap("a")),
  ]

  @Test(arguments: otherEvents) func `an event of another kind of object ends the watch`(
    _ frame: [UInt8]
  ) async throws {
    let error = await #expect(throws: KubeError.self) { _ = try await events([frame]) }
    #expect(error?.code == .badResponse)
  }

  @Test func `events carry the kind that is watched, or its metadata alone`() async throws {
    let bookmark = event(
      "BOOKMARK", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["resourceVersion": "5"]])
    let whole = try await events([event("ADDED", configMap("a")), bookmark])
    #expect(whole == [.added(try object("a")), .bookmark(resourceVersion: "5")])
    let metadata: JSONValue = [
      "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": ["name": "a"],
    ]
    #expect(try await events([event("ADDED", metadata)], metadataOnly: true).count == 1)
    await #expect(throws: KubeError.self) {
      _ = try await events([event("ADDED", configMap("a"))], metadataOnly: true)
    }
  }

  @Test func `a watcher never takes something else for an empty list`() async throws {
    final class Failures: Sendable { let codes = Mutex<[KubeError.Code]>([]) }
    let failures = Failures()
    let transport = ScriptedTransport([
      { _ in response(["error": "session expired"]) },
      { _ in response(["apiVersion": "v1", "kind": "Status", "status": "Failure"]) },
      { _ in response(list([configMap("a")], version: "10", continue: "t")) },
      { _ in response(list([], version: "11")) }, { _ in response(list([configMap("b")], version: "10")) },
    ])
    let client = KubeClient(
      transport, fieldManager: "me", limits: noIdleTimeout, clock: SkippingClock())
    var watched = client.watcher(
      ResourceSelection(configMaps), options: listing,
      onFailure: { error in failures.codes.withLock { $0.append(error.code) } }
    ).makeAsyncIterator()
    #expect(
      try await watched.next()
        == .restarted([try object("a"), try object("b")], resourceVersion: "10"))
    #expect(failures.codes.withLock { $0 } == [.badResponse, .badResponse, .badResponse])
  }

  @Test func `pages of two points in time are no list`() throws {
    var watcher = Watcher(ResourceSelection(configMaps), options: listing)
    _ = watcher.nextAction(jitter: 1)
    #expect(
      watcher.received(page: ObjectList(items: [try object("a")], resourceVersion: "10", continue: "t"))
        == nil)
    #expect(watcher.received(page: ObjectList(items: [], resourceVersion: "11")) == nil)
    #expect(watcher.state == .empty && watcher.failures == 1)
  }

  // MARK: Discovery

  @Test(arguments: ["{\"error\":\"session expired\"}", "{\"kind\":\"Status\",\"apiVersion\":\"v1\"}", "[]"])
  func `what is no discovery document says nothing of what is served`(_ body: String) async throws {
    let questions: [@Sendable (KubeClient) async throws -> Void] = [
      { _ = try await $0.serverGroups() }, { _ = try await $0.serverVersions(of: "apps") },
      { _ = try await $0.serverVersions(of: "") },
      { _ = try await $0.serverResources(apiVersion: "apps/v1") },
    ]
    for ask in questions {
      let error = await code(text(200, body), ask)
      #expect(error?.code == .badResponse)
    }
  }

  @Test func `a server of something else is no API server without groups`() async throws {
    let page = text(404, "<html>default backend - 404</html>")
    let groups = await code(page) { _ = try await $0.serverGroups() }
    #expect(groups?.code == .badResponse)
    #expect(groups?.description.contains("there is no Kubernetes API at this address") == true)
    let versions = await code(page) { _ = try await $0.serverVersions(of: "apps") }
    let resources = await code(page) { _ = try await $0.serverResources(apiVersion: "apps/v1") }
    #expect(versions?.code == .notFound && resources?.code == .notFound)
  }

  @Test func `groups are given with their versions`() async throws {
    let answer: JSONValue = [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": [
        ["name": "apps", "versions": [["groupVersion": "apps/v1", "version": "v1"]]],
        ["name": "x.io", "versions": [["version": "v2"], ["version": "v1"]]],
      ],
    ]
    let groups = try await client(ScriptedTransport(response(answer))).serverGroups()
    #expect(groups == ["apps": ["v1"], "x.io": ["v2", "v1"]])
  }
}
