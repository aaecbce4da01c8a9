public import KubeCore
public import KubeReconcile

/// Plans the objects that all clusters share: the gateway's installation, its certificates, the
/// trust in them.
///
/// Pure: the same state and time give the same plan, whatever the order of the state's lists. Never
/// throws and never traps: problems of the state are in the plan's findings.
public func reconcileInstallation(_ state: InstallationState, at now: Date) -> GatewayPlan {
  var planner = InstallationPlanner(state, at: now)
  var (plan, removals) = planner.plan()
  plan.append(removals)
  return plan
}

/// Plans one managed cluster: its add-on, the identity with which the gateway accesses it, and its
/// reported health. It is pure, like ``reconcileInstallation(_:at:)``.
public func reconcileCluster(_ state: ClusterState, at now: Date) -> GatewayPlan {
  var planner = ClusterPlanner(state, at: now)
  return planner.plan()
}

/// Plans a whole hub: the creations and changes of ``reconcileInstallation(_:at:)``, then the plans
/// of ``reconcileCluster(_:at:)`` for the clusters by name, then the installation's removals.
///
/// The order is for people, not for safety: each patch is justified by observations, or names the
/// one object that must be written before it (`ObjectPatch.dependency`), so that a plan may stop
/// after any patch, and the plans of the installation and of the clusters may be applied
/// concurrently.
public func reconcile(_ hub: HubState, at now: Date) -> GatewayPlan {
  var planner = InstallationPlanner(hub.installation, at: now)
  var (plan, removals) = planner.plan()
  let kept = planner.waitsForConfiguration ? planner.keptConfiguration : nil
  for var cluster in hub.clusters.sorted(by: { $0.name < $1.name }) {
    // In one plan, patches that depend on the kept configuration need only follow that.
    cluster.installation.isConfigurationKept = true
    var clusterPlan = reconcileCluster(cluster, at: now)
    if let kept { clusterPlan.makePatches(dependOn: kept) }
    plan.append(clusterPlan)
  }
  plan.append(removals)
  return plan
}
