import HTTPTypes
import KubeConfig
import KubeCore
import KubeKindsCore
import KubeMemory
import KubeOperator
import KubeTestServer
import KubeTransport
import Logging
import Synchronization
import Testing

private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

extension TestServer {
  /// The address and the credentials of an administrator.
  fileprivate var configuration: ClientConfiguration {
    get throws { try Kubeconfig(kubeconfig.exposed(), file: "test").clientConfiguration() }
  }
}

@Suite(.timeLimit(.minutes(5))) struct ConnectTests {
  /// Records the `User-Agent` of each request.
  private final class Agents: Transport {
    let cluster = InMemoryCluster()
    let names = Mutex<[String?]>([])

    func send(_ request: KubeRequest) async throws -> KubeResponse {
      names.withLock { $0.append(request.headers[.userAgent]) }
      return try await cluster.send(request)
    }
  }

  @Test(arguments: [(nil, "shop-operator"), ("shop/1.2", "shop/1.2")] as [(String?, String)])
  func `a program names itself to the API server`(userAgent: String?, seen: String) async throws {
    let agents = Agents()
    let server = try await TestServer.start(agents)
    let client = try await KubeClient.connect(
      fieldManager: "shop-operator", configuration: server.configuration, userAgent: userAgent, logger: silent
    )
    _ = try await client.list(Namespace.self)
    #expect(agents.names.withLock { $0 } == [seen])
    await server.stop()
  }

  @Test func `a connected client's requests are in the metrics, by server`() async {
    await #expect(processExitsWith: .success) {
      let metrics = OperatorGroup.collectedMetrics()
      let server = try await TestServer.start(InMemoryCluster())
      let client = try await KubeClient.connect(
        fieldManager: "shop-operator", configuration: server.configuration, logger: silent)
      _ = try await client.list(Namespace.self)
      let text = metrics?() ?? ""
      let host = "host=\"127.0.0.1:\(server.port)\""
      precondition(text.contains("rest_client_requests_total{code=\"200\",\(host),method=\"GET\"} 1.0"))
      precondition(text.contains("rest_client_request_duration_seconds_count{\(host),verb=\"GET\"} 1"))
      await server.stop()
    }
  }
}
