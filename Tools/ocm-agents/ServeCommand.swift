import ArgumentParser
import Foundation
import GatewayAPI
import HTTPTypes
import KubeMemory
import KubeTestServer
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization

/// `serve`: serves an OCM hub in memory, with clusters.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Serves an OCM hub in memory with clusters that have joined, and says each second what was asked for.")

  @Option(help: "Where the kubeconfig is written.")
  var kubeconfig: String

  @Option(help: "How many clusters.")
  var clusters = 10_000

  @Option(help: "Has the gateway run, and so many of the clusters not answer through it.")
  var hanging: Int?

  /// The controllers that have the gateway's pods run.
  private static let gateway = SimulatedControllers([
    DirectDeploymentController(), EndpointSliceController(), Aggregator(),
  ])

  func run() async throws {
    var server = MemoryAPIServer(at: Date())
    try OCMHub().install(on: &server, at: Date())
    for number in 0..<clusters { try Registration().join("cluster-\(number)", on: &server, at: Date()) }
    // Collecting after every write would look at every object of the fleet each time.
    let hub = InMemoryCluster(server, automaticGarbageCollection: false)
    let probes = ProbedGateway(hub, hanging: Set((0..<(hanging ?? 0)).map { "cluster-\($0)" }))
    let counter = CountingTransport(probes)
    let test = try await TestServer.start(counter)
    try test.writeKubeconfig(to: kubeconfig)
    var last = ""
    while true {
      let text = counter.text + probes.text
      if text != last { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
      last = text
      await hub.collectGarbage()
      if hanging != nil {
        await hub.withServer { _ = ServeCommand.gateway.pass(on: &$0, at: Date()) }
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

/// A transport that counts its requests.
private final class CountingTransport: Transport {
  private let base: any Transport
  private let counts = Mutex(
    (requests: 0, writes: 0, secrets: 0, lists: 0, start: ContinuousClock.Instant?.none))

  init(_ base: any Transport) { self.base = base }

  var text: String {
    counts.withLock { counts in
      let time = counts.start.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
      return String(
        format: "%.0f s after the first gateway Secret: %d gateway Secrets, %d writes, %d lists, %d requests",
        time,
        counts.secrets, counts.writes, counts.lists, counts.requests)
    }
  }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    counts.withLock { counts in
      counts.requests += 1
      if request.isWrite { counts.writes += 1 }
      let isCollection = request.path.count < 7 && request.method == .get && !request.isWatch
      if isCollection { counts.lists += 1 }
      if request.method == .post, request.path.last == "secrets",
        request.path.contains(OCMHub.direct.secretNamespace)
      {
        counts.secrets += 1
        counts.start = counts.start ?? .now
      }
    }
    return try await base.send(request)
  }
}
