import CertificatePolicy
import GatewayAPI
import GatewayReconcile
import KubeCore
import KubeKindsAPIRegistration
import KubeKindsCore
import KubeMemory
import KubeReconcile
import KubeTransport
import OCMSimulator

extension SeededDefect {
  /// A defect with the scenario in which it must be found, and words of the expected violation.
  public struct Trial: Sendable {
    /// The defect.
    public var defect: SeededDefect
    /// The scenario in which it must be found.
    public var scenario: Scenario
    /// Words of the violation.
    public var words: String
    /// The maximum number of cases.
    public var maximumCases = 30_000
  }

  /// The defects that the explorer must find.
  public static let trials: [Trial] = [
    Trial(defect: droppedPrecondition, scenario: .tokenRotates, words: "from an older state"),
    Trial(defect: applyWithoutUID, scenario: .tokenRotatesAsTheAddOnGoes, words: "back to life"),
    Trial(defect: leafBeforeBundle, scenario: .caRenews, words: "next CA never took over"),
    Trial(defect: bundleReplaced, scenario: .caRenews, words: "no longer trusted"),
    Trial(defect: foreignSecretDeleted, scenario: .clusterJoins, words: "another's"),
    Trial(defect: tunnelTakenForReady, scenario: .egressOn, words: "led into the tunnel"),
    Trial(defect: tunnelUsersNotCounted, scenario: .egressOff, words: "tunnel"),
    Trial(defect: oldIdentityFirst, scenario: .accountRenamed, words: "account is gone"),
    Trial(defect: mountedSecretRemoved, scenario: .egressOff, words: "which is gone"),
    Trial(
      defect: writeWhenConverged, scenario: .imageChanged, words: "changes nothing and would be planned again"
    ),
    Trial(defect: credentialsStay, scenario: .leavesAndComesBack, words: "is left"),
    Trial(defect: staleTokenUsed, scenario: .tokenRotates, words: "agent's token"),
    Trial(
      defect: secretWithoutOwner, scenario: .namespaceThereAndBack, words: "is left", maximumCases: 400_000),
    Trial(
      defect: copiesNotAwaited, scenario: .namespaceThereAndBack, words: "finds no gateway Secret"),
    Trial(defect: deniedTakenForAccepted, scenario: .clusterDenied, words: "is denied"),
    Trial(defect: credentialsStay, scenario: .placementTakesAway, words: "its add-on isn't"),
    Trial(defect: foreignAddOnRemoved, scenario: .optOutWithForeignAddOn, words: "isn't the manager's"),
    Trial(defect: earlierClusterTaken, scenario: .rejoinsWhileDown, words: "earlier cluster"),
    Trial(defect: foreignAccountTaken, scenario: .foreignAccount, words: "another's"),
    Trial(defect: tokenLabelsBelieved, scenario: .hostileTokens, words: "finds no gateway Secret"),
    Trial(defect: listOfOneApplied, scenario: .secondDefaultConfiguration, words: "converge"),
    Trial(defect: copyKept, scenario: .proxySecretsOfAnotherType, words: "planned from the present state"),
    Trial(defect: credentialsStay, scenario: .rightsMissing, words: "its cluster isn't"),
    Trial(defect: absenceConcluded, scenario: .serverThatLies, words: "finds no gateway Secret"),
    Trial(defect: staleVerdict, scenario: .clusterFallsSilent, words: "isn't said to be unavailable"),
    Trial(defect: healthNotShown, scenario: .clusterFallsSilent, words: "healthy at the gateway"),
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
      if let next = state.certificates.nextCA.leaf { state.certificates.bundle.append(next) }
    }, plan: { plan, _, _ in plan.patches.removeAll { $0.target.type == APIService.type } })

  static let bundleReplaced = SeededDefect(
    "the bundle replaced instead of extended",
    installation: { state in
      guard let next = state.certificates.nextCA.leaf else { return }
      state.certificates.ca = .absent
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
        let copy = objects[Secret.type.groupKind, namespace: "vela-system", name: "proxy-client"]
      else { return }
      plan.patches.append(deletion(of: copy, because: "the configuration no longer names it"))
    })

  static let writeWhenConverged = SeededDefect(
    "a write on a converged hub",
    plan: { plan, key, objects in
      guard key == .installation, plan.changesNothing,
        let account = objects[
          ServiceAccount.type.groupKind, namespace: "vela-system", name: GatewayNames.serviceAccount],
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

  static let secretWithoutOwner = SeededDefect(
    "gateway Secrets that nothing owns",
    plan: { plan, key, _ in
      guard case .cluster = key else { return }
      for index in plan.patches.indices where plan.patches[index].target.type == Secret.type {
        guard case .create(var body) = plan.patches[index].operation else { continue }
        body.set(nil, at: ["metadata", "ownerReferences"])
        plan.patches[index].operation = .create(body)
      }
    })

  static let copiesNotAwaited = SeededDefect(
    "pods switched before every Secret has its copy", installation: { $0.fleet.uncopied = 0 })

  static let deniedTakenForAccepted = SeededDefect(
    "a denied cluster taken for an accepted one",
    cluster: { state in
      guard let cluster = state.objects[ManagedCluster.type.groupKind, namespace: nil, name: state.name]
      else { return }
      change(cluster, in: &state) { $0.set(true, at: ["spec", "hubAcceptsClient"]) }
    })

  static let foreignAddOnRemoved = SeededDefect(
    "another's add-on removed from a cluster that opts out",
    plan: { plan, key, objects in
      guard key == .cluster("a"),
        let cluster = objects[ManagedCluster.type.groupKind, namespace: nil, name: "a"],
        cluster.metadata.annotations[OCMAnnotations.disableAutomaticInstallation] != nil,
        let addOn = objects[
          ManagedClusterAddOn.type.groupKind, namespace: "a", name: ManagerIdentity.addOnName]
      else { return }
      plan.patches.append(deletion(of: addOn, because: "the cluster opts out"))
    })

  static let earlierClusterTaken = SeededDefect(
    "an earlier cluster's credential taken for the present one's",
    cluster: { state in
      let cluster = state.objects[ManagedCluster.type.groupKind, namespace: nil, name: state.name]?.metadata
        .uid
      let account = state.objects.all(ManagedServiceAccount.type.groupKind).first?.metadata.uid
      for secret in state.objects.all(Secret.type.groupKind)
      where secret.metadata.annotations[GatewayAnnotations.clusterUID] != nil {
        change(secret, in: &state) { json in
          json.set(
            cluster.map { .string($0) }, at: ["metadata", "annotations", GatewayAnnotations.clusterUID])
          json.set(
            account.map { .string($0) }, at: ["metadata", "annotations", GatewayAnnotations.accountUID])
        }
      }
    })

  static let foreignAccountTaken = SeededDefect(
    "another's account taken for ours",
    cluster: { state in
      for account in state.objects.all(ManagedServiceAccount.type.groupKind) {
        change(account, in: &state) { json in
          json.set(
            [
              [
                "manager": .string(ManagerIdentity.fieldManager), "operation": "Apply",
                "apiVersion": .string(account.apiVersion), "fieldsType": "FieldsV1",
                "fieldsV1": ["f:spec": ["f:rotation": ["f:enabled": [:]]]],
              ]
            ], at: ["metadata", "managedFields"])
        }
      }
    })

  static let tokenLabelsBelieved = SeededDefect(
    "a token Secret's labels believed",
    plan: { plan, key, objects in
      guard key == .cluster("a"),
        let token = objects[Secret.type.groupKind, namespace: "a", name: ManagerIdentity.addOnName],
        token.metadata.labels[GatewayLabels.credentialType] != nil
      else { return }
      for secret in objects.all(Secret.type.groupKind) where secret.metadata.namespace == Scenario.secrets {
        plan.patches.append(deletion(of: secret, because: "another Secret is the gateway's"))
      }
    })

  static let listOfOneApplied = SeededDefect(
    "a list that others write too applied as a whole",
    plan: { plan, key, objects in
      guard key == .installation else { return }
      let addOn = objects[
        ClusterManagementAddOn.type.groupKind, namespace: nil, name: ManagerIdentity.addOnName]
      guard let addOn, let uid = addOn.metadata.uid,
        let references = addOn.json.value(at: "status", "defaultConfigReferences")?.array,
        let ours = references.first(where: { $0["resource"] == "clustergatewayconfigurations" }),
        references.count > 1
      else { return }
      plan.patches.append(
        ObjectPatch(
          target: ObjectKey(ClusterManagementAddOn.type, name: ManagerIdentity.addOnName),
          subresource: "status",
          operation: .apply(
            [
              "apiVersion": .string(addOn.apiVersion), "kind": .string(addOn.kind),
              "metadata": ["name": .string(addOn.metadata.name), "uid": .string(uid)],
              "status": ["defaultConfigReferences": .array([ours])],
            ], force: true), precondition: .uid(uid), reason: "OCM compares clusters' configuration by it"))
    })

  static let copyKept = SeededDefect(
    "a copy that can't be changed isn't created again",
    plan: { plan, key, objects in
      guard key == .installation else { return }
      let copy = ObjectKey(Secret.type, namespace: "vela-system", name: "proxy-client")
      guard plan.patches.contains(where: { $0.target == copy && $0.operation == .delete }),
        let source = objects[Secret.type.groupKind, namespace: OCMHub.addOnNamespace, name: "proxy-client"],
        let observed = objects[copy], let uid = observed.metadata.uid
      else { return }
      plan.patches.removeAll { $0.target == copy }
      plan.patches.append(
        ObjectPatch(
          target: copy,
          operation: .apply(
            [
              "apiVersion": "v1", "kind": "Secret", "type": source.json["type"] ?? .null,
              "metadata": ["name": "proxy-client", "namespace": "vela-system", "uid": .string(uid)],
            ], force: true), precondition: .uid(uid), reason: "the source has another type"))
    })

  static let absenceConcluded = SeededDefect(
    "what could not be read taken for absent", installation: { $0.objects.unobserved = [] },
    cluster: { $0.objects.unobserved = [] })

  static let staleVerdict = SeededDefect(
    "a cluster that doesn't answer any more taken for reached",
    cluster: { state in if state.probe != nil { state.probe = .reached } })

  static let healthNotShown = SeededDefect(
    "a verdict that isn't shown at the gateway",
    plan: { plan, _, objects in
      for index in plan.patches.indices where plan.patches[index].target.type == Secret.type {
        guard case .apply(var body, let force) = plan.patches[index].operation else { continue }
        body.set(nil, at: ["metadata", "annotations", GatewayAnnotations.healthy])
        plan.patches[index].operation = .apply(body, force: force)
      }
      // A patch that changes nothing isn't planned.
      plan.patches.removeAll { patch in
        patch.target.type == Secret.type && patch.reason.contains(GatewayAnnotations.healthy)
      }
    })

  private static func change(
    _ object: DynamicObject, in state: inout ClusterState, _ body: (inout JSONValue) -> Void
  ) {
    var json = object.json
    body(&json)
    if let changed = try? DynamicObject(json) { state.objects.insert(changed) }
  }

  private static func deletion(of object: DynamicObject, because reason: String) -> ObjectPatch {
    let type = Scenario.types[object.groupKind] ?? Secret.type
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
