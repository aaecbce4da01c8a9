import KubeCore
import KubeKindsCore
import KubeMemory
import KubeTransport
import Logging
import Testing

@Suite(.timeLimit(.minutes(10))) struct ClientArticleTests {
  /// The code of docs/library.md, "Talk to an API server".
  @Test func `the article's code does what it says`() async throws {
    let client = KubeClient(InMemoryCluster(), fieldManager: "article")
    let logger = Logger(label: "article")
    _ = try await client.create(Namespace(metadata: ObjectMeta(name: "shop")))
    let prices = ConfigMap(
      metadata: ObjectMeta(name: "prices", namespace: "shop"), data: ["currency": "EUR"])
    _ = try await client.object(.apply(prices.key, prices.json, fieldManager: "article"))
    var names: [String] = []

    // Page by page. An object that can't be read is reported, and doesn't lose the rest.
    for try await map in client.pages(
      ConfigMap.self, namespace: "shop", onUnreadable: { object in logger.warning("\(object)") })
    {
      names.append(map.metadata.name)
    }

    // Waits for a state, or for the end, of one object; the error of a wait says the last state that was seen.
    let ready = try await client.wait(
      for: ConfigMap.self, namespace: "shop", name: "prices", timeout: .seconds(60)
    ) { $0.data["currency"] != nil }

    // The fields that this client has applied: to be changed and applied again.
    let own = try client.extract(from: try await client.get(ready.key))

    // Names as people write them.
    let mapper = ResourceMapper(client)
    let resource = try await mapper.resource(named: "deploy")  // deployments.v1.apps

    #expect(names == ["prices"] && own?.json["data"] == ["currency": "EUR"])
    #expect(resource.description == "deployments.v1.apps")
  }
}
