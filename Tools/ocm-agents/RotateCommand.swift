import ArgumentParser
import Foundation
import GatewayAPI
import KubeCore
import KubeKindsCore
import KubeRuntime
import KubeTransport
import Logging
import OCMSimulator
import Synchronization

/// `rotate`: replaces tokens one after another, and measures how long each takes to reach the
/// gateway.
struct RotateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Replaces clusters' tokens, and prints how long the writes took and the copies to the gateway.")

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "How many tokens.")
  var count = 1000

  @Option(help: "The account's name.")
  var account = "cluster-gateway"

  @Option(help: "The namespace of the gateway Secrets.")
  var secretNamespace = "open-cluster-management-credentials"

  func run() async throws {
    try await connection.open(as: "agents") { client in
      let copies = Copies()
      let store = ObjectStore(onChanges: { copies.record($0) })
      let reflector = Reflector(
        client,
        ResourceSelection(
          Secret.type, namespace: secretNamespace, labelSelector: GatewayLabels.credentialType),
        into: store,
        logger: Logger(label: "ocm-agents"))
      let following = Task { try await reflector.run() }
      defer { following.cancel() }
      try await store.waitUntilSynced()
      let clusters = store.all.map(\.metadata.name).sorted().shuffled()
      var writes: [Double] = []
      var arrivals: [Double] = []
      var missed = 0
      for number in 0..<count where !clusters.isEmpty {
        let cluster = clusters[number % clusters.count]
        let account = try await client.get(ManagedServiceAccount.self, namespace: cluster, name: account)
        let secret = try await client.get(Secret.self, namespace: cluster, name: self.account)
        guard let request = TokenAgent().rotation(of: account, secret, at: Date()) else { continue }
        copies.await(cluster)
        let start = ContinuousClock.now
        _ = try await client.json(request)
        writes.append((ContinuousClock.now - start) / .milliseconds(1))
        if let arrival = await copies.arrival(within: .seconds(20)) {
          arrivals.append((arrival - start) / .milliseconds(1))
        } else {
          missed += 1
        }
      }
      func quantiles(_ values: [Double]) -> JSONValue {
        let sorted = values.sorted()
        func at(_ share: Double) -> JSONValue {
          guard let last = sorted.indices.last else { return .null }
          return .string(String(format: "%.1f", sorted[min(Int(Double(sorted.count) * share), last)]))
        }
        return ["p50": at(0.5), "p99": at(0.99)]
      }
      print(
        JSONValue.fields([
          "write": quantiles(writes), "copy": quantiles(arrivals), "missed": .integer(missed),
        ]))
    }
  }
}

/// The time when the awaited gateway Secret changed.
private final class Copies: Sendable {
  private let state = Mutex<(cluster: String, arrival: ContinuousClock.Instant?)>(("", nil))

  func await(_ cluster: String) { state.withLock { $0 = (cluster, nil) } }

  func record(_ changes: [ObjectStore.Change]) {
    state.withLock { state in
      guard state.arrival == nil, changes.contains(where: { $0.key?.name == state.cluster }) else { return }
      state.arrival = .now
    }
  }

  func arrival(within limit: Duration) async -> ContinuousClock.Instant? {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if let arrival = state.withLock({ $0.arrival }) { return arrival }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return nil
  }
}
