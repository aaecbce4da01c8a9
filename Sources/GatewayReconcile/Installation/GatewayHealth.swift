package import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
package import KubeReconcile

/// Whether the gateway's API is served, according to its APIService and its Deployment.
package enum GatewayHealth: Sendable, Hashable {
  /// The API is served.
  case available
  /// The API isn't served, for this reason.
  case unavailable(reason: String)

  /// Creates the health of the gateway of `spec`.
  package init(_ objects: ObservedObjects, spec: ClusterGatewayConfiguration.Spec?) {
    guard let spec else {
      self = .unavailable(reason: "there is no valid configuration")
      return
    }
    // The same reason for a missing APIService and an unreported one, which may be those of consecutive plans.
    let notYet = GatewayHealth.unavailable(reason: "the gateway's API is not served yet")
    guard let service = objects.value(APIService.self, name: GatewayNames.apiService) else {
      self = notYet
      return
    }
    guard service.spec.service?.namespace == spec.installNamespace,
      service.spec.service?.name == GatewayNames.service
    else {
      self = .unavailable(reason: "the gateway's APIService leads to another Service")
      return
    }
    guard let condition = service.status.conditions.condition("Available") else {
      self = notYet
      return
    }
    guard condition.status == .true else {
      // Without the message: two API servers may word a problem differently, and alternate.
      self = .unavailable(reason: "the gateway's API is not available: \(condition.reason)")
      return
    }
    let rollout = Rollout(
      objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    self =
      rollout.readyReplicas > 0 ? .available : .unavailable(reason: "no pod of the gateway is ready")
  }
}
