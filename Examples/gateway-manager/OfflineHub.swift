import Foundation
import GatewayManager
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeTransport

/// A hub out of files on the embedded API server, on which plans are carried out.
struct OfflineHub {
  private let client: KubeClient
  private let identity: ManagerIdentity
  private let now: Date

  init(_ files: ManifestFiles, identity: ManagerIdentity, at now: Date) async throws {
    let hub = MemoryHub(now: { now })
    await hub.load(files.objects.map(\.object))
    client = KubeClient(hub, fieldManager: ManagerIdentity.fieldManager)
    self.identity = identity
    self.now = now
  }

  /// The plans of so many rounds.
  func plans(_ count: Int) async throws -> [Plan] {
    var rounds = ConvergenceRounds(client, identity: identity)
    var plans: [Plan] = []
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
