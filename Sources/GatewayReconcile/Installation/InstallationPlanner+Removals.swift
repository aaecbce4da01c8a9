import GatewayAPI
import KubeCore
import KubeKindsApps
import KubeKindsCore
import KubeKindsRBAC
import KubeReconcile

/// The removals of the installation: objects of former configurations, and namespaces that were
/// left.
extension InstallationPlanner {
  /// Removes the manager's objects that the configuration no longer names, once the gateway has
  /// rolled out without them; those that record a place are removed last.
  mutating func removeLeftovers(
    _ spec: ClusterGatewayConfiguration.Spec, _ table: GatewayTable, tunnel: ProxyTunnel?
  ) {
    let leftovers = table.rows.flatMap { leftOvers(of: $0, spec, tunnel: tunnel) }
    let left = InstallationFacts(effective, objects: state.objects).leftSecretNamespaces
    if left.contains(spec.secretNamespace) { removeRole(in: spec.secretNamespace, table) }
    guard !leftovers.isEmpty else { return }
    let rollout = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment))
    let mayRemove = needsNoFormerPlace
    for (object, row) in leftovers {
      let key = ObjectKey(row.type, namespace: object.metadata.namespace, name: object.metadata.name)
      let isMounted =
        object.metadata.namespace == spec.installNamespace && rollout.mountedSecrets.contains(key.name)
      guard mayRemove, !isMounted else {
        removals.report(
          .awaiting, "CleanupPending", on: key,
          problem: "it is no longer wanted, but the gateway may still be using it",
          remedy: "nothing to do", awaitedFrom: "the gateway's roll-out")
        continue
      }
      if key.type == Role.type, let namespace = key.namespace {
        leave(namespace, role: object, table)
        continue
      }
      guard !isMemory(key, table) else { continue }
      removals.remove(object, type: row.type, because: "the configuration no longer names it")
    }
  }

  /// Whether the gateway was seen to serve from the configured install namespace, and to read its
  /// Secrets in the configured one: only then are the objects elsewhere no longer needed.
  private var needsNoFormerPlace: Bool {
    gateway == .available && InstallationFacts(effective, objects: state.objects).readsSecretNamespace
  }

  /// The former install namespaces in which the gateway may still be running: all but those whose
  /// ServiceAccount this plan removes.
  func usedInstallNamespaces(_ table: GatewayTable) -> Set<String> {
    guard !former.installNamespaces.isEmpty, needsNoFormerPlace else { return former.installNamespaces }
    return former.installNamespaces.filter {
      isMemory(ObjectKey(ServiceAccount.type, namespace: $0, name: GatewayNames.serviceAccount), table)
    }
  }

  /// Whether the configured namespace of Secrets is one that the gateway has left before and that
  /// isn't empty yet: its Role grants nothing, and the gateway reads elsewhere.
  func isEmptying(_ spec: ClusterGatewayConfiguration.Spec) -> Bool {
    let role = state.objects[Role.type.groupKind, namespace: spec.secretNamespace, name: GatewayNames.role]
    let running = Rollout(
      state.objects.value(Deployment.self, namespace: spec.installNamespace, name: GatewayNames.deployment)
    ).secretNamespace
    guard let role, let running, running != spec.secretNamespace, ManagerIdentity.owns(role) else {
      return false
    }
    return FormerPlaces.grantsNothing(role)
  }

  /// Leaves a former namespace of Secrets: first its Role is emptied, then the clusters' plans
  /// remove the Secrets, and then the Role is removed.
  private mutating func leave(_ namespace: String, role: DynamicObject, _ table: GatewayTable) {
    guard FormerPlaces.grantsNothing(role) else {
      removals.ensure(
        Role(
          metadata: ObjectMeta(
            name: GatewayNames.role, namespace: namespace, labels: ManagerIdentity.labels,
            ownerReferences: role.metadata.ownerReferences)),
        precondition: .resourceVersion, because: "the gateway reads its Secrets elsewhere")
      return
    }
    removeRole(in: namespace, table)
  }

  private mutating func removeRole(in namespace: String, _ table: GatewayTable) {
    let key = ObjectKey(Role.type, namespace: namespace, name: GatewayNames.role)
    guard let role = planner.objects[key], !isMemory(key, table) else { return }
    removals.remove(role, type: Role.type, because: "no gateway Secret is left in the namespace")
  }

  /// The manager's object of a row for leftover ones. The clusters' Secrets are left to the
  /// clusters' plans.
  private func leftOvers(
    of row: GatewayTable.Row, _ spec: ClusterGatewayConfiguration.Spec, tunnel: ProxyTunnel?
  ) -> [(DynamicObject, GatewayTable.Row)] {
    guard row.isLeftOver, let key = row.key, let object = planner.objects[key], ManagerIdentity.owns(object),
      // The pods mount these until they are rolled out without them.
      key.namespace != spec.installNamespace
        || ![tunnel?.caSecretName, tunnel?.clientSecretName].contains(key.name)
    else { return [] }
    return [(object, row)]
  }

  /// Whether `key` records a place in which objects of the manager's may remain.
  private func isMemory(_ key: ObjectKey, _ table: GatewayTable) -> Bool {
    guard let namespace = key.namespace else { return false }
    switch key.type.groupKind {
    case ServiceAccount.type.groupKind:
      return table.rows.contains { row in
        guard row.isLeftOver, row.namespace == namespace, row.type != key.type, let other = row.key else {
          return false
        }
        return planner.objects[other].map(ManagerIdentity.owns) ?? !planner.objects.isObserved(other)
      }
    case Role.type.groupKind:
      let isEmpty = state.fleet.credentials[namespace] ?? 0 == 0
      return !isEmpty || !planner.objects.isObserved(ObjectSelection(Secret.type, namespace: namespace))
    default: return false
    }
  }
}
