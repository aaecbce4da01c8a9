package import GatewayAPI
package import KubeCore
import KubeKindsAPIRegistration
import KubeKindsApps
package import KubeReconcile

/// The state of the gateway itself for people: what was observed of it, and the result of the
/// installation's plan.
package struct GatewayReport: Sendable, Hashable {
  /// The pods of the gateway's Deployment.
  package struct Replicas: Sendable, Hashable {
    /// The number of ready pods.
    package var ready: Int
    /// The number of pods of the newest template.
    package var updated: Int
    /// The desired number of pods.
    package var wanted: Int
  }

  /// The name of the configuration that the add-on names; `nil` without a ClusterManagementAddOn.
  package var configurationName: String?
  /// The configuration in force with its defaults; `nil` if there is no valid one.
  package var configuration: ClusterGatewayConfiguration.Spec?
  /// The configuration's conditions, as the manager last wrote them.
  package var conditions: [Condition]
  /// The Deployment's pods; `nil` if there is no Deployment, or it can't be read.
  package var replicas: Replicas?
  /// The condition `Available` of the gateway's APIService.
  package var apiService: Condition?
  /// Whether the gateway's API is served.
  package var health: GatewayHealth
  /// The plan's findings, as far as they are known, and the manager's own.
  package var findings: [Finding]
  /// The number of the plan's changes, likewise.
  package var pendingChanges: Int
  /// The number of certificates that the plan requests, likewise.
  package var pendingCertificates: Int
  /// The rights that the reader lacks.
  package var gaps: ReaderGaps

  /// Whether the Deployment could be read.
  package var isDeploymentRead: Bool { !gaps.contains(ManagedKind.deployment) }
  /// Whether the APIService could be read.
  package var isAPIServiceRead: Bool { !gaps.contains(APIService.type.groupKind) }

  /// Creates the report on an installation; `plan` is the one for `state`.
  package init(_ state: InstallationState, plan: GatewayPlan) {
    gaps = ReaderGaps(state.objects.unobserved)
    let plan = gaps.known(of: plan)
    let effective = EffectiveConfiguration(state.objects)
    configurationName = effective.name
    configuration = effective.spec
    conditions = effective.configuration?.status.conditions ?? []
    health = GatewayHealth(state.objects, spec: effective.spec)
    apiService = state.objects.value(APIService.self, name: GatewayNames.apiService)?.status.conditions
      .condition("Available")
    findings = plan.findings
    if let configuration = effective.configuration,
      let degraded = conditions.condition(ClusterGatewayConfiguration.ConditionType.degraded),
      let reported = Finding(reportedBy: degraded, on: configuration.key),
      !findings.contains(where: { $0.code == reported.code })
    {
      findings.insert(reported, at: 0)
    }
    pendingChanges = plan.patches.count { !$0.isVerification }
    pendingCertificates = plan.issuanceRequests.count
    if let spec = effective.spec,
      let deployment = state.objects.value(
        Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    {
      replicas = Replicas(
        ready: Int(deployment.status.readyReplicas ?? 0),
        updated: Int(deployment.status.updatedReplicas ?? 0), wanted: Int(deployment.spec.replicas ?? 1))
    }
  }

  /// Whether the gateway has no problem.
  package var isHealthy: Bool {
    health == .available && !findings.contains { $0.severity == .invalid || $0.severity == .error }
  }
}
