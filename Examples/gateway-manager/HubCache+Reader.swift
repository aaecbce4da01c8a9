import GatewayAPI
import GatewayManager
import GatewayReconcile
import KubeCore

extension HubCache {
  /// The rights that the reader lacks.
  var gaps: ReaderGaps { ReaderGaps(unobserved) }

  /// The manager's plan, as far as it is known.
  func knownPlan(at now: Date) -> GatewayPlan { gaps.known(of: GatewayReconcile.reconcile(hub, at: now)) }

  /// Returns the configuration in force. Throws `failure` if there is no valid one, and an error
  /// with the missing rights if that is unknown.
  func requireConfiguration(
    otherwise failure: String
  ) throws -> (name: String, spec: ClusterGatewayConfiguration.Spec) {
    if let name = facts.configurationName, let spec = facts.configuration { return (name, spec) }
    guard !gaps.hidesConfiguration else {
      throw CommandFailure("the configuration in force is not known: \(gaps.rightsToConfiguration)")
    }
    throw CommandFailure(failure)
  }
}
