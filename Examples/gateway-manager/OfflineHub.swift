import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeReconcile
import KubeRuntime
import KubeTransport
import KubeYAML

/// A hub from files on the embedded API server, on which plans are applied.
struct OfflineHub {
  private let client: KubeClient
  private let identity: ManagerIdentity
  private let now: Date

  init(_ files: ManifestFiles, identity: ManagerIdentity, at now: Date) {
    var server = MemoryAPIServer(namespaces: [], at: now)
    for type in GatewayKinds.all + GatewayKinds.older {
      server.register(type, table: GatewayFieldTables.all.table(for: type.groupKind))
    }
    server.load(files.objects.map(\.object), at: now)
    // A dump is never complete: objects whose owners are missing from it are no garbage.
    let hub = InMemoryCluster(server, automaticGarbageCollection: false, now: { now })
    client = KubeClient(hub, fieldManager: ManagerIdentity.fieldManager)
    self.identity = identity
    self.now = now
  }

  /// Returns the plans of `count` rounds.
  func plans(_ count: Int) async throws -> [GatewayPlan] {
    var rounds = ConvergenceRounds(client, identity: identity)
    var plans: [GatewayPlan] = []
    for number in 1...count {
      let round = try await rounds.next(at: now)
      plans.append(round.plan)
      if let failure = round.outcome.failure {
        throw CommandFailure("round \(number): the embedded API server refused a write: \(failure)")
      }
    }
    return plans
  }
}
