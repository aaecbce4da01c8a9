import Foundation
import HTTPTypes
import KubeCore
import KubeMemory
import KubeTransport
import Testing

@Suite struct WatchTests {
  private func watch(_ world: inout World, _ query: String) -> WatchSubscription? {
    world.get(Sample.configMaps + "?watch=true&" + query).watch
  }

  @Test func `a watch without a resourceVersion begins with the existing objects`() throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    var subscription = try #require(watch(&world, ""))
    #expect(world.poll(&subscription) == ["ADDED a"])
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    _ = world.merge(Sample.configMaps + "/a", ["data": ["a": "2"]])
    _ = world.delete(Sample.configMaps + "/b")
    #expect(world.poll(&subscription) == ["ADDED b", "MODIFIED a", "DELETED b"])
    #expect(world.poll(&subscription) == [])
  }

  @Test func `a watch from a resourceVersion returns later changes`() throws {
    var world = World()
    let first = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    _ = world.post(Sample.secrets, Sample.secret("s"))
    var subscription = try #require(watch(&world, "resourceVersion=" + (first.version ?? "")))
    #expect(world.poll(&subscription) == ["ADDED b"])
  }

  @Test func `an object that leaves the selection is a deletion for the watcher`() throws {
    var world = World()
    var subscription = try #require(watch(&world, "labelSelector=x=1"))
    #expect(world.poll(&subscription) == [])
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.merge(Sample.configMaps + "/a", ["metadata": ["labels": ["x": "1"]]])
    _ = world.merge(Sample.configMaps + "/a", ["data": ["a": "3"]])
    _ = world.merge(Sample.configMaps + "/a", ["metadata": ["labels": ["x": "2"]]])
    _ = world.delete(Sample.configMaps + "/a")
    #expect(world.poll(&subscription) == ["ADDED a", "MODIFIED a", "DELETED a"])
  }

  @Test func `a watch from before the history ends with 410`() throws {
    var world = World(limits: .init(history: 10))
    let first = world.post(Sample.configMaps, Sample.configMap("a"))
    for value in 0..<200 { _ = world.merge(Sample.configMaps + "/a", ["data": ["a": .string("\(value)")]]) }
    var subscription = try #require(watch(&world, "resourceVersion=" + (first.version ?? "")))
    #expect(world.poll(&subscription) == ["ERROR 410"])
    #expect(subscription.isFinished)
    #expect(world.poll(&subscription) == [])
  }

  @Test func `a streaming list ends its initial events with a bookmark`() throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    #expect(world.get(Sample.configMaps + "?watch=true&" + query).code == 422)
    // A watch of the ordinary kind has nothing that a match could be about.
    #expect(world.get(Sample.configMaps + "?watch=true&resourceVersionMatch=NotOlderThan").code == 422)
    var subscription = try #require(watch(&world, query + "&allowWatchBookmarks=true"))
    let lines = world.server.events(for: &subscription)
    #expect(lines.count == 2)
    let last = try JSONParser().parse(lines[1])
    #expect(last["type"] == "BOOKMARK")
    #expect(last["object"]?.value(at: "metadata", "annotations", "k8s.io/initial-events-end") == "true")
  }

  @Test(arguments: ["", "resourceVersion=0&"])
  func `a watch that begins with what is there marks its end for those who take bookmarks`(
    version: String
  ) throws {
    var world = World()
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    var subscription = try #require(watch(&world, version + "allowWatchBookmarks=true"))
    #expect(world.poll(&subscription) == ["ADDED a", "BOOKMARK "])
    var plain = try #require(watch(&world, version + "allowWatchBookmarks=false"))
    #expect(world.poll(&plain) == ["ADDED a"])
  }

  @Test func `a watch of one name sees no other`() throws {
    var world = World()
    var subscription = try #require(watch(&world, "fieldSelector=metadata.name=a"))
    _ = world.poll(&subscription)
    _ = world.post(Sample.configMaps, Sample.configMap("a"))
    _ = world.post(Sample.configMaps, Sample.configMap("b"))
    #expect(world.poll(&subscription) == ["ADDED a"])
  }
}

@Suite struct InMemoryClusterTests {
  private func request(
    _ method: HTTPRequest.Method, _ path: String, _ query: [KubeRequest.QueryItem] = [],
    _ body: JSONValue? = nil
  )
    -> KubeRequest
  {
    KubeRequest(
      method: method, path: path.split(separator: "/").map { String($0) }, query: query,
      body: body.map { SecretBytes(JSONWriter().bytes($0)) })
  }

  @Test func `a watch streams writes`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    _ = try await cluster.send(request(.post, Sample.configMaps, [], Sample.configMap("a")))
    _ = try await cluster.send(request(.delete, Sample.configMaps + "/a"))
    var types: [String] = []
    for try await chunk in response.body {
      types.append(try JSONParser().parse(chunk)["type"]?.string ?? "")
      if types.count == 2 { break }
    }
    #expect(types == ["ADDED", "DELETED"])
  }

  @Test func `garbage is collected after each write`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    _ = try await cluster.send(
      request(
        .post, "/api/v1/namespaces", [], ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]])
    )
    _ = try await cluster.send(request(.delete, "/api/v1/namespaces/n"))
    let response = try await cluster.send(request(.get, "/api/v1/namespaces/n"))
    #expect(response.status.code == 404)
  }

  @Test func `a watch begins with any number of objects for a reader of any speed`() async throws {
    let (cluster, count) = (
      InMemoryCluster(now: { Date(timeIntervalSince1970: 0) }), InMemoryCluster.watchBuffer + 100
    )
    let posts = (0..<count).map { request(.post, Sample.configMaps, [], Sample.configMap("a\($0)")) }
    await cluster.withServer { server in
      for post in posts { _ = server.handle(post, at: Date(timeIntervalSince1970: 0)) }
    }
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    // Later changes are sent after the initial objects, which are sent in their original state.
    _ = try await cluster.send(request(.delete, Sample.configMaps + "/a0"))
    var types: [String] = []
    for try await chunk in response.body {
      types.append(try JSONParser().parse(chunk)["type"]?.string ?? "")
      if types.count == count + 1 { break }
    }
    #expect(types == Array(repeating: "ADDED", count: count) + ["DELETED"])
  }

  @Test func `the watch of a reader that falls too far behind is ended`() async throws {
    let (cluster, count) = (
      InMemoryCluster(now: { Date(timeIntervalSince1970: 0) }), InMemoryCluster.watchBuffer + 100
    )
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    let posts = (0..<count).map { request(.post, Sample.configMaps, [], Sample.configMap("a\($0)")) }
    await cluster.withServer { server in
      for post in posts { _ = server.handle(post, at: Date(timeIntervalSince1970: 0)) }
    }
    var seen = 0
    for try await _ in response.body { seen += 1 }
    #expect(seen == InMemoryCluster.watchBuffer)
  }

  @Test func `ended watches end their bodies`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    await cluster.endWatches()
    var count = 0
    for try await _ in response.body { count += 1 }
    #expect(count == 0)
  }

  @Test func `changes of the server value itself reach watches`() async throws {
    let cluster = InMemoryCluster(now: { Date(timeIntervalSince1970: 0) })
    let response = try await cluster.send(request(.get, Sample.configMaps, [.init("watch", "true")]))
    let post = request(.post, Sample.configMaps, [], Sample.configMap("a"))
    await cluster.withServer { _ = $0.handle(post, at: Date(timeIntervalSince1970: 0)) }
    var first: JSONValue?
    for try await chunk in response.body {
      first = try JSONParser().parse(chunk)["type"]
      break
    }
    #expect(first == "ADDED")
  }
}
