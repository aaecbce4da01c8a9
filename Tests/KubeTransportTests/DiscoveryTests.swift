import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct DiscoveryTests {
  func client(_ transport: any Transport, clock: any Clock<Duration> = ContinuousClock()) -> KubeClient {
    KubeClient(transport, fieldManager: "me", limits: noIdleTimeout, clock: clock)
  }

  /// A server that doesn't know aggregated discovery.
  struct Older: Transport {
    let base: any Transport
    func send(_ request: KubeRequest) async throws -> KubeResponse {
      var request = request
      request.headers[.accept] = "application/json"
      return try await base.send(request)
    }
  }

  static func definition(_ plural: String, group: String, kind: String, shortNames: [String] = [])
    -> JSONValue
  {
    [
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": ["name": .string("\(plural).\(group)")],
      "spec": [
        "group": .string(group), "scope": "Namespaced",
        "names": [
          "kind": .string(kind), "plural": .string(plural),
          "shortNames": .array(shortNames.map { .string($0) }), "categories": ["all"],
        ],
        "versions": .array(
          [("v1", true), ("v2beta1", false)].map { name, isStored in
            [
              "name": .string(name), "served": true, "storage": .bool(isStored),
              "subresources": ["status": [:]],
              "schema": ["openAPIV3Schema": ["type": "object"]],
            ]
          }),
      ],
    ]
  }

  static func define(
    _ plural: String, group: String, kind: String, shortNames: [String] = [], on cluster: InMemoryCluster
  ) async throws {
    let type = ResourceType(
      group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions", isNamespaced: false)
    _ = try await KubeClient(cluster, fieldManager: "setup").create(
      ObjectKey(type, name: "\(plural).\(group)"),
      definition(plural, group: group, kind: kind, shortNames: shortNames))
  }

  @Test func `both forms of discovery say the same`() async throws {
    let cluster = InMemoryCluster()
    try await Self.define("widgets", group: "example.org", kind: "Widget", shortNames: ["wd"], on: cluster)
    let (new, old) = (RecordingTransport(cluster), RecordingTransport(Older(base: cluster)))
    let aggregated = try await client(new).discover()
    let legacy = try await client(old).discover()
    #expect(new.requestCount == 2 && old.requestCount > 10)
    #expect(aggregated.problems.isEmpty && legacy.problems.isEmpty)
    #expect(aggregated.resources.count > 40 && aggregated == legacy)
    let deployments = try #require(aggregated.resource(of: GroupKind(group: "apps", kind: "Deployment")))
    #expect(deployments.type == servedDeployments)
    #expect(deployments.shortNames == ["deploy"] && deployments.singular == "deployment")
    #expect(deployments.categories.contains("all") && deployments.allows("watch"))
    #expect(Set(deployments.subresources.map(\.name)).isSuperset(of: ["status", "scale"]))
    #expect(aggregated.resources(inCategory: "all").map(\.type.kind).contains("Widget"))
    #expect(aggregated.resources.first?.type.group == "")
    let versions = aggregated.resources.filter { $0.type.kind == "Widget" }.map(\.type.version)
    #expect(versions == ["v1", "v2beta1"])
  }

  @Test(arguments: [
    ("deployments", "deployments.v1.apps"), ("Deployment", "deployments.v1.apps"),
    ("deployment", "deployments.v1.apps"), ("deploy", "deployments.v1.apps"),
    ("deployments.apps", "deployments.v1.apps"), ("Deployment.apps", "deployments.v1.apps"),
    ("deployment.v1.apps", "deployments.v1.apps"), ("po", "pods.v1."), ("pods.v1.", "pods.v1."),
    ("pods.", "pods.v1."),
    ("widgets", "widgets.v1.example.org"), ("widget.example.org", "widgets.v1.example.org"),
    ("widgets.v2beta1.example.org", "widgets.v2beta1.example.org"), ("WD", "widgets.v1.example.org"),
    ("events", "events.v1."), ("events.events.k8s.io", "events.v1.events.k8s.io"),
  ])
  func `a name stands for a resource`(_ name: String, _ expected: String) async throws {
    let cluster = InMemoryCluster()
    try await Self.define("widgets", group: "example.org", kind: "Widget", shortNames: ["wd"], on: cluster)
    #expect(try await client(cluster).discover().resource(named: name).description == expected)
  }

  @Test func `a name of several groups is ambiguous, and the error says which`() async throws {
    let cluster = InMemoryCluster()
    for group in ["one.org", "two.org"] {
      try await Self.define(
        "widgets", group: group, kind: "Widget", shortNames: ["wd", "deploy"], on: cluster)
    }
    let discovery = try await client(cluster).discover()
    for name in ["widgets", "Widget", "wd"] {
      let error = #expect(throws: APIDiscovery.NameError.self) { try discovery.resource(named: name) }
      #expect(error?.code == .ambiguous)
      #expect(error?.candidates == ["widgets.v1.one.org", "widgets.v1.two.org"])
      #expect(error?.description.contains("use one of widgets.v1.one.org, widgets.v1.two.org") == true)
    }
    #expect(try discovery.resource(named: "wd.two.org").type.group == "two.org")
    let shared = #expect(throws: APIDiscovery.NameError.self) { try discovery.resource(named: "deploy") }
    #expect(shared?.candidates.count == 3)
  }

  @Test(arguments: ["", ".", "..", "...", "pods.v2.", "nothing", "pods/status", " ", "pods.v1.apps.x"])
  func `a name that nothing has is unknown`(_ name: String) async throws {
    let discovery = try await client(InMemoryCluster()).discover()
    let error = #expect(throws: APIDiscovery.NameError.self) { try discovery.resource(named: name) }
    #expect(error?.code == .unknown && error?.candidates == [])
  }

  @Test func `an API that is down does not keep the rest back`() async throws {
    struct Down: Transport {
      let base: any Transport
      func send(_ request: KubeRequest) async throws -> KubeResponse {
        if request.path == ["apis", "apps", "v1"] { return response(503, status(503, "ServiceUnavailable")) }
        return try await base.send(request)
      }
    }
    let discovery = try await client(Down(base: Older(base: InMemoryCluster()))).discover()
    #expect(Array(discovery.problems.keys) == ["apps/v1"])
    #expect(try discovery.resource(named: "pods").type.plural == "pods")
    let error = #expect(throws: APIDiscovery.NameError.self) { try discovery.resource(named: "deployments") }
    #expect(error?.description.contains("not every API of the server answers") == true)
  }

  @Test func `what can't be read of an aggregated document is a problem of its version alone`() async throws {
    func list(_ items: JSONValue) -> KubeResponse {
      response([
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
        "items": items,
      ])
    }
    let good: JSONValue = [
      "resource": "things", "responseKind": ["kind": "Thing"], "scope": "Cluster", "verbs": ["get"],
    ]
    let groups: JSONValue = [
      [
        "metadata": ["name": "a.org"],
        "versions": [["version": "v1", "resources": [7, ["resource": "x"], good, ["responseKind": .null]]]],
      ],
      ["metadata": ["name": "b.org"], "versions": [["version": "v1", "freshness": "Stale"]]],
      ["metadata": ["name": "c.org"], "versions": "text"], ["metadata": ["name": "d.org"]],
    ]
    let discovery = try await client(ScriptedTransport(list([]), list(groups))).discover()
    #expect(discovery.resources.map(\.description) == ["things.v1.a.org"])
    #expect(discovery.resources.first?.singular == "thing")
    #expect(discovery.problems.keys.sorted() == ["a.org/v1", "b.org/v1"])
    // A document without groups is none.
    let error = await #expect(throws: KubeError.self) {
      try await client(ScriptedTransport(list("text"), list("text"))).discover()
    }
    #expect(error?.code == .badResponse)
  }

  @Test(arguments: ["{\"error\":\"session expired\"}", "[]", "<html>"])
  func `what is no discovery document says nothing of what is served`(_ text: String) async throws {
    let page = KubeResponse(status: .ok, body: ResponseBody(Array(text.utf8)))
    let error = await #expect(throws: KubeError.self) {
      try await client(ScriptedTransport(page, page)).discover()
    }
    #expect(error?.code == .badResponse)
  }

  // MARK: The mapper

  /// A server that answers once it is released.
  private final class Held: Transport {
    let state = Mutex((isAsked: false, isReleased: false))
    private let cluster = InMemoryCluster()

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      state.withLock { $0.isAsked = true }
      while !state.withLock({ $0.isReleased }) { try await Task.sleep(for: .milliseconds(1)) }
      return try await cluster.send(request)
    }
  }

  @Test func `a mapper asks once, and again for a name that is new`() async throws {
    let cluster = InMemoryCluster()
    let recording = RecordingTransport(cluster)
    let clock = SkippingClock()
    let mapper = ResourceMapper(client(recording, clock: clock), refreshInterval: .seconds(10))
    for _ in 0..<3 { #expect(try await mapper.resource(named: "po").type.kind == "Pod") }
    #expect(recording.requestCount == 2)
    try await Self.define("widgets", group: "example.org", kind: "Widget", on: cluster)
    // What was asked a moment ago isn't asked again.
    await #expect(throws: APIDiscovery.NameError.self) { try await mapper.resource(named: "widgets") }
    #expect(recording.requestCount == 2)
    try await clock.sleep(for: .seconds(10))
    #expect(try await mapper.resource(named: "widgets").type.group == "example.org")
    #expect(try await mapper.resource(apiVersion: "example.org/v1", kind: "Widget") != nil)
    #expect(try await mapper.resource(of: GroupKind(group: "example.org", kind: "None")) == nil)
    #expect(recording.requestCount == 4)
    await mapper.invalidate()
    #expect(
      try await mapper.resource(of: GroupKind(group: "apps", kind: "Deployment"))?.type == servedDeployments)
    #expect(recording.requestCount == 6)
  }

  @Test func `those who ask at the same time share one question`() async throws {
    let recording = RecordingTransport(InMemoryCluster())
    let mapper = ResourceMapper(client(recording))
    try await withThrowingTaskGroup(of: String.self) { group in
      for name in ["pods", "deploy", "cm", "secrets"] {
        group.addTask { try await mapper.resource(named: name).type.plural }
      }
      var plurals: Set<String> = []
      for try await plural in group { plurals.insert(plural) }
      #expect(plurals == ["pods", "deployments", "configmaps", "secrets"])
    }
    #expect(recording.requestCount == 2)
  }

  @Test func `one who no longer asks doesn't wait for the others' answer`() async throws {
    let server = Held()
    let mapper = ResourceMapper(client(server))
    let other = Task { try await mapper.discovery() }
    while !server.state.withLock({ $0.isAsked }) { try await Task.sleep(for: .milliseconds(1)) }
    let task = Task { try await mapper.discovery() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    server.state.withLock { $0.isReleased = true }
    #expect(try await other.value.resource(named: "po").type.kind == "Pod")
  }

  @Test func `a failure is not kept, and cancellation drops the question`() async throws {
    let script = ScriptedTransport(
      response(500, status(500, "InternalError")), KubeResponse(status: .ok, body: body([], hangs: true)))
    let mapper = ResourceMapper(client(script))
    await #expect(throws: KubeError.self) { try await mapper.discovery() }
    let task = Task { try await mapper.discovery() }
    while script.requests.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// The kind, where a local name hides it.
private let servedDeployments = deployments
