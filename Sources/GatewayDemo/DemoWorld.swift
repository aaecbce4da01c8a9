import GatewayManager
import GatewayPKI
import GatewayReconcile
package import KubeCore
import KubeKindsCore
package import KubeMemory
import KubeTesting
import KubeTransport
import Logging
import OCMSimulator
import Synchronization

/// The embedded hub with the manager and the simulated controllers.
package final class DemoWorld: Sendable {
  /// A clock that stands still until it is moved, unless it is the real one.
  package final class Clock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_796_115_600))
    private let isReal: Bool

    package init(isReal: Bool = false) { self.isReal = isReal }

    var now: Date { isReal ? Date() : time.withLock { $0 } }
    func move(to date: Date) { time.withLock { $0 = max($0, date) } }
    func move(bySeconds seconds: Double) { time.withLock { $0 += seconds } }
  }

  let clock: Clock
  package let hub: InMemoryCluster
  let manager: GatewayOperator
  let identity = ManagerIdentity()
  private let controllers = SimulatedControllers.ocmHub(
    verify: { DemoWorld.verify($0, serverName: $1, trusting: $2, at: $3) })

  package init(clock: Clock = Clock()) throws {
    self.clock = clock
    var server = MemoryAPIServer(at: clock.now)
    try OCMHub(configuration: OCMHub.tunneled, proxyCredentials: .example).install(
      on: &server, at: clock.now)
    hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { clock.now })
    manager = GatewayOperator(
      KubeClient(SimulatedGateway(hub), fieldManager: ManagerIdentity.fieldManager),
      options: .init(
        healthInterval: .milliseconds(50), endpointProbe: DemoPods(hub: hub),
        endpointProbeInterval: .milliseconds(100),
        uptime: { .seconds(clock.now.timeIntervalSince1970) }),
      logger: Logger(label: "gateway-manager") { _ in SwiftLogNoOpLogHandler() }, now: { clock.now })
  }

  /// A client that isn't the manager's.
  var client: KubeClient { KubeClient(hub, fieldManager: "kubectl") }

  /// The current state of the hub.
  var server: MemoryAPIServer { get async { await hub.snapshot } }

  /// Runs `body` while the manager works.
  package func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.manager.run() }
      defer { group.cancelAll() }
      return try await body()
    }
  }

  /// Runs one step of all simulated controllers, which takes a second if it changes anything, and
  /// returns the number of changes.
  package func tick() async -> Int {
    let changes = await hub.pass(controllers, at: clock.now)
    if changes > 0 { clock.move(bySeconds: 1) }
    return changes
  }

  /// Changes the hub directly.
  package func change(_ body: @Sendable (inout MemoryAPIServer, Date) throws -> Void) async throws {
    let now = clock.now
    try await hub.withServer { try body(&$0, now) }
  }

  /// A probe of the gateway's pods, which present the serving Secret's certificate.
  private struct DemoPods: EndpointProbe {
    let hub: InMemoryCluster

    func presentedChain(host: String, port: Int, serverName: String) async throws -> [[UInt8]] {
      // cluster-gateway.<namespace>.svc
      let namespace = serverName.split(separator: ".").dropFirst().first.map(String.init)
      let secret = await hub.snapshot.object(
        Secret.self, namespace: namespace, name: "cluster-gateway-tls-cert")
      return try Certificate.chain(pem: secret?.data["tls.crt"] ?? SecretBytes(utf8: "")).map(\.der)
    }
  }

  /// Verifies the gateway's certificate like a TLS client, and returns the error.
  static func verify(
    _ chain: SecretBytes, serverName name: String, trusting bundle: [UInt8], at time: Date
  ) -> String? {
    do {
      let verdict = ChainVerifier.verify(
        chain: try Certificate.chain(pem: chain), serverName: name, at: time,
        trusting: try Certificate.chain(pem: SecretBytes(bundle)))
      return verdict.isAccepted ? nil : verdict.failures.map(\.description).joined(separator: ", ")
    } catch {
      return "\(error)"
    }
  }
}
