package import GatewayAPI
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps

/// Whether the gateway's API is served, as its APIService and its Deployment say.
package enum GatewayHealth: Sendable, Hashable {
  /// It is.
  case available
  /// It is not, and why.
  case unavailable(reason: String)

  /// What `objects` say of the gateway that `spec` asks for.
  package init(_ objects: ObservedObjects, spec: ClusterGatewayConfiguration.Spec?) {
    guard let spec else {
      self = .unavailable(reason: "there is no valid configuration")
      return
    }
    // One wording for "not there" and "not looked at": the first plan and the next would differ by it alone.
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
      // Not its message: two API servers may word one problem differently, and take turns.
      self = .unavailable(reason: "the gateway's API is not available: \(condition.reason)")
      return
    }
    let rollout = Rollout(
      objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    self =
      rollout.readyReplicas > 0 ? .available : .unavailable(reason: "no pod of the gateway is ready")
  }
}
