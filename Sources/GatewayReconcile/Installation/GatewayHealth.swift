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
  /// It isn't known, since objects can't be read, for this reason.
  case unknown(reason: String)

  /// Creates the health of the gateway of `spec`.
  package init(_ objects: ObservedObjects, spec: ClusterGatewayConfiguration.Spec?) {
    func unread(_ object: String) -> GatewayHealth { .unknown(reason: "\(object) can't be read") }
    guard let spec else {
      let addOn = ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)
      let isRead =
        objects.isObserved(addOn) && objects.isObserved(ObjectSelection(ClusterGatewayConfiguration.type))
      self = isRead ? .unavailable(reason: "there is no valid configuration") : unread("the configuration")
      return
    }
    // The same reason for a missing APIService and an unreported one, which may be those of consecutive plans.
    let notYet = GatewayHealth.unavailable(reason: "the gateway's API is not served yet")
    guard let service = objects.value(APIService.self, name: GatewayNames.apiService) else {
      let key = ObjectKey(APIService.type, name: GatewayNames.apiService)
      self = objects.isObserved(key) ? notYet : unread("the gateway's APIService")
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
    let key = ObjectKey(
      Deployment.type, namespace: spec.installNamespace, name: GatewayNames.deployment)
    guard objects.isObserved(key) else {
      self = unread("the gateway's Deployment")
      return
    }
    let rollout = Rollout(objects.value(Deployment.self, namespace: key.namespace, name: key.name))
    self =
      rollout.readyReplicas > 0 ? .available : .unavailable(reason: "no pod of the gateway is ready")
  }
}
