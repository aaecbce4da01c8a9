import Foundation
import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeTesting
import KubeTransport
import OCMSimulator
import Synchronization

/// A hub with two clusters and nothing left to do.
enum ReportHub {
  static let time = Date(timeIntervalSince1970: 1_796_083_200)

  static let shared = Task { try await make() }

  private static func make() async throws -> MemoryAPIServer {
    var server = MemoryAPIServer(at: time)
    try OCMHub().install(on: &server, at: time)
    for name in ["a", "b"] { try Registration().join(name, on: &server, at: time) }
    let hub = InMemoryCluster(server, now: { time })
    var rounds = ConvergenceRounds(
      KubeClient(hub, fieldManager: ManagerIdentity.fieldManager), clusterProbe: { _ in .reached })
    for _ in 0..<12 {
      _ = try await rounds.next(at: time)
      await hub.withServer { _ = SimulatedControllers.ocmHub().converge(on: &$0, at: time) }
    }
    return await hub.snapshot
  }

  /// The report on a hub.
  static func report(_ server: MemoryAPIServer) async throws -> HubReport {
    let client = KubeClient(InMemoryCluster(server, now: { time }), fieldManager: "test")
    return await HubReport(try await HubLoader(client).load(), at: time)
  }
}

extension MemoryAPIServer {
  /// Sets conditions of an object as their writer does; the others stay.
  mutating func set(
    _ conditions: [Condition], on key: ObjectKey, at time: Date = ReportHub.time
  ) throws {
    let old = object(key)?.json.value(at: "status", "conditions")?.array ?? []
    let kept = old.filter { condition in !conditions.contains { $0.type == condition["type"]?.string } }
    try require(
      .mergePatch(
        key, ["status": ["conditions": .array(kept + conditions.map(\.json))]], subresource: "status",
        options: WriteOptions(fieldManager: "test")), at: time)
  }
}

/// A transport that counts the requests that go by.
final class CountingTransport: Transport {
  private let base: any Transport
  private let counted = Mutex<[KubeRequest]>([])

  init(_ base: any Transport) { self.base = base }

  var requests: [KubeRequest] { counted.withLock { $0 } }

  func send(_ request: KubeRequest) async throws -> KubeResponse {
    counted.withLock { $0.append(request) }
    return try await base.send(request)
  }
}
