import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeKindsCore
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
    var server = MemoryAPIServer(at: now)
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
        throw CommandFailure("round \(number): \(try await words(for: failure))")
      }
    }
    return plans
  }

  private func words(for failure: PlanApplier.Failure) async throws -> String {
    if let namespace = failure.patch.target.namespace,
      try await client.find(Namespace.self, name: namespace) == nil
    {
      return
        "\(failure.patch.target) can't be written: the files lack its Namespace; add what `kubectl get namespace \(namespace) -o yaml` prints"
    }
    return "the embedded API server refused a write: \(failure)"
  }
}
