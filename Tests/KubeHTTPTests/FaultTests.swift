import Foundation
import HTTPTypes
import KubeConfig
import KubeCore
import KubeHTTP
import KubeMemory
import KubeTransport
import Testing

/// An in-memory server behind TLS, with a proxy in between that breaks, delays and truncates.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FaultTests {
  static let configMaps = ResourceType(
    group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", isNamespaced: true)
  static let key = ObjectKey(configMaps, namespace: "ns", name: "a")
  static let selection = ResourceSelection(configMaps, namespace: "ns")

  static func configMap(_ name: String, _ value: String = "1") -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "ns"],
      // Some TLS records' worth, so that bodies can be cut between them and within.
      "data": ["value": .string(value), "filling": .string(String(repeating: "x", count: 40_000))],
    ]
  }

  typealias Verb = (name: String, isWrite: Bool, run: @Sendable (KubeClient) async throws -> Void)

  static let verbs: [Verb] = [
    ("get", false, { _ = try await $0.get(key) }),
    ("list", false, { _ = try await $0.list(selection) }),
    (
      "watch", false,
      { client in
        var events = try await client.watch(
          selection, idleTimeout: client.limits.idleTimeout
        ).makeAsyncIterator()
        _ = try await events.next()
      }
    ),
    (
      "create", true,
      {
        _ = try await $0.create(
          ObjectKey(configMaps, namespace: "ns", name: "b"), configMap("b"))
      }
    ),
    (
      "dry run", true,
      {
        _ = try await $0.create(
          ObjectKey(configMaps, namespace: "ns", name: "b"), configMap("b"), isDryRun: true)
      }
    ),
    (
      "apply", true,
      { _ = try await $0.object(.apply(key, configMap("a", "2"), fieldManager: "me", force: true)) }
    ),
    (
      "JSON patch", true,
      { _ = try await $0.object(.jsonPatch(key, [.replace(path: "/data/value", "3")])) }
    ),
    ("merge patch", true, { _ = try await $0.object(.mergePatch(key, ["data": ["value": "4"]])) }),
    ("replace", true, { _ = try await $0.replace(key, with: configMap("a", "5")) }),
    ("delete", true, { try await $0.delete(key) }),
    ("delete collection", true, { try await $0.deleteCollection(selection) }),
  ]

  /// A fault, and whether it occurs after the server has executed the request.
  typealias Point = (fault: FaultyProxy.Fault, isAfterEffect: Bool)

  static let points: [Point] =
    [0, 10, 3000, 17_000, 35_000].map { (.cut(afterServerBytes: $0), true) }
    + [0, 17_000].map { (.stall(afterServerBytes: $0), true) }
    + [0, 10, 20_000].map { (.requestCut(afterClientBytes: $0), false) }
    + [(.requestStall(afterClientBytes: 0), false), (.refusal, false), (.delay(milliseconds: 20), false)]

  static func populatedHub() async throws -> InMemoryCluster {
    let cluster = InMemoryCluster()
    let client = KubeClient(cluster, fieldManager: "setup")
    _ = try await client.bytes(
      .raw(
        .post, path: "/api/v1/namespaces",
        body: ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "ns"]]))
    _ = try await client.create(key, configMap("a"))
    return cluster
  }

  /// A transport that marks requests with their test case, so that a late one affects no other.
  struct CaseTransport: Transport {
    let base: any Transport
    let number: Int

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      var request = request
      request.headers[.userAgent] = String(number)
      return try await base.send(request)
    }
  }

  struct World: Sendable {
    var cluster: InMemoryCluster
    var fault = FaultyProxy.Fault.none
    var number = 0
  }

  /// Over an established connection, and over a new one, whose handshake is affected, too.
  @Test(arguments: [true, false])
  func `every fault of every verb ends in time with a truthful error`(isWarm: Bool) async throws {
    let proxy = FaultyProxy()
    let initial = await (try Self.populatedHub()).snapshot
    let world = Shared(World(cluster: InMemoryCluster(initial)))
    try await withServer(
      http2: isWarm,
      handler: { request in
        let served = world.value
        guard request.headers[.userAgent] == String(served.number),
          let response = try? await served.cluster.send(request)
        else { return .text("{}") }
        // A late connection must not affect the next case.
        world.change { current in
          if current.number == served.number, served.fault != .none { proxy.arm(served.fault) }
        }
        return response
      }
    ) { server in
      let port = try await proxy.start(target: server.port)
      let configuration = try trusting(ServerURL("https://127.0.0.1:\(port)"))
      try await withTransport(configuration) { shared in
        /// The failure of a case within `patience`, and whether the server executed its request.
        func outcome(of verb: Verb, _ point: Point, patience: Duration) async throws -> (
          failure: KubeError?, changed: Bool
        ) {
          let number = world.value.number + 1
          let cluster = InMemoryCluster(initial)
          world.value = World(cluster: cluster, number: number)
          proxy.arm(.none)
          if isWarm {
            // A connection of the previous case may have lost bytes without being closed.
            var warmUp = versionRequest
            var patience = Duration.milliseconds(50)
            try await eventually {
              // Each request uses a new connection, whose handshake takes long on a busy machine.
              patience = min(patience * 2, .seconds(10))
              warmUp.timeout = patience
              return (try? await shared.send(warmUp).text()) != nil
            }
          }
          if point.isAfterEffect {
            world.change { $0.fault = point.fault }
          } else {
            proxy.arm(point.fault)
          }
          let failure =
            isWarm
            ? try await Self.failure(of: verb.run, over: shared, number, patience)
            : try await withTransport(configuration) {
              try await Self.failure(of: verb.run, over: $0, number, patience)
            }
          // Bytes in transit would be overtaken.
          if case .delay = point.fault { proxy.cutAll() }
          return (failure, await cluster.snapshot.resourceVersion != initial.resourceVersion)
        }

        for verb in Self.verbs {
          for point in Self.points {
            let changes = verb.isWrite && verb.name != "dry run"
            var patience: Duration = point.fault.hangs ? .milliseconds(50) : .seconds(30)
            var (failure, changed) = try await outcome(of: verb, point, patience: patience)
            // On a busy machine, the request may take longer than that to reach the server.
            while point.isAfterEffect, changes, !changed, patience < .seconds(30) {
              patience *= 2
              (failure, changed) = try await outcome(of: verb, point, patience: patience)
            }
            let place: Comment =
              "\(verb.name), \(point.fault): \(failure.map(\.description) ?? "success")"
            if let failure {
              #expect([.transportFailure, .timeout].contains(failure.code), place)
              #expect(failure.mayHaveTakenEffect || !changed, place)
              #expect(!failure.mayHaveTakenEffect || verb.isWrite, place)
            }
            #expect(!point.isAfterEffect || changed == changes, place)
            switch point.fault {
            case .cut(0), .cut(10), .stall(0): #expect(failure != nil, place)
            // The handshake is affected: nothing of the request was sent.
            case .requestStall(0), .requestCut(0), .requestCut(10):
              #expect(isWarm || failure?.mayHaveTakenEffect == false, place)
              #expect(failure != nil, place)
            case .delay: #expect(failure == nil, place)
            // Large objects don't survive a broken connection.
            case .cut, .stall: if !verb.name.hasPrefix("delete") { #expect(failure != nil, place) }
            case .refusal: #expect(isWarm || failure?.mayHaveTakenEffect == false, place)
            default: break
            }
          }
        }
      }
      await proxy.stop()
    }
  }

  private static func failure(
    of verb: (KubeClient) async throws -> Void, over transport: HTTPTransport, _ number: Int,
    _ patience: Duration
  ) async throws -> KubeError? {
    let client = KubeClient(
      CaseTransport(base: transport, number: number), fieldManager: "me",
      limits: KubeClient.Limits(headTimeout: patience, idleTimeout: patience))
    do {
      try await verb(client)
      return nil
    } catch let error as KubeError {
      return error
    }
  }

  @Test func `a refused connection sends nothing`() async throws {
    let server = try ServerURL("https://127.0.0.1:1")
    try await withTransport(try trusting(server)) { transport in
      let client = KubeClient(transport, fieldManager: "me")
      let error = await #expect(throws: KubeError.self) { try await client.delete(Self.key) }
      #expect(error?.mayHaveTakenEffect == false)
    }
  }

  /// A populated cluster behind TLS, and a client that connects through a proxy.
  private static func withProxiedHub(
    options: HTTPTransportOptions = HTTPTransportOptions(),
    _ body: (InMemoryCluster, FaultyProxy, KubeClient) async throws -> Void
  ) async throws {
    let cluster = try await Self.populatedHub()
    let proxy = FaultyProxy()
    try await withServer(
      handler: { request in (try? await cluster.send(request)) ?? .text("", status: .badGateway) }
    ) { server in
      let port = try await proxy.start(target: server.port)
      let configuration = try trusting(ServerURL("https://127.0.0.1:\(port)"))
      try await withTransport(configuration, options: options) { transport in
        try await body(cluster, proxy, KubeClient(transport, fieldManager: "me"))
      }
      await proxy.stop()
    }
  }

  /// Connections that have just ended are in the pool for a moment still.
  @Test func `a request immediately after a broken connection is answered`() async throws {
    try await Self.withProxiedHub { cluster, proxy, client in
      for _ in 0..<200 {
        var events = try await client.watch(Self.selection).makeAsyncIterator()
        #expect(try await events.next() != nil)
        proxy.cutAll()
        _ = await #expect(throws: KubeError.self) { while try await events.next() != nil {} }
      }
    }
  }

  /// The proxy drops what the server sends and closes nothing.
  @Test func `a watch whose connection died silently resumes on another`() async throws {
    try await Self.withProxiedHub(options: HTTPTransportOptions(connectionCheckInterval: .seconds(2))) {
      cluster, proxy, client in
      var events = client.watcher(
        Self.selection, idleTimeout: nil,
        onFailure: { error in
          #expect(error.code == .transportFailure)
          proxy.arm(.none)
        }
      ).makeAsyncIterator()
      guard case .restarted = try await events.next() else { throw CancellationError() }
      proxy.arm(.stall(afterServerBytes: 0))
      _ = try await KubeClient(cluster, fieldManager: "writer").create(
        ObjectKey(Self.configMaps, namespace: "ns", name: "b"), Self.configMap("b"))
      guard case .applied(let object) = try await events.next() else { throw CancellationError() }
      #expect(object.metadata.name == "b")
    }
  }

  @Test func `connections that aren't checked wait for a slow server`() async throws {
    try await Self.withProxiedHub(options: HTTPTransportOptions(connectionCheckInterval: .zero)) {
      _, proxy, client in
      proxy.arm(.delay(milliseconds: 50))
      let items = try await client.list(Self.selection).items
      #expect(!items.isEmpty)
    }
  }

  /// No request waits for the connection any more when it is established.
  @Test(arguments: [true, false]) func `connections that are established too late are closed`(http2: Bool)
    async throws
  {
    let proxy = FaultyProxy()
    try await withServer(http2: http2, handler: { _ in .text("{}") }) { server in
      let port = try await proxy.start(target: server.port)
      try await withTransport(try trusting(ServerURL("https://127.0.0.1:\(port)"))) { transport in
        for delay: Int64 in stride(from: 20, to: 200, by: 10) {
          proxy.arm(.delay(milliseconds: delay))
          var request = versionRequest
          request.timeout = .milliseconds(100)
          _ = try? await transport.send(request).text()
        }
        proxy.arm(.none)
        // The one in use may stay.
        try await eventually { proxy.connectionCount <= 1 }
      }
      await proxy.stop()
    }
  }

  /// Objects followed through a repeatedly broken connection are those of the server in the end.
  @Test func `objects followed through broken connections are those of the server`() async throws {
    try await Self.withProxiedHub { cluster, proxy, client in
      let backoff = Backoff(initial: .milliseconds(2), maximum: .milliseconds(20))
      let events = client.watcher(
        Self.selection, options: Watcher.Options(backoff: backoff, usesStreamingList: true))
      let writer = KubeClient(cluster, fieldManager: "writer")
      let writes = Task {
        for number in 0..<60 {
          let name = "c\(number % 7)"
          let key = ObjectKey(Self.configMaps, namespace: "ns", name: name)
          if number % 5 == 4 {
            _ = try? await writer.delete(key)
          } else {
            _ = try await writer.object(
              .apply(key, Self.configMap(name, "\(number)"), fieldManager: "writer"))
          }
          if number % 3 == 0 { proxy.arm(.cut(afterServerBytes: 10_000 + number * 3000)) }
          try await Task.sleep(for: .milliseconds(5))
        }
        proxy.arm(.none)
        _ = try await writer.create(
          ObjectKey(Self.configMaps, namespace: "ns", name: "last"), Self.configMap("last"))
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
      let list = try await writer.list(Self.selection)
      #expect(known == Dictionary(list.items.map { ($0.metadata.name, $0) }) { $1 })
    }
  }

  @Test func `a request impersonates by its field`() async throws {
    let received = Shared<HTTPFields>([:])
    try await withServer(handler: { request in
      received.value = request.headers
      return .text("{}")
    }) { server in
      try await withTransport(try trusting(server)) { transport in
        let jane = ImpersonatingTransport(transport, as: Impersonation(user: "jane", groups: ["a", "b"]))
        _ = try await jane.send(versionRequest)
        #expect(received.value[HTTPField.Name("Impersonate-User")!] == "jane")
        #expect(received.value[values: HTTPField.Name("Impersonate-Group")!] == ["a", "b"])
        var smuggling = versionRequest
        smuggling.headers[HTTPField.Name("Impersonate-User")!] = "root"
        await #expect(throws: TransportError.self) { try await transport.send(smuggling) }
      }
    }
  }
}
