package import GatewayAPI
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
package import KubeReconcile

/// The state of the gateway itself for people: what was observed of it, and what the installation's plan says of that.
package struct GatewayReport: Sendable, Hashable {
  /// The pods of the gateway's Deployment.
  package struct Replicas: Sendable, Hashable {
    /// How many are ready.
    package var ready: Int
    /// How many run the newest template.
    package var updated: Int
    /// How many there should be.
    package var wanted: Int
  }

  /// The name of the configuration in force; `nil` without a ClusterManagementAddOn.
  package var configurationName: String?
  /// The configuration in force with its defaults; `nil` where there is none that is valid.
  package var configuration: ClusterGatewayConfiguration.Spec?
  /// The configuration's conditions, as the manager last wrote them.
  package var conditions: [Condition]
  /// The Deployment's pods; `nil` where there is no Deployment, or it can't be read.
  package var replicas: Replicas?
  /// The condition `Available` of the gateway's APIService.
  package var apiService: Condition?
  /// Whether the gateway's API is served.
  package var health: GatewayHealth
  /// What the plan finds.
  package var findings: [Finding]
  /// How many changes the plan makes.
  package var pendingChanges: Int
  /// How many certificates the plan asks for.
  package var pendingCertificates: Int
  /// What can't be read: what is said of it is no more than a guess.
  package var unobserved: [ObjectSelection]

  /// The report on an installation.
  package init(_ state: InstallationState, plan: GatewayPlan) {
    let effective = EffectiveConfiguration(state.objects)
    configurationName = effective.name
    configuration = effective.spec
    conditions = effective.configuration?.status.conditions ?? []
    health = GatewayHealth(state.objects, spec: effective.spec)
    apiService = state.objects.value(APIService.self, name: GatewayNames.apiService)?.status.conditions
      .condition("Available")
    findings = plan.findings
    pendingChanges = plan.patches.count { !$0.isVerification }
    pendingCertificates = plan.certificateRequests.count
    unobserved = state.objects.unobserved.sorted { $0.description < $1.description }
    if let spec = effective.spec,
      let deployment = state.objects.value(
        Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    {
      replicas = Replicas(
        ready: Int(deployment.status.readyReplicas ?? 0),
        updated: Int(deployment.status.updatedReplicas ?? 0), wanted: Int(deployment.spec.replicas ?? 1))
    }
  }

  /// Whether nothing is wrong with the gateway.
  package var isHealthy: Bool {
    health == .available && !findings.contains { $0.severity == .invalid || $0.severity == .error }
  }
}
