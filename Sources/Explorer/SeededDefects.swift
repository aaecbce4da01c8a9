import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeMemory
import KubeTransport

extension SeededDefect {
  /// A defect with the scenario in which it must be found, and what must be said of it.
  public struct Trial: Sendable {
    /// The defect.
    public var defect: SeededDefect
    /// Where it shows.
    public var scenario: Scenario
    /// Words of the violation.
    public var words: String
  }

  /// Defects that the explorer must find.
  public static let trials: [Trial] = [
    Trial(defect: droppedPrecondition, scenario: .tokenRotates, words: "from an older state"),
    Trial(defect: applyWithoutUID, scenario: .tokenRotatesAsTheAddOnGoes, words: "back to life"),
    Trial(defect: leafBeforeBundle, scenario: .authorityRenews, words: "authority"),
    Trial(defect: bundleReplaced, scenario: .authorityRenews, words: "no longer trusted"),
    Trial(defect: foreignSecretDeleted, scenario: .clusterJoins, words: "somebody else's"),
    Trial(defect: tunnelTakenForReady, scenario: .egressOn, words: "led into the tunnel"),
    Trial(defect: tunnelUsersNotCounted, scenario: .egressOff, words: "tunnel"),
    Trial(defect: oldIdentityFirst, scenario: .accountRenamed, words: "account is gone"),
    Trial(defect: mountedSecretRemoved, scenario: .egressOff, words: "which is gone"),
    Trial(defect: writeAtRest, scenario: .imageChanged, words: "changes nothing and would be planned again"),
    Trial(defect: credentialsStay, scenario: .leavesAndComesBack, words: "is left"),
    Trial(defect: staleTokenUsed, scenario: .tokenRotates, words: "agent's token"),
  ]

  static let droppedPrecondition = SeededDefect(
    "a precondition dropped: Secrets are applied whatever their version",
    plan: { plan, _, _ in
      for index in plan.patches.indices where plan.patches[index].target.type == Secret.type {
        if case .uidAndResourceVersion(let uid, _) = plan.patches[index].precondition {
          plan.patches[index].precondition = .uid(uid)
        }
      }
    })

  static let applyWithoutUID = SeededDefect(
    "an apply without uid",
    plan: { plan, _, _ in
      for index in plan.patches.indices {
        if case .apply = plan.patches[index].operation { plan.patches[index].precondition = .absent }
      }
    })

  static let leafBeforeBundle = SeededDefect(
    "the leaf switched before the bundle",
    installation: { state in
      if let next = state.certificates.nextAuthority.leaf { state.certificates.bundle.append(next) }
    }, plan: { plan, _, _ in plan.patches.removeAll { $0.target.type == APIService.type } })

  static let bundleReplaced = SeededDefect(
    "the bundle replaced instead of extended",
    installation: { state in
      guard let next = state.certificates.nextAuthority.leaf else { return }
      state.certificates.authority = .absent
      state.certificates.bundle.removeAll { $0 != next }
    })

  static let foreignSecretDeleted = SeededDefect(
    "a foreign Secret deleted",
    plan: { plan, key, objects in
      guard key == .cluster("joined-by-vela") else { return }
      for secret in objects.all(Secret.type.groupKind) {
        plan.patches.append(deletion(of: secret, because: "no managed cluster has this name"))
      }
    })

  static let tunnelTakenForReady = SeededDefect(
    "the tunnel used before every pod knows it", cluster: { $0.installation.servesClusterProxy = true })

  static let tunnelUsersNotCounted = SeededDefect(
    "the tunnel dropped while Secrets lead through it", installation: { $0.fleet.proxySecrets = 0 })

  static let oldIdentityFirst = SeededDefect(
    "the old identity removed before the gateway uses the new one",
    plan: { plan, key, objects in
      let accounts = objects.all(ManagedServiceAccount.type.groupKind)
      guard case .cluster = key, accounts.count > 1 else { return }
      for account in accounts where account.metadata.name == ManagerIdentity.addOnName {
        plan.patches.insert(
          deletion(of: account, because: "the configuration names another identity"), at: 0)
      }
    })

  static let mountedSecretRemoved = SeededDefect(
    "a Secret removed that pods mount",
    plan: { plan, key, objects in
      let configuration = objects.value(
        ClusterGatewayConfiguration.self, name: ClusterGatewayConfiguration.addOnName)
      guard key == .installation, configuration?.spec.egress.type == .direct,
        let copy = objects[Secret.type.groupKind, "vela-system", "proxy-client"]
      else { return }
      plan.patches.append(deletion(of: copy, because: "the configuration no longer names it"))
    })

  static let writeAtRest = SeededDefect(
    "a write at rest",
    plan: { plan, key, objects in
      guard key == .installation, plan.isAtRest,
        let account = objects[ServiceAccount.type.groupKind, "vela-system", GatewayNames.serviceAccount],
        let uid = account.metadata.uid
      else { return }
      plan.patches.append(
        ObjectPatch(
          target: ObjectKey(
            ServiceAccount.type, namespace: "vela-system", name: GatewayNames.serviceAccount),
          operation: .patch([.test(path: "/kind", "ServiceAccount")]), precondition: .uid(uid),
          reason: "to be on the safe side"))
    })

  static let credentialsStay = SeededDefect(
    "credentials of clusters that left stay",
    plan: { plan, _, _ in
      plan.patches.removeAll { $0.operation == .delete && $0.target.type == Secret.type }
    })

  static let staleTokenUsed = SeededDefect(
    "a gateway Secret that is there is never renewed",
    plan: { plan, key, _ in
      guard case .cluster(let name) = key else { return }
      plan.patches.removeAll { patch in
        guard case .apply = patch.operation else { return false }
        return patch.target.type == Secret.type && patch.target.name == name
      }
    })

  private static func deletion(of object: DynamicObject, because reason: String) -> ObjectPatch {
    let type = WorldGraph.types[object.groupKind] ?? Secret.type
    return ObjectPatch(
      target: ObjectKey(type, namespace: object.metadata.namespace, name: object.metadata.name),
      operation: .delete, precondition: .uid(object.metadata.uid ?? ""), reason: reason)
  }
}

extension Scenario {
  /// A token rotates while the whole add-on is deleted.
  static let tokenRotatesAsTheAddOnGoes: Scenario = {
    var scenario = tokenRotates
    scenario.name = "token-rotates-as-the-add-on-goes"
    scenario.events[1] = Event("the add-on is deleted") { server, time in
      _ = server.handle(
        .delete(ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName)), at: time)
    }
    return scenario
  }()
}
